/**
 * Zstandard (RFC 8878): any number of frames, skippable ones passed over. Frame and block headers are read here, so
 * that limits hold before memory is given; blocks are decompressed one at a time (at most 128 KiB each) by fzstd, which
 * leaves it to us to verify the checksum of the content.
 *
 * Not read: dictionaries (named as such).
 * Limits: `zstd_window`: frames that need more than `MAX_WINDOW` bytes of history. `zstd_work`: fzstd moves that history
 * for every block, which is nothing for ordinary ones and would take hours for a large window and tiny blocks.
 */
import type { Decompress } from 'fzstd';
import { u16le, u32le } from '../../bytes/read.ts';
import { type CompressedInput, DamageError, type Decoder } from './decompressor.ts';
import { XxHash64 } from './xxhash.ts';

const MAGIC = 0xfd2f_b528;
/** 16 magic numbers of frames to be skipped. */
const SKIPPABLE = 0x184d_2a50;
const MAX_WINDOW = 128 << 20;
const MAX_BLOCK = 128 << 10;
/** Bytes of history that may be moved: so many in all, and so many times the output. */
const WORK_FREE = 2 ** 33;
const MAX_WORK_RATIO = 2048;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Bytes of the frame's content size and dictionary id, by their two-bit flags. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

export function isZstd(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = u32le(bytes, 0);
  return magic === MAGIC || (magic & ~15) >>> 0 === SKIPPABLE;
}

export function zstdDecoder(): Decoder {
  return new ZstdDecoder();
}

class ZstdDecoder implements Decoder {
  /** Undefined between frames. */
  #frame: Decompress | undefined;
  /** Of the content of the frame so far, when it ends with a checksum. */
  #content: XxHash64 | undefined;
  #window = 0;
  #moved = 0;
  #produced = 0;
  #output: (bytes: Uint8Array) => void = () => {};

  async step(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<boolean> {
    this.#output = output;
    if (this.#frame === undefined) {
      if (await input.ended()) return false;
      await this.#beginFrame(input);
    } else await this.#block(input, this.#frame);
    return true;
  }

  close(): void {
    this.#frame = undefined;
  }

  async #beginFrame(input: CompressedInput): Promise<void> {
    const magic = (await input.take(4)).slice();
    const number = u32le(magic, 0);
    if ((number & ~15) >>> 0 === SKIPPABLE) {
      await input.skip(u32le(await input.take(4), 0));
      return;
    }
    if (number !== MAGIC) throw new DamageError('corrupt', 'what follows is no zstd frame');
    const descriptor = (await input.take(1))[0]!;
    const single = (descriptor & 0x20) !== 0;
    const dictionaryBytes = DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
    const sizeFlag = (descriptor >>> 6) as 0 | 1 | 2 | 3;
    const sizeBytes = sizeFlag === 0 && single ? 1 : CONTENT_SIZE_BYTES[sizeFlag];
    const fields = (await input.take((single ? 0 : 1) + dictionaryBytes + sizeBytes)).slice();
    const window = single ? contentSize(fields.subarray(dictionaryBytes)) : windowSize(fields[0]!);
    if (window > MAX_WINDOW) {
      const message = `needs ${Math.ceil(window / (1 << 20))} MiB of history, more than ${MAX_WINDOW >> 20}`;
      throw new DamageError('limit', message, 'zstd_window');
    }
    const dictionary = fields.subarray(single ? 0 : 1, (single ? 0 : 1) + dictionaryBytes);
    if (dictionary.some(byte => byte !== 0)) {
      throw new DamageError('corrupt', 'it was compressed with a dictionary, which is not here');
    }
    this.#window = window;
    this.#content = (descriptor & 4) !== 0 ? new XxHash64() : undefined;
    // Loaded when it is needed: most runs do without.
    const fzstd = await import('fzstd');
    const frame = new fzstd.Decompress(bytes => {
      this.#produced += bytes.length;
      this.#content?.update(bytes);
      this.#output(bytes);
    });
    this.#frame = frame;
    const header = new Uint8Array(5 + fields.length);
    header.set(magic);
    header[4] = descriptor;
    header.set(fields, 5);
    this.#push(frame, header, false);
  }

  async #block(input: CompressedInput, frame: Decompress): Promise<void> {
    const header = (await input.take(3)).slice();
    const word = u16le(header, 0) | (header[2]! << 16);
    const last = (word & 1) === 1;
    const type = (word >>> 1) & 3;
    const size = word >>> 3;
    if (type === RESERVED_BLOCK || size > MAX_BLOCK) {
      throw new DamageError('corrupt', `a block of type ${type} claims ${size} bytes`);
    }
    this.#moved += this.#window;
    if (this.#moved > WORK_FREE && this.#moved > MAX_WORK_RATIO * this.#produced) {
      throw new DamageError('limit', 'blocks too small for so large a window', 'zstd_work');
    }
    const body = await input.take(type === RLE_BLOCK ? 1 : size);
    const checksum = last && this.#content !== undefined;
    const bytes = new Uint8Array(3 + body.length + (checksum ? 4 : 0));
    bytes.set(header);
    bytes.set(body, 3);
    if (checksum) bytes.set(await input.take(4), bytes.length - 4);
    if (last) this.#frame = undefined;
    this.#push(frame, bytes, last);
    if (checksum && u32le(bytes, bytes.length - 4) !== this.#content?.low()) {
      throw new DamageError('corrupt', 'the zstd content checksum does not match');
    }
  }

  #push(frame: Decompress, bytes: Uint8Array, last: boolean): void {
    try {
      frame.push(bytes, last);
    } catch (error) {
      // fzstd throws on damage, and on some of it whatever the engine throws when an index is out of range.
      throw new DamageError('corrupt', `the compressed stream is damaged (${(error as Error).message})`);
    }
  }
}

/** Window_Descriptor: 1 KiB times a power of two, and eighths of it. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(field: Uint8Array): number {
  let size = 0;
  for (let i = field.length - 1; i >= 0; i--) size = size * 256 + field[i]!;
  return field.length === 2 ? size + 256 : size;
}
