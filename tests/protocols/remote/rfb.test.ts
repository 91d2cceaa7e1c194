import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rfb } from '../../../src/protocols/remote/rfb.ts';
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

const versions = (server: string, client = server): Step[] => [
  [RESP, `RFB ${server}\n`],
  [ORIG, `RFB ${client}\n`],
];
const bytes = (value: number, length: number) => new Uint8Array(length).fill(value);
const OK = fromHex('00000000');
const init = (name: string): Step => [
  RESP,
  concat(fromHex('0780 0438'), bytes(0, 16), [0, 0, name.length >> 8, name.length & 255], Buffer.from(name)),
];

const VNC: Step[] = [
  ...versions('003.008'),
  [RESP, '\x02\x02\x10'],
  [ORIG, '\x02'],
  [RESP, bytes(0xc4, 16)],
  [ORIG, bytes(0x5e, 16)],
  [RESP, OK],
  [ORIG, '\x01'],
  init('ward-pc'),
];
const OLD: Step[] = [
  ...versions('003.003'),
  [RESP, fromHex('00000002')],
  [RESP, bytes(0xc4, 16)],
  [ORIG, bytes(0x5e, 16)],
  [RESP, fromHex('00000001')],
];
const OPEN: Step[] = [...versions('003.007'), [RESP, '\x01\x01'], [ORIG, '\x01'], [ORIG, '\0'], init('x')];
const PLAIN: Step[] = [
  ...versions('003.008'),
  [RESP, '\x01\x13'],
  [ORIG, '\x13'],
  [RESP, '\0\x02'],
  [ORIG, '\0\x02'],
  [RESP, '\0'],
  [RESP, fromHex('02 00000100 00000102')],
  [ORIG, fromHex('00000100')],
  [ORIG, concat(fromHex('00000006 00000009'), Buffer.from('jsmithTr0ub4dor'))],
  [RESP, fromHex('00000001 00000003 6e6f21')],
];
const SEALED: Step[] = [
  ...PLAIN.slice(0, 8),
  [ORIG, fromHex('00000102')],
  [RESP, '\x01'],
  [ORIG, '\x16\x03\x01\x00\x05hello'],
];

describeDecoderLaws(rfb, {
  VNC,
  'version 3.3': OLD,
  'no login': OPEN,
  'VeNCrypt Plain': PLAIN,
  'VeNCrypt with TLS': SEALED,
});

const rows = (played: Played) => recordsOf(played, 'rfb');

describe('rfb records', () => {
  it('tells versions, login and desktop', () => {
    expect(rows(play(rfb, VNC))).toEqual([
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        client_major_version: '003',
        client_minor_version: '008',
        server_major_version: '003',
        server_minor_version: '008',
        authentication_method: 'VNC',
        auth: true,
        share_flag: true,
        desktop_name: 'ward-pc',
        width: 1920,
        height: 1080,
      },
    ]);
  });

  it.each<[string, Step[], Record<string, unknown>]>([
    [
      'a refused login of version 3.3',
      OLD,
      { authentication_method: 'VNC', auth: false, client_minor_version: '003' },
    ],
    [
      'a desktop that is open to all',
      OPEN,
      { authentication_method: 'None', auth: true, share_flag: false, width: 1920 },
    ],
    [
      'a server that refuses at once',
      [...versions('003.008'), [RESP, fromHex('00 00000003 6e6f21')]],
      { auth: false },
    ],
    [
      'a method that is not read',
      [...versions('003.889'), [RESP, '\x01\x1e'], [ORIG, '\x1e'], [RESP, 'xyz']],
      { authentication_method: 'Apple Remote Desktop' },
    ],
    [
      'an unknown method',
      [...versions('003.008'), [RESP, '\x01\x7f'], [ORIG, '\x7f']],
      { authentication_method: 'unknown-127' },
    ],
    [
      'the server alone',
      [[RESP, 'RFB 003.008\n'], [RESP, '\x01\x01'], [RESP, OK], init('x')],
      { authentication_method: 'None', auth: true, desktop_name: 'x' },
    ],
    [
      'the client alone',
      VNC.filter(step => !('gap' in step) && step[0] === ORIG),
      { authentication_method: 'VNC', share_flag: true },
    ],
  ])('tells of %s', (_what, exchange, expected) => {
    const played = play(rfb, exchange);
    expect(rows(played)).toMatchObject([expected]);
    expect(played.weirds).toEqual([]);
  });

  it('reads user and password where they are sent, and shows neither', () => {
    const played = play(rfb, PLAIN);
    expect(played.logins).toEqual([
      { protocol: 'rfb', user: 'jsmith', secret: 'Tr0ub4dor', secretKind: 'password', success: false },
    ]);
    for (const hidden of ['jsmith', 'Tr0ub4dor']) expect(shownText(played)).not.toContain(hidden);
  });

  it('hands over where TLS begins', () => {
    expect(play(rfb, SEALED)).toMatchObject({ end: 'handover', handed: ['\x16\x03\x01\x00\x05hello', ''] });
  });

  it('wants nothing more once the desktop is known', () => {
    expect(play(rfb, [...VNC, [RESP, bytes(0, 5000)]]).end).toBe('done');
  });
});

describe('rfb limits and damage', () => {
  it.each<[string, Step[], string]>([
    ['a name beyond the limit', [...VNC.slice(0, -1), init('x'.repeat(2000))], 'rfb_name_limit'],
    [
      'a login beyond the limit',
      [...PLAIN.slice(0, 9), [ORIG, fromHex('ffffffff ffffffff')]],
      'rfb_malformed',
    ],
    [
      'a version that is none',
      [
        [RESP, 'RFB 003.008\n'],
        [ORIG, 'RFB 00x.008\n'],
      ],
      'rfb_malformed',
    ],
    ['a type that 3.3 does not have', [...versions('003.003'), [RESP, fromHex('000000ff')]], 'rfb_malformed'],
  ])('reports %s', (_what, exchange, weird) => {
    const played = play(rfb, exchange, { probe: false });
    expect(played.weirds).toEqual([weird]);
    expect(rows(played)).toHaveLength(1);
  });

  it('takes linear time for what comes behind', () => {
    expectLinear(n => play(rfb, [...VNC.slice(0, -1), [ORIG, bytes(3, n)]], { segment: 100 }), 20_000);
  });
});

describe('rfb probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a server', [[RESP, 'RFB 003.008\n']], { respPort: 9 }, 'match'],
    ['a beginning', [[RESP, 'RFB 0']], {}, 'unsure'],
    ['something else', [[RESP, 'RFC 003.008\n']], {}, 'no'],
    ['a session in its middle', [[RESP, 'RFB 003.008\n']], { fromStart: false }, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(rfb, exchange, options).verdict).toBe(verdict);
  });
});
