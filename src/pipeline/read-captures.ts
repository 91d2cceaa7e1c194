/**
 * Reads all captures of a run, in order, and hands over one frame after the other. What could not be read is a problem
 * of its capture, never the end of the run. Knows nothing of what is done with a frame.
 */
import { type Input, listInputs, type OpenCapture, openCapture } from '../capture/open.ts';
import { END, FRAME } from '../capture/reader.ts';
import { InputError } from '../errors.ts';
import type { CaptureInfo } from '../model/analysis.ts';
import { Packet } from '../model/packet.ts';
import { CaptureFacts, describeCapture, unreadable } from './capture-facts.ts';

/** Takes frames, one at a time. `packet.frame` is valid until the call returns; the rest of the packet is free to use. */
export interface FrameSink {
  take(packet: Packet): void;
}

export interface ReadingOptions {
  /** Compute the SHA-256 of every input. */
  readonly hashed: boolean;
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The reading of one run. */
export class CaptureReading {
  /** Accounts of the inputs, in the order in which they were read. */
  readonly captures: CaptureInfo[] = [];
  /** Inputs that could not be read, or not to their end. */
  readonly problems: InputError[] = [];
  /** Frames that no reader could use, by reason. */
  readonly skipped = new Map<string, number>();
  readonly #options: ReadingOptions;
  readonly #sink: FrameSink;
  readonly #packet = new Packet();
  readonly #names: string[] = [];
  #bytesBefore = 0;

  constructor(options: ReadingOptions, sink: FrameSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Reads files, directories, or `-` for standard input. Rejects only on defects. */
  async readAll(names: readonly string[]): Promise<void> {
    const { inputs, problems } = await listInputs(names);
    for (const problem of problems) this.#unread(problem.file, problem);
    const sizes = inputs.map(input => input.size);
    const total = sizes.every(size => size !== undefined)
      ? sizes.reduce((sum, size) => sum + (size ?? 0), 0)
      : undefined;
    for (const input of inputs) {
      if (this.#options.signal?.aborted) break;
      await this.#read(input, total);
    }
  }

  /** Name of the capture that frames call by this index. */
  captureName(index: number): string {
    return this.#names[index] ?? '';
  }

  async #read(input: Input, total: number | undefined): Promise<void> {
    let capture: OpenCapture;
    try {
      capture = await openCapture(input, this.#options.hashed);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#unread(input.name, error);
      return;
    }
    const index = this.#names.push(input.name) - 1;
    const facts = new CaptureFacts();
    try {
      await this.#readFrames(capture, index, facts, total);
      if (this.#options.hashed && facts.ioError === undefined && !this.#options.signal?.aborted) {
        await readOn(() => capture.buffer.drain(), facts);
      }
    } finally {
      await capture.buffer.close();
    }
    this.#bytesBefore += capture.buffer.read;
    this.#options.onProgress?.(this.#bytesBefore, total);
    const { info, problems } = describeCapture(capture, facts);
    this.captures.push(info);
    this.problems.push(...problems);
    for (const [reason, count] of capture.reader.skipped) {
      this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
    }
  }

  /** An input of which nothing could be read. */
  #unread(name: string, problem: InputError): void {
    this.problems.push(problem);
    this.captures.push(unreadable(name, problem));
  }

  async #readFrames(
    { reader, buffer }: OpenCapture,
    index: number,
    facts: CaptureFacts,
    total: number | undefined,
  ): Promise<void> {
    const packet = this.#packet;
    const { frame } = packet;
    const sink = this.#sink;
    const { onProgress, signal } = this.#options;
    frame.capture = index;
    for (;;) {
      const result = reader.next(frame);
      if (result === FRAME) {
        facts.note(frame);
        sink.take(packet);
      } else if (result === END) {
        return;
      } else {
        if (!(await readOn(() => reader.fill(), facts))) return;
        onProgress?.(this.#bytesBefore + buffer.read, total);
        if (signal?.aborted) return;
      }
    }
  }
}

/** Reads on. What the operating system reports instead ends the capture, not the run. */
async function readOn(read: () => Promise<void>, facts: CaptureFacts): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    facts.ioError = (error as Error).message;
    return false;
  }
}
