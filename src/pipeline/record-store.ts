/**
 * The records of one run, between decoding and detection: columns per stream, a memory budget, and sorted runs on
 * disk beyond it. Reading merges by (time, shard, number within the shard), so the order does not depend on how the
 * work was divided. A stream can be read any number of times.
 */
import { BATCH_ROWS, type Batch } from '../model/batch.ts';
import { BatchBuilder, mergeRows } from '../model/batch-builder.ts';
import type { FlowStamp } from '../model/flow-stamp.ts';
import type { RecordOf, StreamSchema } from '../model/schema.ts';
import { LIMITS } from './limits.ts';
import { mergeRuns, placeIn, type Run } from './merge-runs.ts';
import { SpillFile } from './spill.ts';

/** Shards come before numbers in the order of records of equal time. */
const SHARD_STEP = 2 ** 40;

interface Stream {
  readonly schema: StreamSchema;
  readonly builder: BatchBuilder;
  /** Batches in memory; in order of time once `sorted`. */
  batches: Batch[];
  sorted: boolean;
  bytes: number;
  readonly runs: Run[];
  count: number;
}

export class RecordStore {
  readonly #streams = new Map<string, Stream>();
  readonly #spill = new SpillFile();
  readonly #budget: number;
  /** Records so far, per shard. */
  readonly #numbers: number[] = [];
  #bytes = 0;

  constructor(budget: number = LIMITS.recordMemory) {
    this.#budget = budget;
  }

  /** Bytes that went to disk. */
  get spilled(): number {
    return this.#spill.size;
  }

  /** @param stamp what the record has of its flow, when it does not hold that itself */
  append<S extends StreamSchema>(schema: S, record: RecordOf<S>, shard: number, stamp?: FlowStamp): void {
    const stream = this.#stream(schema);
    const number = this.#numbers[shard] ?? 0;
    this.#numbers[shard] = number + 1;
    stream.builder.append(record, shard * SHARD_STEP + number, stamp);
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
    this.#sort(stream);
    // Reading another stream meanwhile may spill this one: its batches of now are still the ones to read.
    const { batches } = stream;
    const memory: Run = {
      count: batches.length,
      first: index => placeIn(batches[index]!, 0),
      load: index => batches[index]!,
    };
    yield* mergeRuns([memory, ...stream.runs], BATCH_ROWS);
  }

  /** Lets go of the records of a stream: it has none from now on. */
  drop(name: string): void {
    this.#bytes -= this.#streams.get(name)?.bytes ?? 0;
    this.#streams.delete(name);
  }

  close(): void {
    this.#spill.close();
    this.#streams.clear();
  }

  #stream(schema: StreamSchema): Stream {
    let stream = this.#streams.get(schema.name);
    if (!stream) {
      stream = {
        schema,
        builder: new BatchBuilder(schema),
        batches: [],
        sorted: true,
        bytes: 0,
        runs: [],
        count: 0,
      };
      this.#streams.set(schema.name, stream);
    }
    return stream;
  }

  #seal(stream: Stream): void {
    const batch = stream.builder.build();
    stream.batches.push(batch);
    stream.sorted = false;
    stream.bytes += batch.bytes;
    this.#bytes += batch.bytes;
    while (this.#bytes > this.#budget) this.#spillLargest();
  }

  /** Brings the batches in memory into order, once. */
  #sort(stream: Stream): void {
    if (stream.sorted) return;
    stream.batches = [...sortRows(stream.batches, BATCH_ROWS)];
    stream.sorted = true;
    // Dictionaries were made anew.
    const bytes = stream.batches.reduce((sum, batch) => sum + batch.bytes, 0);
    this.#bytes += bytes - stream.bytes;
    stream.bytes = bytes;
  }

  #spillLargest(): void {
    let largest: Stream | undefined;
    for (const stream of this.#streams.values()) {
      if (largest === undefined || stream.bytes > largest.bytes) largest = stream;
    }
    if (largest === undefined) return;
    let bytes = 0;
    let count = 0;
    while (count < largest.batches.length && bytes < LIMITS.spillBytes)
      bytes += largest.batches[count++]!.bytes;
    const spilled = largest.batches.slice(0, count);
    largest.runs.push(this.#spill.write(largest.schema, sortRows(spilled, LIMITS.spillBlockRows)));
    largest.batches = largest.batches.slice(count);
    if (largest.batches.length === 0) {
      bytes = largest.bytes;
      largest.sorted = true;
    }
    this.#bytes -= bytes;
    largest.bytes -= bytes;
  }
}

/** All rows of some batches in order, as batches of up to `rows` rows. */
function* sortRows(batches: readonly Batch[], rows: number): Generator<Batch> {
  const keys = keysOf(batches);
  if (isSorted(keys)) {
    yield* batches;
    return;
  }
  const order = orderOf(keys);
  const { sources, numbers } = keys;
  for (let from = 0; from < order.length; from += rows) {
    const picked = order.subarray(from, from + rows);
    yield mergeRows(batches, pick(sources, picked), pick(numbers, picked));
  }
}

/** What decides the order of rows, side by side: comparing through the batches takes several times as long. */
interface Keys {
  /** Which batch a row is of, and its number there. */
  readonly sources: Uint32Array;
  readonly numbers: Uint32Array;
  readonly sec: Float64Array;
  readonly nsec: Uint32Array;
  readonly rank: Float64Array;
}

function keysOf(batches: readonly Batch[]): Keys {
  let total = 0;
  for (const batch of batches) total += batch.length;
  const sources = new Uint32Array(total);
  const numbers = new Uint32Array(total);
  const sec = new Float64Array(total);
  const nsec = new Uint32Array(total);
  const rank = new Float64Array(total);
  let at = 0;
  for (let source = 0; source < batches.length; source++) {
    const batch = batches[source]!;
    for (let row = 0; row < batch.length; row++, at++) {
      sources[at] = source;
      numbers[at] = row;
      sec[at] = batch.sec(row);
      nsec[at] = batch.nsec(row);
      rank[at] = batch.order[row]!;
    }
  }
  return { sources, numbers, sec, nsec, rank };
}

function isSorted({ sec, nsec, rank }: Keys): boolean {
  for (let i = 1; i < sec.length; i++) {
    if ((sec[i - 1]! - sec[i]! || nsec[i - 1]! - nsec[i]! || rank[i - 1]! - rank[i]!) > 0) return false;
  }
  return true;
}

/** Places of the rows in order. */
function orderOf({ sec, nsec, rank }: Keys): Uint32Array {
  const order = new Uint32Array(sec.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => sec[a]! - sec[b]! || nsec[a]! - nsec[b]! || rank[a]! - rank[b]!);
}

function pick(values: Uint32Array, places: Uint32Array): Uint32Array {
  const picked = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) picked[i] = values[places[i]!]!;
  return picked;
}
