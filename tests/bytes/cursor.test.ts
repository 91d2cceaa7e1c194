import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../../src/bytes/cursor.ts';

describe('Cursor', () => {
  it('reads in order, in both byte orders', () => {
    const cursor = new Cursor(
      Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 9),
      1,
      18,
    );
    expect([cursor.u8(), cursor.u16be(), cursor.u24be(), cursor.u32be()]).toEqual([
      1, 0x0203, 0x040506, 0x0708090a,
    ]);
    expect([cursor.u16le(), cursor.taken, cursor.left]).toEqual([0x0c0b, 12, 5]);
    expect([cursor.u32le(), [...cursor.view(1)], cursor.left, cursor.broken]).toEqual([
      0x100f0e0d,
      [17],
      0,
      false,
    ]);
  });

  it('never reads beyond its end, and stays broken', () => {
    const reads = ['u8', 'u16be', 'u24be', 'u32be', 'u16le', 'u32le'] as const;
    fc.assert(
      fc.property(fc.nat(12), fc.array(fc.constantFrom(...reads), { maxLength: 12 }), (length, calls) => {
        const bytes = new Uint8Array(20).fill(0xff);
        const cursor = new Cursor(bytes, 3, 3 + length);
        let fits = true;
        let used = 0;
        for (const call of calls) {
          const size = Number(call.replace(/\D/g, '')) / 8;
          fits &&= used + size <= length;
          if (fits) used += size;
          expect(cursor[call]()).toBe(fits ? 2 ** (size * 8) - 1 : 0);
          expect([cursor.broken, cursor.taken]).toEqual([!fits, used]);
        }
      }),
    );
  });

  it('takes no lengths that are negative or too large', () => {
    for (const length of [-1, 5, 2 ** 40]) {
      const cursor = new Cursor(new Uint8Array(4));
      expect([cursor.view(length).length, cursor.broken, cursor.skip(1)]).toEqual([0, true, false]);
    }
  });
});
