import { randomBytes } from 'node:crypto';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { http } from '../../../src/protocols/web/http.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  bytesOf,
  everySplit,
  fromHex,
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';

const get = (path: string, ...fields: string[]): Step => [
  ORIG,
  `GET ${path} HTTP/1.1\r\n${['Host: pacs.example', ...fields].join('\r\n')}\r\n\r\n`,
];
const answer = (body: string, ...fields: string[]): Step => [
  RESP,
  `HTTP/1.1 200 OK\r\n${[...fields, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`,
];
const basic = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const CHUNKED: Step = [
  RESP,
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;name=x\r\nhello\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n',
];
const UNTIL_CLOSE: Step = [RESP, 'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nno length\r\nhere'];

const exchanges: Record<string, Step[]> = {
  'two requests': [
    get('/a', 'User-Agent: viewer/1.0', 'Referer: http://pacs.example/'),
    answer('twelve bytes'),
    [ORIG, 'POST /b HTTP/1.1\nHost: h\nContent-Length: 5\n\nabcde'],
    CHUNKED,
  ],
  pipelined: [
    [ORIG, `${get('/1')[1 as never]}${get('/2')[1 as never]}HEAD /3 HTTP/1.1\r\n\r\n`],
    [RESP, 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 204 No Content\r\n\r\n'],
    [RESP, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'],
  ],
  'patient and login': [
    get('/studies?PatientName=Zebedee%5EQuartz&limit=9', basic('qwilliams', 'Tr0ub4dor')),
    [RESP, 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'],
  ],
  'until close': [get('/'), UNTIL_CLOSE],
  'coded and in parts': [
    [
      ORIG,
      'POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '14\r\n--b\r\nA: b\r\n\r\nhel\r\n0b\r\nlo\r\n--b--\r\n\r\n0\r\n\r\n',
    ],
    [
      RESP,
      concat(
        bytesOf('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n'),
        gzipSync('a page that is text'),
      ),
    ],
  ],
};

describeDecoderLaws(http, exchanges);

const rows = (played: Played) => recordsOf(played, 'http');
const run = (exchange: readonly Step[], options: PlayOptions = {}) => rows(play(http, exchange, options));

describe('http records', () => {
  it.each([
    ['C107373883=/omg1337hax', ['misfortune_cookie']],
    ['a=b; C10=x', ['misfortune_cookie']],
    ['C0=apple; C1=bee; C9=x', []],
    ['SC107373883=x; XC12=y', []],
  ])('cookie %s', (cookie, tags) => {
    const [record] = recordsOf(play(http, [get('/', `Cookie: ${cookie}`)]), 'http');
    expect(record).toMatchObject({ tags });
    expect(JSON.stringify(record)).not.toContain(cookie);
  });

  it('decodes a request and its response', () => {
    const fields = [
      'User-Agent: viewer/1.0',
      'Referer: http://pacs.example/',
      'Origin: null',
      'Via: 1.1 proxy',
    ];
    const played = play(http, [get('/a%20b', ...fields), answer('twelve bytes')]);
    expect(rows(played)).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        trans_depth: 1,
        method: 'GET',
        host: 'pacs.example',
        uri: '/a b',
        referrer: 'http://pacs.example/',
        version: '1.1',
        user_agent: 'viewer/1.0',
        origin: 'null',
        request_body_len: 0,
        response_body_len: 12,
        status_code: 200,
        status_msg: 'OK',
        tags: [],
        proxied: ['VIA -> 1.1 proxy'],
        resp_fuids: [expect.stringMatching(/^F[0-9A-Za-z]{17}$/)],
        resp_mime_types: ['text/plain'],
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('pairs pipelined requests, and knows which responses have no body', () => {
    expect(
      run(exchanges['pipelined']!).map(row => [
        row['uri'],
        row['status_code'],
        row['response_body_len'],
        row['info_code'],
      ]),
    ).toEqual([
      ['/1', 200, 3, undefined],
      ['/2', 204, 0, undefined],
      ['/3', 200, 0, 100],
    ]);
  });

  it('measures chunked bodies and bodies until close', () => {
    expect(run([get('/'), CHUNKED])[0]).toMatchObject({ response_body_len: 15 });
    expect(run([get('/'), UNTIL_CLOSE])[0]).toMatchObject({ response_body_len: 15, version: '1.0' });
  });

  it('measures request bodies', () => {
    const post = 'POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    expect(run([[ORIG, post + post], answer(''), answer('')]).map(row => row['request_body_len'])).toEqual([
      3, 3,
    ]);
  });

  it('skips a long body without taking its bytes', () => {
    const head: Step = [RESP, 'HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n'];
    const jpeg = fromHex('ffd8ffe000104a46');
    const body: Step[] = Array.from({ length: 30 }, (_, i) => {
      const part = new Uint8Array(100_000);
      if (i === 0) part.set(jpeg);
      return [RESP, part];
    });
    const played = play(http, [get('/a'), head, ...body, get('/b'), answer('x')], { segment: 1400 });
    expect(rows(played).map(row => row['response_body_len'])).toEqual([3_000_000, 1]);
    expect(recordsOf(played, 'files')[0]).toMatchObject({
      mime_type: 'image/jpeg',
      seen_bytes: 3_000_000,
      total_bytes: 3_000_000,
      duration: 29,
    });
    expect(played.given).toBeLessThan(3000);
  });

  it('skips across a hole in a body', () => {
    const head: Step = [RESP, 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc'];
    const played = play(http, [get('/a'), head, { gap: RESP, length: 4997 }, get('/b'), answer('x')]);
    expect(rows(played).map(row => [row['uri'], row['response_body_len']])).toEqual([
      ['/a', 5000],
      ['/b', 1],
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('counts a lost beginning of a body as missing from its file', () => {
    const head: Step = [RESP, 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n'];
    const played = play(http, [get('/a'), head, { gap: RESP, length: 4000 }, [RESP, 'x'.repeat(1000)]]);
    expect(rows(played)).toMatchObject([{ response_body_len: 5000 }]);
    expect(recordsOf(played, 'files')).toMatchObject([{ seen_bytes: 1000, missing_bytes: 4000 }]);
  });

  it('measures a body that was cut short by what came of it', () => {
    expect(
      run([get('/a'), [RESP, 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n1234567']])[0],
    ).toMatchObject({
      response_body_len: 7,
    });
  });

  it('gives out requests without a response at the end', () => {
    expect(
      run([get('/a'), get('/b')]).map(row => [row['uri'], row['trans_depth'], row['status_code']]),
    ).toEqual([
      ['/a', 1, undefined],
      ['/b', 2, undefined],
    ]);
  });

  it('gives out a response without a request', () => {
    const played = play(http, [answer('abc'), get('/later'), answer('')]);
    expect(rows(played).map(row => [row['trans_depth'], row['uri'], row['status_code']])).toEqual([
      [1, undefined, 200],
      [2, '/later', 200],
    ]);
    expect(played.weirds).toEqual(['HTTP_response_before_request']);
  });

  it('waits for the rest of a request that was answered early', () => {
    const rest: Step[] = [answer('no'), [ORIG, 'defgh']];
    const [row] = run([[ORIG, 'POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\nabc'], ...rest]);
    expect(row).toMatchObject({ request_body_len: 8, response_body_len: 2, status_code: 200 });
  });

  it('hands over what follows a CONNECT that was accepted, also what the client sent early', () => {
    const connect: Step = [ORIG, 'CONNECT h:443 HTTP/1.1\r\n\r\nearly'];
    const accepted: Step = [RESP, 'HTTP/1.1 200 OK\r\n\r\nafter'];
    const played = play(http, [connect, accepted, [ORIG, '+more']]);
    expect([played.end, played.handed]).toEqual(['handover', ['early+more', 'after']]);
    expect(rows(played)).toMatchObject([{ method: 'CONNECT', status_code: 200 }]);
    expect(recordsOf(played, 'tunnel')).toMatchObject([{ tunnel_type: 'Tunnel::HTTP' }]);
  });

  it('goes on with HTTP after a CONNECT that was refused', () => {
    const refused: Step = [RESP, 'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'];
    const played = play(http, [[ORIG, 'CONNECT h:443 HTTP/1.1\r\n\r\n'], refused, get('/b'), answer('x')]);
    expect([played.end, rows(played).map(row => row['status_code'])]).toEqual(['close', [407, 200]]);
  });

  it('hands over what follows an upgrade to anything but WebSocket', () => {
    const switched: Step = [RESP, 'HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nSSH-'];
    const played = play(http, [get('/attach', 'Upgrade: tcp'), switched, [RESP, '2.0-x']]);
    expect([played.end, played.handed[RESP]]).toEqual(['handover', 'SSH-2.0-x']);
    expect(rows(played)).toMatchObject([{ info_code: 101 }]);
  });

  it('describes a WebSocket, with tokens among its subprotocols replaced', () => {
    const asked = get(
      '/ws?token=s3cr3tvalue',
      'Upgrade: websocket',
      'Sec-WebSocket-Protocol: v1, authorization.bearer.eyJhbGciOiJIUzI1NiJ9.e30.Zm9vYmFyYmF6cXV4',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    );
    const switched: Step = [
      RESP,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nSec-WebSocket-Protocol: v1\r\n\r\n\x81\x05hello',
    ];
    const played = play(http, [asked, switched, [ORIG, '\x81\x85']]);
    expect([played.end, played.services]).toEqual(['done', ['websocket']]);
    expect(recordsOf(played, 'websocket')).toMatchObject([
      {
        host: 'pacs.example',
        uri: '/ws?token=<secret>',
        subprotocol: 'v1',
        client_protocols: ['v1', 'authorization.bearer.<bearer>'],
        client_extensions: ['permessage-deflate; client_max_window_bits'],
      },
    ]);
    expect(shownText(played)).not.toMatch(/eyJ|Zm9v|s3cr3t/);
  });

  it('does not claim the preface of HTTP/2', () => {
    expect(play(http, [[ORIG, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']]).verdict).toBe('no');
  });

  it('finds the files of a form in parts', () => {
    const parts = [
      '--XyZ\r\nContent-Disposition: form-data; name="note"\r\n\r\nshort\r\n',
      '--XyZ\r\nContent-Disposition: form-data; name="file"; filename="fw 1.bin"\r\n',
      'Content-Type: application/octet-stream\r\n\r\n\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\r\n--XyZ--\r\n',
    ].join('');
    const head = `POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XyZ\r\nContent-Length: ${parts.length}`;
    const exchange: Step[] = [[ORIG, `${head}\r\n\r\n${parts}`], answer('')];
    for (const { played } of everySplit(http, exchange)) {
      expect(rows(played)).toMatchObject([
        { orig_filenames: ['fw 1.bin'], orig_mime_types: ['application/x-executable'] },
      ]);
      expect(recordsOf(played, 'files').map(file => [file['filename'], file['seen_bytes']])).toEqual([
        [undefined, 5],
        ['fw 1.bin', 18],
      ]);
    }
  });

  it('undoes content codings', () => {
    const page = `<html>${'x'.repeat(5000)}`;
    for (const [coding, body] of [
      ['gzip', gzipSync(page)],
      ['deflate', deflateSync(page)],
      ['deflate', deflateRawSync(page)],
    ] as const) {
      const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`;
      expect(run([get('/'), [RESP, concat(bytesOf(head), body)]])).toMatchObject([
        { response_body_len: page.length, resp_mime_types: ['text/html'] },
      ]);
    }
  });

  it('refuses to undo what would become too much', () => {
    const bomb = gzipSync(new Uint8Array(40_000_000));
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    const played = play(http, [get('/'), [RESP, concat(bytesOf(head), bomb)]]);
    expect(played.weirds).toEqual(['HTTP_undecodable_content']);
    expect(rows(played)).toMatchObject([{ response_body_len: bomb.length }]);
  });

  it('tells the type of a coded body that is too long to decode, and skips the rest', () => {
    const coded = gzipSync(concat(bytesOf('<html>'), randomBytes(3_000_000)));
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`;
    const played = play(http, [get('/'), [RESP, concat(bytesOf(head), coded)]], { segment: 1400 });
    expect(played.weirds).toEqual(['HTTP_inflate_limit']);
    expect(rows(played)).toMatchObject([{ response_body_len: coded.length, resp_mime_types: ['text/html'] }]);
  });

  it('reports a login in the query of a request', () => {
    const played = play(http, [get('/login?user=nurse&pwd=Tr0ub4dor&x=1'), answer('ok')]);
    expect(played.logins).toMatchObject([
      { protocol: 'http', user: 'nurse', secret: 'Tr0ub4dor', secretKind: 'password' },
    ]);
    expect(shownText(played)).not.toContain('Tr0ub4dor');
    expect(play(http, [get('/search?user=nurse&q=1'), answer('ok')]).logins).toEqual([]);
  });

  it('reports logins in web forms, and whom a form is about', () => {
    const form = 'lang=en&j_username=qwilliams&j_password=Tr0ub%2Bdor&PatientID=88-77-66';
    const head = `POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}`;
    const played = play(http, [[ORIG, `${head}\r\n\r\n${form}`], answer('')]);
    expect(played.logins).toEqual([
      {
        protocol: 'http',
        user: 'qwilliams',
        secret: 'Tr0ub+dor',
        secretKind: 'password',
        success: undefined,
      },
    ]);
    expect(played.phi).toEqual([
      { protocol: 'http', carrier: 'POST', items: [{ kind: 'mrn', values: ['88-77-66'] }] },
    ]);
    expect(shownText(played)).not.toMatch(/qwilliams|Tr0ub|88-77/);
  });

  it.each([
    ['{"user": "qwilliams", "password": "Tr0ub4dor"}', 'qwilliams'],
    ['{"auth": {"username": "qwilliams", "pwd": "Tr0ub4dor"}, "keep": true}', 'qwilliams'],
    ['{"password": "Tr0ub4dor"}', undefined],
  ])('reports logins in JSON: %s', (json, user) => {
    const head = `POST /api HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}`;
    const refused: Step = [RESP, 'HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n'];
    const played = play(http, [[ORIG, `${head}\r\n\r\n${json}`], refused]);
    expect(played.logins).toMatchObject([{ user, secret: 'Tr0ub4dor', success: false }]);
    expect(shownText(played)).not.toMatch(/qwilliams|Tr0ub/);
  });

  it.each(['{"password": "x"', '[]', 'null', '{"a": 1}', '"password"'])('finds no login in %s', json => {
    const head = `POST /api HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}`;
    expect(play(http, [[ORIG, `${head}\r\n\r\n${json}`]]).logins).toEqual([]);
  });

  it('names programs and SOAP actions', () => {
    const soap = 'SOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"';
    const played = play(http, [
      get('/ctl', 'User-Agent: curl/8.0', soap),
      answer('', 'Server: nginx/1.22.1'),
    ]);
    expect(rows(played)).toMatchObject([
      { soap_action: 'urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping' },
    ]);
    expect(played.software).toEqual([
      { side: ORIG, type: 'HTTP::BROWSER', text: 'curl/8.0' },
      { side: RESP, type: 'HTTP::SERVER', text: 'nginx/1.22.1' },
    ]);
  });

  it('names a missing reason phrase as Zeek does', () => {
    expect(run([get('/'), [RESP, 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n']])[0]).toMatchObject({
      status_msg: '<empty>',
    });
    expect(run([get('/'), [RESP, 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n']])[0]).toMatchObject({
      status_msg: '',
    });
  });

  it('joins folded header lines', () => {
    const played = play(http, [get('/', 'User-Agent: one', ' two', '\tthree')]);
    expect(rows(played)[0]).toMatchObject({ user_agent: 'one two three' });
    expect(played.weirds).toEqual(['HTTP_obsolete_line_folding']);
  });

  it('takes a bare carriage return for a space', () => {
    expect(run([get('/', 'User-Agent: a\rHost: b')])[0]).toMatchObject({
      user_agent: 'a Host: b',
      host: 'pacs.example',
    });
  });
});

describe('http secrets and patients', () => {
  it.each([
    [401, false],
    [403, false],
    [200, true],
    [302, true],
    [500, undefined],
  ])('judges Basic credentials by status %i', (code, success) => {
    const played = play(http, [
      get('/', basic('qwilliams', 'Tr0ub4dor:x')),
      [RESP, `HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`],
    ]);
    expect(played.logins).toEqual([
      { protocol: 'http', user: 'qwilliams', secret: 'Tr0ub4dor:x', secretKind: 'basic', success },
    ]);
  });

  it('reports each credential once, and without a response too', () => {
    const played = play(http, [
      get('/', basic('a', 'b')),
      answer(''),
      get('/', basic('a', 'b')),
      answer(''),
      get('/', basic('a', 'c')),
    ]);
    expect(played.logins.map(login => [login.secret, login.success])).toEqual([
      ['b', true],
      ['c', undefined],
    ]);
  });

  it('reports bearer tokens', () => {
    const played = play(http, [get('/fhir/Observation', 'authorization: bearer abc.def'), answer('')]);
    expect(played.logins).toEqual([
      { protocol: 'http', user: undefined, secret: 'abc.def', secretKind: 'bearer', success: true },
    ]);
  });

  it('reports patient identifiers of the query', () => {
    const played = play(http, [get('/studies?PatientName=Zebedee%5EQuartz&PatientID=778899&00100020=5')]);
    expect(played.phi).toEqual([
      {
        protocol: 'http',
        carrier: 'GET',
        items: [
          { kind: 'patient_name', values: ['Zebedee^Quartz'] },
          { kind: 'mrn', values: ['778899', '5'] },
        ],
      },
    ]);
    expect(rows(played)[0]?.['uri']).toBe(
      '/studies?PatientName=<patient_name>&PatientID=<mrn>&00100020=<mrn>',
    );
  });

  it('shows no planted value in any record', () => {
    const secret = '/x?PatientID=778899&password=Tr0ub4dor&PatientName=Zebedee';
    const fields = [
      basic('qwilliams', 'Tr0ub4dor'),
      `Referer: http://qwilliams:Tr0ub4dor@h${secret}`,
      'Cookie: id=778899',
    ];
    const played = play(http, [
      get(secret, ...fields),
      answer('Zebedee 778899'),
      get('http://qwilliams:Tr0ub4dor@h/'),
    ]);
    const shown = shownText(played);
    for (const canary of ['Zebedee', '778899', 'Tr0ub4dor', 'qwilliams']) expect(shown).not.toContain(canary);
    expect(played.tokens.map(token => token.value)).toContain('Tr0ub4dor');
  });
});

describe('http limits and damage', () => {
  const weirds = (exchange: readonly Step[]) => play(http, exchange).weirds;

  it.each<[string, Step[], string]>([
    ['a line of 8 KiB', [get(`/${'a'.repeat(9000)}`)], 'HTTP_line_limit'],
    ['a header line of 8 KiB', [get('/', `User-Agent: ${'a'.repeat(9000)}`)], 'HTTP_line_limit'],
    ['300 header lines', [get('/', ...Array<string>(300).fill('X: y'))], 'HTTP_header_limit'],
    [
      '64 KiB of header',
      [get('/', ...Array<string>(20).fill(`X: ${'y'.repeat(4000)}`))],
      'HTTP_header_limit',
    ],
    ['an unknown method', [[ORIG, 'BREW /pot HTTP/1.1\r\n\r\n']], 'unknown_HTTP_method'],
    ['a request that is none', [get('/'), [ORIG, 'nonsense\r\n']], 'bad_HTTP_request'],
    ['a response that is none', [get('/'), [RESP, '<html>\r\n']], 'bad_HTTP_reply'],
    [
      'a chunk size that is none',
      [get('/'), [RESP, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n']],
      'HTTP_bad_chunk_size',
    ],
    [
      'a chunk of 2^64 bytes',
      [get('/'), [RESP, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n']],
      'HTTP_bad_chunk_size',
    ],
    [
      'a chunk without its end',
      [get('/'), [RESP, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n']],
      'HTTP_bad_chunk_end',
    ],
    ['a length that is none', [get('/', 'Content-Length: 1x')], 'HTTP_bad_content_length'],
    ['two lengths', [get('/', 'Content-Length: 1', 'Content-Length: 2')], 'HTTP_conflicting_framing'],
    [
      'a length beside chunks',
      [get('/', 'Content-Length: 1', 'Transfer-Encoding: chunked')],
      'HTTP_conflicting_framing',
    ],
  ])('reports %s', (_what, exchange, weird) => {
    expect(weirds(exchange)).toEqual([weird]);
  });

  it('keeps what it read of a request line that is too long', () => {
    const [row] = run([get(`/${'a'.repeat(9000)}`, 'User-Agent: x'), answer('')]);
    expect(row).toMatchObject({ method: 'GET', user_agent: 'x', status_code: 200 });
    expect(String(row?.['uri'])).toHaveLength(8192 - 'GET '.length);
  });

  it('gives out requests when 100 wait, and loses none', () => {
    const played = play(
      http,
      Array.from({ length: 250 }, (_, i) => get(`/${i}`)),
    );
    expect(rows(played).map(row => row['uri'])).toEqual(Array.from({ length: 250 }, (_, i) => `/${i}`));
    expect(played.weirds).toEqual(['HTTP_excessive_pipelining']);
  });

  it('finds the next request after a hole in a header', () => {
    const played = play(http, [
      [ORIG, 'GET /a HTTP/1.1\r\nHost: h\r\nUser-Ag'],
      { gap: ORIG, length: 700 },
      [ORIG, 'xyz\r\nHost: other\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n'],
      answer('1'),
      answer('22'),
    ]);
    expect(rows(played).map(row => [row['uri'], row['host'], row['response_body_len']])).toEqual([
      ['/a', 'h', 1],
      ['/b', 'h', 2],
    ]);
    expect(played.weirds).toEqual(['HTTP_content_gap']);
  });

  it('does not pair a request whose response began in a hole', () => {
    const played = play(http, [
      get('/a'),
      { gap: RESP, length: 300 },
      [RESP, 'tail\r\n'],
      get('/b'),
      answer('22'),
    ]);
    expect(rows(played).map(row => [row['uri'], row['status_code']])).toEqual([
      ['/a', undefined],
      ['/b', 200],
    ]);
  });

  it('gives up looking for a start line after 64 KiB in both directions', () => {
    const noise: Step[] = Array.from({ length: 80 }, (_, i) => [
      i % 2 === 0 ? ORIG : RESP,
      `${'z'.repeat(2000)}\n`,
    ]);
    const played = play(http, [get('/a'), [RESP, 'x\n'], [ORIG, 'y\n'], ...noise]);
    expect([played.end, rows(played).length]).toEqual(['done', 1]);
  });

  it.each<[string, string | Uint8Array, Partial<PlayOptions>]>([
    ['requests in one-byte segments', `${get('/')[1 as never]}`, { segment: 1 }],
    ['a line that never ends', 'x', {}],
    ['a line that never ends, in small segments', 'x', { segment: 100 }],
    ['header lines without end', 'A: b\r\n', {}],
    ['folded lines without end', ' b\r\n', {}],
    ['spaces', 'GET                 ', {}],
    ['empty lines', '\r\n', {}],
  ])('takes linear time for %s', (_what, unit, options) => {
    expectLinear(n => play(http, [get('/start'), [ORIG, repeated(unit, n)]], options), 40_000);
  });

  it('takes linear time for many small chunks', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expectLinear(n => play(http, [get('/'), [RESP, head], [RESP, repeated('1\r\na\r\n', n)]]), 40_000);
  });
});

describe('http probe', () => {
  it.each<[string, Step, PlayOptions, string]>([
    ['a request', get('/'), {}, 'match'],
    ['a request behind empty lines', [ORIG, '\r\n\r\nGET / HTTP/1.1\r\n'], {}, 'match'],
    ['a method of its own', [ORIG, 'QUERY /users HTTP/1.1\r\n'], {}, 'match'],
    ['a long target', [ORIG, `POST /${'a'.repeat(700)}`], {}, 'match'],
    ['a status line', [RESP, 'HTTP/1.0 404 Not Found\r\n'], {}, 'match'],
    ['SIP', [ORIG, 'INVITE sip:a@b SIP/2.0\r\n'], {}, 'no'],
    ['RTSP', [ORIG, 'OPTIONS rtsp://a RTSP/1.0\r\n'], {}, 'no'],
    ['IRC', [ORIG, 'USER a b c :d\r\n'], {}, 'no'],
    ['an SSH banner', [RESP, 'SSH-2.0-x\r\n'], {}, 'no'],
    ['half a word', [ORIG, 'GE'], {}, 'unsure'],
    ['a status in the middle of a flow', [RESP, 'HTTP/1.1 200 OK\r\n'], { fromStart: false }, 'match'],
  ])('sees %s', (_what, step, options, verdict) => {
    expect(play(http, [step], { ...options, respPort: 12_345 }).verdict).toBe(verdict);
  });
});
