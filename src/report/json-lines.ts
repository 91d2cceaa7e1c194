/**
 * Log streams as JSON lines in Zeek's JSON style: one object per record, absent fields left out, times as numbers of
 * epoch seconds, intervals in seconds, sets and vectors as arrays. Digits go in as digits: a time keeps its
 * nanoseconds, which a double would not.
 *
 * When streams are mixed on one output, every line begins with `"_path"`, as Zeek's JSON streaming logs do.
 * Fields of class `phi` and `secret` are written only as tokens.
 */
import type { Batch, Column } from '../model/batch.ts';
import type { Field, Fields, StreamSchema } from '../model/schema.ts';
import { dictionaryWriter } from './dictionary.ts';
import { jsonText } from './json-text.ts';
import { TextBuffer } from './text-buffer.ts';

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

const utf8 = new TextEncoder();
const TRUE = utf8.encode('true');
const FALSE = utf8.encode('false');

const dictionaries = dictionaryWriter(text => jsonText(text));

/** Says whether a row has a field, and writes its value. */
interface Cell {
  /** `,"name":` */
  readonly key: Uint8Array;
  has(row: number): boolean;
  write(row: number, out: TextBuffer): void;
}

/** Turns batches of one stream into lines. The bytes returned are valid until the next call. */
export function jsonLines(schema: StreamSchema, mixed: boolean): (batch: Batch) => Uint8Array {
  const out = new TextBuffer();
  const keys = schema.names.map(name => utf8.encode(`,${jsonText(name)}:`));
  const open = mixed ? `{"_path":${jsonText(schema.name)}` : '{';
  const start = utf8.encode(open);
  const end = utf8.encode('}\n');
  return batch => {
    const cells: Cell[] = [];
    for (const [i, name] of schema.names.entries()) {
      const cell = cellOf((schema.fields as Fields)[name]!, batch.columns[i] ?? null, keys[i]!);
      if (cell) cells.push(cell);
    }
    for (let row = 0; row < batch.length; row++) {
      out.copy(start, 0, start.length);
      let first = !mixed;
      for (const cell of cells) {
        if (!cell.has(row)) continue;
        out.copy(cell.key, first ? 1 : 0, cell.key.length);
        first = false;
        cell.write(row, out);
      }
      out.copy(end, 0, end.length);
    }
    return out.take();
  };
}

function cellOf(field: Field, column: Column | null, key: Uint8Array): Cell | undefined {
  const shown = field.class === 'plain' || field.class === 'text' || field.type.includes('token');
  if (!column || !shown) return undefined;
  switch (column.kind) {
    case 'number': {
      const { values } = column;
      const write = numberWriter(field);
      return {
        key,
        has: row => Number.isFinite(values[row]!),
        write: (row, out) => write(values[row]!, out),
      };
    }
    case 'time': {
      const { sec, nsec } = column;
      return {
        key,
        has: row => Number.isFinite(sec[row]!),
        write: (row, out) => time(sec[row]!, nsec[row]!, out),
      };
    }
    case 'bool': {
      const { values } = column;
      return {
        key,
        has: row => values[row] !== 0,
        write: (row, out) => word(values[row] === 2 ? TRUE : FALSE, out),
      };
    }
    case 'dict': {
      const { codes } = column;
      const texts = dictionaries.column(column.dict);
      return { key, has: row => codes[row] !== 0, write: (row, out) => texts.write(codes[row]!, out) };
    }
    case 'list': {
      const { lists } = column;
      return { key, has: row => lists[row] !== null, write: (row, out) => list(lists[row] ?? [], out) };
    }
  }
}

function numberWriter(field: Field): (value: number, out: TextBuffer) => void {
  if (field.type === 'interval') return (value, out) => out.fixed(value, 9, true);
  if (field.type === 'double') return (value, out) => out.text(jsonText(value));
  return (value, out) => out.integer(value);
}

function word(bytes: Uint8Array, out: TextBuffer): void {
  out.copy(bytes, 0, bytes.length);
}

function time(sec: number, nsec: number, out: TextBuffer): void {
  out.integer(sec);
  if (nsec % 1000 === 0) out.fraction(nsec / 1000, 6, false);
  else out.fraction(nsec, 9, false);
}

function list(items: readonly (string | number)[], out: TextBuffer): void {
  out.byte(OPEN_LIST);
  for (const [i, item] of items.entries()) {
    if (i > 0) out.byte(COMMA);
    out.text(jsonText(item));
  }
  out.byte(CLOSE_LIST);
}
