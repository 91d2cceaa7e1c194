import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TextBuffer } from '../../src/report/text-buffer.ts';

function written(write: (out: TextBuffer) => void): string {
  const out = new TextBuffer();
  write(out);
  return new TextDecoder().decode(out.take());
}

describe('numbers', () => {
  test('integers are their decimal digits', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        expect(written(out => out.integer(value))).toBe(String(value === 0 ? 0 : value));
      }),
    );
    for (const value of [0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 10 ** 15, 2 ** 53 - 1]) {
      expect(written(out => out.integer(value))).toBe(String(value));
    }
  });

  test('fixed decimals are those of toFixed', () => {
    const micros = fc.integer({ min: 0, max: 10 ** 12 }).map(n => n / 1e6);
    fc.assert(
      fc.property(micros, value => {
        expect(written(out => out.fixed(value, 6, false))).toBe(value.toFixed(6));
        expect(Number(written(out => out.fixed(value, 9, true)))).toBe(value);
      }),
    );
  });

  test('trimmed decimals keep no zero and no bare point', () => {
    expect(written(out => out.fixed(2, 6, true))).toBe('2');
    expect(written(out => out.fixed(2.5, 6, true))).toBe('2.5');
    expect(written(out => out.fixed(0.000001, 6, true))).toBe('0.000001');
  });

  test('numbers too large for exact digits are still written', () => {
    expect(written(out => out.fixed(1e18, 6, false))).toBe('1000000000000000000.000000');
    expect(written(out => out.integer(1e22))).toBe('10000000000000000000000');
  });

  test('minus zero has no sign', () => {
    expect(written(out => out.fixed(-0.0000001, 6, false))).toBe('0.000000');
  });
});

test('grows with what it is given and starts anew when taken', () => {
  const out = new TextBuffer();
  const piece = new TextEncoder().encode('é'.repeat(100));
  for (let i = 0; i < 2000; i++) out.copy(piece, 0, piece.length);
  out.byte(10);
  const bytes = out.take();
  expect(bytes.length).toBe(400_001);
  expect(new TextDecoder().decode(bytes)).toBe(`${'é'.repeat(200_000)}\n`);
  expect(out.length).toBe(0);
});
