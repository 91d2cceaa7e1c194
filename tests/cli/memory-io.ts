/** Surroundings in memory, to run commands inside a test. */
import type { Io, Sink } from '../../src/cli/io.ts';

export interface MemoryIo extends Io {
  /** What was written so far. */
  readonly out: () => string;
  readonly err: () => string;
}

export interface Terminal {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export function memoryIo(terminal: Terminal = {}): MemoryIo {
  const out: string[] = [];
  const err: string[] = [];
  return {
    stdout: sink(out, terminal.stdout ?? false, terminal.columns),
    stderr: sink(err, terminal.stderr ?? false, terminal.columns),
    env: terminal.env ?? {},
    out: () => out.join(''),
    err: () => err.join(''),
  };
}

function sink(into: string[], isTTY: boolean, columns: number | undefined): Sink {
  return {
    isTTY,
    columns,
    open: true,
    write: async chunk => {
      into.push(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
    },
  };
}
