/**
 * Raw deflate (RFC 1951, as in zip and in gzip), decompressed by Node's zlib. It gets `INPUT_STEP` bytes at a time, so
 * that what one step can give is bounded (deflate expands at most 1032 times).
 *
 * zlib throws away the block of output in which it finds damage: up to 64 KiB. Where that is within the first `REMEMBERED`
 * bytes, as it is in all of a small file, the bytes are decompressed again in small steps, so that almost nothing is lost.
 */
import { createInflateRaw } from 'node:zlib';
import { type CompressedInput, DamageError, type Decoder, endsEarly } from './decompressor.ts';

const INPUT_STEP = 16 << 10;
const REMEMBERED = 32 << 10;
const OUTPUT_BLOCK = 64 << 10;
/** zlib's smallest. */
const SMALL_BLOCK = 64;

type Inflate = ReturnType<typeof createInflateRaw>;

/** Decodes one stream; what stands behind it in the input is still to be read then. */
export function deflateDecoder(): Decoder {
  return new InflateDecoder();
}

class InflateDecoder implements Decoder {
  readonly #inflate = createInflateRaw({ chunkSize: OUTPUT_BLOCK });
  #blocks: Uint8Array[] = [];
  #given = 0;
  /** All input so far, as long as it is little. */
  #early: Uint8Array[] | undefined = [];
  #taken = 0;
  #error: NodeJS.ErrnoException | undefined;
  #ended = false;

  constructor() {
    this.#inflate.on('data', (block: Uint8Array) => this.#blocks.push(block));
    this.#inflate.on('error', error => {
      this.#error = error;
    });
    this.#inflate.on('end', () => {
      this.#ended = true;
    });
  }

  async step(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<boolean> {
    const part = await input.some(INPUT_STEP);
    const bytes = part.slice();
    this.#taken += bytes.length;
    if (this.#taken > REMEMBERED) this.#early = undefined;
    else this.#early?.push(bytes);
    await (bytes.length > 0 ? written(this.#inflate, bytes) : ended(this.#inflate));
    let blocks = this.#blocks;
    this.#blocks = [];
    if (this.#error !== undefined && this.#early !== undefined) {
      const small = createInflateRaw({ chunkSize: SMALL_BLOCK });
      blocks = await again(small, Buffer.concat(this.#early), this.#given);
    }
    for (const block of blocks) {
      this.#given += block.length;
      output(block);
    }
    if (this.#error !== undefined) throw damageOf(this.#error);
    if (!this.#ended) return true;
    input.giveBack(this.#taken - this.#inflate.bytesWritten);
    return false;
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/**
 * Resolves when the bytes were worked off; errors arrive at the listener. zlib never calls back for bytes behind the
 * end of its stream: it ends.
 */
function written(inflate: Inflate, bytes: Uint8Array): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      inflate.off('end', done);
      inflate.off('error', done);
      resolve();
    };
    inflate.on('end', done);
    inflate.on('error', done);
    inflate.write(bytes, done);
  });
}

function ended(inflate: Inflate): Promise<void> {
  return new Promise(resolve => {
    inflate.once('end', resolve);
    inflate.once('error', resolve);
    inflate.end();
  });
}

/** What `bytes` decompress to beyond the first `skip` bytes, up to their damage. */
async function again(inflate: Inflate, bytes: Uint8Array, skip: number): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  inflate.on('data', (block: Uint8Array) => blocks.push(block));
  inflate.on('error', () => {});
  await written(inflate, bytes);
  inflate.destroy();
  return [Buffer.concat(blocks).subarray(skip)];
}

function damageOf(error: NodeJS.ErrnoException): DamageError {
  return error.code === 'Z_BUF_ERROR'
    ? endsEarly()
    : new DamageError('corrupt', `the compressed stream is damaged (${error.message})`);
}
