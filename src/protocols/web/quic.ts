/**
 * QUIC versions 1 and 2 and late drafts (RFC 9000, RFC 9001, RFC 9369): one `quic` record per connection as Zeek's
 * base/protocols/quic, and an `ssl` record of the handshake, as far as Initial packets show it: name asked for, application
 * protocol, cipher suite, JA4. Everything later is encrypted with keys that a capture does not hold.
 *
 * Handshake messages in several packets are put together. After a Retry the keys follow the identifier it brought.
 *
 * Limits: `MAX_DATAGRAMS` are looked at, `MAX_OPENED` Initial packets decrypted per direction, `MAX_CRYPTO` bytes of handshake
 * kept per direction, `MAX_HISTORY` letters.
 */
import { u24be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { type InitialKeys, initialKeys, isReadable, openInitial, QUIC_V1, QUIC_V2 } from './quic-crypto.ts';
import { type LongHeader, PACKET, readLongHeader, takeFrames } from './quic-packet.ts';
import { CLIENT_HELLO, SERVER_HELLO } from './ssl-fragments.ts';
import { Handshake, sslStream } from './ssl-handshake.ts';
import { readClientHello } from './ssl-hello.ts';

/** Datagrams that are looked at. */
const MAX_DATAGRAMS = 64;
/** Initial packets decrypted per direction. */
const MAX_OPENED = 24;
/** Bytes of handshake kept per direction. */
const MAX_CRYPTO = 16_384;
/** Zeek's `max_history_length`. */
const MAX_HISTORY = 100;
/** RFC 9000 section 14.1: a client fills its Initial packets up. */
const SMALLEST_CLIENT_DATAGRAM = 1200;
/** The shortest datagram of a server that is worth a look. */
const SMALLEST = 30;

/** Zeek's `quic.log`. */
export const quicStream = flowStream('quic', 'One line per QUIC connection whose first packets were seen.', {
  version: f.string('Version as Zeek writes it: 1, quicv2, draft-29; unknown-… for others.'),
  client_initial_dcid: f.string('Identifier the client first chose for the server, hexadecimal.'),
  client_scid: f.string('Identifier the client chose for itself, hexadecimal.'),
  server_scid: f.string('Identifier the server chose for itself, hexadecimal.'),
  server_name: f.string('Name the client asked for (SNI).', 'text'),
  client_protocol: f.string('First application protocol the client offers (ALPN).', 'text'),
  history: f.string(
    'Packets as letters, in upper case from the client: I initial, H handshake, Z 0-RTT, R retry, C and S hellos, X close, ' +
      'U unreadable version.',
  ),
});

/** Handshake bytes of one direction, in any order. */
class CryptoStream {
  readonly #bytes = new Uint8Array(MAX_CRYPTO);
  readonly #has = new Uint8Array(MAX_CRYPTO);
  #whole = 0;

  add(offset: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (offset + to - from > MAX_CRYPTO) return false;
    this.#bytes.set(bytes.subarray(from, to), offset);
    this.#has.fill(1, offset, offset + to - from);
    while (this.#whole < MAX_CRYPTO && this.#has[this.#whole] === 1) this.#whole++;
    return true;
  }

  /** What there is without a hole. */
  get whole(): Uint8Array {
    return this.#bytes.subarray(0, this.#whole);
  }
}

interface State {
  readonly flow: FlowContext;
  readonly record: RecordOf<typeof quicStream>;
  readonly handshake: Handshake;
  readonly streams: [CryptoStream | undefined, CryptoStream | undefined];
  readonly opened: [number, number];
  /** Where the next message of a direction begins. */
  readonly taken: [number, number];
  keys: readonly [InitialKeys, InitialKeys] | undefined;
  datagrams: number;
  /** A client's hello was read: TLS is named. */
  named: boolean;
  done: boolean;
}

function probe(opening: Opening): Verdict {
  const fromClient = opening.orig.length > 0;
  const bytes = fromClient ? opening.orig : opening.resp;
  if (bytes.length === 0) return 'unsure';
  if (bytes.length < SMALLEST) return 'no';
  const header = readLongHeader(bytes, 0, bytes.length);
  if (header === undefined) return 'no';
  const filled = !fromClient || bytes.length >= SMALLEST_CLIENT_DATAGRAM;
  // RFC 9000 section 15: versions that are offered to make sure that servers negotiate.
  if (fromClient && filled && (header.version & 0x0f0f0f0f) === 0x0a0a0a0a) return 'unsure';
  if (!isReadable(header.version)) return 'no';
  if (header.type === PACKET.initial) return filled ? 'match' : 'no';
  // Early data may overtake the Initial packet.
  return header.type === PACKET.zeroRtt ? 'unsure' : 'no';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  state.record.ts ??= state.flow.now;
  state.record.frame ??= state.flow.frame;
  let at = from;
  while (at < to && !state.done) {
    const header = readLongHeader(bytes, at, to);
    // A short header: from here on everything is encrypted.
    if (header === undefined) {
      if ((bytes[at]! & 0x80) === 0 && state.record.server_scid !== undefined) finish(state);
      break;
    }
    takePacket(state, direction, header, bytes, at);
    at = header.end;
  }
  if (++state.datagrams >= MAX_DATAGRAMS) finish(state);
  return state.done ? DONE : to - from;
}

function takePacket(
  state: State,
  direction: Direction,
  header: LongHeader,
  bytes: Uint8Array,
  at: number,
): void {
  const { record } = state;
  if (header.type === PACKET.negotiation) return;
  if (!isReadable(header.version)) {
    record.version ??= versionName(header.version);
    note(state, direction, 'u');
    return;
  }
  record.version ??= versionName(header.version);
  if (direction === ORIG) {
    record.client_initial_dcid ??= hex(header.destination);
    record.client_scid ??= hex(header.source);
  } else if (header.type !== PACKET.retry) record.server_scid ??= hex(header.source);
  if (header.type === PACKET.initial) takeInitial(state, direction, header, bytes, at);
  else if (header.type === PACKET.handshake) note(state, direction, 'h');
  else if (header.type === PACKET.zeroRtt) note(state, direction, 'z');
  else {
    note(state, direction, 'r');
    // RFC 9001 section 5.2: the client begins anew with the identifier that the server chose.
    if (direction !== ORIG) state.keys = initialKeys(header.version, header.source);
  }
}

function takeInitial(
  state: State,
  direction: Direction,
  header: LongHeader,
  bytes: Uint8Array,
  at: number,
): void {
  note(state, direction, 'i');
  if (state.opened[direction] >= MAX_OPENED) return;
  state.opened[direction]++;
  if (state.keys === undefined) {
    // Only the client's first packet shows what keys are made of.
    if (direction !== ORIG) return;
    state.keys = initialKeys(header.version, header.destination);
  }
  const keys = state.keys[direction === ORIG ? 0 : 1];
  const content = openInitial(keys, bytes, at, header.numberAt, header.end);
  if (content === undefined) {
    state.flow.weird('quic_undecryptable_initial');
    return;
  }
  let fits = true;
  takeFrames(content, {
    crypto(offset, part, from, to) {
      const stream = state.streams[direction] ?? new CryptoStream();
      state.streams[direction] = stream;
      fits = stream.add(offset, part, from, to) && fits;
    },
    close: () => note(state, direction, 'x'),
  });
  if (!fits) state.flow.weird('quic_crypto_limit');
  takeMessages(state, direction);
}

/** Hands on the hellos that are whole. */
function takeMessages(state: State, direction: Direction): void {
  const bytes = state.streams[direction]?.whole ?? new Uint8Array(0);
  for (let at = state.taken[direction]; at + 4 <= bytes.length; at = state.taken[direction]) {
    const type = bytes[at]!;
    const end = at + 4 + u24be(bytes, at + 1);
    if (end > bytes.length) return;
    state.taken[direction] = end;
    if (type === CLIENT_HELLO) {
      state.flow.addService('ssl');
      state.named = true;
    }
    if (!state.flow.recorded) continue;
    state.handshake.begin();
    state.handshake.message(direction, type, bytes, at + 4, end);
    if (type === CLIENT_HELLO) {
      note(state, direction, 'c');
      const hello = readClientHello(bytes, at + 4, end);
      state.record.server_name ??= hello?.serverName;
      const [protocol] = hello?.protocols ?? [];
      if (protocol !== undefined) state.record.client_protocol ??= utf8(protocol);
    } else if (type === SERVER_HELLO) note(state, direction, 's');
  }
}

function note(state: State, direction: Direction, letter: string): void {
  const history = state.record.history ?? '';
  if (history.length < MAX_HISTORY)
    state.record.history = history + (direction === ORIG ? letter.toUpperCase() : letter);
}

function versionName(version: number): string {
  if (version === QUIC_V1) return '1';
  if (version === QUIC_V2) return 'quicv2';
  return version >>> 8 === 0xff0000 ? `draft-${version & 0xff}` : `unknown-${version.toString(16)}`;
}

function finish(state: State): void {
  if (state.done) return;
  state.done = true;
  state.handshake.finish();
  if (state.record.version !== undefined) state.flow.emit(quicStream, state.record);
}

export const quic = defineProtocol<State>({
  name: 'quic',
  transports: ['udp'],
  ports: [443, 4433, 784, 853, 8853],
  probeBytes: 2048,
  maxPending: 1,
  streams: [quicStream, sslStream],
  leadsOn: true,
  settled: state => state.named,
  probe,
  open: flow => ({
    flow,
    record: {},
    handshake: new Handshake(flow, 'q'),
    streams: [undefined, undefined],
    opened: [0, 0],
    taken: [0, 0],
    keys: undefined,
    datagrams: 0,
    named: false,
    done: false,
  }),
  feed,
  close: finish,
});
