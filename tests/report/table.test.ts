import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutTable } from '../../src/report/table.ts';

const COLUMNS = [
  { title: 'Name', shortest: 6 },
  { title: 'Kind', drop: 1 },
  { title: 'Bytes', right: true },
];
const ROWS = [
  ['a-rather-long-name', 'pump', '12'],
  ['b', 'ventilator', '1,234'],
];

function render(width: number): string[] {
  const layout = layoutTable(COLUMNS, ROWS, width);
  return [layout.header(), ...ROWS.map(row => layout.row(row)), layout.dropped.join()];
}

describe('tables', () => {
  it('are as wide as they are when there is room', () => {
    expect(render(80)).toEqual([
      'Name                Kind        Bytes',
      'a-rather-long-name  pump           12',
      'b                   ventilator  1,234',
      '',
    ]);
  });

  it('shorten text before they leave out columns, and mark it', () => {
    expect(render(26)).toEqual([
      'Name     Kind        Bytes',
      'a-rath…  pump           12',
      'b        ventilator  1,234',
      '',
    ]);
  });

  it('leave out columns and name them', () => {
    expect(render(20)).toEqual([
      'Name           Bytes',
      'a-rather-lon…     12',
      'b              1,234',
      'Kind',
    ]);
  });

  it('never fit by cutting a number', () => {
    expect(render(3)[2]).toBe('b       1,234');
  });

  it('keep to the width as long as they can, and mark every cut', () => {
    const cell = fc.string({ maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, fc.nat().map(String))),
        fc.integer({ min: 24, max: 90 }),
        (rows, width) => {
          const layout = layoutTable(COLUMNS, rows, width);
          const lines = [layout.header(), ...rows.map(row => layout.row(row))];
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
          rows.forEach((row, i) => {
            expect(lines[i + 1]).toContain(row[2]);
          });
          if (layout.shortened.length > 0) expect(lines.some(line => line.includes('…'))).toBe(true);
        },
      ),
    );
  });

  it('show control characters', () => {
    expect(layoutTable([{ title: 'x' }], [['\u001b[2J']], 80).row(['\u001b[2J'])).toBe('\\u{1b}[2J');
  });
});
