import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seqAdd, seqDelta } from '../../src/flows/sequence.ts';

const seq = fc.nat(0xffffffff);

describe('sequence numbers', () => {
  it('wrap', () => {
    expect(seqAdd(0xffffffff, 1)).toBe(0);
    expect(seqAdd(0xfffffff0, 0x20)).toBe(0x10);
    expect(seqDelta(5, 0xfffffffb)).toBe(10);
    expect(seqDelta(0xfffffffb, 5)).toBe(-10);
    expect(seqDelta(7, 7)).toBe(0);
  });

  it('the distance to what is added is what was added', () => {
    fc.assert(
      fc.property(seq, fc.nat(0x7fffffff), (a, n) => {
        expect(seqDelta(seqAdd(a, n), a)).toBe(n);
        expect(seqAdd(a, n)).toBe((a + n) % 0x1_0000_0000);
      }),
    );
  });

  it('a long stream counts across the wrap', () => {
    fc.assert(
      fc.property(seq, seq, (a, b) => {
        if (a !== b && Math.abs(seqDelta(a, b)) !== 2 ** 31) expect(seqDelta(a, b)).toBe(-seqDelta(b, a));
      }),
    );
  });
});
