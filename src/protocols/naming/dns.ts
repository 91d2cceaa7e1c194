/**
 * DNS over UDP and TCP (RFC 1035), and with the same format multicast DNS (RFC 6762), LLMNR (RFC 4795) and NetBIOS
 * names (RFC 1002): one `dns` record per query and its reply, paired by transaction identifier as Zeek's
 * base/protocols/dns does; what never finds its other half is given out at the end.
 *
 * Recognised on any port when a whole message agrees with itself (`isMessage`); on a port of its own a plausible
 * header is enough, so that damaged messages are reported. Not decoded: records of the authority and additional
 * sections but EDNS and updates, zone contents, and the list of names in a NetBIOS node status.
 * Limits: `MAX_QUESTIONS`, `MAX_ANSWERS`, `MAX_PENDING`.
 */
import { u16be } from '../../bytes/read.ts';
import { secondsBetween } from '../../model/moment.ts';
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
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import { MAX_ANSWERS, readAnswer } from './dns-answers.ts';
import { className, isOpcode, opcodeName, rcodeName, typeName } from './dns-codes.ts';
import { type Edns, readEdns } from './dns-edns.ts';
import {
  type Cursor,
  cursor,
  HEADER_BYTES,
  type Header,
  isMessage,
  MAX_QUESTIONS,
  netbiosName,
  readHeader,
  readQuestion,
} from './dns-message.ts';
import { readUpdate } from './dns-update.ts';
import { announcement } from './own-names.ts';

/** Messages of one flow that may wait for their other half. */
const MAX_PENDING = 64;
const PROBE_BYTES = 2048;
const NETBIOS_PORT = 137;
/** Longer messages are not looked through for what their sender says of itself. */
const MAX_ANNOUNCEMENT = 9000;
const QUERY = 0;
const INVERSE_QUERY = 1;
const UPDATE = 5;
/** Operations that are read; the others (inverse queries, status) went out of use long ago (RFC 3425). */
const FIRST_LIVING_OPCODE = 4;

/** Zeek's `dns.log`. */
export const dnsStream = flowStream('dns', 'One line per DNS query and its reply.', {
  proto: f.enum('Transport protocol: udp or tcp.'),
  trans_id: f.count('Identifier that pairs query and reply.'),
  rtt: f.interval('Seconds from the query to the reply; absent without an answer.'),
  query: f.string('Name asked for, in lower case.', 'text'),
  qclass: f.count('Class asked for.'),
  qclass_name: f.string('Name of the class, e.g. C_INTERNET.'),
  qtype: f.count('Record type asked for.'),
  qtype_name: f.string('Name of the record type, e.g. AAAA.'),
  rcode: f.count('Response code.'),
  rcode_name: f.string('Name of the response code, e.g. NXDOMAIN.'),
  AA: f.bool('The answer is authoritative.'),
  TC: f.bool('The query was truncated.'),
  RD: f.bool('The client wants recursion.'),
  RA: f.bool('The server that answered offers recursion.'),
  Z: f.count('The three bits after RA in the query.'),
  answers: f.strings('Answers in order: addresses, names, or type and text.', 'text'),
  TTLs: f.intervals('Seconds each answer may be cached.'),
  rejected: f.bool('The server gave no record of any kind.'),
  opcode: f.count('Operation: 0 is a query.'),
  opcode_name: f.string('Name of the operation.'),
  edns_version: f.count('Version of EDNS that the client, or else the server, speaks.'),
  edns_udp_size: f.count('Largest datagram the client, or else the server, takes, in bytes.'),
  edns_dnssec: f.bool('The client, or else the server, wants DNSSEC records.'),
  edns_rcode: f.count('Response code with its upper bits, when EDNS says more than the header.'),
  edns_client_subnet: f.string('Network of the client that a resolver passes on, e.g. 192.0.2.0/24.'),
});

type DnsRecord = RecordOf<typeof dnsStream>;

/** A record that has seen its query, its reply, or both. */
interface Transaction {
  readonly record: DnsRecord;
  readonly began: Moment;
  sawQuery: boolean;
  sawReply: boolean;
}

type Waiting = Map<number, Transaction[]>;

interface State {
  readonly flow: FlowContext;
  readonly netbios: boolean;
  readonly queries: Waiting;
  readonly replies: Waiting;
  pending: number;
}

function probe(opening: Opening): Verdict {
  const netbios = opening.respPort === NETBIOS_PORT && opening.transport === 'udp';
  if (opening.transport === 'udp') {
    const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
    if (bytes.length === 0) return 'unsure';
    if (bytes.length < HEADER_BYTES) return 'no';
    const header = readHeader(bytes, 0);
    if (!plausible(header, netbios)) return 'no';
    return opening.portHint || isMessage(bytes, 0, bytes.length, netbios) ? 'match' : 'no';
  }
  if (!opening.fromStart) return 'no';
  return worse(probeStream(opening.orig, opening.portHint), probeStream(opening.resp, opening.portHint));
}

/** Whoever sends a reply first, in a flow picked up behind its query, is the server. */
function server({ transport, orig, resp }: Opening): Direction | undefined {
  if (transport !== 'udp') return undefined;
  if (orig.length >= HEADER_BYTES) return readHeader(orig, 0).reply ? ORIG : RESP;
  return resp.length >= HEADER_BYTES && readHeader(resp, 0).reply ? RESP : undefined;
}

/** Both directions must look like DNS; an empty one is no evidence. */
function worse(a: Verdict, b: Verdict): Verdict {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'match' || b === 'match' ? 'match' : 'unsure';
}

/** RFC 1035 section 4.2.2: over TCP each message has its length in front. */
function probeStream(bytes: Uint8Array, portHint: boolean): Verdict {
  if (bytes.length < 2 + HEADER_BYTES) return 'unsure';
  const length = u16be(bytes, 0);
  if (length < HEADER_BYTES || !plausible(readHeader(bytes, 2), false)) return 'no';
  if (2 + length <= bytes.length) return isMessage(bytes, 2, 2 + length, false) || portHint ? 'match' : 'no';
  return bytes.length < PROBE_BYTES ? 'unsure' : portHint ? 'match' : 'no';
}

function isLiving(opcode: number): boolean {
  return opcode >= FIRST_LIVING_OPCODE && isOpcode(opcode, false);
}

function plausible(header: Header, netbios: boolean): boolean {
  if (!isOpcode(header.opcode, netbios) || header.questions > MAX_QUESTIONS) return false;
  // A query asks something and has no response code.
  return header.reply || (header.rcode === 0 && (header.questions > 0 || header.opcode === INVERSE_QUERY));
}

function open(flow: FlowContext): State {
  const netbios = flow.respPort === NETBIOS_PORT && flow.transport === 'udp';
  return { flow, netbios, queries: new Map(), replies: new Map(), pending: 0 };
}

function feed(state: State, side: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.flow.transport === 'udp') {
    message(state, bytes, from, to);
    if (to - from <= MAX_ANNOUNCEMENT) announcement(state.flow, side, bytes, from, to);
    return to - from;
  }
  let at = from;
  while (to - at >= 2) {
    const length = u16be(bytes, at);
    if (length < HEADER_BYTES) {
      // Without a believable length there is no way to find the next message.
      state.flow.weird('DNS_truncated_len_lt_hdr_len');
      close(state);
      return DONE;
    }
    if (to - at - 2 < length) break;
    message(state, bytes, at + 2, at + 2 + length);
    at += 2 + length;
  }
  return at - from;
}

function message(state: State, bytes: Uint8Array, start: number, end: number): void {
  const { flow } = state;
  if (end - start < HEADER_BYTES) {
    flow.weird('DNS_truncated_len_lt_hdr_len');
    return;
  }
  const header = readHeader(bytes, start);
  if (!state.netbios && header.opcode !== QUERY && !isLiving(header.opcode)) {
    flow.weird('DNS_unknown_opcode', `${header.opcode}`);
    return;
  }
  const transaction = pair(state, header);
  const { record } = transaction;
  if (header.reply) {
    transaction.sawReply = true;
    record.rcode = header.rcode;
    record.rcode_name = rcodeName(header.rcode);
    if (header.rcode !== 0 && header.questions === 0) record.rejected = true;
  } else {
    transaction.sawQuery = true;
  }
  if (header.questions > MAX_QUESTIONS) {
    flow.weird('DNS_Conn_count_too_large');
  } else {
    const c = cursor(bytes, start, end, state.netbios);
    if (readQuestions(state, c, header, record)) {
      if (header.opcode === UPDATE && !state.netbios) readChanges(state, c, header, transaction);
      else if (header.reply) readAnswers(state, c, header, transaction);
      if (c.problem === undefined) noteEdns(record, header, readEdns(c, header));
    }
    if (c.problem !== undefined) flow.weird(c.problem);
    for (const { name, detail } of c.oddities) flow.weird(name, detail);
  }
  if (transaction.sawQuery && transaction.sawReply) emit(state, transaction);
}

/** Fills in what the query asks; false when the questions could not be read to their end. */
function readQuestions(state: State, c: Cursor, header: Header, record: DnsRecord): boolean {
  // Operations other than queries put other things into the sections (RFC 2136 section 2.3).
  const asks = header.opcode === 0 || state.netbios;
  for (let i = 0; i < header.questions; i++) {
    const question = readQuestion(c);
    if (question === undefined) return false;
    if (!asks) continue;
    if (header.reply) {
      const empty = header.answers + header.authorities + header.additionals === 0;
      if (empty) record.rejected = true;
      continue;
    }
    record.RD = header.recursionDesired;
    record.TC = header.truncated;
    record.Z = header.z;
    record.qclass = question.class;
    record.qclass_name = className(question.class);
    record.qtype = question.type;
    record.qtype_name = typeName(question.type, state.netbios);
    record.query = state.netbios ? netbiosName(question.name) : question.name;
  }
  return true;
}

/** What an update asks for, from the client or, when its message was not seen, from the server that repeats it. */
function readChanges(state: State, c: Cursor, header: Header, transaction: Transaction): void {
  const { record } = transaction;
  const { name, texts, ttls, cut } = readUpdate(c, header);
  if (cut) state.flow.weird('DNS_answer_limit');
  if (header.reply) noteRoundTrip(state, transaction);
  record.query ??= name;
  if (record.answers !== undefined || texts.length === 0) return;
  record.answers = texts;
  record.TTLs = ttls;
}

function noteEdns(record: DnsRecord, header: Header, edns: Edns | undefined): void {
  if (edns === undefined) return;
  record.edns_version ??= edns.version;
  record.edns_udp_size ??= edns.size;
  record.edns_dnssec ??= edns.dnssec;
  record.edns_client_subnet ??= edns.clientSubnet;
  if (header.reply && edns.rcode !== header.rcode) record.edns_rcode = edns.rcode;
}

function noteRoundTrip(state: State, transaction: Transaction): void {
  const rtt = secondsBetween(transaction.began, state.flow.now);
  if (transaction.record.rtt === undefined && rtt !== 0) transaction.record.rtt = rtt;
}

function readAnswers(state: State, c: Cursor, header: Header, transaction: Transaction): void {
  const { record } = transaction;
  const { flow } = state;
  // Operations other than queries put other things into the sections.
  if (header.opcode !== QUERY && !state.netbios) return;
  const answers: string[] = [];
  const ttls: number[] = [];
  for (let i = 0; i < header.answers; i++) {
    if (i === MAX_ANSWERS) {
      flow.weird('DNS_answer_limit');
      break;
    }
    const answer = readAnswer(c);
    if (answer === undefined) {
      if (c.problem !== undefined) break;
      continue;
    }
    record.query ??= answer.name;
    record.AA = header.authoritative;
    record.RA = header.recursionAvailable;
    noteRoundTrip(state, transaction);
    if (answer.text === '') continue;
    answers.push(answer.text);
    ttls.push(answer.ttl);
  }
  if (answers.length > 0) {
    record.answers = answers;
    record.TTLs = ttls;
  }
}

/** The waiting other half of this message, or a new transaction that waits for one. */
function pair(state: State, header: Header): Transaction {
  const waiting = header.reply ? state.queries : state.replies;
  const queue = waiting.get(header.id);
  const found = queue?.shift();
  if (found !== undefined) {
    if (queue?.length === 0) waiting.delete(header.id);
    state.pending--;
    return found;
  }
  if (state.pending >= MAX_PENDING) {
    state.flow.weird('DNS_pending_limit');
    emitWaiting(state);
  }
  const transaction = begin(state, header);
  const own = header.reply ? state.replies : state.queries;
  const others = own.get(header.id);
  if (others) others.push(transaction);
  else own.set(header.id, [transaction]);
  state.pending++;
  return transaction;
}

function begin(state: State, header: Header): Transaction {
  const { flow } = state;
  const record: DnsRecord = {
    ts: flow.now,
    frame: flow.frame,
    proto: flow.transport,
    trans_id: header.id,
    AA: false,
    TC: false,
    RD: false,
    RA: false,
    Z: 0,
    rejected: false,
    opcode: header.opcode,
    opcode_name: opcodeName(header.opcode, state.netbios),
  };
  return { record, began: flow.now, sawQuery: false, sawReply: false };
}

function emit(state: State, transaction: Transaction): void {
  state.flow.emit(dnsStream, transaction.record);
}

/** Gives out everything that waits: queries first, each kind in the order it was seen. */
function emitWaiting(state: State): void {
  for (const waiting of [state.queries, state.replies]) {
    for (const queue of waiting.values()) for (const transaction of queue) emit(state, transaction);
    waiting.clear();
  }
  state.pending = 0;
}

function close(state: State): void {
  emitWaiting(state);
}

export const dns = defineProtocol<State>({
  name: 'dns',
  transports: ['udp', 'tcp'],
  ports: [53, 137, 5353, 5355],
  probeBytes: PROBE_BYTES,
  maxPending: 2 + 65_535 + 1,
  streams: [dnsStream],
  probe,
  server,
  open,
  feed,
  close,
});
