/**
 * LDAP (RFC 4511) over TCP and, as CLDAP (MS-ADTS section 6.3.3), UDP: binds, searches and changes. Recognised by the
 * outer form of a message and a known operation. After StartTLS the flow is handed over. Messages in a SASL layer that
 * only signs them (RFC 4121 section 4.2.6.2, MS-NLMP section 2.2.2.9) are read, encrypted ones are passed over. After a
 * gap, reading goes on at the next segment that begins a message.
 *
 * Entries that a search returns are counted, not read. Limit: `MAX_MESSAGE`.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { elementLength } from '../ber.ts';
import { ntlmStream } from '../gssapi/gssapi.ts';
import { kerberosStream } from '../gssapi/kerberos-log.ts';
import { LdapExchanges, ldapSearchStream, ldapStream } from './ldap-log.ts';
import { beginsMessage, readEnvelope } from './ldap-messages.ts';
import { OP } from './ldap-names.ts';

/** Longer messages are passed over; servers take 10 MiB, but no request that matters is so long. */
const MAX_MESSAGE = 131_072;
const MAX_LAYERED = 0x00ff_ffff;
/** Enough of a message to know its number and operation. */
const ENVELOPE = 24;
/** Signature of NTLM, header of Kerberos' wrapped messages. */
const SIGNATURE = 16;
const PROBE_BYTES = 64;

interface State {
  readonly flow: FlowContext;
  readonly exchanges: LdapExchanges;
}

const open = (flow: FlowContext): State => ({ flow, exchanges: new LdapExchanges(flow) });
const close = (state: State): void => state.exchanges.close();

function probeStream({ orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  const begins = beginsMessage(bytes, 0, bytes.length);
  return begins === undefined ? 'unsure' : begins ? 'match' : 'no';
}

function probeDatagram({ orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length === 0) return 'unsure';
  return beginsMessage(bytes, 0, bytes.length) === true ? 'match' : 'no';
}

function feed(state: State, _direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const { exchanges, flow } = state;
  if (exchanges.tls) return HANDOVER;
  let at = from;
  while (at < to && !exchanges.tls) {
    const layered = exchanges.layered && bytes[at] === 0;
    if (layered) {
      if (at + 4 > to) break;
      const length = u32be(bytes, at);
      const end = at + 4 + length;
      if (length > MAX_LAYERED) return bad(state, from, to);
      if (end > to && length <= MAX_MESSAGE) break;
      takeLayered(state, bytes, at + 4, Math.min(end, to));
      at = end;
      continue;
    }
    const begins = beginsMessage(bytes, at, to);
    if (begins === undefined) break;
    if (!begins) return bad(state, from, to);
    const length = elementLength(bytes, at, to);
    if (length < 0) return bad(state, from, to);
    const end = at + length;
    const envelope = readEnvelope(bytes, at, Math.min(end, to));
    const entry = envelope?.tag === OP.searchResultEntry && to - at >= Math.min(length, ENVELOPE);
    if (end > to && !entry && length <= MAX_MESSAGE) break;
    if (end > to && !entry) flow.weird('ldap_message_limit');
    else if (envelope !== undefined) exchanges.take(envelope);
    at = end;
  }
  return at - from;
}

function bad({ flow }: State, from: number, to: number): number {
  flow.weird('ldap_bad_message');
  return to - from;
}

/** A message with a signature before it, if it is to be read at all. */
function takeLayered(state: State, bytes: Uint8Array, from: number, to: number): void {
  let at = from + SIGNATURE;
  // Kerberos may have rotated its checksum to the front.
  if (bytes[from] === 5 && bytes[from + 1] === 4 && at <= to) at += u16be(bytes, from + 6);
  takeMessages(state, bytes, at, to);
}

/** Whole messages one after the other; the result is where the last one ends. */
function takeMessages({ exchanges }: State, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && beginsMessage(bytes, at, to) === true) {
    const length = elementLength(bytes, at, to);
    const envelope = length < 0 || at + length > to ? undefined : readEnvelope(bytes, at, at + length);
    if (envelope === undefined) return at;
    exchanges.take(envelope);
    at += length;
  }
  return at;
}

const STREAMS = [ldapStream, ldapSearchStream, ntlmStream, kerberosStream];

/** Zeek's `ldap_tcp`. */
export const ldap_tcp = defineProtocol<State>({
  name: 'ldap_tcp',
  transports: ['tcp'],
  ports: [389, 3268],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_MESSAGE + PROBE_BYTES,
  streams: STREAMS,
  leadsOn: true,
  probe: probeStream,
  open,
  feed,
  gap: () => undefined,
  close,
});

/** Zeek's `ldap_udp`. */
export const ldap_udp = defineProtocol<State>({
  name: 'ldap_udp',
  transports: ['udp'],
  ports: [389],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_MESSAGE,
  streams: STREAMS,
  probe: probeDatagram,
  open,
  feed(state, _direction, bytes, from, to) {
    // An entry and the end of the search come in one datagram.
    if (takeMessages(state, bytes, from, to) < to) state.flow.weird('ldap_bad_message');
    return to - from;
  },
  close,
});
