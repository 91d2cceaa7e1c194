/**
 * tar (POSIX ustar and pax, GNU long names, the old format): headers of 512 bytes, each followed by its member. Only
 * ordinary files are members here; folders, links and devices are passed over, sparse files are named as unreadable.
 * Archives that were joined (`cat a.tar b.tar`) are read one after the other.
 *
 * Limit: `MAX_EXTRA` bytes of one long name or pax header.
 */
import { latin1, utf8OrLatin1, visible } from '../../bytes/text.ts';

export const TAR_BLOCK = 512;
export const MAX_EXTRA = 1 << 20;
/** What is said when the two empty blocks at the end are missing. */
export const TAR_CUT = 'the tar archive has no end mark: it was cut off';

/** What is said of bytes behind that mark that are no further archive. */
export const TAR_TRAILER = 'what stands behind the end of the tar archive is no further one';

const CHECKSUM = 148;
const TYPE = 156;

export interface TarHeader {
  readonly name: string;
  /** Bytes of content; a whole number of blocks follows. */
  readonly size: number;
  readonly kind: 'file' | 'sparse' | 'long-name' | 'pax' | 'other';
}

/** What earlier headers say of the next member. */
export interface TarOverride {
  name?: string;
  size?: number;
}

/** Whether a block is one of those that end an archive, and may fill it up. */
export function isEmpty(block: Uint8Array): boolean {
  return block.every(byte => byte === 0);
}

/** Whether a block is the header of a tar member: its checksum holds. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK || block[0] === 0) return false;
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= CHECKSUM && i < CHECKSUM + 8 ? 0x20 : block[i]!;
  return number(block, CHECKSUM, 8) === sum;
}

/** Reads a header in which `isTarHeader` found no fault. */
export function readTarHeader(block: Uint8Array, override: TarOverride): TarHeader {
  const type = String.fromCharCode(block[TYPE]!);
  const prefix = latin1(block, 257, 262) === 'ustar' && block[263] === 0x30 ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const own = prefix === '' ? name : `${prefix}/${name}`;
  const extra = type === 'L' || type === 'x';
  const size = number(block, 124, 12);
  return {
    name: visible(extra ? own : (override.name ?? own)),
    size: extra ? size : (override.size ?? size),
    kind: kindOf(type),
  };
}

/** Blocks that a member's content takes. */
export function paddedSize(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

/** Takes over the content of a long-name or pax header. */
export function readTarExtra(kind: TarHeader['kind'], content: Uint8Array, override: TarOverride): void {
  if (kind === 'long-name') {
    override.name = text(content, 0, content.length);
    return;
  }
  let at = 0;
  while (at < content.length) {
    // "length key=value\n", the length being that of the whole line.
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(latin1(content, at, Math.min(space, at + 10)));
    if (!(length > space - at) || at + length > content.length) return;
    const line = utf8OrLatin1(content.subarray(space + 1, at + length - 1));
    const equals = line.indexOf('=');
    const value = line.slice(equals + 1);
    if (line.startsWith('path=')) override.name = value;
    else if (line.startsWith('size=') && /^\d{1,15}$/.test(value)) override.size = Number(value);
    at += length;
  }
}

function kindOf(type: string): TarHeader['kind'] {
  if (type === '0' || type === '\0' || type === '7') return 'file';
  if (type === 'L') return 'long-name';
  if (type === 'x') return 'pax';
  return type === 'S' ? 'sparse' : 'other';
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const nul = field.indexOf(0);
  return utf8OrLatin1(nul < 0 ? field : field.subarray(0, nul));
}

/** Octal digits, or base 256 when the first bit is set. */
function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  if (bytes[at]! & 0x80) {
    value = bytes[at]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i]!;
    return value;
  }
  for (const character of latin1(bytes, at, at + length)) {
    if (character >= '0' && character <= '7') value = value * 8 + Number(character);
    else if (value > 0) break;
  }
  return value;
}
