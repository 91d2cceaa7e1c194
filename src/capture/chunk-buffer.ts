/**
 * A sliding window over a byte source: large reads into one reused buffer, so that memory does not grow with the
 * input. Parsers look at `bytes[at..end)`; when they need more they ask for `fill`. The window grows only up to
 * `MAX_WINDOW`, which is more than any record that the readers accept.
 */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** Small enough that what was just read is still in the processor's cache when it is parsed. */
const CHUNK = 512 << 10;
/** Reads after which other work of the process (signals, progress) gets a turn. */
const READS_PER_TURN = 64;
const MAX_WINDOW = 64 << 20;

/** Where bytes come from: a file handle, or a stream such as standard input. */
export interface ByteSource {
  /** Reads up to `length` bytes into `target` at `at`; 0 at the end. */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  close(): Promise<void>;
}

/** Reads a file from its beginning. Blocking reads: a hop through the thread pool costs more than the read. */
export function fileSource(handle: FileHandle): ByteSource {
  let reads = 0;
  return {
    async read(target, at, length) {
      if (++reads % READS_PER_TURN === 0) await setImmediate();
      return readSync(handle.fd, target, at, length, null);
    },
    close: () => handle.close(),
  };
}

/** Reads a stream of chunks, e.g. `process.stdin`. */
export function streamSource(stream: AsyncIterable<Uint8Array>): ByteSource {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async read(target, at, length) {
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) return 0;
        rest = next.value;
      }
      const taken = Math.min(length, rest.length);
      target.set(rest.subarray(0, taken), at);
      rest = rest.subarray(taken);
      return taken;
    },
    async close() {
      await chunks.return?.();
    },
  };
}

export class ChunkBuffer {
  bytes = new Uint8Array(CHUNK);
  /** Next byte to parse. */
  at = 0;
  /** One past the last byte read. */
  end = 0;
  /** The source has no more bytes. */
  finished = false;
  /** File offset of `bytes[0]`. */
  #base = 0;
  readonly #source: ByteSource;
  readonly #hash: Hash | undefined;

  constructor(source: ByteSource, hashed: boolean) {
    this.#source = source;
    this.#hash = hashed ? createHash('sha256') : undefined;
  }

  /** Offset in the file of the next byte to parse. */
  get offset(): number {
    return this.#base + this.at;
  }

  get available(): number {
    return this.end - this.at;
  }

  /** Bytes read so far. */
  get read(): number {
    return this.#base + this.end;
  }

  /**
   * Makes at least `needed` bytes available behind `at`, unless the source ends first. Returns whether it did.
   * Moves the unparsed rest to the front, so earlier offsets into `bytes` become invalid.
   */
  async fill(needed: number): Promise<boolean> {
    if (needed > MAX_WINDOW) return false;
    if (this.at > 0) {
      this.bytes.copyWithin(0, this.at, this.end);
      this.#base += this.at;
      this.end -= this.at;
      this.at = 0;
    }
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.end));
      this.bytes = larger;
    }
    while (this.end < needed && !this.finished) await this.#readMore();
    return this.end >= needed;
  }

  async #readMore(): Promise<void> {
    const count = await this.#source.read(this.bytes, this.end, this.bytes.length - this.end);
    if (count === 0) {
      this.finished = true;
      return;
    }
    this.#hash?.update(this.bytes.subarray(this.end, this.end + count));
    this.end += count;
  }

  /** Hashes what a reader left unread (after damage), so that the digest is that of the whole file. */
  async drain(): Promise<void> {
    while (!this.finished) {
      this.at = this.end;
      await this.fill(this.bytes.length);
    }
  }

  /** Hex SHA-256 of all bytes read, or null when not hashed. */
  digest(): string | null {
    return this.#hash ? this.#hash.digest('hex') : null;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
