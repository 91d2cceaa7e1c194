import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dtls } from '../../../src/protocols/web/dtls.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { PUMP } from './certificates.ts';
import {
  bytes,
  certificates,
  clientHello,
  extension,
  RETRY_RANDOM,
  serverHello,
  serverName,
  u16,
} from './ssl-bytes.ts';

const u24 = (value: number): number[] => [value >> 16, ...u16(value & 0xffff)];
const dtlsRecord = (type: number, content: Uint8Array, epoch = 0, version = 0xfefd): Uint8Array =>
  bytes(type, u16(version), u16(epoch), [0, 0, 0, 0, 0, 1], u16(content.length), content);
/** One fragment of a handshake message; by default all of it. */
const part = (
  type: number,
  sequence: number,
  content: Uint8Array,
  from = 0,
  to = content.length,
): Uint8Array =>
  dtlsRecord(
    22,
    bytes(type, u24(content.length), u16(sequence), u24(from), u24(to - from), content.subarray(from, to)),
  );

const hello = (cookie: string) => {
  const plain = clientHello({ version: 0xfefd, extensions: [serverName('pump.example')] });
  return bytes(plain.subarray(0, 35), cookie.length, cookie, plain.subarray(35));
};
const chosen = serverHello(0xc02b, { version: 0xfefd });
const CCS = dtlsRecord(20, Uint8Array.of(1));
const FINISHED = dtlsRecord(22, new Uint8Array(40).fill(0xd7), 1);
const chain = certificates(PUMP);

const full: Step[] = [
  [ORIG, part(1, 0, hello(''))],
  [RESP, part(3, 0, bytes(u16(0xfeff), 4, 'cook'))],
  [ORIG, part(1, 1, hello('cook'))],
  [RESP, bytes(part(2, 1, chosen), part(11, 2, chain, 0, 200))],
  [RESP, bytes(part(11, 2, chain, 200, 400), part(11, 2, chain, 400), part(14, 3, new Uint8Array(0)))],
  [ORIG, bytes(part(16, 2, new Uint8Array(66)), CCS, FINISHED)],
  [RESP, bytes(CCS, FINISHED)],
];

const options: PlayOptions = { transport: 'udp' };
const only = (exchange: readonly Step[]) => recordsOf(play(dtls, exchange, options), 'ssl');

describeDecoderLaws(dtls, { full, retry: full.slice(0, 3) }, options);

describe('dtls', () => {
  it('decodes a handshake with a cookie and a certificate in fragments', () => {
    const played = play(dtls, full, options);
    expect(recordsOf(played, 'ssl')).toMatchObject([
      {
        version: 'DTLSv12',
        cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        server_name: 'pump.example',
        established: true,
        ssl_history: 'CvCsxnGIi',
        sni_matches_cert: true,
        ja4: expect.stringMatching(/^dd2d0201/),
      },
    ]);
    expect(recordsOf(played, 'x509')).toMatchObject([{ 'certificate.key_length': 256, self_signed: true }]);
    expect([played.end, played.weirds]).toEqual(['done', []]);
  });

  it('gives up a message whose fragment was lost', () => {
    const lost = [...full.slice(0, 4), [RESP, part(11, 2, chain, 400)] as Step, ...full.slice(5)];
    expect(only(lost)).toMatchObject([{ established: true, ssl_history: 'CvCsGIi' }]);
  });

  it('recognises version 1.3 by its retry and its encrypted records', () => {
    const version = extension(43, bytes(u16(0xfefc)));
    const retry = serverHello(0x1301, { version: 0xfefd, random: RETRY_RANDOM, extensions: [version] });
    const answer = serverHello(0x1301, { version: 0xfefd, extensions: [version] });
    const encrypted = bytes(0x2e, new Uint8Array(40).fill(9));
    expect(
      only([
        [ORIG, part(1, 0, hello(''))],
        [RESP, part(2, 0, retry)],
        [ORIG, part(1, 1, hello('x'))],
        [RESP, bytes(part(2, 1, answer), encrypted)],
        [ORIG, encrypted],
      ]),
    ).toMatchObject([{ version: 'DTLSv13', established: true, ssl_history: 'CjCs' }]);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['another version', dtlsRecord(22, hello(''), 0, 0x0303)],
    ['application data', dtlsRecord(23, new Uint8Array(60))],
    ['a fragment longer than its record', dtlsRecord(22, bytes(1, u24(90), u16(0), u24(0), u24(90), 1, 2))],
  ])('does not claim %s', (_what, datagram) => {
    expect(play(dtls, [[ORIG, datagram]], options).verdict).not.toBe('match');
  });

  it('says when records make no sense', () => {
    const played = play(
      dtls,
      [full[0]!, [RESP, bytes(22, u16(0xfefd), new Uint8Array(8), u16(999))]],
      options,
    );
    expect(played.weirds).toEqual(['DTLS_invalid_record']);
  });

  it('takes time in proportion to the fragments', () => {
    expectLinear(n => {
      const content = new Uint8Array(60_000);
      const steps: Step[] = [full[0]!];
      for (let i = 0; i < n; i++) steps.push([RESP, part(11, 2, content, i * 50, (i + 1) * 50)]);
      play(dtls, steps, options);
    }, 300);
  });
});
