/**
 * S7comm, the protocol of Siemens controllers, over ISO transport (RFC 1006): one `s7comm` record per request with what
 * became of it. Not published by its maker; the layout is that which Wireshark decodes.
 *
 *      0  32    1  kind    2  reserved    4  reference    6  parameter length    8  data length    10  error (replies)
 *
 * Of interest are requests that change a controller: program download, PLC control, stop, writes, clock, password. Values
 * of variables are not kept. S7comm-plus (first byte 72) is recognised and not decoded.
 * Recognised by its first data message, on any port. Limit: `MAX_PENDING` requests wait for their answer.
 */
import { u8, u16be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { feedPdus, type Pdus, passSegment } from '../pdus.ts';
import { COTP_CONFIRM, COTP_CONNECT, COTP_DATA, TPKT_HEADER, tpktSize } from '../tpkt.ts';
import { Waiting } from '../waiting.ts';

const MAX_PENDING = 64;
const KEEP = 512;
const PROBE_BYTES = 128;

const S7 = 0x32;
const S7_PLUS = 0x72;
/** The COTP data header: its length, its code, and whether it is the last part. */
const DATA_HEADER = 3;
const LAST_PART = 0x80;

const KIND = 1;
const REFERENCE = 4;
const PARAMETER_LENGTH = 6;
const REQUEST_HEADER = 10;
const REPLY_HEADER = 12;

const JOB = 1;
const ACK = 2;
const ACK_DATA = 3;
const USER_DATA = 7;

export const s7commStream = flowStream(
  's7comm',
  'Requests to Siemens controllers, and what became of them.',
  {
    rosctr: f.string('Kind of message: Job or Userdata; S7comm-plus for the newer protocol.'),
    pdu_ref: f.count('Reference that request and answer share.'),
    function: f.string('What was asked for.'),
    items: f.count('Number of variables read or written.'),
    block: f.string('Block that was transferred, e.g. _0800001P.', 'text'),
    pi_service: f.string(
      'Program invocation, e.g. P_PROGRAM to start or stop the controller, _INSE to activate a block.',
    ),
    success: f.bool('The controller accepted; absent when no answer was seen.'),
    error: f.string('Error class and code of the answer, in hexadecimal.'),
  },
);

const FUNCTIONS: Readonly<Record<number, string>> = {
  0: 'CPU services',
  4: 'Read Var',
  5: 'Write Var',
  26: 'Request download',
  27: 'Download block',
  28: 'Download ended',
  29: 'Start upload',
  30: 'Upload',
  31: 'End upload',
  40: 'PLC Control',
  41: 'PLC Stop',
  240: 'Setup communication',
};
const READ = 4;
const WRITE = 5;
const CONTROL = 40;
const STOP = 41;

/** Function groups of user data, and the functions in them that matter by name. */
const GROUPS: Readonly<Record<number, string>> = {
  0: 'Mode transition',
  1: 'Programmer commands',
  2: 'Cyclic services',
  3: 'Block functions',
  4: 'CPU functions',
  5: 'Security',
  6: 'PBC BSEND/BRECV',
  7: 'Time functions',
};
const SUBFUNCTIONS: Readonly<Record<string, string>> = {
  '3.1': 'List blocks',
  '3.2': 'List blocks of type',
  '3.3': 'Get block info',
  '4.1': 'Read SZL',
  '4.2': 'Message service',
  '5.1': 'PLC password',
  '7.1': 'Read clock',
  '7.2': 'Set clock',
  '7.3': 'Read clock (following)',
  '7.4': 'Set clock',
};

interface Asked {
  readonly ts: Moment;
  readonly frame: number;
  readonly kind: number;
  readonly name: string;
  readonly items: number | undefined;
  readonly block: string | undefined;
  readonly service: string | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  readonly pending: Waiting<number, Asked>;
  plus: boolean;
}

function probe({ orig, resp }: Opening): Verdict {
  const a = probeSide(orig);
  const b = probeSide(resp);
  if (a === 'no' || b === 'no') return 'no';
  return a === 'match' || b === 'match' ? 'match' : 'unsure';
}

/** A connection request with transport selectors, then a data message of S7. */
function probeSide(bytes: Uint8Array): Verdict {
  let at = 0;
  while (at < bytes.length) {
    const size = tpktSize(bytes, at, bytes.length);
    if (size < 0) return 'no';
    if (size === 0 || bytes.length - at < TPKT_HEADER + 2) return 'unsure';
    const code = bytes[at + TPKT_HEADER + 1]! & 0xf0;
    if (code === COTP_DATA) {
      const payload = at + TPKT_HEADER + DATA_HEADER;
      // A part without payload comes between; another protocol's data does not.
      if (size > TPKT_HEADER + DATA_HEADER) {
        if (payload >= bytes.length) return 'unsure';
        return bytes[payload] === S7 || bytes[payload] === S7_PLUS ? 'match' : 'no';
      }
    } else if (code !== COTP_CONNECT && code !== COTP_CONFIRM) return 'no';
    at += size;
  }
  return 'unsure';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: KEEP,
    sizeOf: tpktSize,
    take(bytes, at, end) {
      takeMessage(state, direction, bytes, at, end);
      return true;
    },
    lost: passSegment(() => flow.weird('s7comm_invalid_tpkt')),
  });
  const pending = new Waiting<number, Asked>(
    MAX_PENDING,
    (asked, reference) => report(flow, reference, asked, undefined),
    () => flow.weird('s7comm_pending_limit'),
  );
  const state: State = { flow, readers: [reader(ORIG), reader(1)], pending, plus: false };
  return state;
}

function takeMessage(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const cotp = at + TPKT_HEADER;
  if ((u8(bytes, cotp + 1) & 0xf0) !== COTP_DATA) return;
  const start = cotp + 1 + u8(bytes, cotp);
  if (start - cotp !== DATA_HEADER || start >= end) return;
  const first = u8(bytes, start);
  if (first === S7_PLUS) return plus(state);
  // The rest of a message in several parts has no header of its own.
  if (first !== S7 || end - start < REQUEST_HEADER) return;
  if ((u8(bytes, start - 1) & LAST_PART) === 0) state.flow.weird('s7comm_message_in_parts');
  const kind = u8(bytes, start + KIND);
  if (kind === JOB) request(state, bytes, start, end);
  else if (kind === ACK || kind === ACK_DATA) answer(state, bytes, start, end);
  else if (kind === USER_DATA) userData(state, direction, bytes, start, end);
  else state.flow.weird('s7comm_unknown_kind');
}

function plus(state: State): void {
  if (state.plus) return;
  state.plus = true;
  state.flow.emit(s7commStream, { rosctr: 'S7comm-plus' });
}

function request(state: State, bytes: Uint8Array, at: number, end: number): void {
  const parameters = at + REQUEST_HEADER;
  const stop = Math.min(end, parameters + u16be(bytes, at + PARAMETER_LENGTH));
  if (stop <= parameters) return state.flow.weird('s7comm_no_parameters');
  const code = u8(bytes, parameters);
  const counted = (code === READ || code === WRITE) && stop - parameters > 1;
  ask(state, u16be(bytes, at + REFERENCE), {
    kind: JOB,
    name: FUNCTIONS[code] ?? `function 0x${code.toString(16)}`,
    items: counted ? u8(bytes, parameters + 1) : undefined,
    block: code >= 26 && code <= 31 ? blockName(bytes, parameters, stop) : undefined,
    service: code === CONTROL || code === STOP ? serviceName(bytes, parameters, stop) : undefined,
  });
}

/** Downloads and uploads name their block behind eight bytes: a length, and as many characters. */
function blockName(bytes: Uint8Array, at: number, end: number): string | undefined {
  return countedText(bytes, at + 8, end);
}

/** PLC control: seven bytes, a counted block of arguments, a counted name. Stop: five bytes less of it. */
function serviceName(bytes: Uint8Array, at: number, end: number): string | undefined {
  if (u8(bytes, at) === STOP) return countedText(bytes, at + 6, end);
  if (end - at < 10) return undefined;
  return countedText(bytes, at + 10 + u16be(bytes, at + 8), end);
}

function countedText(bytes: Uint8Array, at: number, end: number): string | undefined {
  if (at >= end) return undefined;
  const to = at + 1 + u8(bytes, at);
  return to > end || to === at + 1 ? undefined : latin1(bytes, at + 1, to);
}

function answer(state: State, bytes: Uint8Array, at: number, end: number): void {
  if (end - at < REPLY_HEADER) return;
  settle(state, u16be(bytes, at + REFERENCE), u16be(bytes, at + REQUEST_HEADER));
}

/** Requests and answers of user data: `00 01 12, length, method, kind and group, function, number, error`. */
function userData(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const parameters = at + REQUEST_HEADER;
  if (end - parameters < 8) return state.flow.weird('s7comm_no_parameters');
  const reference = u16be(bytes, at + REFERENCE);
  const group = u8(bytes, parameters + 5);
  if (group >>> 4 === 8 || direction !== ORIG) {
    const long = end - parameters >= 12;
    return settle(state, reference, long ? u16be(bytes, parameters + 10) : 0);
  }
  const sub = u8(bytes, parameters + 6);
  const groupName = GROUPS[group & 0x0f] ?? `group ${group & 0x0f}`;
  const name = SUBFUNCTIONS[`${group & 0x0f}.${sub}`] ?? `function ${sub}`;
  ask(state, reference, {
    kind: USER_DATA,
    name: `${groupName}: ${name}`,
    items: undefined,
    block: undefined,
    service: undefined,
  });
}

function ask({ flow, pending }: State, reference: number, asked: Omit<Asked, 'ts' | 'frame'>): void {
  pending.add(reference, { ts: flow.now, frame: flow.frame, ...asked });
}

function settle({ flow, pending }: State, reference: number, error: number): void {
  const asked = pending.take(reference);
  if (asked !== undefined) report(flow, reference, asked, error);
}

/** @param error of the answer; undefined when none was seen */
function report(flow: FlowContext, reference: number, asked: Asked, error: number | undefined): void {
  const { ts, frame, kind, name, items, block, service } = asked;
  flow.emit(s7commStream, {
    ts,
    frame,
    rosctr: kind === JOB ? 'Job' : 'Userdata',
    pdu_ref: reference,
    function: name,
    items,
    block,
    pi_service: service,
    success: error === undefined ? undefined : error === 0,
    error: error ? error.toString(16).padStart(4, '0') : undefined,
  });
}

function close(state: State): void {
  state.pending.giveUpAll();
}

export const s7comm = defineProtocol<State>({
  name: 's7comm',
  transports: ['tcp'],
  ports: [102],
  probeBytes: PROBE_BYTES,
  maxPending: KEEP * 2,
  streams: [s7commStream],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: () => undefined,
  close,
});
