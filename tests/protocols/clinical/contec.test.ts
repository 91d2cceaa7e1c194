import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { contec } from '../../../src/protocols/clinical/contec.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { bed, block, CANARY_PATIENT, joined, measurements, patient, SYNC } from './contec-blocks.ts';

const STREAM = joined(
  patient(CANARY_PATIENT),
  bed(7),
  SYNC,
  measurements(0x14),
  measurements(0x16),
  patient(CANARY_PATIENT),
  measurements(0x14),
  block(0x49, [3, 0x6c, 0x6f, 0x77]),
);

const patientThenSync = joined(patient(CANARY_PATIENT), SYNC, SYNC);

describe('contec', () => {
  it('counts the blocks of one patient', () => {
    const played = play(contec, [[ORIG, STREAM]]);
    expect(recordsOf(played, 'contec')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        is_orig: true,
        department: 'ICU 2',
        bed: 7,
        patient: { kind: 'mrn', digest: expect.any(String) },
        leads: ['ecg', 'nibp'],
        duration: 0,
        blocks: 8,
        patient_blocks: 2,
        bed_blocks: 1,
        measurement_blocks: 3,
        sync_blocks: 1,
        error_blocks: 1,
        other_blocks: 0,
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('tells the kinds of identifiers once per patient, and shows none', () => {
    const played = play(contec, [[ORIG, STREAM]]);
    expect(played.phi).toEqual([
      {
        protocol: 'contec',
        carrier: 'patient block',
        items: [
          { kind: 'mrn', values: ['MRN-CANARY-7731'] },
          { kind: 'patient_name', values: ['CANARYLAST CANARYFIRST'] },
          { kind: 'birth_date', values: ['19470229'] },
          { kind: 'physician_name', values: ['CANARYDOC'] },
        ],
      },
    ]);
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('tells what the monitor is and where', () => {
    const { identities } = play(contec, [[ORIG, patientThenSync]]);
    expect(identities.map(({ side, attribute, value }) => [side, attribute, value])).toEqual([
      [ORIG, 'type', 'patient-monitor'],
      [ORIG, 'vendor', 'Contec'],
      [RESP, 'type', 'central-station'],
      [ORIG, 'location', 'ICU 2, bed 7'],
    ]);
  });

  it('begins a record with another patient', () => {
    const next = patient({ department: 'ICU 2', bed: 7, number: '2' });
    const played = play(contec, [
      [ORIG, STREAM],
      [ORIG, next],
      [ORIG, SYNC],
    ]);
    expect(recordsOf(played, 'contec')).toMatchObject([{ blocks: 8 }, { blocks: 2, duration: 1, bed: 7 }]);
    expect(played.phi).toHaveLength(2);
  });

  it('keeps the record of a bed without a patient', () => {
    const played = play(contec, [[ORIG, joined(patient({ department: 'ER', bed: 1 }), SYNC, SYNC)]]);
    expect(recordsOf(played, 'contec')).toMatchObject([{ department: 'ER', bed: 1, blocks: 3 }]);
    expect(recordsOf(played, 'contec')[0]).not.toHaveProperty('patient');
    expect(played.phi).toEqual([]);
  });

  it('keeps both directions apart', () => {
    const played = play(contec, [
      [ORIG, joined(SYNC, SYNC, SYNC)],
      [RESP, SYNC],
    ]);
    expect(recordsOf(played, 'contec').map(({ is_orig, blocks }) => [is_orig, blocks])).toEqual([
      [true, 3],
      [false, 1],
    ]);
  });

  it('goes on behind a hole', () => {
    const played = play(contec, [[ORIG, STREAM], { gap: ORIG, length: 77 }, [ORIG, joined(SYNC, SYNC)]]);
    expect(recordsOf(played, 'contec')).toMatchObject([{ blocks: 10 }]);
  });

  it.each([
    [
      'no block',
      [
        [ORIG, joined(SYNC, SYNC, SYNC)],
        [ORIG, 'hello there'],
      ],
      'contec_invalid_block',
    ],
    [
      'a bed of the wrong length',
      [[ORIG, joined(SYNC, SYNC, SYNC, block(0x45, [1]))]],
      'contec_unexpected_block',
    ],
  ] as const)('%s is a weird', (_what, steps, weird) => {
    expect(play(contec, steps).weirds).toEqual([weird]);
  });

  it.each([
    ['a print job', '\x02lp\n\x0219 cfA001host\n'],
    ['two blocks and no third', joined(SYNC, SYNC, block(0x10))],
    ['a lead byte that is not there', joined(SYNC, SYNC, block(0x46, [1, 0, 0x14, 0]))],
    ['a bed without its mark', joined(SYNC, SYNC, block(0x45, [0, 0, 7, 0]))],
    ['an absurd length', Uint8Array.of(0xff, 0xff, 0x05, 0x46)],
  ])('is not taken for %s', (_what, bytes) => {
    expect(play(contec, [[ORIG, bytes]]).verdict).toBe('no');
  });

  it('is recognised by two long blocks that fill the window', () => {
    const long = joined(measurements(0x14), measurements(0x14), measurements(0x14));
    expect(play(contec, [[ORIG, long]], { segment: 512 }).verdict).toBe('match');
  });

  const laws: readonly Step[] = [
    [ORIG, joined(patient(CANARY_PATIENT), bed(7), SYNC, measurements(0x16), patient({ number: '2' }))],
    [RESP, SYNC],
  ];
  describeDecoderLaws(contec, { stream: laws });
});
