import { describe, expect, test } from 'vitest';
import { ORIG } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { play, recordsOf } from '../../../support/fake-flow.ts';
import { associateRq, bytes, command, ctObject, dataset, IMPLICIT, storeRq } from './build.ts';
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

  test('picks up a flow in its middle at a command, and only then', () => {
    const request = command(storeRq());
    expect(step(request, false)).toBe('match');
    expect(step(request)).toBe('no');
    const wrong = request.slice();
    wrong[20] = wrong[20]! + 2;
    expect(step(wrong, false)).toBe('no');
    expect(step(dataset(ctObject(IMPLICIT)), false)).toBe('no');
  });

  test('decodes from the middle without anomalies', () => {
    const played = play(dicom, store().slice(2), { fromStart: false });
    expect(recordsOf(played, 'dicom')).toMatchObject([
      { event: 'dimse', command: 'C-STORE-RQ', status: 0, sop_class: 'CT Image Storage' },
      { event: 'release' },
    ]);
    expect(played.weirds).toEqual([]);
    expect(played.phi).toEqual([]);
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
