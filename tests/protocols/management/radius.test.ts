import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { radius } from '../../../src/protocols/management/radius.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined } from '../naming/dns-bytes.ts';
import { radiusMessage } from './radius-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const ELSEWHERE: PlayOptions = { transport: 'udp', respPort: 40_001 };

const request = radiusMessage(
  1,
  7,
  [1, 'canary'],
  [2, new Uint8Array(16)],
  [4, [10, 0, 0, 2]],
  [30, '02-00-00-00-00-0A:ward'],
  [31, '02-00-00-00-00-09'],
  [32, 'ap-3'],
  [66, '\x01192.0.2.7'],
  [77, 'CONNECT 54Mbps'],
  [87, 'port-4'],
);
const exchange: Step[] = [
  [ORIG, request],
  [RESP, radiusMessage(2, 7, [8, [10, 0, 0, 77]], [18, 'welcome'])],
];
const eap = (type: number) => [79, [2, 1, 0, 6, type, 0]] as const;
const challenged: Step[] = [
  [ORIG, radiusMessage(1, 1, [1, 'admin'], eap(1))],
  [RESP, radiusMessage(11, 1, [24, 'abc'], eap(25))],
  [ORIG, radiusMessage(1, 2, [1, 'admin'], [24, 'abc'], eap(25))],
  [RESP, radiusMessage(3, 2, [18, 'no'])],
];

describeDecoderLaws(radius, { exchange, challenged }, UDP);

const recordsIn = (steps: readonly Step[]) => recordsOf(play(radius, steps, UDP), 'radius');

describe('radius records', () => {
  it('makes one of a login, without its user', () => {
    const played = play(radius, exchange, UDP);
    expect(recordsOf(played, 'radius')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        request: 'access',
        user: expect.objectContaining({ kind: 'user' }),
        mac: '02:00:00:00:00:09',
        framed_addr: '10.0.0.77',
        tunnel_client: '192.0.2.7',
        connect_info: 'CONNECT 54Mbps',
        reply_msg: 'welcome',
        result: 'success',
        ttl: 1,
        auth_method: 'PAP',
        nas_addr: '10.0.0.2',
        nas_identifier: 'ap-3',
        nas_port: 'port-4',
        called_station: '02-00-00-00-00-0A:ward',
      },
    ]);
    expect(shownText(played)).not.toContain('canary');
  });

  it('follows challenges by the state they hand out', () => {
    expect(recordsIn(challenged)).toEqual([
      expect.objectContaining({
        frame: 1,
        username: 'admin',
        result: 'failed',
        ttl: 3,
        auth_method: 'PEAP',
        reply_msg: 'no',
      }),
    ]);
  });

  it('keeps logins of one port apart', () => {
    const steps: Step[] = [
      [ORIG, radiusMessage(1, 1, [1, 'root'])],
      [ORIG, radiusMessage(1, 2, [1, 'admin'])],
      [RESP, radiusMessage(3, 2)],
      [RESP, radiusMessage(2, 1)],
    ];
    expect(recordsIn(steps).map(record => [record['username'], record['result']])).toEqual([
      ['admin', 'failed'],
      ['root', 'success'],
    ]);
  });

  it('takes a request sent again for the same, and gives it out without an answer', () => {
    const again = recordsIn([
      [ORIG, request],
      [ORIG, request],
    ]);
    expect(again).toEqual([expect.objectContaining({ frame: 1, result: 'unknown' })]);
    expect(again[0]).not.toHaveProperty('ttl');
  });

  it('keeps an answer without its request', () => {
    const [record] = recordsIn([[RESP, radiusMessage(2, 9, [8, [10, 0, 0, 5]])]]);
    expect(record).toMatchObject({ result: 'success', framed_addr: '10.0.0.5' });
    expect(record).not.toHaveProperty('ttl');
  });

  it('knows stations that log in by their address', () => {
    expect(recordsIn([[ORIG, radiusMessage(1, 1, [1, '0200000000ab'])]])[0]).toMatchObject({
      mac: '02:00:00:00:00:ab',
    });
  });

  it.each([
    [4, 5, 'accounting', 'success'],
    [40, 42, 'disconnect', 'failed'],
    [43, 44, 'change', 'success'],
  ])('reads requests of code %i', (code, answer, name, result) => {
    const steps: Step[] = [
      [ORIG, radiusMessage(code, 1, [1, 'root'], [40, [0, 0, 0, 2]])],
      [RESP, radiusMessage(answer, 1)],
    ];
    expect(recordsIn(steps)).toEqual([
      expect.objectContaining({ request: name, result, accounting: 'stop' }),
    ]);
  });
});

describe('radius limits and damage', () => {
  const weirds = (message: Uint8Array) => play(radius, [[ORIG, message]], { ...UDP, probe: false }).weirds;

  it('reports what does not fit', () => {
    expect(weirds(request.subarray(0, 19))).toEqual(['RADIUS_invalid_message']);
    expect(weirds(request.subarray(0, -1))).toEqual(['RADIUS_invalid_message']);
    expect(weirds(radiusMessage(99, 1))).toEqual(['RADIUS_invalid_message']);
    const bad = radiusMessage(1, 1, [1, 'root'], [4, [1, 2]]);
    bad[bad.length - 3] = 1;
    const played = play(radius, [[ORIG, bad]], UDP);
    expect(played.weirds).toEqual(['RADIUS_invalid_attribute']);
    expect(recordsOf(played, 'radius')[0]).toMatchObject({ username: 'root' });
  });

  it('lets no more than 256 requests wait, and loses none', () => {
    const steps = Array.from(
      { length: 600 },
      (_, i): Step => [RESP, radiusMessage(11, i & 255, [24, [i >> 8, i & 255]])],
    );
    const played = play(radius, steps, UDP);
    expect(played.weirds).toEqual(['RADIUS_pending_limit']);
    expect(recordsOf(played, 'radius')).toHaveLength(600);
  });

  it('takes linear time', () => {
    const many = radiusMessage(1, 1, ...Array.from({ length: 250 }, () => [1, 'root'] as const));
    expectLinear(n => play(radius, Array(Math.ceil(n / 1000)).fill([ORIG, many]), UDP), 40_000);
  });
});

describe('radius probe', () => {
  const verdict = (bytes: Uint8Array, options: PlayOptions) => play(radius, [[ORIG, bytes]], options).verdict;

  it('recognises whole messages that name somebody on any port', () => {
    expect([verdict(request, ELSEWHERE), verdict(radiusMessage(2, 1), ELSEWHERE)]).toEqual(['match', 'no']);
    expect(verdict(radiusMessage(2, 1), UDP)).toBe('match');
    expect(verdict(joined(request, Uint8Array.of(0)), ELSEWHERE)).toBe('no');
    expect(verdict(radiusMessage(99, 1), UDP)).toBe('no');
  });

  it('does not claim random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), bytes => {
        expect(verdict(bytes, ELSEWHERE)).toBe('no');
      }),
      { numRuns: 2000 },
    );
  });
});
