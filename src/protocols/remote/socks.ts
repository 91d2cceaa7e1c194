/**
 * SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): one `socks` record per request as Zeek's base/protocols/socks, a `credentials`
 * record for a user with a password, and a `tunnel` record when it connects. Recognised by the first messages of both sides.
 *
 * When the server has connected the flow is handed over to what is inside. Not decoded: GSS-API, datagrams of UDP
 * ASSOCIATE. Limit: `MAX_NAME`.
 */
import { indexOf, u16be, u32be } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
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
import { tunnel } from '../../model/streams.ts';
import { ipv4Text, ipv6Text } from '../../net/address.ts';

/** Longest user or host name of SOCKS 4, which has no limit of its own. */
const MAX_NAME = 512;
const PROBE_BYTES = 64;

const BIND = 2;
const UDP_ASSOCIATE = 3;

/** Zeek's `socks.log`; passwords are in `credentials` alone. */
export const socksStream = flowStream('socks', 'One line per request to a SOCKS proxy.', {
  version: f.count('Version of SOCKS: 4 or 5.'),
  account: f.string('User, only when it is on the list of vendor and default accounts.'),
  user: f.token('User as a token, when it is not on that list.', 'secret'),
  status: f.string('Answer of the proxy.'),
  'request.host': f.addr('Address the client wants to reach.'),
  'request.name': f.string('Name the client wants to reach.', 'text'),
  request_p: f.port('Port the client wants to reach.'),
  'bound.host': f.addr('Address the proxy uses or listens on.'),
  'bound.name': f.string('Name the proxy uses or listens on.', 'text'),
  bound_p: f.port('Port the proxy uses or listens on.'),
});

/** RFC 1928 section 6, in Zeek's words. */
const STATUS_5 = [
  'succeeded',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'Network unreachable',
  'Host unreachable',
  'Connection refused',
  'TTL expired',
  'Command not supported',
  'Address type not supported',
];
/** From 90 on. */
const STATUS_4 = [
  'succeeded',
  'general SOCKS server failure',
  'request failed because client is not running identd',
  "request failed because client's identd could not confirm the user ID string in the request",
];

interface Endpoint {
  readonly host: string | undefined;
  readonly name: string | undefined;
  readonly port: number;
  /** Where what follows it begins. */
  readonly next: number;
}

interface State {
  readonly flow: FlowContext;
  begin: { readonly ts: Moment; readonly frame: number } | undefined;
  version: number;
  /** Messages taken from each side. */
  readonly taken: [number, number];
  command: number;
  user: string | undefined;
  secret: string | undefined;
  request: Endpoint | undefined;
  bound: Endpoint | undefined;
  status: string | undefined;
  /** What follows is another protocol's. */
  connected: boolean;
  ended: boolean;
}

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  if (!fromStart) return 'no';
  if (orig.length === 0) return resp.length === 0 ? 'unsure' : 'no';
  const client = orig[0] === 5 ? probeMethods(orig) : orig[0] === 4 ? probeRequest(orig) : 'no';
  if (client !== 'match') return client;
  if (resp.length === 0) return portHint ? 'match' : 'unsure';
  if (orig[0] === 4) {
    if (resp[0] !== 0) return 'no';
    return resp.length < 8 ? 'unsure' : resp[1]! >= 90 && resp[1]! <= 93 ? 'match' : 'no';
  }
  if (resp[0] !== 5) return 'no';
  if (resp.length < 2) return 'unsure';
  const offered = orig.subarray(2, 2 + orig[1]!);
  return resp[1] === 0xff || offered.includes(resp[1]!) ? 'match' : 'no';
}

/** Methods are few, and none is there twice; the request may follow at once. */
function probeMethods(bytes: Uint8Array): Verdict {
  if (bytes.length < 2) return 'unsure';
  const count = bytes[1]!;
  if (count === 0 || count > 16) return 'no';
  const methods = bytes.subarray(2, 2 + count);
  if (new Set(methods).size < methods.length || methods.some(method => method > 9 && method < 0x80))
    return 'no';
  if (bytes.length < 2 + count) return 'unsure';
  const behind = bytes[2 + count];
  return behind === undefined || behind === 5 || behind === 1 ? 'match' : 'no';
}

function probeRequest(bytes: Uint8Array): Verdict {
  if (bytes.length > 1 && bytes[1] !== 1 && bytes[1] !== BIND) return 'no';
  if (bytes.length < 9) return 'unsure';
  const end = bytes.indexOf(0, 8);
  if (!/^[\x20-\x7e]*$/.test(latin1(bytes, 8, end < 0 ? bytes.length : end))) return 'no';
  return end < 0 ? 'unsure' : 'match';
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: undefined,
    version: 0,
    taken: [0, 0],
    command: 0,
    user: undefined,
    secret: undefined,
    request: undefined,
    bound: undefined,
    status: undefined,
    connected: false,
    ended: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !state.ended) {
    if (state.connected) return at === from ? HANDOVER : at - from;
    // The client goes on, and nothing is known of the proxy's answers.
    if (direction === ORIG && state.request !== undefined) {
      if (state.taken[1] > 0) break;
      connect(state);
      continue;
    }
    const next = direction === ORIG ? takeClient(state, bytes, at, to) : takeServer(state, bytes, at, to);
    if (next === at) break;
    state.taken[direction]++;
    at = next;
  }
  return state.ended ? DONE : at - from;
}

/** Takes one message of the client; the result is where it ends, `at` when it is not whole. */
function takeClient(state: State, bytes: Uint8Array, at: number, to: number): number {
  state.version ||= bytes[at]!;
  if (state.version === 4) return takeRequest4(state, bytes, at, to);
  if (state.version !== 5) return fail(state, at);
  if (state.taken[ORIG] === 0) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    return to - at < 2 || end > to ? at : end;
  }
  if (bytes[at] === 1) return takeLogin(state, bytes, at, to);
  if (bytes[at] !== 5) return fail(state, at);
  const endpoint = readEndpoint(bytes, at, to);
  if (endpoint === 'more') return at;
  if (endpoint === undefined) return fail(state, at);
  begin(state);
  state.command = bytes[at + 1]!;
  state.request = endpoint;
  return endpoint.next;
}

/** Version, command, port, address, user; for 4a a name behind an address 0.0.0.x. */
function takeRequest4(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < 9) return at;
  const userEnd = indexOf(bytes, 0, at + 8, to);
  if (userEnd < 0) return to - at > MAX_NAME ? fail(state, at) : at;
  const address = u32be(bytes, at + 4);
  const named = address > 0 && address < 256;
  const end = named ? indexOf(bytes, 0, userEnd + 1, to) : userEnd;
  if (end < 0) return to - at > 2 * MAX_NAME ? fail(state, at) : at;
  begin(state);
  state.command = bytes[at + 1]!;
  state.user = utf8(bytes, at + 8, userEnd);
  state.request = {
    host: named ? undefined : ipv4Text(address),
    name: named ? utf8(bytes, userEnd + 1, end) : undefined,
    port: u16be(bytes, at + 2),
    next: end + 1,
  };
  return end + 1;
}

/** RFC 1929. */
function takeLogin(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < 2) return at;
  const secretAt = at + 2 + bytes[at + 1]!;
  if (secretAt >= to) return at;
  const end = secretAt + 1 + bytes[secretAt]!;
  if (end > to) return at;
  begin(state);
  state.user = utf8(bytes, at + 2, secretAt);
  state.secret = utf8(bytes, secretAt + 1, end);
  return end;
}

/** As `takeClient`, for the proxy. */
function takeServer(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (bytes[at] === 0) return takeReply4(state, bytes, at, to);
  if (to - at < 2) return at;
  if (state.taken[1] === 0) {
    // No method is acceptable, or GSS-API goes on in its own way.
    if (bytes[at + 1] === 0xff || bytes[at + 1] === 1) close(state);
    return at + 2;
  }
  if (bytes[at] === 1) {
    reportLogin(state, bytes[at + 1] === 0);
    return at + 2;
  }
  if (bytes[at] !== 5) return fail(state, at);
  const endpoint = readEndpoint(bytes, at, to);
  if (endpoint === 'more') return at;
  if (endpoint === undefined) return fail(state, at);
  answer(state, bytes[at + 1]! === 0, STATUS_5[bytes[at + 1]!] ?? `status-${bytes[at + 1]}`, endpoint);
  return endpoint.next;
}

function takeReply4(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < 8) return at;
  const status = bytes[at + 1]!;
  answer(state, status === 90, STATUS_4[status - 90] ?? `status-${status}`, {
    host: ipv4Text(u32be(bytes, at + 4)),
    name: undefined,
    port: u16be(bytes, at + 2),
    next: at + 8,
  });
  return at + 8;
}

/** The proxy's answer; BIND gets two, and connects with the second. */
function answer(state: State, success: boolean, status: string, endpoint: Endpoint): void {
  const first = state.status === undefined;
  state.status = status;
  state.bound ??= endpoint;
  if (!success || state.command === UDP_ASSOCIATE) close(state);
  else if (state.command !== BIND || !first) connect(state);
}

/** What follows is the conversation inside. */
function connect(state: State): void {
  state.connected = true;
  state.flow.emit(tunnel, { tunnel_type: 'Tunnel::SOCKS', action: 'Tunnel::DISCOVER' });
}

/** Address and port of a message of SOCKS 5, which stand at its fourth byte. */
function readEndpoint(bytes: Uint8Array, at: number, to: number): Endpoint | 'more' | undefined {
  if (to - at < 5) return 'more';
  const start = at + 4;
  const type = bytes[at + 3]!;
  const length = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + bytes[start]! : -1;
  if (length < 0) return undefined;
  const end = start + length;
  if (end + 2 > to) return 'more';
  return {
    host: type === 3 ? undefined : type === 1 ? ipv4Text(u32be(bytes, start)) : readIpv6(bytes, start),
    name: type === 3 ? utf8(bytes, start + 1, end) : undefined,
    port: u16be(bytes, end),
    next: end + 2,
  };
}

function readIpv6(bytes: Uint8Array, at: number): string {
  return ipv6Text(u32be(bytes, at), u32be(bytes, at + 4), u32be(bytes, at + 8), u32be(bytes, at + 12));
}

function begin(state: State): void {
  state.begin ??= { ts: state.flow.now, frame: state.flow.frame };
}

function reportLogin(state: State, success: boolean | undefined): void {
  const { user, secret } = state;
  state.secret = undefined;
  if (secret === undefined) return;
  state.flow.credentials({ protocol: 'socks', user, secret, secretKind: 'password', success });
}

function fail(state: State, at: number): number {
  state.flow.weird('socks_malformed');
  close(state);
  return at;
}

function close(state: State): void {
  if (state.ended) return;
  state.ended = true;
  reportLogin(state, undefined);
  const { flow, begin, user, request, bound } = state;
  if (begin === undefined || request === undefined) return;
  const account = user ? knownAccount(user) : undefined;
  flow.emit(socksStream, {
    ...begin,
    version: state.version,
    account,
    user: user && account === undefined ? flow.token('user', user) : undefined,
    status: state.status,
    'request.host': request.host,
    'request.name': request.name,
    request_p: request.port,
    'bound.host': bound?.host,
    'bound.name': bound?.name,
    bound_p: bound?.port,
  });
}

export const socks = defineProtocol<State>({
  name: 'socks',
  transports: ['tcp'],
  ports: [1080],
  probeBytes: PROBE_BYTES,
  maxPending: 65_536,
  streams: [socksStream, tunnel],
  leadsOn: true,
  probe,
  open,
  feed,
  close,
});
