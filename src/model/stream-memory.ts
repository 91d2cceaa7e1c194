/**
 * One budget for all stream bytes that wait in memory: segments behind a hole and bytes a decoder left for later.
 * Per-flow limits bound one flow; this bounds them all together. A refusal costs the one who asked, and is counted.
 */
export class StreamMemory {
  /** Requests that did not fit. */
  refused = 0;
  #used = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Reserves bytes; false when they do not fit. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) {
      this.refused++;
      return false;
    }
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
