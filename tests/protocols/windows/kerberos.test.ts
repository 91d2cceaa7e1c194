import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { krb, krb_tcp } from '../../../src/protocols/windows/kerberos.ts';
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
import { apRequest, framed, kdcReply, kdcRequest, krbError } from './kerberos-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const AS = kdcRequest(10, { client: 'qwilliams' });
const AS_PROVED = kdcRequest(10, { client: 'qwilliams', preauth: true, nonce: 8 });
const AS_REPLY = kdcReply(11, 'qwilliams', ['krbtgt', 'CLINIC.EXAMPLE']);
const TGS = kdcRequest(12, { service: ['cifs', 'pacs01'], nonce: 9 });
const TGS_REPLY = kdcReply(13, 'PUMP7$', ['cifs', 'pacs01'], 23);

const LOGIN: readonly [0 | 1, Uint8Array][] = [
  [ORIG, AS],
  [RESP, krbError(25)],
  [ORIG, AS_PROVED],
  [RESP, AS_REPLY],
  [ORIG, TGS],
  [RESP, TGS_REPLY],
];
const overTcp = (steps: readonly [0 | 1, Uint8Array][]): Step[] =>
  steps.map(([direction, message]) => [direction, framed(message)]);

const rows = (played: Played) => recordsOf(played, 'kerberos');

describe('krb_tcp', () => {
  describeDecoderLaws(krb_tcp, {
    login: overTcp(LOGIN),
    'all at once': [
      [ORIG, Buffer.concat([framed(AS), framed(AS_PROVED)])],
      [RESP, Buffer.concat([framed(krbError(24)), framed(AS_REPLY)])],
    ],
  });

  it('gives the records of UDP', () => {
    expect(rows(play(krb_tcp, overTcp(LOGIN)))).toEqual(rows(play(krb, LOGIN, UDP)));
  });

  it('reads one direction alone', () => {
    const asked = play(krb_tcp, overTcp(LOGIN.filter(([direction]) => direction === ORIG)));
    expect(rows(asked).map(row => [row['request_type'], row['success']])).toEqual([
      ['AS', undefined],
      ['AS', undefined],
      ['TGS', undefined],
    ]);
    const answered = play(krb_tcp, overTcp(LOGIN.filter(([direction]) => direction === RESP)));
    expect(rows(answered).map(row => [row['request_type'], row['success'], row['service']])).toEqual([
      [undefined, false, 'krbtgt/CLINIC.EXAMPLE'],
      ['AS', true, 'krbtgt/CLINIC.EXAMPLE'],
      ['TGS', true, 'cifs/pacs01'],
    ]);
  });

  it('goes on after a hole and after garbage', () => {
    const played = play(krb_tcp, [
      ...overTcp(LOGIN.slice(0, 1)),
      { gap: ORIG, length: 40 },
      [ORIG, 'neither a length nor a message'],
      ...overTcp(LOGIN.slice(4)),
    ]);
    expect(rows(played)).toMatchObject([{ request_type: 'AS' }, { request_type: 'TGS', success: true }]);
    expect(played.weirds).toEqual(['krb_unknown_message']);
  });

  it.each([
    ['too long a message', fromHex('00030000 6a 82 0100 30 10 a103020105')],
    ['a length that is not the message’s', fromHex('00000020 6a 10 30 0e a103020105')],
    ['another version', fromHex('00000012 6a 10 30 0e a103020104 0000000000000000')],
    ['a certificate', fromHex('00000012 30 10 30 0e a103020105 0000000000000000')],
    ['a session message of SMB', fromHex('00000054 fe534d42 4000')],
  ])('declines %s', (_, bytes) => {
    expect(play(krb_tcp, [[ORIG, bytes]]).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    expectLinear(n => play(krb_tcp, [[ORIG, repeated(framed(AS), n)]], { segment: 700 }), 50_000);
  });
});

describe('krb', () => {
  describeDecoderLaws(krb, { login: [...LOGIN], 'a ticket shown': [[ORIG, apRequest(['host', 'x'])]] }, UDP);

  it('joins a request with what was said to it', () => {
    const played = play(krb, LOGIN, UDP);
    const login = {
      request_type: 'AS',
      client: '<user>/CLINIC.EXAMPLE',
      service: 'krbtgt/CLINIC.EXAMPLE',
      till: { sec: 2_136_422_885, nsec: 0 },
      forwardable: true,
      renewable: true,
      ciphers: ['aes256-cts-hmac-sha1-96', 'rc4-hmac'],
    };
    expect(rows(played)).toMatchObject([
      { ...login, frame: 1, preauth: false, success: false, error_msg: 'KDC_ERR_PREAUTH_REQUIRED' },
      { ...login, frame: 3, preauth: true, success: true, cipher: 'aes256-cts-hmac-sha1-96' },
      {
        frame: 5,
        request_type: 'TGS',
        client: 'PUMP7$/CLINIC.EXAMPLE',
        service: 'cifs/pacs01',
        success: true,
        cipher: 'rc4-hmac',
      },
    ]);
    expect(rows(played)[1]!['user']).toBeDefined();
    expect(rows(played)[2]!['user']).toBe(undefined);
    expect(shownText(played)).not.toContain('qwilliams');
    expect(played.weirds).toEqual([]);
  });

  it('takes a request that was sent again for one', () => {
    expect(
      rows(
        play(
          krb,
          [
            [ORIG, AS],
            [ORIG, AS],
            [RESP, AS_REPLY],
          ],
          UDP,
        ),
      ),
    ).toHaveLength(1);
  });

  it('keeps the text of an error', () => {
    const played = play(
      krb,
      [
        [ORIG, AS],
        [RESP, krbError(60, 'clock is wrong')],
      ],
      UDP,
    );
    expect(rows(played)).toMatchObject([{ success: false, error_msg: 'clock is wrong' }]);
    expect(rows(play(krb, [[RESP, krbError(99)]], UDP))).toMatchObject([{ error_msg: 'unknown-99' }]);
  });

  it('reads the ticket that is shown to a service', () => {
    expect(rows(play(krb, [[ORIG, apRequest(['cifs', 'pacs01'])]], UDP))).toMatchObject([
      { request_type: 'AP', service: 'cifs/pacs01', cipher: 'rc4-hmac' },
    ]);
  });

  it('takes errors without a version on its port only', () => {
    const bare = fromHex('7e 07 30 05 a6 03 02 01 19');
    expect(rows(play(krb, [[RESP, bare]], UDP))).toMatchObject([{ error_msg: 'KDC_ERR_PREAUTH_REQUIRED' }]);
    expect(play(krb, [[RESP, bare]], { ...UDP, respPort: 4000 }).verdict).toBe('no');
  });

  it('says what is no message', () => {
    expect(play(krb, [...LOGIN.slice(0, 1), [RESP, 'garbage']], UDP).weirds).toEqual(['krb_unknown_message']);
  });
});
