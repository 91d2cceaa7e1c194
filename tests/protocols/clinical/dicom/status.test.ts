import { expect, test } from 'vitest';
import { C_FIND, C_GET, C_MOVE, C_STORE } from '../../../../src/protocols/clinical/dicom/command.ts';
import { statusCategory, statusText } from '../../../../src/protocols/clinical/dicom/status.ts';

const N_SET = 0x0120;

test.each([
  [0x0000, 'success'],
  [0xff00, 'pending'],
  [0xff01, 'pending'],
  [0xfe00, 'cancel'],
  [0x0001, 'warning'],
  [0x0107, 'warning'],
  [0x0116, 'warning'],
  [0xb006, 'warning'],
  [0xa700, 'failure'],
  [0xc123, 'failure'],
  [0x0110, 'failure'],
  [0x0211, 'failure'],
  [0x1234, 'other'],
])('status %i is %s (PS3.7 annex C)', (status, category) => {
  expect(statusCategory(C_FIND, status)).toBe(category);
});

test.each([
  [C_STORE, 0xff00],
  [C_STORE, 0xfe00],
  [N_SET, 0xff01],
])('operation %i has no status %i', (operation, status) => {
  expect(statusCategory(operation, status)).toBe('other');
  expect(statusText(operation, status)).toBeUndefined();
});

test.each([
  [C_STORE, 0x0000, 'success'],
  [C_STORE, 0xa7ff, 'out of resources'],
  [C_STORE, 0xa900, 'data set does not match SOP class'],
  [C_STORE, 0xb007, 'data set does not match SOP class'],
  [C_STORE, 0xc001, 'cannot understand'],
  [C_FIND, 0xff00, 'pending'],
  [C_FIND, 0xa700, 'out of resources'],
  [C_FIND, 0xb000, undefined],
  [C_MOVE, 0xa801, 'move destination unknown'],
  [C_GET, 0xa801, undefined],
  [C_GET, 0xb000, 'sub-operations complete, one or more failures'],
  [C_MOVE, 0xc0ff, 'unable to process'],
  [N_SET, 0x0124, 'not authorized'],
  [N_SET, 0xb600, undefined],
])('operation %i, status %i in words', (operation, status, text) => {
  expect(statusText(operation, status)).toBe(text);
});
