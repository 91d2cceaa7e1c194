/**
 * The one place that knows how records are laid out: columns of one stream, up to `BATCH_ROWS` rows each.
 * Numbers are typed arrays, times a Float64 of seconds and a Uint32 of nanoseconds, strings codes into the
 * batch's own dictionary (so memory does not grow with the number of distinct values of a capture), lists arrays.
 * An absent value is NaN, code 0, bool 0 or null. Tokens are dictionary strings `kind:digest` until the token
 * table renames them for output (pipeline/tokens).
 *
 * A batch is immutable once built. Rules evaluate whole columns; everything else may use `value(row, name)`.
 */
import type { Field, Fields, FieldType, Moment, RecordOf, StreamSchema, Token, Value } from './schema.ts';

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

  /** The rows at `rows`, in that order, as a new batch. Dictionaries are shared. */
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

function indexOfNames(schema: StreamSchema): ReadonlyMap<string, number> {
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
      return { kind: 'dict', codes: pick(column.codes, rows), dict: column.dict };
    case 'list':
      return { kind: 'list', lists: Array.from(rows, row => column.lists[row] ?? null) };
  }
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
      return column.codes.byteLength + column.dict.reduce((sum, text) => sum + 24 + text.length, 0);
    case 'list':
      return column.lists.reduce((sum, list) => sum + (list ? 40 + list.length * 24 : 8), 0);
  }
}

/**
 * Rows picked from several batches of one schema as one batch: row `rows[i]` of `batches[sources[i]]`.
 * Dictionaries are made anew and hold only what is used.
 */
export function mergeRows<S extends StreamSchema>(
  batches: readonly Batch<S>[],
  sources: Uint32Array,
  rows: Uint32Array,
): Batch<S> {
  const { schema } = batches[0]!;
  const length = rows.length;
  const order = new Float64Array(length);
  for (let i = 0; i < length; i++) order[i] = batches[sources[i]!]!.order[rows[i]!]!;
  const columns = schema.names.map((_, c) => {
    const columns = batches.map(batch => batch.columns[c] ?? null);
    const kind = columns.find(column => column !== null)?.kind;
    return kind === undefined ? null : mergeColumn(kind, columns, sources, rows);
  });
  return new Batch(schema, length, columns, order);
}

function mergeColumn(
  kind: ColumnKind,
  columns: readonly (Column | null)[],
  sources: Uint32Array,
  rows: Uint32Array,
): Column {
  const merged = newColumn(kind, rows.length);
  const recoded = merged.kind === 'dict' ? columns.map(() => new Map<number, number>()) : [];
  for (let i = 0; i < rows.length; i++) {
    const column = columns[sources[i]!] ?? null;
    if (column === null) continue;
    const row = rows[i]!;
    if (merged.kind === 'dict' && column.kind === 'dict') {
      const from = column.codes[row]!;
      if (from === 0) continue;
      const codes = recoded[sources[i]!]!;
      let code = codes.get(from);
      if (code === undefined) {
        code = recode(merged, column.dict[from]!);
        codes.set(from, code);
      }
      merged.codes[i] = code;
    } else if (merged.kind === 'number' && column.kind === 'number') merged.values[i] = column.values[row]!;
    else if (merged.kind === 'bool' && column.kind === 'bool') merged.values[i] = column.values[row]!;
    else if (merged.kind === 'list' && column.kind === 'list') merged.lists[i] = column.lists[row] ?? null;
    else if (merged.kind === 'time' && column.kind === 'time') {
      merged.sec[i] = column.sec[row]!;
      merged.nsec[i] = column.nsec[row]!;
    }
  }
  return trim(merged, rows.length);
}

function recode(column: Extract<Building, { kind: 'dict' }>, text: string): number {
  let code = column.codeOf.get(text);
  if (code === undefined) {
    code = column.dict.push(text) - 1;
    column.codeOf.set(text, code);
  }
  return code;
}

/** Collects rows of one stream until it is full; `build` hands out the batch and starts anew. */
export class BatchBuilder<S extends StreamSchema = StreamSchema> {
  readonly schema: S;
  length = 0;
  /** Estimate of the bytes held, for the store's budget. */
  bytes = 0;
  readonly #fields: readonly Field[];
  #capacity = 64;
  #columns: (Building | null)[];
  #order = new Float64Array(64);

  constructor(schema: S) {
    this.schema = schema;
    this.#fields = schema.names.map(name => (schema.fields as Fields)[name]!);
    this.#columns = this.#fields.map(() => null);
  }

  get full(): boolean {
    return this.length >= BATCH_ROWS;
  }

  /** Appends a record. `order` ranks records of equal time. Unknown keys are ignored by construction of the type. */
  append(record: RecordOf<S>, order: number): void {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.#order[row] = order;
    this.bytes += 8;
    const names = this.schema.names;
    for (let i = 0; i < names.length; i++) {
      const value = (record as Record<string, Value | undefined>)[names[i]!];
      if (value === undefined) continue;
      let column = this.#columns[i];
      if (!column) {
        column = newColumn(columnKind(this.#fields[i]!.type), this.#capacity);
        this.#columns[i] = column;
      }
      this.bytes += put(column, row, value);
    }
  }

  /** The rows so far as a batch (trimmed to length); the builder is empty afterwards. */
  build(): Batch<S> {
    const length = this.length;
    const columns = this.#columns.map(column => (column ? trim(column, length) : null));
    const batch = new Batch(this.schema, length, columns, this.#order.slice(0, length));
    this.length = 0;
    this.bytes = 0;
    this.#capacity = 64;
    this.#columns = this.#fields.map(() => null);
    this.#order = new Float64Array(64);
    return batch;
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 4, BATCH_ROWS);
    this.#order = enlarge(this.#order, this.#capacity);
    for (const column of this.#columns) {
      if (!column) continue;
      if (column.kind === 'number') {
        const from = column.values.length;
        column.values = enlarge(column.values, this.#capacity).fill(Number.NaN, from);
      } else if (column.kind === 'time') {
        const from = column.sec.length;
        column.sec = enlarge(column.sec, this.#capacity).fill(Number.NaN, from);
        column.nsec = enlarge(column.nsec, this.#capacity);
      } else if (column.kind === 'bool') {
        column.values = enlarge(column.values, this.#capacity);
      } else if (column.kind === 'dict') {
        column.codes = enlarge(column.codes, this.#capacity);
      }
    }
  }
}

type Building =
  | { kind: 'number'; values: Float64Array }
  | { kind: 'time'; sec: Float64Array; nsec: Uint32Array }
  | { kind: 'bool'; values: Uint8Array }
  | { kind: 'dict'; codes: Uint32Array; dict: string[]; codeOf: Map<string, number> }
  | { kind: 'list'; lists: (readonly (string | number)[] | null)[] };

function enlarge<T extends Float64Array | Uint32Array | Uint8Array>(values: T, capacity: number): T {
  const larger = new (values.constructor as new (n: number) => T)(capacity);
  larger.set(values);
  return larger;
}

function newColumn(kind: ColumnKind, capacity: number): Building {
  switch (kind) {
    case 'number':
      return { kind, values: new Float64Array(capacity).fill(Number.NaN) };
    case 'time':
      return { kind, sec: new Float64Array(capacity).fill(Number.NaN), nsec: new Uint32Array(capacity) };
    case 'bool':
      return { kind, values: new Uint8Array(capacity) };
    case 'dict':
      return { kind, codes: new Uint32Array(capacity), dict: [''], codeOf: new Map() };
    case 'list':
      return { kind, lists: [] };
  }
}

/** Stores one value and returns about how many bytes that took. */
function put(column: Building, row: number, value: Value): number {
  switch (column.kind) {
    case 'number':
      column.values[row] = value as number;
      return 8;
    case 'time':
      column.sec[row] = (value as Moment).sec;
      column.nsec[row] = (value as Moment).nsec;
      return 12;
    case 'bool':
      column.values[row] = value ? 2 : 1;
      return 1;
    case 'dict': {
      const text = typeof value === 'string' ? value : tokenText(value as Token);
      let code = column.codeOf.get(text);
      if (code === undefined) {
        code = column.dict.push(text) - 1;
        column.codeOf.set(text, code);
        column.codes[row] = code;
        return 80 + text.length;
      }
      column.codes[row] = code;
      return 4;
    }
    case 'list': {
      const list = value as readonly (string | number | Token)[];
      column.lists[row] = list.map(item => (typeof item === 'object' ? tokenText(item) : item));
      return 40 + list.length * 40;
    }
  }
}

function trim(column: Building, length: number): Column {
  switch (column.kind) {
    case 'number':
      return { kind: 'number', values: column.values.slice(0, length) };
    case 'time':
      return { kind: 'time', sec: column.sec.slice(0, length), nsec: column.nsec.slice(0, length) };
    case 'bool':
      return { kind: 'bool', values: column.values.slice(0, length) };
    case 'dict':
      return { kind: 'dict', codes: column.codes.slice(0, length), dict: column.dict };
    case 'list':
      return { kind: 'list', lists: Array.from({ length }, (_, i) => column.lists[i] ?? null) };
  }
}
