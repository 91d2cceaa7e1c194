/**
 * Every type of correlation against an evaluator that is written here from the definition alone: for every moment at
 * which a group has an event, look at all events of the group from the timespan before it up to it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileDocuments, correlate, correlationText, type Found, kindRule } from './correlation-support.ts';
import type { SampleRecord } from './support.ts';

const RULES = ['a', 'b', 'c'];
const TIMESPAN = 4;

interface Event {
  readonly time: bigint;
  readonly kind: string;
  readonly group: string | undefined;
  readonly number: number | undefined;
  readonly set: readonly string[];
  readonly row: number;
}

type Verdict = (window: readonly Event[]) => boolean;

/** Times often lie exactly a timespan apart, or a nanosecond more or less. */
const times = fc.tuple(fc.integer({ min: 0, max: 14 }), fc.constantFrom(0, 0, 1, 999_999_999));
const events = fc
  .array(
    fc.record({
      at: times,
      kind: fc.constantFrom('a', 'b', 'c', 'none'),
      group: fc.constantFrom('x', 'y', undefined),
      number: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      set: fc.subarray(['p', 'q', 'r']),
    }),
    { maxLength: 40 },
  )
  .map(list =>
    list
      .map(({ at: [sec, nsec], ...rest }) => ({ ...rest, time: BigInt(sec) * 1_000_000_000n + BigInt(nsec) }))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
      .map((event, row): Event => ({ ...event, row })),
  );

function toRecord({ time, kind, group, number, set }: Event): SampleRecord {
  return {
    ts: { sec: Number(time / 1_000_000_000n), nsec: Number(time % 1_000_000_000n) },
    kind,
    ...(group === undefined ? {} : { text: group }),
    ...(number === undefined ? {} : { number }),
    ...(set.length === 0 ? {} : { set }),
  };
}

/** The definition, as slowly as it reads. */
function slowly(list: readonly Event[], verdict: Verdict, grouped = true, name = 'corr'): Found {
  const found: Record<string, number[]> = {};
  const taking = list.filter(event => RULES.includes(event.kind) && (!grouped || event.group !== undefined));
  const groups = new Set(taking.map(event => (grouped ? event.group! : '')));
  for (const group of groups) {
    const own = grouped ? taking.filter(event => event.group === group) : taking;
    const rows = new Set<number>();
    for (const moment of new Set(own.map(event => event.time))) {
      const from = moment - BigInt(TIMESPAN) * 1_000_000_000n;
      const window = own.filter(event => event.time >= from && event.time <= moment);
      if (verdict(window)) for (const event of window) rows.add(event.row);
    }
    if (rows.size > 0) found[grouped ? `${name} ${group}` : name] = [...rows].sort((a, b) => a - b);
  }
  return found;
}

function check(body: string, verdict: Verdict, keep: (event: Event) => boolean = () => true): void {
  const compiled = compileDocuments([correlationText('corr', body), ...RULES.map(kindRule)]);
  fc.assert(
    fc.property(events, list => {
      expect(correlate(compiled, list.map(toRecord)).found).toEqual(slowly(list.filter(keep), verdict));
    }),
    { numRuns: 300 },
  );
}

const body = (type: string, condition = '', rules = 'a, b, c') =>
  `{type: ${type}, rules: [${rules}], group-by: [text], timespan: ${TIMESPAN}s${condition === '' ? '' : `, condition: ${condition}`}}`;

const numbers = (window: readonly Event[]): number[] => window.map(event => event.number!);
const hasNumber = (event: Event): boolean => event.number !== undefined;
const sum = (list: readonly number[]): number => list.reduce((total, each) => total + each, 0);

/** Linear interpolation between the nearest ranks, from the definition. */
function percentile(list: readonly number[], percent: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  const rank = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(rank)]!;
  return low + (sorted[Math.ceil(rank)]! - low) * (rank % 1);
}

describe('correlations find what their definition says', () => {
  test.each([
    ['gte: 3', (n: number) => n >= 3],
    ['gt: 1, lt: 4', (n: number) => n > 1 && n < 4],
    ['eq: 2', (n: number) => n === 2],
    ['neq: 1', (n: number) => n !== 1],
    ['lte: 2', (n: number) => n <= 2],
  ])('event_count %s', (condition, holds) => {
    check(body('event_count', `{${condition}}`), window => holds(window.length));
  });

  test('value_count of one value, of a list, and of several fields', () => {
    check(
      body('value_count', '{field: number, gte: 3}'),
      window => new Set(numbers(window)).size >= 3,
      hasNumber,
    );
    check(
      body('value_count', '{field: set, gte: 3}'),
      window => new Set(window.flatMap(event => event.set)).size >= 3,
      event => event.set.length > 0,
    );
    check(
      body('value_count', '{field: [number, kind], gte: 3}'),
      window => new Set(window.map(event => `${event.number} ${event.kind}`)).size >= 3,
      hasNumber,
    );
  });

  test('value_sum and value_avg', () => {
    check(body('value_sum', '{field: number, gte: 12}'), window => sum(numbers(window)) >= 12, hasNumber);
    check(
      body('value_avg', '{field: number, gt: 5}'),
      window => sum(numbers(window)) / window.length > 5,
      hasNumber,
    );
  });

  test.each([0, 25, 90, 100])('value_percentile %i', percent => {
    check(
      body('value_percentile', `{field: number, percentile: ${percent}, gte: 5}`),
      window => percentile(numbers(window), percent) >= 5,
      hasNumber,
    );
  });

  test('value_median', () => {
    check(
      body('value_median', '{field: number, lt: 4.5}'),
      window => percentile(numbers(window), 50) < 4.5,
      hasNumber,
    );
  });

  const kinds = (window: readonly Event[]) => new Set(window.map(event => event.kind));

  test('temporal', () => {
    check(body('temporal'), window => kinds(window).size === 3);
    check(body('temporal', '{gte: 2}'), window => kinds(window).size >= 2);
  });

  test.each([
    ['a and (b or c)', (k: Set<string>) => k.has('a') && (k.has('b') || k.has('c'))],
    ['a and not b or c and b', (k: Set<string>) => (k.has('a') && !k.has('b')) || (k.has('c') && k.has('b'))],
    ['not 1 of *', (k: Set<string>) => k.size === 0],
    ['all of them', (k: Set<string>) => k.size === 3],
  ])('temporal with the condition %s', (condition, holds) => {
    check(body('temporal', condition), window => holds(kinds(window)));
  });

  test('temporal_ordered', () => {
    check(body('temporal_ordered', '', 'b, a, c'), window =>
      window.some(first =>
        window.some(second =>
          window.some(
            third =>
              first.kind === 'b' &&
              second.kind === 'a' &&
              third.kind === 'c' &&
              first.time <= second.time &&
              second.time <= third.time,
          ),
        ),
      ),
    );
  });

  test('without group-by all events are one group', () => {
    const compiled = compileDocuments([
      ...RULES.map(kindRule),
      correlationText(
        'corr',
        `{type: event_count, rules: [a, b, c], timespan: ${TIMESPAN}s, condition: {gte: 4}}`,
      ),
    ]);
    fc.assert(
      fc.property(events, list => {
        expect(correlate(compiled, list.map(toRecord)).found).toEqual(
          slowly(list, window => window.length >= 4, false),
        );
      }),
    );
  });

  test('a correlation of correlations', () => {
    // Inner: two of `a` in a group. Outer: inner, and then `b` in the same group.
    const compiled = compileDocuments([
      correlationText('outer', `{type: temporal_ordered, rules: [inner, b], group-by: [text], timespan: 6s}`),
      correlationText(
        'inner',
        `{type: event_count, rules: [a], group-by: [text], timespan: ${TIMESPAN}s, condition: {gte: 2}}`,
      ),
      ...RULES.map(kindRule),
    ]);
    fc.assert(
      fc.property(events, list => {
        expect(correlate(compiled, list.map(toRecord)).found).toEqual(slowChain(list));
      }),
      { numRuns: 300 },
    );
  });
});

function slowChain(list: readonly Event[]): Found {
  const second = 1_000_000_000n;
  const found: Record<string, number[]> = {};
  for (const group of ['x', 'y']) {
    const own = list.filter(event => event.group === group);
    const as = own.filter(event => event.kind === 'a');
    const bs = own.filter(event => event.kind === 'b');
    const fires = [...new Set(as.map(event => event.time))]
      .map(time => ({
        time,
        window: as.filter(each => each.time <= time && each.time >= time - 4n * second),
      }))
      .filter(fire => fire.window.length >= 2);
    const rows = new Set<number>();
    for (const moment of new Set([...fires, ...bs].map(each => each.time))) {
      const inside = (each: { readonly time: bigint }) =>
        each.time <= moment && each.time >= moment - 6n * second;
      const inner = fires.filter(inside);
      const then = bs.filter(inside);
      if (!inner.some(fire => then.some(b => fire.time <= b.time))) continue;
      for (const event of [...inner.flatMap(fire => fire.window), ...then]) rows.add(event.row);
    }
    if (rows.size > 0) found[`outer ${group}`] = [...rows].sort((a, b) => a - b);
  }
  return found;
}
