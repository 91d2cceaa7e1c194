/** Bytes that a decoder left for later, in one buffer that counts against the common memory of the run. */
import type { StreamMemory } from '../model/stream-memory.ts';

/** A larger buffer is given back when it runs empty. */
const KEPT = 65_536;
const LEAST = 256;

export const EMPTY: Uint8Array = new Uint8Array(0);

/** Grows by doubling, so that appending stays linear. What waits is `bytes` from `at` to `end`. */
export class Pending {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;
  readonly #memory: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#memory = memory;
  }

  get length(): number {
    return this.end - this.at;
  }

  clear(): void {
    this.at = 0;
    this.end = 0;
    if (this.bytes.length > KEPT) this.release();
  }

  release(): void {
    this.#memory.give(this.bytes.length);
    this.bytes = EMPTY;
    this.at = 0;
    this.end = 0;
  }

  /** False when the common memory is used up; nothing was appended then. */
  append(bytes: Uint8Array, from: number, to: number): boolean {
    const added = to - from;
    if (this.end + added > this.bytes.length) {
      const needed = this.length + added;
      let target = this.bytes;
      if (needed > target.length / 2) {
        target = new Uint8Array(Math.max(LEAST, needed * 2));
        if (!this.#memory.take(target.length)) return false;
        this.#memory.give(this.bytes.length);
      }
      target.set(this.bytes.subarray(this.at, this.end));
      this.bytes = target;
      this.end -= this.at;
      this.at = 0;
    }
    this.bytes.set(bytes.subarray(from, to), this.end);
    this.end += added;
    return true;
  }
}
