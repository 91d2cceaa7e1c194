import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { ntp } from '../../../src/protocols/naming/ntp.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { fromHex, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { joined } from './dns-bytes.ts';
import { ntpMessage } from './ntp-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const ELSEWHERE: PlayOptions = { transport: 'udp', respPort: 40_001 };
const T = (hex: string) => fromHex(hex);

const request = ntpMessage({ mode: 3, transmit: T('ee1e4f10 80000000') });
const reply = ntpMessage({
  mode: 4,
  stratum: 2,
  poll: 6,
  precision: -20,
  rootDelay: 0x0000_8000,
  rootDispersion: 0x0000_c000,
  reference: [10, 0, 0, 4],
  times: [T('ee1e4f00 40000000'), T('ee1e4f10 80000000'), T('ee1e4f10 90000000')],
  transmit: T('ee1e4f10 90001000'),
});
const exchange: Step[] = [
  [ORIG, request],
  [RESP, reply],
];
const readVariables = T('26 02 0001 0000 0000 0000 0000');
const monlist = joined(T('17 00 03 2a 0000 0000'), new Uint8Array(40));

describeDecoderLaws(ntp, { exchange, control: [[ORIG, readVariables]], monlist: [[ORIG, monlist]] }, UDP);

describe('ntp records', () => {
  it('makes one of each message, in Zeek’s units', () => {
    const records = recordsOf(play(ntp, exchange, UDP), 'ntp');
    expect(records[0]).toMatchObject({ version: 4, mode: 3, stratum: 0, poll: 1, ref_id: '\0\0\0\0' });
    expect(records[1]).toEqual({
      ts: { sec: 1_700_000_001, nsec: 0 },
      frame: 2,
      version: 4,
      mode: 4,
      stratum: 2,
      poll: 64,
      precision: 2 ** -20,
      root_delay: 0.5,
      root_disp: 0.75,
      ref_id: '10.0.0.4',
      // 2026-08-06T18:00:00Z and so on: 0xee1e4f00 seconds after 1900.
      ref_time: { sec: 0xee1e4f00 - 2_208_988_800, nsec: 250_000_000 },
      org_time: { sec: 0xee1e4f10 - 2_208_988_800, nsec: 500_000_000 },
      rec_time: { sec: 0xee1e4f10 - 2_208_988_800, nsec: 562_500_000 },
      xmt_time: { sec: 0xee1e4f10 - 2_208_988_800, nsec: 562_501_000 },
      num_exts: 0,
    });
  });

  it('shows codes of reference clocks and of refusals', () => {
    const code = (stratum: number) => {
      const message = ntpMessage({ mode: 4, stratum, reference: [0x52, 0x41, 0x54, 0x45] });
      return recordsOf(play(ntp, [[ORIG, message]], UDP), 'ntp')[0]?.['ref_id'];
    };
    expect([code(0), code(1), code(3)]).toEqual(['RATE', 'RATE', '82.65.84.69']);
  });

  it('knows the era after 2036, and rounds up into the next second', () => {
    const xmt = (hex: string) =>
      recordsOf(play(ntp, [[ORIG, ntpMessage({ mode: 3, transmit: T(hex) })]], UDP), 'ntp')[0]?.['xmt_time'];
    expect(xmt('00000001 00000000')).toEqual({ sec: 2 ** 32 + 1 - 2_208_988_800, nsec: 0 });
    expect(xmt('ee1e4f10 ffffffff')).toEqual({ sec: 0xee1e4f11 - 2_208_988_800, nsec: 0 });
    expect(xmt('00000000 00000000')).toEqual({ sec: 0, nsec: 0 });
  });

  it('counts extension fields, and takes the end for message authentication', () => {
    const extension = joined(T('0104 0024'), new Uint8Array(32));
    const count = (...parts: Uint8Array[]) =>
      recordsOf(play(ntp, [[ORIG, joined(request, ...parts)]], UDP), 'ntp')[0]?.['num_exts'];
    expect(count(new Uint8Array(20))).toBe(0);
    expect(count(extension, extension)).toBe(2);
    expect(count(extension, new Uint8Array(24))).toBe(1);
    expect(count(joined(T('0104 ffff'), new Uint8Array(60)))).toBe(0);
  });

  it('says what control messages ask for', () => {
    const steps: Step[] = [
      [ORIG, readVariables],
      [RESP, T('26 82 0001 0000 0000 0000 0004 61 3d 31 0a')],
    ];
    const records = recordsOf(play(ntp, steps, UDP), 'ntp');
    expect(records.map(record => [record['mode'], record['operation'], record['response']])).toEqual([
      [6, 'read_variables', false],
      [6, 'read_variables', true],
    ]);
  });

  it('reports who asks for the list of clients', () => {
    const played = play(ntp, [[ORIG, monlist]], UDP);
    expect(played.weirds).toEqual(['NTP_monlist']);
    expect(recordsOf(played, 'ntp')[0]).toMatchObject({ mode: 7, operation: 'monlist', response: false });
    const other = play(ntp, [[ORIG, joined(T('17 00 03 10 0000 0000'), new Uint8Array(40))]], UDP);
    expect([other.weirds, recordsOf(other, 'ntp')[0]?.['operation']]).toEqual([[], 'request-16']);
  });

  it('reports what is too short for its mode', () => {
    for (const message of [
      request.subarray(0, 47),
      readVariables.subarray(0, 11),
      T('00'),
      new Uint8Array(0),
    ])
      expect(play(ntp, [[ORIG, message]], { ...UDP, probe: false }).weirds).toEqual(['NTP_invalid_message']);
  });
});

describe('ntp probe', () => {
  const verdict = (message: Uint8Array, options = ELSEWHERE) => play(ntp, [[ORIG, message]], options).verdict;

  it('recognises times on any port, control messages on its own', () => {
    expect([verdict(request), verdict(reply)]).toEqual(['match', 'match']);
    for (const message of [readVariables, monlist])
      expect([verdict(message), verdict(message, UDP)]).toEqual(['no', 'match']);
  });

  it.each<[string, Uint8Array]>([
    ['a version that never was', ntpMessage({ mode: 3, version: 5 })],
    ['a stratum beyond 16', ntpMessage({ mode: 4, stratum: 17 })],
    ['a precision in seconds', ntpMessage({ mode: 4, precision: 3 })],
    ['less than a message', request.subarray(0, 47)],
    ['an operation that is not assigned', T('26 1e 0001 0000 0000 0000 0000')],
    ['more items than there is room for', T('17 00 03 2a 0009 0048')],
  ])('declines %s', (_what, message) => {
    expect(verdict(message, UDP)).toBe('no');
  });

  it('declines a far root elsewhere', () => {
    const far = ntpMessage({ mode: 4, stratum: 2, rootDelay: 0x0020_0000, transmit: T('ee1e4f10 00000000') });
    const untimed = ntpMessage({ mode: 3 });
    for (const message of [far, untimed])
      expect([verdict(message), verdict(message, UDP)]).toEqual(['no', 'match']);
  });

  it('does not claim random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 48, maxLength: 76 }), bytes => {
        expect(verdict(bytes)).toBe('no');
      }),
      { numRuns: 2000 },
    );
  });
});
