/**
 * What all decompression shares: a source of decompressed bytes over a source of compressed ones, which never throws
 * on its input. Damage and limits end it early; what was decompressed before is read as usual, and `stopped` says why
 * and where.
 *
 * Limit: `decompression_ratio`: beyond `RATIO_FREE` bytes the output may be `MAX_RATIO` times the input, unless
 * `--max-ratio` says otherwise. Captures compress to a half or a tenth; a hundredth is a capture of nothing but zeros, or
 * one of the same frame over and over.
 */
import type { ByteSource } from '../byte-source.ts';

export const RATIO_FREE = 64 << 20;

/** Why decompression ended before the end of its input. */
export interface Stopped {
  readonly kind: 'truncated' | 'corrupt' | 'limit';
  /** One clause, without the offsets. */
  readonly message: string;
  /** The limit that was hit, of kind `limit`. */
  readonly limit?: string;
}

/** A format's decoder: turns compressed bytes into decompressed ones, step by step. */
export interface Decoder {
  /**
   * Reads some of `input` and gives what it makes of it to `output`, a bounded amount per call. False when the
   * compressed stream is at its end. Throws `DamageError` on input that makes no sense.
   */
  step(input: CompressedInput, output: (bytes: Uint8Array) => void): Promise<boolean>;
  close(): void;
}

/** Thrown by decoders, and caught here. */
export class DamageError extends Error {
  readonly stopped: Stopped;

  constructor(kind: Stopped['kind'], message: string, limit?: string) {
    super(message);
    this.stopped = limit === undefined ? { kind, message } : { kind, message, limit };
  }
}

/** The input ended where more was to come. */
export function endsEarly(): DamageError {
  return new DamageError('truncated', 'the compressed stream ends early');
}

/** Compressed bytes with a position, as decoders read them. */
export class CompressedInput {
  /** Bytes given out so far. */
  position = 0;
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(64 << 10);
  #at = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Exactly `length` bytes, valid until the next call. @throws DamageError when the input ends before */
  async take(length: number): Promise<Uint8Array> {
    if (this.#end - this.#at >= length) return this.#give(length);
    if (length <= this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#at = 0;
      while (this.#end < length && (await this.#more())) {}
      if (this.#end >= length) return this.#give(length);
      this.#give(this.#end);
      throw endsEarly();
    }
    const bytes = await this.upTo(length);
    if (bytes.length < length) throw endsEarly();
    return bytes;
  }

  /** `length` bytes, fewer when the input ends before. */
  async upTo(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let count = 0;
    while (count < length) {
      const part = await this.some(length - count);
      if (part.length === 0) return bytes.subarray(0, count);
      bytes.set(part, count);
      count += part.length;
    }
    return bytes;
  }

  /** Passes over `length` bytes. @throws DamageError when the input ends before */
  async skip(length: number): Promise<void> {
    for (let rest = length; rest > 0; ) {
      const part = await this.some(rest);
      if (part.length === 0) throw endsEarly();
      rest -= part.length;
    }
  }

  /** Up to `length` bytes; none at the end. Valid until the next call. */
  async some(length: number): Promise<Uint8Array> {
    if (this.#at === this.#end) {
      this.#at = 0;
      this.#end = 0;
      await this.#more();
    }
    return this.#give(Math.min(length, this.#end - this.#at));
  }

  /** The last `length` bytes are to be read again; at most those that the last call gave. */
  giveBack(length: number): void {
    this.#at -= length;
    this.position -= length;
  }

  /** Whether the input is at its end. */
  async ended(): Promise<boolean> {
    if (this.#at < this.#end) return false;
    this.#at = 0;
    this.#end = 0;
    return !(await this.#more());
  }

  #give(length: number): Uint8Array {
    const bytes = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.position += length;
    return bytes;
  }

  async #more(): Promise<boolean> {
    const count = await this.#source.read(this.#buffer, this.#end, this.#buffer.length - this.#end);
    this.#end += count;
    return count > 0;
  }
}

/** Decompressed bytes of a source. */
export class DecompressedSource implements ByteSource {
  readonly format: string;
  /** Why it ended early, once it did. */
  stopped: Stopped | undefined;
  /** Bytes decompressed so far. */
  produced = 0;
  readonly #input: CompressedInput;
  readonly #source: ByteSource;
  readonly #decoder: Decoder;
  readonly #maxRatio: number;
  readonly #ready: Uint8Array[] = [];
  #finished = false;

  /** @param maxRatio how many times as large as its input the output may be */
  constructor(format: string, source: ByteSource, decoder: Decoder, maxRatio: number) {
    this.format = format;
    this.#source = source;
    this.#input = new CompressedInput(source);
    this.#decoder = decoder;
    this.#maxRatio = maxRatio;
  }

  /** Compressed bytes that were used so far. */
  get consumed(): number {
    return this.#input.position;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    while (this.#ready.length === 0 && !this.#finished) await this.#step();
    const first = this.#ready[0];
    if (first === undefined) return 0;
    const taken = Math.min(length, first.length);
    target.set(first.subarray(0, taken), at);
    if (taken === first.length) this.#ready.shift();
    else this.#ready[0] = first.subarray(taken);
    return taken;
  }

  async #step(): Promise<void> {
    try {
      const more = await this.#decoder.step(this.#input, bytes => {
        if (bytes.length === 0) return;
        this.produced += bytes.length;
        this.#ready.push(bytes);
      });
      if (this.produced > RATIO_FREE && this.produced > this.#maxRatio * this.#input.position) {
        const message = `more than ${this.#maxRatio} times as large as its compressed form; --max-ratio allows more`;
        throw new DamageError('limit', message, 'decompression_ratio');
      }
      if (!more) this.#finished = true;
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      this.stopped = error.stopped;
      this.#finished = true;
    }
  }

  async close(): Promise<void> {
    this.#decoder.close();
    await this.#source.close();
  }
}
