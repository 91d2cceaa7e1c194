import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { play, recordsOf, shownText } from '../../../support/fake-flow.ts';
import {
  abort,
  associateAc,
  associateRj,
  associateRq,
  bytes,
  command,
  ctObject,
  dataset,
  IDENTITY_ANSWER,
  IMPLICIT,
  identity,
  item,
  RELEASE_RQ,
  storeRq,
  UID,
  u16,
} from './build.ts';

describe('associations', () => {
  test('decodes an accepted association', () => {
    const played = play(dicom, [
      [
        ORIG,
        associateRq({
          contexts: [
            { id: 1, abstract: UID.verification },
            { id: 3, abstract: '1.2.3.999' },
          ],
        }),
      ],
      [
        RESP,
        associateAc({
          contexts: [
            [1, UID.implicit],
            [3, 3],
          ],
          maxPdu: 32768,
        }),
      ],
      [ORIG, RELEASE_RQ],
    ]);
    expect(recordsOf(played, 'dicom')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        event: 'associate',
        is_orig: true,
        result: 'accepted',
        called_ae: 'PACS',
        calling_ae: 'CT01',
        application_context: '1.2.840.10008.3.1.1.1',
        implementation_class_uid: '1.2.276.0.7230010.3.0.3.6.7',
        implementation_version: 'OFFIS_DCMTK_367',
        acceptor_implementation_class_uid: '1.2.3.4',
        acceptor_implementation_version: 'ACCEPTOR_1',
        max_pdu: 16384,
        acceptor_max_pdu: 32768,
        contexts: 2,
        contexts_accepted: 1,
        context_results: ['abstract-syntax-not-supported', 'acceptance'],
        presentation_contexts: [
          '1 Verification SOP Class: acceptance, Implicit VR Little Endian',
          '3 1.2.3.999: abstract-syntax-not-supported',
        ],
        abstract_syntaxes: ['1.2.3.999', 'Verification SOP Class'],
        accepted_abstract_syntaxes: ['Verification SOP Class'],
        proposed_transfer_syntaxes: ['Implicit VR Little Endian'],
        transfer_syntaxes: ['Implicit VR Little Endian'],
      },
      {
        ts: { sec: 1_700_000_002, nsec: 0 },
        frame: 3,
        event: 'release',
        is_orig: true,
        called_ae: 'PACS',
        calling_ae: 'CT01',
        commands: 0,
        duration: 2,
      },
    ]);
    expect(played.identities).toEqual([
      { side: ORIG, attribute: 'ae_title', value: 'CT01' },
      { side: RESP, attribute: 'ae_title', value: 'PACS', confidence: 0.3 },
    ]);
    expect(played.weirds).toEqual([]);
  });

  test('decodes a rejection and its reason', () => {
    const played = play(dicom, [
      [ORIG, associateRq({ called: 'GUESS' })],
      [RESP, associateRj(1, 1, 7)],
    ]);
    expect(recordsOf(played, 'dicom')).toMatchObject([
      {
        event: 'reject',
        called_ae: 'GUESS',
        result: 'rejected-permanent',
        source: 'service-user',
        reason: 'called-AE-title-not-recognized',
      },
    ]);
  });

  test('decodes an abort by the responder', () => {
    const played = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
      [RESP, abort(2, 1)],
    ]);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      event: 'abort',
      is_orig: false,
      source: 'service-provider',
      reason: 'unrecognized-PDU',
    });
  });

  test('an association whose acceptance was lost has its record before its end', () => {
    for (const end of [RELEASE_RQ, abort(0, 0)]) {
      const played = play(dicom, [
        [ORIG, associateRq()],
        { gap: RESP, length: 200 },
        [ORIG, command(storeRq())],
        [ORIG, end],
      ]);
      expect(recordsOf(played, 'dicom').map(record => [record['event'], record['frame']])).toEqual([
        ['dimse', 3],
        ['associate', 1],
        ['stored', 4],
        [end === RELEASE_RQ ? 'release' : 'abort', 4],
      ]);
      expect(played.weirds).toEqual([]);
    }
  });

  test('what still comes after an abort is no anomaly', () => {
    const content = dataset(ctObject(IMPLICIT));
    const played = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
      [ORIG, command(storeRq())],
      [ORIG, content.subarray(0, 100)],
      [RESP, abort(0, 0)],
      [ORIG, content.subarray(100)],
      [ORIG, content],
    ]);
    expect(recordsOf(played, 'dicom').map(record => record['event'])).toEqual([
      'associate',
      'dimse',
      'stored',
      'abort',
    ]);
    expect(played.weirds).toEqual([]);
  });

  test('tells an association that just ends from one that was never answered', () => {
    const dropped = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
    ]);
    expect(recordsOf(dropped, 'dicom').map(record => record['event'])).toEqual(['associate', 'drop']);
    const unanswered = play(dicom, [[ORIG, associateRq()]]);
    expect(recordsOf(unanswered, 'dicom')).toMatchObject([{ event: 'associate', called_ae: 'PACS' }]);
    expect(recordsOf(unanswered, 'dicom')[0]).not.toHaveProperty('result');
  });

  test.each([
    ['accepted and confirmed', associateAc({ identity: IDENTITY_ANSWER }), true],
    ['accepted without confirmation', associateAc(), undefined],
    ['rejected', associateRj(1, 1, 1), false],
  ])('reports a clear-text login, %s', (_name, answer, success) => {
    const played = play(dicom, [
      [ORIG, associateRq({ identity: identity(2, 'CANARYUSER', 'CANARYSECRET') })],
      [RESP, answer],
    ]);
    expect(played.logins).toEqual([
      { protocol: 'dicom', user: 'CANARYUSER', secret: 'CANARYSECRET', secretKind: 'password', success },
    ]);
    expect(recordsOf(played, 'dicom')[0]!['user_identity_type'] ?? 'absent').toBe('username-passcode');
    expect(shownText(played)).not.toContain('CANARY');
  });

  test('decodes window and roles of both sides', () => {
    const window = (invoked: number, performed: number) => item(0x53, bytes(u16(invoked), u16(performed)));
    const role = (scu: number, scp: number) => item(0x54, bytes(u16(UID.ct.length), UID.ct, scu, scp));
    const played = play(dicom, [
      [ORIG, associateRq({ identity: bytes(window(8, 0), role(0, 1)) })],
      [RESP, associateAc({ identity: bytes(window(4, 1), role(0, 0)) })],
    ]);
    expect(recordsOf(played, 'dicom')[0]).toMatchObject({
      operations_invoked: 8,
      operations_performed: 0,
      acceptor_operations_invoked: 4,
      acceptor_operations_performed: 1,
      roles: ['CT Image Storage: SCP'],
      acceptor_roles: ['CT Image Storage: none'],
    });
  });

  test('shows a vendor account and nobody else', () => {
    const user = (name: string) =>
      recordsOf(play(dicom, [[ORIG, associateRq({ identity: identity(1, name) })]]), 'dicom')[0]!;
    expect(user('insite')).toMatchObject({ user_identity_type: 'username', account: 'insite' });
    expect(user('CANARYUSER')).toMatchObject({ user: { kind: 'user' } });
    expect(user('CANARYUSER')).not.toHaveProperty('account');
  });

  test('reports more contexts than there are identifiers', () => {
    const contexts = Array.from({ length: 3000 }, (_, id) => ({ id: (2 * id + 1) & 255, abstract: UID.ct }));
    const played = play(dicom, [[ORIG, associateRq({ contexts })]]);
    expect(played.weirds).toEqual(['dicom_context_limit', 'dicom_invalid_context_id']);
    expect(recordsOf(played, 'dicom')[0]).toMatchObject({ contexts: 3000 });
    expect(recordsOf(played, 'dicom')[0]!['presentation_contexts']).toHaveLength(128);
  });

  test('steps over what is too much of a request, and reads on', () => {
    const contexts = Array.from({ length: 10_000 }, (_, id) => ({
      id: (2 * id + 1) & 255,
      abstract: UID.ct,
    }));
    const played = play(dicom, [
      [ORIG, associateRq({ contexts })],
      [RESP, associateAc()],
      [ORIG, RELEASE_RQ],
    ]);
    expect(played.weirds).toContain('dicom_association_too_large');
    expect(played.weirds).not.toContain('dicom_malformed_association');
    expect(recordsOf(played, 'dicom')).toMatchObject([
      { event: 'associate', result: 'accepted', called_ae: 'PACS' },
      { event: 'release' },
    ]);
  });

  test('a title that leads out of a folder is told', () => {
    expect(play(dicom, [[ORIG, associateRq({ calling: '../../tmp' })]]).weirds).toEqual([
      'dicom_path_traversal',
    ]);
  });

  test('what nmap leaves behind: the titles it asks with, no request, no release', () => {
    const titles = { called: 'ANY-SCP', calling: 'ECHOSCU' };
    const played = play(dicom, [
      [ORIG, associateRq({ ...titles, contexts: [{ id: 1, abstract: UID.verification }] })],
      [RESP, associateAc()],
    ]);
    expect(recordsOf(played, 'dicom')[1]).toEqual(
      expect.objectContaining({ event: 'drop', called_ae: 'ANY-SCP', calling_ae: 'ECHOSCU', commands: 0 }),
    );
  });

  test('a user name alone is no login, a token is', () => {
    const login = (type: number) =>
      play(dicom, [
        [ORIG, associateRq({ identity: identity(type, 'CANARYSECRET') })],
        [RESP, associateAc()],
      ]);
    expect(login(1).logins).toEqual([]);
    expect(login(3).logins).toEqual([]);
    expect(login(5).logins).toMatchObject([{ secret: 'CANARYSECRET', secretKind: 'bearer' }]);
  });

  test('does not take AE titles from an acceptance', () => {
    const accepted = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
    ]);
    expect(JSON.stringify(accepted.records)).not.toContain('ECHOED');
  });
});
