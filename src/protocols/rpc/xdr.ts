/**
 * External data representation (RFC 4506): numbers of four and eight bytes, counted bytes and texts padded to four. A
 * reader at its end gives zeros and empty texts and says so in `ended`; nothing is read beyond the bytes given.
 */
import { u32be } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';

export class XdrReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  /** Something was asked for that is not there. */
  ended = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  number(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : u32be(this.bytes, at);
  }

  /** Eight bytes; exact up to 2^53. */
  long(): number {
    const high = this.number();
    return high * 2 ** 32 + this.number();
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Counted bytes, padding left behind; borrowed. */
  opaque(): Uint8Array {
    const length = this.number();
    const at = this.#take(length);
    if (at < 0) return NOTHING;
    this.#take((4 - (length % 4)) % 4);
    return this.bytes.subarray(at, at + length);
  }

  /** Bytes whose number the protocol fixes; borrowed. */
  fixed(length: number): Uint8Array {
    const at = this.#take(length);
    return at < 0 ? NOTHING : this.bytes.subarray(at, at + length);
  }

  text(): string {
    return utf8(this.opaque());
  }

  #take(length: number): number {
    const at = this.at;
    if (length > this.end - at) {
      this.ended = true;
      this.at = this.end;
      return -1;
    }
    this.at += length;
    return at;
  }
}

const NOTHING = new Uint8Array(0);
