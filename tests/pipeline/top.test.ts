import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Top } from '../../src/pipeline/top.ts';

it('keeps a superset of the largest, earlier ones first among equals', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.nat(8), (numbers, size) => {
      const top = new Top(size);
      const kept = numbers.map((value, i) => ({ value, i })).filter(({ value }) => top.offer(value));
      const best = (list: readonly { value: number; i: number }[]) =>
        list.toSorted((a, b) => b.value - a.value || a.i - b.i).slice(0, size);
      expect(best(kept)).toEqual(best(numbers.map((value, i) => ({ value, i }))));
    }),
  );
});
