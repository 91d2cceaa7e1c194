/**
 * TLS 1.0 to 1.3 and SSL 3.0 over TCP (RFC 8446, RFC 5246, RFC 6101), and the hellos of SSL 2.0: the record layer. What the
 * handshake says becomes one `ssl` record per flow (`ssl-handshake.ts`), as Zeek's base/protocols/ssl. As soon as both sides
 * have sent something encrypted the record is given out and nothing more is read.
 *
 * Limits: `MAX_RECORD`; handshake messages `MAX_MESSAGE` in `ssl-fragments.ts`.
 */
import { u16be, u24be } from '../../bytes/read.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { filesStream } from '../files/transfer.ts';
import { ocspStream } from './ocsp.ts';
import { CLIENT_HELLO, type Fragments, newFragments, SERVER_HELLO, takeRecord } from './ssl-fragments.ts';
import { Handshake, sslStream } from './ssl-handshake.ts';
import { readV2ServerHello } from './ssl-hello.ts';
import { cipherName, SSL_V2, SSL_V3, TLS_1_2, TLS_1_3, versionName } from './ssl-names.ts';
import { x509Stream } from './x509.ts';

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

interface State {
  readonly flow: FlowContext;
  readonly handshake: Handshake;
  readonly fragments: readonly [Fragments, Fragments];
  /** SSL 2.0 records go on after its server hello. */
  v2: boolean;
  seenRecord: boolean;
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
    handshake: new Handshake(flow, 't'),
    fragments: [newFragments(), newFragments()],
    v2: false,
    seenRecord: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (to - at >= HEADER) {
    const next = isV2(state, bytes, at)
      ? takeV2Record(state, direction, bytes, at, to)
      : takeTlsRecord(state, direction, bytes, at, to);
    if (state.handshake.done) return DONE;
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
  const { handshake } = state;
  const known = type >= CHANGE_CIPHER_SPEC && type <= HEARTBEAT && version >= SSL_V3 && version <= TLS_1_3;
  if (!known || length > MAX_RECORD) {
    state.flow.weird('SSL_invalid_record');
    handshake.finish();
    return -1;
  }
  state.seenRecord = true;
  const content = at + HEADER;
  const end = content + length;
  const maybeNew = type === APPLICATION_DATA && !handshake.isOldVersion;
  if (handshake.encrypted[direction] || maybeNew) {
    handshake.sawEncrypted(direction);
    return end;
  }
  if (type === APPLICATION_DATA) {
    state.flow.weird('ssl_early_application_data');
    return end;
  }
  if (type === HEARTBEAT) return end;
  if (end > to) return -1;
  handshake.begin();
  if (type === HANDSHAKE) {
    const fits = takeRecord(state.fragments[direction], bytes, content, end, (message, part, begin, stop) =>
      handshake.message(direction, message, part, begin, stop),
    );
    if (!fits) state.flow.weird('SSL_handshake_limit');
  } else if (type === CHANGE_CIPHER_SPEC) {
    handshake.changeCipherSpec(direction);
  } else if (length >= 2) {
    handshake.alert(direction, bytes[content + 1]!);
  }
  return end;
}

/** As `takeTlsRecord`, for SSL 2.0 records of the two-byte header. */
function takeV2Record(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const length = u16be(bytes, at) & 0x7fff;
  const type = bytes[at + 2]!;
  const end = at + 2 + length;
  const { handshake } = state;
  if (type === V2_CLIENT_MASTER_KEY && state.v2) {
    handshake.record.established = true;
    handshake.finish();
    return end;
  }
  if (end > to) return -1;
  handshake.begin();
  if (type === V2_CLIENT_HELLO) {
    handshake.sawV2Hello(direction);
    return end;
  }
  if (type !== V2_SERVER_HELLO && !state.v2) {
    state.flow.weird('SSL_invalid_record');
    handshake.finish();
    return -1;
  }
  if (type !== V2_SERVER_HELLO) return end;
  const hello = readV2ServerHello(bytes, at + 2, end);
  if (hello?.version === SSL_V2) {
    state.v2 = true;
    handshake.version = SSL_V2;
    handshake.record.version = versionName(SSL_V2);
    if (hello.cipher !== undefined) handshake.record.cipher = cipherName(hello.cipher);
  }
  return end;
}

export const ssl = defineProtocol<State>({
  name: 'ssl',
  transports: ['tcp'],
  ports: [443, 563, 585, 614, 636, 853, 989, 990, 992, 993, 995, 2762, 5223, 5671, 8443, 8883],
  probeBytes: 64,
  maxPending: 2 + MAX_V2_RECORD + HEADER,
  streams: [sslStream, x509Stream, filesStream, ocspStream],
  probe,
  open,
  feed,
  close: ({ handshake }) => handshake.finish(),
});
