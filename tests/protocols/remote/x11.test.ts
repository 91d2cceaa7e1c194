import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { x11 } from '../../../src/protocols/remote/x11.ts';
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
import { concat } from '../../support/frames.ts';

const METHOD = 'MIT-MAGIC-COOKIE-1';
const COOKIE = Buffer.from('0123456789abcdef');
const LITTLE: Step = [
  ORIG,
  concat(fromHex('6c00 0b00 0000 1200 1000 0000'), Buffer.from(`${METHOD}\0\0`), COOKIE),
];
const BIG: Step = [ORIG, fromHex('4200 000b 0000 0000 0000 0000')];
const accepted = (little: boolean): Step => [
  RESP,
  concat(
    fromHex(little ? '0100 0b00 0000 4e00 01f1b800' : '0100 000b 0000 004e 00b8f101'),
    new Uint8Array(12),
    fromHex(little ? '0a00' : '000a'),
    new Uint8Array(14),
    Buffer.from('The X.Org.'),
  ),
];
const REFUSED: Step = [RESP, concat(fromHex('000a 0b00 0000 0300'), Buffer.from('No access!'))];

describeDecoderLaws(x11, {
  'with a cookie': [LITTLE, accepted(true), [ORIG, 'requests']],
  'without, big-endian': [BIG, accepted(false)],
  refused: [LITTLE, REFUSED],
});

const rows = (played: Played) => recordsOf(played, 'x11');

describe('x11', () => {
  it('tells who may in, and takes a cookie for a secret', () => {
    const played = play(x11, [LITTLE, accepted(true)]);
    expect(rows(played)).toMatchObject([
      {
        ts: { sec: 1_700_000_000 },
        version: '11.0',
        auth_method: METHOD,
        success: true,
        vendor: 'The X.Org.',
        release: 12_120_321,
      },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'x11', user: undefined, secret: COOKIE.toString(), secretKind: 'bearer', success: true },
    ]);
    expect(shownText(played)).not.toContain(COOKIE.toString());
  });

  it.each<[string, Step[], Record<string, unknown>]>([
    [
      'a display open to all',
      [BIG, accepted(false)],
      { version: '11.0', success: true, release: 12_120_321 },
    ],
    ['a refusal', [LITTLE, REFUSED], { auth_method: METHOD, success: false }],
    ['a question', [BIG, [RESP, '\x02']], { version: '11.0' }],
    ['the client alone', [BIG, [ORIG, 'requests']], { version: '11.0' }],
  ])('tells of %s', (_what, exchange, expected) => {
    expect(rows(play(x11, exchange))).toMatchObject([expected]);
  });

  it.each<[string, Step[]]>([
    ['an authorisation beyond the limit', [[ORIG, fromHex('6c00 0b00 0000 ffff ffff 0000')]]],
    ['a display that speaks first', [accepted(true)]],
  ])('reports %s', (_what, exchange) => {
    expect(play(x11, exchange, { probe: false })).toMatchObject({ weirds: ['x11_malformed'], end: 'done' });
  });

  it('takes linear time for requests', () => {
    expectLinear(n => play(x11, [BIG, [ORIG, new Uint8Array(n)]], { segment: 10 }), 20_000);
  });

  it.each<[string, Step[], PlayOptions, string]>([
    ['a cookie', [LITTLE], { respPort: 9 }, 'match'],
    ['no cookie', [BIG], { respPort: 9 }, 'match'],
    ['another version', [[ORIG, fromHex('6c00 0a00 0000 0000 0000 0000')]], {}, 'no'],
    [
      'an odd name',
      [[ORIG, concat(fromHex('6c00 0b00 0000 0400 0000 0000'), Buffer.from('\x01\x02\x03\x04'))]],
      {},
      'no',
    ],
    ['text', [[ORIG, 'login']], {}, 'no'],
    ['a display that speaks first', [[RESP, '\x01']], {}, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(x11, exchange, options).verdict).toBe(verdict);
  });
});
