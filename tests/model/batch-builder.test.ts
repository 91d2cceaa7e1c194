import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_ROWS } from '../../src/model/batch.ts';
import { BatchBuilder, mergeRows } from '../../src/model/batch-builder.ts';
import { newFlowCodes, newFlowStamp } from '../../src/model/flow-stamp.ts';
import { f, flowStream } from '../../src/model/schema.ts';
import { type Everything, everything, record, rowsOf, stored } from '../support/records.ts';

function batchOf(records: readonly Everything[]) {
  const builder = new BatchBuilder(everything);
  for (const [i, item] of records.entries()) builder.append(item, i * 10);
  return builder.build();
}

describe('BatchBuilder', () => {
  it('gives back what was appended, in order, absent values absent', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 120 }), records => {
        const batch = batchOf(records);
        expect(batch.length).toBe(records.length);
        expect(rowsOf([batch])).toEqual(records.map(stored));
        expect([...batch.order]).toEqual(records.map((_, i) => i * 10));
      }),
      { numRuns: 150 },
    );
  });

  it('writes what a record has of its flow, but for a time and frame of its own', () => {
    const schema = flowStream('log', 'A stream.', { text: f.string('Text.') });
    const builder = new BatchBuilder(schema);
    const flow = { uid: 'C1', origHost: '10.0.0.1', origPort: 1, respHost: '10.0.0.2', respPort: 2 };
    const stamp = { ...newFlowStamp(), ...flow, sec: 7, nsec: 8, frame: 9, capture: 'a.pcap' };
    builder.append({ text: 'x', uid: 'replaced' }, 1, stamp);
    builder.append({ ts: { sec: 1, nsec: 2 }, frame: 3, text: undefined }, 2, stamp);
    const ends = { 'id.orig_h': '10.0.0.1', 'id.orig_p': 1, 'id.resp_h': '10.0.0.2', 'id.resp_p': 2 };
    const common = { uid: 'C1', ...ends, capture: 'a.pcap' };
    expect(rowsOf([builder.build()])).toEqual([
      { ...common, ts: { sec: 7, nsec: 8 }, frame: 9, text: 'x' },
      { ...common, ts: { sec: 1, nsec: 2 }, frame: 3 },
    ]);
  });

  it('remembers the codes of a flow as long as they hold', () => {
    const schema = flowStream('log', 'A stream.', {});
    const [one, two] = [new BatchBuilder(schema), new BatchBuilder(schema)];
    const stamp = { ...newFlowStamp(), uid: 'C1', origHost: 'a', respHost: 'b' };
    const hosts = (builder: typeof one) =>
      rowsOf([builder.build()]).map(row => [row['uid'], row['id.orig_h'], row['id.resp_h']]);
    two.append({}, 1, { ...stamp, uid: 'C0', codes: newFlowCodes() });
    for (const builder of [one, one, two, one]) builder.append({}, 2, stamp);
    // Originator and responder have changed places.
    one.append({}, 3, { ...stamp, origHost: 'b', respHost: 'a' });
    expect(hosts(one)).toEqual([...Array(3).fill(['C1', 'a', 'b']), ['C1', 'b', 'a']]);
    expect(hosts(two)).toEqual([
      ['C0', 'a', 'b'],
      ['C1', 'a', 'b'],
    ]);
    two.append({}, 4, { ...stamp, uid: 'C2', codes: newFlowCodes() });
    two.append({}, 4, stamp);
    expect(hosts(two).map(([uid]) => uid)).toEqual(['C2', 'C1']);
  });

  it('begins anew after a batch', () => {
    const builder = new BatchBuilder(everything);
    builder.append({ ts: { sec: 1, nsec: 0 }, text: 'a', count: 5 }, 1);
    const first = builder.build();
    builder.append({ ts: { sec: 2, nsec: 0 }, text: 'b' }, 2);
    expect(rowsOf([first, builder.build()])).toEqual([
      { ts: { sec: 1, nsec: 0 }, text: 'a', count: 5 },
      { ts: { sec: 2, nsec: 0 }, text: 'b' },
    ]);
    expect([builder.length, builder.full]).toEqual([0, false]);
  });

  it('is full at its rows; a column that begins late is absent before', () => {
    const builder = new BatchBuilder(everything);
    for (let i = 0; i < BATCH_ROWS; i++) {
      expect(builder.full).toBe(false);
      builder.append(
        { ts: { sec: i, nsec: 0 }, ...(i === BATCH_ROWS - 1 ? { count: 7, flag: false, text: 'x' } : {}) },
        i,
      );
    }
    expect(builder.full).toBe(true);
    const batch = builder.build();
    expect(batch.row(BATCH_ROWS - 2)).toEqual({ ts: { sec: BATCH_ROWS - 2, nsec: 0 } });
    expect(batch.row(BATCH_ROWS - 1)).toEqual({
      ts: { sec: BATCH_ROWS - 1, nsec: 0 },
      count: 7,
      flag: false,
      text: 'x',
    });
    expect(batch.sec(BATCH_ROWS - 1)).toBe(BATCH_ROWS - 1);
  });

  it('keeps repeated texts once, and distinct texts all the same', () => {
    const texts = (text: (i: number) => string) =>
      batchOf(Array.from({ length: 2000 }, (_, i) => ({ ts: { sec: i, nsec: 0 }, text: text(i) })));
    const repeated = texts(i => `value ${i % 5}`);
    const column = repeated.column('text');
    expect(column?.kind === 'dict' && column.dict).toHaveLength(6);
    const distinct = texts(i => `value ${i}`);
    expect(Array.from({ length: 2000 }, (_, i) => distinct.value(i, 'text'))).toEqual(
      Array.from({ length: 2000 }, (_, i) => `value ${i}`),
    );
  });
});

describe('mergeRows', () => {
  it('picks rows of several batches into one', () => {
    const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 5,
    });
    const picks = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 });
    fc.assert(
      fc.property(batches, picks, (lists, picks) => {
        const sources = picks.map(([source]) => source % lists.length);
        const rows = picks.map(([, row], i) => row % lists[sources[i]!]!.length);
        const built = lists.map(batchOf);
        const merged = mergeRows(built, Uint32Array.from(sources), Uint32Array.from(rows));
        expect(rowsOf([merged])).toEqual(rows.map((row, i) => stored(lists[sources[i]!]![row]!)));
        expect([...merged.order]).toEqual(rows.map(row => row * 10));
      }),
      { numRuns: 200 },
    );
  });

  it('makes a dictionary of what is used only', () => {
    const batch = batchOf(
      Array.from({ length: 30 }, (_, i) => ({ ts: { sec: i, nsec: 0 }, text: `text ${i % 3}` })),
    );
    const merged = mergeRows([batch], Uint32Array.of(0, 0), Uint32Array.of(4, 7));
    const column = merged.column('text');
    expect(column?.kind === 'dict' && column.dict).toEqual(['', 'text 1']);
  });
});
