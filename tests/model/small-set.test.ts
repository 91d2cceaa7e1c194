import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallSet } from '../../src/model/small-set.ts';

test('holds what a set would, in its order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', '')), texts => {
      const small = new SmallSet();
      for (const text of texts) small.add(text);
      const set = new Set(texts);
      expect([[...small], small.size, small.has('a')]).toEqual([[...set], set.size, set.has('a')]);
    }),
  );
});
