/** The table against a plain map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, IndicatorTable } from '../../src/intel/table.ts';

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom('addr', 'domain', 'url'),
  text: fc.oneof(fc.constantFrom('a', 'b', 'aa', 'ä', '1.2.3.4'), fc.string({ minLength: 1, maxLength: 6 })),
  source: fc.constantFrom('x', 'y', 'z'),
  confidence: fc.option(fc.nat(100), { nil: undefined }),
  until: fc.option(fc.nat(1000), { nil: undefined }),
  description: fc.option(fc.string({ minLength: 1, maxLength: 5 }), { nil: undefined }),
  tags: fc.array(fc.constantFrom('t', 'u'), { maxLength: 2 }),
});

describe('a table of indicators', () => {
  it('finds every source of a text, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.array(entry, { maxLength: 10 }), (added, asked) => {
        const table = new IndicatorTable();
        for (const each of added) table.add(each);
        const origin = ({ source, confidence, tags }: Entry) => JSON.stringify([source, confidence, tags]);
        for (const { kind, text } of [...added, ...asked]) {
          const same = added.filter(each => each.kind === kind && each.text === text);
          const found = table.find(kind, text).map(index => table.entry(index));
          expect(new Set(found.map(origin))).toEqual(new Set(same.map(origin)));
          expect(found.length).toBe(new Set(same.map(origin)).size);
          for (const each of found) {
            const given = same.filter(other => origin(other) === origin(each));
            const ends = given.map(other => other.until ?? Number.POSITIVE_INFINITY);
            expect(each.until ?? Number.POSITIVE_INFINITY).toBe(Math.max(...ends));
            expect(each.description).toBe(given[0]!.description);
          }
        }
        expect(table.length + table.repeated).toBe(added.length);
      }),
      { numRuns: 500 },
    );
  });

  it('holds many, through every growth', () => {
    const table = new IndicatorTable();
    const common = { source: 's', confidence: 50, until: undefined, description: undefined, tags: [] };
    for (let i = 0; i < 50_000; i++) table.add({ kind: 'domain', text: `host-${i}.example`, ...common });
    for (let i = 0; i < 50_000; i += 7)
      expect(table.entry(table.find('domain', `host-${i}.example`)[0]!).text).toBe(`host-${i}.example`);
    expect(table.find('domain', 'host-50000.example')).toEqual([]);
    expect(table.find('url', 'host-1.example')).toEqual([]);
  });
});
