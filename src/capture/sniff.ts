/** What the first bytes say: whether they are a capture, why they are none, and which reader reads them. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { u32be } from '../bytes/read.ts';
import { InputError } from '../errors.ts';
import { MAX_RATIO } from '../model/reading-defaults.ts';
import { isEmpty, isTarHeader, TAR_BLOCK } from './archive/tar.ts';
import { type ByteSource, fileSource, pipeSource, streamSource } from './byte-source.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import { CheckedDecoder, storedDecoder } from './compression/checked.ts';
import { DecompressedSource } from './compression/decompressor.ts';
import { deflateDecoder } from './compression/inflate.ts';
import { looksCompressed, peel } from './compression/layers.ts';
import { zstdDecoder } from './compression/zstd.ts';
import type { Input } from './inputs.ts';
import { PcapReader } from './pcap.ts';
import { FILE_HEADER, isPcap } from './pcap-variant.ts';
import { isPcapng, PcapngReader } from './pcapng.ts';
import type { FrameReader } from './reader.ts';
import { isSnoop, SNOOP_HEADER, SnoopReader, snoopProblem } from './snoop.ts';

const DECODERS = { deflate: deflateDecoder, zstd: zstdDecoder };

/** Whether bytes begin like a capture. */
export function isCapture(head: Uint8Array): boolean {
  return head.length >= 4 && (isPcap(head, 0) || isPcapng(head, 0) || isSnoop(head, 0));
}

/**
 * The reader for the format that the first bytes show; `captureProblem` found none.
 * @param only the interface of a pcapng whose frames are read; default all
 */
export function readerOf(buffer: ChunkBuffer, only?: number): FrameReader {
  if (isPcapng(buffer.bytes, buffer.at)) return new PcapngReader(buffer, only);
  return isSnoop(buffer.bytes, buffer.at) ? new SnoopReader(buffer) : new PcapReader(buffer);
}

/** Why the first bytes are no capture that can be read, or undefined when they are. */
export function captureProblem(bytes: Uint8Array, available: number): string | undefined {
  if (available === 0) return 'the file is empty';
  if (available < 4) return `not a capture: only ${available} bytes`;
  if (isPcap(bytes, 0)) return available < FILE_HEADER ? 'truncated pcap file header' : undefined;
  if (isPcapng(bytes, 0)) return available < 12 ? 'truncated pcapng section header' : undefined;
  if (isSnoop(bytes, 0)) {
    return available < SNOOP_HEADER ? 'truncated snoop file header' : snoopProblem(bytes, 0);
  }
  if (available >= TAR_BLOCK && isEmpty(bytes.subarray(0, TAR_BLOCK)))
    return 'holds no capture but zeros: an empty tar archive, or a file whose content was lost';
  const magic = u32be(bytes, 0);
  if (magic === 0x504b_0304) {
    return 'a zip archive is not read from standard input, a pipe or within another file: save it as a file, or unpack it first';
  }
  const archive = archiveProblem(bytes);
  if (archive !== undefined) return archive;
  return `not a pcap, pcapng or snoop capture (it begins with ${magic.toString(16).padStart(8, '0')})`;
}

/** Why an archive of a kind that is only named is not read; undefined of anything else. */
export function archiveProblem(head: Uint8Array): string | undefined {
  if (head.length < 4) return undefined;
  const magic = u32be(head, 0);
  if (magic === 0x377a_bcaf) return 'a 7-Zip archive cannot be read; unpack it first, e.g. 7z x FILE';
  if (magic === 0x5261_7221) return 'a RAR archive cannot be read; unpack it first, e.g. unrar x FILE';
  return undefined;
}

/** Whether the first bytes are those of a compression, or of an archive that is only named. */
export function isPacked(head: Uint8Array): boolean {
  return looksCompressed(head) || archiveProblem(head) !== undefined;
}

/**
 * Whether what an input holds below its compressions begins like a capture, or like an archive that may hold some; a
 * problem where that cannot be told, since it is packed in a way that is not read.
 */
export async function holdsCapture(input: Input): Promise<boolean | InputError> {
  const member = input.part !== undefined;
  try {
    const { source: stored, unpack } = await openSource(input);
    const { source, problem, limit } = await peel(unpack ? unpack(stored) : stored, { member });
    try {
      const head = await source.peek(512);
      const packed = problem ?? archiveProblem(head);
      if (packed !== undefined) return new InputError(input.name, packed, 0, limit);
      return isCapture(head) || (!member && isTarHeader(head));
    } finally {
      await source.close();
    }
  } catch {
    // Whatever keeps it from being read is reported when it is opened: it may be a capture.
    return true;
  }
}

/**
 * The bytes of an input as they are on disk, and what unpacks a member of a zip archive.
 * @param maxRatio how many times as large as its compressed form a member of a zip archive may be
 * @param signal ends the reading of what may be silent: standard input, pipes and devices
 */
export async function openSource(
  input: Input,
  maxRatio = MAX_RATIO,
  signal?: AbortSignal,
): Promise<{ source: ByteSource; unpack: ((source: ByteSource) => DecompressedSource) | undefined }> {
  const { part } = input;
  if (part === undefined) return { source: await wholeSource(input.name, signal), unpack: undefined };
  const handle = await open(part.file, 'r');
  const source = fileSource(handle, part.from, part.to);
  const { method } = part;
  const stored = method === 'stored';
  if (stored && part.crc === undefined && part.cut !== true) return { source, unpack: undefined };
  const decoder = stored ? storedDecoder(part.to - part.from) : DECODERS[method]();
  const format = stored ? part.container : method;
  return {
    source,
    unpack: inner => new DecompressedSource(format, inner, new CheckedDecoder(decoder, part.crc), maxRatio),
  };
}

/** Standard input, or all of a file, pipe or device. */
async function wholeSource(name: string, signal: AbortSignal | undefined): Promise<ByteSource> {
  if (name === '-') return streamSource(process.stdin, signal);
  const status = await stat(name);
  // An opening that waits for a writer could not be called back from, not even by the end of the program.
  if (status.isFIFO()) return pipeSource(await open(name, constants.O_RDONLY | constants.O_NONBLOCK), signal);
  const handle = await open(name, 'r');
  if (status.isCharacterDevice()) return streamSource(handle.createReadStream(), signal);
  return fileSource(handle);
}
