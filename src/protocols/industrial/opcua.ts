/**
 * OPC UA over TCP (OPC 10000-6, UA Connection Protocol): one `opcua` record per connection message that says how it is
 * secured, and per service request with what became of it. Recognised by HEL, or ACK on its port.
 *
 *      0  type of three letters    3  F, C or A    4  size, little-endian    8  body
 *
 * Service messages are readable only without encryption; their bodies are read for the service, the status, and who logs
 * in. Values are not decoded. Messages in several chunks are read by their first.
 * Limits: `KEEP` bytes of a message, `MAX_PENDING` requests that wait.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { startsWith, u8, u32le } from '../../bytes/read.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { Waiting } from '../waiting.ts';
import { readIdentity, readMode, readNodeId, readRequestHeader, readText, SERVICES } from './opcua-body.ts';

const HEADER = 8;
const KEEP = 4096;
const MAX_SIZE = 1 << 26;
const MAX_PENDING = 256;
const TYPES = ['HEL', 'ACK', 'ERR', 'RHE', 'OPN', 'MSG', 'CLO'];
const CHUNKS = 'FCA';
/** Shortest HEL: five numbers and the length of the endpoint. */
const MIN_HELLO = 32;

export const opcuaStream = flowStream(
  'opcua',
  'OPC UA connections, how they are secured, and service requests.',
  {
    message: f.string('Hello, OpenSecureChannel, Service or Error.'),
    endpoint_url: f.string('Endpoint the client names in its Hello.', 'text'),
    security_policy: f.string(
      'Security policy of the channel: the last part of its URI, e.g. None, Basic256Sha256.',
    ),
    security_mode: f.string('None, Sign or SignAndEncrypt, when it could be read.'),
    service: f.string('Service asked for, e.g. ActivateSession, Write, Call.'),
    user_token: f.string(
      'How the user identifies in ActivateSession: Anonymous, UserName, X509 or IssuedToken.',
    ),
    status: f.string('Status code of the answer in hexadecimal; absent when none was seen.'),
  },
);

interface Asked {
  readonly ts: Moment;
  readonly frame: number;
  readonly service: string;
  readonly userToken: string | undefined;
  readonly login: { readonly user: Uint8Array; readonly secret: Uint8Array } | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  readonly pending: Waiting<number, Asked>;
  /** Bodies cannot be read. */
  sealed: boolean;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  const seen = Math.min(3, end - at);
  if (!TYPES.some(type => startsWith(bytes, at, end, type.slice(0, seen)))) return NO_PDU;
  if (end - at < HEADER) return NEED_MORE;
  const size = u32le(bytes, at + 4);
  return !CHUNKS.includes(String.fromCharCode(u8(bytes, at + 3))) || size < HEADER || size > MAX_SIZE
    ? NO_PDU
    : size;
}

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length === 0) return 'unsure';
  const size = sizeOf(bytes, 0, bytes.length);
  if (size === NO_PDU) return 'no';
  if (size === NEED_MORE) return 'unsure';
  if (startsWith(bytes, 0, bytes.length, 'HEL')) return size >= MIN_HELLO && size <= KEEP ? 'match' : 'no';
  return portHint || (!fromStart && startsWith(bytes, 0, bytes.length, 'OPN')) ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: KEEP,
    sizeOf,
    take: (bytes, at, end) => takeMessage(state, direction, bytes, at, end),
    lost: passSegment(() => flow.weird('opcua_invalid_message')),
  });
  const pending = new Waiting<number, Asked>(
    MAX_PENDING,
    asked => report(flow, asked, undefined),
    () => flow.weird('opcua_pending_limit'),
  );
  const state: State = { flow, readers: [reader(ORIG), reader(1)], pending, sealed: false };
  return state;
}

function takeMessage(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean {
  const c = new Cursor(bytes, at + HEADER, end);
  if (startsWith(bytes, at, end, 'HEL')) hello(state, c);
  else if (startsWith(bytes, at, end, 'ERR')) error(state, c);
  else if (startsWith(bytes, at, end, 'OPN')) openChannel(state, direction, c);
  else if (startsWith(bytes, at, end, 'MSG') && !state.sealed) service(state, direction, c);
  return true;
}

function hello({ flow }: State, c: Cursor): void {
  c.skip(5 * 4);
  const url = readText(c);
  if (c.broken) return flow.weird('opcua_truncated_hello');
  flow.emit(opcuaStream, { message: 'Hello', endpoint_url: url });
}

function error({ flow }: State, c: Cursor): void {
  const status = c.u32le();
  if (!c.broken) flow.emit(opcuaStream, { message: 'Error', status: hex32(status) });
}

/** The asymmetric header names the policy; the request behind it is in clear only without one (OPC 10000-6, 6.7). */
function openChannel(state: State, direction: Direction, c: Cursor): void {
  const { flow } = state;
  c.u32le();
  const uri = readText(c);
  const policy = uri.slice(uri.indexOf('#') + 1);
  state.sealed = policy !== 'None';
  if (direction !== ORIG) return;
  skipBytes(c);
  skipBytes(c);
  if (c.broken) return flow.weird('opcua_truncated_channel');
  flow.emit(opcuaStream, {
    message: 'OpenSecureChannel',
    security_policy: policy,
    security_mode: state.sealed ? undefined : readMode(c),
  });
}

/** Channel, token, sequence number, request number, then the service as a node id. */
function service(state: State, direction: Direction, c: Cursor): void {
  c.skip(3 * 4);
  const request = c.u32le();
  const type = readNodeId(c);
  if (c.broken || type === undefined) return;
  if (direction === ORIG) ask(state, request, type, c);
  else {
    // The response header begins with a time and the handle of the request.
    c.skip(8 + 4);
    const asked = state.pending.take(request);
    if (asked !== undefined) report(state.flow, asked, c.broken ? undefined : c.u32le());
  }
}

function ask(state: State, request: number, type: number, c: Cursor): void {
  const { flow, pending } = state;
  const name = SERVICES[type];
  // What keeps a session going says nothing.
  if (name === undefined || name === 'Publish') return;
  let userToken: string | undefined;
  let login: Asked['login'];
  if (name === 'ActivateSession') {
    readRequestHeader(c);
    const identity = readIdentity(c);
    userToken = identity?.kind;
    login = identity?.login;
  }
  pending.add(request, { ts: flow.now, frame: flow.frame, service: name, userToken, login });
}

/** @param status of the answer; undefined when none was seen */
function report(flow: FlowContext, asked: Asked, status: number | undefined): void {
  const { ts, frame, service: name, userToken, login } = asked;
  flow.emit(opcuaStream, {
    ts,
    frame,
    message: 'Service',
    service: name,
    user_token: userToken,
    status: status === undefined ? undefined : hex32(status),
  });
  if (login === undefined) return;
  // The two high bits of a status code are its severity: 0 is good.
  const success = status === undefined ? undefined : status >>> 30 === 0;
  flow.credentials({ protocol: 'opcua', ...login, secretKind: 'password', success, ts, frame });
}

function skipBytes(c: Cursor): void {
  const length = c.u32le();
  // -1 is null.
  if (length !== 0xffff_ffff) c.skip(length);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function close(state: State): void {
  state.pending.giveUpAll();
}

export const opcua = defineProtocol<State>({
  name: 'opcua',
  transports: ['tcp'],
  ports: [4840],
  probeBytes: 64,
  maxPending: KEEP * 2,
  streams: [opcuaStream],
  probe,
  open,
  feed(state, direction, bytes, from, to) {
    // Nothing more can be learnt of an encrypted channel.
    return state.sealed && state.pending.size === 0 && direction === ORIG
      ? DONE
      : feedPdus(state.readers[direction], bytes, from, to);
  },
  gap: () => undefined,
  close,
});
