/**
 * Merges sorted runs of records, in memory or on disk, into one sequence of batches in the order of time, shard and number.
 */
import type { Batch } from '../model/batch.ts';
import { mergeRows } from '../model/batch-builder.ts';

/** Where a record stands among those of its stream. */
export interface Place {
  readonly sec: number;
  readonly nsec: number;
  /** Orders records of equal time. */
  readonly rank: number;
}

/** Negative when `a` comes first. */
function comparePlaces(a: Place, b: Place): number {
  return a.sec - b.sec || a.nsec - b.nsec || a.rank - b.rank;
}

/** Where a row of a batch stands. */
export function placeIn(batch: Batch, row: number): Place {
  return { sec: batch.sec(row), nsec: batch.nsec(row), rank: batch.order[row]! };
}

/** Batches of one stream in order, each loaded when asked for. */
export interface Run {
  readonly count: number;
  /** Where the first row of a batch stands, known without loading it. */
  first(index: number): Place;
  load(index: number): Batch;
}

/** Where one run stands, and the key of the row that is next. */
interface Cursor extends Place {
  readonly run: Run;
  block: number;
  row: number;
  /** The block; undefined until a row of it is wanted. */
  batch: Batch | undefined;
  sec: number;
  nsec: number;
  rank: number;
}

/**
 * Merges sorted runs into batches of up to `rows` rows. A block is loaded when its first row is next, so that what is in memory
 * depends on how many runs overlap in time, not on how many there are. A block that lies whole before the others is
 * handed on without touching its rows.
 */
export function* mergeRuns(runs: readonly Run[], rows: number): Generator<Batch> {
  const heap: Cursor[] = [];
  for (const run of runs) {
    if (run.count > 0) push(heap, { run, block: 0, row: 0, batch: undefined, ...run.first(0) });
  }
  const picked = new Picked(rows);
  while (heap.length > 0) {
    const first = heap[0]!;
    first.batch ??= first.run.load(first.block);
    const { batch } = first;
    const other = second(heap);
    if (picked.length === 0 && first.row === 0 && isBefore(batch, batch.length - 1, other)) {
      yield batch;
      first.row = batch.length;
    } else {
      first.row = picked.add(batch, first.row, other);
    }
    if (advance(first)) sift(heap, 0);
    else pop(heap);
    if (picked.length === rows) yield picked.take();
  }
  if (picked.length > 0) yield picked.take();
}

/** The cursor that is next but for the first. */
function second(heap: readonly Cursor[]): Cursor | undefined {
  const [, left, right] = heap;
  return left !== undefined && right !== undefined && comparePlaces(right, left) < 0 ? right : left;
}

/** Whether a row of a batch comes before `other`. Asked for every row: it makes no object. */
function isBefore(batch: Batch, row: number, other: Place | undefined): boolean {
  if (other === undefined) return true;
  return (batch.sec(row) - other.sec || batch.nsec(row) - other.nsec || batch.order[row]! - other.rank) < 0;
}

/** Goes on to the row that is next; false when there is none. */
function advance(cursor: Cursor): boolean {
  const { run, batch } = cursor;
  if (batch !== undefined && cursor.row < batch.length) {
    cursor.sec = batch.sec(cursor.row);
    cursor.nsec = batch.nsec(cursor.row);
    cursor.rank = batch.order[cursor.row]!;
    return true;
  }
  if (++cursor.block >= run.count) return false;
  cursor.row = 0;
  cursor.batch = undefined;
  Object.assign(cursor, run.first(cursor.block));
  return true;
}

/** Rows collected for one output batch. */
class Picked {
  length = 0;
  readonly #sources: Uint32Array;
  readonly #rows: Uint32Array;
  #batches: Batch[] = [];
  readonly #index = new Map<Batch, number>();

  constructor(rows: number) {
    this.#sources = new Uint32Array(rows);
    this.#rows = new Uint32Array(rows);
  }

  /** Adds rows from `row` on, at least that one, as long as they come before `other`. Returns the next one. */
  add(batch: Batch, row: number, other: Place | undefined): number {
    let source = this.#index.get(batch);
    if (source === undefined) {
      source = this.#batches.push(batch) - 1;
      this.#index.set(batch, source);
    }
    const end = Math.min(batch.length, row + this.#rows.length - this.length);
    let next = row;
    do {
      this.#sources[this.length] = source;
      this.#rows[this.length++] = next++;
    } while (next < end && isBefore(batch, next, other));
    return next;
  }

  take(): Batch {
    const batch = mergeRows(
      this.#batches,
      this.#sources.subarray(0, this.length),
      this.#rows.subarray(0, this.length),
    );
    this.length = 0;
    this.#batches = [];
    this.#index.clear();
    return batch;
  }
}

function before(a: Cursor, b: Cursor): boolean {
  return comparePlaces(a, b) < 0;
}

function push(heap: Cursor[], cursor: Cursor): void {
  let i = heap.push(cursor) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(heap[i]!, heap[parent]!)) return;
    swap(heap, i, parent);
    i = parent;
  }
}

function pop(heap: Cursor[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  sift(heap, 0);
}

function sift(heap: Cursor[], start: number): void {
  let i = start;
  for (;;) {
    let least = i;
    for (const child of [2 * i + 1, 2 * i + 2]) {
      if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
    }
    if (least === i) return;
    swap(heap, i, least);
    i = least;
  }
}

function swap(heap: Cursor[], i: number, j: number): void {
  const cursor = heap[i]!;
  heap[i] = heap[j]!;
  heap[j] = cursor;
}
