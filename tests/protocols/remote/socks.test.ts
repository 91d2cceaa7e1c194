import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { socks } from '../../../src/protocols/remote/socks.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import {
  fromHex,
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';

const c = (digits: string): Step => [ORIG, fromHex(digits)];
const s = (digits: string): Step => [RESP, fromHex(digits)];
const hexOf = (text: string) => Buffer.from(text).toString('hex');

const NAME = hexOf('pacs.example');
const V5: Step[] = [
  c('05 01 00'),
  s('05 00'),
  c(`05 01 00 03 0c ${NAME} 0050`),
  s('05 00 00 01 c0a8001f 0a80'),
  [ORIG, 'GET / HTTP/1.1\r\n'],
  [RESP, 'HTTP/1.1 200 OK\r\n'],
];
const LOGIN: Step[] = [
  c('05 02 00 02'),
  s('05 02'),
  c(`01 06 ${hexOf('jsmith')} 09 ${hexOf('Tr0ub4dor')}`),
  s('01 00'),
  c('05 01 00 04 20010db8000000000000000000000007 01bb'),
  s('05 05 00 01 00000000 0000'),
];
const V4A: Step[] = [
  c(`04 01 0050 00000001 ${hexOf('jsmith')} 00 ${NAME} 00`),
  s('00 5a 0000 00000000'),
  [ORIG, 'hello'],
];

describeDecoderLaws(socks, { 'version 5': V5, 'version 5 with a login': LOGIN, 'version 4a': V4A });

const rows = (played: Played) => recordsOf(played, 'socks').map(({ ts, frame, ...row }) => row);

describe('socks records', () => {
  it('tells what is asked for and what the proxy answered, and hands over', () => {
    const played = play(socks, V5);
    expect(rows(played)).toEqual([
      {
        version: 5,
        status: 'succeeded',
        'request.name': 'pacs.example',
        request_p: 80,
        'bound.host': '192.168.0.31',
        bound_p: 2688,
      },
    ]);
    expect(recordsOf(played, 'socks')).toMatchObject([{ ts: { sec: 1_700_000_002 }, frame: 3 }]);
    expect(played).toMatchObject({ end: 'handover', handed: ['GET / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n'] });
    expect(recordsOf(played, 'tunnel')).toMatchObject([{ tunnel_type: 'Tunnel::SOCKS' }]);
  });

  it('reads user and password', () => {
    const played = play(socks, LOGIN);
    expect(played.logins).toEqual([
      { protocol: 'socks', user: 'jsmith', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(rows(played)).toMatchObject([
      { user: { kind: 'user' }, status: 'Connection refused', 'request.host': '2001:db8::7', request_p: 443 },
    ]);
    expect(played.end).toBe('done');
    for (const hidden of ['jsmith', 'Tr0ub4dor']) expect(shownText(played)).not.toContain(hidden);
  });

  it.each<[string, Step[], Record<string, unknown>, string]>([
    ['4a with a name', V4A, { version: 4, 'request.name': 'pacs.example', status: 'succeeded' }, 'handover'],
    [
      '4 with an address',
      [c('04 01 0050 c0000207 726f6f74 00'), s('00 5b 0000 00000000')],
      { account: 'root', 'request.host': '192.0.2.7', status: 'general SOCKS server failure' },
      'done',
    ],
    [
      'an unknown status',
      [...V5.slice(0, 3), s('05 7f 00 01 00000000 0000')],
      { status: 'status-127' },
      'done',
    ],
    ['no answer', V5.slice(0, 3), { request_p: 80 }, 'close'],
    [
      'BIND, which is answered twice',
      [
        ...V5.slice(0, 2),
        c('05 02 00 01 c0000207 0015'),
        s('05 00 00 01 c0000201 1000'),
        s('05 00 00 01 c0000207 0400'),
        [RESP, '220 x'],
      ],
      { status: 'succeeded', 'bound.host': '192.0.2.1', bound_p: 4096 },
      'handover',
    ],
    [
      'UDP ASSOCIATE',
      [...V5.slice(0, 2), c('05 03 00 01 00000000 0000'), s('05 00 00 01 c0000201 1000')],
      { status: 'succeeded' },
      'done',
    ],
  ])('tells of %s', (_what, exchange, expected, end) => {
    const played = play(socks, exchange);
    expect(rows(played)).toMatchObject([expected]);
    expect(played.end).toBe(end);
  });

  it('hands over what a client sends before the answer', () => {
    const hasty: Step[] = [...V5.slice(0, 3), [ORIG, 'GET /'], ...V5.slice(3, 4), [RESP, 'HTTP/1.1']];
    expect(play(socks, hasty)).toMatchObject({ end: 'handover', handed: ['GET /', 'HTTP/1.1'] });
  });

  it('hands over of a client alone', () => {
    const alone = V5.filter(step => !('gap' in step) && step[0] === ORIG);
    expect(play(socks, alone, { probe: false })).toMatchObject({
      end: 'handover',
      handed: ['GET / HTTP/1.1\r\n', ''],
    });
  });

  it.each<[string, Step[]]>([
    ['no method is acceptable', [c('05 01 01'), s('05 ff'), c('00')]],
    ['GSS-API', [c('05 01 01'), s('05 01'), c('01 01 0000')]],
  ])('gives up when %s', (_what, exchange) => {
    expect(play(socks, exchange)).toMatchObject({ end: 'done', records: [], weirds: [] });
  });
});

describe('socks limits and damage', () => {
  it.each<[string, Step[]]>([
    ['an address of no known type', [...V5.slice(0, 2), c('05 01 00 09 00000000 0050')]],
    ['a user beyond the limit', [[ORIG, `\x04\x01\0\x50\x01\x02\x03\x04${'x'.repeat(600)}`]]],
    ['another version', [...V5.slice(0, 2), c('07')]],
    ['another version of the proxy', [...V5.slice(0, 3), s('07 00')]],
  ])('reports %s', (_what, exchange) => {
    expect(play(socks, exchange, { probe: false }).weirds).toEqual(['socks_malformed']);
  });

  it('takes linear time while it waits', () => {
    expectLinear(
      n => play(socks, [...V5.slice(0, 3), [ORIG, new Uint8Array(Math.min(n, 60_000))]], { segment: 50 }),
      10_000,
    );
  });
});

describe('socks probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['version 5 on its port', [c('05 01 00')], {}, 'match'],
    ['version 5 elsewhere', [c('05 01 00')], { respPort: 9 }, 'unsure'],
    ['version 5 and its answer elsewhere', [c('05 01 00'), s('05 00')], { respPort: 9 }, 'match'],
    ['a method that was not offered', [c('05 01 00'), s('05 02')], { respPort: 9 }, 'no'],
    [
      'version 4 and its answer',
      [c('04 01 0050 01020304 00'), s('00 5a 0000 00000000')],
      { respPort: 9 },
      'match',
    ],
    ['a method twice', [c('05 02 00 00')], {}, 'no'],
    ['no method', [c('05 00')], {}, 'no'],
    ['another command', [c('04 09 0050')], {}, 'no'],
    ['a server that speaks first', [s('05 00')], {}, 'no'],
    ['a session in its middle', [c('05 01 00')], { fromStart: false }, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(socks, exchange, options).verdict).toBe(verdict);
  });
});
