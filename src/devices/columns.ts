/**
 * Reads fields of a batch by name, whatever stream it is of and whether or not the stream has them: an absent field
 * reads as undefined in every row.
 */
import type { Batch, Column } from '../model/batch.ts';

/** A dictionary column: a code per row, 0 where absent, and the text of each code. */
export interface Codes {
  readonly codes: Uint32Array;
  readonly dict: readonly string[];
}

const NOTHING = () => undefined;

/** The dictionary column of a text field; undefined when it is absent in every row or not text. */
export function codesOf(batch: Batch, name: string): Codes | undefined {
  const column = batch.column(name);
  return column?.kind === 'dict' ? column : undefined;
}

/** Text of a field, by row. */
export function textOf(batch: Batch, name: string): (row: number) => string | undefined {
  const column = codesOf(batch, name);
  if (column === undefined) return NOTHING;
  const { codes, dict } = column;
  return row => (codes[row] === 0 ? undefined : dict[codes[row]!]);
}

/** Number of a field, by row. */
export function numberOf(batch: Batch, name: string): (row: number) => number | undefined {
  const column = batch.column(name);
  if (column?.kind !== 'number') return NOTHING;
  const { values } = column;
  return row => (Number.isNaN(values[row]!) ? undefined : values[row]);
}

/** Truth value of a field, by row. */
export function boolOf(batch: Batch, name: string): (row: number) => boolean | undefined {
  const column = batch.column(name);
  if (column?.kind !== 'bool') return NOTHING;
  const { values } = column;
  return row => (values[row] === 0 ? undefined : values[row] === 2);
}

/** List of a field, by row. */
export function listOf(
  batch: Batch,
  name: string,
): (row: number) => readonly (string | number)[] | undefined {
  const column = batch.column(name);
  if (column?.kind !== 'list') return NOTHING;
  const { lists } = column;
  return row => lists[row] ?? undefined;
}

/** Times of the rows in seconds. A double keeps a quarter of a microsecond at present dates: enough to order by. */
export function secondsOf(batch: Batch): Float64Array {
  const seconds = new Float64Array(batch.length);
  const column = batch.columns[0];
  if (column?.kind !== 'time') return seconds;
  const { sec, nsec } = column;
  for (let row = 0; row < seconds.length; row++) seconds[row] = sec[row]! + nsec[row]! / 1e9;
  return seconds;
}

/** Collects texts of one column, coded as they come. `column` is null when there was none. */
export class TextColumn {
  readonly #codes: Uint32Array;
  readonly #dict: string[] = [''];
  readonly #codeOf = new Map<string, number>();

  constructor(length: number) {
    this.#codes = new Uint32Array(length);
  }

  /** Code of a text, 0 for none. */
  code(text: string | undefined): number {
    if (text === undefined) return 0;
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      code = this.#dict.push(text) - 1;
      this.#codeOf.set(text, code);
    }
    return code;
  }

  set(row: number, code: number): void {
    this.#codes[row] = code;
  }

  column(): Column | null {
    return this.#dict.length === 1 ? null : { kind: 'dict', codes: this.#codes, dict: this.#dict };
  }
}
