import { describe, expect, test } from 'vitest';
import {
  abortReasonName,
  abortSourceName,
  identityTypeName,
  readAssociateAccept,
  readAssociateRequest,
  rejectReasonName,
  rejectResultName,
  rejectSourceName,
} from '../../../../src/protocols/clinical/dicom/association.ts';
import { associateAc, associateRq, identity, UID } from './build.ts';

const PDU_HEADER = 6;

test('decodes a request: titles, contexts, user information', () => {
  const body = associateRq({
    called: '  ARCHIVE ',
    calling: 'A',
    contexts: [
      { id: 1, abstract: UID.ct, transfers: [UID.implicit, UID.explicitLittle] },
      { id: 3, abstract: UID.verification },
    ],
    identity: identity(2, 'name', 'word'),
  }).subarray(PDU_HEADER);
  const request = readAssociateRequest(body, body.length)!;
  expect(request).toMatchObject({ calledAe: 'ARCHIVE', callingAe: 'A', contexts: 2, malformed: false });
  expect([...request.abstractSyntaxes]).toEqual([
    [1, UID.ct],
    [3, UID.verification],
  ]);
  expect(request.user.maxPdu).toBe(16384);
  expect(Buffer.from(request.user.identity!.primary).toString()).toBe('name');
  expect(Buffer.from(request.user.identity!.secondary).toString()).toBe('word');
});

test('decodes an acceptance: only accepted contexts have a transfer syntax', () => {
  const body = associateAc({
    contexts: [
      [1, UID.implicit],
      [3, 1],
      [5, UID.jpeg],
    ],
  }).subarray(PDU_HEADER);
  const accept = readAssociateAccept(body, body.length)!;
  expect([...accept.transferSyntaxes]).toEqual([
    [1, UID.implicit],
    [5, UID.jpeg],
  ]);
  expect(accept.malformed).toBe(false);
});

test('rejects truncated at every length', () => {
  const body = associateRq({ identity: identity(2, 'name', 'word') }).subarray(PDU_HEADER);
  const wellFormed: number[] = [];
  for (let length = 0; length < body.length; length++) {
    const request = readAssociateRequest(body, length);
    if (length < 68) expect(request).toBeUndefined();
    else if (!request!.malformed) wellFormed.push(length);
  }
  // The ends of the fixed part, of the application context and of the presentation context.
  expect(wellFormed).toEqual([68, 68 + 4 + 21, 68 + 25 + 8 + (4 + 25) + (4 + 17)]);
});

test('keeps what stands before an item that does not fit', () => {
  const body = associateRq().subarray(PDU_HEADER).slice();
  const userInformation = body.lastIndexOf(0x50);
  body[userInformation + 2] = 0xff;
  const request = readAssociateRequest(body, body.length)!;
  expect(request.malformed).toBe(true);
  expect([...request.abstractSyntaxes.values()]).toEqual([UID.ct]);
});

describe('names of codes (PS3.8 tables 9-21 and 9-26, PS3.7 table D.3-14)', () => {
  test('rejections', () => {
    expect(rejectResultName(1)).toBe('rejected-permanent');
    expect(rejectResultName(2)).toBe('rejected-transient');
    expect(rejectSourceName(2)).toBe('service-provider-acse');
    expect(rejectReasonName(1, 3)).toBe('calling-AE-title-not-recognized');
    expect(rejectReasonName(1, 7)).toBe('called-AE-title-not-recognized');
    expect(rejectReasonName(3, 2)).toBe('local-limit-exceeded');
  });

  test('aborts: a user gives no reason', () => {
    expect(abortSourceName(0)).toBe('service-user');
    expect(abortReasonName(0, 6)).toBeUndefined();
    expect(abortReasonName(2, 6)).toBe('invalid-PDU-parameter-value');
  });

  test('the number for anything else', () => {
    expect(rejectResultName(0)).toBe('0');
    expect(rejectSourceName(200)).toBe('200');
    expect(rejectReasonName(1, 5)).toBe('5');
    expect(rejectReasonName(9, 1)).toBe('1');
    expect(abortSourceName(1)).toBe('1');
    expect(abortReasonName(2, 3)).toBe('3');
    expect(identityTypeName(0)).toBe('0');
    expect(identityTypeName(6)).toBe('6');
  });
});
