/**
 * Fields, repetitions, components and subcomponents of one HL7 v2 segment (chapter 2, sections 2.5 to 2.7), by the
 * separators that MSH-1 and MSH-2 define for the message. Pure; fields are ranges of bytes, nothing is decoded that is
 * not asked for. An empty field and the explicit null `""` are no values.
 */
import { utf8 } from '../../../bytes/text.ts';
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

/** Bytes of a segment name. */
export const NAME_BYTES = 3;
/** Longest text of a header field that is shown. */
const MAX_TEXT_BYTES = 128;
const QUOTE = 0x22;
/** Encoding characters of MSH-2: four, five since version 2.7, two or three in old or careless headers. */
const MIN_ENCODING_CHARACTERS = 2;
const MAX_ENCODING_CHARACTERS = 5;

/** Names of the segments that matter to the decoder. */
const NAMES: ReadonlyMap<number, string> = new Map(
  (
    'MSH FHS BHS BTS FTS MSA ERR PID PD1 NK1 GT1 IN1 MRG PV1 ORC OBR OBX PRT QRD QPD DG1 AL1 NTE ' +
    'RXO RXE RXG RXD RXA'
  )
    .split(' ')
    .map(name => [nameCode(new TextEncoder().encode(name), 0), name]),
);

function nameCode(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** Name of the segment that begins at `at` when it is one that matters, else an empty text; makes no text of others. */
export function segmentName(bytes: Uint8Array, at: number): string {
  return NAMES.get(nameCode(bytes, at)) ?? '';
}

/**
 * Separators of a header segment (MSH, FHS or BHS): the byte after its name, then the encoding characters.
 * `undefined` when that is no header; `unfinished` when the bytes end too early to tell.
 */
export function readSeparators(
  bytes: Uint8Array,
  from: number,
  to: number,
): Separators | 'unfinished' | undefined {
  const at = from + NAME_BYTES;
  if (to <= at) return 'unfinished';
  const field = bytes[at]!;
  if (!isSeparator(field)) return undefined;
  let end = at + 1;
  while (end < to && bytes[end] !== field && end - at <= MAX_ENCODING_CHARACTERS + 1) {
    if (!isSeparator(bytes[end]!)) return undefined;
    end++;
  }
  const count = end - at - 1;
  if (end === to && count <= MAX_ENCODING_CHARACTERS) return 'unfinished';
  if (count > MAX_ENCODING_CHARACTERS || bytes[end] !== field || count < MIN_ENCODING_CHARACTERS)
    return undefined;
  return {
    field,
    component: bytes[at + 1]!,
    repetition: bytes[at + 2]!,
    escape: count > 2 ? bytes[at + 3]! : 0,
    subcomponent: count > 3 ? bytes[at + 4]! : 0,
  };
}

/** Punctuation: printable ASCII that is neither letter nor digit nor space. */
function isSeparator(byte: number): boolean {
  return (
    (byte >= 0x21 && byte <= 0x2f) ||
    (byte >= 0x3a && byte <= 0x40) ||
    (byte >= 0x5b && byte <= 0x60) ||
    (byte >= 0x7b && byte <= 0x7e)
  );
}

/** Fields of one segment that can be looked at. */
const MAX_FIELDS = 64;

/**
 * Where the fields of a segment are. Index 1 is field 1, index 0 the segment name; in a header segment field 1 is the
 * separator itself, so there the second range, MSH-2, has index 2. One object serves many segments, one after another.
 */
export class Fields {
  bytes: Uint8Array = new Uint8Array(0);
  /** Ranges there are, the name included. */
  count = 0;
  readonly #from = new Int32Array(MAX_FIELDS + 1);
  readonly #to = new Int32Array(MAX_FIELDS + 1);

  /** Finds the first `last` fields (at most 64) of the segment `bytes[from, to)`. */
  read(bytes: Uint8Array, from: number, to: number, separator: number, last: number, isHeader = false): this {
    const starts = this.#from;
    const ends = this.#to;
    const wanted = Math.min(last, MAX_FIELDS) + 1;
    let count = 0;
    let start = from;
    for (let i = from; i < to; i++) {
      if (bytes[i] !== separator) continue;
      starts[count] = start;
      ends[count++] = i;
      if (count === 1 && isHeader) {
        starts[1] = i;
        ends[1] = i + 1;
        count = 2;
      }
      start = i + 1;
      if (count >= wanted) break;
    }
    if (count < wanted) {
      starts[count] = start;
      ends[count++] = to;
    }
    this.bytes = bytes;
    this.count = Math.min(count, wanted);
    return this;
  }

  /** Range of a field; undefined when the segment ends before it. */
  at(field: number): Range | undefined {
    return field < this.count ? { from: this.#from[field]!, to: this.#to[field]! } : undefined;
  }

  /** Bytes of a field; 0 when it is empty or not there. */
  length(field: number): number {
    return field < this.count ? this.#to[field]! - this.#from[field]! : 0;
  }

  /** Where a field begins; only of one that is there. */
  start(field: number): number {
    return this.#from[field]!;
  }

  /** Where a field ends; only of one that is there. */
  end(field: number): number {
    return this.#to[field]!;
  }

  /** Whether a field holds a value. */
  has(field: number): boolean {
    return field < this.count && hasValueIn(this.bytes, this.#from[field]!, this.#to[field]!);
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
  const { bytes } = fields;
  const range = fields.at(field);
  const first = range && parts(bytes, range, separators.repetition, 1)[0];
  const component = first && parts(bytes, first, separators.component, number)[number - 1];
  if (component === undefined || !hasValue(bytes, component)) return undefined;
  const end = Math.min(component.to, component.from + MAX_TEXT_BYTES);
  const text =
    charset === undefined
      ? utf8(bytes, component.from, end)
      : textIn(charset, bytes.subarray(component.from, end));
  return text.trim();
}

/** Copy of a range without surrounding blanks, its escape sequences for separators resolved (section 2.7.1). */
export function unescaped(bytes: Uint8Array, range: Range, separators: Separators): Uint8Array {
  let { from, to } = range;
  while (from < to && bytes[from]! <= 0x20) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  const mark = separators.escape;
  const result = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const meant =
      mark !== 0 && bytes[i] === mark && i + 2 < to && bytes[i + 2] === mark
        ? escapedByte(bytes[i + 1]!, separators)
        : undefined;
    if (meant !== undefined) i += 2;
    result[length++] = meant ?? bytes[i]!;
  }
  return result.subarray(0, length);
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
