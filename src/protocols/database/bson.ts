/**
 * BSON documents (bsonspec.org 1.1), as far as commands and their outcome need them: names, short texts, numbers and
 * documents inside. Values of any other type are stepped over. Limits: `MAX_ELEMENTS` of a document, `MAX_NESTING`.
 */
import { indexOf, u32le } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';

const MAX_ELEMENTS = 64;
const MAX_NESTING = 3;
const MAX_TEXT = 1024;

export type BsonValue = string | number | boolean | Uint8Array | BsonDocument | undefined;
/** Elements by name; undefined for values that are not read. Binary values are borrowed. */
export type BsonDocument = ReadonlyMap<string, BsonValue>;

/** Sizes of values by type, where they have one. */
const FIXED: Readonly<Record<number, number>> = {
  1: 8,
  6: 0,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
  127: 0,
  255: 0,
};

/** The document at `from`, as far as it goes; undefined when there is none. */
export function readBson(bytes: Uint8Array, from: number, to: number, depth = 0): BsonDocument | undefined {
  if (from + 5 > to) return undefined;
  const length = u32le(bytes, from);
  if (length < 5) return undefined;
  const end = Math.min(from + length, to);
  const elements = new Map<string, BsonValue>();
  let at = from + 4;
  for (let i = 0; i < MAX_ELEMENTS && at < end && bytes[at] !== 0; i++) {
    const type = bytes[at]!;
    const nameEnd = indexOf(bytes, 0, at + 1, end);
    if (nameEnd < 0) break;
    const value = nameEnd + 1;
    const next = afterValue(bytes, value, end, type);
    if (next < 0 || next > end) break;
    elements.set(utf8(bytes, at + 1, nameEnd), readValue(bytes, value, next, type, depth));
    at = next;
  }
  return elements;
}

/** Where a value ends, or -1. */
function afterValue(bytes: Uint8Array, at: number, end: number, type: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return at + fixed;
  if (type === 11) {
    const pattern = indexOf(bytes, 0, at, end);
    const options = pattern < 0 ? -1 : indexOf(bytes, 0, pattern + 1, end);
    return options < 0 ? -1 : options + 1;
  }
  if (at + 4 > end) return -1;
  const length = u32le(bytes, at);
  switch (type) {
    case 3:
    case 4:
    case 15:
      return length >= 5 ? at + length : -1;
    case 2:
    case 13:
    case 14:
      return at + 4 + length;
    case 5:
      return at + 5 + length;
    case 12:
      return at + 16 + length;
    default:
      return -1;
  }
}

function readValue(bytes: Uint8Array, at: number, next: number, type: number, depth: number): BsonValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 1:
      return view.getFloat64(at, true);
    case 2:
      return utf8(bytes, at + 4, Math.min(Math.max(next - 1, at + 4), at + 4 + MAX_TEXT));
    case 3:
      return depth + 1 < MAX_NESTING ? readBson(bytes, at, next, depth + 1) : undefined;
    case 5:
      return bytes.subarray(Math.min(at + 5, next), next);
    case 8:
      return bytes[at] !== 0;
    case 16:
      return view.getInt32(at, true);
    case 18:
      return Number(view.getBigInt64(at, true));
    default:
      return undefined;
  }
}
