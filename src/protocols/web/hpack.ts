/**
 * Header compression of HTTP/2 (RFC 7541): the static and the dynamic table, integers, strings, and the Huffman code. Names
 * and values come out with one character per byte, as those of HTTP/1.x do.
 *
 * Limits: `MAX_TABLE` bytes of dynamic table, `MAX_FIELDS` fields and `MAX_LIST` bytes of one header list.
 */
import { latin1 } from '../../bytes/text.ts';

/** Largest dynamic table, in bytes as section 4.1 counts them. */
const MAX_TABLE = 65_536;
/** Table size of both sides until they agree on another. */
const DEFAULT_TABLE = 4096;
const MAX_FIELDS = 256;
const MAX_LIST = 65_536;
/** Section 4.1: what an entry costs beside its text. */
const ENTRY_OVERHEAD = 32;

export interface HpackField {
  readonly name: string;
  readonly value: string;
}

// Appendix A.
const STATIC: readonly HpackField[] = (
  ':authority=|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|' +
  ':status=206|:status=304|:status=400|:status=404|:status=500|accept-charset=|accept-encoding=gzip, deflate|' +
  'accept-language=|accept-ranges=|accept=|access-control-allow-origin=|age=|allow=|authorization=|cache-control=|' +
  'content-disposition=|content-encoding=|content-language=|content-length=|content-location=|content-range=|' +
  'content-type=|cookie=|date=|etag=|expect=|expires=|from=|host=|if-match=|if-modified-since=|if-none-match=|if-range=|' +
  'if-unmodified-since=|last-modified=|link=|location=|max-forwards=|proxy-authenticate=|proxy-authorization=|range=|' +
  'referer=|refresh=|retry-after=|server=|set-cookie=|strict-transport-security=|transfer-encoding=|user-agent=|vary=|' +
  'via=|www-authenticate='
)
  .split('|')
  .map(entry => {
    const equals = entry.indexOf('=');
    return { name: entry.slice(0, equals), value: entry.slice(equals + 1) };
  });

/** Table of one direction. */
export class HpackDecoder {
  /** Newest first. */
  readonly #entries: HpackField[] = [];
  #size = 0;
  #limit = DEFAULT_TABLE;

  /** Reads a header block; undefined when it is none, after which nothing of this direction can be read. */
  decode(bytes: Uint8Array): HpackField[] | undefined {
    const cursor: Cursor = { bytes, at: 0 };
    const fields: HpackField[] = [];
    let length = 0;
    while (cursor.at < bytes.length) {
      const first = bytes[cursor.at]!;
      if (first >> 5 === 1) {
        // Section 6.3: dynamic table size update.
        const limit = readInteger(cursor, 5);
        if (limit === undefined || limit > MAX_TABLE) return undefined;
        this.#limit = limit;
        this.#evict();
        continue;
      }
      const field = first >= 0x80 ? this.#indexed(readInteger(cursor, 7)) : this.#literal(cursor, first);
      if (field === undefined) return undefined;
      length += field.name.length + field.value.length;
      if (fields.length < MAX_FIELDS && length <= MAX_LIST) fields.push(field);
    }
    return fields;
  }

  #indexed(index: number | undefined): HpackField | undefined {
    if (index === undefined || index === 0) return undefined;
    return index <= STATIC.length ? STATIC[index - 1] : this.#entries[index - STATIC.length - 1];
  }

  /** Section 6.2: literal fields; only those with incremental indexing enter the table. */
  #literal(cursor: Cursor, first: number): HpackField | undefined {
    const indexing = first >= 0x40;
    const index = readInteger(cursor, indexing ? 6 : 4);
    if (index === undefined) return undefined;
    const name = index === 0 ? readString(cursor) : this.#indexed(index)?.name;
    const value = name === undefined ? undefined : readString(cursor);
    if (name === undefined || value === undefined) return undefined;
    const field = { name, value };
    if (indexing) {
      this.#entries.unshift(field);
      this.#size += costOf(field);
      this.#evict();
    }
    return field;
  }

  #evict(): void {
    while (this.#size > this.#limit) this.#size -= costOf(this.#entries.pop()!);
  }
}

const costOf = ({ name, value }: HpackField): number => name.length + value.length + ENTRY_OVERHEAD;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Section 5.1: an integer whose first byte has `bits` bits for it. */
function readInteger(cursor: Cursor, bits: number): number | undefined {
  const { bytes } = cursor;
  if (cursor.at >= bytes.length) return undefined;
  const full = (1 << bits) - 1;
  let value = bytes[cursor.at++]! & full;
  if (value < full) return value;
  for (let shift = 0; shift <= 21; shift += 7) {
    if (cursor.at >= bytes.length) return undefined;
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return undefined;
}

/** Section 5.2. */
function readString(cursor: Cursor): string | undefined {
  const { bytes } = cursor;
  if (cursor.at >= bytes.length) return undefined;
  const coded = bytes[cursor.at]! >= 0x80;
  const length = readInteger(cursor, 7);
  if (length === undefined || length > bytes.length - cursor.at) return undefined;
  const from = cursor.at;
  cursor.at += length;
  return coded ? decodeHuffman(bytes, from, cursor.at) : latin1(bytes, from, cursor.at);
}

/**
 * Appendix B: lengths of the codes of all bytes and of the end of the string. The code is canonical: codes of one length
 * count upwards in the order of the bytes.
 */
const CODE_LENGTHS = (
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 6 10 10 12 13 6 8 11 10 10 ' +
  '8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 15 5 ' +
  '6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 ' +
  '24 23 23 23 23 21 22 23 22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 ' +
  '22 22 23 26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 ' +
  '21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30'
)
  .split(' ')
  .map(Number);
const LONGEST = 30;

/** Per length: the first code, and the bytes of that length in order. */
const FIRST_CODES = new Float64Array(LONGEST + 2);
const BY_LENGTH: readonly number[][] = Array.from({ length: LONGEST + 1 }, () => []);
for (const [byte, length] of CODE_LENGTHS.entries()) BY_LENGTH[length]!.push(byte);
for (let length = 1; length <= LONGEST; length++)
  FIRST_CODES[length + 1] = (FIRST_CODES[length]! + BY_LENGTH[length]!.length) * 2;

/** Undefined when the bits are no code, or their end is not padding of ones (section 5.2). */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string | undefined {
  const text: number[] = [];
  let code = 0;
  let length = 0;
  for (let at = from; at < to; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((bytes[at]! >> bit) & 1);
      if (++length > LONGEST) return undefined;
      const byte = BY_LENGTH[length]![code - FIRST_CODES[length]!];
      if (byte === undefined) continue;
      if (byte > 0xff) return undefined;
      text.push(byte);
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== 2 ** length - 1) return undefined;
  return latin1(Uint8Array.from(text));
}
