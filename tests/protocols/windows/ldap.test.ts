import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { ldap_tcp, ldap_udp } from '../../../src/protocols/windows/ldap.ts';
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
import { joined, sequence, tlv } from '../ber-bytes.ts';
import {
  entry,
  equals,
  extended,
  layered,
  message,
  octets,
  present,
  result,
  saslBind,
  search,
  serverToken,
  simpleBind,
} from './ldap-bytes.ts';
import { negInit, negResponse, ntlmAuthenticate, ntlmChallenge, ntlmNegotiate } from './login-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const START_TLS = '1.3.6.1.4.1.1466.20037';
const BIND: Step[] = [
  [ORIG, simpleBind(1, 'cn=qwilliams,ou=staff,dc=clinic', 'Tr0ub4dor')],
  [RESP, result(1, 0x61, 0)],
];
const FILTER = tlv(
  0xa0,
  present('objectClass'),
  tlv(0xa1, equals('cn', 'a(b)*'), tlv(0xa2, equals('sn', 'x'))),
);
const SEARCH: Step[] = [
  [ORIG, search(2, 'dc=clinic', FILTER, 'cn', 'mail')],
  [RESP, joined(entry(2, 'cn=a'), entry(2, 'cn=b'))],
  [RESP, result(2, 0x65, 4, 'too many')],
];
const SASL: Step[] = [
  [ORIG, saslBind(1, 'GSS-SPNEGO', negInit(ntlmNegotiate()))],
  [RESP, result(1, 0x61, 14, '', serverToken(negResponse(1, ntlmChallenge({ 1: 'DC1' }))))],
  [ORIG, saslBind(2, 'GSS-SPNEGO', negResponse(undefined, ntlmAuthenticate('PUMP7$')))],
  [RESP, result(2, 0x61, 0, '', serverToken(negResponse(0)))],
];

const rows = (played: Played, stream = 'ldap') => recordsOf(played, stream);
const searches = (...steps: Step[]) => recordsOf(play(ldap_tcp, steps), 'ldap_search');

describe('ldap over TCP', () => {
  describeDecoderLaws(ldap_tcp, {
    'a bind and a search': [...BIND, ...SEARCH],
    'a signed layer': [
      ...SASL,
      [ORIG, layered(search(300, '', present('cn')))],
      [RESP, layered(result(300, 0x65, 0))],
    ],
    'all at once': [
      [ORIG, Buffer.concat([simpleBind(1, '', ''), search(2, 'dc=x', present('cn')), message(3, tlv(0x42))])],
      [RESP, Buffer.concat([result(1, 0x61, 0), result(2, 0x65, 0)])],
    ],
  });

  it('records a simple bind, the name of a person as a token', () => {
    const played = play(ldap_tcp, BIND);
    expect(rows(played)).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        message_id: 1,
        version: 3,
        opcode: 'bind simple',
        result: 'success',
        object: '<user>',
        argument: 'REDACTED',
        user: expect.objectContaining({ kind: 'user' }),
      },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'ldap', user: 'qwilliams', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(shownText(played)).not.toMatch(/qwilliams|Tr0ub4dor/);
  });

  it.each<[string, string, string | undefined]>([
    ['cn=admin,dc=clinic,dc=example', 'admin', 'cn=admin,dc=clinic,dc=example'],
    ['CLINIC\\Administrator', 'Administrator', 'CLINIC\\Administrator'],
    ['administrator@clinic.example', 'administrator', 'administrator@clinic.example'],
    ['qw@clinic.example', 'qw@clinic.example', '<user>'],
    ['', '', undefined],
  ])('knows accounts that belong to nobody: %s', (name, user, object) => {
    const played = play(ldap_tcp, [
      [ORIG, simpleBind(1, name, 'p')],
      [RESP, result(1, 0x61, 49, 'wrong')],
    ]);
    expect(rows(played)[0]!['object']).toBe(object);
    expect(rows(played)[0]).toMatchObject({ result: 'invalid credentials', diagnostic_message: 'wrong' });
    expect(played.logins).toMatchObject([{ user, success: false }]);
  });

  it('shows an anonymous bind as one without name and secret', () => {
    const played = play(ldap_tcp, [
      [ORIG, simpleBind(1, '', '')],
      [RESP, result(1, 0x61, 0)],
    ]);
    expect(played.logins).toEqual([
      { protocol: 'ldap', user: '', secret: '', secretKind: 'password', success: true },
    ]);
    expect(rows(played)[0]).not.toHaveProperty('argument');
  });

  it('reads logins inside SASL', () => {
    const played = play(ldap_tcp, SASL);
    expect(rows(played)).toMatchObject([
      { opcode: 'bind SASL', argument: 'GSS-SPNEGO', result: 'SASL bind in progress' },
      { opcode: 'bind SASL', argument: 'GSS-SPNEGO', result: 'success' },
    ]);
    expect(rows(played, 'ntlm')).toMatchObject([
      { username: 'PUMP7$', server_nb_computer_name: 'DC1', success: true },
    ]);
    const plain = play(ldap_tcp, [
      [ORIG, saslBind(1, 'PLAIN', '\0qwilliams\0Tr0ub4dor')],
      [RESP, result(1, 0x61, 49)],
    ]);
    expect(plain.logins).toMatchObject([{ user: 'qwilliams', secret: 'Tr0ub4dor', success: false }]);
  });

  it('reads NTLM in Microsoft’s own binds', () => {
    const bind = (id: number, kind: number, token: Uint8Array) =>
      message(id, tlv(0x60, [2, 1, 3], octets('PUMP7$'), tlv(kind, token)));
    const challenge = message(1, tlv(0x61, [10, 1, 0], octets(ntlmChallenge({ 1: 'DC1' })), octets('')));
    const played = play(ldap_tcp, [
      [ORIG, bind(1, 0x8a, ntlmNegotiate())],
      [RESP, challenge],
      [ORIG, bind(2, 0x8b, ntlmAuthenticate('PUMP7$'))],
      [RESP, result(2, 0x61, 49)],
    ]);
    expect(rows(played).map(row => row['opcode'])).toEqual(['bind SICILY_NEGOTIATE', 'bind SICILY_RESPONSE']);
    expect(rows(played, 'ntlm')).toMatchObject([{ server_nb_computer_name: 'DC1', success: false }]);
  });

  it('records a search with its answer', () => {
    expect(searches(...SEARCH)).toMatchObject([
      {
        frame: 1,
        message_id: 2,
        scope: 'tree',
        deref_aliases: 'always',
        base_object: 'dc=clinic',
        filter: '(&(objectClass=*)(|(cn=a\\28b\\29\\2a)(!(sn=x))))',
        attributes: ['cn', 'mail'],
        result_count: 2,
        result: 'size limit exceeded',
        diagnostic_message: 'too many',
      },
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['(cn=a*b*c)', tlv(0xa4, octets('cn'), sequence(tlv(0x80, 'a'), tlv(0x81, 'b'), tlv(0x82, 'c')))],
    ['(cn=*b*)', tlv(0xa4, octets('cn'), sequence(tlv(0x81, 'b')))],
    ['(cn=*c)', tlv(0xa4, octets('cn'), sequence(tlv(0x82, 'c')))],
    ['(cn=a*)', tlv(0xa4, octets('cn'), sequence(tlv(0x80, 'a')))],
    ['(n>=5)', tlv(0xa5, octets('n'), octets('5'))],
    ['(n<=5)', tlv(0xa6, octets('n'), octets('5'))],
    ['(cn~=x)', tlv(0xa8, octets('cn'), octets('x'))],
    [
      '(userAccountControl:1.2.840.113556.1.4.803:=2)',
      tlv(0xa9, tlv(0x81, '1.2.840.113556.1.4.803'), tlv(0x82, 'userAccountControl'), tlv(0x83, '2')),
    ],
    ['(ou:dn:=x)', tlv(0xa9, tlv(0x82, 'ou'), tlv(0x83, 'x'), tlv(0x84, [255]))],
    ['(objectGUID=\\01\\ff)', equals('objectGUID', [1, 255])],
  ])('writes the filter %s', (text, filter) => {
    expect(searches([ORIG, search(1, '', filter)])[0]!['filter']).toBe(text);
  });

  it('bounds deep and long filters', () => {
    let deep = present('cn');
    for (let i = 0; i < 500; i++) deep = tlv(0xa2, deep);
    expect(String(searches([ORIG, search(1, '', deep)])[0]!['filter']).length).toBeLessThan(200);
    const long = tlv(0xa0, repeated(equals('cn', 'abcdefgh'), 30_000));
    expect(String(searches([ORIG, search(1, '', long)])[0]!['filter'])).toHaveLength(4096);
  });

  it('hands over after StartTLS was accepted', () => {
    const hello = '\x16\x03\x01\x00\x05hello';
    const accepted = play(ldap_tcp, [
      [ORIG, extended(1, START_TLS)],
      [RESP, result(1, 0x78, 0)],
      [ORIG, hello],
    ]);
    expect(accepted.end).toBe('handover');
    expect(accepted.handed).toEqual([hello, '']);
    expect(rows(accepted)).toMatchObject([
      { opcode: 'extended', object: `${START_TLS} (StartTLS)`, result: 'success' },
    ]);
    const refused = play(ldap_tcp, [[ORIG, extended(1, START_TLS)], [RESP, result(1, 0x78, 2)], ...BIND]);
    expect(refused.end).toBe('close');
    expect(rows(refused)).toHaveLength(2);
  });

  it('records changes', () => {
    const played = play(ldap_tcp, [
      [ORIG, message(1, tlv(0x66, octets('cn=a'), sequence()))],
      [RESP, result(1, 0x67, 50)],
      [ORIG, message(2, tlv(0x4a, 'cn=b'))],
      [ORIG, message(3, tlv(0x50, [2]))],
    ]);
    expect(rows(played)).toMatchObject([
      { opcode: 'modify', object: 'cn=a', result: 'insufficient access rights' },
      { opcode: 'abandon', message_id: 3 },
      { opcode: 'delete', object: 'cn=b' },
    ]);
  });

  it('passes over large entries and encrypted layers', () => {
    const played = play(
      ldap_tcp,
      [
        [ORIG, search(2, '', present('jpegPhoto'))],
        [RESP, entry(2, 'cn=a', 'x'.repeat(60_000))],
        [RESP, result(2, 0x65, 0)],
        ...SASL,
        [ORIG, fromHex('00000020 01000000 0000000000000000 00000000 a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4')],
        [ORIG, layered(message(9, tlv(0x42)))],
      ],
      { segment: 1400 },
    );
    expect(rows(played, 'ldap_search')).toMatchObject([{ result_count: 1, result: 'success' }]);
    expect(rows(played).at(-1)).toMatchObject({ opcode: 'unbind', message_id: 9 });
    expect(played.given).toBeLessThan(8000);
  });

  it('goes on after a hole and after garbage', () => {
    const played = play(ldap_tcp, [...BIND, { gap: ORIG, length: 9 }, [ORIG, 'not a message'], ...SEARCH]);
    expect(rows(played, 'ldap_search')).toHaveLength(1);
    expect(played.weirds).toEqual(['ldap_bad_message']);
  });

  it('forgets rather than grows', () => {
    const asked = Array.from({ length: 300 }, (_, i) => search(i, 'dc=x', present('cn')));
    const played = play(ldap_tcp, [[ORIG, Buffer.concat(asked)]]);
    expect(rows(played, 'ldap_search')).toHaveLength(300);
    expect(played.weirds).toEqual(['ldap_too_many_requests']);
  });

  it.each([
    ['SNMP', '3026 020100 0406 7075626c6963 a019 0201 01'],
    ['an unknown operation', '3009 020101 7f04 02010304'],
    ['a number too long', '300c 020600000000000001 6000'],
    ['an operation longer than the message', '3005 020101 607f'],
    ['a bind of version 9', '300c 020101 6007 020109 0400 8000'],
  ])('declines %s', (_, hex) => {
    expect(play(ldap_tcp, [[ORIG, fromHex(hex)]]).verdict).toBe('no');
    expect(play(ldap_udp, [[ORIG, fromHex(hex)]], UDP).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    const unit = search(1, 'dc=x', FILTER, 'cn');
    expectLinear(n => play(ldap_tcp, [[ORIG, repeated(unit, n)]], { segment: 700 }), 20_000);
  });
});

describe('ldap over UDP', () => {
  const ping: Step[] = [
    [ORIG, search(1, '', equals('DnsDomain', 'clinic.example'), 'NetLogon')],
    [RESP, joined(entry(1, ''), result(1, 0x65, 0))],
  ];
  describeDecoderLaws(ldap_udp, { 'a ping of a domain controller': ping }, UDP);

  it('records a search', () => {
    const one: Step[] = [ping[0]!, [RESP, result(1, 0x65, 0)]];
    expect(rows(play(ldap_udp, one, UDP), 'ldap_search')).toMatchObject([
      { filter: '(DnsDomain=clinic.example)', attributes: ['NetLogon'], result: 'success' },
    ]);
    expect(rows(play(ldap_udp, ping, UDP), 'ldap_search')).toMatchObject([
      { result_count: 1, result: 'success' },
    ]);
    expect(play(ldap_udp, [ping[0]!, [RESP, 'garbage']], UDP).weirds).toEqual(['ldap_bad_message']);
  });
});
