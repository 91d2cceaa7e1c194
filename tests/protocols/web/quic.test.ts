import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { quic } from '../../../src/protocols/web/quic.ts';
import { initialKeys, openInitial } from '../../../src/protocols/web/quic-crypto.ts';
import { readLongHeader, readVarint } from '../../../src/protocols/web/quic-packet.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { fromHex, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { cryptoFrame, longHeader, sealInitial } from './quic-bytes.ts';
import { bytes, clientHello, extension, message, serverHello, serverName, u16 } from './ssl-bytes.ts';

const DCID = fromHex('8394c8f03e515708');
const CLIENT = fromHex('c0c1c2c3');
const SERVER = fromHex('5051525354');
const UDP: PlayOptions = { transport: 'udp' };

const alpn = extension(16, bytes(u16(3), 2, 'h3'));
const hello = message(
  1,
  clientHello({ extensions: [serverName('pump.example'), alpn, extension(43, bytes(2, 3, 4))] }),
);
const answer = message(2, serverHello(0x1301, { extensions: [extension(43, bytes(3, 4))] }));
const handshakePacket = bytes(longHeader(0xe1, 1, CLIENT, SERVER), 0x40, 60, new Uint8Array(60));
const short = bytes(0x41, new Uint8Array(40));

const fromClient = (content: Uint8Array, more: object = {}): Step => [
  ORIG,
  sealInitial({ keyId: DCID, destination: DCID, source: CLIENT, content, ...more }),
];
const fromServer = (content: Uint8Array, more: object = {}): Step => [
  RESP,
  sealInitial({ keyId: DCID, destination: CLIENT, source: SERVER, fromServer: true, content, ...more }),
];

const whole: Step[] = [
  fromClient(cryptoFrame(0, hello)),
  [
    RESP,
    bytes(
      fromServer(bytes(2, 0, 0, 0, 0, cryptoFrame(0, answer)), { size: 300 })[1 as never] as Uint8Array,
      handshakePacket,
    ),
  ],
  [ORIG, short],
  [RESP, short],
];

const rows = (exchange: readonly Step[], options = UDP) => recordsOf(play(quic, exchange, options), 'quic');

describeDecoderLaws(quic, { whole }, UDP);

describe('keys of Initial packets', () => {
  // RFC 9001 appendix A.1 and RFC 9369 appendix A.1.
  it.each([
    [
      1,
      0,
      '1f369613dd76d5467730efcbe3b1a22d',
      'fa044b2f42a3fd3b46fb255c',
      '9f50449e04a0e810283a1e9933adedd2',
    ],
    [
      1,
      1,
      'cf3a5331653c364c88f0f379b6067e37',
      '0ac1493ca1905853b0bba03e',
      'c206b8d9b9f0f37644430b490eeaa314',
    ],
    [
      0x6b3343cf,
      0,
      '8b1a0bc121284290a29e0971b5cd045d',
      '91f73e2351d8fa91660e909f',
      '45b95e15235d6f45a6b19cbcb0294ba9',
    ],
  ])('of version %d are those of the standard', (version, side, key, iv, headerKey) => {
    const keys = initialKeys(version, DCID)[side]!;
    expect([keys.key, keys.iv, keys.headerKey].map(part => part.toString('hex'))).toEqual([
      key,
      iv,
      headerKey,
    ]);
  });

  it('refuses what was damaged', () => {
    const packet = sealInitial({ keyId: DCID, destination: DCID, source: CLIENT, content: hello });
    const header = readLongHeader(packet, 0, packet.length)!;
    const open = (bytes: Uint8Array) =>
      openInitial(initialKeys(1, DCID)[0], bytes, 0, header.numberAt, header.end);
    expect(open(packet)?.subarray(0, hello.length)).toEqual(Buffer.from(hello));
    packet[700]! ^= 1;
    expect(open(packet)).toBeUndefined();
  });
});

describe('quic', () => {
  it('reads what the first packets show', () => {
    const played = play(quic, whole, UDP);
    expect(recordsOf(played, 'quic')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        version: '1',
        client_initial_dcid: '8394c8f03e515708',
        client_scid: 'c0c1c2c3',
        server_scid: '5051525354',
        server_name: 'pump.example',
        client_protocol: 'h3',
        history: 'ICish',
      },
    ]);
    expect(recordsOf(played, 'ssl')).toMatchObject([
      {
        version: 'TLSv13',
        cipher: 'TLS_AES_128_GCM_SHA256',
        server_name: 'pump.example',
        ja4: expect.stringMatching(/^q13d0203h3_/),
      },
    ]);
    expect([played.end, played.weirds, played.services]).toEqual(['done', [], ['ssl']]);
  });

  it('reads version 2', () => {
    expect(rows([fromClient(cryptoFrame(0, hello), { version: 0x6b3343cf })])).toMatchObject([
      { version: 'quicv2', server_name: 'pump.example' },
    ]);
  });

  it('puts a hello in several packets together, in any order', () => {
    const first = cryptoFrame(0, hello.subarray(0, 30));
    const second = cryptoFrame(30, hello.subarray(30, 60));
    const third = cryptoFrame(60, hello.subarray(60));
    const exchange = [fromClient(bytes(third, first)), fromClient(second, { number: 1 })];
    expect(rows(exchange)).toMatchObject([{ server_name: 'pump.example', history: 'IIC' }]);
  });

  it('follows a Retry', () => {
    const retry: Step = [RESP, bytes(longHeader(0xf0, 1, CLIENT, SERVER), 'token', new Uint8Array(16))];
    const again = fromClient(cryptoFrame(0, hello), { keyId: SERVER, destination: SERVER });
    expect(rows([fromClient(bytes(1)), retry, again])).toMatchObject([
      { client_initial_dcid: '8394c8f03e515708', server_name: 'pump.example', history: 'IrIC' },
    ]);
  });

  it('follows a version that was negotiated', () => {
    const unknown: Step = [
      ORIG,
      bytes(longHeader(0xc1, 0x1a2a3a4a, DCID, CLIENT), 0, 0x40, 60, new Uint8Array(1180)),
    ];
    const negotiation: Step = [RESP, bytes(longHeader(0x80, 0, CLIENT, DCID), 0, 0, 0, 1)];
    expect(rows([unknown, negotiation, fromClient(cryptoFrame(0, hello))])).toMatchObject([
      { server_name: 'pump.example' },
    ]);
  });

  it('tells of a connection whose client was not seen', () => {
    expect(rows([fromServer(cryptoFrame(0, answer))])).toMatchObject([
      { version: '1', server_scid: '5051525354', history: 'i' },
    ]);
  });

  it('gives up handshakes beyond its limit', () => {
    const played = play(quic, [fromClient(cryptoFrame(0x3fff, new Uint8Array(40)))], UDP);
    expect(played.weirds).toEqual(['quic_crypto_limit']);
  });

  it('notices the end of a connection', () => {
    expect(
      rows([fromClient(cryptoFrame(0, hello)), fromServer(bytes(0x1c, 0x41, 0x28, 0, 0))]),
    ).toMatchObject([{ history: 'ICix' }]);
  });

  it.each<[string, Uint8Array]>([
    [
      'a short datagram',
      sealInitial({ keyId: DCID, destination: DCID, source: CLIENT, content: hello, size: 1100 }),
    ],
    ['an unknown version', bytes(longHeader(0xc0, 0x51303433, DCID, CLIENT), new Uint8Array(1300))],
    ['identifiers that are too long', bytes(0xc0, 0, 0, 0, 1, 21, new Uint8Array(1300))],
    ['noise', new Uint8Array(1300).fill(0xc7)],
  ])('does not claim %s', (_what, datagram) => {
    expect(play(quic, [[ORIG, datagram]], UDP).verdict).toBe('no');
  });

  it('reads numbers of variable length', () => {
    // RFC 9000 appendix A.1.
    const value = (digits: string) => readVarint(fromHex(digits), 0, digits.length / 2)?.value;
    expect(['25', '4025', '7bbd', '9d7f3e7d', 'c000000000000025'].map(value)).toEqual([
      37, 37, 15293, 494878333, 37,
    ]);
    expect(['', '40', 'c2197c5eff14e88c'].map(value)).toEqual([undefined, undefined, undefined]);
  });

  it('takes time in proportion to the datagrams, and stops after some', () => {
    const packet = sealInitial({ keyId: DCID, destination: DCID, source: CLIENT, content: bytes(1) });
    const noisy: Step[] = Array.from({ length: 100 }, () => [ORIG, packet]);
    expect(play(quic, noisy, UDP).end).toBe('done');
    expectLinear(n => {
      for (let i = 0; i < n; i++) play(quic, noisy, UDP);
    }, 2);
  });
});
