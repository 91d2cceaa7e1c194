/**
 * Text of records with fields, repetitions, components and subcomponents between separators: segments of HL7 v2 (chapter 2,
 * sections 2.5 to 2.7) and records of laboratories (LIS02-A2), which come from there. Which separators a message uses, its
 * header says. Pure; fields are ranges of bytes, nothing is decoded that is not asked for. An empty field and the
 * explicit null `""` are no values. Limits: `MAX_FIELDS`, `MAX_TEXT_BYTES`.
 */
import { utf8 } from '../../bytes/text.ts';
import { textIn } from './charset.ts';

/** Bytes that separate, as the header of the message defines them. 0 stands for one that is not defined. */
export interface Separators {
  readonly field: number;
  readonly component: number;
  readonly repetition: number;
  readonly escape: number;
  readonly subcomponent: number;
}

/** Bytes `[from, to)` of a buffer that is known from the context. */
export interface Range {
  readonly from: number;
  readonly to: number;
}
/** Longest text of a header field that is shown. */
const MAX_TEXT_BYTES = 128;
const QUOTE = 0x22;
const ESCAPE = 0x1b;

/** Punctuation: printable ASCII that is neither letter nor digit nor space. */
export function isSeparator(byte: number): boolean {
  return (
    (byte >= 0x21 && byte <= 0x2f) ||
    (byte >= 0x3a && byte <= 0x40) ||
    (byte >= 0x5b && byte <= 0x60) ||
    (byte >= 0x7b && byte <= 0x7e)
  );
}

/** Fields of one segment that can be looked at. */
const MAX_FIELDS = 64;
/** Every byte that can end a segment or a message is below this one. */
const FIRST_CONTENT = 0x1d;
const LF = 0x0a;
const CR = 0x0d;
const START_BLOCK = 0x0b;
const END_BLOCK = 0x1c;

/**
 * Where the fields of a segment are. Index 1 is field 1, index 0 the segment name; in a header segment field 1 is the
 * separator itself, so there the second range, MSH-2, has index 2. One object serves many segments, one after another.
 */
export class Fields {
  bytes: Uint8Array = new Uint8Array(0);
  /** Ranges there are, the name included. */
  count = 0;
  #from = 0;
  #isHeader = false;
  /** Where each range ends. */
  readonly #ends = new Int32Array(MAX_FIELDS + 2);

  /**
   * Looks for the end of a segment that begins at `from`, and finds its fields on the way: the one loop that sees every
   * byte. The result is where a byte stands that may end it (CR, LF, start or end block), or `to`.
   * @param endsWithLf whether a line feed is such a byte or content
   */
  scan(bytes: Uint8Array, from: number, to: number, separator: number, endsWithLf: boolean): number {
    const ends = this.#ends;
    let count = 0;
    let at = from;
    for (; at < to; at++) {
      let byte = bytes[at]!;
      // Most bytes are content: a loop of its own is a third faster than one that asks three questions of each.
      while (byte >= FIRST_CONTENT && byte !== separator) {
        if (++at === to) break;
        byte = bytes[at]!;
      }
      if (at === to) break;
      if (byte === separator) {
        if (count < MAX_FIELDS) ends[count++] = at;
      } else if (byte === CR || byte === END_BLOCK || byte === START_BLOCK || (byte === LF && endsWithLf))
        break;
    }
    if (count < MAX_FIELDS) ends[count++] = at;
    this.bytes = bytes;
    this.count = count;
    this.#from = from;
    this.#isHeader = false;
    return at;
  }

  /** Finds the first fields of the segment `bytes[from, to)`. */
  read(bytes: Uint8Array, from: number, to: number, separator: number, isHeader = false): this {
    const ends = this.#ends;
    let count = 0;
    for (let at = from; at < to && count < MAX_FIELDS; at++) {
      if (bytes[at] !== separator) continue;
      ends[count++] = at;
      // Field 1 of a header is this separator; see `start` and `end`.
      if (count === 1 && isHeader) ends[count++] = at;
    }
    if (count < MAX_FIELDS) ends[count++] = to;
    this.bytes = bytes;
    this.count = count;
    this.#from = from;
    this.#isHeader = isHeader;
    return this;
  }

  /** Range of a field; undefined when the segment ends before it. */
  at(field: number): Range | undefined {
    return field < this.count ? { from: this.start(field), to: this.end(field) } : undefined;
  }

  /** Bytes of a field; 0 when it is empty or not there. */
  length(field: number): number {
    return field < this.count ? this.end(field) - this.start(field) : 0;
  }

  /** Where a field begins; only of one that is there. */
  start(field: number): number {
    if (field === 0) return this.#from;
    const end = this.#ends[field - 1]!;
    return this.#isHeader && field === 1 ? end : end + 1;
  }

  /** Where a field ends; only of one that is there. */
  end(field: number): number {
    const end = this.#ends[field]!;
    return this.#isHeader && field === 1 ? end + 1 : end;
  }

  /** Whether a field holds a value. */
  has(field: number): boolean {
    return field < this.count && hasValueIn(this.bytes, this.start(field), this.end(field));
  }
}

/** Parts of a range between a separator, at most `limit`; the whole range when the separator is not defined. */
export function parts(bytes: Uint8Array, range: Range, separator: number, limit: number): Range[] {
  if (separator === 0) return [range];
  const result: Range[] = [];
  let from = range.from;
  for (let i = range.from; i <= range.to && result.length < limit; i++) {
    if (i < range.to && bytes[i] !== separator) continue;
    result.push({ from, to: i });
    from = i + 1;
  }
  return result;
}

/** Whether the range holds a value: something beside blanks, and not the null `""`. */
export function hasValue(bytes: Uint8Array, range: Range): boolean {
  return hasValueIn(bytes, range.from, range.to);
}

function hasValueIn(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from === 2 && bytes[from] === QUOTE && bytes[from + 1] === QUOTE) return false;
  for (let i = from; i < to; i++) if (bytes[i]! > 0x20) return true;
  return false;
}

/** Component `number` (1-based) of the first repetition of a field as text; undefined without a value. */
export function componentText(
  fields: Fields,
  field: number,
  separators: Separators,
  number = 1,
  charset?: string,
): string | undefined {
  if (fields.length(field) === 0) return undefined;
  const { bytes } = fields;
  const { component, repetition } = separators;
  const stop = fields.end(field);
  let from = fields.start(field);
  let left = number;
  let to = from;
  for (; to < stop; to++) {
    const byte = bytes[to]!;
    if (byte === repetition) break;
    if (byte !== component) continue;
    if (--left === 0) break;
    from = to + 1;
  }
  if (left > 1 || !hasValueIn(bytes, from, to)) return undefined;
  const end = Math.min(to, from + MAX_TEXT_BYTES);
  const text = charset === undefined ? utf8(bytes, from, end) : textIn(charset, bytes.subarray(from, end));
  return text.trim();
}

/** Copy of a range without surrounding blanks, its escape sequences for separators resolved (section 2.7.1). */
export function unescaped(bytes: Uint8Array, range: Range, separators: Separators): Uint8Array {
  let { from, to } = range;
  // An escape begins other characters (ISO 2022) and is no blank.
  while (from < to && bytes[from]! <= 0x20 && bytes[from] !== ESCAPE) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  const mark = separators.escape;
  if (mark === 0 || !holds(bytes, mark, from, to)) return bytes.slice(from, to);
  const result = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const meant =
      bytes[i] === mark && i + 2 < to && bytes[i + 2] === mark
        ? escapedByte(bytes[i + 1]!, separators)
        : undefined;
    if (meant !== undefined) i += 2;
    result[length++] = meant ?? bytes[i]!;
  }
  return result.subarray(0, length);
}

function holds(bytes: Uint8Array, byte: number, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === byte) return true;
  return false;
}

/** `\F\` field, `\S\` component, `\T\` subcomponent, `\R\` repetition, `\E\` escape. */
function escapedByte(letter: number, separators: Separators): number | undefined {
  switch (letter) {
    case 0x46:
      return separators.field;
    case 0x53:
      return separators.component;
    case 0x54:
      return separators.subcomponent;
    case 0x52:
      return separators.repetition;
    case 0x45:
      return separators.escape;
    default:
      return undefined;
  }
}
