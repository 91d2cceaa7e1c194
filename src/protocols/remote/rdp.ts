/**
 * The beginning of RDP (MS-RDPBCGR section 1.3.1.1) over TPKT and X.224: one `rdp` record per connection as Zeek's
 * base/protocols/rdp. Recognised by the connection request of the client or the server's confirmation.
 *
 * When both sides agree on TLS the flow is handed over; else what client and server tell of themselves in the MCS connection
 * is read, which is in clear. Everything behind it is not. Limits: `MAX_PACKET`.
 */
import { startsWith, u16be, u32le } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { type ClientData, readClientData, readServerData, type ServerData } from './rdp-blocks.ts';
import {
  buildName,
  ENCRYPTION_LEVELS,
  ENCRYPTION_METHODS,
  FAILURES,
  keyboardName,
  MCS_RESULTS,
  SECURITY_PROTOCOLS,
} from './rdp-names.ts';

/** Longest TPKT packet of the beginning; the server's chain of certificates may fill one. */
const MAX_PACKET = 32_768;
const TPKT_HEADER = 4;
const PROBE_BYTES = 128;

// X.224 section 13.
const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const DATA = 0xf0;

// MS-RDPBCGR sections 2.2.1.1.1 and 2.2.1.2.1.
const NEGOTIATION_REQUEST = 1;
const NEGOTIATION_RESPONSE = 2;
const NEGOTIATION_FAILURE = 3;

/** Zeek's `rdp.log`. */
export const rdpStream = flowStream('rdp', 'One line per RDP connection.', {
  cookie: f.string('User in the cookie, only when it is on the list of vendor and default accounts.'),
  user: f.token('User in the cookie as a token, when it is not on that list.', 'secret'),
  result: f.string('encrypted, or how the negotiation or the MCS connection ended.'),
  security_protocol: f.string('Security agreed on: RDP, SSL, HYBRID, RDSTLS or HYBRID_EX.'),
  client_channels: f.strings('Channels the client asks for.', 'text'),
  keyboard_layout: f.string('Keyboard of the client.'),
  client_build: f.string('Version of the client.'),
  client_name: f.string('Name of the client’s computer.', 'text'),
  client_dig_product_id: f.string('Product identifier of the client.', 'text'),
  desktop_width: f.count('Width of the desktop in pixels.'),
  desktop_height: f.count('Height of the desktop in pixels.'),
  requested_color_depth: f.string('Colours the client asks for.'),
  cert_type: f.string('Kind of the server’s certificate, without TLS: RSA or X.509.'),
  cert_count: f.count('Certificates in the server’s chain; with TLS they are in x509.'),
  cert_permanent: f.bool('The server’s certificate is no temporary one.'),
  encryption_level: f.string('Encryption level of RDP’s own security.'),
  encryption_method: f.string('Encryption method of RDP’s own security.'),
  ms_t120: f.bool('The client asks for the channel MS_T120, as CVE-2019-0708 (BlueKeep) does.'),
});

interface State {
  readonly flow: FlowContext;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  cookie: string | undefined;
  protocol: number | undefined;
  result: string | undefined;
  client: ClientData | undefined;
  server: ServerData | undefined;
  sealed: boolean;
  ended: boolean;
}

function probe({ orig, resp, fromStart }: Opening): Verdict {
  if (!fromStart) return 'no';
  const sides = [probeSide(orig, CONNECTION_REQUEST), probeSide(resp, CONNECTION_CONFIRM)];
  if (sides.includes('no')) return 'no';
  return sides.includes('match') ? 'match' : 'unsure';
}

/**
 * X.224 carries other protocols too: a request must hold RDP's cookie or negotiation, or be bare, with the class 0 that S7 does not
 * leave without parameters.
 */
function probeSide(bytes: Uint8Array, type: number): Verdict {
  const { length } = bytes;
  if (length === 0) return 'unsure';
  if (bytes[0] !== 3 || (length > 1 && bytes[1] !== 0) || (length > 5 && bytes[5] !== type)) return 'no';
  if (length < 7) return 'unsure';
  const end = u16be(bytes, 2);
  if (bytes[4] !== end - 5 || end < 11 || (length > 10 && bytes[10] !== 0)) return 'no';
  if (end > 11) {
    if (length < 12) return 'unsure';
    const negotiation =
      bytes[11] === NEGOTIATION_REQUEST ||
      bytes[11] === NEGOTIATION_RESPONSE ||
      bytes[11] === NEGOTIATION_FAILURE;
    if (negotiation && end === 19)
      return length < 15 ? 'unsure' : bytes[13] === 8 && bytes[14] === 0 ? 'match' : 'no';
    const mark = 'Cookie: msts';
    if (!startsWith(bytes, 11, Math.min(length, 11 + mark.length), mark.slice(0, length - 11))) return 'no';
    return length < 11 + mark.length ? 'unsure' : 'match';
  }
  return 'no';
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    cookie: undefined,
    protocol: undefined,
    result: undefined,
    client: undefined,
    server: undefined,
    sealed: false,
    ended: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  let at = from;
  while (at < to && !state.ended && !state.sealed) {
    // A client that is sure of TLS does not wait for the confirmation.
    if (bytes[at] === 0x16 && at + 1 < to && bytes[at + 1] === 3) {
      state.sealed = true;
      return at === from ? HANDOVER : at - from;
    }
    if (to - at < TPKT_HEADER) break;
    const length = u16be(bytes, at + 2);
    if (bytes[at] !== 3 || length < 7 || length > MAX_PACKET) {
      state.flow.weird('rdp_malformed_tpkt');
      close(state);
      break;
    }
    if (to - at < length) break;
    takePacket(state, direction, bytes, at + TPKT_HEADER, at + length);
    at += length;
  }
  return state.ended ? DONE : at - from;
}

function takePacket(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const type = bytes[at + 1]!;
  if (type === CONNECTION_REQUEST) takeRequest(state, bytes, at + 7, end);
  else if (type === CONNECTION_CONFIRM) takeConfirm(state, bytes, at + 7, end);
  else if (type === DATA && direction === ORIG) takeClientData(state, bytes, at + 3, end);
  else if (type === DATA) takeServerData(state, bytes, at + 3, end);
}

function takeRequest(state: State, bytes: Uint8Array, at: number, end: number): void {
  const line = /^Cookie: mstshash=([^\r\n]{0,256})/.exec(latin1(bytes, at, end));
  state.cookie = line?.[1];
}

function takeConfirm(state: State, bytes: Uint8Array, at: number, end: number): void {
  if (end - at < 8) {
    // A server that knows no negotiation.
    state.protocol = 0;
    return;
  }
  const value = u32le(bytes, at + 4);
  if (bytes[at] === NEGOTIATION_FAILURE) {
    state.result = FAILURES[value] ?? `failure-${value}`;
    close(state);
    return;
  }
  if (bytes[at] !== NEGOTIATION_RESPONSE) return;
  state.protocol = value;
  if (value === 0) return;
  state.result = 'encrypted';
  state.sealed = true;
}

/** MCS Connect-Initial is the first thing the client says. */
function takeClientData(state: State, bytes: Uint8Array, at: number, end: number): void {
  if (state.client !== undefined) return;
  state.client = readClientData(bytes, at, end);
  if (state.client?.forbiddenChannel) state.flow.weird('rdp_ms_t120_channel');
}

/** MCS Connect-Response: `7f 66`, its length, and the result as an enumeration. */
function takeServerData(state: State, bytes: Uint8Array, at: number, end: number): void {
  if (end - at >= 8 && bytes[at] === 0x7f && bytes[at + 1] === 0x66) {
    const lengthBytes = bytes[at + 2]! & 0x80 ? bytes[at + 2]! & 0x7f : 0;
    const result = at + 3 + lengthBytes;
    if (result + 2 < end && bytes[result] === 0x0a) {
      const value = bytes[result + 2]!;
      state.result = MCS_RESULTS[value] ?? `result-${value}`;
    }
    state.server = readServerData(bytes, at, end);
  }
  close(state);
}

function close(state: State): void {
  if (state.ended) return;
  state.ended = true;
  const { flow, client, server, protocol } = state;
  const user = state.cookie?.trim() ?? '';
  const account = knownAccount(user);
  flow.emit(rdpStream, {
    ...state.begin,
    cookie: account,
    user: user === '' || account !== undefined ? undefined : flow.token('user', user),
    result: state.result,
    security_protocol:
      protocol === undefined ? undefined : (SECURITY_PROTOCOLS[protocol] ?? `protocol-${protocol}`),
    client_channels: client?.channels,
    keyboard_layout: client && keyboardName(client.keyboard),
    client_build: client && buildName(client.build),
    client_name: client?.name,
    client_dig_product_id: client?.productId,
    desktop_width: client?.width,
    desktop_height: client?.height,
    requested_color_depth: client?.colorDepth === undefined ? undefined : `${client.colorDepth}bit`,
    cert_type: server?.certificate?.type,
    cert_count: server?.certificate?.count ?? 0,
    cert_permanent: server?.certificate?.permanent,
    encryption_level:
      server && (ENCRYPTION_LEVELS[server.encryptionLevel] ?? `level-${server.encryptionLevel}`),
    encryption_method:
      server && (ENCRYPTION_METHODS[server.encryptionMethod] ?? `method-${server.encryptionMethod}`),
    ms_t120: client?.forbiddenChannel,
  });
}

export const rdp = defineProtocol<State>({
  name: 'rdp',
  transports: ['tcp'],
  ports: [3389],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_PACKET + 1,
  streams: [rdpStream],
  leadsOn: true,
  probe,
  open,
  feed,
  close,
});
