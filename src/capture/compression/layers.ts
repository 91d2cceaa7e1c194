/**
 * Recognises compression by its first bytes and takes it away, layer by layer. gzip, zstd and lz4 are read; bzip2, xz
 * and compress are named, with the command that helps.
 *
 * Limit: `compression_depth`: `MAX_LAYERS` compressions of one another.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { type ByteSource, PeekSource } from '../byte-source.ts';
import { type Decoder, DecompressedSource } from './decompressor.ts';
import { gzipDecoder } from './inflate.ts';
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

/** Takes compressions away from a source. */
export async function peel(compressed: ByteSource): Promise<Peeled> {
  let source = new PeekSource(compressed);
  const layers: DecompressedSource[] = [];
  for (;;) {
    const head = await source.peek(6);
    const problem = unreadableCompression(head);
    if (problem !== undefined) return { source, layers, problem };
    const format = formatOf(head);
    if (format === undefined) return { source, layers, problem: undefined };
    if (layers.length === MAX_LAYERS) {
      const problem = `compressed more than ${MAX_LAYERS} times over (compression_depth)`;
      return { source, layers, problem, limit: 'compression_depth' };
    }
    const layer = new DecompressedSource(format.name, source, format.decoder());
    layers.push(layer);
    source = new PeekSource(layer);
  }
}

function formatOf(head: Uint8Array): { name: string; decoder: () => Decoder } | undefined {
  if (head.length < 4) return undefined;
  if (u16be(head, 0) === 0x1f8b) return { name: 'gzip', decoder: gzipDecoder };
  if (isZstd(head)) return { name: 'zstd', decoder: zstdDecoder };
  return isLz4(head) ? { name: 'lz4', decoder: lz4Decoder } : undefined;
}

/** Whether the first bytes are those of a compression that is read, or at least named. */
export function looksCompressed(head: Uint8Array): boolean {
  return formatOf(head) !== undefined || unreadableCompression(head) !== undefined;
}

function unreadableCompression(head: Uint8Array): string | undefined {
  if (head.length < 6) return undefined;
  if (u32be(head, 0) >>> 8 === 0x42_5a68) return advice('bzip2-compressed', 'bzip2 -dc');
  if (u32be(head, 0) === 0xfd37_7a58) return advice('xz-compressed', 'xz -dc');
  return u16be(head, 0) === 0x1f9d ? advice('packed by compress (.Z)', 'uncompress -c') : undefined;
}

function advice(what: string, command: string): string {
  return `${what}; decompress it first, e.g. ${command} FILE | medtap scan -`;
}
