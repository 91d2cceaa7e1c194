/**
 * SIP (RFC 3261) over UDP and TCP: one `sip` record per response, and per request without one, as Zeek's
 * base/protocols/sip. Media that a session description names are announced as RTP. Recognised by the start line of either side.
 *
 * Names and numbers of persons stay as they are for rules; writers mask them (`protocols/persons.ts`). Not decoded: bodies
 * but for session descriptions. Limits: `MAX_HEAD`, `MAX_BODY`, `MAX_PENDING`.
 */
import { indexOf } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { protectPersons } from '../persons.ts';
import { readMedia, readSipHead, SIP_METHODS, type SipMessage } from './sip-message.ts';

/** Longest head over TCP. */
const MAX_HEAD = 16_384;
/** Longest session description that is read. */
const MAX_BODY = 16_384;
/** Requests that wait for their response. */
const MAX_PENDING = 64;
const PROBE_BYTES = 32;
const LF = 0x0a;
const CR = 0x0d;

/** Zeek's `sip.log`. */
export const sipStream = flowStream('sip', 'One line per SIP response, and per request without one.', {
  trans_depth: f.count('Number of the request on its flow, from 0.'),
  method: f.string('Method of the request.', 'text'),
  uri: f.string('URI of the request.', 'text'),
  date: f.string('Date header of the request.', 'text'),
  request_from: f.string('From header of the request, without its tag.', 'text'),
  request_to: f.string('To header of the request.', 'text'),
  response_from: f.string('From header of the response, without its tag.', 'text'),
  response_to: f.string('To header of the response.', 'text'),
  reply_to: f.string('Reply-To header of the request.', 'text'),
  call_id: f.string('Call-ID of the request.', 'text'),
  seq: f.string('CSeq of the request.', 'text'),
  subject: f.token('Subject of the request, as a token: it may name a patient.', 'phi'),
  request_path: f.strings('Hops of the request, from the last to the first.', 'text'),
  response_path: f.strings('Hops of the response.', 'text'),
  user_agent: f.string('Program that sent the request.', 'text'),
  status_code: f.count('Status code of the response.'),
  status_msg: f.string('Reason of the response.', 'text'),
  warning: f.string('Warning header of the response.', 'text'),
  request_body_len: f.count('Length of the request’s body as its head says.'),
  response_body_len: f.count('Length of the response’s body as its head says.'),
  content_type: f.string('Content type of the response.', 'text'),
});

type SipRecord = RecordOf<typeof sipStream>;

interface State {
  readonly flow: FlowContext;
  /** Requests without a final response, by Call-ID and CSeq. */
  readonly pending: Map<string, { readonly record: SipRecord; answered: boolean }>;
  requests: number;
  /** Bytes of each direction's unfinished head that hold no end of it. */
  readonly seen: [number, number];
  /** A session description that is arriving. */
  readonly bodies: [Description | undefined, Description | undefined];
}

interface Description {
  readonly bytes: Uint8Array;
  filled: number;
}

function probe({ orig, resp }: Opening): Verdict {
  const sides = [probeSide(orig), probeSide(resp)];
  if (sides.includes('match')) return 'match';
  return sides.includes('no') ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array): Verdict {
  const { length } = bytes;
  if (length === 0) return 'unsure';
  const first = bytes[0]!;
  if (first < 0x41 || first > 0x55) return 'no';
  const text = latin1(bytes, 0, Math.min(length, PROBE_BYTES));
  if (/^SIP\/2\.0 \d/.test(text)) return 'match';
  if (/^[A-Z]{3,9} (?:sips?|tel):/i.test(text)) {
    return SIP_METHODS.includes(text.slice(0, text.indexOf(' '))) ? 'match' : 'no';
  }
  const beginnings = [
    'SIP/2.0 ',
    ...SIP_METHODS.flatMap(method => [`${method} sip:`, `${method} sips:`, `${method} tel:`]),
  ];
  return beginnings.some(beginning => beginning.startsWith(text)) ? 'unsure' : 'no';
}

function open(flow: FlowContext): State {
  return { flow, pending: new Map(), requests: 0, seen: [0, 0], bodies: [undefined, undefined] };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.flow.transport === 'udp') {
    takeDatagram(state, bytes, from, to);
    return to - from;
  }
  let at = from;
  while (at < to) {
    const next = takePart(state, direction, bytes, at, to);
    if (next === at) break;
    at = next;
  }
  return at - from;
}

function takeDatagram(state: State, bytes: Uint8Array, from: number, to: number): void {
  const found = endOfHead(bytes, from, to, 0);
  const headEnd = found < 0 ? to : found;
  const message = readSipHead(bytes, from, headEnd);
  if (message === undefined) return;
  takeHead(state, message);
  if (isDescription(message)) announceMedia(state, utf8(bytes, headEnd, Math.min(to, headEnd + MAX_BODY)));
}

/** Takes a head, a piece of a body, or what is between; the result is where it ends, `at` when it is not whole. */
function takePart(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const { flow, seen, bodies } = state;
  const body = bodies[direction];
  if (body !== undefined) {
    const end = Math.min(to, at + body.bytes.length - body.filled);
    body.bytes.set(bytes.subarray(at, end), body.filled);
    body.filled += end - at;
    if (body.filled === body.bytes.length) {
      bodies[direction] = undefined;
      announceMedia(state, utf8(body.bytes));
    }
    return end;
  }
  // RFC 5626 section 3.5.1: empty lines keep a connection alive.
  if (bytes[at] === CR || bytes[at] === LF) return at + 1;
  const headEnd = endOfHead(bytes, at, to, seen[direction]);
  if (headEnd < 0 && to - at <= MAX_HEAD) {
    seen[direction] = to - at;
    return at;
  }
  seen[direction] = 0;
  const message = headEnd < 0 ? undefined : readSipHead(bytes, at, headEnd);
  if (message === undefined) {
    // The next message is looked for behind the next empty line.
    flow.weird('sip_malformed_message');
    return headEnd < 0 ? to : headEnd;
  }
  takeHead(state, message);
  const length = message.bodyLength ?? 0;
  if (length === 0 || length > MAX_BODY || !isDescription(message)) return headEnd + length;
  bodies[direction] = { bytes: new Uint8Array(length), filled: 0 };
  return headEnd;
}

function isDescription({ fields }: SipMessage): boolean {
  return /^application\/sdp\b/i.test(fields.get('content-type') ?? '');
}

/** Position behind the empty line that ends the head, or -1; `seen` bytes are known to hold no end. */
function endOfHead(bytes: Uint8Array, from: number, to: number, seen: number): number {
  let at = indexOf(bytes, LF, from + Math.max(seen - 2, 0), to);
  while (at >= 0) {
    if (at + 1 < to && bytes[at + 1] === LF) return at + 2;
    if (at + 2 < to && bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    at = indexOf(bytes, LF, at + 1, to);
  }
  return -1;
}

function takeHead(state: State, message: SipMessage): void {
  const { flow } = state;
  const { fields } = message;
  for (const name of ['from', 'to', 'contact', 'reply-to']) protectPersons(flow, fields.get(name) ?? '');
  if (message.uri !== undefined) protectPersons(flow, message.uri);
  const key = `${fields.get('call-id')} ${fields.get('cseq')}`;
  if (message.method !== undefined) takeRequest(state, key, message);
  else takeResponse(state, key, message);
}

function takeRequest(state: State, key: string, { method, uri, fields, via, bodyLength }: SipMessage): void {
  const { flow, pending } = state;
  // RFC 3261 section 17.1.1.2: over UDP a request is sent again until it is answered.
  if (pending.has(key)) return;
  if (!SIP_METHODS.includes(method!)) flow.weird('unknown_SIP_method');
  if (pending.size >= MAX_PENDING) {
    flow.weird('sip_pending_request_limit');
    const [oldest] = pending.keys();
    complete(state, oldest!);
  }
  noteProgram(flow, 'SIP::CLIENT', ORIG, fields.get('user-agent'));
  const subject = fields.get('subject');
  const record: SipRecord = {
    ts: flow.now,
    frame: flow.frame,
    trans_depth: state.requests++,
    method,
    uri,
    date: fields.get('date'),
    request_from: withoutTag(fields.get('from')),
    request_to: fields.get('to'),
    reply_to: fields.get('reply-to'),
    call_id: fields.get('call-id'),
    seq: fields.get('cseq'),
    subject: subject ? flow.token('subject', subject) : undefined,
    request_path: via.map(withoutBranch),
    user_agent: fields.get('user-agent'),
    request_body_len: bodyLength ?? 0,
    response_body_len: 0,
  };
  pending.set(key, { record, answered: false });
}

function takeResponse(
  state: State,
  key: string,
  { code, reason, fields, via, bodyLength }: SipMessage,
): void {
  const { flow, pending } = state;
  const request = pending.get(key);
  if (request !== undefined) request.answered = true;
  // RFC 3261 section 7.2: 1xx are preliminary.
  if (code! >= 200) pending.delete(key);
  noteProgram(flow, 'SIP::SERVER', RESP, fields.get('server'));
  flow.emit(sipStream, {
    ...(request?.record ?? { call_id: fields.get('call-id'), seq: fields.get('cseq'), request_body_len: 0 }),
    response_from: withoutTag(fields.get('from')),
    response_to: fields.get('to'),
    response_path: via.map(withoutBranch),
    status_code: code,
    status_msg: reason,
    warning: fields.get('warning'),
    response_body_len: bodyLength ?? 0,
    content_type: fields.get('content-type'),
  });
}

function noteProgram(flow: FlowContext, type: string, side: Direction, text: string | undefined): void {
  if (text !== undefined && text !== '') flow.software({ side, type, text });
}

function withoutTag(value: string | undefined): string | undefined {
  return value?.split(/;[ ]?tag=/, 1)[0];
}

function withoutBranch(value: string): string {
  return value.split(/;[ ]?branch/, 1)[0]!;
}

/** RFC 3550 section 11: RTCP has the port above that of RTP. */
function announceMedia({ flow }: State, sdp: string): void {
  for (const { host, port } of readMedia(sdp)) {
    flow.expect({ transport: 'udp', host, port, protocol: 'rtp', memo: undefined });
    flow.expect({ transport: 'udp', host, port: port + 1, protocol: 'rtcp', memo: undefined });
  }
}

/** A request gets no more responses: it leaves its record unless one of them did. */
function complete(state: State, key: string): void {
  const request = state.pending.get(key);
  state.pending.delete(key);
  if (request !== undefined && !request.answered) state.flow.emit(sipStream, request.record);
}

function gap(state: State, direction: Direction): void {
  state.seen[direction] = 0;
  state.bodies[direction] = undefined;
}

function close(state: State): void {
  for (const key of [...state.pending.keys()]) complete(state, key);
}

export const sip = defineProtocol<State>({
  name: 'sip',
  transports: ['udp', 'tcp'],
  ports: [5060, 5080],
  probeBytes: PROBE_BYTES,
  maxPending: 2 * MAX_HEAD,
  streams: [sipStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  close,
});
