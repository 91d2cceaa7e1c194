/**
 * Log streams in Zeek's tab-separated form, as its ASCII writer makes it (Zeek manual, "Zeek Log Formats"), so that
 * zeek-cut, RITA and log shippers read them without being told:
 *
 *     #separator \x09            #path conn
 *     #set_separator ,           #open 2026-11-23-09-30-00
 *     #empty_field (empty)       #fields ts uid …
 *     #unset_field -             #types  time string …
 *
 * Times have six decimals, nine when they are not whole microseconds; intervals six; doubles up to six.
 * `#open` and `#close` carry the capture's first and last time, not the clock's, so that output repeats.
 *
 * Encoding: control and invisible characters become `\xNN` per UTF-8 byte, as does the comma inside sets; a value
 * that reads like an unset or empty field has its first character written so; a backslash is doubled. A `\xNN`
 * above 7f was made by `bytes/text.ts` from a byte that is not UTF-8 and is left as Zeek would write that byte.
 *
 * Fields of class `phi` and `secret` are written only as tokens.
 */
import type { Batch, Column } from '../model/batch.ts';
import type { Field, Fields, Moment, StreamSchema } from '../model/schema.ts';
import { dictionaryWriter, type EncodedTexts } from './dictionary.ts';
import { TextBuffer } from './text-buffer.ts';
import { zeekHeaderTime } from './time.ts';

const TAB = 9;
const NEWLINE = 10;
const COMMA = 0x2c;
const UNSET = 0x2d;
/** Begins `(empty)`. */
const PARENTHESIS = 0x28;
const T = 0x54;
const F = 0x46;

const SPECIAL =
  /\\(?!x[89a-f][0-9a-f])|[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const utf8 = new TextEncoder();

/** Captured text as Zeek's ASCII writer would show it. */
export function zeekText(text: string): string {
  if (text === '') return '(empty)';
  if (text === '-' || text === '(empty)') return escapeBytes(text[0]!) + text.slice(1);
  return text.replace(SPECIAL, character => (character === '\\' ? '\\\\' : escapeBytes(character)));
}

function escapeBytes(character: string): string {
  let escaped = '';
  for (const byte of utf8.encode(character)) escaped += `\\x${byte.toString(16).padStart(2, '0')}`;
  return escaped;
}

const dictionaries = dictionaryWriter(zeekText);

/** Zeek's name of a field's type. Tokens are strings to a reader. */
function zeekType(field: Field): string {
  return field.type.replace('token', 'string');
}

/** The header of a log. `open`: first time of the captures. */
export function zeekHeader(schema: StreamSchema, open: Moment | null): string {
  const fields = schema.names.map(name => (schema.fields as Fields)[name]!);
  return [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${schema.name}`,
    `#open\t${zeekHeaderTime(open)}`,
    `#fields\t${schema.names.join('\t')}`,
    `#types\t${fields.map(zeekType).join('\t')}`,
    '',
  ].join('\n');
}

/** The last line of a log. `close`: last time of the captures. */
export function zeekFooter(close: Moment | null): string {
  return `#close\t${zeekHeaderTime(close)}\n`;
}

/** How the values of a column are written. */
const WRITE = {
  unset: 0,
  count: 1,
  interval: 2,
  double: 3,
  time: 4,
  bool: 5,
  text: 6,
  list: 7,
} as const;

type Write = (typeof WRITE)[keyof typeof WRITE];

/** One column, ready to be written. One shape for all kinds, so that the loop over the cells of a row is compiled once. */
interface Cells {
  readonly write: Write;
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly flags: Uint8Array;
  readonly dict: readonly string[];
  readonly texts: EncodedTexts;
  readonly lists: readonly (readonly (string | number)[] | null)[];
}

const UNSET_CELLS: Cells = {
  write: WRITE.unset,
  numbers: new Float64Array(0),
  words: new Uint32Array(0),
  flags: new Uint8Array(0),
  dict: [],
  texts: dictionaries.column([]),
  lists: [],
};

/** Turns batches of one stream into rows. The bytes returned are valid until the next call. */
export function zeekRows(schema: StreamSchema): (batch: Batch) => Uint8Array {
  const out = new TextBuffer();
  const fields = schema.names.map(name => (schema.fields as Fields)[name]!);
  return batch => {
    const columns = fields.map((field, i) => cellsOf(field, batch.columns[i] ?? null));
    writeRows(columns, batch.length, out);
    return out.take();
  };
}

function writeRows(columns: readonly Cells[], length: number, out: TextBuffer): void {
  for (let row = 0; row < length; row++) {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) out.byte(TAB);
      writeCell(columns[i]!, row, out);
    }
    out.byte(NEWLINE);
  }
}

function cellsOf(field: Field, column: Column | null): Cells {
  const shown = field.class === 'plain' || field.class === 'text' || field.type.includes('token');
  if (!column || !shown) return UNSET_CELLS;
  switch (column.kind) {
    case 'number':
      return { ...UNSET_CELLS, write: numberWrite(field), numbers: column.values };
    case 'time':
      return { ...UNSET_CELLS, write: WRITE.time, numbers: column.sec, words: column.nsec };
    case 'bool':
      return { ...UNSET_CELLS, write: WRITE.bool, flags: column.values };
    case 'dict': {
      const texts = dictionaries.column(column.dict);
      return { ...UNSET_CELLS, write: WRITE.text, words: column.codes, dict: column.dict, texts };
    }
    case 'list':
      return { ...UNSET_CELLS, write: WRITE.list, lists: column.lists };
  }
}

function numberWrite(field: Field): Write {
  if (field.type === 'interval') return WRITE.interval;
  return field.type === 'double' ? WRITE.double : WRITE.count;
}

function writeCell(cells: Cells, row: number, out: TextBuffer): void {
  switch (cells.write) {
    case WRITE.unset:
      out.byte(UNSET);
      break;
    case WRITE.bool: {
      const flag = cells.flags[row]!;
      out.byte(flag === 0 ? UNSET : flag === 2 ? T : F);
      break;
    }
    case WRITE.text: {
      const code = cells.words[row]!;
      if (code === 0) out.byte(UNSET);
      else writeText(cells, code, out);
      break;
    }
    case WRITE.list: {
      const list = cells.lists[row];
      if (list) writeList(list, out);
      else out.byte(UNSET);
      break;
    }
    default: {
      const value = cells.numbers[row]!;
      if (Number.isNaN(value)) out.byte(UNSET);
      else writeNumber(cells, row, value, out);
    }
  }
}

/** Most texts need no escape, and many occur once: they go in as they are. */
function writeText(cells: Cells, code: number, out: TextBuffer): void {
  const text = cells.dict[code]!;
  const ordinary = text.length > 1 && text.charCodeAt(0) !== PARENTHESIS;
  if (!ordinary || !out.plain(text)) cells.texts.write(code, out);
}

function writeNumber(cells: Cells, row: number, value: number, out: TextBuffer): void {
  switch (cells.write) {
    case WRITE.time: {
      const nsec = cells.words[row]!;
      out.integer(value);
      if (nsec % 1000 === 0) out.fraction(nsec / 1000, 6, false);
      else out.fraction(nsec, 9, false);
      break;
    }
    case WRITE.interval:
      out.fixed(value, 6, false);
      break;
    case WRITE.double:
      // Zeek marks a whole double with `.0`, to tell it from an integer.
      out.fixed(value, 6, true);
      if (Number.isInteger(value)) out.text('.0');
      break;
    default:
      out.integer(value);
  }
}

function writeList(list: readonly (string | number)[], out: TextBuffer): void {
  if (list.length === 0) out.text('(empty)');
  for (let i = 0; i < list.length; i++) {
    const item = list[i]!;
    if (i > 0) out.byte(COMMA);
    if (typeof item === 'number') out.fixed(item, 6, false);
    else out.text(zeekText(item).replaceAll(',', '\\x2c'));
  }
}
