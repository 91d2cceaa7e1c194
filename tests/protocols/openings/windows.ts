/** Openings of the protocols in `protocols/windows/`. */
import { framed, kdcReply, kdcRequest, krbError } from '../windows/kerberos-bytes.ts';
import type { Sample } from './sample.ts';

const asRequest = kdcRequest(10, { client: 'a' });

export const WINDOWS: readonly Sample[] = [
  { owner: 'krb', what: 'a request', transport: 'udp', orig: asRequest },
  { owner: 'krb', what: 'an error', transport: 'udp', resp: krbError(6) },
  { owner: 'krb_tcp', what: 'a request over TCP', orig: framed(asRequest) },
  { owner: 'krb_tcp', what: 'a reply over TCP', resp: framed(kdcReply(13, 'a', ['cifs', 'b'])) },
];
