/**
 * Reads a message from front to end without ever reading beyond it. The first read that does not fit makes the cursor
 * `broken`; from then on every read answers zero or nothing, so that a decoder checks once, at the end of a structure.
 * Nothing is copied: byte ranges are views.
 */
import { u16be, u16le, u24be, u32be, u32le } from './read.ts';

const NOTHING = new Uint8Array(0);

export class Cursor {
  /** A read did not fit. */
  broken = false;
  readonly bytes: Uint8Array;
  /** Offset of the next byte to read. */
  at: number;
  readonly end: number;
  readonly #start: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#start = at;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.at;
  }

  /** Bytes read so far. */
  get taken(): number {
    return this.at - this.#start;
  }

  u8(): number {
    return this.skip(1) ? this.bytes[this.at - 1]! : 0;
  }

  u16be(): number {
    return this.skip(2) ? u16be(this.bytes, this.at - 2) : 0;
  }

  u24be(): number {
    return this.skip(3) ? u24be(this.bytes, this.at - 3) : 0;
  }

  u32be(): number {
    return this.skip(4) ? u32be(this.bytes, this.at - 4) : 0;
  }

  u16le(): number {
    return this.skip(2) ? u16le(this.bytes, this.at - 2) : 0;
  }

  u32le(): number {
    return this.skip(4) ? u32le(this.bytes, this.at - 4) : 0;
  }

  /** The next `length` bytes, borrowed. */
  view(length: number): Uint8Array {
    return this.skip(length) ? this.bytes.subarray(this.at - length, this.at) : NOTHING;
  }

  /** Passes over bytes; false, and broken, when there are not as many. */
  skip(length: number): boolean {
    if (this.broken || length < 0 || this.end - this.at < length) {
      this.broken = true;
      return false;
    }
    this.at += length;
    return true;
  }
}
