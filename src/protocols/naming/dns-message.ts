/**
 * One DNS message (RFC 1035 section 4): header, questions, names, and resource records up to their data, which
 * `dns-answers.ts` reads.
 *
 * Hostile input: names are at most 255 bytes and labels 63 (section 2.3.4), compression may only point backwards
 * (section 4.1.4: "a prior occurrence"), so a name ends after at most 255 steps. What cannot be read ends the
 * message with a named problem; what was read before it stays.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';

export const HEADER_BYTES = 12;
/** Zeek's `dns_max_queries`: more questions than this are not DNS. */
export const MAX_QUESTIONS = 25;
const MAX_NAME = 255;
const MAX_LABEL = 63;

/** The fixed header, section 4.1.1. */
export interface Header {
  readonly id: number;
  readonly reply: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  /** The three bits between RA and RCODE, as Zeek gives them (AD and CD of DNSSEC among them). */
  readonly z: number;
  readonly rcode: number;
  readonly questions: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** A resource record without its data, section 4.1.3. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** One past its data. */
  readonly end: number;
}

/** A position in a message. `problem` is the weird that ended reading. */
export interface Cursor {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** NetBIOS name service: SRV's number means node status, and its data are not read. */
  readonly netbios: boolean;
  at: number;
  problem: string | undefined;
  /** Oddities that do not end reading. */
  readonly oddities: Oddity[];
}

/** A weird, and the number that goes with it. */
export interface Oddity {
  readonly name: string;
  readonly detail?: string;
}

export function cursor(bytes: Uint8Array, start: number, end: number, netbios: boolean): Cursor {
  return { bytes, start, end, netbios, at: start + HEADER_BYTES, problem: undefined, oddities: [] };
}

/** The caller has seen to it that twelve bytes are there. */
export function readHeader(bytes: Uint8Array, at: number): Header {
  const flags = u16be(bytes, at + 2);
  return {
    id: u16be(bytes, at),
    reply: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    z: (flags >> 4) & 7,
    rcode: flags & 15,
    questions: u16be(bytes, at + 4),
    answers: u16be(bytes, at + 6),
    authorities: u16be(bytes, at + 8),
    additionals: u16be(bytes, at + 10),
  };
}

/** Reads one question; undefined with `problem` set when it cannot be read. */
export function readQuestion(c: Cursor): Question | undefined {
  const name = readName(c);
  if (name === undefined) return undefined;
  if (c.end - c.at < 4) return fail(c, 'DNS_truncated_quest_too_short');
  c.at += 4;
  return { name, type: u16be(c.bytes, c.at - 4), class: u16be(c.bytes, c.at - 2) };
}

/**
 * Reads a resource record up to its data, which the cursor stands at then; the caller moves it to `end`. Undefined with
 * `problem` set when it cannot be read.
 */
export function readRecord(c: Cursor): ResourceRecord | undefined {
  const name = readName(c);
  if (name === undefined) return undefined;
  if (c.end - c.at < 10) return fail(c, 'DNS_truncated_ans_too_short');
  const { bytes, at } = c;
  c.at += 10;
  const length = u16be(bytes, at + 8);
  if (length > c.end - c.at) return fail(c, 'DNS_truncated_RR_rdlength_lt_len');
  return {
    name,
    type: u16be(bytes, at),
    class: u16be(bytes, at + 2),
    ttl: u32be(bytes, at + 4),
    end: c.at + length,
  };
}

/**
 * Labels without compression as a dotted name, as options of other protocols hold it (RFC 1035 section 3.1); a name that
 * its sender has not finished may lack its end. Undefined for the root and for what is no name.
 */
export function nameOf(bytes: Uint8Array, from: number, to: number): string | undefined {
  const labels: string[] = [];
  let at = from;
  while (at < to && bytes[at] !== 0) {
    const next = at + 1 + bytes[at]!;
    if (bytes[at]! > MAX_LABEL || next > to || next - from > MAX_NAME) return undefined;
    labels.push(utf8(bytes, at + 1, next).toLowerCase());
    at = next;
  }
  return labels.length > 0 ? labels.join('.') : undefined;
}

const scratch = new Uint8Array(MAX_NAME + 1);

/**
 * Reads a name at the cursor and moves past it: labels joined by dots, ASCII in lower case, no dot at the end,
 * empty for the root. Undefined with `problem` set when it is not a name.
 */
export function readName(c: Cursor): string | undefined {
  const { bytes, start, end } = c;
  let at = c.at;
  let runStart = at;
  let after = -1;
  let length = 0;
  let ascii = true;
  for (;;) {
    if (at >= end) return fail(c, 'DNS_label_len_gt_pkt');
    const label = bytes[at]!;
    if (label === 0) break;
    if (label >= 0xc0) {
      if (at + 1 >= end) return fail(c, 'DNS_label_len_gt_pkt');
      const target = start + (((label & 0x3f) << 8) | bytes[at + 1]!);
      // Every jump goes to before where this run of labels began, so runs get strictly earlier and must end.
      if (target >= runStart) return fail(c, 'DNS_label_forward_compress_offset');
      if (after < 0) after = at + 2;
      at = target;
      runStart = target;
      continue;
    }
    if (label > MAX_LABEL) return fail(c, 'DNS_label_too_long');
    if (at + 1 + label > end) return fail(c, 'DNS_label_len_gt_pkt');
    if (length + label + 1 > MAX_NAME) return fail(c, 'DNS_NAME_too_long');
    if (length > 0) scratch[length++] = 0x2e;
    for (let i = at + 1; i <= at + label; i++) {
      const byte = bytes[i]!;
      if (byte >= 0x80) ascii = false;
      scratch[length++] = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
    }
    at += 1 + label;
  }
  c.at = after < 0 ? at + 1 : after;
  return ascii ? latin1(scratch, 0, length) : utf8(scratch, 0, length);
}

/** Ends reading with a named problem. */
export function fail(c: Cursor, problem: string): undefined {
  c.problem = problem;
  return undefined;
}

/**
 * Whether the bytes are one DNS message from end to end: counts, names, and lengths of all records agree.
 * Random bytes do not pass; used to recognise DNS on any port.
 */
export function isMessage(bytes: Uint8Array, start: number, end: number, netbios: boolean): boolean {
  if (end - start < HEADER_BYTES) return false;
  const header = readHeader(bytes, start);
  const records = header.answers + header.authorities + header.additionals;
  if (header.questions > MAX_QUESTIONS || header.questions + records === 0) return false;
  const c = cursor(bytes, start, end, netbios);
  for (let i = 0; i < header.questions; i++) {
    const question = readQuestion(c);
    if (question === undefined || question.type === 0 || !isClass(question.class)) return false;
  }
  for (let i = 0; i < records; i++) if (!skipRecord(c)) return false;
  return c.at === end;
}

/** Moves past one resource record without looking at its data. */
export function skipRecord(c: Cursor): boolean {
  const record = readRecord(c);
  if (record === undefined) return false;
  c.at = record.end;
  return true;
}

/** The upper bit is mDNS's "unicast response" (RFC 6762 section 18.12). */
export function isClass(qclass: number): boolean {
  const value = qclass & 0x7fff;
  return (value >= 1 && value <= 4) || value === 254 || value === 255;
}

/**
 * A NetBIOS name from its 32-letter encoding (RFC 1001 section 14.1), without padding and without the type in its
 * sixteenth byte. Any other text comes back as it is.
 */
export function netbiosName(name: string): string {
  if (!/^[a-p]{32}/i.test(name)) return name;
  let text = '';
  for (let i = 0; i < 30; i += 2) {
    const high = (name.charCodeAt(i) | 32) - 97;
    const low = (name.charCodeAt(i + 1) | 32) - 97;
    text += String.fromCharCode(high * 16 + low);
  }
  return text.replace(/[\0 ]+$/, '');
}
