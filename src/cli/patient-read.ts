/**
 * Small files that the command line names, read whole. A FIFO or process substitution is waited for without blocking, so
 * that a signal is heard meanwhile; what it held cannot be read again.
 */
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { endsRun } from './interrupt.ts';
import type { Io } from './io.ts';

/** Milliseconds until an empty pipe is asked again. */
const PAUSE = 5;

/** Whether a path is a pipe; false when there is nothing. */
export function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/**
 * The bytes of a file, of a pipe to its end, or of standard input (`-`); at most one more than `limit`.
 * @throws the error of the operating system
 */
export async function readWhole(io: Io, path: string, limit: number): Promise<Uint8Array> {
  if (path === '-') return endsRun(io, () => readStdin(limit));
  if (isPipe(path)) return endsRun(io, () => readPipe(path, limit));
  const file = openSync(path, 'r');
  try {
    const chunks = new Chunks(limit);
    while (!chunks.full) {
      const chunk = chunks.next();
      const length = readSync(file, chunk);
      if (length === 0) break;
      chunks.take(length);
    }
    return chunks.whole();
  } finally {
    closeSync(file);
  }
}

async function readStdin(limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length > limit) break;
  }
  return Buffer.concat(parts).subarray(0, limit + 1);
}

/** Nobody can open a pipe of `/dev/fd` for writing any more: that it is empty is its end. A named one may still get a writer. */
async function readPipe(path: string, limit: number): Promise<Uint8Array> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let written = /^\/(?:dev|proc)\//.test(path);
  const chunks = new Chunks(limit);
  try {
    while (!chunks.full) {
      try {
        const length = readSync(file, chunks.next());
        if (length === 0 && written) break;
        written ||= length > 0;
        chunks.take(length);
        if (length > 0) continue;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        written = true;
      }
      await setTimeout(PAUSE);
    }
    return chunks.whole();
  } finally {
    closeSync(file);
  }
}

/** Bytes as they come, up to one more than `limit`. */
class Chunks {
  #bytes = new Uint8Array(64 << 10);
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#length > this.#limit;
  }

  /** Room for the next bytes. */
  next(): Uint8Array {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes.subarray(this.#length, this.#limit + 1);
  }

  take(length: number): void {
    this.#length += length;
  }

  whole(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
