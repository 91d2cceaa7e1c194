/**
 * What a correlation knows of its window, kept up to date as events come and go. Events come in the order of time and
 * leave in the order in which they came. Each step costs a constant or, for percentiles, about the square root of the
 * window; none looks at the whole window again.
 */
import type { Comparison } from '../model/correlation.ts';
import type { CompiledCorrelation, Presence } from './compile-correlation.ts';
import type { Threshold } from './rule.ts';

/** Events of equal or later time, as numbers that can be compared: whole seconds, then nanoseconds. */
export interface WindowEvent {
  readonly sec: number;
  readonly nsec: number;
  /** Which of the correlation's rules it is of. */
  readonly member: number;
  /** For `value_count` the distinct values it adds, for other value types one number; else nothing. */
  readonly values: readonly (string | number)[];
}

/** The window of one group. */
export interface Aggregate {
  add(event: WindowEvent): void;
  remove(event: WindowEvent): void;
  /** Whether the condition holds for a window that begins at this time. The window is not empty. */
  holds(fromSec: number, nsec: number): boolean;
  /** How far a window that begins at this time has come, for explanations. */
  state(fromSec: number, nsec: number): AggregateState;
}

/** What a condition is about. */
export interface AggregateState {
  /** The number that thresholds are compared with; undefined where there is none. */
  readonly measure: number | undefined;
  /** For temporal types: which rules occur, for `temporal_ordered` as far as the order holds. */
  readonly occurs: readonly boolean[] | undefined;
}

/** The aggregate of a new group. */
export function newAggregate(correlation: CompiledCorrelation): Aggregate {
  const { thresholds, members } = correlation;
  switch (correlation.type) {
    case 'event_count':
      return eventCount(thresholds);
    case 'value_count':
      return valueCount(thresholds);
    case 'value_sum':
      return valueSum(thresholds, false);
    case 'value_avg':
      return valueSum(thresholds, true);
    case 'value_percentile':
    case 'value_median':
      return valueRank(thresholds, correlation.percentile);
    case 'temporal':
      return temporal(thresholds, correlation.condition, members.length);
    case 'temporal_ordered':
      return temporalOrdered(members.length);
  }
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
};

/** Whether a number fits a threshold. */
export function fits({ comparison, value }: Threshold, measure: number): boolean {
  return COMPARE[comparison](measure, value);
}

function reaches(thresholds: readonly Threshold[], value: number): boolean {
  return thresholds.every(threshold => fits(threshold, value));
}

function eventCount(thresholds: readonly Threshold[]): Aggregate {
  let count = 0;
  return {
    add: () => void count++,
    remove: () => void count--,
    holds: () => reaches(thresholds, count),
    state: () => ({ measure: count, occurs: undefined }),
  };
}

function valueCount(thresholds: readonly Threshold[]): Aggregate {
  const counts = new Map<string | number, number>();
  return {
    add({ values }) {
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    remove({ values }) {
      for (const value of values) {
        const left = counts.get(value)! - 1;
        if (left === 0) counts.delete(value);
        else counts.set(value, left);
      }
    },
    holds: () => reaches(thresholds, counts.size),
    state: () => ({ measure: counts.size, occurs: undefined }),
  };
}

/**
 * Sums over a queue as two stacks: what leaves was summed from the other end, so nothing is ever subtracted and the
 * rounding of values that are long gone does not stay.
 */
function valueSum(thresholds: readonly Threshold[], average: boolean): Aggregate {
  /** Values that came since `oldest` was filled, and their sum. */
  let newest: number[] = [];
  let newestSum = 0;
  /** Sums from each of the older values to the youngest of them; the next to leave is last. */
  let oldest: number[] = [];
  const measure = (): number => {
    const sum = (oldest.at(-1) ?? 0) + newestSum;
    return average ? sum / (oldest.length + newest.length) : sum;
  };
  return {
    add({ values }) {
      newest.push(values[0] as number);
      newestSum += values[0] as number;
    },
    remove() {
      if (oldest.length === 0) {
        let sum = 0;
        oldest = newest.reverse().map(value => (sum += value));
        newest = [];
        newestSum = 0;
      }
      oldest.pop();
    },
    holds: () => reaches(thresholds, measure()),
    state: () => ({ measure: measure(), occurs: undefined }),
  };
}

/** Values per chunk before it is divided. */
const CHUNK = 512;

/** Percentile by linear interpolation between the two nearest ranks; the median is that of 50. */
function valueRank(thresholds: readonly Threshold[], percentile: number): Aggregate {
  const sorted = new SortedNumbers();
  const measure = (): number => {
    const rank = (percentile / 100) * (sorted.size - 1);
    const below = sorted.at(Math.floor(rank));
    const above = sorted.at(Math.ceil(rank));
    return below + (above - below) * (rank - Math.floor(rank));
  };
  return {
    add: ({ values }) => sorted.add(values[0] as number),
    remove: ({ values }) => sorted.remove(values[0] as number),
    holds: () => reaches(thresholds, measure()),
    state: () => ({ measure: measure(), occurs: undefined }),
  };
}

/** Numbers in order, in chunks so that a new one moves few others. */
class SortedNumbers {
  readonly #chunks: number[][] = [];
  size = 0;

  add(value: number): void {
    this.size++;
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const index = this.#chunkOf(value);
    const chunk = this.#chunks[index]!;
    chunk.splice(lowerBound(chunk, value), 0, value);
    if (chunk.length > CHUNK) this.#chunks.splice(index + 1, 0, chunk.splice(CHUNK >> 1));
  }

  remove(value: number): void {
    this.size--;
    const index = this.#chunkOf(value);
    const chunk = this.#chunks[index]!;
    chunk.splice(lowerBound(chunk, value), 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  at(rank: number): number {
    let left = rank;
    for (const chunk of this.#chunks) {
      if (left < chunk.length) return chunk[left]!;
      left -= chunk.length;
    }
    return Number.NaN;
  }

  /** The first chunk that ends at or after a value; else the last. */
  #chunkOf(value: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chunks[middle]!.at(-1)! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which rules occur in the window. Comparisons are about their number. */
function temporal(
  thresholds: readonly Threshold[],
  condition: Presence | undefined,
  members: number,
): Aggregate {
  const counts = new Uint32Array(members);
  let present = 0;
  return {
    add({ member }) {
      counts[member] = counts[member]! + 1;
      if (counts[member] === 1) present++;
    },
    remove({ member }) {
      counts[member] = counts[member]! - 1;
      if (counts[member] === 0) present--;
    },
    holds() {
      if (condition !== undefined) return isPresent(condition, counts);
      return thresholds.length > 0 ? reaches(thresholds, present) : present === members;
    },
    state: () => ({ measure: present, occurs: Array.from(counts, count => count > 0) }),
  };
}

function isPresent(part: Presence, counts: Uint32Array): boolean {
  switch (part.kind) {
    case 'member':
      return counts[part.index]! > 0;
    case 'not':
      return !isPresent(part.part, counts);
    case 'and':
      return part.parts.every(each => isPresent(each, counts));
    case 'or':
      return part.parts.some(each => isPresent(each, counts));
  }
}

/**
 * All rules in their order; events of the same time count as in order. For each rule: the latest time at which a
 * sequence began that has come as far as this rule. A window that reaches back to it holds the sequence.
 */
function temporalOrdered(members: number): Aggregate {
  const began: (WindowEvent | undefined)[] = Array.from({ length: members });
  const seen: (WindowEvent | undefined)[] = Array.from({ length: members });
  const last = members - 1;
  const within = (start: WindowEvent | undefined, fromSec: number, nsec: number): boolean =>
    start !== undefined && (start.sec > fromSec || (start.sec === fromSec && start.nsec >= nsec));
  return {
    add(event) {
      seen[event.member] = event;
      // The event itself, then rules after it whose event of the same time came first.
      for (let i = event.member; i <= last; i++) {
        const own = seen[i];
        if (own === undefined || own.sec !== event.sec || own.nsec !== event.nsec) break;
        const start = i === 0 ? own : began[i - 1];
        if (start !== undefined) began[i] = start;
      }
    },
    remove: () => undefined,
    holds: (fromSec, nsec) => within(began[last], fromSec, nsec),
    state: (fromSec, nsec) => ({
      measure: undefined,
      occurs: Array.from(began, start => within(start, fromSec, nsec)),
    }),
  };
}
