/**
 * TLS 1.0 to 1.3 and SSL 3.0 over TCP (RFC 8446, RFC 5246, RFC 6101), and the hellos of SSL 2.0: one `ssl` record
 * per flow with what was negotiated, as Zeek's base/protocols/ssl. As soon as both sides have sent something
 * encrypted the record is given out and nothing more is read.
 *
 * "Encrypted" is Zeek's meaning: after the side's ChangeCipherSpec, or from its first application data when a
 * version later than TLS 1.2 was (or may have been) negotiated.
 *
 * Not decoded: certificates, DTLS, QUIC, and TLS that begins inside another protocol (STARTTLS).
 * Limits: `MAX_RECORD`; handshake messages `MAX_MESSAGE` in `ssl-fragments.ts`.
 */
import { u16be, u24be } from '../../bytes/read.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import {
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  type Fragments,
  newFragments,
  SERVER_HELLO,
  SERVER_KEY_EXCHANGE,
  takeRecord,
} from './ssl-fragments.ts';
import { readClientHello, readNamedCurve, readServerHello, readV2ServerHello } from './ssl-hello.ts';
import {
  alertName,
  cipherName,
  groupName,
  SSL_V2,
  SSL_V3,
  TLS_1_2,
  TLS_1_3,
  versionName,
} from './ssl-names.ts';

const HEADER = 5;
/** RFC 5246 section 6.2.3: 2^14 bytes and 2048 for expansion. */
const MAX_RECORD = 16_384 + 2048;
/** SSL 2.0 lengths have fifteen bits. */
const MAX_V2_RECORD = 0x7fff;

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HEARTBEAT = 24;

const V2_CLIENT_HELLO = 1;
const V2_CLIENT_MASTER_KEY = 2;
const V2_SERVER_HELLO = 4;

/** Zeek's `ssl.log`, without certificates. */
export const sslStream = flowStream('ssl', 'One line per TLS or SSL handshake.', {
  version: f.string('Version the server chose: SSLv2, SSLv3, TLSv10, TLSv11, TLSv12 or TLSv13.'),
  cipher: f.string('Cipher suite the server chose.'),
  curve: f.string('Elliptic curve or group the server chose.'),
  server_name: f.string('Name the client asked for (SNI).', 'text'),
  resumed: f.bool('An earlier session was resumed.'),
  last_alert: f.string('Last alert that was readable.'),
  next_protocol: f.string('Application protocol the server chose (ALPN), when readable.', 'text'),
  established: f.bool('The handshake was completed.'),
});

interface State {
  readonly flow: FlowContext;
  readonly record: RecordOf<typeof sslStream>;
  /** Which direction the client is. */
  client: Direction;
  version: number | undefined;
  cipher: string;
  sessionId: string;
  /** The client offers a ticket and no session identifier. */
  ticketOnly: boolean;
  preSharedKey: boolean;
  keyExchanged: boolean;
  readonly encrypted: [boolean, boolean];
  readonly fragments: readonly [Fragments, Fragments];
  /** SSL 2.0 records go on after its server hello. */
  v2: boolean;
  seenRecord: boolean;
  done: boolean;
}

function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig);
  const resp = probeSide(opening.resp);
  if (orig === 'match') return 'match';
  if (resp === 'match') return orig === 'no' && opening.fromStart ? 'no' : 'match';
  return orig === 'no' || resp === 'no' ? 'no' : 'unsure';
}

/** A hello at the beginning of a direction. */
function probeSide(bytes: Uint8Array): Verdict {
  if (bytes.length === 0) return 'unsure';
  if ((bytes[0]! & 0x80) !== 0) return probeV2(bytes);
  if (bytes[0] !== HANDSHAKE && bytes[0] !== ALERT) return 'no';
  if (bytes.length > 1 && bytes[1] !== 3) return 'no';
  if (bytes.length > 2 && bytes[2]! > 4) return 'no';
  if (bytes.length < 11) return 'unsure';
  const length = u16be(bytes, 3);
  // An alert may come before the first hello; what follows it decides.
  if (bytes[0] === ALERT) return length === 2 ? probeSide(bytes.subarray(HEADER + 2)) : 'no';
  const type = bytes[5]!;
  if ((type !== CLIENT_HELLO && type !== SERVER_HELLO) || length < 4 || length > MAX_RECORD) return 'no';
  const major = bytes[9]!;
  // The shortest hello is a version, a random, an empty session identifier and a cipher suite.
  return u24be(bytes, 6) >= 36 && (major === 3 || major === 0x7f) ? 'match' : 'no';
}

/** An SSL 2.0 client hello whose lengths agree (RFC 6101 appendix E.1). */
function probeV2(bytes: Uint8Array): Verdict {
  if (bytes.length > 2 && bytes[2] !== V2_CLIENT_HELLO) return 'no';
  if (bytes.length < 11) return 'unsure';
  const version = u16be(bytes, 3);
  const ciphers = u16be(bytes, 5);
  const session = u16be(bytes, 7);
  const challenge = u16be(bytes, 9);
  const whole = 9 + ciphers + session + challenge === (u16be(bytes, 0) & 0x7fff);
  const known = version === SSL_V2 || (version >= SSL_V3 && version <= TLS_1_2);
  return known && whole && ciphers >= 3 && ciphers % 3 === 0 && challenge >= 16 && challenge <= 32
    ? 'match'
    : 'no';
}

function open(flow: FlowContext): State {
  return {
    flow,
    record: { resumed: false, established: false },
    client: ORIG,
    version: undefined,
    cipher: '',
    sessionId: '',
    ticketOnly: false,
    preSharedKey: false,
    keyExchanged: false,
    encrypted: [false, false],
    fragments: [newFragments(), newFragments()],
    v2: false,
    seenRecord: false,
    done: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (to - at >= HEADER) {
    const next = isV2(state, bytes, at)
      ? takeV2Record(state, bytes, at, to)
      : takeTlsRecord(state, direction, bytes, at, to);
    if (state.done) return DONE;
    if (next < 0) break;
    at = next;
    if (at > to) break;
  }
  return at - from;
}

/** SSL 2.0 records are followed up to the first TLS record, or to their end when the server answers in kind. */
function isV2(state: State, bytes: Uint8Array, at: number): boolean {
  return state.v2 || (!state.seenRecord && (bytes[at]! & 0x80) !== 0);
}

/** Handles the record at `at`; returns where the next begins, or -1 to wait for more bytes. */
function takeTlsRecord(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  to: number,
): number {
  const type = bytes[at]!;
  const version = u16be(bytes, at + 1);
  const length = u16be(bytes, at + 3);
  const known = type >= CHANGE_CIPHER_SPEC && type <= HEARTBEAT && version >= SSL_V3 && version <= TLS_1_3;
  if (!known || length > MAX_RECORD) {
    state.flow.weird('SSL_invalid_record');
    finish(state);
    return -1;
  }
  state.seenRecord = true;
  const content = at + HEADER;
  const end = content + length;
  if (isEncrypted(state, direction, type)) {
    noteBegin(state);
    if (state.encrypted[ORIG] && state.encrypted[RESP]) {
      state.record.established = true;
      finish(state);
    }
    return end;
  }
  if (type === APPLICATION_DATA) {
    if (state.version !== undefined) state.flow.weird('ssl_early_application_data');
    return end;
  }
  if (type === HEARTBEAT) return end;
  if (end > to) return -1;
  noteBegin(state);
  if (type === HANDSHAKE) {
    const fits = takeRecord(state.fragments[direction], bytes, content, end, (message, part, begin, stop) =>
      takeMessage(state, direction, message, part, begin, stop),
    );
    if (!fits) state.flow.weird('SSL_handshake_limit');
  } else if (type === CHANGE_CIPHER_SPEC) {
    state.encrypted[direction] = true;
    const clientSide = direction === state.client;
    if (clientSide && state.ticketOnly && !state.keyExchanged) state.record.resumed = true;
  } else if (length >= 2) {
    state.record.last_alert = alertName(bytes[content + 1]!);
  }
  return end;
}

/** Whether a record of this direction is encrypted; notes the first that shows it. */
function isEncrypted(state: State, direction: Direction, type: number): boolean {
  if (state.encrypted[direction]) return true;
  const oldVersion = state.version !== undefined && state.version <= TLS_1_2;
  if (type !== APPLICATION_DATA || oldVersion) return false;
  state.encrypted[direction] = true;
  return true;
}

function takeMessage(
  state: State,
  direction: Direction,
  type: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  if (type === CLIENT_HELLO) clientHello(state, direction, bytes, from, to);
  else if (type === SERVER_HELLO) serverHello(state, bytes, from, to);
  else if (type === SERVER_KEY_EXCHANGE && /^TLS_ECDH(?:E|_ANON)_(?!PSK)/.test(state.cipher)) {
    const curve = readNamedCurve(bytes, from, to);
    if (curve !== undefined) state.record.curve = groupName(curve);
  } else if (type === CLIENT_KEY_EXCHANGE && direction === state.client) {
    state.keyExchanged = true;
  }
}

function clientHello(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  const hello = readClientHello(bytes, from, to);
  if (hello === undefined) {
    state.flow.weird('SSL_truncated_hello');
    return;
  }
  state.client = direction;
  if (hello.sessionId !== '') state.sessionId = hello.sessionId;
  state.ticketOnly = hello.ticket && hello.sessionId === '';
  state.preSharedKey = hello.preSharedKey;
  if (hello.serverName !== undefined) state.record.server_name = hello.serverName;
  if (hello.manyNames) state.flow.weird('SSL_many_server_names');
}

function serverHello(state: State, bytes: Uint8Array, from: number, to: number): void {
  const hello = readServerHello(bytes, from, to);
  if (hello === undefined) {
    state.flow.weird('SSL_truncated_hello');
    return;
  }
  state.version = hello.version;
  state.cipher = cipherName(hello.cipher);
  state.record.version = versionName(hello.version);
  state.record.cipher = state.cipher;
  if (hello.group !== undefined) state.record.curve = groupName(hello.group);
  if (hello.protocol !== undefined) state.record.next_protocol = hello.protocol;
  // From TLS 1.3 on the server echoes the identifier, and a pre-shared key means resumption.
  const echoes = hello.version <= TLS_1_2 && state.sessionId !== '' && state.sessionId === hello.sessionId;
  if (echoes || (hello.preSharedKey && state.preSharedKey)) state.record.resumed = true;
}

/** As `takeTlsRecord`, for SSL 2.0 records of the two-byte header. */
function takeV2Record(state: State, bytes: Uint8Array, at: number, to: number): number {
  const length = u16be(bytes, at) & 0x7fff;
  const type = bytes[at + 2]!;
  const end = at + 2 + length;
  if (type === V2_CLIENT_MASTER_KEY && state.v2) {
    state.record.established = true;
    finish(state);
    return end;
  }
  if (end > to) return -1;
  noteBegin(state);
  if (type === V2_CLIENT_HELLO) return end;
  if (type !== V2_SERVER_HELLO && !state.v2) {
    state.flow.weird('SSL_invalid_record');
    finish(state);
    return -1;
  }
  if (type !== V2_SERVER_HELLO) return end;
  const hello = readV2ServerHello(bytes, at + 2, end);
  if (hello?.version === SSL_V2) {
    state.v2 = true;
    state.version = SSL_V2;
    state.record.version = versionName(SSL_V2);
    if (hello.cipher !== undefined) state.record.cipher = cipherName(hello.cipher);
  }
  return end;
}

/** The record begins with the first thing that could be read. */
function noteBegin(state: State): void {
  state.record.ts ??= state.flow.now;
  state.record.frame ??= state.flow.frame;
}

/** Gives out the record, unless nothing could be read. */
function finish(state: State): void {
  if (state.done) return;
  state.done = true;
  if (state.record.ts !== undefined) state.flow.emit(sslStream, state.record);
}

export const ssl = defineProtocol<State>({
  name: 'ssl',
  transports: ['tcp'],
  ports: [443, 563, 585, 614, 636, 989, 990, 992, 993, 995, 2762, 5223, 8443],
  probeBytes: 64,
  maxPending: 2 + MAX_V2_RECORD + HEADER,
  streams: [sslStream],
  probe,
  open,
  feed,
  close: finish,
});
