/**
 * Kerberos 5 over UDP (`krb`) and TCP (`krb_tcp`), RFC 4120: clients asking for tickets. A message over TCP has four
 * bytes of length before it (section 7.2.2). Recognised by application tag and protocol version. After a gap, and
 * when a length cannot be right, reading goes on at the next segment that begins a message.
 *
 * Not decoded: changing of passwords (RFC 3244), and what is encrypted.
 * Limits: `MAX_MESSAGE`.
 */
import { u32be } from '../../bytes/read.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { elementLength } from '../ber.ts';
import { KerberosExchanges, kerberosStream } from '../gssapi/kerberos-log.ts';
import { beginsMessage, kerberosMessage, MESSAGE } from '../gssapi/kerberos-messages.ts';

/** Tickets with long group lists take some ten thousand bytes; MaxTokenSize of Windows is 48,000. */
const MAX_MESSAGE = 131_072;
const PORT = 88;
const PROBE_BYTES = 64;

interface State {
  readonly flow: FlowContext;
  readonly exchanges: KerberosExchanges;
}

const open = (flow: FlowContext): State => ({ flow, exchanges: new KerberosExchanges(flow) });
const close = (state: State): void => state.exchanges.close();

function probeDatagram(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  if (bytes.length === 0) return 'unsure';
  if (kerberosMessage(bytes[0]!) === undefined) return 'no';
  // Probes see the beginning of a large datagram only.
  if (elementLength(bytes, 0, bytes.length) < bytes.length) return 'no';
  if (beginsMessage(bytes, 0, bytes.length)) return 'match';
  return opening.portHint && bytes[0] === (0x60 | MESSAGE.error) ? 'match' : 'no';
}

function probeStream(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const begins = beginsFramed(bytes, 0, bytes.length);
  return begins === undefined ? 'unsure' : begins ? 'match' : 'no';
}

/** Whether a length and a message of that length stand here; undefined when there are too few bytes to tell. */
function beginsFramed(bytes: Uint8Array, at: number, end: number): boolean | undefined {
  if (end - at < 1) return undefined;
  if (bytes[at] !== 0) return false;
  if (end - at < 4) return undefined;
  const length = u32be(bytes, at);
  if (length < 8 || length > MAX_MESSAGE) return false;
  const element = elementLength(bytes, at + 4, end);
  if (element >= 0 && element !== length) return false;
  return beginsMessage(bytes, at + 4, end);
}

/** RFC 4120 section 7.2.1. */
export const krb = defineProtocol<State>({
  name: 'krb',
  transports: ['udp'],
  ports: [PORT],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_MESSAGE,
  streams: [kerberosStream],
  probe: probeDatagram,
  open,
  feed(state, _direction, bytes, from, to) {
    if (kerberosMessage(bytes[from] ?? 0) !== undefined) state.exchanges.take(bytes, from, to);
    else state.flow.weird('krb_unknown_message');
    return to - from;
  },
  close,
});

/** RFC 4120 section 7.2.2. */
export const krb_tcp = defineProtocol<State>({
  name: 'krb_tcp',
  transports: ['tcp'],
  ports: [PORT],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_MESSAGE + 4,
  streams: [kerberosStream],
  probe: probeStream,
  open,
  feed: feedStream,
  gap: state => state.exchanges.close(),
  close,
});

function feedStream(
  state: State,
  _direction: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = from;
  while (at < to) {
    const begins = beginsFramed(bytes, at, to);
    if (begins === undefined) break;
    if (!begins) {
      state.flow.weird('krb_unknown_message');
      return to - from;
    }
    const end = at + 4 + u32be(bytes, at);
    if (end > to) break;
    state.exchanges.take(bytes, at + 4, end);
    at = end;
  }
  return at - from;
}
