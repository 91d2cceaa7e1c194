/**
 * LZ4 frames (version 1.6 of the frame format): independent and linked blocks, any number of frames, skippable ones
 * passed over; and the legacy frame of the first `lz4` programs. One block is decoded at a time. Checksums of the frame's
 * header, of blocks and of the content are verified where there are any; a block with a wrong one is not decoded.
 *
 * Not read: dictionaries (named as such).
 * Limits: a block is at most 4 MiB decompressed (8 MiB in legacy frames), as the format says.
 */
import { u16le, u32le } from '../../bytes/read.ts';
import { type CompressedInput, DamageError, type Decoder, endsEarly } from './decompressor.ts';
import { XxHash32, xxHash32 } from './xxhash.ts';

const MAGIC = 0x184d_2204;
const LEGACY_MAGIC = 0x184c_2102;
const SKIPPABLE = 0x184d_2a50;
const LEGACY_BLOCK = 8 << 20;
/** How far back a match may reach. */
const HISTORY = 64 << 10;
const MIN_MATCH = 4;

const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const STORED = 0x8000_0000;

export function isLz4(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = u32le(bytes, 0);
  return magic === MAGIC || magic === LEGACY_MAGIC;
}

export function lz4Decoder(): Decoder {
  return new Lz4Decoder();
}

class Lz4Decoder implements Decoder {
  #inFrame = false;
  #legacy = false;
  #blockChecksum = false;
  /** Of the content of the frame so far, when it ends with a checksum. */
  #content: XxHash32 | undefined;
  #maxBlock = 0;
  /** History, then the block being decoded. */
  #work = new Uint8Array(0);
  /** Bytes of history, at the front. */
  #history = 0;

  async step(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<boolean> {
    if (this.#inFrame && this.#legacy) {
      // A legacy frame has no end mark: it ends with the input or where another frame begins.
      if (await input.ended()) return false;
      await this.#legacyBlock(input, output);
    } else if (this.#inFrame) await this.#block(input, output);
    else {
      if (await input.ended()) return false;
      await this.#beginFrame(input, u32le(await input.take(4), 0));
    }
    return true;
  }

  close(): void {
    this.#work = new Uint8Array(0);
  }

  async #beginFrame(input: CompressedInput, magic: number): Promise<void> {
    this.#history = 0;
    if ((magic & ~15) >>> 0 === SKIPPABLE) {
      await input.skip(u32le(await input.take(4), 0));
      this.#inFrame = false;
      return;
    }
    if (magic !== MAGIC && magic !== LEGACY_MAGIC)
      throw new DamageError('corrupt', 'what follows is no lz4 frame');
    this.#inFrame = true;
    this.#legacy = magic === LEGACY_MAGIC;
    this.#content = undefined;
    this.#maxBlock = this.#legacy ? LEGACY_BLOCK : await this.#descriptor(input);
    if (this.#work.length < HISTORY + this.#maxBlock) this.#work = new Uint8Array(HISTORY + this.#maxBlock);
  }

  /** Reads the frame descriptor; the greatest block size. */
  async #descriptor(input: CompressedInput): Promise<number> {
    const head = (await input.take(2)).slice();
    const flags = head[0]!;
    const sizeCode = (head[1]! >>> 4) & 7;
    if (flags >>> 6 !== 1 || sizeCode < 4)
      throw new DamageError('corrupt', 'the lz4 frame header makes no sense');
    if ((flags & FLAG_DICTIONARY) !== 0) {
      throw new DamageError('corrupt', 'it was compressed with a dictionary, which is not here');
    }
    this.#blockChecksum = (flags & FLAG_BLOCK_CHECKSUM) !== 0;
    this.#content = (flags & FLAG_CONTENT_CHECKSUM) !== 0 ? new XxHash32() : undefined;
    const descriptor = new Uint8Array((flags & FLAG_CONTENT_SIZE) !== 0 ? 10 : 2);
    descriptor.set(head);
    descriptor.set(await input.take(descriptor.length - 2), 2);
    if ((await input.take(1))[0] !== ((xxHash32(descriptor) >>> 8) & 0xff))
      throw wrongChecksum('frame header');
    return 1 << (8 + 2 * sizeCode);
  }

  async #block(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<void> {
    const word = u32le(await input.take(4), 0);
    if (word === 0) {
      if (this.#content !== undefined) await verify(input, this.#content.digest(), 'content');
      this.#inFrame = false;
      return;
    }
    const size = word & ~STORED;
    if (size > this.#maxBlock) throw new DamageError('corrupt', `an lz4 block claims ${size} bytes`);
    const block = await input.upTo(size);
    // A block that is cut off has no checksum any more, and is read as far as it goes.
    if (this.#blockChecksum && block.length === size) await verify(input, xxHash32(block), 'block');
    if ((word & STORED) !== 0) {
      this.#work.set(block, this.#history);
      this.#give(block.length, output);
    } else this.#decode(block, block.length < size, output);
    if (block.length < size) throw endsEarly();
  }

  async #legacyBlock(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<void> {
    const size = u32le(await input.take(4), 0);
    if (size === MAGIC || size === LEGACY_MAGIC || (size & ~15) >>> 0 === SKIPPABLE) {
      await this.#beginFrame(input, size);
      return;
    }
    if (size > LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16) {
      throw new DamageError('corrupt', `an lz4 block claims ${size} bytes`);
    }
    this.#history = 0;
    const block = await input.upTo(size);
    this.#decode(block, block.length < size, output);
    if (block.length < size) throw endsEarly();
  }

  #decode(block: Uint8Array, cut: boolean, output: (bytes: Uint8Array) => void): void {
    const limit = this.#history + this.#maxBlock;
    const result = decodeBlock(block, this.#work, this.#history, limit);
    this.#give(result.end - this.#history, output);
    if (result.damaged && !cut) throw new DamageError('corrupt', 'an lz4 block is damaged');
  }

  /** Hands over what was decoded behind the history, and keeps its end as the new history. */
  #give(count: number, output: (bytes: Uint8Array) => void): void {
    const end = this.#history + count;
    const bytes = this.#work.slice(this.#history, end);
    this.#content?.update(bytes);
    output(bytes);
    const keep = Math.min(HISTORY, end);
    this.#work.copyWithin(0, end - keep, end);
    this.#history = keep;
  }
}

/** Reads a checksum. @throws DamageError when it is not the `computed` one */
async function verify(input: CompressedInput, computed: number, what: string): Promise<void> {
  if (u32le(await input.take(4), 0) !== computed) throw wrongChecksum(what);
}

function wrongChecksum(what: string): DamageError {
  return new DamageError('corrupt', `the lz4 ${what} checksum does not match`);
}

/**
 * Decodes one block into `target` from `start` on, not beyond `limit`. Matches may reach back to its beginning.
 * `end` is where the output ends; when the block is damaged, where it ended before.
 */
export function decodeBlock(
  block: Uint8Array,
  target: Uint8Array,
  start: number,
  limit: number,
): { end: number; damaged: boolean } {
  let at = 0;
  let out = start;
  while (at < block.length) {
    const token = block[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= block.length) return { end: out, damaged: true };
        more = block[at++]!;
        literals += more;
      }
    }
    if (literals > block.length - at || literals > limit - out) return { end: out, damaged: true };
    target.set(block.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    if (at === block.length) return { end: out, damaged: false };
    if (block.length - at < 2) return { end: out, damaged: true };
    const distance = u16le(block, at);
    at += 2;
    let length = (token & 15) + MIN_MATCH;
    if (length === 15 + MIN_MATCH) {
      let more = 255;
      while (more === 255) {
        if (at >= block.length) return { end: out, damaged: true };
        more = block[at++]!;
        length += more;
      }
    }
    if (distance === 0 || distance > out || length > limit - out) return { end: out, damaged: true };
    if (distance >= length) target.copyWithin(out, out - distance, out - distance + length);
    else for (let i = 0; i < length; i++) target[out + i] = target[out + i - distance]!;
    out += length;
  }
  return { end: out, damaged: true };
}
