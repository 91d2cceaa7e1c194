/**
 * Zeek's tab-separated logs (Zeek manual, "Zeek Log Formats"), ours included: the header names separators, stream and
 * fields; every other line is a record. Several logs may stand behind one another in a file, each with its header.
 *
 * Fields and streams that have no schema here are left out; records of unknown streams are counted. `\xNN` is undone to the
 * text it stands for, except where the bytes are no UTF-8.
 */
import { utf8 } from '../bytes/text.ts';
import type { Field, Fields, FieldType, StreamSchema, Value } from '../model/schema.ts';
import { type Leftovers, type LineReader, OWN_FIELD, type SavedRow, type Schemas } from './row.ts';
import { isListType, listValue, textValue } from './values.ts';

/** A column of the log that has a field here. */
interface Column {
  readonly index: number;
  readonly name: string;
  readonly type: FieldType;
}

export class ZeekTsvReader implements LineReader {
  readonly #schemas: Schemas;
  readonly #left: Leftovers;
  #separator = '\t';
  #setSeparator = ',';
  #empty = '(empty)';
  #unset = '-';
  #path = '';
  #schema: StreamSchema | undefined;
  #columns: readonly Column[] = [];
  #width = 0;
  #own = false;

  /** @param named the stream that the name of the file says, for a log without `#path` */
  constructor(schemas: Schemas, left: Leftovers, named: string) {
    this.#schemas = schemas;
    this.#left = left;
    this.#path = named;
  }

  read(line: string, number: number): SavedRow | undefined {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') return undefined;
    if (text.startsWith('#')) {
      this.#header(text);
      return undefined;
    }
    if (this.#width === 0) {
      this.#left.line(number, 'a record before #fields');
      return undefined;
    }
    if (this.#schema === undefined) {
      this.#left.stream(this.#path);
      return undefined;
    }
    const cells = text.split(this.#separator);
    if (cells.length !== this.#width) {
      this.#left.line(number, `${cells.length} fields instead of ${this.#width}`);
      return undefined;
    }
    return this.#record(this.#schema, cells, number);
  }

  #record(schema: StreamSchema, cells: readonly string[], number: number): SavedRow | undefined {
    const record: Record<string, Value> = {};
    for (const { index, name, type } of this.#columns) {
      const cell = cells[index]!;
      if (cell === this.#unset) continue;
      const value = this.#value(type, cell);
      if (value === undefined) this.#left.values++;
      else record[name] = value;
    }
    if (record['ts'] === undefined) {
      this.#left.line(number, 'no time');
      return undefined;
    }
    this.#left.check(schema, record);
    return { schema, record, own: this.#own };
  }

  #value(type: FieldType, cell: string): Value | undefined {
    if (!isListType(type)) return textValue(type, cell === this.#empty ? '' : unescaped(cell));
    if (cell === this.#empty) return [];
    return listValue(type, cell.split(this.#setSeparator).map(unescaped));
  }

  #header(text: string): void {
    if (text.startsWith('#separator ')) {
      this.#separator = unescaped(text.slice('#separator '.length));
      this.#width = 0;
      return;
    }
    const [key, ...values] = text.split(this.#separator);
    const first = values[0] ?? '';
    if (key === '#set_separator') this.#setSeparator = first;
    else if (key === '#empty_field') this.#empty = first;
    else if (key === '#unset_field') this.#unset = first;
    else if (key === '#path') this.#path = first;
    else if (key === '#fields') this.#fields(values);
  }

  #fields(names: readonly string[]): void {
    this.#width = names.length;
    this.#schema = this.#schemas.get(this.#path);
    this.#own = names.includes(OWN_FIELD);
    const fields: Fields = this.#schema?.fields ?? {};
    this.#columns = names.flatMap((name, index) => {
      const field: Field | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined && this.#schema !== undefined) this.#left.field(this.#schema.name, name);
      return field === undefined ? [] : [{ index, name, type: field.type }];
    });
  }
}

const ESCAPES = /(?:\\x[0-9a-fA-F]{2})+|\\\\/g;

/** Text as it was before Zeek's ASCII writer escaped it. */
function unescaped(cell: string): string {
  if (!cell.includes('\\')) return cell;
  return cell.replace(ESCAPES, run => {
    if (run === '\\\\') return '\\';
    return utf8(Uint8Array.from(run.split('\\x').slice(1), digits => Number.parseInt(digits, 16)));
  });
}
