/**
 * The beginning of X11 (X Window System Protocol, section 8): one `x11` record per connection says who may in, and what display it
 * is. Recognised by the setup of the client, whose lengths must fit its authorisation.
 *
 * A cookie sent in clear becomes a `credentials` record: with it anybody can read the screen and type. Not decoded:
 * requests and events. Limits: `MAX_SETUP`.
 */
import { u16be, u16le, u32be, u32le } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
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

/** Longest name or data of an authorisation. */
const MAX_SETUP = 1024;
const HEADER = 12;
/** Of the server's answer, up to its vendor. */
const ANSWER = 40;
const BIG_ENDIAN = 0x42;
const LITTLE_ENDIAN = 0x6c;
const PROBE_BYTES = 64;

export const x11Stream = flowStream('x11', 'One line per connection to an X11 display.', {
  version: f.string('Version of the protocol the client speaks, e.g. 11.0.'),
  auth_method: f.string('How the client proves that it may in; absent when it does not.', 'text'),
  success: f.bool('The display let it in; absent when that could not be seen.'),
  vendor: f.string('Who made the display.', 'text'),
  release: f.count('Release of the display, in the vendor’s numbers.'),
});

interface State {
  readonly flow: FlowContext;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  little: boolean;
  version: string | undefined;
  method: string | undefined;
  cookie: Uint8Array | undefined;
  success: boolean | undefined;
  vendor: string | undefined;
  release: number | undefined;
  ended: boolean;
}

function probe({ orig, resp, fromStart }: Opening): Verdict {
  if (!fromStart || (resp.length > 0 && resp[0]! > 2)) return 'no';
  if (orig.length === 0) return resp.length === 0 ? 'unsure' : 'no';
  const little = orig[0] === LITTLE_ENDIAN;
  if (!little && orig[0] !== BIG_ENDIAN) return 'no';
  if (orig.length > 1 && orig[1] !== 0) return 'no';
  if (orig.length < HEADER) return 'unsure';
  const setup = readSetup(orig, 0, little);
  if (setup.major !== 11 || setup.minor !== 0 || setup.nameLength > 64 || setup.dataLength > 256) return 'no';
  if (setup.nameLength === 0) return setup.dataLength === 0 && orig.length === HEADER ? 'match' : 'no';
  const name = latin1(orig, HEADER, Math.min(orig.length, HEADER + setup.nameLength));
  if (!/^[A-Z0-9-]*$/.test(name)) return 'no';
  return name.length === setup.nameLength ? 'match' : 'unsure';
}

function readSetup(bytes: Uint8Array, at: number, little: boolean) {
  const u16 = little ? u16le : u16be;
  const [nameLength, dataLength] = [u16(bytes, at + 6), u16(bytes, at + 8)];
  const dataAt = at + HEADER + padded(nameLength);
  return {
    major: u16(bytes, at + 2),
    minor: u16(bytes, at + 4),
    nameLength,
    dataLength,
    dataAt,
    end: dataAt + padded(dataLength),
  };
}

const padded = (length: number): number => (length + 3) & ~3;

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    little: false,
    version: undefined,
    method: undefined,
    cookie: undefined,
    success: undefined,
    vendor: undefined,
    release: undefined,
    ended: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (direction === ORIG) {
    // Requests say nothing more of who it is.
    if (state.version !== undefined) return to - from;
    return takeSetup(state, bytes, from, to);
  }
  return takeAnswer(state, bytes, from, to);
}

function takeSetup(state: State, bytes: Uint8Array, from: number, to: number): number {
  if (to - from < HEADER) return 0;
  state.little = bytes[from] === LITTLE_ENDIAN;
  const setup = readSetup(bytes, from, state.little);
  if (setup.nameLength > MAX_SETUP || setup.dataLength > MAX_SETUP) return fail(state);
  if (setup.end > to) return 0;
  state.version = `${setup.major}.${setup.minor}`;
  if (setup.nameLength > 0) state.method = latin1(bytes, from + HEADER, from + HEADER + setup.nameLength);
  if (state.method === 'MIT-MAGIC-COOKIE-1')
    state.cookie = bytes.slice(setup.dataAt, setup.dataAt + setup.dataLength);
  return to - from;
}

/** 0 refuses, 1 accepts, 2 asks for more. */
function takeAnswer(state: State, bytes: Uint8Array, from: number, to: number): number {
  // The order of bytes is the client's choice.
  if (state.version === undefined) return fail(state);
  const answer = bytes[from]!;
  if (answer === 0) state.success = false;
  if (answer === 1) {
    if (to - from < ANSWER) return 0;
    const vendorLength = Math.min((state.little ? u16le : u16be)(bytes, from + 24), MAX_SETUP);
    if (to - from < ANSWER + vendorLength) return 0;
    state.success = true;
    state.release = (state.little ? u32le : u32be)(bytes, from + 8);
    state.vendor = latin1(bytes, from + ANSWER, from + ANSWER + vendorLength);
  }
  close(state);
  return DONE;
}

function fail(state: State): number {
  state.flow.weird('x11_malformed');
  close(state);
  return DONE;
}

function close(state: State): void {
  if (state.ended) return;
  state.ended = true;
  const { flow, cookie, success } = state;
  if (cookie !== undefined) {
    flow.credentials({ protocol: 'x11', secret: cookie, secretKind: 'bearer', success });
  }
  flow.emit(x11Stream, {
    ...state.begin,
    version: state.version,
    auth_method: state.method,
    success,
    vendor: state.vendor,
    release: state.release,
  });
}

export const x11 = defineProtocol<State>({
  name: 'x11',
  transports: ['tcp'],
  ports: [6000, 6001, 6002, 6003],
  probeBytes: PROBE_BYTES,
  maxPending: 4096,
  streams: [x11Stream],
  probe,
  open,
  feed,
  close,
});
