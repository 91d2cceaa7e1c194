import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { datexS5 } from '../../../src/protocols/clinical/datex-s5.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { S5_REQUEST, S5_VALUES, s5Bytes, s5Frame } from './bedside-build.ts';
import { joined } from './intellivue/build.ts';

const DIALOGUE: readonly Step[] = [
  [ORIG, S5_REQUEST],
  [RESP, S5_VALUES],
  [ORIG, s5Frame(1, 0, 72, 0)],
  [RESP, s5Frame(1, 8, 200)],
  [RESP, s5Frame(4, 1, 320)],
];

/** A frame of 40 zero bytes but for what is given. */
const header = (values: Readonly<Record<number, number>>): Uint8Array => {
  const record = new Uint8Array(49);
  for (const [at, value] of Object.entries(values)) record[Number(at)] = value;
  return s5Bytes(record);
};

describe('datex_s5', () => {
  it('counts records by direction', () => {
    expect(recordsOf(play(datexS5, DIALOGUE), 'datex_s5')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        is_orig: true,
        types: ['physiological', 'waves'],
        interface_level: 6,
        duration: 2,
        records: 2,
        requests: 2,
        bad_sums: 0,
      },
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        is_orig: false,
        types: ['physiological', 'waves', 'alarms'],
        interface_level: 6,
        plug_id: 0x1234,
        duration: 3,
        records: 3,
        requests: 0,
        bad_sums: 0,
      },
    ]);
  });

  it('says that a monitor is behind the terminal server', () => {
    expect(play(datexS5, DIALOGUE).identities).toEqual([
      { side: RESP, attribute: 'type', value: 'patient-monitor', confidence: 0.3, behind: true },
    ]);
  });

  it('takes two records of a monitor without a request', () => {
    expect(play(datexS5, [[RESP, joined(S5_VALUES, S5_VALUES)]]).verdict).toBe('match');
    expect(play(datexS5, [[RESP, S5_VALUES]]).verdict).toBe('unsure');
  });

  it('counts a wrong sum, and goes on behind a hole', () => {
    const bad = S5_VALUES.slice();
    bad[600] = 0x55;
    const steps: Step[] = [
      [ORIG, S5_REQUEST],
      [RESP, bad],
      { gap: RESP, length: 9 },
      [RESP, S5_VALUES.subarray(300)],
      [RESP, S5_VALUES],
    ];
    const [, monitor] = recordsOf(play(datexS5, steps), 'datex_s5');
    expect(monitor).toMatchObject({ records: 1, bad_sums: 1 });
  });

  it('an endless frame is a weird', () => {
    const played = play(datexS5, [
      [ORIG, S5_REQUEST],
      [RESP, Uint8Array.of(0x7e)],
      [RESP, new Uint8Array(5000)],
    ]);
    expect(played.weirds).toEqual(['datex_s5_frame_limit']);
  });

  it.each([
    ['PPP', Buffer.from('7eff7d23c0217d217d217d207d347e', 'hex')],
    ['a wrong sum', Uint8Array.of(...S5_REQUEST.subarray(0, -2), 1, 0x7e)],
    ['a length beyond the frame', header({ 0: 60, 21: 0xff })],
    ['a main type that is not there', header({ 0: 49, 14: 20, 21: 0xff })],
    ['a list of subrecords without end', header({ 0: 49, 16: 200 })],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ])('does not recognise %s', (_what, bytes) => {
    expect(play(datexS5, [[ORIG, bytes]]).verdict).toBe('no');
  });

  describeDecoderLaws(datexS5, { dialogue: [DIALOGUE[0]!, [RESP, s5Frame(0, 1, 120)], DIALOGUE[2]!] });
});
