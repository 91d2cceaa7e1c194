import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_ROWS } from '../../src/model/batch.ts';
import { f, type Moment, stream } from '../../src/model/schema.ts';
import { RecordStore } from '../../src/pipeline/record-store.ts';
import { type Everything, everything, record, rowsOf, stored } from '../support/records.ts';

const small = stream('small', 'A time and a number.', {
  ts: f.time('Time.'),
  n: f.count('Number.'),
  text: f.string('Text.'),
});

interface Appended {
  readonly item: Everything;
  readonly shard: number;
}

/** Rows in the order they must be read: by time, shard, and number within the shard. */
function expected(appended: readonly Appended[]) {
  const compare = (a: Moment, b: Moment) => a.sec - b.sec || a.nsec - b.nsec;
  return appended
    .map((entry, number) => ({ ...entry, number }))
    .toSorted((a, b) => compare(a.item.ts!, b.item.ts!) || a.shard - b.shard || a.number - b.number)
    .map(entry => stored(entry.item));
}

function fill(store: RecordStore, appended: readonly Appended[]): void {
  for (const { item, shard } of appended) store.append(everything, item, shard);
}

/** Many small records with times in a scrambled order. */
function fillSmall(store: RecordStore, count: number): void {
  for (let i = 0; i < count; i++) {
    store.append(
      small,
      { ts: { sec: (i * 7919) % 1000, nsec: i % 10 }, n: i, text: `text ${i % 20}` },
      i % 64,
    );
  }
}

const numbers = (store: RecordStore) => rowsOf(store.read('small')).map(row => row['n'] as number);

describe('RecordStore', () => {
  it('reads what was appended, by time, shard and number', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ item: record, shard: fc.nat(63) }), { maxLength: 80 }), appended => {
        const store = new RecordStore();
        fill(store, appended);
        expect(rowsOf(store.read('everything'))).toEqual(expected(appended));
        expect(store.count('everything')).toBe(appended.length);
      }),
      { numRuns: 100 },
    );
  });

  it('can be read again, and appended to in between', () => {
    const store = new RecordStore();
    const at = (sec: number) => ({ ts: { sec, nsec: 0 }, n: sec });
    store.append(small, at(3), 0);
    store.append(small, at(1), 0);
    expect(numbers(store)).toEqual([1, 3]);
    expect(numbers(store)).toEqual([1, 3]);
    store.append(small, at(2), 0);
    expect(numbers(store)).toEqual([1, 2, 3]);
  });

  it('knows its streams', () => {
    const store = new RecordStore();
    expect([store.names, [...store.read('small')], store.count('small')]).toEqual([[], [], 0]);
    store.append(small, { ts: { sec: 0, nsec: 0 } }, 0);
    store.append(everything, { ts: { sec: 0, nsec: 0 } }, 0);
    expect(store.names).toEqual(['everything', 'small']);
    expect([store.schema('small'), store.schema('none')]).toEqual([small, undefined]);
  });

  it('with a tiny budget everything spills, and reads the same', () => {
    const plain = new RecordStore();
    const tiny = new RecordStore(1);
    const count = 3 * BATCH_ROWS + 500;
    fillSmall(plain, count);
    fillSmall(tiny, count);
    expect(plain.spilled).toBe(0);
    expect(tiny.spilled).toBeGreaterThan(count * 10);
    const rows = rowsOf(plain.read('small'));
    expect(rows).toHaveLength(count);
    expect(rowsOf(tiny.read('small'))).toEqual(rows);
    expect(rowsOf(tiny.read('small'))).toEqual(rows);
    tiny.close();
  });

  it.skipIf(process.platform !== 'linux')('the disk never has records in clear', () => {
    const store = new RecordStore(1);
    const text = 'MRN-4711 of Zebedee Quartz';
    for (let row = 0; row < 2 * BATCH_ROWS; row++)
      store.append(everything, { ts: { sec: row, nsec: 0 }, text: `${text} ${row}` } as never, 0);
    expect(store.spilled).toBeGreaterThan(0);
    // The file has no name any more; its descriptor still leads to it.
    const spilled = readdirSync('/proc/self/fd')
      .filter(fd => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).includes('medtap-');
        } catch {
          return false;
        }
      })
      .map(fd => readFileSync(`/proc/self/fd/${fd}`, 'latin1'));
    expect(spilled.some(content => content.length === store.spilled)).toBe(true);
    for (const content of spilled) expect(content).not.toContain('Zebedee');
    expect(rowsOf(store.read('everything')).every(row => JSON.stringify(row).includes(text))).toBe(true);
    store.close();
  });

  it('every kind of column survives the disk', () => {
    const appended = fc.sample(fc.record({ item: record, shard: fc.nat(3) }), {
      numRuns: BATCH_ROWS + 100,
      seed: 7,
    });
    const store = new RecordStore(1);
    fill(store, appended);
    expect(store.spilled).toBeGreaterThan(0);
    expect(rowsOf(store.read('everything'))).toEqual(expected(appended));
    store.close();
  });

  it('spills the largest stream first', () => {
    const store = new RecordStore(1 << 20);
    for (let i = 0; i < BATCH_ROWS; i++) store.append(small, { ts: { sec: i, nsec: 0 }, n: i }, 0);
    for (let i = 0; i < 4 * BATCH_ROWS; i++) {
      store.append(
        everything,
        { ts: { sec: i, nsec: 0 }, text: `a text that is long enough to count ${i}` },
        0,
      );
    }
    expect(store.spilled).toBeGreaterThan(4 * BATCH_ROWS * 30);
    expect(numbers(store)).toHaveLength(BATCH_ROWS);
    expect(rowsOf(store.read('everything'))).toHaveLength(4 * BATCH_ROWS);
    store.close();
  });

  it('a stream being read is not disturbed when reading another one spills it', () => {
    const store = new RecordStore(400_000);
    fillSmall(store, 2 * BATCH_ROWS);
    for (let i = 0; i < 100; i++) {
      store.append(everything, { ts: { sec: i, nsec: 0 }, text: `${i}${'x'.repeat(2000)}` }, 0);
    }
    const outer = store.read('small');
    const first = outer.next().value!;
    expect(store.spilled).toBe(0);
    // Seals the other stream; together they are over the budget, and the one being read is the larger.
    expect(rowsOf(store.read('everything'))).toHaveLength(100);
    expect(store.spilled).toBeGreaterThan(0);
    expect([first, ...outer].reduce((sum, batch) => sum + batch.length, 0)).toBe(2 * BATCH_ROWS);
    store.close();
  });

  it('lets go of a stream', () => {
    const store = new RecordStore(1);
    fillSmall(store, BATCH_ROWS);
    store.drop('small');
    expect([store.names, [...store.read('small')]]).toEqual([[], []]);
    fillSmall(store, 3);
    expect(numbers(store)).toHaveLength(3);
    store.close();
  });

  it('holds batches, not the input, in memory while it reads what was spilled', () => {
    const store = new RecordStore(1);
    fillSmall(store, 4 * BATCH_ROWS);
    for (const batch of store.read('small')) expect(batch.length).toBeLessThanOrEqual(BATCH_ROWS);
    store.close();
  });

  it.skipIf(process.platform !== 'linux')(
    'the spill file is of mode 0600 and unlinked while it is open',
    () => {
      const open = () =>
        readdirSync('/proc/self/fd').flatMap(fd => {
          try {
            const target = readlinkSync(`/proc/self/fd/${fd}`);
            return target.includes(`medtap-${process.pid}-`) ? [{ fd, target }] : [];
          } catch {
            return [];
          }
        });
      expect(open()).toEqual([]);
      const store = new RecordStore(1);
      fillSmall(store, BATCH_ROWS);
      const [file] = open();
      expect(file?.target).toMatch(/ \(deleted\)$/);
      expect(statSync(`/proc/self/fd/${file!.fd}`).mode & 0o777).toBe(0o600);
      expect(readFileSync(`/proc/self/fd/${file!.fd}`).length).toBe(store.spilled);
      store.close();
      expect(open()).toEqual([]);
    },
  );
});
