/**
 * Walks the elements of a data set (PS3.5 section 7): implicit VR little endian, explicit VR little and big endian,
 * sequences of defined and undefined length. A flat loop with a bounded stack; every element is visited once.
 *
 * It gives tag, depth and value range and judges nothing. It stops at encapsulated pixel data, at the end of the bytes
 * and at the first element that makes no sense; what was visited before stands.
 * Limit: `MAX_DEPTH` nested sequences and items.
 */
import { u16be, u16le, u32be, u32le } from '../../../bytes/read.ts';
import { type Encoding, IMPLICIT_LITTLE } from './uids.ts';

/** Sequences and items within one another; real objects stay below ten of each. */
const MAX_DEPTH = 32;
const UNDEFINED_LENGTH = 0xffffffff;
const ITEM_GROUP = 0xfffe;
const ITEM = 0xe000;
const ITEM_END = 0xe00d;
const SEQUENCE_END = 0xe0dd;

/** How the walk ended. `cut` is no fault of a data set of which only the beginning is at hand. */
export type WalkEnd = 'complete' | 'cut' | 'malformed' | 'too_deep';

/** Called for each element that is not a sequence. Depth 0 is the data set itself. */
export type Visit = (group: number, element: number, depth: number, from: number, to: number) => void;

/** A sequence or item being walked. */
interface Level {
  /** Where it ends; infinity when a delimiter ends it. */
  readonly end: number;
  readonly isItem: boolean;
  /** Encoding to return to after it. */
  readonly outer: Encoding;
}

/** One element header; reused, so that a walk allocates nothing per element. */
interface Header {
  group: number;
  element: number;
  vr: string;
  length: number;
  /** Where the value begins. */
  from: number;
}

/** Walks `bytes[0, length)`. */
export function walkDataset(bytes: Uint8Array, length: number, encoding: Encoding, visit: Visit): WalkEnd {
  const header: Header = { group: 0, element: 0, vr: '', length: 0, from: 0 };
  const levels: Level[] = [];
  let current = encoding;
  let items = 0;
  let at = 0;
  while (at < length) {
    let top = levels.at(-1);
    while (top !== undefined && at >= top.end) {
      if (at > top.end) return 'malformed';
      levels.pop();
      if (top.isItem) items--;
      current = top.outer;
      top = levels.at(-1);
    }
    const read = readHeader(bytes, at, length, current, header);
    if (read !== 'complete') return read;
    const { group, element, vr, from } = header;
    const undefinedLength = header.length === UNDEFINED_LENGTH;
    if (group === ITEM_GROUP && (element === ITEM_END || element === SEQUENCE_END)) {
      // A delimiter ends what it was opened for; one without a partner ends the walk.
      if (
        top === undefined ||
        top.end !== Number.POSITIVE_INFINITY ||
        top.isItem !== (element === ITEM_END)
      ) {
        return 'malformed';
      }
      levels.pop();
      if (top.isItem) items--;
      current = top.outer;
      at = from;
      continue;
    }
    const isItem = group === ITEM_GROUP && element === ITEM;
    if (isItem || vr === 'SQ' || undefinedLength || startsWithItem(bytes, from, length, header, current)) {
      // Undefined length on anything but sequences and items is encapsulated pixel data (PS3.5 annex A.4).
      if (undefinedLength && !isItem && vr !== '' && vr !== 'SQ' && vr !== 'UN') return 'complete';
      if (levels.length >= MAX_DEPTH) return 'too_deep';
      const end = undefinedLength ? Number.POSITIVE_INFINITY : from + header.length;
      levels.push({ end, isItem, outer: current });
      if (isItem) items++;
      else if (vr === 'UN') current = IMPLICIT_LITTLE;
      at = from;
      continue;
    }
    const to = from + header.length;
    if (to > length) return 'cut';
    visit(group, element, items, from, to);
    at = to;
  }
  return levels.some(level => level.end > length) ? 'cut' : 'complete';
}

/** Implicit VR does not name sequences: one of defined length is known by the item tag its value begins with. */
function startsWithItem(
  bytes: Uint8Array,
  from: number,
  length: number,
  header: Header,
  encoding: Encoding,
): boolean {
  if (encoding.explicitVr || header.length < 8 || length - from < 4) return false;
  return u16le(bytes, from) === ITEM_GROUP && u16le(bytes, from + 2) === ITEM;
}

function readHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  encoding: Encoding,
  header: Header,
): 'complete' | 'cut' | 'malformed' {
  if (length - at < 8) return 'cut';
  const u16 = encoding.bigEndian ? u16be : u16le;
  const u32 = encoding.bigEndian ? u32be : u32le;
  header.group = u16(bytes, at);
  header.element = u16(bytes, at + 2);
  header.vr = '';
  // Items and delimiters have no VR in any encoding (PS3.5 section 7.5).
  if (!encoding.explicitVr || header.group === ITEM_GROUP) {
    header.length = u32(bytes, at + 4);
    header.from = at + 8;
    return 'complete';
  }
  const first = bytes[at + 4]!;
  const second = bytes[at + 5]!;
  if (!isUpper(first) || !isUpper(second)) return 'malformed';
  header.vr = String.fromCharCode(first, second);
  if (!LONG_FORM.has(header.vr)) {
    header.length = u16(bytes, at + 6);
    header.from = at + 8;
    return 'complete';
  }
  if (length - at < 12) return 'cut';
  header.length = u32(bytes, at + 8);
  header.from = at + 12;
  return 'complete';
}

/** PS3.5 table 7.1-1: value representations with two reserved bytes and a 32-bit length. */
const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
