/**
 * Decompression whose output must have a CRC-32 that stands somewhere else, as that of a member of a zip archive does;
 * what is stored as it is counts as decompressed, too.
 */
import { crc32 } from 'node:zlib';
import { DamageError, type Decoder } from './decompressor.ts';

const STEP = 64 << 10;

/** Gives what it reads: a member of so many bytes that is stored as it is. */
export function storedDecoder(length: number): Decoder {
  return {
    async step(input, output) {
      const bytes = await input.some(STEP);
      output(bytes.slice());
      if (bytes.length === 0 && input.position < length)
        throw new DamageError('truncated', 'the archive ends within it');
      return bytes.length > 0;
    },
    close() {},
  };
}

export class CheckedDecoder implements Decoder {
  readonly #inner: Decoder;
  readonly #expected: number | undefined;
  #crc = 0;

  /** @param expected undefined when it is not known */
  constructor(inner: Decoder, expected: number | undefined) {
    this.#inner = inner;
    this.#expected = expected;
  }

  async step(
    input: Parameters<Decoder['step']>[0],
    output: Parameters<Decoder['step']>[1],
  ): Promise<boolean> {
    const more = await this.#inner.step(input, bytes => {
      this.#crc = crc32(bytes, this.#crc);
      output(bytes);
    });
    if (!more && this.#expected !== undefined && this.#crc !== this.#expected)
      throw new DamageError('corrupt', 'the CRC of the zip member does not match');
    return more;
  }

  close(): void {
    this.#inner.close();
  }
}
