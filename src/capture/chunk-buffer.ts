/**
 * A sliding window over a byte source: large reads into one reused buffer, so that memory does not grow with the
 * input. Parsers look at `bytes[at..end)`; when they need more they ask for `fill`. The window grows only up to
 * `MAX_WINDOW`, which is more than any record that the readers accept.
 */
import type { ByteSource } from './byte-source.ts';

/** Small enough that what was just read is still in the processor's cache when it is parsed. */
const CHUNK = 512 << 10;
const MAX_WINDOW = 64 << 20;

export class ChunkBuffer {
  bytes: Uint8Array;
  /** Next byte to parse. */
  at = 0;
  /** One past the last byte read. */
  end = 0;
  /** The source has no more bytes. */
  finished = false;
  /** First byte that is still needed though it was parsed; `fill` keeps it. */
  kept = Number.POSITIVE_INFINITY;
  /** Offset in the source of `bytes[0]`. */
  base = 0;
  readonly #source: ByteSource;

  constructor(source: ByteSource, chunk = CHUNK) {
    this.#source = source;
    this.bytes = new Uint8Array(chunk);
  }

  /** Offset in the source of the next byte to parse. */
  get offset(): number {
    return this.base + this.at;
  }

  get available(): number {
    return this.end - this.at;
  }

  /** Bytes read so far. */
  get read(): number {
    return this.base + this.end;
  }

  /**
   * Makes at least `needed` bytes available behind `at`, unless the source ends first. Returns whether it did.
   * Moves what is still needed to the front: positions in `bytes` become smaller by the growth of `base`.
   */
  async fill(needed: number): Promise<boolean> {
    if (needed > MAX_WINDOW) return false;
    const from = Math.min(this.at, this.kept);
    if (from > 0) {
      this.bytes.copyWithin(0, from, this.end);
      this.base += from;
      this.end -= from;
      this.at -= from;
      this.kept -= from;
    }
    const wanted = this.at + needed;
    if (wanted > this.bytes.length) {
      const larger = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.end));
      this.bytes = larger;
    }
    while (this.end < wanted && !this.finished) await this.#readMore();
    return this.end >= wanted;
  }

  async #readMore(): Promise<void> {
    const count = await this.#source.read(this.bytes, this.end, this.bytes.length - this.end);
    if (count === 0) this.finished = true;
    this.end += count;
  }

  /** Gives the memory back; nothing can be read any more. */
  release(): void {
    this.bytes = new Uint8Array(0);
    this.base += this.end;
    this.at = 0;
    this.end = 0;
    this.finished = true;
  }
}
