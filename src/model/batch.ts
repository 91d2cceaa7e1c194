/**
 * The one place that knows how records are laid out: columns of one stream, up to `BATCH_ROWS` rows each.
 * Numbers are typed arrays, times a Float64 of seconds and a Uint32 of nanoseconds, strings codes into the
 * batch's own dictionary (so memory does not grow with the number of distinct values of a capture), lists arrays.
 * An absent value is NaN, code 0, bool 0 or null. Tokens are dictionary strings `kind:digest` until the token
 * table renames them for output (pipeline/tokens).
 *
 * A batch is immutable once built (`batch-builder.ts`). Rules evaluate whole columns; everything else may use
 * `value(row, name)`. A dictionary may hold the same text twice: codes of equal texts need not be equal.
 */
import type { FieldType, StreamSchema, Token, Value } from './schema.ts';

/** Rows per batch: small enough that a merge can hold one batch per spilled run. */
export const BATCH_ROWS = 4096;

export type Column =
  | { readonly kind: 'number'; readonly values: Float64Array }
  | { readonly kind: 'time'; readonly sec: Float64Array; readonly nsec: Uint32Array }
  | { readonly kind: 'bool'; readonly values: Uint8Array }
  | { readonly kind: 'dict'; readonly codes: Uint32Array; readonly dict: readonly string[] }
  | { readonly kind: 'list'; readonly lists: readonly (readonly (string | number)[] | null)[] };

export type ColumnKind = Column['kind'];

/** How a field type is stored. */
export function columnKind(type: FieldType): ColumnKind {
  switch (type) {
    case 'time':
      return 'time';
    case 'bool':
      return 'bool';
    case 'interval':
    case 'count':
    case 'int':
    case 'double':
    case 'port':
      return 'number';
    case 'addr':
    case 'enum':
    case 'string':
    case 'token':
      return 'dict';
    default:
      return 'list';
  }
}

/** `kind:digest`, the stored form of a token. */
export function tokenText(token: Token): string {
  return `${token.kind}:${token.digest}`;
}

/** Immutable columns of one stream. `null` columns are absent in every row. */
export class Batch<S extends StreamSchema = StreamSchema> {
  readonly schema: S;
  readonly length: number;
  readonly columns: readonly (Column | null)[];
  /** Orders records of equal time: emitting shard and number within it. */
  readonly order: Float64Array;
  readonly #index: ReadonlyMap<string, number>;

  constructor(schema: S, length: number, columns: readonly (Column | null)[], order: Float64Array) {
    this.schema = schema;
    this.length = length;
    this.columns = columns;
    this.order = order;
    this.#index = indexOfNames(schema);
  }

  /** The column of a field; null when the field is absent in every row; undefined when there is no such field. */
  column(name: string): Column | null | undefined {
    const index = this.#index.get(name);
    return index === undefined ? undefined : (this.columns[index] ?? null);
  }

  /** The value of one field of one row; undefined when absent. Tokens come back as their stored or shown text. */
  value(row: number, name: string): Value | undefined {
    const column = this.column(name);
    return column ? valueAt(column, row) : undefined;
  }

  /** Seconds of `ts`. */
  sec(row: number): number {
    const column = this.columns[0];
    return column?.kind === 'time' ? column.sec[row]! : 0;
  }

  /** Nanoseconds of `ts` within its second. */
  nsec(row: number): number {
    const column = this.columns[0];
    return column?.kind === 'time' ? column.nsec[row]! : 0;
  }

  /** One row as an object, absent fields left out. */
  row(row: number): Record<string, Value> {
    const record: Record<string, Value> = {};
    for (const [i, name] of this.schema.names.entries()) {
      const column = this.columns[i];
      const value = column ? valueAt(column, row) : undefined;
      if (value !== undefined) record[name] = value;
    }
    return record;
  }

  /**
   * The rows at `rows`, in that order, as a new batch. Dictionaries hold only what is used: a few rows that are kept must
   * not keep all texts of the batch they come from.
   */
  gather(rows: Uint32Array): Batch<S> {
    const columns = this.columns.map(column => (column ? gatherColumn(column, rows) : null));
    return new Batch(this.schema, rows.length, columns, pick(this.order, rows));
  }

  /** This batch with more columns, for a schema whose first fields are this one's. */
  extend<T extends StreamSchema>(schema: T, more: readonly (Column | null)[]): Batch<T> {
    return new Batch(schema, this.length, [...this.columns, ...more], this.order);
  }

  /** This batch with some columns replaced. */
  replace(replacements: ReadonlyMap<string, Column | null>): Batch<S> {
    const columns = this.columns.map((column, i) => {
      const name = this.schema.names[i]!;
      return replacements.has(name) ? (replacements.get(name) ?? null) : column;
    });
    return new Batch(this.schema, this.length, columns, this.order);
  }

  /** Estimate of the bytes it holds. */
  get bytes(): number {
    let total = this.order.byteLength;
    for (const column of this.columns) if (column) total += columnBytes(column);
    return total;
  }
}

const nameIndexes = new WeakMap<StreamSchema, ReadonlyMap<string, number>>();

/** Where the columns of a schema stand. */
export function indexOfNames(schema: StreamSchema): ReadonlyMap<string, number> {
  let index = nameIndexes.get(schema);
  if (!index) {
    index = new Map(schema.names.map((name, i) => [name, i]));
    nameIndexes.set(schema, index);
  }
  return index;
}

function valueAt(column: Column, row: number): Value | undefined {
  switch (column.kind) {
    case 'number': {
      const value = column.values[row]!;
      return Number.isNaN(value) ? undefined : value;
    }
    case 'time':
      return Number.isNaN(column.sec[row]!) ? undefined : { sec: column.sec[row]!, nsec: column.nsec[row]! };
    case 'bool':
      return column.values[row] === 0 ? undefined : column.values[row] === 2;
    case 'dict':
      return column.codes[row] === 0 ? undefined : column.dict[column.codes[row]!];
    case 'list':
      return (column.lists[row] as Value | null) ?? undefined;
  }
}

function pick<T extends Float64Array | Uint32Array | Uint8Array>(values: T, rows: Uint32Array): T {
  const result = new (values.constructor as new (n: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) result[i] = values[rows[i]!]!;
  return result;
}

function gatherColumn(column: Column, rows: Uint32Array): Column {
  switch (column.kind) {
    case 'number':
      return { kind: 'number', values: pick(column.values, rows) };
    case 'time':
      return { kind: 'time', sec: pick(column.sec, rows), nsec: pick(column.nsec, rows) };
    case 'bool':
      return { kind: 'bool', values: pick(column.values, rows) };
    case 'dict':
      return pickTexts(column.codes, column.dict, rows);
    case 'list':
      return { kind: 'list', lists: Array.from(rows, row => column.lists[row] ?? null) };
  }
}

function pickTexts(from: Uint32Array, texts: readonly string[], rows: Uint32Array): Column {
  const codes = new Uint32Array(rows.length);
  const dict = [''];
  const codeOf = new Map<number, number>();
  for (let i = 0; i < rows.length; i++) {
    const old = from[rows[i]!]!;
    if (old === 0) continue;
    let code = codeOf.get(old);
    if (code === undefined) {
      code = dict.push(texts[old]!) - 1;
      codeOf.set(old, code);
    }
    codes[i] = code;
  }
  return { kind: 'dict', codes, dict };
}

function columnBytes(column: Column): number {
  switch (column.kind) {
    case 'number':
      return column.values.byteLength;
    case 'time':
      return column.sec.byteLength + column.nsec.byteLength;
    case 'bool':
      return column.values.byteLength;
    case 'dict':
      return column.codes.byteLength + textBytes(column.dict);
    case 'list':
      return column.lists.reduce((sum, list) => sum + (list ? 40 + list.length * 24 : 8), 0);
  }
}

function textBytes(texts: readonly string[]): number {
  let total = 24 * texts.length;
  for (let i = 0; i < texts.length; i++) total += texts[i]!.length;
  return total;
}
