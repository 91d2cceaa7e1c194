/**
 * Where bytes come from: files, streams such as standard input, parts of either, and what is made of them by
 * decompression. Every source is read from its beginning to its end, once.
 */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Reads after which other work of the process (signals, progress) gets a turn. */
const READS_PER_TURN = 64;
/** Milliseconds until an empty pipe is asked again. */
const PIPE_PAUSE = 5;

export interface ByteSource {
  /** An interruption of the run ended it, before its own end. */
  readonly cut?: boolean;
  /** Reads up to `length` bytes into `target` at `at`; 0 at the end. Rejects only when the operating system does. */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Reads a file from `from` to `to` or its end. Blocking reads: a hop through the thread pool costs more than the read.
 */
export function fileSource(handle: FileHandle, from?: number, to = Number.POSITIVE_INFINITY): ByteSource {
  let reads = 0;
  let position = from ?? 0;
  return {
    async read(target, at, length) {
      if (++reads % READS_PER_TURN === 0) await setImmediate();
      const wanted = Math.min(length, to - position);
      if (wanted <= 0) return 0;
      // A pipe has no positions: without `from` the file's own is used.
      const count = readSync(handle.fd, target, at, wanted, from === undefined ? null : position);
      position += count;
      return count;
    },
    close: () => handle.close(),
  };
}

/** What is needed of a readable stream. */
interface ByteStream extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

/**
 * Reads a pipe opened without blocking, which a thread that waits for a silent writer could not be called back from.
 * It ends when its writer has written something and closed it; before the first byte there may be no writer yet. When `signal`
 * is aborted the next read answers 0.
 */
export function pipeSource(handle: FileHandle, signal?: AbortSignal): ByteSource {
  let cut = false;
  let begun = false;
  return {
    get cut() {
      return cut;
    },
    async read(target, at, length) {
      await setImmediate();
      while (!signal?.aborted) {
        try {
          const count = readSync(handle.fd, target, at, length, null);
          begun ||= count > 0;
          if (begun) return count;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        }
        await setTimeout(PIPE_PAUSE);
      }
      cut = true;
      return 0;
    },
    close: () => handle.close(),
  };
}

/**
 * Reads a stream of chunks, e.g. `process.stdin`. When `signal` is aborted the stream is destroyed, and a read that waits
 * for it answers 0: a silent writer does not keep what came before from being reported.
 */
export function streamSource(stream: ByteStream, signal?: AbortSignal): ByteSource {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  let stop: (value: undefined) => void = () => {};
  const aborted = new Promise<undefined>(resolve => {
    stop = resolve;
  });
  let rest: Uint8Array = new Uint8Array(0);
  let ended = false;
  let cut = false;
  const onAbort = (): void => {
    cut = !ended;
    stream.destroy();
    stop(undefined);
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    get cut() {
      return cut;
    },
    async read(target, at, length) {
      while (rest.length === 0) {
        if (cut || ended) return 0;
        // Destroyed while it is waited for, the stream rejects; the abort comes first.
        const next = await Promise.race([chunks.next(), aborted]);
        if (next === undefined) return 0;
        if (next.done) ended = true;
        else rest = next.value;
      }
      const taken = Math.min(length, rest.length);
      target.set(rest.subarray(0, taken), at);
      rest = rest.subarray(taken);
      return taken;
    },
    async close() {
      signal?.removeEventListener('abort', onAbort);
      if (!cut) await chunks.return?.();
    },
  };
}

/** Counts and, when wanted, hashes what is read through it: the bytes of a file as they are on disk. */
export class MeteredSource implements ByteSource {
  /** Bytes read so far. */
  count = 0;
  /** The end was read. */
  finished = false;
  readonly #source: ByteSource;
  readonly #hash: Hash | undefined;

  constructor(source: ByteSource, hashed: boolean) {
    this.#source = source;
    this.#hash = hashed ? createHash('sha256') : undefined;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    const count = await this.#source.read(target, at, length);
    if (count === 0) this.finished = length > 0;
    else this.#hash?.update(target.subarray(at, at + count));
    this.count += count;
    return count;
  }

  /** An interruption of the run ended it: what was read is not the whole file. */
  get cut(): boolean {
    return this.#source.cut ?? false;
  }

  /** Reads what is left, so that count and digest are those of the whole file. */
  async drain(): Promise<void> {
    const scratch = new Uint8Array(64 << 10);
    while (!this.finished) await this.read(scratch, 0, scratch.length);
  }

  /** Hex SHA-256 of all bytes, once the end was read; null when not hashed. */
  digest(): string | null {
    return this.#hash && this.finished && !this.cut ? this.#hash.copy().digest('hex') : null;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** Lets the first bytes of a source be looked at before they are read. */
export class PeekSource implements ByteSource {
  readonly #source: ByteSource;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next `length` bytes, fewer at the end. They are still to be read. */
  async peek(length: number): Promise<Uint8Array> {
    if (this.#held.length < length) {
      const bytes = new Uint8Array(length);
      bytes.set(this.#held);
      let count = this.#held.length;
      while (count < length) {
        const read = await this.#source.read(bytes, count, length - count);
        if (read === 0) break;
        count += read;
      }
      this.#held = bytes.subarray(0, count);
    }
    return this.#held.subarray(0, length);
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    if (this.#held.length === 0) return this.#source.read(target, at, length);
    const taken = Math.min(length, this.#held.length);
    target.set(this.#held.subarray(0, taken), at);
    this.#held = this.#held.subarray(taken);
    return taken;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** Reads exactly `length` bytes, fewer at the end of the source. */
export async function readExactly(source: ByteSource, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let count = 0;
  while (count < length) {
    const read = await source.read(bytes, count, length - count);
    if (read === 0) break;
    count += read;
  }
  return bytes.subarray(0, count);
}
