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
import { dictionaryWriter } from './dictionary.ts';
import { TextBuffer } from './text-buffer.ts';
import { zeekHeaderTime } from './time.ts';

const TAB = 9;
const NEWLINE = 10;
const COMMA = 0x2c;
const UNSET = 0x2d;
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

type Cell = (row: number, out: TextBuffer) => void;

/** Turns batches of one stream into rows. The bytes returned are valid until the next call. */
export function zeekRows(schema: StreamSchema): (batch: Batch) => Uint8Array {
  const out = new TextBuffer();
  const fields = schema.names.map(name => (schema.fields as Fields)[name]!);
  return batch => {
    const cells = fields.map((field, i) => cellOf(field, batch.columns[i] ?? null));
    for (let row = 0; row < batch.length; row++) {
      for (let i = 0; i < cells.length; i++) {
        if (i > 0) out.byte(TAB);
        cells[i]!(row, out);
      }
      out.byte(NEWLINE);
    }
    return out.take();
  };
}

const unset: Cell = (_, out) => out.byte(UNSET);

function cellOf(field: Field, column: Column | null): Cell {
  const shown = field.class === 'plain' || field.class === 'text' || field.type.includes('token');
  if (!column || !shown) return unset;
  switch (column.kind) {
    case 'number':
      return numberCell(field, column.values);
    case 'time':
      return timeCell(column.sec, column.nsec);
    case 'bool':
      return (row, out) => out.byte(column.values[row] === 0 ? UNSET : column.values[row] === 2 ? T : F);
    case 'dict': {
      const write = dictionaries.column(column.dict);
      return (row, out) => {
        const code = column.codes[row]!;
        if (code === 0) out.byte(UNSET);
        else write(code, out);
      };
    }
    case 'list':
      return (row, out) => {
        const list = column.lists[row];
        if (list) listCell(list, out);
        else out.byte(UNSET);
      };
  }
}

function numberCell(field: Field, values: Float64Array): Cell {
  if (field.type === 'interval') {
    return (row, out) => (Number.isNaN(values[row]!) ? out.byte(UNSET) : out.fixed(values[row]!, 6, false));
  }
  if (field.type === 'double') {
    return (row, out) => (Number.isNaN(values[row]!) ? out.byte(UNSET) : writeDouble(values[row]!, out));
  }
  return (row, out) => (Number.isNaN(values[row]!) ? out.byte(UNSET) : out.integer(values[row]!));
}

// Zeek marks a whole double with `.0`, to tell it from an integer.
function writeDouble(value: number, out: TextBuffer): void {
  out.fixed(value, 6, true);
  if (Number.isInteger(value)) out.text('.0');
}

function timeCell(secs: Float64Array, nsecs: Uint32Array): Cell {
  return (row, out) => {
    const sec = secs[row]!;
    if (Number.isNaN(sec)) {
      out.byte(UNSET);
      return;
    }
    const nsec = nsecs[row]!;
    out.integer(sec);
    if (nsec % 1000 === 0) out.fraction(nsec / 1000, 6, false);
    else out.fraction(nsec, 9, false);
  };
}

function listCell(list: readonly (string | number)[], out: TextBuffer): void {
  if (list.length === 0) out.text('(empty)');
  for (let i = 0; i < list.length; i++) {
    const item = list[i]!;
    if (i > 0) out.byte(COMMA);
    if (typeof item === 'number') out.fixed(item, 6, false);
    else out.text(zeekText(item).replaceAll(',', '\\x2c'));
  }
}
