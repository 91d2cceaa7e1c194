import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, type Column, columnKind, tokenText } from '../../src/model/batch.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { type Fields, f, stream } from '../../src/model/schema.ts';
import { type Everything, everything, record, rowsOf, stored } from '../support/records.ts';

function batchOf(records: readonly Everything[]): Batch<typeof everything> {
  const builder = new BatchBuilder(everything);
  for (const [i, item] of records.entries()) builder.append(item, i);
  return builder.build();
}

const RECORDS: Everything[] = [
  { ts: { sec: 1, nsec: 5 }, count: 0, flag: false, text: '', names: [] },
  { ts: { sec: 2, nsec: 6 }, flag: true, text: 'b', token: { kind: 'mrn', digest: 'ab' } },
  { ts: { sec: 3, nsec: 7 } },
];

describe('Batch', () => {
  it('gives rows, values, columns and times', () => {
    const batch = batchOf(RECORDS);
    expect(batch.length).toBe(3);
    expect(rowsOf([batch])).toEqual(RECORDS.map(stored));
    expect([batch.sec(1), batch.nsec(1)]).toEqual([2, 6]);
    expect([0, 1, 2].map(row => batch.value(row, 'flag'))).toEqual([false, true, undefined]);
    expect([0, 1, 2].map(row => batch.value(row, 'text'))).toEqual(['', 'b', undefined]);
    expect(batch.value(1, 'token')).toBe(tokenText({ kind: 'mrn', digest: 'ab' }));
    expect(batch.column('flag')?.kind).toBe('bool');
  });

  it('tells a field that is absent everywhere from one that does not exist', () => {
    const batch = batchOf(RECORDS);
    expect(batch.column('port')).toBeNull();
    expect(batch.column('no_such_field')).toBeUndefined();
    expect(batch.column('constructor')).toBeUndefined();
    expect([batch.value(0, 'port'), batch.value(0, 'no_such_field')]).toEqual([undefined, undefined]);
  });

  it('stores every field type in a column of its kind', () => {
    const kinds = everything.names.map(name => columnKind((everything.fields as Fields)[name]!.type));
    expect(kinds).toEqual([
      ...['time', 'number', 'number', 'number', 'number', 'bool', 'number'],
      ...['dict', 'dict', 'dict', 'dict', 'list', 'list', 'list', 'list'],
    ]);
  });

  it('gathered rows keep no texts but their own', () => {
    const builder = new BatchBuilder(everything);
    for (let row = 0; row < 40; row++)
      builder.append({ ts: { sec: row, nsec: 0 }, text: `text ${row % 20}` } as never, row);
    const column = builder
      .build()
      .gather(Uint32Array.of(7, 27, 3))
      .column('text');
    expect(column).toMatchObject({ dict: ['', 'text 7', 'text 3'] });
  });

  it('gathers any rows in any order', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.array(fc.nat()), (records, picks) => {
        const rows = picks.map(pick => pick % records.length);
        const gathered = batchOf(records).gather(Uint32Array.from(rows));
        expect(rowsOf([gathered])).toEqual(rows.map(row => stored(records[row]!)));
        expect([...gathered.order]).toEqual(rows);
      }),
    );
  });

  it('is extended by columns of a wider schema', () => {
    const wider = stream('wider', 'More.', { ...everything.fields, extra: f.string('Extra.') });
    const extra: Column = { kind: 'dict', codes: Uint32Array.of(0, 1, 0), dict: ['', 'x'] };
    const batch = batchOf(RECORDS).extend(wider, [extra]);
    expect([0, 1, 2].map(row => batch.value(row, 'extra'))).toEqual([undefined, 'x', undefined]);
    expect(batch.value(1, 'text')).toBe('b');
  });

  it('is copied with columns replaced, the rest shared', () => {
    const batch = batchOf(RECORDS);
    const column: Column = { kind: 'dict', codes: Uint32Array.of(1, 1, 1), dict: ['', 'masked'] };
    const changed = batch.replace(
      new Map<string, Column | null>([
        ['text', column],
        ['flag', null],
      ]),
    );
    expect([0, 1, 2].map(row => changed.value(row, 'text'))).toEqual(['masked', 'masked', 'masked']);
    expect(changed.value(1, 'flag')).toBeUndefined();
    expect(changed.column('ts')).toBe(batch.column('ts'));
    expect(batch.value(1, 'text')).toBe('b');
  });

  it('estimates its bytes by what it holds', () => {
    const small = batchOf(RECORDS).bytes;
    const large = batchOf([...RECORDS, { ts: { sec: 1, nsec: 0 }, text: 'x'.repeat(10_000) }]).bytes;
    expect(large - small).toBeGreaterThan(10_000);
    expect(large - small).toBeLessThan(40_000);
  });

  it('is empty without rows', () => {
    const batch = new Batch(
      everything,
      0,
      everything.names.map(() => null),
      new Float64Array(0),
    );
    expect([rowsOf([batch]), batch.sec(0)]).toEqual([[], 0]);
  });
});
