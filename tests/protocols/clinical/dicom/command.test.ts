import { expect, test } from 'vitest';
import {
  C_CANCEL,
  C_STORE,
  commandName,
  isKnownOperation,
  readCommand,
} from '../../../../src/protocols/clinical/dicom/command.ts';
import { commandSet, response, storeRq, UID } from './build.ts';

test('decodes a request', () => {
  const set = commandSet([...storeRq(0x1234), [0x1030, 'MOVER'], [0x1031, 6]]);
  expect(readCommand(set, set.length)).toEqual({
    operation: C_STORE,
    isResponse: false,
    messageId: 0x1234,
    hasDataset: true,
    status: undefined,
    sopClass: UID.ct,
    sopInstance: expect.any(String),
    moveDestination: undefined,
    moveOriginator: 'MOVER',
    moveOriginatorId: 6,
    eventType: undefined,
    actionType: undefined,
    remaining: undefined,
    completed: undefined,
    failed: undefined,
    warned: undefined,
    invalidUid: false,
    hasPath: false,
    malformed: false,
  });
});

test('decodes a response: it names the request it answers', () => {
  const set = commandSet([
    ...response(0x0021, 8, 0xff00),
    [0x1020, 5],
    [0x1021, 3],
    [0x1022, 1],
    [0x1023, 2],
    [0x0110, 99],
  ]);
  expect(readCommand(set, set.length)).toMatchObject({
    isResponse: true,
    messageId: 8,
    status: 0xff00,
    remaining: 5,
    completed: 3,
    failed: 1,
    warned: 2,
    hasDataset: false,
  });
});

test('a cancellation names the request it cancels', () => {
  const set = commandSet([
    [0x0100, 0x0fff],
    [0x0120, 8],
  ]);
  expect(readCommand(set, set.length)).toMatchObject({
    operation: C_CANCEL,
    isResponse: false,
    messageId: 8,
  });
});

test('rejects truncated at every length', () => {
  const set = commandSet(storeRq());
  for (let length = 0; length < set.length; length++) {
    const command = readCommand(set, length);
    if (command !== undefined && !command.malformed) {
      // Only the ends of elements behind the command field are well-formed ends.
      expect(set.subarray(length, length + 2)).toEqual(new Uint8Array(2));
    }
  }
});

test.each([
  ['../../../etc/passwd', true],
  ['1.2.3; rm', true],
  ['1'.repeat(65), true],
  ['1'.repeat(64), false],
  ['1.2.840.10008.1.1', false],
])('checks UIDs for what no UID holds: %s', (uid, invalid) => {
  const set = commandSet([
    [0x0100, 1],
    [0x1000, uid],
  ]);
  expect(readCommand(set, set.length)!.invalidUid).toBe(invalid);
});

test.each([
  [0x1000, '../../../etc/passwd', true],
  [0x1000, 'C:\\x', true],
  [0x1000, '1.2..3', false],
  [0x0600, '../PACS', true],
  [0x0600, '/tmp', true],
  [0x0600, 'CT/MR', false],
])('tells a path in element %i: %s', (element, value, isPath) => {
  const set = commandSet([
    [0x0100, 1],
    [element, value],
  ]);
  expect(readCommand(set, set.length)!.hasPath).toBe(isPath);
});

test('decodes event and action types', () => {
  const set = commandSet([
    [0x0100, 0x0130],
    [0x1002, 2],
    [0x1008, 1],
  ]);
  expect(readCommand(set, set.length)).toMatchObject({ eventType: 2, actionType: 1 });
});

test('names commands', () => {
  expect(commandName(0x0001, false)).toBe('C-STORE-RQ');
  expect(commandName(0x0150, true)).toBe('N-DELETE-RSP');
  expect(commandName(0x0777, true)).toBe('0x8777');
  expect(isKnownOperation(0x0130)).toBe(true);
  expect(isKnownOperation(0x0131)).toBe(false);
});
