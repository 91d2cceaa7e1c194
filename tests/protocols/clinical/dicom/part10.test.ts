import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicomPayload } from '../../../../src/protocols/clinical/dicom/part10.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import {
  bytesOf,
  everySplit,
  outcome,
  type Played,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../../support/fake-flow.ts';
import { BIG, bytes, CANARIES, ctObject, EXPLICIT, element, IMPLICIT, UID, u32 } from './build.ts';

/** A file of PS3.10 section 7.1. */
function file(
  content: Uint8Array,
  options: { syntax?: string; preamble?: Uint8Array | string; uid?: string } = {},
): Uint8Array {
  const meta = bytes(
    element(EXPLICIT, 0x0002, 0x0001, 'OB', bytes(0, 1)),
    element(EXPLICIT, 0x0002, 0x0002, 'UI', `${UID.ct}\0`),
    element(EXPLICIT, 0x0002, 0x0003, 'UI', options.uid ?? '1.2.3.4.50'),
    element(EXPLICIT, 0x0002, 0x0010, 'UI', options.syntax ?? UID.implicit),
    element(EXPLICIT, 0x0002, 0x0012, 'UI', '1.2.276.0.7230010.3.0.3.6.7\0'),
    element(EXPLICIT, 0x0002, 0x0013, 'SH', 'OFFIS_DCMTK_367'),
    element(EXPLICIT, 0x0002, 0x0016, 'AE', 'CT01'),
  );
  const preamble = new Uint8Array(128);
  preamble.set(bytesOf(options.preamble ?? ''));
  return bytes(preamble, 'DICM', element(EXPLICIT, 0x0002, 0, 'UL', u32(meta.length, true)), meta, content);
}

function post(body: Uint8Array): Step {
  const head = `POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`;
  return [ORIG, bytes(head, body)];
}

const sent = (body: Uint8Array): Played => play(http, [post(body)]);
const only = (played: Played) => {
  const records = recordsOf(played, 'dicom_file');
  expect(records).toHaveLength(1);
  return records[0]!;
};

test('decodes a file: what wrote it, what it is, who made it', () => {
  const played = sent(file(ctObject(IMPLICIT)));
  expect(only(played)).toEqual({
    ts: { sec: 1_700_000_000, nsec: 0 },
    frame: 1,
    source: 'HTTP',
    fuid: recordsOf(played, 'files')[0]!['fuid'],
    preamble: 'empty',
    transfer_syntax: 'Implicit VR Little Endian',
    sop_class: 'CT Image Storage',
    sop_class_uid: UID.ct,
    source_ae: 'CT01',
    implementation_class_uid: '1.2.276.0.7230010.3.0.3.6.7',
    implementation_version: 'OFFIS_DCMTK_367',
    phi_kinds: ['accession', 'birth_date', 'mrn', 'patient_name', 'physician_name', 'private'],
    private_elements: 1,
    modality: 'CT',
    manufacturer: 'ACME MEDICAL',
    model: 'SCANNER 9',
    station_name: 'CTROOM1',
    software_versions: 'v4.2',
  });
  expect(played.phi).toMatchObject([{ protocol: 'http', payload: 'dicom', carrier: 'CT Image Storage' }]);
  expect(played.phi[0]!.items[0]).toEqual({ kind: 'mrn', values: ['CANARYMRN77'] });
  // Passed on by whoever has the file.
  expect(played.identities.every(seen => seen.behind === true)).toBe(true);
  expect(played.weirds).toEqual([]);
  for (const canary of CANARIES) expect(shownText(played)).not.toContain(canary);
});

test.each([
  ['explicit little endian', UID.explicitLittle, ctObject(EXPLICIT)],
  ['explicit big endian', UID.explicitBig, ctObject(BIG)],
  ['deflated', UID.deflated, new Uint8Array(deflateRawSync(ctObject(EXPLICIT)))],
])('reads the same in %s', (_name, syntax, content) => {
  const played = sent(file(content, { syntax }));
  expect(played.phi).toEqual(sent(file(ctObject(IMPLICIT))).phi);
  expect(played.weirds).toEqual([]);
});

describe('the preamble', () => {
  it.each([
    ['MZ\x90\0', 'executable'],
    ['\x7fELF\x02\x01', 'executable'],
    ['\xcf\xfa\xed\xfe', 'executable'],
    ['\xca\xfe\xba\xbe', 'executable'],
    ['#!/bin/sh\n', 'executable'],
    ['II*\0', 'tiff'],
    ['MM\0*', 'tiff'],
    ['\x89PNG', 'other'],
    ['', 'empty'],
  ])('%j is %s', (preamble, kind) => {
    expect(only(sent(file(ctObject(IMPLICIT), { preamble })))['preamble']).toBe(kind);
  });

  it('of a program makes the file both', () => {
    const played = sent(file(ctObject(IMPLICIT), { preamble: 'MZ' }));
    expect(recordsOf(played, 'files')[0]).toMatchObject({
      mime_type: 'application/x-dosexec',
      analyzers: ['SHA256'],
    });
    expect(only(played)).toMatchObject({ preamble: 'executable', modality: 'CT' });
  });
});

test('does not depend on how the bytes were cut', () => {
  const exchange = [post(file(ctObject(EXPLICIT), { syntax: UID.explicitLittle }))];
  const whole = outcome(play(http, exchange));
  for (const { cut, played } of everySplit(http, exchange))
    expect(outcome(played), `cut at ${cut}`).toEqual(whole);
});

test('does not look at the pixels of a file', () => {
  const played = play(http, [post(file(ctObject(IMPLICIT, 2_000_000)))], { segment: 1460 });
  expect(only(played)).toMatchObject({ modality: 'CT' });
  expect(recordsOf(played, 'files')[0]).toMatchObject({ mime_type: 'application/dicom' });
  expect(played.given).toBeLessThan(20_000);
});

test('reads parts of DICOMweb', () => {
  const part = (content: Uint8Array) => bytes('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n', content);
  const body = bytes(
    part(file(ctObject(IMPLICIT))),
    part(file(ctObject(IMPLICIT, 30_000), { preamble: 'MZ' })),
    '\r\n--b--\r\n',
  );
  const head =
    'HTTP/1.1 200 OK\r\nContent-Type: multipart/related; type="application/dicom"; boundary=b\r\n' +
    `Content-Length: ${body.length}\r\n\r\n`;
  const played = play(http, [
    [ORIG, 'GET /dicom-web/studies/1.2.3 HTTP/1.1\r\nHost: h\r\n\r\n'],
    [RESP, bytes(head, body)],
  ]);
  expect(recordsOf(played, 'dicom_file').map(record => record['preamble'])).toEqual(['empty', 'executable']);
});

describe('what is wrong with a file', () => {
  it('no length of its file meta information', () => {
    const bad = file(ctObject(IMPLICIT));
    bad[136 + 4] = 0xff;
    bad.fill(0xff, 140, 144);
    const played = sent(bad);
    expect(played.weirds).toEqual(['dicom_malformed_file']);
    expect(only(played)).toMatchObject({ preamble: 'empty' });
  });

  it('a data set that breaks off', () => {
    const whole = file(ctObject(IMPLICIT));
    const played = sent(whole.subarray(0, whole.length - 180));
    expect(played.weirds).toEqual(['dicom_malformed_dataset']);
    expect(only(played)['phi_kinds']).toContain('accession');
  });

  it('a path in its UID', () => {
    expect(sent(file(ctObject(IMPLICIT), { uid: '../../x' })).weirds).toEqual([
      'dicom_invalid_uid',
      'dicom_path_traversal',
    ]);
  });

  it('is kept at every length, and with holes', () => {
    const whole = file(ctObject(IMPLICIT, 3000));
    for (let length = 0; length < whole.length; length += 7) sent(whole.subarray(0, length));
    const step = post(whole);
    const all = bytesOf(step[1 as never]);
    for (let at = 150; at < all.length - 300; at += 50) {
      const played = play(http, [
        [ORIG, all.subarray(0, at)],
        { gap: ORIG, length: 300 },
        [ORIG, all.subarray(at + 300)],
      ]);
      expect(recordsOf(played, 'dicom_file').length).toBeLessThan(2);
      expect(played.weirds.filter(name => name !== 'dicom_malformed_file')).toEqual([]);
    }
  });
});

test('takes nothing else for a DICOM file', () => {
  const probe = (head: Uint8Array, whole = false) =>
    dicomPayload.probe(head, { source: 'HTTP', side: ORIG }, whole);
  expect(probe(new Uint8Array(143))).toBe('unsure');
  expect(probe(new Uint8Array(143), true)).toBe('no');
  expect(probe(new Uint8Array(200))).toBe('no');
  expect(probe(file(ctObject(IMPLICIT)))).toBe('match');
});
