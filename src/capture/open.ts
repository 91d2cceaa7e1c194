/**
 * From the names a user gives to open captures: directories are listed, containers recognised by their first bytes.
 * What cannot be read is an `InputError` naming the file and, where that helps, what to do instead.
 *
 * Directories are read in name order and not followed into links; in a directory, files that neither are captures nor
 * are called so are passed over (a file named by the user is not).
 */
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { u32be } from '../bytes/read.ts';
import { InputError } from '../errors.ts';
import { ChunkBuffer, fileSource, streamSource } from './chunk-buffer.ts';
import { PcapReader } from './pcap.ts';
import { FILE_HEADER, isPcap } from './pcap-variant.ts';
import { isPcapng, PcapngReader } from './pcapng.ts';
import { type FrameReader, HEAD } from './reader.ts';
import { isSnoop, SNOOP_HEADER, SnoopReader, snoopProblem } from './snoop.ts';

/** Files called this are captures, even when they cannot be read: passing them over in silence would hide them. */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|snoop)(\d*|\.(gz|zst|lz4|xz|bz2))$/i;
/** Directories are searched this deep. */
const MAX_DEPTH = 16;

/** One capture to read: its name as shown, and its size when known. */
export interface Input {
  readonly name: string;
  readonly size: number | undefined;
  /** Found in a directory rather than named by the user. */
  readonly found: boolean;
}

export interface OpenCapture {
  readonly name: string;
  readonly reader: FrameReader;
  readonly buffer: ChunkBuffer;
}

/** Expands names to captures, in order. Names that cannot be read become problems, the rest is still returned. */
export async function listInputs(
  names: readonly string[],
): Promise<{ inputs: Input[]; problems: InputError[] }> {
  const inputs: Input[] = [];
  const problems: InputError[] = [];
  for (const name of names) {
    if (name === '-') {
      inputs.push({ name, size: undefined, found: false });
      continue;
    }
    try {
      const status = await stat(name);
      if (status.isDirectory()) {
        const before = inputs.length + problems.length;
        await listDirectory(name, inputs, problems, 0);
        if (inputs.length + problems.length === before)
          problems.push(new InputError(name, 'the directory holds no capture'));
      } else {
        inputs.push({ name, size: status.isFile() ? status.size : undefined, found: false });
      }
    } catch (error) {
      problems.push(new InputError(name, systemMessage(error)));
    }
  }
  return { inputs, problems };
}

async function listDirectory(
  directory: string,
  inputs: Input[],
  problems: InputError[],
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) {
    problems.push(new InputError(directory, `deeper than ${MAX_DEPTH} folders`));
    return;
  }
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    problems.push(new InputError(directory, systemMessage(error)));
    return;
  }
  for (const entry of names.sort((a, b) => (a < b ? -1 : 1))) {
    const path = join(directory, entry);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory()) await listDirectory(path, inputs, problems, depth + 1);
    else if (status?.isFile() && (CAPTURE_NAME.test(entry) || (await looksLikeCapture(path)))) {
      inputs.push({ name: path, size: status.size, found: true });
    }
  }
}

async function looksLikeCapture(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      const head = new Uint8Array(4);
      const { bytesRead } = await handle.read(head, 0, 4, 0);
      return bytesRead === 4 && (isPcap(head, 0) || isPcapng(head, 0) || isSnoop(head, 0));
    } finally {
      await handle.close();
    }
  } catch {
    // Whatever keeps it from being read is reported when it is opened: it may be a capture.
    return true;
  }
}

/**
 * Opens one capture.
 * @param hashed whether to compute the SHA-256 of the file while reading
 * @throws InputError when it cannot be read or is not a capture
 */
export async function openCapture(input: Input, hashed: boolean): Promise<OpenCapture> {
  const buffer = new ChunkBuffer(await openSource(input.name), hashed);
  try {
    await buffer.fill(HEAD);
  } catch (error) {
    await buffer.close();
    throw new InputError(input.name, systemMessage(error), 0);
  }
  const problem = sniff(buffer);
  if (problem !== undefined) {
    await buffer.close();
    throw new InputError(input.name, problem, 0);
  }
  return { name: input.name, reader: readerOf(buffer), buffer };
}

/** The reader for the format that the first bytes show. */
export function readerOf(buffer: ChunkBuffer): FrameReader {
  if (isPcapng(buffer.bytes, buffer.at)) return new PcapngReader(buffer);
  return isSnoop(buffer.bytes, buffer.at) ? new SnoopReader(buffer) : new PcapReader(buffer);
}

async function openSource(name: string) {
  if (name === '-') return streamSource(process.stdin);
  try {
    return fileSource(await open(name, 'r'));
  } catch (error) {
    throw new InputError(name, systemMessage(error));
  }
}

/** Why the first bytes are no capture that can be read, or undefined when they are. */
function sniff(buffer: ChunkBuffer): string | undefined {
  const { bytes, available } = buffer;
  if (available === 0) return 'the file is empty';
  if (available < 4) return `not a capture: only ${available} bytes`;
  if (isPcap(bytes, 0)) return available < FILE_HEADER ? 'truncated pcap file header' : undefined;
  if (isPcapng(bytes, 0)) return available < 12 ? 'truncated pcapng section header' : undefined;
  if (isSnoop(bytes, 0)) {
    return available < SNOOP_HEADER ? 'truncated snoop file header' : snoopProblem(bytes, 0);
  }
  const big = u32be(bytes, 0);
  if (big >>> 16 === 0x1f8b)
    return 'gzip-compressed; decompress it first, e.g. gunzip -c FILE | medtap scan -';
  if (big === 0x28b52ffd) return 'zstd-compressed; decompress it first, e.g. zstd -dc FILE | medtap scan -';
  if (big === 0x04224d18) return 'lz4-compressed; decompress it first, e.g. lz4 -dc FILE | medtap scan -';
  return `not a pcap, pcapng or snoop capture (it begins with ${big.toString(16).padStart(8, '0')})`;
}

function systemMessage(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file or directory';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'is a directory';
  return error instanceof Error ? error.message : String(error);
}
