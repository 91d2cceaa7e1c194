import { expect, test } from 'vitest';
import {
  EXPLICIT_BIG,
  EXPLICIT_LITTLE,
  encodingOf,
  IMPLICIT_LITTLE,
  uidName,
} from '../../../../src/protocols/clinical/dicom/uids.ts';

test('names well-known UIDs and leaves others as they are', () => {
  expect(uidName('1.2.840.10008.1.1')).toBe('Verification SOP Class');
  expect(uidName('1.2.840.10008.5.1.4.31')).toBe('Modality Worklist Information Model - FIND');
  expect(uidName('1.2.840.10008.1.2.1')).toBe('Explicit VR Little Endian');
  expect(uidName('1.2.3')).toBe('1.2.3');
  expect(uidName('toString')).toBe('toString');
});

test.each([
  ['1.2.840.10008.1.2', IMPLICIT_LITTLE],
  ['1.2.840.10008.1.2.1', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.2', EXPLICIT_BIG],
  ['1.2.840.10008.1.2.5', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.4.70', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.4.95', undefined],
  ['1.2.840.10008.1.2.1.99', undefined],
  ['1.2.840.113619.5.2', undefined],
  ['', undefined],
])('encoding under %s', (syntax, encoding) => {
  expect(encodingOf(syntax)).toEqual(encoding);
});
