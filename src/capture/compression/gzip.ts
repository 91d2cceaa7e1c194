/**
 * gzip (RFC 1952): any number of members, one after the other, with zeros between and behind them. Headers and trailers
 * are read here and only what is between by zlib, which throws away decompressed bytes with a wrong checksum and what
 * stands behind the last member in the same block. A wrong checksum or length, and what follows that is no member, are
 * damage; all that was decompressed is kept. What the header says (name, time, comment) is not read.
 *
 * Limit: `MAX_TEXT` bytes of a name or comment; more is damage.
 */
import { crc32 } from 'node:zlib';
import { u16be, u16le, u32le } from '../../bytes/read.ts';
import { type CompressedInput, DamageError, type Decoder } from './decompressor.ts';
import { deflateDecoder } from './inflate.ts';

const MAGIC = 0x1f8b;
const DEFLATE = 8;
const FLAG_HEADER_CHECKSUM = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const FLAGS_RESERVED = 0xe0;
const MAX_TEXT = 64 << 10;
const STEP = 64 << 10;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && u16be(bytes, 0) === MAGIC;
}

export function gzipDecoder(): Decoder {
  return new GzipDecoder();
}

class GzipDecoder implements Decoder {
  /** Undefined between members. */
  #member: Decoder | undefined;
  #members = 0;
  /** Of the header, then of the content of the member so far. */
  #crc = 0;
  #size = 0;

  async step(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<boolean> {
    if (this.#member === undefined) {
      if (this.#members > 0 && !(await passZeros(input))) return false;
      await this.#beginMember(input);
      return true;
    }
    const more = await this.#member.step(input, bytes => {
      this.#crc = crc32(bytes, this.#crc);
      this.#size += bytes.length;
      output(bytes);
    });
    if (!more) await this.#endMember(input);
    return true;
  }

  close(): void {
    this.#member?.close();
  }

  async #beginMember(input: CompressedInput): Promise<void> {
    const magic = await input.upTo(2);
    if (!isGzip(magic)) throw new DamageError('corrupt', 'what follows is no gzip member');
    this.#crc = crc32(magic);
    const head = await this.#head(input, 8);
    const flags = head[1]!;
    if (head[0] !== DEFLATE || (flags & FLAGS_RESERVED) !== 0)
      throw new DamageError('corrupt', 'the gzip header makes no sense');
    if ((flags & FLAG_EXTRA) !== 0) await this.#head(input, u16le(await this.#head(input, 2), 0));
    if ((flags & FLAG_NAME) !== 0) await this.#text(input);
    if ((flags & FLAG_COMMENT) !== 0) await this.#text(input);
    const sum = this.#crc & 0xffff;
    if ((flags & FLAG_HEADER_CHECKSUM) !== 0 && u16le(await input.take(2), 0) !== sum)
      throw new DamageError('corrupt', 'the gzip header checksum does not match');
    this.#crc = 0;
    this.#size = 0;
    this.#members++;
    this.#member = deflateDecoder();
  }

  async #endMember(input: CompressedInput): Promise<void> {
    this.#member?.close();
    this.#member = undefined;
    const trailer = await input.take(8);
    if (u32le(trailer, 0) !== this.#crc)
      throw new DamageError('corrupt', 'the gzip content checksum does not match');
    if (u32le(trailer, 4) !== this.#size % 2 ** 32)
      throw new DamageError('corrupt', 'the gzip content is not as long as it says');
  }

  /** Bytes of the header. */
  async #head(input: CompressedInput, length: number): Promise<Uint8Array> {
    const bytes = await input.take(length);
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }

  /** Passes over a text of the header, which ends with a zero. */
  async #text(input: CompressedInput): Promise<void> {
    for (let length = 0; length < MAX_TEXT; length++) {
      if ((await this.#head(input, 1))[0] === 0) return;
    }
    throw new DamageError('corrupt', `a text in the gzip header is longer than ${MAX_TEXT} bytes`);
  }
}

/** Passes over zeros, with which tapes and blocks are filled up. Whether anything follows. */
async function passZeros(input: CompressedInput): Promise<boolean> {
  for (;;) {
    const bytes = await input.some(STEP);
    if (bytes.length === 0) return false;
    const other = bytes.findIndex(byte => byte !== 0);
    if (other >= 0) {
      input.giveBack(bytes.length - other);
      return true;
    }
  }
}
