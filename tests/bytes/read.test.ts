import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexOf, startsWith, u8, u16be, u16le, u24be, u32be, u32le } from '../../src/bytes/read.ts';
import { toBytes } from '../support/frames.ts';

const bytes = fc.uint8Array({ minLength: 4, maxLength: 200 });

describe('integers', () => {
  it('read as a DataView reads them, at any offset', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (bytes, offset) => {
        const at = offset % (bytes.length - 3);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        expect(u8(bytes, at)).toBe(view.getUint8(at));
        expect(u16be(bytes, at)).toBe(view.getUint16(at));
        expect(u16le(bytes, at)).toBe(view.getUint16(at, true));
        expect(u24be(bytes, at)).toBe(view.getUint32(at) >>> 8);
        expect(u32be(bytes, at)).toBe(view.getUint32(at));
        expect(u32le(bytes, at)).toBe(view.getUint32(at, true));
      }),
    );
  });

  it('are never negative', () => {
    const ones = new Uint8Array(4).fill(255);
    expect([u16be, u16le, u24be, u32be, u32le].map(read => read(ones, 0))).toEqual([
      0xffff, 0xffff, 0xffffff, 0xffffffff, 0xffffffff,
    ]);
  });
});

describe('startsWith', () => {
  const http = toBytes('xxGET /');
  it('compares exactly, from an offset, within the end', () => {
    expect(startsWith(http, 2, 7, 'GET ')).toBe(true);
    expect(startsWith(http, 2, 7, '')).toBe(true);
    expect(startsWith(http, 2, 7, 'get ')).toBe(false);
    expect(startsWith(http, 0, 7, 'GET ')).toBe(false);
    expect(startsWith(http, 2, 5, 'GET ')).toBe(false);
  });
});

describe('indexOf', () => {
  it('finds the first one in the range, and never looks beyond it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200, max: 3 }),
        fc.nat(3),
        fc.nat(200),
        fc.nat(200),
        (bytes, byte, a, b) => {
          const [at, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
          const expected = Array.from(bytes).findIndex((value, i) => i >= at && i < end && value === byte);
          expect(indexOf(bytes, byte, at, end)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds what lies far away', () => {
    const far = new Uint8Array(10_000);
    far[9_999] = 7;
    expect([indexOf(far, 7, 3, 10_000), indexOf(far, 7, 3, 9_999)]).toEqual([9_999, -1]);
  });
});
