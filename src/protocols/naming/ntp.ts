/**
 * Network Time Protocol, versions 1 to 4 (RFC 5905 section 7.3): one `ntp` record per message as Zeek's base/protocols/ntp
 * gives it. Control messages (mode 6, RFC 9327) and private ones (mode 7, of ntpd) get a record too, which Zeek leaves out:
 * they read a server's variables, and its list of clients (`NTP_monlist`), which attackers use for amplification.
 *
 *     0 leap, version, mode   1 stratum   2 poll   3 precision   4 root delay   8 root dispersion   12 reference
 *     16 reference time   24 originate   32 receive   40 transmit   48 extension fields, message authentication
 *
 * There is no magic number. Recognised by the values that the fixed part may have; on other ports than its own the root delay
 * and dispersion must be short and the time of today as well, and control messages are not recognised. Extension fields are counted, not decoded.
 * Times are taken to be within the 68 years around 2036 that a server of today may mean (section 6).
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import { defineProtocol, type FlowContext, type Opening, type Verdict } from '../../model/protocol.ts';
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import { ipv4Text } from '../../net/address.ts';

const HEADER = 48;
/** With the extension fields of network time security; a datagram filled up to its limit is another protocol's. */
const LONGEST = 1100;
const CONTROL_HEADER = 12;
const PRIVATE_HEADER = 8;
const CONTROL = 6;
const PRIVATE = 7;
/** From 1900, where times are counted from, to 1970. */
const EPOCH = 2_208_988_800;
/** Seconds of one era. */
const ERA = 0x1_0000_0000;
/** Message authentication at the end: key identifier and digest (RFC 5905 section 7.5). */
const MAX_MAC = 24;
const MIN_EXTENSION = 16;

const CONTROL_NAMES = new Map([
  [1, 'read_status'],
  [2, 'read_variables'],
  [3, 'write_variables'],
  [4, 'read_clock_variables'],
  [5, 'write_clock_variables'],
  [6, 'set_trap'],
  [7, 'trap_response'],
  [8, 'configure'],
  [9, 'export_configuration'],
  [10, 'read_mru_list'],
  [11, 'read_ordered_list'],
  [12, 'request_nonce'],
  [31, 'unset_trap'],
]);

/** Lists of the last clients, in ntpd's old and new form. */
const MONLISTS = new Set([20, 42]);

/** Zeek's `ntp.log`. */
export const ntpStream = flowStream('ntp', 'One line per NTP message.', {
  version: f.count('Version of the protocol.'),
  mode: f.count('1 and 2 symmetric, 3 client, 4 server, 5 broadcast, 6 control, 7 private.'),
  stratum: f.count('Distance to a reference clock; 0 unknown, 1 has one.'),
  poll: f.interval('Longest time between two messages, in seconds.'),
  precision: f.interval('Precision of the sender’s clock, in seconds.'),
  root_delay: f.interval('Seconds to the reference clock and back.'),
  root_disp: f.interval('Seconds the sender may be wrong by.'),
  ref_id: f.string('Reference clock: a code of four letters, or the address of a server.'),
  ref_time: f.time('When the sender’s clock was last set.'),
  org_time: f.time('When the request left, in the client’s time.'),
  rec_time: f.time('When the request arrived, in the server’s time.'),
  xmt_time: f.time('When this message left.'),
  num_exts: f.count('Extension fields.'),
  operation: f.string('What a control or private message asks for, e.g. read_variables, request-42.'),
  response: f.bool('The control or private message is an answer.'),
});

interface State {
  readonly flow: FlowContext;
}

const versionOf = (bytes: Uint8Array, at: number): number => (bytes[at]! >> 3) & 7;
const modeOf = (bytes: Uint8Array, at: number): number => bytes[at]! & 7;

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const end = bytes.length;
  if (end < PRIVATE_HEADER) return 'no';
  const version = versionOf(bytes, 0);
  const mode = modeOf(bytes, 0);
  if (version < 1 || version > 4 || mode === 0) return 'no';
  if (mode === CONTROL) return opening.portHint && isControl(bytes, end) ? 'match' : 'no';
  if (mode === PRIVATE) return opening.portHint && isPrivate(bytes, end) ? 'match' : 'no';
  if (!isTime(bytes, end)) return 'no';
  return opening.portHint || isLikelyTime(bytes) ? 'match' : 'no';
}

function isTime(bytes: Uint8Array, end: number): boolean {
  if (end < HEADER || end > LONGEST || bytes[1]! > 16) return false;
  const poll = signed(bytes[2]!);
  const precision = signed(bytes[3]!);
  return poll >= -7 && poll <= 17 && precision >= -32 && precision <= 0;
}

/** Less than 16 seconds away and wrong, and sent between 1968 and 2036. */
function isLikelyTime(bytes: Uint8Array): boolean {
  return u16be(bytes, 4) < 16 && u16be(bytes, 8) < 16 && bytes[40]! >= 0x80;
}

function isControl(bytes: Uint8Array, end: number): boolean {
  if (end < CONTROL_HEADER || bytes[0]! >= 0x40 || !CONTROL_NAMES.has(bytes[1]! & 31)) return false;
  return CONTROL_HEADER + u16be(bytes, 10) <= end;
}

/** Implementation 0, 2 or 3, and as many items as there is room for. */
function isPrivate(bytes: Uint8Array, end: number): boolean {
  const implementation = bytes[2]!;
  if (implementation > 3 || implementation === 1) return false;
  return PRIVATE_HEADER + (u16be(bytes, 4) & 0x0fff) * (u16be(bytes, 6) & 0x0fff) <= end;
}

function feed({ flow }: State, bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const mode = length > 0 ? modeOf(bytes, from) : 0;
  if (mode === CONTROL && length >= CONTROL_HEADER) flow.emit(ntpStream, control(bytes, from));
  else if (mode === PRIVATE && length >= PRIVATE_HEADER)
    flow.emit(ntpStream, privateMessage(flow, bytes, from));
  else if (mode === 0 || mode >= CONTROL || length < HEADER) flow.weird('NTP_invalid_message');
  else flow.emit(ntpStream, timeMessage(bytes, from, to));
  return length;
}

function timeMessage(bytes: Uint8Array, at: number, end: number): RecordOf<typeof ntpStream> {
  const stratum = bytes[at + 1]!;
  return {
    version: versionOf(bytes, at),
    mode: modeOf(bytes, at),
    stratum,
    poll: 2 ** signed(bytes[at + 2]!),
    precision: 2 ** signed(bytes[at + 3]!),
    // Seconds as 16 bits and 16 of fraction; only a delay may be negative.
    root_delay: (u32be(bytes, at + 4) | 0) / 65_536,
    root_disp: u32be(bytes, at + 8) / 65_536,
    ref_id: stratum > 1 ? ipv4Text(u32be(bytes, at + 12)) : latin1(bytes, at + 12, at + 16),
    ref_time: time(bytes, at + 16),
    org_time: time(bytes, at + 24),
    rec_time: time(bytes, at + 32),
    xmt_time: time(bytes, at + 40),
    num_exts: countExtensions(bytes, at + HEADER, end),
  };
}

function control(bytes: Uint8Array, at: number): RecordOf<typeof ntpStream> {
  const operation = bytes[at + 1]! & 31;
  return {
    version: versionOf(bytes, at),
    mode: CONTROL,
    operation: CONTROL_NAMES.get(operation) ?? `operation-${operation}`,
    response: (bytes[at + 1]! & 0x80) !== 0,
  };
}

function privateMessage(flow: FlowContext, bytes: Uint8Array, at: number): RecordOf<typeof ntpStream> {
  const code = bytes[at + 3]!;
  if (MONLISTS.has(code)) flow.weird('NTP_monlist');
  return {
    version: versionOf(bytes, at),
    mode: PRIVATE,
    operation: MONLISTS.has(code) ? 'monlist' : `request-${code}`,
    response: (bytes[at]! & 0x80) !== 0,
  };
}

/** Fields with type and length in front, until what is left may be message authentication. */
function countExtensions(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (end - at > MAX_MAC) {
    const length = u16be(bytes, at + 2);
    if (length < MIN_EXTENSION || length > end - at) break;
    count++;
    at += length;
  }
  return count;
}

const signed = (byte: number): number => (byte << 24) >> 24;

/** Seconds since 1900 and fractions of 2^-32, to microseconds; all zero is no time, which Zeek shows as 1970. */
function time(bytes: Uint8Array, at: number): Moment {
  const seconds = u32be(bytes, at);
  const micros = Math.round((u32be(bytes, at + 4) / ERA) * 1e6);
  if (seconds === 0 && micros === 0) return { sec: 0, nsec: 0 };
  const sec = seconds - EPOCH + (seconds < 0x8000_0000 ? ERA : 0);
  return micros === 1_000_000 ? { sec: sec + 1, nsec: 0 } : { sec, nsec: micros * 1000 };
}

export const ntp = defineProtocol<State>({
  name: 'ntp',
  transports: ['udp'],
  ports: [123],
  probeBytes: LONGEST + 1,
  maxPending: 1,
  streams: [ntpStream],
  probe,
  open: flow => ({ flow }),
  feed: (state, _direction, bytes, from, to) => feed(state, bytes, from, to),
});
