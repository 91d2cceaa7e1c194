import { describe, expect, test } from 'vitest';
import {
  componentText,
  Fields,
  hasValue,
  parts,
  type Separators,
  unescaped,
} from '../../../../src/protocols/clinical/delimited.ts';
import { readSeparators, segmentName } from '../../../../src/protocols/clinical/hl7/segment.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const separatorsOf = (text: string) => readSeparators(bytesOf(text), 0, text.length);
const USUAL = separatorsOf('MSH|^~\\&|') as Separators;

test('reads the separators of a header', () => {
  expect(USUAL).toEqual({ field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 });
  expect(separatorsOf('MSH|^~|')).toMatchObject({ escape: 0, subcomponent: 0 });
  expect(separatorsOf('MSH|^~\\&#|')).toMatchObject({ subcomponent: 0x26 });
});

test.each([
  ['MSH', 'unfinished'],
  ['MSH|', 'unfinished'],
  ['MSH|^~\\&', 'unfinished'],
  ['MSHA^~\\&A', undefined],
  ['MSH|^a\\&|', undefined],
  ['MSH||', undefined],
  ['MSH|^|', undefined],
  ['MSH|^~\\&#^|', undefined],
  ['MSH\r^~\\&\r', undefined],
])('separators of %j: %s', (text, expected) => {
  expect(separatorsOf(text)).toBe(expected);
});

test('names only the segments that matter', () => {
  expect(segmentName(bytesOf('PID|1'), 0)).toBe('PID');
  expect(segmentName(bytesOf('\x0bMSH|'), 1)).toBe('MSH');
  expect(segmentName(bytesOf('TXA|1'), 0)).toBe('');
  expect(segmentName(bytesOf('PI'), 0)).toBe('');
});

test('numbers fields as HL7 does: in a header the separator is field 1', () => {
  const text = (line: string, isHeader: boolean) => {
    const bytes = bytesOf(line);
    const fields = new Fields().read(bytes, 0, bytes.length, 0x7c, isHeader);
    return Array.from({ length: fields.count }, (_, i) => line.slice(fields.start(i), fields.end(i)));
  };
  expect(text('MSH|^~\\&|APP|FAC|X', true)).toEqual(['MSH', '|', '^~\\&', 'APP', 'FAC', 'X']);
  expect(text('PID|1||ID|X', false)).toEqual(['PID', '1', '', 'ID', 'X']);
  expect(text('PID', false)).toEqual(['PID']);
  expect(text('MSH', true)).toEqual(['MSH']);
});

test('parts up to a limit, and none without a separator', () => {
  const bytes = bytesOf('a^b^c');
  const range = { from: 0, to: 5 };
  expect(parts(bytes, range, 0x5e, 2)).toEqual([
    { from: 0, to: 1 },
    { from: 2, to: 3 },
  ]);
  expect(parts(bytes, range, 0, 9)).toEqual([range]);
});

test.each([
  ['""', false],
  ['', false],
  ['  ', false],
  ['"x"', true],
  ['0', true],
])('%j is a value: %s', (text, expected) => {
  expect(hasValue(bytesOf(text), { from: 0, to: text.length })).toBe(expected);
});

describe('unescaped', () => {
  const plain = (text: string, separators = USUAL) =>
    Buffer.from(unescaped(bytesOf(text), { from: 0, to: text.length }, separators)).toString('latin1');

  test('resolves separators, leaves other sequences', () => {
    expect(plain(' A\\T\\B\\S\\C\\F\\D\\R\\E\\E\\ ')).toBe('A&B^C|D~E\\');
    expect(plain('A\\.br\\B\\X0D\\')).toBe('A\\.br\\B\\X0D\\');
    expect(plain('A\\T')).toBe('A\\T');
  });

  test('does nothing where no escape character is defined', () => {
    expect(plain('A\\T\\B', separatorsOf('MSH|^~|') as Separators)).toBe('A\\T\\B');
  });
});

test('text of a component is cut and trimmed', () => {
  const bytes = bytesOf(`APP^ ${'x'.repeat(300)} ~SECOND`);
  const fields = new Fields().read(bytes, 0, bytes.length, 0x7c);
  expect(componentText(fields, 0, USUAL, 1)).toBe('APP');
  expect(componentText(fields, 0, USUAL, 2)).toBe('x'.repeat(127));
  expect(componentText(fields, 0, USUAL, 3)).toBeUndefined();
  expect(componentText(fields, 1, USUAL, 1)).toBeUndefined();
});
