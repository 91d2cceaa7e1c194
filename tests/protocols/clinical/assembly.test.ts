import fc from 'fast-check';
import { expect, test } from 'vitest';
import { append, clear, isFull, newAssembly } from '../../../src/protocols/clinical/assembly.ts';

test('keeps the first bytes up to its limit, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 3000 }),
      (pieces, limit) => {
        const assembly = newAssembly(limit);
        const taken = pieces.map(piece => append(assembly, piece, 0, piece.length));
        const all = Buffer.concat(pieces);
        expect(Buffer.from(assembly.bytes.subarray(0, assembly.length))).toEqual(all.subarray(0, limit));
        expect(taken.reduce((sum, count) => sum + count, 0)).toBe(Math.min(limit, all.length));
        expect(isFull(assembly)).toBe(all.length >= limit);
      },
    ),
  );
});

test('does not reserve its limit beforehand', () => {
  expect(newAssembly(1 << 30).bytes.length).toBeLessThan(1000);
});

test('can be used again', () => {
  const assembly = newAssembly(4);
  append(assembly, new Uint8Array([1, 2, 3, 4, 5]), 1, 5);
  expect([...assembly.bytes.subarray(0, assembly.length)]).toEqual([2, 3, 4, 5]);
  clear(assembly);
  append(assembly, new Uint8Array([9]), 0, 1);
  expect([...assembly.bytes.subarray(0, assembly.length)]).toEqual([9]);
});
