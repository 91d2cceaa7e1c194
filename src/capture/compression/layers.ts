/**
 * Recognises compression by its first bytes and takes it away, layer by layer. gzip, zstd and lz4 are read; bzip2, xz
 * and compress are named, with the command that helps.
 *
 * Limit: `compression_depth`: `MAX_LAYERS` compressions of one another.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { MAX_RATIO } from '../../model/reading-defaults.ts';
import { type ByteSource, PeekSource } from '../byte-source.ts';
import { type Decoder, DecompressedSource } from './decompressor.ts';
import { gzipDecoder, isGzip } from './gzip.ts';
import { isLz4, lz4Decoder } from './lz4.ts';
import { isZstd, zstdDecoder } from './zstd.ts';

export const MAX_LAYERS = 2;

/** What stands below the compressions of a source. */
export interface Peeled {
  readonly source: PeekSource;
  /** Outermost first. */
  readonly layers: readonly DecompressedSource[];
  /** Why the bytes below cannot be read. */
  readonly problem: string | undefined;
  /** The limit that is the reason. */
  readonly limit?: string;
}

export interface Peeling {
  /** How many times as large as its compressed form a layer may be. Default `MAX_RATIO`. */
  readonly maxRatio?: number | undefined;
  /** The source is a member of an archive, which has to be unpacked before anything else can be done with it. */
  readonly member?: boolean;
}

/** Takes compressions away from a source. */
export async function peel(compressed: ByteSource, options: Peeling = {}): Promise<Peeled> {
  const { maxRatio = MAX_RATIO, member = false } = options;
  let source = new PeekSource(compressed);
  const layers: DecompressedSource[] = [];
  for (;;) {
    const head = await source.peek(6);
    const unreadable = unreadableCompression(head);
    if (unreadable !== undefined) {
      const { what, command } = unreadable;
      return { source, layers, problem: `${what}; ${advice(command, layers, member)}` };
    }
    const format = formatOf(head);
    if (format === undefined) return { source, layers, problem: undefined };
    if (layers.length === MAX_LAYERS) {
      const what = `compressed more than ${MAX_LAYERS} times over (compression_depth)`;
      const problem = `${what}; ${advice(`${format.name} -dc`, layers, member)}`;
      return { source, layers, problem, limit: 'compression_depth' };
    }
    const layer = new DecompressedSource(format.name, source, format.decoder(), maxRatio);
    layers.push(layer);
    source = new PeekSource(layer);
  }
}

function formatOf(head: Uint8Array): { name: string; decoder: () => Decoder } | undefined {
  if (head.length < 4) return undefined;
  if (isGzip(head)) return { name: 'gzip', decoder: gzipDecoder };
  if (isZstd(head)) return { name: 'zstd', decoder: zstdDecoder };
  return isLz4(head) ? { name: 'lz4', decoder: lz4Decoder } : undefined;
}

/** Whether the first bytes are those of a compression that is read, or at least named. */
export function looksCompressed(head: Uint8Array): boolean {
  return formatOf(head) !== undefined || unreadableCompression(head) !== undefined;
}

/** A compression that is only named, and the command that takes it away. */
function unreadableCompression(head: Uint8Array): { what: string; command: string } | undefined {
  if (head.length < 6) return undefined;
  // "BZh", the block size, and the beginning of a block or of the end.
  const block = u16be(head, 4);
  if (u32be(head, 0) >>> 8 === 0x42_5a68 && (block === 0x3141 || block === 0x1772))
    return { what: 'bzip2-compressed', command: 'bzip2 -dc' };
  if (u32be(head, 0) === 0xfd37_7a58) return { what: 'xz-compressed', command: 'xz -dc' };
  // Its third byte holds the most bits of a code, and two that are not used.
  const most = head[2]! & 0x1f;
  if (u16be(head, 0) !== 0x1f9d || (head[2]! & 0x60) !== 0 || most < 9 || most > 16) return undefined;
  return { what: 'packed by compress (.Z)', command: 'uncompress -c' };
}

/** How to take away what `command` does, and the layers around it, outside of this program. */
function advice(command: string, around: readonly DecompressedSource[], member: boolean): string {
  const commands = [...around.map(({ format }) => `${format} -dc`), command];
  const pipe = commands.map((each, i) => (i === 0 ? `${each} FILE` : each)).join(' | ');
  return `${member ? 'unpack the archive and decompress it' : 'decompress it'} first, e.g. ${pipe} | medtap scan -`;
}
