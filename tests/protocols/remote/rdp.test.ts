import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rdp } from '../../../src/protocols/remote/rdp.ts';
import { buildName, keyboardName } from '../../../src/protocols/remote/rdp-names.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
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

const le16 = (value: number) => [value & 255, value >> 8];
const le32 = (value: number) => [...le16(value & 0xffff), ...le16(value >>> 16)];
const utf16 = (text: string, length: number) => {
  const bytes = new Uint8Array(length);
  bytes.set(Buffer.from(text, 'utf16le'));
  return bytes;
};
const zeros = (length: number) => new Uint8Array(length);

const tpkt = (...content: (Uint8Array | number[])[]) => {
  const body = concat(...content);
  const length = body.length + 4;
  return concat([3, 0, length >> 8, length & 255], body);
};
/** X.224 connection request or confirmation. */
const connection = (type: number, variable: Uint8Array) =>
  tpkt([variable.length + 6, type, 0, 0, 0, 0, 0], variable);
const data = (...content: (Uint8Array | number[])[]) => tpkt([2, 0xf0, 0x80], ...content);
const block = (type: number, ...content: (Uint8Array | number[])[]) => {
  const body = concat(...content);
  return concat(le16(type), le16(body.length + 4), body);
};

const negotiation = (type: number, value: number) => concat([type, 0, 8, 0], le32(value));
const request = (cookie = '') => connection(0xe0, concat(Buffer.from(cookie), negotiation(1, 3)));
const core = block(
  0xc001,
  le32(0x80004),
  le16(1920),
  le16(1080),
  le16(0xca01),
  le16(0xaa03),
  le32(0x407),
  le32(9600),
  utf16('WARD-PC', 32),
  zeros(12),
  zeros(64),
  le16(0xca01),
  le16(1),
  le32(0),
  le16(24),
  le16(7),
  le16(1),
  utf16('3c571ed0-3415', 64),
);
const channels = (...names: string[]) =>
  block(0xc003, le32(names.length), ...names.map(name => concat(Buffer.from(name.padEnd(8, '\0')), le32(0))));
const connectInitial = (...blocks: Uint8Array[]) =>
  data(fromHex('7f65 8201b2'), zeros(20), Buffer.from('Duca'), [0x81, 0x3a], ...blocks);
const connectResponse = (...security: (Uint8Array | number[])[]) =>
  data(
    fromHex('7f66 820145 0a0100 0201'),
    zeros(20),
    Buffer.from('McDn'),
    [0x81, 0x08],
    block(0x0c01, le32(0x80004)),
    block(0x0c02, ...security),
  );
const SECURITY = [le32(2), le32(2), le32(4), le32(12), zeros(4), le32(0x8000_0002), le32(2), zeros(4)];

const PLAIN: Step[] = [
  [ORIG, request('Cookie: mstshash=jsmith\r\n')],
  [RESP, connection(0xd0, negotiation(2, 0))],
  [ORIG, connectInitial(core, channels('rdpdr', 'CLIPRDR'))],
  [RESP, connectResponse(...SECURITY)],
];
const SEALED: Step[] = [
  [ORIG, request()],
  [RESP, connection(0xd0, negotiation(2, 8))],
  [ORIG, '\x16\x03\x01\x00\x05hello'],
];

describeDecoderLaws(rdp, { 'RDP’s own security': PLAIN, TLS: SEALED });

const rows = (played: Played) => recordsOf(played, 'rdp');

describe('rdp records', () => {
  it('tells client, server and their agreement', () => {
    const played = play(rdp, PLAIN);
    expect(rows(played)).toMatchObject([
      {
        ts: { sec: 1_700_000_000 },
        frame: 1,
        user: { kind: 'user' },
        result: 'Success',
        security_protocol: 'RDP',
        client_channels: ['rdpdr', 'cliprdr'],
        keyboard_layout: 'German - Germany',
        client_build: 'RDP 8.1',
        client_name: 'WARD-PC',
        client_dig_product_id: '3c571ed0-3415',
        desktop_width: 1920,
        desktop_height: 1080,
        requested_color_depth: '24bit',
        cert_type: 'X.509',
        cert_count: 2,
        cert_permanent: false,
        encryption_level: 'Client compatible',
        encryption_method: '128bit',
        ms_t120: false,
      },
    ]);
    expect(played.end).toBe('done');
    expect(played.weirds).toEqual([]);
    expect(shownText(played)).not.toContain('jsmith');
  });

  it('hands over to TLS', () => {
    const played = play(rdp, SEALED);
    expect([played.end, played.handed[0]]).toEqual(['handover', '\x16\x03\x01\x00\x05hello']);
    expect(rows(played)).toMatchObject([
      { result: 'encrypted', security_protocol: 'HYBRID_EX', cert_count: 0 },
    ]);
  });

  it('hands over to TLS of a client whose server is not seen', () => {
    expect(play(rdp, [SEALED[0]!, SEALED[2]!])).toMatchObject({
      end: 'handover',
      handed: ['\x16\x03\x01\x00\x05hello', ''],
    });
  });

  it.each<[string, Step[], Record<string, unknown>]>([
    ['a known account', [[ORIG, request('Cookie: mstshash=Administrator\r\n')]], { cookie: 'administrator' }],
    [
      'a refusal',
      [
        [ORIG, request()],
        [RESP, connection(0xd0, negotiation(3, 5))],
      ],
      { result: 'HYBRID_REQUIRED_BY_SERVER' },
    ],
    [
      'an old server',
      [
        [ORIG, request()],
        [RESP, connection(0xd0, zeros(0))],
      ],
      { security_protocol: 'RDP' },
    ],
    [
      'the server alone',
      [[RESP, connection(0xd0, negotiation(2, 1))]],
      { security_protocol: 'SSL', result: 'encrypted' },
    ],
    [
      'a core without its later fields',
      [...PLAIN.slice(0, 2), [ORIG, connectInitial(block(0xc001, core.subarray(4, 132)))]],
      { client_name: 'WARD-PC' },
    ],
    [
      'unknown numbers',
      [...PLAIN.slice(0, 3), [RESP, connectResponse(le32(77), le32(78))]],
      { encryption_method: 'method-77', encryption_level: 'level-78' },
    ],
  ])('tells of %s', (_what, exchange, expected) => {
    expect(rows(play(rdp, exchange))).toMatchObject([expected]);
  });

  it('names the channel of CVE-2019-0708', () => {
    const played = play(rdp, [
      ...PLAIN.slice(0, 2),
      [ORIG, connectInitial(core, channels('rdpdr', 'MS_T120'))],
    ]);
    expect(played.weirds).toEqual(['rdp_ms_t120_channel']);
    expect(rows(played)).toMatchObject([{ ms_t120: true, client_channels: ['rdpdr', 'ms_t120'] }]);
  });

  it('asks for no more channels than there may be', () => {
    const many = channels(...Array.from({ length: 60 }, (_, i) => `c${i}`));
    expect(
      rows(play(rdp, [...PLAIN.slice(0, 2), [ORIG, connectInitial(core, many)]]))[0]!['client_channels'],
    ).toHaveLength(31);
  });
});

describe('rdp names', () => {
  it.each([
    [1033, 'English - United States'],
    [0x0001_0407, 'German - Germany (Best Guess for 66567)'],
    [0xffff, 'keyboard-65535'],
  ])('names keyboard %d', (layout, name) => {
    expect(keyboardName(layout)).toBe(name);
  });

  it('names builds', () => {
    expect([buildName(2600), buildName(18_363)]).toEqual(['RDP 5.1', 'UNKNOWN-18363']);
  });
});

describe('rdp limits and damage', () => {
  it.each<[string, Step[]]>([
    ['no TPKT', [PLAIN[0]!, [RESP, 'HTTP/1.1 400']]],
    ['a packet beyond the limit', [...PLAIN.slice(0, 2), [ORIG, fromHex('0300ffff 02f080')]]],
    ['a packet too short', [...PLAIN.slice(0, 2), [ORIG, fromHex('03000004')]]],
  ])('reports %s and keeps what it knew', (_what, exchange) => {
    const played = play(rdp, exchange);
    expect([played.weirds, rows(played).length]).toEqual([['rdp_malformed_tpkt'], 1]);
  });

  it('takes linear time for packets and keys', () => {
    expectLinear(n => play(rdp, [PLAIN[0]!, [ORIG, repeated(data(fromHex('0102')), n)]]), 20_000);
    expectLinear(
      n =>
        play(rdp, [
          PLAIN[0]!,
          ...Array.from({ length: n / 1000 }, (): Step => [ORIG, data(repeated('Duc', 1000))]),
        ]),
      20_000,
    );
  });
});

describe('rdp probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a negotiation', [[ORIG, request()]], { respPort: 9 }, 'match'],
    ['a cookie', [[ORIG, request('Cookie: mstshash=a\r\n')]], { respPort: 9 }, 'match'],
    ['a routing token', [[ORIG, request('Cookie: msts=1.2.3\r\n')]], { respPort: 9 }, 'match'],
    ['a server', [[RESP, connection(0xd0, negotiation(2, 0))]], { respPort: 9 }, 'match'],
    ['S7', [[ORIG, connection(0xe0, fromHex('c0010a c1020100 c2020102'))]], {}, 'no'],
    ['a beginning', [[ORIG, fromHex('0300')]], {}, 'unsure'],
    ['a session in its middle', [[ORIG, request()]], { fromStart: false }, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(rdp, exchange, options).verdict).toBe(verdict);
  });
});
