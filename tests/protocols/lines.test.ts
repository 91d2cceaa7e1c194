import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineReader, lineReader, readLine, resetLine } from '../../src/protocols/lines.ts';

/** Feeds the bytes in segments, as the stream layer does, and collects the lines. */
function linesOf(text: string, limit: number, cuts: readonly number[]): { line: string; cut: boolean }[] {
  const bytes = Buffer.from(text, 'latin1');
  const reader = lineReader(limit);
  const lines: { line: string; cut: boolean }[] = [];
  let consumed = 0;
  for (const end of [...new Set([...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  )) {
    let at = consumed;
    while (at < end) {
      at = readLine(reader, bytes, at, end);
      if (!reader.found) break;
      lines.push({ line: bytes.toString('latin1', reader.from, reader.to), cut: reader.cut });
    }
    expect(at).toBeGreaterThanOrEqual(consumed);
    consumed = at;
  }
  return lines;
}

describe('readLine', () => {
  it('ends lines at CR LF and at a bare line feed', () => {
    expect(linesOf('one\r\ntwo\nthree\r\n\r\nrest', 100, [])).toEqual([
      { line: 'one', cut: false },
      { line: 'two', cut: false },
      { line: 'three', cut: false },
      { line: '', cut: false },
    ]);
  });

  it('keeps a carriage return within a line', () => {
    expect(linesOf('a\rb\r\r\n', 100, []).map(({ line }) => line)).toEqual(['a\rb\r']);
  });

  it('gives out a line of exactly the limit whole', () => {
    expect(linesOf('12345678\r\nx\n', 8, [])).toEqual([
      { line: '12345678', cut: false },
      { line: 'x', cut: false },
    ]);
  });

  it('cuts a longer line and discards its rest', () => {
    expect(linesOf('123456789\r\nx\n', 8, [])).toEqual([
      { line: '12345678', cut: true },
      { line: 'x', cut: false },
    ]);
    expect(linesOf(`${'y'.repeat(5000)}\nx\n`, 8, [9, 10, 11, 4000])).toEqual([
      { line: 'yyyyyyyy', cut: true },
      { line: 'x', cut: false },
    ]);
  });

  it('gives the same lines however the bytes are cut', () => {
    const piece = fc.constantFrom('a', 'bc', '\r', '\n', '\r\n', 'dddddddddd');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(200), { maxLength: 6 }),
        (pieces, cuts) => {
          const text = pieces.join('');
          expect(linesOf(text, 8, cuts)).toEqual(linesOf(text, 8, []));
        },
      ),
    );
  });

  it('does not look beyond the end it is given', () => {
    const reader = lineReader(10);
    const next = readLine(reader, Buffer.from('abc\n'), 0, 3);
    expect([reader.found, next]).toEqual([false, 0]);
  });

  it('forgets the line under way on reset', () => {
    const reader: LineReader = lineReader(2);
    readLine(reader, Buffer.from('abcdef'), 0, 6);
    expect(reader.discarding).toBe(true);
    resetLine(reader);
    readLine(reader, Buffer.from('x\n'), 0, 2);
    expect([reader.found, reader.from, reader.to]).toEqual([true, 0, 1]);
  });
});
