import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { ssl } from '../../../src/protocols/web/ssl.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  everySplit,
  fromHex,
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
} from '../../support/fake-flow.ts';
import { AUTHORITY, PUMP } from './certificates.ts';
import {
  alert,
  bytes,
  CHANGE_CIPHER_SPEC,
  certificates,
  clientHello,
  DATA,
  extension,
  FINISHED,
  message,
  record,
  serverHello,
  serverName,
  u16,
} from './ssl-bytes.ts';

const hello = (...extensions: Uint8Array[]) => record(22, message(1, clientHello({ extensions })), 0x0301);
const CERTIFICATE = message(11, new Uint8Array(3000).fill(0xab));
const KEY_EXCHANGE = message(12, bytes(3, u16(23), 65, new Uint8Array(65)));
const DONE_MESSAGE = message(14, new Uint8Array(0));
const CLIENT_KEY = record(22, message(16, new Uint8Array(66)));

const tls12: Step[] = [
  [ORIG, hello(serverName('pacs.example'))],
  [
    RESP,
    bytes(
      record(
        22,
        bytes(
          message(2, serverHello(0xc02f, { extensions: [extension(16, bytes(0, 3, 2, 'h2'))] })),
          CERTIFICATE,
        ),
      ),
      record(22, bytes(KEY_EXCHANGE, DONE_MESSAGE)),
    ),
  ],
  [ORIG, bytes(CLIENT_KEY, CHANGE_CIPHER_SPEC, FINISHED)],
  [RESP, bytes(CHANGE_CIPHER_SPEC, FINISHED)],
  [ORIG, DATA],
];

const tls13: Step[] = [
  [
    ORIG,
    hello(serverName('pacs.example'), extension(43, bytes(2, 3, 4)), extension(51, bytes(0, 4, 0, 29, 0, 0))),
  ],
  [
    RESP,
    bytes(
      record(
        22,
        message(
          2,
          serverHello(0x1301, {
            extensions: [extension(43, bytes(3, 4)), extension(51, bytes(0, 29, 0, 1, 9))],
          }),
        ),
      ),
      CHANGE_CIPHER_SPEC,
      DATA,
    ),
  ],
  [ORIG, bytes(CHANGE_CIPHER_SPEC, DATA)],
];

const refused: Step[] = [
  [ORIG, hello()],
  [RESP, alert(40)],
];

describeDecoderLaws(ssl, { 'TLS 1.2': tls12, 'TLS 1.3': tls13, refused });

const row = (played: Played) => recordsOf(played, 'ssl')[0];
const run = (exchange: readonly Step[], options: PlayOptions = {}) => row(play(ssl, exchange, options));

describe('ssl records', () => {
  it('decodes a TLS 1.2 handshake', () => {
    const played = play(ssl, tls12);
    expect(recordsOf(played, 'ssl')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        version: 'TLSv12',
        cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
        curve: 'secp256r1',
        server_name: 'pacs.example',
        resumed: false,
        next_protocol: 'h2',
        established: true,
        ssl_history: 'CsxknGIi',
        ja3: expect.stringMatching(/^[0-9a-f]{32}$/),
        ja3s: expect.stringMatching(/^[0-9a-f]{32}$/),
        ja4: 't12d020100_c1929292aa6b_000000000000',
      },
    ]);
    expect([played.end, played.weirds]).toEqual(['done', []]);
  });

  it('decodes a TLS 1.3 handshake', () => {
    expect(run(tls13)).toMatchObject({
      version: 'TLSv13',
      cipher: 'TLS_AES_128_GCM_SHA256',
      curve: 'x25519',
      established: true,
    });
  });

  it('shows certificates and what a rule needs to know of them', () => {
    const chain = record(22, message(11, certificates(PUMP, AUTHORITY)));
    const hellos: Step[] = [
      [ORIG, hello(serverName('a.ward.example'))],
      [RESP, bytes(record(22, message(2, serverHello(0x009f))), chain)],
    ];
    const dh = record(22, message(12, bytes(u16(128), 0x80, new Uint8Array(127), u16(1), 2, u16(1), 3)));
    for (const { played } of everySplit(ssl, [...hellos, [RESP, dh]])) {
      expect(row(played)).toMatchObject({
        cert_chain_fps: [expect.any(String), expect.any(String)],
        client_cert_chain_fps: [],
        sni_matches_cert: true,
        dh_bits: 1024,
        ssl_history: 'Csxk',
      });
      expect(
        recordsOf(played, 'x509').map(found => [
          found['host_cert'],
          found['self_signed'],
          found['not_yet_valid'],
        ]),
      ).toEqual([
        [true, true, true],
        [false, true, true],
      ]);
    }
  });

  it('says when a certificate cannot be read', () => {
    const played = play(ssl, [
      [ORIG, hello()],
      [RESP, record(22, message(11, certificates(PUMP.subarray(9))))],
    ]);
    expect(played.weirds).toEqual(['X509_unreadable_certificate']);
    expect(row(played)).toMatchObject({ cert_chain_fps: [expect.any(String)], ssl_history: 'Cx' });
  });

  it('takes a stapled OCSP response for a file, as Zeek does', () => {
    const status = record(22, message(22, bytes(1, 0, 0, 20, new Uint8Array(20))));
    expect(
      recordsOf(
        play(ssl, [
          [ORIG, hello()],
          [RESP, status],
        ]),
        'files',
      ),
    ).toMatchObject([
      { source: 'SSL', mime_type: 'application/ocsp-response', seen_bytes: 20, is_orig: false },
    ]);
  });

  it('reads nothing more once the handshake is complete', () => {
    const later: Step[] = Array.from({ length: 50 }, () => [RESP, DATA]);
    expect(play(ssl, [...tls12, ...later]).given).toBe(play(ssl, tls12).given);
  });

  it('decodes a refused handshake', () => {
    expect(run(refused)).toMatchObject({ last_alert: 'handshake_failure', established: false });
    expect(run(refused)).not.toHaveProperty('version');
  });

  it('decodes a lone ClientHello', () => {
    expect(run([[ORIG, hello(serverName('a', 'b'))]])).toMatchObject({
      server_name: 'a',
      established: false,
    });
    expect(play(ssl, [[ORIG, hello(serverName('a', 'b'))]]).weirds).toEqual(['SSL_many_server_names']);
  });

  it('decodes a handshake whose messages span records', () => {
    const content = message(
      1,
      clientHello({ extensions: [serverName('far.example'), extension(21, new Uint8Array(900))] }),
    );
    const split = bytes(
      ...Array.from({ length: Math.ceil(content.length / 7) }, (_, i) =>
        record(22, content.subarray(i * 7, i * 7 + 7)),
      ),
    );
    expect(run([[ORIG, split]], { probe: false })).toMatchObject({ server_name: 'far.example' });
  });

  it.each<[string, Step[]]>([
    [
      'an echoed session identifier',
      [
        [ORIG, record(22, message(1, clientHello({ sessionId: fromHex('0102') })))],
        [RESP, record(22, message(2, serverHello(0x002f, { sessionId: fromHex('0102') })))],
      ],
    ],
    [
      'a ticket and no key exchange',
      [
        [ORIG, hello(extension(35, fromHex('0102')))],
        [RESP, bytes(record(22, message(2, serverHello(0x002f))), CHANGE_CIPHER_SPEC)],
        [ORIG, CHANGE_CIPHER_SPEC],
      ],
    ],
    [
      'a pre-shared key',
      [
        [ORIG, hello(extension(41, fromHex('00')))],
        [
          RESP,
          record(
            22,
            message(
              2,
              serverHello(0x1301, { extensions: [extension(43, bytes(3, 4)), extension(41, bytes(0, 0))] }),
            ),
          ),
        ],
      ],
    ],
  ])('sees a session resumed by %s', (_what, exchange) => {
    expect(run(exchange)).toMatchObject({ resumed: true });
  });

  it.each<[string, Step[]]>([
    [
      'a new session identifier',
      [
        [ORIG, record(22, message(1, clientHello({ sessionId: fromHex('0102') })))],
        [RESP, record(22, message(2, serverHello(0x002f, { sessionId: fromHex('0103') })))],
      ],
    ],
    [
      'a ticket with a key exchange',
      [
        [ORIG, hello(extension(35, fromHex('01')))],
        [RESP, record(22, message(2, serverHello(0x002f)))],
        [ORIG, bytes(CLIENT_KEY, CHANGE_CIPHER_SPEC)],
      ],
    ],
    [
      'an echoed identifier in TLS 1.3',
      [
        [ORIG, record(22, message(1, clientHello({ sessionId: fromHex('0102') })))],
        [
          RESP,
          record(
            22,
            message(
              2,
              serverHello(0x1301, { sessionId: fromHex('0102'), extensions: [extension(43, bytes(3, 4))] }),
            ),
          ),
        ],
      ],
    ],
  ])('does not take %s for resumption', (_what, exchange) => {
    expect(run(exchange)).toMatchObject({ resumed: false });
  });

  it('follows a client on the responder’s side', () => {
    const flipped = tls12.map(step =>
      'gap' in step ? step : ([step[0] === ORIG ? RESP : ORIG, step[1]] as const),
    );
    expect(run(flipped)).toMatchObject({ version: 'TLSv12', server_name: 'pacs.example', established: true });
  });

  it('decodes an SSL 2.0 client hello answered with TLS', () => {
    const v2 = bytes(u16(0x8000 | 28), 1, 3, 1, u16(3), u16(0), u16(16), [0, 0, 5], new Uint8Array(16));
    expect(
      run([
        [ORIG, v2],
        [RESP, record(22, message(2, serverHello(5, { version: 0x0301 })), 0x0301)],
      ]),
    ).toMatchObject({
      version: 'TLSv10',
      cipher: 'TLS_RSA_WITH_RC4_128_SHA',
    });
  });

  it('decodes an SSL 2.0 handshake', () => {
    const client = bytes(u16(0x8000 | 28), 1, 0, 2, u16(3), u16(0), u16(16), [1, 0, 128], new Uint8Array(16));
    const server = bytes(u16(0x8000 | 18), 4, 0, 1, 0, 2, u16(4), u16(3), u16(0), 1, 2, 3, 4, [1, 0, 128]);
    const key = bytes(u16(0x8000 | 10), 2, [1, 0, 128], u16(0), u16(0), u16(0));
    const played = play(ssl, [
      [ORIG, client],
      [RESP, server],
      [ORIG, key],
    ]);
    expect(row(played)).toMatchObject({
      version: 'SSLv2',
      cipher: 'SSLv20_CK_RC4_128_WITH_MD5',
      established: true,
    });
  });

  it('is not established by ChangeCipherSpec of one side', () => {
    expect(run(tls12.slice(0, 3))).toMatchObject({ established: false });
  });
});

describe('ssl limits and damage', () => {
  it.each<[string, Step[], string]>([
    [
      'a record of an unknown type',
      [
        [ORIG, hello()],
        [ORIG, record(99, new Uint8Array(9))],
      ],
      'SSL_invalid_record',
    ],
    [
      'a record that is too long',
      [
        [ORIG, hello()],
        [ORIG, bytes(22, 3, 3, u16(20_000))],
      ],
      'SSL_invalid_record',
    ],
    [
      'a handshake message of more than 64 KiB',
      [
        [ORIG, hello()],
        [RESP, record(22, fromHex('02 020000 0303'))],
      ],
      'SSL_handshake_limit',
    ],
    [
      'a hello that breaks off',
      [
        [ORIG, hello()],
        [RESP, record(22, message(2, fromHex('0303aabb')))],
      ],
      'SSL_truncated_hello',
    ],
    [
      'application data before the handshake ends',
      [...tls12.slice(0, 2), [RESP, DATA]],
      'ssl_early_application_data',
    ],
  ])('reports %s', (_what, exchange, weird) => {
    const played = play(ssl, exchange);
    expect([played.weirds, recordsOf(played, 'ssl').length]).toEqual([[weird], 1]);
  });

  it('passes over records it need not read', () => {
    const early = Array.from({ length: 20 }, (): Step => [RESP, record(23, new Uint8Array(16_000))]);
    expect(play(ssl, [...tls12.slice(0, 2), ...early], { segment: 1000 }).given).toBeLessThan(40_000);
  });

  it('gives out what it has at a hole', () => {
    const played = play(ssl, [tls12[0]!, { gap: RESP, length: 100 }, [ORIG, DATA]]);
    expect([played.end, row(played)?.['server_name']]).toEqual(['gap', 'pacs.example']);
  });

  it('reads hellos with lengths that lie, without an exception', () => {
    const content = clientHello({ extensions: [serverName('pacs.example')] });
    for (let at = 34; at < content.length; at++) {
      const damaged = content.slice();
      damaged[at] = 0xff;
      play(ssl, [[ORIG, record(22, message(1, damaged))]], { probe: false });
    }
  });

  it.each<[string, Uint8Array, PlayOptions]>([
    ['handshake records of one byte', record(22, Uint8Array.of(11)), {}],
    ['empty records', record(22, new Uint8Array(0)), {}],
    ['alerts', alert(90), {}],
    ['small messages', record(22, repeated(message(13, Uint8Array.of(1)), 5000)), {}],
    ['alerts in one-byte segments', alert(90), { segment: 1 }],
  ])('takes linear time for %s', (_what, unit, options) => {
    expectLinear(
      n =>
        play(
          ssl,
          [
            [ORIG, hello()],
            [RESP, repeated(unit, n)],
          ],
          options,
        ),
      20_000,
    );
  });
});

describe('ssl probe', () => {
  it.each<[string, Step, string]>([
    ['a ClientHello', [ORIG, hello()], 'match'],
    ['a ServerHello alone', [RESP, record(22, message(2, serverHello(0x002f)))], 'match'],
    ['an alert before a hello', [ORIG, bytes(alert(112), hello())], 'match'],
    ['the first byte', [ORIG, Uint8Array.of(22)], 'unsure'],
    ['another major version', [ORIG, fromHex('16 04 01 00 80 01 00 00 7c 03 03')], 'no'],
    ['a hello that is too short', [ORIG, fromHex('16 03 01 00 80 01 00 00 10 03 03')], 'no'],
    ['application data', [ORIG, DATA], 'no'],
    ['SSL 2.0 lengths that disagree', [ORIG, fromHex('80 2e 01 00 02 00 03 00 00 00 10 01 00 80')], 'no'],
  ])('sees %s', (_what, step, verdict) => {
    expect(play(ssl, [step], { respPort: 12_345 }).verdict).toBe(verdict);
  });
});

it('tells which medical protocol is probably inside', () => {
  const inside = (exchange: readonly Step[], respPort: number) => {
    const record = run(exchange, { respPort });
    return [record?.['inside'], record?.['inside_by']];
  };
  expect(inside(tls13, 2575)).toEqual(['dicom', 'name']);
  const nameless: Step[] = [[ORIG, hello()], ...tls13.slice(1)];
  expect(inside(nameless, 2575)).toEqual(['hl7', 'port']);
  expect(inside(nameless, 443)).toEqual([undefined, undefined]);
  // ALPN agreed on h2.
  expect(inside(tls12, 2575)).toEqual([undefined, undefined]);
});
