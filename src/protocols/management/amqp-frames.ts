/**
 * AMQP frames and values: 0-9-1 (AMQP 0-9-1 specification sections 2.3.5 and 4.2) and 1.0 (OASIS AMQP 1.0 part 1 section 1.6,
 * part 2 section 2.3). Only what a connection says of itself is read.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { startsWith, u8, u32be } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import { NEED_MORE, NO_PDU } from '../pdus.ts';

export const PROTOCOL_HEADER = 8;
/** Type, channel and size before the payload, an end mark behind it. */
export const FRAME_HEADER = 7;
const FRAME_END = 1;
const HEADER_1_0 = 8;
const MAX_SIZE = 1 << 27;
/** Entries of a table that are looked at. */
const MAX_ENTRIES = 64;

/** Size of the frame at `at` in version 0-9-1, or of the protocol header. */
export function frameSize(bytes: Uint8Array, at: number, end: number): number {
  const first = u8(bytes, at);
  if (first === 0x41) return headerSize(bytes, at, end);
  if (first !== 1 && first !== 2 && first !== 3 && first !== 8) return NO_PDU;
  if (end - at < FRAME_HEADER) return NEED_MORE;
  const size = u32be(bytes, at + 3);
  return size > MAX_SIZE ? NO_PDU : FRAME_HEADER + size + FRAME_END;
}

/** Size of the frame at `at` in version 1.0, or of the protocol header. */
export function frameSize10(bytes: Uint8Array, at: number, end: number): number {
  if (u8(bytes, at) === 0x41) return headerSize(bytes, at, end);
  if (end - at < HEADER_1_0) return NEED_MORE;
  const size = u32be(bytes, at);
  return size < HEADER_1_0 || size > MAX_SIZE || u8(bytes, at + 4) < 2 || u8(bytes, at + 5) > 1
    ? NO_PDU
    : size;
}

function headerSize(bytes: Uint8Array, at: number, end: number): number {
  if (!startsWith(bytes, at, end, 'AMQP'.slice(0, Math.min(4, end - at)))) return NO_PDU;
  return end - at < PROTOCOL_HEADER ? NEED_MORE : PROTOCOL_HEADER;
}

/** A text of at most 255 bytes. */
export function readShort(c: Cursor): string {
  return utf8(c.view(c.u8()));
}

/** Bytes with a length of four bytes. */
export function readLong(c: Cursor): Uint8Array {
  return c.view(c.u32be());
}

/** The texts of a field table, by name; what is behind a value of an unknown kind is not read. */
export function readTable(c: Cursor): ReadonlyMap<string, Uint8Array> {
  const table = new Cursor(c.bytes, c.at + 4, Math.min(c.end, c.at + 4 + c.u32be()));
  c.skip(table.end - table.at);
  return readEntries(table);
}

/** Entries of a table without its length in front. */
export function readEntries(table: Cursor): ReadonlyMap<string, Uint8Array> {
  const texts = new Map<string, Uint8Array>();
  for (let count = 0; count < MAX_ENTRIES && table.left > 0 && !table.broken; count++) {
    const name = readShort(table);
    const kind = String.fromCharCode(table.u8());
    if (kind === 'S' || kind === 'x') texts.set(name, readLong(table));
    else if (kind === 'F' || kind === 'A') readLong(table);
    else if (SIZES[kind] === undefined) break;
    else table.skip(SIZES[kind]!);
  }
  return texts;
}

/** Sizes of values that are passed over. */
const SIZES: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  L: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
};

/** A described list of version 1.0: its descriptor, and its first fields as bytes where they are texts, symbols or binary. */
export interface Described {
  readonly code: number;
  readonly fields: readonly (Uint8Array | undefined)[];
}

const MAX_FIELDS = 4;
const SMALL_ULONG = 0x53;
const LIST_0 = 0x45;
const LIST_8 = 0xc0;
const LIST_32 = 0xd0;

/** Reads the performative of a frame body; undefined when it is none. */
export function readDescribed(c: Cursor): Described | undefined {
  if (c.u8() !== 0 || c.u8() !== SMALL_ULONG) return undefined;
  const code = c.u8();
  const kind = c.u8();
  let count = 0;
  if (kind === LIST_8) {
    c.u8();
    count = c.u8();
  } else if (kind === LIST_32) {
    c.u32be();
    count = c.u32be();
  } else if (kind !== LIST_0) return undefined;
  const fields: (Uint8Array | undefined)[] = [];
  while (fields.length < Math.min(count, MAX_FIELDS) && !c.broken) fields.push(readField(c));
  return c.broken ? undefined : { code, fields };
}

/** One primitive value (part 1 section 1.6); a single byte for small numbers and booleans. */
function readField(c: Cursor): Uint8Array | undefined {
  const kind = c.u8();
  const width = kind >>> 4;
  if (width === 4) return undefined;
  if (width === 5) return c.view(1);
  if (width >= 6 && width <= 9) return c.view(2 ** (width - 5));
  if (width === 0xa || width === 0xc || width === 0xe) return c.view(c.u8());
  if (width === 0xb || width === 0xd || width === 0xf) return c.view(c.u32be());
  c.broken = true;
  return undefined;
}
