import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dce_rpc } from '../../../src/protocols/windows/dce-rpc.ts';
import { type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { tlv } from '../ber-bytes.ts';
import { apRequest } from './kerberos-bytes.ts';
import {
  krbToken,
  negInit,
  negResponse,
  nonsense,
  ntlmAuthenticate,
  ntlmChallenge,
  ntlmNegotiate,
} from './login-bytes.ts';
import { bind, bindAck, pdu } from './rpc-bytes.ts';

const SAMR = '12345778-1234-abcd-ef00-0123456789ac';
const auth3 = (token: Uint8Array): Uint8Array => pdu(16, 1, new Uint8Array(4), token);

/** A login whose three messages are carried by a binding. */
function login(first: Uint8Array, second: Uint8Array, third: Uint8Array): Played {
  const steps: Step[] = [
    [ORIG, bind(SAMR, 1, first)],
    [RESP, bindAck('135', 1, second)],
    [ORIG, auth3(third)],
  ];
  return play(dce_rpc, steps);
}

const NAMES = { 1: 'PACS01', 2: 'CLINIC', 3: 'pacs01.clinic.example', 5: 'clinic.example' };

describe('ntlm', () => {
  it('tells who logs in where, a person as a token', () => {
    const played = login(ntlmNegotiate(), ntlmChallenge(NAMES), ntlmAuthenticate('qwilliams'));
    expect(recordsOf(played, 'ntlm')).toMatchObject([
      {
        frame: 1,
        username: '<user>',
        user: { kind: 'user' },
        hostname: 'WS7',
        domainname: 'CLINIC',
        server_nb_computer_name: 'PACS01',
        server_dns_computer_name: 'pacs01.clinic.example',
        server_tree_name: 'clinic.example',
        response_kind: 'NTLMv2',
      },
    ]);
    expect(recordsOf(played, 'ntlm')[0]).not.toHaveProperty('success');
    expect(played.services).toEqual(['ntlm']);
    expect(shownText(played)).not.toContain('qwilliams');
  });

  it.each<[string, Uint8Array, string, string | undefined]>([
    ['a computer', ntlmAuthenticate('PUMP7$'), 'NTLMv2', 'PUMP7$'],
    [
      'a known account',
      ntlmAuthenticate('Administrator', { nt: 24 }),
      'NTLMv1 with session security',
      'Administrator',
    ],
    ['version 1', ntlmAuthenticate('admin', { nt: 24, flags: 1 }), 'NTLMv1', 'admin'],
    ['LAN Manager', ntlmAuthenticate('admin', { nt: 0 }), 'LM', 'admin'],
    ['nobody', ntlmAuthenticate('', { nt: 0, flags: 0x801 }), 'anonymous', undefined],
  ])('knows the response of %s', (_, token, kind, username) => {
    const [row] = recordsOf(login(ntlmNegotiate(), ntlmChallenge({}), token), 'ntlm');
    expect([row!['response_kind'], row!['username']]).toEqual([kind, username]);
  });

  it('is found in SPNEGO, which says how it ended', () => {
    const first = negInit(ntlmNegotiate());
    const accepted = play(dce_rpc, [
      [ORIG, bind(SAMR, 1, first)],
      [RESP, bindAck('135', 1, negResponse(1, ntlmChallenge(NAMES)))],
      [ORIG, auth3(negResponse(undefined, ntlmAuthenticate('sa')))],
      [RESP, bindAck('135', 1, negResponse(0))],
    ]);
    expect(recordsOf(accepted, 'ntlm')).toMatchObject([{ username: 'sa', success: true }]);
    expect(accepted.services).toEqual(['gssapi', 'ntlm']);
    const rejected = login(
      first,
      negResponse(1, ntlmChallenge(NAMES)),
      negResponse(2, ntlmAuthenticate('sa')),
    );
    expect(recordsOf(rejected, 'ntlm')).toMatchObject([{ success: false }]);
  });

  it('keeps what came of a login that broke off, in pieces or in nonsense', () => {
    const whole = ntlmAuthenticate('Administrator');
    for (let length = 0; length < whole.length; length += 3) {
      const played = login(ntlmNegotiate(), ntlmChallenge(NAMES).subarray(0, 90), whole.subarray(0, length));
      expect(recordsOf(played, 'ntlm')).toHaveLength(1);
    }
    expect(login(nonsense, tlv(0x60, 'x'), tlv(0xa1, tlv(0x30, 'zz'))).records).toEqual([]);
  });
});

describe('kerberos tickets', () => {
  it.each([
    ['in SPNEGO', negInit(krbToken(apRequest(['cifs', 'pacs01']))), ['gssapi', 'krb']],
    ['framed', krbToken(apRequest(['cifs', 'pacs01'])), ['krb']],
    ['bare', apRequest(['cifs', 'pacs01']), ['krb']],
  ])('are read %s', (_, token, services) => {
    const played = play(dce_rpc, [[ORIG, bind(SAMR, 1, token)]]);
    expect(recordsOf(played, 'kerberos')).toMatchObject([
      { request_type: 'AP', service: 'cifs/pacs01', cipher: 'rc4-hmac' },
    ]);
    expect(played.services).toEqual(services);
  });
});
