/**
 * DTLS 1.0 and 1.2 (RFC 4347, RFC 6347), and 1.3 (RFC 9147) as far as it is readable: the same `ssl` record as over TCP.
 * Messages in several fragments are put together in order; lost ones are given up, as their sender repeats them.
 *
 * Not decoded: connection identifiers (RFC 9146) beyond counting such records as encrypted.
 * Limits: `MAX_RECORDS` records of one datagram, `MAX_MESSAGE` bytes of one message.
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
import { CLIENT_HELLO, MAX_MESSAGE, SERVER_HELLO, wantedOf } from './ssl-fragments.ts';
import { Handshake, sslStream } from './ssl-handshake.ts';
import { DTLS_1_0, DTLS_1_2 } from './ssl-names.ts';
import { x509Stream } from './x509.ts';

const HEADER = 13;
const HANDSHAKE_HEADER = 12;
const MAX_RECORDS = 32;
const EPOCH = 3;

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HELLO_VERIFY_REQUEST = 3;

/** A message under way in one direction. */
interface Assembly {
  sequence: number;
  content: Uint8Array;
  had: number;
}

interface State {
  readonly handshake: Handshake;
  readonly flow: FlowContext;
  readonly assemblies: [Assembly | undefined, Assembly | undefined];
}

function probe(opening: Opening): Verdict {
  for (const bytes of [opening.orig, opening.resp]) {
    if (bytes.length === 0) continue;
    if (bytes[0] !== HANDSHAKE || bytes.length < HEADER + HANDSHAKE_HEADER + 2) return 'no';
    const version = u16be(bytes, 1);
    if (version !== DTLS_1_0 && version !== DTLS_1_2) return 'no';
    const length = u16be(bytes, 11);
    const type = bytes[HEADER]!;
    const hello = type === CLIENT_HELLO || type === SERVER_HELLO || type === HELLO_VERIFY_REQUEST;
    const fits = length >= HANDSHAKE_HEADER + 2 && u24be(bytes, HEADER + 9) + HANDSHAKE_HEADER <= length;
    return hello && fits && u16be(bytes, EPOCH) === 0 ? 'match' : 'no';
  }
  return 'unsure';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const { handshake } = state;
  let at = from;
  for (let i = 0; i < MAX_RECORDS && at < to; i++) {
    const type = bytes[at]!;
    // RFC 9147 section 4: the header of encrypted records of version 1.3.
    if (type >> 5 === 1) {
      handshake.sawEncrypted(direction);
      break;
    }
    if (to - at < HEADER) break;
    const end = at + HEADER + u16be(bytes, at + 11);
    if (end > to || bytes[at + 1] !== 0xfe) {
      state.flow.weird('DTLS_invalid_record');
      break;
    }
    takeRecord(state, direction, type, bytes, at, end);
    if (handshake.done) return DONE;
    at = end;
  }
  return handshake.done ? DONE : to - from;
}

function takeRecord(
  state: State,
  direction: Direction,
  type: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): void {
  const { handshake } = state;
  if (u16be(bytes, at + EPOCH) > 0 || type === APPLICATION_DATA || type > APPLICATION_DATA + 1) {
    handshake.sawEncrypted(direction);
    return;
  }
  handshake.begin();
  if (type === HANDSHAKE) takeMessages(state, direction, bytes, at + HEADER, end);
  else if (type === CHANGE_CIPHER_SPEC) handshake.changeCipherSpec(direction);
  else if (type === ALERT && end - at >= HEADER + 2) handshake.alert(direction, bytes[at + HEADER + 1]!);
}

/** RFC 6347 section 4.2.2: each fragment says which message it is of, and which part. */
function takeMessages(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  let at = from;
  while (to - at >= HANDSHAKE_HEADER) {
    const type = bytes[at]!;
    const length = u24be(bytes, at + 1);
    const sequence = u16be(bytes, at + 4);
    const offset = u24be(bytes, at + 6);
    const part = at + HANDSHAKE_HEADER;
    const end = part + u24be(bytes, at + 9);
    if (end > to || offset + end - part > length) {
      state.flow.weird('DTLS_invalid_fragment');
      return;
    }
    const wanted = Math.min(length, wantedOf(type));
    if (offset === 0 && end - part >= wanted) {
      state.handshake.message(direction, type, bytes, part, part + wanted);
    } else if (wanted > MAX_MESSAGE) {
      state.flow.weird('SSL_handshake_limit');
    } else if (wanted > 0) {
      assemble(state, direction, { type, sequence, wanted, offset }, bytes, part, end);
    }
    at = end;
  }
}

interface Fragment {
  readonly type: number;
  readonly sequence: number;
  readonly wanted: number;
  readonly offset: number;
}

function assemble(
  state: State,
  direction: Direction,
  { type, sequence, wanted, offset }: Fragment,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  let assembly = state.assemblies[direction];
  if (offset === 0) {
    assembly = { sequence, content: new Uint8Array(Math.min(wanted, (to - from) * 4)), had: 0 };
    state.assemblies[direction] = assembly;
  }
  if (assembly === undefined || assembly.sequence !== sequence || offset > assembly.had) return;
  const fresh = from + assembly.had - offset;
  const taken = Math.min(to - fresh, wanted - assembly.had);
  if (taken <= 0) return;
  if (assembly.had + taken > assembly.content.length) {
    const larger = new Uint8Array(Math.min(wanted, (assembly.had + taken) * 2));
    larger.set(assembly.content.subarray(0, assembly.had));
    assembly.content = larger;
  }
  assembly.content.set(bytes.subarray(fresh, fresh + taken), assembly.had);
  assembly.had += taken;
  if (assembly.had < wanted) return;
  state.assemblies[direction] = undefined;
  state.handshake.message(direction, type, assembly.content, 0, assembly.had);
}

export const dtls = defineProtocol<State>({
  name: 'dtls',
  transports: ['udp'],
  ports: [443, 4433, 5061, 5349, 5684],
  probeBytes: 64,
  maxPending: 1,
  streams: [sslStream, x509Stream, filesStream, ocspStream],
  probe,
  open: flow => ({ handshake: new Handshake(flow, 'd'), flow, assemblies: [undefined, undefined] }),
  feed,
  close: ({ handshake }) => handshake.finish(),
});
