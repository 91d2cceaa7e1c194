import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { intellivue } from '../../../../src/protocols/clinical/intellivue/decoder.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import * as b from './build.ts';

const UDP = { transport: 'udp' } as const;

const SESSION: readonly Step[] = [
  [ORIG, b.connect()],
  [RESP, b.accept()],
  [RESP, b.mdsCreate(1)],
  [ORIG, b.mdsCreated(1)],
  [ORIG, b.poll(2, 0x2a)],
  [RESP, b.polled(2, 0x2a, b.DEMOGRAPHICS)],
  [ORIG, b.poll(3, 6, 0xf13b)],
  [RESP, b.polled(3, 6, [], { action: 0xf13b, linked: true })],
  [RESP, b.polled(3, 6, [], { action: 0xf13b })],
  [RESP, b.polled(3, 6, [], { action: 0xf13b })],
  [ORIG, b.set(4, 0xf23a)],
  [RESP, b.setDone(4)],
  [ORIG, b.set(5, 0x091e)],
  [RESP, b.error(5, 2)],
  [ORIG, b.get(6)],
  [ORIG, b.FINISH],
  [RESP, b.DISCONNECT],
];

/** The bytes with one of them less by one. */
const changed = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte - 1 : byte));

const brief = (steps: readonly Step[]): unknown[] =>
  recordsOf(play(intellivue, steps, UDP), 'intellivue').map(r => [
    r['is_orig'] === true ? '>' : '<',
    r['operation'],
    r['object'] ?? r['event'],
    r['requests'],
    r['responses'],
    r['errors'],
  ]);

describe('intellivue', () => {
  it('counts by operation and object', () => {
    expect(brief(SESSION)).toEqual([
      ['>', 'associate', undefined, 1, 1, 0],
      ['<', 'event', 'mds_create', 1, 1, 0],
      ['>', 'poll', 'patient_demographics', 1, 1, 0],
      ['>', 'extended_poll', 'numeric', 1, 2, 0],
      ['>', 'confirmed_set', 'mds', 2, 1, 1],
      ['>', 'get', 'mds', 1, 0, 0],
      ['>', 'release', undefined, 1, 1, 0],
    ]);
  });

  it('says what was written and what went wrong', () => {
    const set = recordsOf(play(intellivue, SESSION, UDP), 'intellivue')[4];
    expect(set).toEqual({
      ts: { sec: 1_700_000_010, nsec: 0 },
      frame: 11,
      is_orig: true,
      operation: 'confirmed_set',
      object: 'mds',
      attributes: ['bed_label', 'wave_priority_list'],
      requests: 2,
      responses: 1,
      errors: 1,
      error_names: ['access_denied'],
      duration: 3,
    });
  });

  it('tells who the monitor is', () => {
    const { identities } = play(intellivue, SESSION, UDP);
    expect(
      identities.map(({ side, attribute, value, confidence }) => [side, attribute, value, confidence]),
    ).toEqual([
      [RESP, 'type', 'patient-monitor', 0.9],
      [RESP, 'system_id', '0009fb000011', 0.9],
      [RESP, 'vendor', 'Philips', 0.9],
      [RESP, 'model', 'M8007A', 0.9],
      [RESP, 'location', 'ICU-7', undefined],
      [RESP, 'serial', 'DE00000001', 0.9],
      [RESP, 'software', 'G.01.78', 0.9],
    ]);
    expect(recordsOf(play(intellivue, SESSION, UDP), 'intellivue')[1]).toMatchObject({
      bed: 'ICU-7',
      system_id: '0009fb000011',
    });
  });

  it('tells the identifiers of a patient once, and shows none', () => {
    const again: readonly Step[] = [...SESSION, [RESP, b.polled(9, 0x2a, b.DEMOGRAPHICS)]];
    const played = play(intellivue, again, UDP);
    expect(played.phi).toEqual([
      {
        protocol: 'intellivue',
        carrier: 'patient demographics',
        items: [
          { kind: 'mrn', values: ['MRN-CANARY-7731'] },
          { kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] },
          { kind: 'birth_date', values: ['19470229'] },
        ],
      },
    ]);
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('reads a connect indication, and whether it came from where it says', () => {
    const played = play(intellivue, [[ORIG, b.INDICATION]], { ...UDP, respPort: 24_005 });
    expect(recordsOf(played, 'intellivue')).toMatchObject([
      {
        is_orig: true,
        operation: 'event',
        event: 'connect_indication',
        requests: 1,
        claimed_host: '10.20.30.11',
        claimed_mac: '00:09:fb:00:00:11',
        claimed_host_differs: true,
      },
    ]);
    expect(played.identities).toContainEqual({
      side: ORIG,
      attribute: 'model',
      value: 'M8007A',
      confidence: 0.9,
    });
  });

  it('counts refusals and aborts, also when only one side is seen', () => {
    expect(
      brief([
        [ORIG, b.connect()],
        [RESP, b.REFUSE],
        [RESP, b.ABORT],
      ]),
    ).toEqual([
      ['>', 'associate', undefined, 1, 0, 1],
      ['<', 'abort', undefined, 1, 0, 0],
    ]);
    expect(brief([[RESP, b.polled(2, 6, [])]])).toEqual([['>', 'poll', 'numeric', 0, 1, 0]]);
  });

  it('keeps no more records than its limit', () => {
    const steps = Array.from({ length: 70 }, (_, i): Step => [ORIG, b.poll(i, 0x1000 + i)]);
    const played = play(intellivue, steps, UDP);
    expect(recordsOf(played, 'intellivue')).toHaveLength(64);
    expect(played.weirds).toEqual(['intellivue_operation_limit']);
  });

  it('reads a write whose lengths are wrong, as a monitor does, and says so', () => {
    for (const wrong of [
      b.joined(b.set(4, 0xf23a), [0, 0]),
      changed(b.set(4, 0xf23a), 7),
      changed(b.set(4, 0xf23a), 13),
    ]) {
      const played = play(intellivue, [[ORIG, wrong]], { ...UDP, respPort: 24_105 });
      expect(recordsOf(played, 'intellivue')).toMatchObject([
        { operation: 'confirmed_set', attributes: ['wave_priority_list'] },
      ]);
      expect(played.weirds).toEqual(['intellivue_length_mismatch']);
    }
    // The release of one client in the field: its session length counts two octets that are not there.
    const short = b.joined(b.FINISH.subarray(0, 2), b.FINISH.subarray(4));
    const operations = brief([
      [ORIG, b.connect()],
      [ORIG, short],
    ]).map(line => (line as unknown[])[1]);
    expect(operations).toEqual(['associate', 'release']);
  });

  it('what is no message is a weird', () => {
    expect(
      play(
        intellivue,
        [
          [ORIG, b.connect()],
          [ORIG, 'hello'],
        ],
        UDP,
      ).weirds,
    ).toEqual(['intellivue_invalid_message']);
    const cut = b.data(1, 1, 7, b.u16(0x21, 0, 0, 0));
    expect(play(intellivue, [[ORIG, cut]], UDP).weirds).toEqual(['intellivue_truncated']);
  });

  it.each([
    ['a length that is not the datagram’s', b.joined(b.poll(1, 6), [0])],
    ['an outer length that is too short', changed(b.poll(1, 6), 7)],
    ['an inner length that is too short', changed(b.poll(1, 6), 13)],
    ['an unknown command', b.data(1, 1, 6, new Uint8Array(0))],
    ['an unknown operation', b.data(4, 1, 7, new Uint8Array(0))],
    ['a refusal on any port', b.REFUSE],
    [
      'a DNS query without identifier',
      Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1),
    ],
  ])('does not recognise %s', (_what, bytes) => {
    expect(play(intellivue, [[ORIG, bytes]], { ...UDP, respPort: 40_001 }).verdict).toBe('no');
  });

  describeDecoderLaws(intellivue, { session: SESSION, indication: [[ORIG, b.INDICATION]] }, UDP);
});
