/**
 * Opens what an input holds: one capture, or, where it is a compressed tar archive or one from standard input, one
 * capture after the other in the order of the archive. What cannot be read is an `InputError` naming the file and,
 * where that helps, what to do instead.
 */
import { InputError, systemMessage } from '../errors.ts';
import { MAX_MEMBERS, TOO_MANY_MEMBERS } from './archive/members.ts';
import {
  isEmpty,
  isTarHeader,
  MAX_EXTRA,
  paddedSize,
  readTarExtra,
  readTarHeader,
  TAR_BLOCK,
  TAR_CUT,
  TAR_TRAILER,
  type TarHeader,
  type TarOverride,
} from './archive/tar.ts';
import { type ByteSource, MeteredSource, type PeekSource, readExactly } from './byte-source.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import type { DecompressedSource } from './compression/decompressor.ts';
import { peel } from './compression/layers.ts';
import { type Input, isCaptureName, nestedArchive } from './inputs.ts';
import { type FrameReader, HEAD } from './reader.ts';
import { archiveProblem, captureProblem, isCapture, openSource, readerOf } from './sniff.ts';

/** One capture, ready to be read. */
export interface OpenCapture {
  readonly name: string;
  readonly reader: FrameReader;
  readonly buffer: ChunkBuffer;
  /** The file it is in, as on disk. */
  readonly file: MeteredSource;
  /** Compressions it is read through, outermost first. */
  readonly layers: readonly DecompressedSource[];
  /** Compressions and archives, outermost first. */
  readonly containers: readonly string[];
  /** One of several in a stream, which share `file`. */
  readonly member: boolean;
  close(): Promise<void>;
}

/** The captures of one input. */
export interface OpenInput {
  /** The next capture, or why it cannot be read; undefined when there is no more. The one before must be read out. */
  next(): Promise<OpenCapture | InputError | undefined>;
  close(): Promise<void>;
}

/** How an input is opened. */
export interface Opening {
  /** Compute the SHA-256 of the file while reading. */
  readonly hashed: boolean;
  /** Bytes to read at once, when it is not read for long. */
  readonly chunk?: number | undefined;
  /** How many times as large as its compressed form an input may be. */
  readonly maxRatio?: number | undefined;
  /** Ends the reading of what may be silent: standard input, pipes and devices. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens an input and gives its first capture. @throws InputError */
export async function openCapture(input: Input, hashed: boolean): Promise<OpenCapture> {
  const opened = await openInput(input, { hashed });
  const capture = await opened.next();
  if (capture !== undefined && !(capture instanceof InputError)) return capture;
  await opened.close();
  throw capture ?? new InputError(input.name, 'the archive holds no capture');
}

/** Opens an input. @throws InputError when it cannot be read */
export async function openInput(input: Input, options: Opening): Promise<OpenInput> {
  const { hashed, chunk, maxRatio, signal } = options;
  let file: MeteredSource | undefined;
  try {
    const { source, unpack } = await openSource(input, maxRatio, signal);
    file = new MeteredSource(source, hashed);
    const unpacked = unpack?.(file);
    const peeled = await peel(unpacked ?? file, { maxRatio, member: input.part !== undefined });
    const layers = unpacked ? [unpacked, ...peeled.layers] : peeled.layers;
    const containers = input.part === undefined ? [] : [input.part.container];
    containersOf(containers, peeled.layers);
    const shared = { file, layers, containers, chunk, maxRatio, member: false, only: input.only };
    if (peeled.problem !== undefined) throw new InputError(input.name, peeled.problem, 0, peeled.limit);
    const head = await peeled.source.peek(TAR_BLOCK);
    if (input.part === undefined && !isCapture(head) && isTarHeader(head)) {
      return new TarStream(input.name, peeled.source, {
        ...shared,
        containers: [...containers, 'tar'],
        member: true,
      });
    }
    return single(await startCapture(input.name, peeled.source, shared), peeled.source);
  } catch (error) {
    await file?.close();
    throw error instanceof InputError ? error : new InputError(input.name, systemMessage(error));
  }
}

interface Shared {
  readonly file: MeteredSource;
  readonly layers: readonly DecompressedSource[];
  readonly containers: readonly string[];
  readonly chunk: number | undefined;
  readonly maxRatio: number | undefined;
  readonly member: boolean;
  /** The interface whose frames are read; undefined for all. */
  readonly only: number | undefined;
}

function containersOf(containers: string[], layers: readonly DecompressedSource[]): void {
  for (const layer of layers) containers.push(layer.format);
}

function single(capture: OpenCapture, source: ByteSource): OpenInput {
  let next: OpenCapture | undefined = capture;
  return {
    async next() {
      const given = next;
      next = undefined;
      return given;
    },
    close: () => source.close(),
  };
}

/** Reads the head of a capture and chooses its reader. @throws InputError */
async function startCapture(name: string, source: PeekSource, shared: Shared): Promise<OpenCapture> {
  const { file, layers, containers, member } = shared;
  const buffer = new ChunkBuffer(source, shared.chunk);
  await buffer.fill(HEAD);
  const problem = captureProblem(buffer.bytes, buffer.available);
  if (problem !== undefined) {
    if (file.cut) throw new InputError(name, 'interrupted before its beginning was read');
    const stopped = layers.find(layer => layer.stopped !== undefined);
    throw stopped === undefined ? new InputError(name, problem, 0) : stoppedWithin(name, stopped);
  }
  const reader = readerOf(buffer, shared.only);
  return { name, reader, buffer, file, layers, containers, member, close: () => source.close() };
}

/** An input that ends before its end, as its decompression did. */
function stoppedWithin(name: string, { format, stopped, consumed }: DecompressedSource): InputError {
  return new InputError(name, `${format}: ${stopped?.message}`, consumed, stopped?.limit);
}

/** The captures of a tar archive that can only be read from front to back. */
class TarStream implements OpenInput {
  readonly #name: string;
  readonly #source: PeekSource;
  readonly #shared: Shared;
  #members = 0;
  /** Bytes of the archive from the current member on that were not read. */
  #rest = 0;
  #position = 0;
  /** Captures, and what was said of members. */
  #found = 0;
  /** The last block was an empty one: the archive may end here. */
  #marked = false;
  #ended = false;
  /** A capture was given out, whose account says why decompression stopped. */
  #given = false;
  #told = false;

  constructor(name: string, source: PeekSource, shared: Shared) {
    this.#name = name;
    this.#source = source;
    this.#shared = shared;
  }

  async next(): Promise<OpenCapture | InputError | undefined> {
    if (this.#ended) return undefined;
    this.#told ||= this.#given && this.#stopped() !== undefined;
    try {
      const next = await this.#next();
      this.#given = next !== undefined && !(next instanceof InputError);
      return next;
    } catch (error) {
      this.#ended = true;
      return new InputError(this.#name, systemMessage(error));
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async #next(): Promise<OpenCapture | InputError | undefined> {
    let override: TarOverride = {};
    for (;;) {
      await this.#skip(this.#rest);
      this.#rest = 0;
      const at = this.#position;
      const block = await this.#exactly(TAR_BLOCK);
      if (block.length < TAR_BLOCK) return this.#end(block);
      if (isEmpty(block)) {
        // Archives may be joined, and compression has its checksum behind the end mark: there is more to be read.
        this.#marked = true;
        continue;
      }
      if (!isTarHeader(block)) return await this.#damaged(at);
      this.#marked = false;
      const header = readTarHeader(block, override);
      this.#rest = paddedSize(header.size);
      if (header.kind === 'long-name' || header.kind === 'pax') {
        const content = await this.#exactly(Math.min(header.size, MAX_EXTRA));
        this.#rest -= content.length;
        readTarExtra(header.kind, content, override);
        continue;
      }
      override = {};
      if (header.kind !== 'file') continue;
      if (++this.#members > MAX_MEMBERS) {
        this.#ended = true;
        return new InputError(this.#name, TOO_MANY_MEMBERS, undefined, 'archive_members');
      }
      const capture = await this.#member(header);
      if (capture !== undefined) return capture;
    }
  }

  async #member(header: TarHeader): Promise<OpenCapture | InputError | undefined> {
    const name = `${this.#name}!${header.name}`;
    let left = header.size;
    const member: ByteSource = {
      read: async (target, at, length) => {
        const count = left === 0 ? 0 : await this.#source.read(target, at, Math.min(length, left));
        left -= count;
        this.#rest -= count;
        this.#position += count;
        return count;
      },
      close: async () => {},
    };
    const { source, layers, problem, limit } = await peel(member, {
      maxRatio: this.#shared.maxRatio,
      member: true,
    });
    const head = await source.peek(4);
    const packed = problem ?? archiveProblem(head);
    if (!isCaptureName(name) && (packed !== undefined || !isCapture(head))) {
      const said =
        nestedArchive(name) ?? (packed === undefined ? undefined : new InputError(name, packed, 0, limit));
      if (said !== undefined) this.#found++;
      return said;
    }
    this.#found++;
    if (problem !== undefined) return new InputError(name, problem, 0, limit);
    const containers = [...this.#shared.containers];
    containersOf(containers, layers);
    try {
      return await startCapture(name, source, {
        ...this.#shared,
        layers: [...this.#shared.layers, ...layers],
        containers,
      });
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  }

  /** At the end of the source: what is wrong with the whole. */
  #end(last: Uint8Array): InputError | undefined {
    this.#ended = true;
    if (this.#shared.file.cut) return undefined;
    const stopped = this.#stopped();
    if (stopped !== undefined) return this.#told ? undefined : stoppedWithin(this.#name, stopped);
    if (!this.#marked) return new InputError(this.#name, TAR_CUT);
    if (!isEmpty(last)) return new InputError(this.#name, this.#damage(this.#position - last.length));
    return this.#found === 0 ? new InputError(this.#name, 'the archive holds no capture') : undefined;
  }

  /** Reads what is left: when a checksum at its end is wrong, that is the reason. */
  async #damaged(at: number): Promise<InputError | undefined> {
    await this.#skip(Number.POSITIVE_INFINITY);
    this.#ended = true;
    const stopped = this.#stopped();
    if (stopped !== undefined && !this.#told) return stoppedWithin(this.#name, stopped);
    return this.#shared.file.cut ? undefined : new InputError(this.#name, this.#damage(at));
  }

  #damage(at: number): string {
    return `${this.#marked ? TAR_TRAILER : 'damaged tar archive'}, at byte ${at} of its decompressed form`;
  }

  /** The compression that ended before its end. */
  #stopped(): DecompressedSource | undefined {
    return this.#shared.layers.find(layer => layer.stopped !== undefined);
  }

  async #exactly(length: number): Promise<Uint8Array> {
    const bytes = await readExactly(this.#source, length);
    this.#position += bytes.length;
    return bytes;
  }

  async #skip(length: number): Promise<void> {
    const scratch = new Uint8Array(Math.min(length, 64 << 10));
    let left = length;
    while (left > 0) {
      const count = await this.#source.read(scratch, 0, Math.min(left, scratch.length));
      if (count === 0) return;
      left -= count;
      this.#position += count;
    }
  }
}
