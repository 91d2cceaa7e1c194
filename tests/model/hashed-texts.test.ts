import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HashedTexts } from '../../src/model/hashed-texts.ts';

test('gives back the numbers that a map would, whatever it has grown to', () => {
  const entry = fc.tuple(fc.string({ maxLength: 4 }), fc.integer({ min: 1, max: 9 }), fc.nat(3));
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1000, maxLength: 5000 }), entries => {
      const texts = new HashedTexts();
      const map = new Map<string, number>();
      for (const [text, number, of] of entries) {
        texts.set(text, number, of);
        map.set(`${of} ${text}`, number);
      }
      expect(texts.size).toBe(map.size);
      for (const [text, , of] of entries) expect(texts.get(text, of)).toBe(map.get(`${of} ${text}`));
      expect(texts.get('a text that was never given', 0)).toBe(0);
    }),
    { numRuns: 10 },
  );
});
