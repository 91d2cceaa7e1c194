import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { sip } from '../../../src/protocols/voice/sip.ts';
import { readMedia } from '../../../src/protocols/voice/sip-message.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { type Played, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const message = (...lines: string[]) => lines.map(line => `${line}\r\n`).join('');
const SDP = message(
  'v=0',
  'c=IN IP4 10.0.0.1',
  'm=audio 49170 RTP/AVP 0',
  'm=image 1 udptl t38',
  'm=video 0 RTP/AVP 31',
);
const COMMON = ['From: "Ada Lovelace" <sip:ada.lovelace@ward.example>;tag=1', 'To: <sip:2001@ward.example>'];
const INVITE: Step = [
  ORIG,
  message(
    'INVITE sip:2001@ward.example SIP/2.0',
    'v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2',
    ...COMMON,
    'i: abc@10.0.0.1',
    'CSeq: 1 INVITE',
    'Subject: nurse',
    ' call',
    'User-Agent: Phone/1.2',
    'Content-Type: application/sdp',
    `l: ${SDP.length}`,
    '',
  ) + SDP,
];
const response = (status: string, ...more: string[]): Step => [
  RESP,
  message(
    `SIP/2.0 ${status}`,
    'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
    ...COMMON.slice(0, 1),
    `${COMMON[1]};tag=2`,
    'Call-ID: abc@10.0.0.1',
    'CSeq: 1 INVITE',
    ...more,
    '',
  ),
];
const OK = response('200 OK', 'Server: PBX/13', 'Content-Length: 0');
const CALL: Step[] = [INVITE, response('180 Ringing'), OK];

describe('over UDP', () => describeDecoderLaws(sip, { call: CALL }, { transport: 'udp' }));
describe('over TCP', () =>
  describeDecoderLaws(sip, { call: CALL, alive: [[ORIG, '\r\n\r\n'], ...CALL] }, { probe: false }));

const UDP: PlayOptions = { transport: 'udp' };
const rows = (played: Played) => recordsOf(played, 'sip');

describe('sip records', () => {
  it.each([UDP, {}])('tell of a request and each of its responses (%j)', options => {
    const played = play(sip, CALL, options);
    expect(rows(played)[1]).toEqual({
      ts: { sec: 1_700_000_000, nsec: 0 },
      frame: 1,
      trans_depth: 0,
      method: 'INVITE',
      uri: 'sip:2001@ward.example',
      request_from: '"Ada Lovelace" <sip:ada.lovelace@ward.example>',
      request_to: '<sip:2001@ward.example>',
      response_from: '"Ada Lovelace" <sip:ada.lovelace@ward.example>',
      response_to: '<sip:2001@ward.example>;tag=2',
      call_id: 'abc@10.0.0.1',
      seq: '1 INVITE',
      subject: { kind: 'subject', digest: expect.any(String) },
      request_path: ['SIP/2.0/UDP 10.0.0.1:5060', 'SIP/2.0/UDP 192.0.2.1'],
      response_path: ['SIP/2.0/UDP 10.0.0.1:5060'],
      user_agent: 'Phone/1.2',
      status_code: 200,
      status_msg: 'OK',
      request_body_len: SDP.length,
      response_body_len: 0,
    });
    expect(rows(played).map(row => row['status_code'])).toEqual([180, 200]);
    expect(played.software.map(({ type, text }) => [type, text])).toEqual([
      ['SIP::CLIENT', 'Phone/1.2'],
      ['SIP::SERVER', 'PBX/13'],
    ]);
  });

  it('announce the media', () => {
    expect(
      play(sip, CALL, UDP).expectations.map(({ host, port, protocol }) => [host, port, protocol]),
    ).toEqual([
      ['10.0.0.1', 49_170, 'rtp'],
      ['10.0.0.1', 49_171, 'rtcp'],
    ]);
  });

  it('let writers mask persons, and no extension', () => {
    const masked = play(sip, CALL, UDP).tokens.map(({ kind, value }) => `${kind} ${value}`);
    expect(masked).toEqual(expect.arrayContaining(['user ada.lovelace', 'person_name Ada Lovelace']));
    expect(masked.filter(value => value.includes('2001'))).toEqual([]);
  });

  it.each<[string, Step[], Record<string, unknown>[]]>([
    ['a request alone', [INVITE, INVITE], [{ method: 'INVITE', trans_depth: 0 }]],
    ['a response alone', [OK], [{ status_code: 200, call_id: 'abc@10.0.0.1' }]],
    ['nothing but noise', [[ORIG, 'x']], []],
  ])('tell of %s', (_what, exchange, expected) => {
    expect(rows(play(sip, exchange, { ...UDP, probe: false }))).toMatchObject(expected);
  });

  it('go on behind what is none, and behind a hole', () => {
    const exchange: Step[] = [
      [ORIG, 'noise\r\n\r\n'],
      INVITE,
      { gap: ORIG, length: 10 },
      [ORIG, 'rest\r\n\r\n'],
      OK,
    ];
    const played = play(sip, exchange, { probe: false });
    expect(played.weirds).toEqual(['sip_malformed_message']);
    expect(rows(played)).toMatchObject([{ method: 'INVITE', status_code: 200 }]);
  });

  it.each<[string, Step[], string]>([
    ['an unknown method', [[ORIG, message('FOO sip:a@b SIP/2.0', '')]], 'unknown_SIP_method'],
    [
      'many requests without a response',
      [
        [
          ORIG,
          Array.from({ length: 70 }, (_, i) => message('OPTIONS sip:a@b SIP/2.0', `Call-ID: ${i}`, '')).join(
            '',
          ),
        ],
      ],
      'sip_pending_request_limit',
    ],
    ['a head beyond the limit', [[ORIG, 'x'.repeat(70_000)]], 'sip_malformed_message'],
  ])('report %s', (_what, exchange, weird) => {
    expect(play(sip, exchange, { probe: false }).weirds).toEqual([weird]);
  });

  it.each<[string, string, PlayOptions]>([
    ['requests', message('OPTIONS sip:a@b SIP/2.0', 'Call-ID: 1', ''), {}],
    ['lines that are none', 'AAA B\r\n', {}],
    ['empty lines', '\r\n', { segment: 1 }],
    ['a head in small pieces', 'x', { segment: 20 }],
    [
      'descriptions',
      `${message('INVITE sip:a@b SIP/2.0', 'Content-Type: application/sdp', 'Content-Length: 5', '')}v=0\r\n`,
      { segment: 9 },
    ],
  ])('take linear time for %s', (_what, unit, options) => {
    expectLinear(n => play(sip, [[ORIG, repeated(unit, n)]], { ...options, probe: false }), 20_000);
  });
});

describe('session descriptions', () => {
  it.each([
    ['an address for all', SDP, [{ host: '10.0.0.1', port: 49_170 }]],
    [
      'an address of one medium',
      message('m=audio 10 RTP/SAVP 0', 'c=IN IP6 2001:db8::1'),
      [{ host: '2001:db8::1', port: 10 }],
    ],
    ['no address', message('m=audio 10 RTP/AVP 0'), []],
    ['a port that there is not', message('c=IN IP4 10.0.0.1', 'm=audio 99999 RTP/AVP 0'), []],
  ])('name %s', (_what, sdp, media) => {
    expect(readMedia(sdp)).toEqual(media);
  });
});

describe('sip probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a request', [INVITE], { ...UDP, respPort: 9 }, 'match'],
    ['a response', [OK], { ...UDP, respPort: 9 }, 'match'],
    ['a beginning', [[ORIG, 'INV']], {}, 'unsure'],
    ['HTTP', [[ORIG, 'OPTIONS * HTTP/1.1\r\n']], {}, 'no'],
    ['RTSP', [[ORIG, 'OPTIONS rtsp://a RTSP/1.0\r\n']], {}, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(sip, exchange, options).verdict).toBe(verdict);
  });
});
