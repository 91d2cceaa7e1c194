import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { play, recordsOf, shownText } from '../../../support/fake-flow.ts';
import {
  associateAc,
  associateRq,
  BIG,
  bytes,
  CANARIES,
  COMMAND,
  command,
  commandSet,
  ctObject,
  dataset,
  EXPLICIT,
  element,
  HAS_DATASET,
  IMPLICIT,
  LAST,
  NO_DATASET,
  pData,
  pdv,
  RELEASE_RQ,
  response,
  storeRq,
  UID,
  type Writing,
} from './build.ts';
import { FIND, store } from './exchanges.ts';

describe('operations', () => {
  test('decodes a C-STORE with its response', () => {
    const played = play(dicom, store());
    const content = ctObject(IMPLICIT);
    expect(recordsOf(played, 'dicom')[1]).toEqual({
      ts: { sec: 1_700_000_002, nsec: 0 },
      frame: 3,
      event: 'dimse',
      is_orig: true,
      called_ae: 'PACS',
      calling_ae: 'CT01',
      command: 'C-STORE-RQ',
      message_id: 1,
      status: 0,
      status_category: 'success',
      rtt: 2,
      sop_class: 'CT Image Storage',
      sop_class_uid: UID.ct,
      dataset_bytes: content.length,
      phi_kinds: ['accession', 'birth_date', 'mrn', 'patient_name', 'physician_name'],
      private_elements: 1,
      modality: 'CT',
      manufacturer: 'ACME MEDICAL',
      model: 'SCANNER 9',
      station_name: 'CTROOM1',
      software_versions: 'v4.2',
    });
    expect(played.phi).toEqual([
      {
        protocol: 'dicom',
        carrier: 'C-STORE-RQ',
        items: [
          { kind: 'mrn', values: ['CANARYMRN77'] },
          { kind: 'patient_name', values: ['CANARY^PATIENT'] },
          { kind: 'accession', values: ['CANARYACC'] },
          { kind: 'physician_name', values: ['CANARYREF^DOC'] },
          { kind: 'birth_date', values: ['19470823'] },
        ],
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  test.each([
    ['explicit little endian', UID.explicitLittle, EXPLICIT],
    ['explicit big endian', UID.explicitBig, BIG],
    ['encapsulated', UID.jpeg, EXPLICIT],
  ] as [string, string, Writing][])('reads the same identifiers in %s', (_name, syntax, writing) => {
    const played = play(dicom, store(syntax, ctObject(writing)));
    expect(played.phi).toEqual(play(dicom, store()).phi);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      manufacturer: 'ACME MEDICAL',
      private_elements: 1,
    });
    expect(played.weirds).toEqual([]);
  });

  test('counts a data set it cannot read', () => {
    for (const syntax of [UID.deflated, '1.2.3.4.5.6']) {
      const played = play(dicom, store(syntax, new Uint8Array(500).fill(7)));
      expect(recordsOf(played, 'dicom')[1]).toMatchObject({ dataset_bytes: 500, status: 0 });
      expect(played.phi).toEqual([]);
      expect(played.weirds).toEqual([]);
    }
  });

  test('decodes a C-FIND with wildcards: matches are patients, the question is not', () => {
    const played = play(dicom, FIND);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      command: 'C-FIND-RQ',
      query_level: 'PATIENT',
      match_keys: 0,
      responses: 2,
      status: 0,
      response_bytes: 2 * (8 + 14 + 8 + 12),
      phi_kinds: ['mrn', 'patient_name'],
    });
    expect(played.phi.map(seen => seen.carrier)).toEqual(['C-FIND-RSP', 'C-FIND-RSP']);
  });

  test('decodes a C-MOVE: destination, level and sub-operations', () => {
    const played = play(dicom, [
      [ORIG, associateRq({ contexts: [{ id: 1, abstract: UID.studyMove }] })],
      [RESP, associateAc()],
      [
        ORIG,
        bytes(
          command([
            [0x0002, UID.studyMove],
            [0x0100, 0x0021],
            [0x0110, 2],
            [0x0600, 'ELSEWHERE'],
            [0x0800, HAS_DATASET],
          ]),
          dataset(
            bytes(
              element(IMPLICIT, 0x0008, 0x0052, 'CS', 'STUDY'),
              element(IMPLICIT, 0x0020, 0x000d, 'UI', '1.2.3'),
            ),
          ),
        ),
      ],
      [
        RESP,
        command(
          response(0x0021, 2, 0xff00, [
            [0x1021, 1],
            [0x1022, 0],
          ]),
        ),
      ],
      [
        RESP,
        command(
          response(0x0021, 2, 0xb000, [
            [0x1021, 4],
            [0x1022, 1],
          ]),
        ),
      ],
      [ORIG, RELEASE_RQ],
    ]);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      command: 'C-MOVE-RQ',
      sop_class: 'Study Root Query/Retrieve Information Model - MOVE',
      move_destination: 'ELSEWHERE',
      query_level: 'STUDY',
      match_keys: 1,
      responses: 1,
      completed: 4,
      failed: 1,
      status: 0xb000,
      status_category: 'warning',
    });
  });

  test('keeps requests of both sides apart (C-GET sends its objects back)', () => {
    const played = play(dicom, [
      [
        ORIG,
        associateRq({
          contexts: [
            { id: 1, abstract: UID.studyGet },
            { id: 3, abstract: UID.ct },
          ],
        }),
      ],
      [
        RESP,
        associateAc({
          contexts: [
            [1, UID.implicit],
            [3, UID.implicit],
          ],
        }),
      ],
      [
        ORIG,
        command([
          [0x0002, UID.studyGet],
          [0x0100, 0x0010],
          [0x0110, 1],
          [0x0800, NO_DATASET],
        ]),
      ],
      [RESP, bytes(command([...storeRq(1), [0x1030, 'CT01']], 3), dataset(ctObject(IMPLICIT), 3))],
      [ORIG, command(response(0x0001, 1, 0xa700), 3)],
      [RESP, command(response(0x0010, 1, 0))],
      [ORIG, RELEASE_RQ],
    ]);
    expect(recordsOf(played, 'dicom').slice(1, 3)).toMatchObject([
      {
        command: 'C-STORE-RQ',
        is_orig: false,
        status: 0xa700,
        status_category: 'failure',
        move_originator_ae: 'CT01',
      },
      { command: 'C-GET-RQ', is_orig: true, status: 0, status_category: 'success' },
    ]);
    expect(recordsOf(played, 'dicom')[3]).toMatchObject({ event: 'release', commands: 2 });
  });

  test('gives out requests without a response, and a cancellation at once', () => {
    const played = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
      [
        ORIG,
        command([
          [0x0002, UID.verification],
          [0x0100, 0x0030],
          [0x0110, 9],
          [0x0800, NO_DATASET],
        ]),
      ],
      [
        ORIG,
        command([
          [0x0100, 0x0fff],
          [0x0120, 9],
          [0x0800, NO_DATASET],
        ]),
      ],
    ]);
    const operations = recordsOf(played, 'dicom').filter(record => record['event'] === 'dimse');
    expect(operations).toMatchObject([
      { command: 'C-CANCEL-RQ', message_id: 9 },
      { command: 'C-ECHO-RQ', message_id: 9 },
    ]);
    expect(operations[1]).not.toHaveProperty('status');
  });

  test('reports a response nobody asked for', () => {
    const played = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
      [RESP, command(response(0x0020, 5, 0))],
    ]);
    expect(played.weirds).toEqual(['dicom_response_without_request']);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({ command: 'C-FIND-RQ', is_orig: true, status: 0 });
  });

  test('reads commands and data sets in fragments, several to a PDU', () => {
    const set = commandSet(storeRq());
    const content = ctObject(IMPLICIT);
    const exchange = store();
    exchange[2] = [
      ORIG,
      bytes(
        pData(pdv(1, COMMAND, set.subarray(0, 5)), pdv(1, COMMAND, set.subarray(5, 40))),
        pData(
          pdv(1, COMMAND, new Uint8Array(0)),
          pdv(1, COMMAND | LAST, set.subarray(40)),
          pdv(1, 0, content.subarray(0, 101)),
          pdv(1, 0, content.subarray(101, 102)),
        ),
        pData(pdv(1, LAST, content.subarray(102))),
      ),
    ];
    exchange.splice(3, 1);
    const played = play(dicom, exchange);
    const whole = play(dicom, store());
    expect(played.phi).toEqual(whole.phi);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      dataset_bytes: content.length,
      manufacturer: 'ACME MEDICAL',
    });
    expect(played.weirds).toEqual([]);
  });

  test('patient data and secrets never leave in clear', () => {
    for (const exchange of [store(), FIND]) {
      const text = shownText(play(dicom, exchange));
      for (const canary of CANARIES) expect(text).not.toContain(canary);
    }
  });
});
