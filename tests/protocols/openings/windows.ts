/** Openings of the protocols in `protocols/windows/`. */
import { framed, kdcReply, kdcRequest, krbError } from '../windows/kerberos-bytes.ts';
import { equals, extended, result, search, simpleBind } from '../windows/ldap-bytes.ts';
import { bind, bindAck } from '../windows/rpc-bytes.ts';
import { negotiate2, smb1, framed as smbFrame } from '../windows/smb-bytes.ts';
import type { Sample } from './sample.ts';

const asRequest = kdcRequest(10, { client: 'a' });

export const WINDOWS: readonly Sample[] = [
  { owner: 'krb', what: 'a request', transport: 'udp', orig: asRequest },
  { owner: 'krb', what: 'an error', transport: 'udp', resp: krbError(6) },
  { owner: 'krb_tcp', what: 'a request over TCP', orig: framed(asRequest) },
  { owner: 'krb_tcp', what: 'a reply over TCP', resp: framed(kdcReply(13, 'a', ['cifs', 'b'])) },
  { owner: 'dce_rpc', what: 'a binding', orig: bind('367abb81-9844-35f1-ad32-98f038001003') },
  { owner: 'dce_rpc', what: 'an answer to a binding', resp: bindAck('135') },
  { owner: 'smb', what: 'a negotiation of version 2', orig: smbFrame(negotiate2(0x0202)) },
  {
    owner: 'smb',
    what: 'a negotiation of version 1',
    orig: smbFrame(smb1(0x72, { mid: 1, data: '\x02NT LM 0.12\0' })),
  },
  { owner: 'smb', what: 'a NetBIOS session', orig: `\x81\0\0\x44 ${'CA'.repeat(16)}\0 ${'CA'.repeat(16)}\0` },
  { owner: 'ldap_tcp', what: 'a bind', orig: simpleBind(1, 'cn=admin', 'x') },
  { owner: 'ldap_tcp', what: 'StartTLS', orig: extended(1, '1.3.6.1.4.1.1466.20037') },
  { owner: 'ldap_tcp', what: 'an answer', resp: result(1, 0x61, 0) },
  { owner: 'ldap_udp', what: 'a search', transport: 'udp', orig: search(1, '', equals('DnsDomain', 'x')) },
];
