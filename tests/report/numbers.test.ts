import { expect, test } from 'vitest';
import { bytesText, countText } from '../../src/report/numbers.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('%s is written %s', (count, text) => {
  expect(countText(count)).toBe(text);
});

test('nouns take their plural', () => {
  expect(countText(1, 'frame')).toBe('1 frame');
  expect(countText(0, 'frame')).toBe('0 frames');
  expect(countText(1200, 'frame')).toBe('1,200 frames');
});

test.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [5e12, '5.0 TB'],
])('%s bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
