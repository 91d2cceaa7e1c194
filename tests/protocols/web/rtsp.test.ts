import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rtsp } from '../../../src/protocols/web/rtsp.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const lines = (...text: string[]) => `${text.join('\r\n')}\r\n\r\n`;
const basic = `Basic ${Buffer.from('nurse:SECRETPW').toString('base64')}`;
const SETUP = lines(
  'SETUP rtsp://cam-3/stream RTSP/1.0',
  'CSeq: 2',
  `Authorization: ${basic}`,
  'Transport: RTP/AVP/TCP;unicast;interleaved=0-1',
);
const SESSION: readonly Step[] = [
  [ORIG, lines('DESCRIBE rtsp://cam-3/stream RTSP/1.0', 'CSeq: 1', 'User-Agent: Viewer/2.1')],
  [
    RESP,
    `${lines(
      'RTSP/1.0 401 Unauthorized',
      'CSeq: 1',
      'Server: CamServer 1.0',
      'WWW-Authenticate: Basic realm="x"',
      'Content-Length: 5',
    )}CANAR`,
  ],
  [ORIG, SETUP],
  [RESP, lines('RTSP/1.0 200 OK', 'CSeq: 2')],
  [RESP, '$\0\0\x04abcd$\x01\0\x02xy'],
  [ORIG, lines('PLAY rtsp://cam-3/stream RTSP/1.0', 'CSeq: 3')],
];

describe('rtsp', () => {
  it('pairs requests with responses, around media and bodies', () => {
    const played = play(rtsp, SESSION);
    expect(recordsOf(played, 'rtsp').map(({ ts, frame, ...rest }) => rest)).toEqual([
      {
        method: 'DESCRIBE',
        uri: 'rtsp://cam-3/stream',
        cseq: 1,
        user_agent: 'Viewer/2.1',
        server: 'CamServer 1.0',
        status_code: 401,
        status_msg: 'Unauthorized',
        auth: 'Basic',
      },
      {
        method: 'SETUP',
        uri: 'rtsp://cam-3/stream',
        cseq: 2,
        status_code: 200,
        status_msg: 'OK',
        auth: 'Basic',
        transport: 'RTP/AVP/TCP;unicast',
      },
      { method: 'PLAY', uri: 'rtsp://cam-3/stream', cseq: 3 },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'rtsp', user: 'nurse', secret: 'SECRETPW', secretKind: 'basic', success: true },
    ]);
    expect(played.software.map(seen => seen.text)).toEqual(['Viewer/2.1', 'CamServer 1.0']);
    expect(shownText(played)).not.toMatch(/nurse|SECRETPW|CANAR/);
    expect(played.weirds).toEqual([]);
  });

  it('takes user and password out of a URI', () => {
    const played = play(rtsp, [
      [ORIG, lines('DESCRIBE rtsp://nurse:pw12@cam/1 RTSP/1.0', 'CSeq: 1')],
      [RESP, lines('RTSP/1.0 401 Unauthorized', 'CSeq: 1')],
    ]);
    expect(played.logins).toMatchObject([{ user: 'nurse', secret: 'pw12', success: false }]);
    expect(shownText(played)).not.toMatch(/nurse|pw12/);
  });

  it('is recognised by either side, and goes on behind a hole', () => {
    const one = play(rtsp, [[RESP, lines('RTSP/1.0 200 OK', 'CSeq: 9')]]);
    expect(recordsOf(one, 'rtsp')).toMatchObject([{ status_code: 200, cseq: 9 }]);
    const holed = play(rtsp, [
      [ORIG, SETUP],
      { gap: ORIG, length: 9 },
      [ORIG, lines('PLAY rtsp://c/ RTSP/1.0', 'CSeq: 3')],
    ]);
    expect(recordsOf(holed, 'rtsp').map(row => row['method'])).toEqual(['SETUP', 'PLAY']);
  });

  it.each([
    ['a line that is none', [SETUP, 'what is this\r\n'], 'rtsp_unexpected_line'],
    ['a line without end', [SETUP, `PLAY rtsp://${'x'.repeat(5000)} RTSP/1.0\r\n`], 'rtsp_line_too_long'],
    ['too many fields', [`${SETUP.slice(0, -2)}${'X-A: b\r\n'.repeat(130)}\r\n`], 'rtsp_field_limit'],
    [
      'too many requests',
      Array.from({ length: 65 }, (_, i) => lines('PLAY rtsp://c/ RTSP/1.0', `CSeq: ${i}`)),
      'rtsp_pending_limit',
    ],
  ])('%s is a weird', (_what, sent, weird) => {
    expect(
      play(
        rtsp,
        sent.map((text): Step => [ORIG, text]),
        { probe: false },
      ).weirds,
    ).toContain(weird);
  });

  it('takes linear time', () => {
    expectLinear(n => play(rtsp, [[ORIG, repeated(SETUP, n)]], { segment: 200 }), 1 << 14);
  });

  describeDecoderLaws(rtsp, { session: SESSION });
});
