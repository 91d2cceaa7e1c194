/**
 * Compressions and archives for tests, as bytes: tar, zip, and frames of zstd and lz4 that need no compressor (stored
 * and repeated blocks). Sizes can be set wrong on purpose.
 */
import { crc32, deflateRawSync } from 'node:zlib';
import { xxHash32 } from '../../src/capture/compression/xxhash.ts';
import { type Bytes, concat, toBytes } from './frames.ts';

/** One member of an archive. */
export interface Member {
  readonly name: string;
  readonly bytes: Bytes;
}

const le16 = (value: number): number[] => [value & 255, (value >>> 8) & 255];
const le32 = (value: number): number[] => [...le16(value & 0xffff), ...le16(value >>> 16)];

/** A tar archive; `type` other than '0' makes no ordinary file. Ends with two empty blocks. */
export function tar(members: readonly (Member & { readonly type?: string })[]): Uint8Array {
  return concat(...members.map(tarMember), new Uint8Array(1024));
}

/** Header and content of one member, padded. */
export function tarMember({ name, bytes, type = '0' }: Member & { readonly type?: string }): Uint8Array {
  const content = toBytes(bytes);
  const header = new Uint8Array(512);
  const put = (at: number, text: string): void => header.set(Buffer.from(text, 'latin1'), at);
  put(0, name.slice(0, 100));
  put(100, '0000644\0');
  put(124, `${content.length.toString(8).padStart(11, '0')}\0`);
  put(148, '        ');
  put(156, type);
  put(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return concat(header, content, new Uint8Array((512 - (content.length % 512)) % 512));
}

/** A zip archive of deflated (default) or stored members. */
export function zip(
  members: readonly (Member & {
    readonly method?: number;
    readonly flags?: number;
    readonly crc?: number;
  })[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes, method = 8, flags = 0, crc } of members) {
    const content = toBytes(bytes);
    const packed = method === 8 ? new Uint8Array(deflateRawSync(content)) : content;
    const sum = crc ?? crc32(content);
    const facts = [
      ...[...le16(flags), ...le16(method), ...le32(0), ...le32(sum)],
      ...[...le32(packed.length), ...le32(content.length), ...le16(name.length), ...le16(0)],
    ];
    const local = concat('PK\x03\x04', le16(20), facts, name, packed);
    directory.push(
      concat('PK\x01\x02', le16(20), le16(20), facts, le16(0), le16(0), le16(0), le32(0), le32(at), name),
    );
    parts.push(local);
    at += local.length;
  }
  const listing = concat(...directory);
  const count = le16(members.length);
  return concat(
    ...parts,
    listing,
    'PK\x05\x06',
    le32(0),
    count,
    count,
    le32(listing.length),
    le32(at),
    le16(0),
  );
}

/** A zstd frame of one stored block per 100,000 bytes. `window` is the raw descriptor. */
export function zstdStored(bytes: Bytes, window = 0x48): Uint8Array {
  const content = toBytes(bytes);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < content.length; at += 100_000) {
    const block = content.subarray(at, at + 100_000);
    blocks.push(concat(blockHeader(block.length, 0, at + 100_000 >= content.length), block));
  }
  return concat([0x28, 0xb5, 0x2f, 0xfd, 0x00, window], ...blocks);
}

/** A zstd frame of `count` blocks, each `size` times the same byte. */
export function zstdRepeated(count: number, size: number, window = 0x48): Uint8Array {
  const block = concat(blockHeader(size, 1, false), [0]);
  const blocks = Array.from({ length: count }, () => block);
  return concat([0x28, 0xb5, 0x2f, 0xfd, 0x00, window], ...blocks, blockHeader(0, 0, true));
}

function blockHeader(size: number, type: number, last: boolean): number[] {
  const word = (last ? 1 : 0) | (type << 1) | (size << 3);
  return [word & 255, (word >>> 8) & 255, (word >>> 16) & 255];
}

/** An lz4 frame of blocks as given, each stored or already compressed. */
export function lz4Frame(
  blocks: readonly { readonly bytes: Bytes; readonly stored?: boolean }[],
  options: { readonly flags?: number; readonly sizeCode?: number; readonly end?: boolean } = {},
): Uint8Array {
  const { flags = 0x40, sizeCode = 4, end = true } = options;
  const parts = blocks.map(({ bytes, stored = true }) => {
    const content = toBytes(bytes);
    return concat(le32((content.length | (stored ? 0x8000_0000 : 0)) >>> 0), content);
  });
  const descriptor = [flags, sizeCode << 4];
  const check = (xxHash32(new Uint8Array(descriptor)) >>> 8) & 255;
  return concat([4, 0x22, 0x4d, 0x18], descriptor, [check], ...parts, end ? le32(0) : '');
}
