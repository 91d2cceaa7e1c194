import { expect, test } from 'vitest';
import { isUid, paddedText, uidText } from '../../../../src/protocols/clinical/dicom/values.ts';
import { bytes } from './build.ts';

const text = (value: string) => paddedText(bytes(value), 0, value.length);
const uid = (value: string) => uidText(bytes(value), 0, value.length);

test('takes padding off text and cuts it', () => {
  expect(text('  CT 01 \0')).toBe('CT 01');
  expect(text('    ')).toBeUndefined();
  expect(text('x'.repeat(100))).toBe('x'.repeat(64));
  expect(text('\u00e9')).toBe('\\xe9');
});

test('takes padding off UIDs and keeps one character too many', () => {
  expect(uid('1.2.3\0')).toBe('1.2.3');
  expect(uid('\0')).toBeUndefined();
  expect(isUid(uid('1'.repeat(100))!)).toBe(false);
  expect(isUid(uid('1'.repeat(64))!)).toBe(true);
  expect(isUid('1.2.840/x')).toBe(false);
});
