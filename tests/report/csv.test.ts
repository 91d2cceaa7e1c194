import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f, stream } from '../../src/model/schema.ts';
import { csvCell, csvHeader, csvRow } from '../../src/report/csv.ts';

const schema = stream('s', 'S.', {
  ts: f.time('T.'),
  name: f.string('N.'),
  n: f.count('C.'),
  all: f.strings('A.'),
});

describe('CSV', () => {
  it('has a header and one line per record, ended by CRLF', () => {
    expect(csvHeader(schema)).toBe('ts,name,n,all\r\n');
    expect(csvRow(schema, { ts: { sec: 0, nsec: 1000 }, name: 'a', n: 3, all: ['x', 'y'] })).toBe(
      '1970-01-01T00:00:00.000001Z,a,3,"x, y"\r\n',
    );
    expect(csvRow(schema, {})).toBe(',,,\r\n');
  });

  it.each([
    ['=1+1', `"'=1+1"`],
    ['+49', `"'+49"`],
    ['-x', `"'-x"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\tx', `"'\\u{9}x"`],
    ['\rx', `"'\\u{d}x"`],
    ['a"b', '"a""b"'],
    ['a,b', '"a,b"'],
    ['a\nb', 'a\\u{a}b'],
    ['\u001b[31m', '\\u{1b}[31m'],
    ['1=1', '1=1'],
    ['', ''],
  ])('%j is %s', (text, cell) => expect(csvCell(text)).toBe(cell));

  it('leaves numbers alone', () => expect(csvCell(-5)).toBe('-5'));

  it('comes back as it was shown, and never as a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const cell = csvCell(text);
        const body = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(body).not.toMatch(/^[=+\-@\t\r]|[\r\n]/);
        if (!cell.startsWith('"')) expect(cell).not.toMatch(/[",]/);
      }),
    );
  });
});
