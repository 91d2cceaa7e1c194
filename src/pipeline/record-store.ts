/**
 * The records of one run, between decoding and detection: columns per stream, a memory budget, and sorted runs on
 * disk beyond it. Reading merges by (time, shard, number within the shard), so the order does not depend on how the
 * work was divided. A stream can be read any number of times.
 */
import { BATCH_ROWS, type Batch, BatchBuilder, mergeRows } from '../model/batch.ts';
import type { RecordOf, StreamSchema } from '../model/schema.ts';
import { LIMITS } from './limits.ts';
import { type Run, SpillFile } from './spill.ts';

/** Shards come before numbers in the order of records of equal time. */
const SHARD_STEP = 2 ** 40;

interface Stream {
  readonly schema: StreamSchema;
  readonly builder: BatchBuilder;
  /** Sorted batches in memory. */
  batches: Batch[];
  bytes: number;
  readonly runs: Run[];
  count: number;
}

export class RecordStore {
  readonly #streams = new Map<string, Stream>();
  readonly #spill = new SpillFile();
  readonly #budget: number;
  readonly #numbers = new Map<number, number>();
  #bytes = 0;

  constructor(budget: number = LIMITS.recordMemory) {
    this.#budget = budget;
  }

  /** Bytes that went to disk. */
  get spilled(): number {
    return this.#spill.size;
  }

  append<S extends StreamSchema>(schema: S, record: RecordOf<S>, shard: number): void {
    const stream = this.#stream(schema);
    const number = this.#numbers.get(shard) ?? 0;
    this.#numbers.set(shard, number + 1);
    stream.builder.append(record, shard * SHARD_STEP + number);
    stream.count++;
    if (stream.builder.full) this.#seal(stream);
  }

  /** Names of the streams that have records, sorted. */
  get names(): string[] {
    return [...this.#streams.keys()].sort();
  }

  schema(name: string): StreamSchema | undefined {
    return this.#streams.get(name)?.schema;
  }

  count(name: string): number {
    return this.#streams.get(name)?.count ?? 0;
  }

  /** The records of a stream in time order. */
  *read(name: string): Generator<Batch> {
    const stream = this.#streams.get(name);
    if (!stream) return;
    if (stream.builder.length > 0) this.#seal(stream);
    yield* mergeRuns([...stream.batches.map(single), ...stream.runs], BATCH_ROWS);
  }

  close(): void {
    this.#spill.close();
    this.#streams.clear();
  }

  #stream(schema: StreamSchema): Stream {
    let stream = this.#streams.get(schema.name);
    if (!stream) {
      stream = { schema, builder: new BatchBuilder(schema), batches: [], bytes: 0, runs: [], count: 0 };
      this.#streams.set(schema.name, stream);
    }
    return stream;
  }

  #seal(stream: Stream): void {
    const batch = sortBatch(stream.builder.build());
    stream.batches.push(batch);
    stream.bytes += batch.bytes;
    this.#bytes += batch.bytes;
    while (this.#bytes > this.#budget) this.#spillLargest();
  }

  #spillLargest(): void {
    let largest: Stream | undefined;
    for (const stream of this.#streams.values()) {
      if (largest === undefined || stream.bytes > largest.bytes) largest = stream;
    }
    if (largest === undefined) return;
    const sorted = mergeRuns(largest.batches.map(single), LIMITS.spillBlockRows);
    largest.runs.push(this.#spill.write(largest.schema, sorted));
    this.#bytes -= largest.bytes;
    largest.bytes = 0;
    largest.batches = [];
  }
}

function single(batch: Batch): Run {
  return { count: 1, load: () => batch };
}

function sortBatch(batch: Batch): Batch {
  const rows = Uint32Array.from({ length: batch.length }, (_, i) => i);
  let sorted = true;
  for (let i = 1; i < batch.length && sorted; i++) sorted = compareRows(batch, i - 1, batch, i) <= 0;
  if (sorted) return batch;
  rows.sort((a, b) => compareRows(batch, a, batch, b));
  return batch.gather(rows);
}

function compareRows(a: Batch, i: number, b: Batch, j: number): number {
  return a.sec(i) - b.sec(j) || a.nsec(i) - b.nsec(j) || a.order[i]! - b.order[j]!;
}

/** Where one run stands. */
interface Cursor {
  readonly run: Run;
  block: number;
  batch: Batch;
  row: number;
}

/**
 * Merges sorted runs into batches of up to `rows` rows. Holds one batch per run that has begun; a run that lies
 * whole behind the others is handed on without touching its rows.
 */
function* mergeRuns(runs: readonly Run[], rows: number): Generator<Batch> {
  const heap: Cursor[] = [];
  for (const run of runs) {
    if (run.count === 0) continue;
    const batch = run.load(0);
    if (batch.length > 0) push(heap, { run, block: 0, batch, row: 0 });
  }
  const picked = new Picked(rows);
  while (heap.length > 0) {
    const first = heap[0]!;
    if (picked.length === 0 && first.row === 0 && isAlone(heap, first)) {
      yield first.batch;
      first.row = first.batch.length;
    } else {
      picked.add(first.batch, first.row++);
    }
    if (first.row === first.batch.length && !nextBlock(first)) pop(heap);
    else sift(heap, 0);
    if (picked.length === rows) yield picked.take();
  }
  if (picked.length > 0) yield picked.take();
}

/** Whether the first cursor's whole batch comes before everything of the others. */
function isAlone(heap: readonly Cursor[], first: Cursor): boolean {
  const last = first.batch.length - 1;
  for (let i = 1; i < heap.length; i++) {
    const other = heap[i]!;
    if (compareRows(first.batch, last, other.batch, other.row) > 0) return false;
  }
  return true;
}

function nextBlock(cursor: Cursor): boolean {
  if (++cursor.block >= cursor.run.count) return false;
  cursor.batch = cursor.run.load(cursor.block);
  cursor.row = 0;
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

  add(batch: Batch, row: number): void {
    let source = this.#index.get(batch);
    if (source === undefined) {
      source = this.#batches.push(batch) - 1;
      this.#index.set(batch, source);
    }
    this.#sources[this.length] = source;
    this.#rows[this.length++] = row;
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
  return compareRows(a.batch, a.row, b.batch, b.row) < 0;
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
