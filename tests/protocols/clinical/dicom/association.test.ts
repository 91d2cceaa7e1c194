import { describe, expect, test } from 'vitest';
import {
  readAssociateAccept,
  readAssociateRequest,
} from '../../../../src/protocols/clinical/dicom/association.ts';
import {
  abortReasonName,
  abortSourceName,
  contextResultName,
  identityTypeName,
  rejectReasonName,
  rejectResultName,
  rejectSourceName,
} from '../../../../src/protocols/clinical/dicom/outcome.ts';
import { associateAc, associateRq, bytes, identity, item, UID, u16 } from './build.ts';

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
  expect(request).toMatchObject({
    calledAe: 'ARCHIVE',
    callingAe: 'A',
    applicationContext: '1.2.840.10008.3.1.1.1',
    contextCount: 2,
    malformed: false,
    invalidContext: false,
    invalidUid: false,
    hasPath: false,
  });
  expect(request.contexts).toEqual([
    { id: 1, abstractSyntax: UID.ct, transferSyntaxes: [UID.implicit, UID.explicitLittle] },
    { id: 3, abstractSyntax: UID.verification, transferSyntaxes: [UID.implicit] },
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
  expect(accept.contexts).toEqual([
    { id: 1, result: 0, transferSyntax: UID.implicit },
    { id: 3, result: 1, transferSyntax: undefined },
    { id: 5, result: 0, transferSyntax: UID.jpeg },
  ]);
  expect(accept.malformed).toBe(false);
});

test('decodes asynchronous window, roles and extended negotiation', () => {
  const role = (scu: number, scp: number) => item(0x54, bytes(u16(UID.ct.length), UID.ct, scu, scp));
  const more = bytes(
    item(0x53, bytes(u16(4), u16(2))),
    role(0, 1),
    item(0x54, bytes(u16(200), UID.ct, 1, 1)),
    item(0x56, bytes(u16(UID.patientFind.length), UID.patientFind, 1, 1)),
    item(0x57, bytes(u16(UID.ct.length), UID.ct, u16(0), u16(0))),
  );
  const body = associateRq({ identity: more }).subarray(PDU_HEADER);
  expect(readAssociateRequest(body, body.length)!.user).toMatchObject({
    window: [4, 2],
    roles: [{ sopClass: UID.ct, scu: false, scp: true }],
    extended: [UID.patientFind, UID.ct],
  });
});

test('tells identifiers of contexts and UIDs that are none, and titles that lead out of a folder', () => {
  const request = (options: Parameters<typeof associateRq>[0]) => {
    const body = associateRq(options).subarray(PDU_HEADER);
    return readAssociateRequest(body, body.length)!;
  };
  const twice = [
    { id: 1, abstract: UID.ct },
    { id: 1, abstract: UID.ct },
  ];
  expect(request({ contexts: twice }).invalidContext).toBe(true);
  expect(request({ contexts: [{ id: 2, abstract: UID.ct }] }).invalidContext).toBe(true);
  expect(request({ contexts: [{ id: 1, abstract: '1.2;3' }] }).invalidUid).toBe(true);
  expect(request({ contexts: [{ id: 1, abstract: UID.ct, transfers: ['../x'] }] }).invalidUid).toBe(true);
  expect(request({ calling: '../../etc' }).hasPath).toBe(true);
  expect(request({ called: '/etc/cron.d' }).hasPath).toBe(true);
  expect(request({ called: 'CT/MR', calling: 'A..B' }).hasPath).toBe(false);
});

test('keeps 128 contexts of any number', () => {
  const contexts = Array.from({ length: 2000 }, (_, id) => ({ id: id & 255, abstract: UID.ct }));
  const body = associateRq({ contexts }).subarray(PDU_HEADER);
  const request = readAssociateRequest(body, body.length)!;
  expect([request.contextCount, request.contexts.length, request.malformed]).toEqual([2000, 128, false]);
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
  expect(request.contexts.map(context => context.abstractSyntax)).toEqual([UID.ct]);
});

describe('names of codes (PS3.8 tables 9-18, 9-21 and 9-26, PS3.7 table D.3-14)', () => {
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

  test('contexts', () => {
    expect(contextResultName(3)).toBe('abstract-syntax-not-supported');
    expect(contextResultName(4)).toBe('transfer-syntaxes-not-supported');
  });

  test('the number for anything else', () => {
    expect(contextResultName(5)).toBe('5');
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
