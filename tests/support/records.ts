/** Random records of a stream with every kind of column, and what reading them back must give. */
import fc from 'fast-check';
import type { Batch } from '../../src/model/batch.ts';
import { f, type RecordOf, stream, type Value } from '../../src/model/schema.ts';

/** One field of every type. */
export const everything = stream('everything', 'Every kind of column.', {
  ts: f.time('Time.'),
  span: f.interval('Interval.'),
  count: f.count('Count.'),
  int: f.int('Int.'),
  double: f.double('Double.'),
  flag: f.bool('Bool.'),
  port: f.port('Port.'),
  host: f.addr('Address.'),
  kind: f.enum('Enum.'),
  text: f.string('Text.', 'text'),
  token: f.token('Token.', 'phi'),
  names: f.stringSet('Set.'),
  list: f.strings('Vector.'),
  spans: f.intervals('Vector of intervals.'),
  tokens: f.tokens('Set of tokens.', 'phi'),
});

export type Everything = RecordOf<typeof everything>;

const moment = fc.record({ sec: fc.integer({ min: -5, max: 9 }), nsec: fc.constantFrom(0, 1, 999_999_999) });
const token = fc.record({ kind: fc.constantFrom('mrn', 'user'), digest: fc.constantFrom('00', 'ff', 'a1') });
// Few texts, so that dictionaries repeat; and the empty text, which is not an absent one.
const text = fc.oneof(fc.constantFrom('', 'a', 'b', '__proto__'), fc.string({ maxLength: 8 }));
const texts = fc.array(text, { maxLength: 4 });

/** A record whose fields may each be absent; the time is always there. */
export const record: fc.Arbitrary<Everything> = fc.record(
  {
    ts: moment,
    span: fc.double({ noNaN: true }),
    count: fc.maxSafeNat(),
    int: fc.maxSafeInteger(),
    double: fc.double({ noNaN: true }),
    flag: fc.boolean(),
    port: fc.nat(65_535),
    host: text,
    kind: text,
    text,
    token,
    names: texts,
    list: texts,
    spans: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
    tokens: fc.array(token, { maxLength: 3 }),
  },
  { requiredKeys: ['ts'] },
);

/** The record as it comes back: tokens as their stored text, absent fields left out. */
export function stored(value: Everything): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const name of everything.names) {
    const item = value[name as keyof Everything] as Value | undefined;
    if (item !== undefined) result[name] = tokenless(item);
  }
  return result;
}

function tokenless(item: Value): Value {
  if (Array.isArray(item)) return item.map(part => tokenless(part as Value)) as unknown as Value;
  return typeof item === 'object' && 'digest' in item ? `${item.kind}:${item.digest}` : item;
}

export function rowsOf(batches: Iterable<Batch>): Record<string, Value>[] {
  return [...batches].flatMap(batch => Array.from({ length: batch.length }, (_, row) => batch.row(row)));
}
