import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { play, recordsOf } from '../../../support/fake-flow.ts';
import {
  associateAc,
  associateRq,
  bytes,
  COMMAND,
  command,
  commandSet,
  ctObject,
  dataset,
  IMPLICIT,
  LAST,
  pData,
  pdv,
  RELEASE_RQ,
  response,
  storeRq,
} from './build.ts';
import { store } from './exchanges.ts';

describe('recognition', () => {
  const step = (opening: Uint8Array, fromStart = true) =>
    play(dicom, [[ORIG, opening]], { respPort: 50000, fromStart }).verdict;

  test('needs the application context name', () => {
    expect(step(associateRq())).toBe('match');
    expect(step(bytes(associateRq().subarray(0, 74), new Uint8Array(100)))).toBe('no');
    expect(step(bytes('GET / HTTP/1.1\r\n'))).toBe('no');
  });

  test('is unsure only while the beginning fits', () => {
    const request = associateRq();
    for (let length = 1; length < 99; length++) {
      expect(dicom.probe(openingOf(request.subarray(0, length)))).toBe('unsure');
    }
    expect(dicom.probe(openingOf(request.subarray(0, 99)))).toBe('match');
  });

  test('picks up a flow in its middle at a P-DATA-TF whose lengths agree, and only then', () => {
    // A second fragment in the PDU leaves the command group to tell it by.
    const request = pData(pdv(1, COMMAND | LAST, commandSet(storeRq())), pdv(1, LAST, ctObject(IMPLICIT)));
    expect(step(request, false)).toBe('match');
    expect(step(request)).toBe('no');
    const wrong = request.slice();
    wrong[20] = wrong[20]! + 2;
    expect(step(wrong, false)).toBe('no');
    const object = dataset(ctObject(IMPLICIT));
    expect(step(object, false)).toBe('match');
    for (const at of [1, 5, 9, 10, 11]) {
      const changed = object.slice();
      changed[at] = changed[at]! + (at === 11 ? 4 : 1);
      expect(step(changed, false)).toBe('no');
    }
  });

  test('looks for the next PDU where a flow is picked up inside one, at a port of DICOM only', () => {
    const inside = bytes(new Uint8Array(3000).fill(4), command(response(0x0001, 1, 0)));
    expect(step(inside, false)).toBe('no');
    for (const segment of [1460, 700, 1]) {
      const played = play(dicom, [[ORIG, inside]], { respPort: 104, fromStart: false, segment });
      expect(played.verdict).toBe('match');
      expect(recordsOf(played, 'dicom')).toMatchObject([
        { event: 'dimse', command: 'C-STORE-RQ', status: 0 },
      ]);
      expect(played.weirds).toEqual([]);
    }
    expect(play(dicom, [[ORIG, new Uint8Array(20_000)]], { respPort: 104, fromStart: false }).verdict).toBe(
      'no',
    );
  });

  test('one direction is enough, either of them', () => {
    const answers = store().filter(step => !('gap' in step) && step[0] === RESP);
    const played = play(dicom, answers, { respPort: 50000 });
    expect(recordsOf(played, 'dicom')).toMatchObject([
      { event: 'associate', result: 'accepted', transfer_syntaxes: ['Implicit VR Little Endian'] },
      { event: 'dimse', command: 'C-STORE-RQ', status: 0 },
    ]);
    expect(played.weirds).toEqual(['dicom_unexpected_accept', 'dicom_response_without_request']);
    const questions = store().filter(step => !('gap' in step) && step[0] === ORIG);
    const asked = play(dicom, questions, { respPort: 50000 });
    expect(recordsOf(asked, 'dicom')).toMatchObject([
      { event: 'dimse', command: 'C-STORE-RQ', manufacturer: 'ACME MEDICAL' },
      { event: 'associate', presentation_contexts: ['1 CT Image Storage: no answer'] },
      { event: 'stored', instances: 1, completed: 0 },
      { event: 'release' },
    ]);
    expect(asked.phi).toHaveLength(1);
    expect(asked.weirds).toEqual([]);
  });

  test('tells the server by who asks for the association', () => {
    const empty = new Uint8Array(0);
    const opening = (orig: Uint8Array, resp: Uint8Array) => ({ ...openingOf(orig), resp });
    expect(dicom.server!(opening(associateRq(), empty))).toBe(RESP);
    expect(dicom.server!(opening(empty, associateRq()))).toBe(ORIG);
    expect(dicom.server!(opening(associateAc(), empty))).toBe(ORIG);
    expect(dicom.server!(opening(empty, associateAc()))).toBe(RESP);
    expect(dicom.server!(opening(RELEASE_RQ, empty))).toBeUndefined();
  });

  test('decodes from the middle without anomalies', () => {
    const played = play(dicom, store().slice(2), { fromStart: false });
    expect(recordsOf(played, 'dicom')).toMatchObject([
      { event: 'dimse', command: 'C-STORE-RQ', status: 0, sop_class: 'CT Image Storage' },
      { event: 'release' },
    ]);
    expect(played.weirds).toEqual([]);
    // The transfer syntax was not seen: the data set itself tells.
    expect(played.phi).toEqual(play(dicom, store()).phi);
  });
});

function openingOf(orig: Uint8Array) {
  return {
    transport: 'tcp',
    orig,
    resp: new Uint8Array(0),
    origPort: 40000,
    respPort: 104,
    portHint: true,
    fromStart: true,
  } as const;
}
