/**
 * Logins inside other Windows protocols: SPNEGO tokens (RFC 4178, MS-SPNG) and what they carry, NTLM (MS-NLMP) and
 * Kerberos (RFC 4121). One `ntlm` record per NTLM login, as Zeek's base/protocols/ntlm; a Kerberos ticket that is shown
 * becomes a `kerberos` record. Names the services `gssapi`, `ntlm` and `krb` of the flow.
 *
 * Limits: those of `ber.ts` and `ntlm-messages.ts`; one login at a time.
 */
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { accountName } from '../account-names.ts';
import { BerReader, context, ENUMERATED, OCTET_STRING, OID, SEQUENCE } from '../ber.ts';
import { KerberosExchanges } from './kerberos-log.ts';
import { MESSAGE } from './kerberos-messages.ts';
import {
  decodeAuthenticate,
  decodeChallenge,
  NTLM_AUTHENTICATE,
  NTLM_CHALLENGE,
  NTLM_NEGOTIATE,
  ntlmType,
} from './ntlm-messages.ts';

/** Zeek's `ntlm.log`. */
export const ntlmStream = flowStream('ntlm', 'One line per NTLM login.', {
  username: f.string('Account; `<user>` when it may be a person’s.', 'text'),
  user: f.token('The account, when it is not shown.', 'secret'),
  hostname: f.string('Name of the client’s computer, as it says.', 'text'),
  domainname: f.string('Domain of the account.', 'text'),
  server_nb_computer_name: f.string('NetBIOS name of the server.', 'text'),
  server_dns_computer_name: f.string('DNS name of the server.', 'text'),
  server_tree_name: f.string('DNS name of the server’s forest.', 'text'),
  success: f.bool('The server accepted the login; absent when that could not be seen.'),
  response_kind: f.string('anonymous, LM, NTLMv1, NTLMv1 with session security or NTLMv2.'),
});

/** Initial token of the generic interface (RFC 2743 section 3.1). */
const GSS_TOKEN = 0x60;
const AP_REQUEST = 0x60 | MESSAGE.apRequest;
const NEG_TOKEN_INIT = context(0);
const NEG_TOKEN_RESPONSE = context(1);
/** `negState` of RFC 4178 section 4.2.2. */
const ACCEPTED = 0;
const REJECTED = 2;

export class Logins {
  readonly #flow: FlowContext;
  readonly #tickets: KerberosExchanges;
  #ntlm: RecordOf<typeof ntlmStream> | undefined;

  constructor(flow: FlowContext) {
    this.#flow = flow;
    this.#tickets = new KerberosExchanges(flow);
  }

  /** A security token of either side, with or without SPNEGO around it. */
  take(bytes: Uint8Array, from: number, to: number): void {
    const type = ntlmType(bytes, from, to);
    if (type !== 0) {
      this.#takeNtlm(type, bytes, from, to);
      return;
    }
    const first = bytes[from];
    if (to - from < 2) return;
    if (first === GSS_TOKEN) this.#takeInitial(bytes, from, to);
    else if (first === NEG_TOKEN_RESPONSE || first === NEG_TOKEN_INIT) this.#takeNegotiation(bytes, from, to);
    else if (first === AP_REQUEST) this.#takeTicket(bytes, from, to);
  }

  /** The protocol around says how the login ended. */
  finish(success: boolean): void {
    const login = this.#ntlm;
    if (login === undefined) return;
    this.#ntlm = undefined;
    login.success ??= success;
    this.#flow.emit(ntlmStream, login);
  }

  /** Emits the login whose end was not seen. */
  close(): void {
    this.#tickets.close();
    if (this.#ntlm !== undefined) this.#flow.emit(ntlmStream, this.#ntlm);
    this.#ntlm = undefined;
  }

  #takeInitial(bytes: Uint8Array, from: number, to: number): void {
    const token = new BerReader(bytes, from, to).enter(GSS_TOKEN);
    if (!token.accept(OID)) return;
    const mechanism = token.oid();
    const at = token.at;
    if (mechanism === '1.3.6.1.5.5.2') this.#takeNegotiation(bytes, at, to);
    // RFC 4121 section 4.1: two bytes say which message follows; MS-KILE has an identifier of its own.
    else if (mechanism === '1.2.840.113554.1.2.2' || mechanism === '1.2.840.48018.1.2.2') {
      if (at + 2 < to && bytes[at + 2] === AP_REQUEST) this.#takeTicket(bytes, at + 2, to);
      else this.#flow.addService('krb');
    } else if (ntlmType(bytes, at, to) !== 0) this.take(bytes, at, to);
  }

  /** NegTokenInit or NegTokenResp: the token of the chosen mechanism stands in its field 2. */
  #takeNegotiation(bytes: Uint8Array, from: number, to: number): void {
    this.#flow.addService('gssapi');
    const choice = new BerReader(bytes, from, to);
    if (!choice.next()) return;
    const response = choice.tag === NEG_TOKEN_RESPONSE;
    const fields = choice.inside().enter(SEQUENCE);
    let state: number | undefined;
    while (fields.next()) {
      const value = fields.inside();
      if (response && fields.tag === context(0) && value.accept(ENUMERATED)) state = value.integer();
      if (fields.tag !== context(2) || !value.accept(OCTET_STRING)) continue;
      // A mechanism's token is no negotiation again: nesting ends here.
      const { from: at, to: end } = value;
      const type = ntlmType(bytes, at, end);
      if (type !== 0) this.#takeNtlm(type, bytes, at, end);
      else if (bytes[at] === GSS_TOKEN) this.#takeMechanism(bytes, at, end);
      else if (bytes[at] === AP_REQUEST) this.#takeTicket(bytes, at, end);
    }
    if (this.#ntlm === undefined || this.#ntlm.response_kind === undefined) return;
    if (state === ACCEPTED) this.finish(true);
    else if (state === REJECTED) this.finish(false);
  }

  #takeMechanism(bytes: Uint8Array, from: number, to: number): void {
    const token = new BerReader(bytes, from, to).enter(GSS_TOKEN);
    if (token.accept(OID) && token.oid() !== '1.3.6.1.5.5.2') this.#takeInitial(bytes, from, to);
  }

  #takeTicket(bytes: Uint8Array, from: number, to: number): void {
    this.#flow.addService('krb');
    this.#tickets.take(bytes, from, to);
  }

  #takeNtlm(type: number, bytes: Uint8Array, from: number, to: number): void {
    const flow = this.#flow;
    flow.addService('ntlm');
    if (type === NTLM_NEGOTIATE) {
      this.close();
      this.#ntlm = { ts: flow.now, frame: flow.frame };
      return;
    }
    this.#ntlm ??= { ts: flow.now, frame: flow.frame };
    const login = this.#ntlm;
    if (type === NTLM_CHALLENGE) {
      const { nbComputerName, dnsComputerName, dnsTreeName } = decodeChallenge(bytes, from, to);
      login.server_nb_computer_name = nbComputerName;
      login.server_dns_computer_name = dnsComputerName;
      login.server_tree_name = dnsTreeName;
    } else if (type === NTLM_AUTHENTICATE) {
      const { domain, user, workstation, response } = decodeAuthenticate(bytes, from, to);
      const account = accountName(flow, user);
      login.username = account?.shown;
      login.user = account?.user;
      login.hostname = workstation === '' ? undefined : workstation;
      login.domainname = domain === '' ? undefined : domain;
      login.response_kind = response;
    }
  }
}
