import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
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
  sequenceItem,
  storeRq,
  UID,
  u16,
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
      status_text: 'success',
      rtt: 2,
      sop_class: 'CT Image Storage',
      sop_class_uid: UID.ct,
      dataset_bytes: content.length,
      phi_kinds: ['accession', 'birth_date', 'mrn', 'patient_name', 'physician_name', 'private'],
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

  test('reads the same identifiers in a deflated data set, as far as its beginning reaches', () => {
    const whole = play(dicom, store()).phi;
    for (const pixels of [64, 400_000]) {
      const deflated = new Uint8Array(deflateRawSync(ctObject(EXPLICIT, pixels), { level: 1 }));
      const played = play(dicom, store(UID.deflated, deflated));
      expect(played.phi).toEqual(whole);
      expect(recordsOf(played, 'dicom')[1]).toMatchObject({
        manufacturer: 'ACME MEDICAL',
        dataset_bytes: deflated.length,
      });
      expect(played.weirds).toEqual([]);
    }
  });

  test('inflates no more of a flow than its limit', () => {
    const bomb = new Uint8Array(deflateRawSync(new Uint8Array(20_000_000), { level: 9 }));
    const exchange = store(UID.deflated);
    const stores = Array.from({ length: 18 }, (_, id): Step[] => [
      [ORIG, command(storeRq(id))],
      [ORIG, dataset(bomb)],
    ]).flat();
    const played = play(dicom, [...exchange.slice(0, 2), ...stores]);
    expect(played.weirds).toContain('dicom_inflation_limit');
  });

  test('counts a data set it cannot read', () => {
    for (const syntax of [UID.deflated, '1.2.3.4.5.6']) {
      const played = play(dicom, store(syntax, new Uint8Array(500).fill(7)));
      expect(recordsOf(played, 'dicom')[1]).toMatchObject({ dataset_bytes: 500, status: 0 });
      expect(played.phi).toEqual([]);
      expect(played.weirds).toEqual([]);
    }
  });

  test.each([
    ['implicit little endian', IMPLICIT],
    ['explicit little endian', EXPLICIT],
    ['explicit big endian', BIG],
  ] as [string, Writing][])(
    'tells an encoding that was not seen by the first element: %s',
    (_name, writing) => {
      const steps: Step[] = [
        [ORIG, command(storeRq())],
        [ORIG, dataset(ctObject(writing))],
      ];
      const played = play(dicom, steps, { fromStart: false });
      expect(played.phi).toEqual(play(dicom, store()).phi);
      expect(played.weirds).toEqual([]);
    },
  );

  test('does not read what shows no encoding', () => {
    for (const content of [new Uint8Array(500).fill(7), bytes('%PDF-1.7 and so on'), bytes('short')]) {
      const steps: Step[] = [
        [ORIG, command(storeRq())],
        [ORIG, dataset(content)],
        [RESP, command(response(0x0001, 1, 0))],
      ];
      const played = play(dicom, steps, { fromStart: false });
      expect(recordsOf(played, 'dicom')).toMatchObject([{ status: 0, dataset_bytes: content.length }]);
      expect(recordsOf(played, 'dicom')[0]).not.toHaveProperty('private_elements');
      expect(played.weirds).toEqual([]);
    }
  });

  test('counts instances and bytes stored by SOP class', () => {
    const [request, acceptance] = store();
    const content = ctObject(IMPLICIT);
    const steps = (id: number, status: number, sopClass: string = UID.ct): Step[] => [
      [ORIG, command(storeRq(id, sopClass))],
      [ORIG, dataset(content)],
      [RESP, command(response(0x0001, id, status))],
    ];
    const played = play(dicom, [
      request!,
      acceptance!,
      ...steps(1, 0),
      ...steps(2, 0xb000),
      ...steps(3, 0xa700),
      ...steps(4, 0, '1.2.3.4'),
      [ORIG, RELEASE_RQ],
    ]);
    expect(recordsOf(played, 'dicom').filter(record => record['event'] === 'stored')).toEqual([
      expect.objectContaining({
        is_orig: true,
        sop_class: 'CT Image Storage',
        sop_class_uid: UID.ct,
        instances: 3,
        dataset_bytes: 3 * content.length,
        completed: 2,
        failed: 1,
        called_ae: 'PACS',
        calling_ae: 'CT01',
      }),
      expect.objectContaining({ sop_class: '1.2.3.4', instances: 1, completed: 1, failed: 0 }),
    ]);
  });

  test('decodes N-ACTION and N-EVENT-REPORT, from either side', () => {
    const [request, acceptance] = store();
    const commitment = '1.2.840.10008.1.20.1';
    const ask = (field: number, element: number): Uint8Array =>
      command([
        [0x0003, commitment],
        [0x0100, field],
        [0x0110, 5],
        [0x0800, NO_DATASET],
        [0x1001, '1.2.840.10008.1.20.1.1'],
        [element, 2],
      ]);
    const played = play(dicom, [
      request!,
      acceptance!,
      [ORIG, ask(0x0130, 0x1008)],
      [RESP, command(response(0x0130, 5, 0x0112))],
      [RESP, ask(0x0100, 0x1002)],
      [ORIG, command(response(0x0100, 5, 0))],
    ]);
    expect(recordsOf(played, 'dicom').slice(1, 3)).toMatchObject([
      {
        command: 'N-ACTION-RQ',
        is_orig: true,
        action_type: 2,
        sop_class: 'Storage Commitment Push Model SOP Class',
        status_category: 'failure',
        status_text: 'no such SOP instance',
      },
      { command: 'N-EVENT-REPORT-RQ', is_orig: false, event_type: 2, status: 0 },
    ]);
  });

  test('tells steps of a procedure apart, and what state they are given', () => {
    const mpps = '1.2.840.10008.3.1.2.3.3';
    const state = (text: string): Uint8Array =>
      dataset(
        bytes(
          element(IMPLICIT, 0x0010, 0x0020, 'LO', 'MRN-CANARY-7731'),
          element(IMPLICIT, 0x0040, 0x0252, 'CS', text),
        ),
      );
    const ask = (field: number, id: number, instance: readonly [number, string] | undefined): Uint8Array =>
      command([
        [instance?.[0] === 0x1000 || instance === undefined ? 0x0002 : 0x0003, mpps],
        [0x0100, field],
        [0x0110, id],
        [0x0800, HAS_DATASET],
        ...(instance === undefined ? [] : [instance]),
      ]);
    const played = play(dicom, [
      [ORIG, associateRq({ contexts: [{ id: 1, abstract: mpps }] })],
      [RESP, associateAc()],
      [ORIG, bytes(ask(0x0140, 1, [0x1000, '1.2.3.4']), state('IN PROGRESS'))],
      [RESP, command(response(0x0140, 1, 0))],
      // The instance of this one is chosen by who answers.
      [ORIG, bytes(ask(0x0140, 2, undefined), state('IN PROGRESS'))],
      [RESP, command(response(0x0140, 2, 0, [[0x1000, '1.2.3.5']]))],
      [ORIG, bytes(ask(0x0120, 3, [0x1001, '1.2.3.4']), state('DISCONTINUED'))],
      [RESP, command(response(0x0120, 3, 0x0110))],
      [ORIG, bytes(ask(0x0120, 4, [0x1001, '1.2.3.5']), state('no status'))],
      [RESP, command(response(0x0120, 4, 0))],
    ]);
    const records = recordsOf(played, 'dicom').slice(1, 5);
    const [first, second] = records.map(record => record['sop_instance']);
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(first).not.toEqual(second);
    expect(records).toMatchObject([
      { command: 'N-CREATE-RQ', step_status: 'IN PROGRESS', status: 0, phi_kinds: ['mrn'] },
      { command: 'N-CREATE-RQ', step_status: 'IN PROGRESS', sop_instance: second },
      {
        command: 'N-SET-RQ',
        step_status: 'DISCONTINUED',
        sop_instance: first,
        sop_class: 'Modality Performed Procedure Step SOP Class',
        status_category: 'failure',
        status_text: 'processing failure',
      },
      { command: 'N-SET-RQ', sop_instance: second },
    ]);
    expect(records[3]).not.toHaveProperty('step_status');
    expect(played.weirds).toEqual([]);
  });

  test('counts instances whose storage is to be committed, is, and is not', () => {
    const commitment = '1.2.840.10008.1.20.1';
    const instance = (uid: string): Uint8Array => element(IMPLICIT, 0x0008, 0x1155, 'UI', uid);
    const reason = element(IMPLICIT, 0x0008, 0x1197, 'US', u16(0x0110, true));
    const list = (tag: number, ...items: Uint8Array[]): Uint8Array =>
      element(IMPLICIT, 0x0008, tag, 'SQ', bytes(...items.map(item => sequenceItem(IMPLICIT, item))));
    const ask = (field: number, kind: number, type: number): Uint8Array =>
      command([
        [0x0002, commitment],
        [0x0100, field],
        [0x0110, 5],
        [0x0800, HAS_DATASET],
        [0x1000, '1.2.840.10008.1.20.1.1'],
        [kind, type],
      ]);
    const three = list(0x1199, instance('1.2.1'), instance('1.2.2'), instance('1.2.3'));
    const two = bytes(
      list(0x1198, bytes(instance('1.2.3'), reason)),
      list(0x1199, instance('1.2.1'), instance('1.2.2')),
    );
    const played = play(dicom, [
      [ORIG, associateRq({ contexts: [{ id: 1, abstract: commitment }] })],
      [RESP, associateAc()],
      [ORIG, bytes(ask(0x0130, 0x1008, 1), dataset(three))],
      [RESP, command(response(0x0130, 5, 0))],
      [RESP, bytes(ask(0x0100, 0x1002, 2), dataset(two))],
      [ORIG, command(response(0x0100, 5, 0))],
    ]);
    const [asked, told] = recordsOf(played, 'dicom').slice(1);
    expect(asked).toMatchObject({ command: 'N-ACTION-RQ', instances: 3 });
    // The instance is the same everywhere, and says nothing.
    expect(asked).not.toHaveProperty('sop_instance');
    expect(told).toMatchObject({ command: 'N-EVENT-REPORT-RQ', is_orig: false, completed: 2, failed: 1 });
    expect(played.weirds).toEqual([]);
  });

  test.each([
    ['of the command', [ORIG, command([...storeRq().slice(0, -1), [0x1000, '../../x']])] as Step],
    [
      'of the data set',
      [
        ORIG,
        bytes(command(storeRq()), dataset(element(IMPLICIT, 0x0008, 0x0018, 'UI', '..\\..\\x.exe'))),
      ] as Step,
    ],
  ])('tells a path in the instance UID %s', (_name, step) => {
    const played = play(dicom, [...store().slice(0, 2), step]);
    expect(played.weirds).toEqual(['dicom_invalid_uid', 'dicom_path_traversal']);
  });

  test('equipment is the sender’s own, unless a C-MOVE made it send or it has another title', () => {
    const own = play(dicom, store()).identities.slice(2);
    expect(own).toEqual([
      { side: ORIG, attribute: 'vendor', value: 'ACME MEDICAL', behind: false },
      { side: ORIG, attribute: 'model', value: 'SCANNER 9', behind: false },
      { side: ORIG, attribute: 'software', value: 'v4.2', behind: false },
      { side: ORIG, attribute: 'host_name', value: 'CTROOM1', behind: false },
    ]);
    const other = element(IMPLICIT, 0x0008, 0x0055, 'AE', 'MR02');
    const passed = play(dicom, store(UID.implicit, bytes(other, ctObject(IMPLICIT)))).identities.slice(2);
    expect(passed.map(seen => seen.behind)).toEqual(Array(5).fill(true));
    const moved = store();
    moved[2] = [ORIG, command([...storeRq(), [0x1030, 'VIEWER'], [0x1031, 3]])];
    const played = play(dicom, moved);
    expect(played.identities.slice(2).every(seen => seen.behind === true)).toBe(true);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      move_originator_ae: 'VIEWER',
      move_originator_id: 3,
    });
  });

  test('decodes a C-FIND with wildcards: matches are patients, the question is not', () => {
    const played = play(dicom, FIND);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      command: 'C-FIND-RQ',
      query_level: 'PATIENT',
      query_keys: ['PatientID', 'PatientName'],
      wildcard_keys: ['PatientName'],
      empty_keys: ['PatientID'],
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
      query_keys: ['StudyInstanceUID'],
      match_keys: 1,
      status_text: 'sub-operations complete, one or more failures',
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
    expect(recordsOf(played, 'dicom').slice(3)).toMatchObject([
      { event: 'stored', is_orig: false, instances: 1, completed: 0, failed: 1 },
      { event: 'release', commands: 2 },
    ]);
    // Whoever sends what it was asked for speaks for others.
    expect(played.identities.filter(seen => seen.attribute === 'vendor')).toEqual([
      { side: RESP, attribute: 'vendor', value: 'ACME MEDICAL', behind: true },
    ]);
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
