/**
 * The program's surroundings as a value: streams, environment, terminal. Commands write only through it, so they can
 * be run and looked at inside a test. A reader that goes away (`medtap … | head`) is not an error: what comes after
 * is dropped, and long output can ask `open` and stop.
 */
import { visible } from '../bytes/text.ts';

export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where text goes. */
export interface Sink {
  readonly isTTY: boolean;
  /** Columns of the terminal; undefined when it is none. */
  readonly columns: number | undefined;
  /** False when the reader is gone. */
  readonly open: boolean;
  /** Resolves when the chunk has been taken; the bytes may then be reused. */
  write(chunk: string | Uint8Array): Promise<void>;
}

/** The streams of this process. */
export function processIo(): Io {
  return { stdout: sinkOf(process.stdout), stderr: unfailing(sinkOf(process.stderr)), env: process.env };
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  let open = true;
  let failure: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    open = false;
    if (error.code !== 'EPIPE') failure = error;
  });
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns as number | undefined;
    },
    get open() {
      return open;
    },
    write(chunk) {
      if (failure) return Promise.reject(failure);
      if (!open || chunk.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        stream.write(chunk, error => {
          if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
          else resolve();
        });
      });
    },
  };
}

/** What is said beside a result: that nobody can read it changes neither the result nor the exit code. */
export function unfailing(sink: Sink): Sink {
  return {
    isTTY: sink.isTTY,
    get columns() {
      return sink.columns;
    },
    get open() {
      return sink.open;
    },
    write: chunk => sink.write(chunk).catch(() => undefined),
  };
}

/** One line of diagnostics. Its text may hold what stood in a file, so it is made safe to show. */
export function say(io: Io, text: string): Promise<void> {
  return io.stderr.write(`${text.split('\n').map(visible).join('\n')}\n`);
}

export type ColourChoice = 'auto' | 'always' | 'never';

/** Whether to colour: the option, else FORCE_COLOR, NO_COLOR and TERM, else whether it goes to a terminal. */
export function wantsColour(choice: ColourChoice, io: Io): boolean {
  if (choice !== 'auto') return choice === 'always';
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = io.env;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return io.stdout.isTTY && term !== 'dumb';
}

/** Columns for text reports: the terminal's within reason, 80 elsewhere so that files repeat. */
export function textWidth(io: Io): number {
  return Math.min(120, Math.max(60, io.stdout.columns ?? 80));
}
