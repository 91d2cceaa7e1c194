/**
 * RADIUS (RFC 2865, accounting RFC 2866, changes of authorisation RFC 5176): one `radius` record per login as Zeek's
 * base/protocols/radius gives it, from the first request over challenges to the answer; and one per request for accounting
 * or change, which Zeek leaves out. Users are shown when they are vendor or default accounts.
 *
 * Requests and answers belong together by identifier, steps of one login by the state that a challenge hands out. Requests
 * without an answer are given out at the end as `unknown`. Recognised on any port by code, length and attributes that
 * fill it exactly. Limits: `MAX_PENDING` requests that wait, and those of `radius-message.ts`.
 */
import { utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import { secondsBetween } from '../../model/moment.ts';
import { defineProtocol, type FlowContext, type Opening, type Verdict } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { parseMac } from '../../net/address.ts';
import { Waiting } from '../waiting.ts';
import { decodeRadius, isRadius, type RadiusMessage } from './radius-message.ts';

const MAX_PENDING = 256;
const PROBE_BYTES = 4096;
const CHALLENGE = 11;

/** What a request asks for, by its code. */
const REQUESTS = new Map([
  [1, 'access'],
  [4, 'accounting'],
  [12, 'status'],
  [40, 'disconnect'],
  [43, 'change'],
]);

/** What an answer asks back to, and its result. */
const ANSWERS = new Map<number, readonly [kind: string, result: string]>([
  [2, ['access', 'success']],
  [3, ['access', 'failed']],
  [5, ['accounting', 'success']],
  [41, ['disconnect', 'success']],
  [42, ['disconnect', 'failed']],
  [44, ['change', 'success']],
  [45, ['change', 'failed']],
]);

/** Zeek's `radius.log`. */
export const radiusStream = flowStream('radius', 'One line per login over RADIUS, or other request to it.', {
  username: f.string('User, only when it is a vendor or default account.'),
  mac: f.string('MAC address of the station that logs in.'),
  framed_addr: f.addr('Address the station is given.'),
  tunnel_client: f.string('Other end of the tunnel the user comes through.', 'text'),
  connect_info: f.string('Kind of connection.', 'text'),
  reply_msg: f.string('What the server shows the user.', 'text'),
  result: f.string('success, failed, or unknown without an answer.'),
  ttl: f.interval('Seconds from the first request to the answer.'),
  user: f.token('User as a token, when it is not shown.', 'secret'),
  request: f.enum('access, accounting, disconnect, change or status.'),
  auth_method: f.string('PAP, CHAP, or the method of EAP.'),
  accounting: f.string('Accounting: start, stop, interim, on or off.'),
  nas_addr: f.addr('Address of the access server.'),
  nas_identifier: f.string('Access server as it names itself.', 'text'),
  nas_port: f.string('Port of the access server the station is at.', 'text'),
  called_station: f.string('What the station connected to: MAC address and network name.', 'text'),
});

type RadiusRecord = RecordOf<typeof radiusStream>;

interface State {
  readonly flow: FlowContext;
  /** Requests by identifier, and logins by the state they must bring back; in order of time. */
  readonly pending: Waiting<string, RadiusRecord>;
}

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  if (!isRadius(bytes, 0, bytes.length)) return 'no';
  if (opening.portHint) return 'match';
  const { malformed, user, nasAddress, nasId } = decodeRadius(bytes, 0);
  const whole = !malformed && bytes[2]! * 256 + bytes[3]! === bytes.length;
  return whole && (user ?? nasAddress ?? nasId) !== undefined ? 'match' : 'no';
}

function feed(state: State, bytes: Uint8Array, from: number, to: number): number {
  const { flow } = state;
  if (!isRadius(bytes, from, to)) {
    flow.weird('RADIUS_invalid_message');
    return to - from;
  }
  const message = decodeRadius(bytes, from);
  if (message.malformed) flow.weird('RADIUS_invalid_attribute');
  const request = REQUESTS.get(message.code);
  if (request !== undefined) noteRequest(state, request, message);
  else noteAnswer(state, message);
  return to - from;
}

const byId = (request: string, id: number): string => `${request} ${id}`;
const byState = (text: string): string => `state ${text}`;

function noteRequest(state: State, request: string, message: RadiusMessage): void {
  const key = byId(request, message.id);
  const continued = message.state === undefined ? undefined : state.pending.take(byState(message.state));
  const record = continued ?? state.pending.take(key) ?? begin(state.flow, request);
  note(state.flow, record, message);
  state.pending.add(key, record);
}

function noteAnswer(state: State, message: RadiusMessage): void {
  const { flow, pending } = state;
  const [request, result] = ANSWERS.get(message.code) ?? ['access', undefined];
  const record = pending.take(byId(request, message.id)) ?? begin(flow, request);
  note(flow, record, message);
  if (message.code === CHALLENGE) {
    pending.add(byState(message.state ?? `without ${message.id}`), record);
    return;
  }
  record.result = result ?? 'success';
  const ttl = secondsBetween(record.ts ?? flow.now, flow.now);
  if (ttl !== 0) record.ttl = ttl;
  flow.emit(radiusStream, record);
}

function begin(flow: FlowContext, request: string): RadiusRecord {
  return { ts: flow.now, frame: flow.frame, request };
}

function giveUp(flow: FlowContext, record: RadiusRecord): void {
  record.result = 'unknown';
  flow.emit(radiusStream, record);
}

function note(flow: FlowContext, record: RadiusRecord, message: RadiusMessage): void {
  const { user } = message;
  if (user !== undefined && record.username === undefined && record.user === undefined) {
    const name = utf8(user);
    record.username = knownAccount(name);
    if (record.username === undefined) record.user = flow.token('user', user);
    // Devices without a login of their own are let in by their address.
    record.mac ??= parseMac(name);
  }
  record.mac ??= message.mac;
  record.framed_addr ??= message.framedAddress;
  record.tunnel_client ??= message.tunnelClient;
  record.connect_info ??= message.connectInfo;
  record.reply_msg ??= message.replyMessage;
  record.auth_method ??= message.method;
  record.accounting ??= message.accounting;
  record.nas_addr ??= message.nasAddress;
  record.nas_identifier ??= message.nasId;
  record.nas_port ??= message.nasPort;
  record.called_station ??= message.calledStation;
}

export const radius = defineProtocol<State>({
  name: 'radius',
  transports: ['udp'],
  ports: [1812, 1813, 1645, 1646, 3799],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [radiusStream],
  probe,
  open: flow => ({
    flow,
    pending: new Waiting(
      MAX_PENDING,
      record => giveUp(flow, record),
      () => flow.weird('RADIUS_pending_limit'),
    ),
  }),
  feed: (state, _direction, bytes, from, to) => feed(state, bytes, from, to),
  close: ({ pending }) => pending.giveUpAll(),
});
