import { describe, expect, it } from 'vitest';
import { type Direction, ORIG, RESP } from '../../../src/model/protocol.ts';
import { http2 } from '../../../src/protocols/web/http2.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { bytesOf, fromHex, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { bytes, u16 } from './ssl-bytes.ts';

const frame = (type: number, flags: number, id: number, content: Uint8Array | string): Uint8Array =>
  bytes(0, u16(content.length), type, flags, 0, 0, u16(id), content);
/** A literal field that enters no table. */
const field = (name: string, value: string): Uint8Array => bytes(0, name.length, name, value.length, value);

const PREFACE = bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = frame(4, 0, 0, fromHex('000300000064'));
const END = 1;
const END_HEADERS = 4;

/** `:method: GET`, `:scheme: http`, then path and authority. */
const get = (path: string, ...more: Uint8Array[]) =>
  bytes(0x82, 0x86, field(':path', path), field(':authority', 'pacs.example'), ...more);
const OK = Uint8Array.of(0x88);

const two: Step[] = [
  [
    ORIG,
    bytes(
      PREFACE,
      SETTINGS,
      frame(1, END | END_HEADERS, 1, get('/a')),
      frame(1, END_HEADERS, 3, get('/b%20c', field('user-agent', 'viewer/1'))),
    ),
  ],
  [RESP, bytes(SETTINGS, frame(1, END_HEADERS, 3, OK), frame(0, END, 3, '<html>two</html>'))],
  [ORIG, frame(0, 8 | END, 3, bytes(4, '{"a": 1, "b": 2}', 0, 0, 0, 0))],
  [RESP, bytes(frame(1, END | END_HEADERS, 1, bytes(0x8d)), frame(6, 0, 0, new Uint8Array(8)))],
];
const continued: Step[] = [
  [
    ORIG,
    bytes(
      PREFACE,
      frame(1, 0x28, 1, bytes(2, 0, 0, 0, 0, 9, get('/x').subarray(0, 9), 0, 0)),
      frame(9, END_HEADERS, 1, get('/x').subarray(9)),
    ),
  ],
  [ORIG, frame(0, END, 1, 'body')],
];

describeDecoderLaws(http2, { two, continued });

const rows = (exchange: readonly Step[]) => recordsOf(play(http2, exchange), 'http');

describe('http2', () => {
  it('gives a record per stream, whatever the order of the answers', () => {
    const played = play(http2, two);
    expect(recordsOf(played, 'http')).toMatchObject([
      {
        trans_depth: 2,
        method: 'GET',
        uri: '/b c',
        host: 'pacs.example',
        user_agent: 'viewer/1',
        version: '2',
        status_code: 200,
        request_body_len: 16,
        response_body_len: 16,
        orig_mime_types: ['text/json'],
        resp_mime_types: ['text/html'],
      },
      { trans_depth: 1, uri: '/a', status_code: 404, response_body_len: 0 },
    ]);
    expect(recordsOf(played, 'files')).toHaveLength(2);
    expect([played.verdict, played.weirds]).toEqual(['match', []]);
  });

  it('puts header blocks together', () => {
    expect(rows(continued)).toMatchObject([{ uri: '/x', request_body_len: 4 }]);
  });

  it('shows no credentials', () => {
    const basic = `Basic ${Buffer.from('qwilliams:Tr0ub4dor').toString('base64')}`;
    const asked: Step = [
      ORIG,
      bytes(PREFACE, frame(1, END | END_HEADERS, 1, get('/?token=s3cr3t', field('authorization', basic)))),
    ];
    const played = play(http2, [asked, [RESP, frame(1, END | END_HEADERS, 1, OK)]]);
    expect(played.logins).toMatchObject([{ user: 'qwilliams', secret: 'Tr0ub4dor', success: true }]);
    expect(shownText(played)).not.toMatch(/Tr0ub|s3cr3t|qwilliams/);
  });

  it('skips the rest of a long body, over its frames', () => {
    const jpeg = bytes(0xff, 0xd8, 0xff, 0xe0, new Uint8Array(16_000));
    const data: Step[] = Array.from({ length: 20 }, (_, i) => [RESP, frame(0, i === 19 ? END : 0, 1, jpeg)]);
    const head: Step[] = [
      [ORIG, bytes(PREFACE, frame(1, END | END_HEADERS, 1, get('/j')))],
      [RESP, frame(1, END_HEADERS, 1, OK)],
    ];
    const played = play(http2, [...head, ...data], { segment: 1400 });
    expect(recordsOf(played, 'http')).toMatchObject([{ response_body_len: 20 * 16_004 }]);
    expect(played.given).toBeLessThan(60_000);
  });

  it('pairs what a server pushes with the request it promised', () => {
    const promise = frame(5, END_HEADERS, 1, bytes(0, 0, 0, 2, get('/style.css')));
    const pushed = bytes(frame(1, END_HEADERS, 2, OK), frame(0, END, 2, 'a { b: c }'));
    const asked: Step = [ORIG, bytes(PREFACE, frame(1, END | END_HEADERS, 1, get('/')))];
    expect(rows([asked, [RESP, bytes(promise, pushed)]])).toMatchObject([
      { uri: '/style.css', status_code: 200, response_body_len: 10 },
      { uri: '/' },
    ]);
  });

  it('gives out what was reset or left open', () => {
    const reset: Step = [RESP, frame(3, 0, 1, new Uint8Array(4))];
    expect(rows([two[0]!, reset]).map(row => [row['uri'], row['status_code']])).toEqual([
      ['/a', undefined],
      ['/b c', undefined],
    ]);
  });

  it('goes on behind a hole in a body, and ends at any other', () => {
    const head: Step[] = [
      [ORIG, bytes(PREFACE, frame(1, END | END_HEADERS, 1, get('/j')))],
      [RESP, frame(1, END_HEADERS, 1, OK)],
    ];
    const half: Step[] = [
      [RESP, frame(0, END, 1, 'x'.repeat(100)).subarray(0, 59)],
      { gap: RESP, length: 50 },
    ];
    const within = play(http2, [...head, ...half, [RESP, SETTINGS]]);
    expect([recordsOf(within, 'http')[0]?.['response_body_len'], within.weirds]).toEqual([100, []]);
    const outside = play(http2, [...head, { gap: RESP, length: 5 }, [RESP, SETTINGS]]);
    expect([recordsOf(outside, 'http').length, outside.weirds, outside.end]).toEqual([
      1,
      ['HTTP2_gap'],
      'done',
    ]);
  });

  it('ends at a header block that is none, and at one that is too long', () => {
    const bad: Step = [ORIG, bytes(PREFACE, frame(1, END_HEADERS, 1, bytes(0xff, 0xff)))];
    expect(play(http2, [bad]).weirds).toEqual(['HTTP2_bad_header_block']);
    const long: Step[] = Array.from({ length: 5 }, (_, i) => [
      ORIG,
      frame(i === 0 ? 1 : 9, 0, 1, new Uint8Array(16_000)),
    ]);
    expect(play(http2, [[ORIG, PREFACE], ...long]).weirds).toEqual(['HTTP2_header_limit']);
  });

  it('keeps at most so many streams open', () => {
    const open: Step[] = Array.from({ length: 300 }, (_, i) => [
      ORIG,
      frame(1, END | END_HEADERS, 2 * i + 1, get(`/${i}`)),
    ]);
    const played = play(http2, [[ORIG, PREFACE], ...open]);
    expect([recordsOf(played, 'http').length, played.weirds]).toEqual([300, ['HTTP2_stream_limit']]);
  });

  it.each<[string, Direction, Uint8Array | string]>([
    ['a request of HTTP/1.1', ORIG, 'PRINT / HTTP/1.1\r\n\r\n'],
    ['another protocol of the server', RESP, 'HTTP/1.1 400 Bad Request\r\n'],
    ['zeros', RESP, new Uint8Array(60)],
  ])('does not claim %s', (_what, direction, opening) => {
    expect(play(http2, [[direction, opening]]).verdict).toBe('no');
  });

  it('takes time in proportion to the streams', () => {
    expectLinear(n => {
      const steps: Step[] = [[ORIG, PREFACE]];
      for (let i = 0; i < n; i++) {
        steps.push([ORIG, frame(1, END | END_HEADERS, 2 * i + 1, get('/'))]);
        steps.push([RESP, frame(1, END | END_HEADERS, 2 * i + 1, OK)]);
      }
      play(http2, steps);
    }, 200);
  });
});
