/**
 * Makes batches: from records one by one, and from rows of other batches. The layout is that of `batch.ts`.
 *
 * A text column builds a dictionary as long as texts repeat; where they hardly do (a uid per row) looking each one up
 * costs more than it saves, so it stops after `TRIAL_ROWS` rows.
 */
import {
  BATCH_ROWS,
  Batch,
  type Column,
  type ColumnKind,
  columnKind,
  indexOfNames,
  tokenText,
} from './batch.ts';
import type { FlowStamp } from './flow-stamp.ts';
import type { Fields, Moment, RecordOf, StreamSchema, Token, Value } from './schema.ts';

const FIRST_CAPACITY = 64;
const TRIAL_ROWS = 48;

const NO_NUMBERS = new Float64Array(0);
const NO_WORDS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
const NO_TEXTS: readonly string[] = [];

/** A column under construction. One class for all kinds: only the arrays of its kind are used. */
class Building {
  readonly kind: ColumnKind;
  numbers = NO_NUMBERS;
  words = NO_WORDS;
  flags = NO_BYTES;
  dict: string[] = [];
  codeOf: Map<string, number> | null = null;
  lists: (readonly (string | number)[] | null)[] = [];
  #texts = 0;
  #last: string | undefined;
  #lastCode = 0;

  constructor(kind: ColumnKind, capacity: number) {
    this.kind = kind;
    if (kind === 'number' || kind === 'time') this.numbers = new Float64Array(capacity).fill(Number.NaN);
    if (kind === 'time' || kind === 'dict') this.words = new Uint32Array(capacity);
    if (kind === 'bool') this.flags = new Uint8Array(capacity);
    if (kind === 'dict') {
      this.dict.push('');
      this.codeOf = new Map();
    }
  }

  grow(capacity: number): void {
    const from = this.numbers.length;
    if (from > 0) this.numbers = enlarge(this.numbers, capacity).fill(Number.NaN, from);
    if (this.words.length > 0) this.words = enlarge(this.words, capacity);
    if (this.flags.length > 0) this.flags = enlarge(this.flags, capacity);
  }

  /** Code of a text, made when it is new. Neighbouring rows often have the same. */
  code(text: string): number {
    const known = text === this.#last ? this.#lastCode : this.codeOf?.get(text);
    this.#texts++;
    if (known !== undefined) {
      this.#last = text;
      this.#lastCode = known;
      return known;
    }
    const code = this.dict.push(text) - 1;
    this.#last = text;
    this.#lastCode = code;
    if (this.codeOf !== null) {
      this.codeOf.set(text, code);
      if (this.#texts === TRIAL_ROWS && code > TRIAL_ROWS * 0.9) this.codeOf = null;
    }
    return code;
  }

  /** Stores one value and returns about how many bytes that took beyond the arrays. */
  put(row: number, value: Value): number {
    switch (this.kind) {
      case 'number':
        this.numbers[row] = value as number;
        return 0;
      case 'time':
        this.numbers[row] = (value as Moment).sec;
        this.words[row] = (value as Moment).nsec;
        return 0;
      case 'bool':
        this.flags[row] = value ? 2 : 1;
        return 0;
      case 'dict': {
        const before = this.dict.length;
        const text = typeof value === 'string' ? value : tokenText(value as Token);
        this.words[row] = this.code(text);
        return this.dict.length > before ? 64 + text.length : 0;
      }
      case 'list': {
        const list = value as readonly (string | number | Token)[];
        this.lists[row] = storedList(list);
        return 40 + list.length * 40;
      }
    }
  }

  finish(length: number): Column {
    switch (this.kind) {
      case 'number':
        return { kind: 'number', values: this.numbers.slice(0, length) };
      case 'time':
        return { kind: 'time', sec: this.numbers.slice(0, length), nsec: this.words.slice(0, length) };
      case 'bool':
        return { kind: 'bool', values: this.flags.slice(0, length) };
      case 'dict':
        return { kind: 'dict', codes: this.words.slice(0, length), dict: this.dict };
      case 'list':
        return { kind: 'list', lists: wholeLists(this.lists, length) };
    }
  }
}

const NO_ITEMS: readonly (string | number)[] = [];

/** A list with tokens as text. A copy: who gave it may go on with it. */
function storedList(list: readonly (string | number | Token)[]): readonly (string | number)[] {
  if (list.length === 0) return NO_ITEMS;
  const stored: (string | number)[] = [];
  for (const item of list) stored.push(typeof item === 'object' ? tokenText(item) : item);
  return stored;
}

type List = readonly (string | number)[] | null;

function wholeLists(lists: readonly List[], length: number): List[] {
  const whole: List[] = [];
  for (let i = 0; i < length; i++) whole.push(lists[i] ?? null);
  return whole;
}

function enlarge<T extends Float64Array | Uint32Array | Uint8Array>(values: T, capacity: number): T {
  const larger = new (values.constructor as new (n: number) => T)(capacity);
  larger.set(values);
  return larger;
}

/** Batches begun so far. */
let batches = 0;

/** Collects rows of one stream until it is full; `build` hands out the batch and starts anew. */
export class BatchBuilder<S extends StreamSchema = StreamSchema> {
  readonly schema: S;
  length = 0;
  readonly #kinds: readonly ColumnKind[];
  readonly #index: ReadonlyMap<string, number>;
  /** Names of the record before, in their order, and their columns; -1 is none. */
  readonly #lastNames: string[] = [];
  readonly #lastColumns: number[] = [];
  /** Where the columns of a stamp stand; -1 is none. */
  readonly #ts: number;
  readonly #uid: number;
  readonly #origHost: number;
  readonly #origPort: number;
  readonly #respHost: number;
  readonly #respPort: number;
  readonly #frame: number;
  readonly #capture: number;
  /** Of the batch under construction, among those of all builders. */
  #number = ++batches;
  #capacity = FIRST_CAPACITY;
  #columns: (Building | null)[];
  #order = new Float64Array(FIRST_CAPACITY);

  constructor(schema: S) {
    this.schema = schema;
    this.#kinds = schema.names.map(name => columnKind((schema.fields as Fields)[name]!.type));
    this.#columns = this.#kinds.map(() => null);
    this.#index = indexOfNames(schema);
    const at = (name: string): number => this.#index.get(name) ?? -1;
    this.#ts = at('ts');
    this.#uid = at('uid');
    this.#origHost = at('id.orig_h');
    this.#origPort = at('id.orig_p');
    this.#respHost = at('id.resp_h');
    this.#respPort = at('id.resp_p');
    this.#frame = at('frame');
    this.#capture = at('capture');
  }

  get full(): boolean {
    return this.length >= BATCH_ROWS;
  }

  /** Appends a record. `order` ranks records of equal time; `stamp` is what it has of its flow. */
  append(record: RecordOf<S>, order: number, stamp?: FlowStamp): void {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.#order[row] = order;
    const lastNames = this.#lastNames;
    let place = 0;
    let timed = false;
    let framed = false;
    // By what the record has, not by what it might have: most records leave most fields out.
    for (const name in record) {
      // Records of one stream mostly have the same fields in the same order: then nothing is looked up.
      if (lastNames[place] !== name) {
        lastNames[place] = name;
        this.#lastColumns[place] = this.#index.get(name) ?? -1;
      }
      const i = this.#lastColumns[place++]!;
      const value = (record as Record<string, Value | undefined>)[name];
      if (value === undefined || i < 0) continue;
      if (i === this.#ts) timed = true;
      else if (i === this.#frame) framed = true;
      this.#column(i).put(row, value);
    }
    if (stamp !== undefined) this.#stamp(row, stamp, timed, framed);
  }

  #column(i: number): Building {
    let column = this.#columns[i];
    if (!column) {
      column = new Building(this.#kinds[i]!, this.#capacity);
      this.#columns[i] = column;
    }
    return column;
  }

  /** Writes what a record has of its flow; its own time and frame stay. */
  #stamp(row: number, stamp: FlowStamp, timed: boolean, framed: boolean): void {
    if (!timed && this.#ts >= 0) {
      const time = this.#column(this.#ts);
      time.numbers[row] = stamp.sec;
      time.words[row] = stamp.nsec;
    }
    const { codes } = stamp;
    // Records of one flow come again and again, and looking its texts up takes longer than all the rest.
    const known =
      codes.batch === this.#number && codes.origHost === stamp.origHost && codes.respHost === stamp.respHost;
    if (!known) {
      codes.batch = this.#number;
      codes.origHost = stamp.origHost;
      codes.respHost = stamp.respHost;
      codes.uid = this.#codeOf(this.#uid, stamp.uid);
      codes.orig = this.#codeOf(this.#origHost, stamp.origHost);
      codes.resp = this.#codeOf(this.#respHost, stamp.respHost);
    }
    this.#putCode(this.#uid, row, codes.uid);
    this.#putCode(this.#origHost, row, codes.orig);
    this.#putNumber(this.#origPort, row, stamp.origPort);
    this.#putCode(this.#respHost, row, codes.resp);
    this.#putNumber(this.#respPort, row, stamp.respPort);
    if (!framed) this.#putNumber(this.#frame, row, stamp.frame);
    this.#putCode(this.#capture, row, this.#codeOf(this.#capture, stamp.capture));
  }

  #codeOf(i: number, text: string): number {
    return i < 0 ? 0 : this.#column(i).code(text);
  }

  #putCode(i: number, row: number, code: number): void {
    if (i >= 0) this.#column(i).words[row] = code;
  }

  #putNumber(i: number, row: number, value: number): void {
    if (i >= 0) this.#column(i).numbers[row] = value;
  }

  /** The rows so far as a batch (trimmed to length); the builder is empty afterwards. */
  build(): Batch<S> {
    const { length } = this;
    const columns = this.#columns.map(column => column?.finish(length) ?? null);
    const batch = new Batch(this.schema, length, columns, this.#order.slice(0, length));
    this.length = 0;
    this.#number = ++batches;
    this.#capacity = FIRST_CAPACITY;
    this.#columns = this.#kinds.map(() => null);
    this.#order = new Float64Array(FIRST_CAPACITY);
    return batch;
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, BATCH_ROWS);
    this.#order = enlarge(this.#order, this.#capacity);
    for (const column of this.#columns) column?.grow(this.#capacity);
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
  const order = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) order[i] = batches[sources[i]!]!.order[rows[i]!]!;
  const columns = schema.names.map((_, c) => {
    const parts = batches.map(batch => batch.columns[c] ?? null);
    const kind = parts.find(part => part !== null)?.kind;
    return kind === undefined ? null : MERGE[kind](parts, sources, rows);
  });
  return new Batch(schema, rows.length, columns, order);
}

type Merge = (parts: readonly (Column | null)[], sources: Uint32Array, rows: Uint32Array) => Column;

// One loop per kind of column: a loop over all kinds of arrays is several times as slow, and is compiled anew for each. They
// stand in a table, so that V8 compiles each by itself and not all of them into whoever calls them.
const MERGE: Readonly<Record<ColumnKind, Merge>> = {
  number(parts, sources, rows) {
    const from = parts.map(part => (part?.kind === 'number' ? part.values : null));
    return { kind: 'number', values: mergeNumbers(from, sources, rows) };
  },
  time(parts, sources, rows) {
    const secs = parts.map(part => (part?.kind === 'time' ? part.sec : null));
    const nsecs = parts.map(part => (part?.kind === 'time' ? part.nsec : null));
    return {
      kind: 'time',
      sec: mergeNumbers(secs, sources, rows),
      nsec: mergeWords(nsecs, sources, rows),
    };
  },
  bool(parts, sources, rows) {
    const from = parts.map(part => (part?.kind === 'bool' ? part.values : null));
    return { kind: 'bool', values: mergeFlags(from, sources, rows) };
  },
  list(parts, sources, rows) {
    const from = parts.map(part => (part?.kind === 'list' ? part.lists : null));
    return { kind: 'list', lists: mergeLists(from, sources, rows) };
  },
  dict: mergeTexts,
};

function mergeLists(
  parts: readonly (readonly List[] | null)[],
  sources: Uint32Array,
  rows: Uint32Array,
): List[] {
  const merged: List[] = [];
  for (let i = 0; i < rows.length; i++) {
    const part = parts[sources[i]!]!;
    merged.push(part === null ? null : part[rows[i]!]!);
  }
  return merged;
}

function mergeNumbers(
  parts: readonly (Float64Array | null)[],
  sources: Uint32Array,
  rows: Uint32Array,
): Float64Array {
  const merged = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const part = parts[sources[i]!]!;
    merged[i] = part === null ? Number.NaN : part[rows[i]!]!;
  }
  return merged;
}

function mergeWords(
  parts: readonly (Uint32Array | null)[],
  sources: Uint32Array,
  rows: Uint32Array,
): Uint32Array {
  const merged = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const part = parts[sources[i]!]!;
    if (part !== null) merged[i] = part[rows[i]!]!;
  }
  return merged;
}

function mergeFlags(
  parts: readonly (Uint8Array | null)[],
  sources: Uint32Array,
  rows: Uint32Array,
): Uint8Array {
  const merged = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const part = parts[sources[i]!]!;
    if (part !== null) merged[i] = part[rows[i]!]!;
  }
  return merged;
}

function mergeTexts(parts: readonly (Column | null)[], sources: Uint32Array, rows: Uint32Array): Column {
  const codes = mergeWords(
    parts.map(part => (part?.kind === 'dict' ? part.codes : null)),
    sources,
    rows,
  );
  const dicts = parts.map(part => (part?.kind === 'dict' ? part.dict : NO_TEXTS));
  return { kind: 'dict', codes, dict: recode(codes, dicts, sources) };
}

/** Puts codes of one new dictionary in place of those of the rows' own, and returns it. */
function recode(codes: Uint32Array, dicts: readonly (readonly string[])[], sources: Uint32Array): string[] {
  const merged = [''];
  // New code of each old one, per batch that rows come from; 0 is not known yet.
  const recoded: Uint32Array[] = dicts.map(() => NO_WORDS);
  let codeOf: Map<string, number> | null = dicts.length > 1 ? new Map() : null;
  let fresh = 0;
  for (let i = 0; i < codes.length; i++) {
    const from = codes[i]!;
    if (from === 0) continue;
    const source = sources[i]!;
    if (recoded[source]!.length === 0) recoded[source] = new Uint32Array(dicts[source]!.length);
    const known = recoded[source]!;
    if (known[from] === 0) {
      const text = dicts[source]![from]!;
      const same = codeOf === null ? undefined : codeOf.get(text);
      if (same === undefined) {
        known[from] = merged.length;
        if (codeOf !== null) codeOf.set(text, merged.length);
        merged.push(text);
      } else known[from] = same;
      // Where texts hardly repeat, looking each one up costs more than it saves.
      if (++fresh === TRIAL_ROWS && merged.length > TRIAL_ROWS * 0.9) codeOf = null;
    }
    codes[i] = known[from]!;
  }
  return merged;
}
