/**
 * Syslog over UDP (RFC 5426) and TCP (RFC 6587: messages with their length in front, or ended by a line feed): one `syslog`
 * record per message as Zeek's base/protocols/syslog gives it, and the sender's host and program.
 *
 * The text of a message is kept for rules, but left out where it holds an audit message of healthcare systems, HL7 or another
 * medical document, which may name patients; HL7, FHIR and CDA are read (`clinical/payloads.ts`). Recognised on any port by its priority;
 * on its own UDP port any line of text is one, as Zeek takes it.
 * Limits: `MAX_FRAME` bytes of a message on TCP, `MAX_MESSAGE` bytes of its text.
 */
import { indexOf } from '../../bytes/read.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream } from '../../model/schema.ts';
import { payloadStreams, readPayload } from '../clinical/payloads.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import { hideSecrets } from '../secret-text.ts';
import { decodeSyslog, readPriority } from './syslog-message.ts';

/** Longest message on TCP; larger audit messages are cut. */
const MAX_FRAME = 65_536;
/** Digits of a length in front of a message. */
const MAX_DIGITS = 6;
/** Bytes that must be text for a flow to be recognised. */
const PROBE_BYTES = 64;
const PORT = 514;

/** Zeek's `syslog.log`. */
export const syslogStream = flowStream('syslog', 'One line per syslog message.', {
  proto: f.enum('Transport protocol: udp or tcp.'),
  facility: f.string('Part of the system that reports, e.g. AUTH; UNSPECIFIED without a priority.'),
  severity: f.string('EMERG, ALERT, CRIT, ERR, WARNING, NOTICE, INFO, DEBUG or UNSPECIFIED.'),
  message: f.string(
    'What follows the priority; absent where it may name patients (atna, hl7, other medical documents).',
    'text',
  ),
  host_name: f.string('Sender as its header names it.', 'text'),
  app_name: f.string('Program that reports.', 'text'),
  proc_id: f.string('Its process.', 'text'),
  msg_id: f.string('Type of the message.', 'text'),
  atna: f.bool('It is an audit message of a healthcare system.'),
  hl7: f.bool('It holds HL7.'),
});

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [LineReader, LineReader];
  /** The beginning of the next message is lost; it is looked for behind a line feed. */
  readonly lost: [boolean, boolean];
}

function probe(opening: Opening): Verdict {
  const { orig, resp, transport } = opening;
  const bytes = orig.length > 0 ? orig : resp;
  const end = bytes.length;
  if (transport === 'udp') {
    const priority = readPriority(bytes, 0, end);
    if (priority !== undefined) return isText(bytes, priority.next, end) ? 'match' : 'no';
    return opening.portHint && opening.respPort === PORT && isBareLine(bytes) ? 'match' : 'no';
  }
  if (end === 0) return 'unsure';
  const counted = readCount(bytes, 0, end);
  const at = counted?.next ?? 0;
  const priority = readPriority(bytes, at, end);
  if (priority !== undefined) {
    if (priority.next === end) return 'unsure';
    return isText(bytes, priority.next, end) ? 'match' : 'no';
  }
  return end < MAX_DIGITS + 6 && mayBecome(bytes, end) ? 'unsure' : 'no';
}

/** Whether few first bytes can still become a length and a priority. */
function mayBecome(bytes: Uint8Array, end: number): boolean {
  let text = '';
  for (let i = 0; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return /^(?:[1-9]\d{0,5}(?: (?:<\d{0,3})?)?|<\d{0,3})$/.test(text);
}

/** At least one byte, and nothing that no text holds among the first ones. */
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  const end = Math.min(to, PROBE_BYTES);
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x7f || (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13))
      return i > from && byte === 0;
  }
  return to > from;
}

/** ASCII text without carriage returns, in which other protocols end their lines; zeros may stand behind it. */
function isBareLine(bytes: Uint8Array): boolean {
  let end = Math.min(bytes.length, PROBE_BYTES * 4);
  while (end > 0 && bytes[end - 1] === 0) end--;
  // Markup is another protocol's.
  if (bytes[0] === 0x3c && !(bytes[1]! >= 0x30 && bytes[1]! <= 0x39)) return false;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte > 0x7e || (byte < 0x20 && byte !== 9 && byte !== 10)) return false;
  }
  return end > 0;
}

/** A length in front of a message: `123 <34>…`. */
function readCount(bytes: Uint8Array, at: number, end: number): { length: number; next: number } | undefined {
  let length = 0;
  let next = at;
  while (next < end && next < at + MAX_DIGITS && bytes[next]! >= 0x30 && bytes[next]! <= 0x39)
    length = length * 10 + bytes[next++]! - 0x30;
  if (next === at || bytes[at] === 0x30 || next >= end || bytes[next] !== 0x20) return undefined;
  return { length, next: next + 1 };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.flow.transport === 'udp') {
    message(state, direction, bytes, from, to);
    return to - from;
  }
  let at = from;
  while (at < to) {
    const start = at;
    const inside = state.lost[direction] || state.lines[direction].discarding;
    if (!inside && bytes[at]! >= 0x31 && bytes[at]! <= 0x39) {
      const counted = readCount(bytes, at, to);
      if (counted === undefined && to - at <= MAX_DIGITS) break;
      if (counted !== undefined && counted.length <= MAX_FRAME) {
        if (to - counted.next < counted.length) break;
        message(state, direction, bytes, counted.next, counted.next + counted.length);
        at = counted.next + counted.length;
        continue;
      }
      state.lost[direction] = true;
      state.flow.weird('syslog_invalid_length');
    }
    at = line(state, direction, bytes, at, to);
    if (at === start && !state.lines[direction].found) break;
  }
  return at - from;
}

function line(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const reader = state.lines[direction];
  const next = readLine(reader, bytes, from, to);
  if (!reader.found) return next;
  if (reader.cut) state.flow.weird('syslog_message_limit');
  if (!state.lost[direction] && reader.to > reader.from)
    message(state, direction, bytes, reader.from, reader.to);
  state.lost[direction] = false;
  return next;
}

function message({ flow }: State, side: Direction, bytes: Uint8Array, from: number, to: number): void {
  const { facility, severity, text, cut, host, app, process, id, atna, hl7 } = decodeSyslog(bytes, from, to);
  const document = readDocument(flow, side, bytes, from, to);
  if (cut) flow.weird('syslog_message_limit');
  flow.emit(syslogStream, {
    proto: flow.transport,
    facility,
    severity,
    message: atna || hl7 || document !== undefined || text === undefined ? undefined : hideSecrets(text),
    host_name: host,
    app_name: app,
    proc_id: process,
    msg_id: id,
    atna,
    hl7: hl7 || document === 'hl7',
  });
}

/** Reads a medical document that stands in a message; answers its format. */
function readDocument(
  flow: FlowContext,
  side: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
): string | undefined {
  const at = documentAt(bytes, from, to);
  if (at === undefined) return undefined;
  // Daemons write control characters as `#` and three octal digits: the ends of segments.
  const escaped = indexOf(bytes, HASH, at, to) >= 0 ? unescapeControls(bytes, at, to) : undefined;
  const carrier = { source: 'SYSLOG', side };
  return escaped === undefined
    ? readPayload(flow, carrier, bytes, at, to)
    : readPayload(flow, carrier, escaped, 0, escaped.length);
}

/** Where HL7, JSON or markup begins behind the priority; undefined when nothing of that kind is there. */
function documentAt(bytes: Uint8Array, from: number, to: number): number | undefined {
  const start = readPriority(bytes, from, to)?.next ?? from;
  for (let at = start; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === 0x7b || byte === 0x3c) return at;
    if (byte === 0x48 && bytes[at - 1] === 0x53 && bytes[at - 2] === 0x4d && at - 2 >= start) return at - 2;
  }
  return undefined;
}

const HASH = 0x23;
const isOctal = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x37;

function unescapeControls(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const plain = new Uint8Array(to - from);
  let length = 0;
  for (let at = from; at < to; at++) {
    const isEscape =
      bytes[at] === HASH &&
      bytes[at + 1] === 0x30 &&
      at + 3 < to &&
      isOctal(bytes[at + 2]) &&
      isOctal(bytes[at + 3]);
    plain[length++] = isEscape ? (bytes[at + 2]! - 0x30) * 8 + bytes[at + 3]! - 0x30 : bytes[at]!;
    if (isEscape) at += 3;
  }
  return plain.subarray(0, length);
}

export const syslog = defineProtocol<State>({
  name: 'syslog',
  transports: ['udp', 'tcp'],
  ports: [PORT, 601, 6514],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_FRAME + MAX_DIGITS + 2,
  streams: [syslogStream, ...payloadStreams],
  probe,
  open: flow => ({ flow, lines: [lineReader(MAX_FRAME), lineReader(MAX_FRAME)], lost: [false, false] }),
  feed,
  gap(state, direction) {
    resetLine(state.lines[direction]);
    state.lost[direction] = true;
  },
});
