/**
 * One DNS message (RFC 1035 section 4): header, questions and the answer section, each answer as the text Zeek
 * writes in `dns.log`. Authority and additional records are only walked over by `isMessage`.
 *
 * Hostile input: names are at most 255 bytes and labels 63 (section 2.3.4), compression may only point backwards
 * (section 4.1.4: "a prior occurrence"), so a name ends after at most 255 steps. What cannot be read ends the
 * message with a named problem; what was read before it stays.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { hex, latin1, utf8 } from '../../bytes/text.ts';
import { ipv4Text, ipv6Text } from '../../net/address.ts';

export const HEADER_BYTES = 12;
/** Zeek's `dns_max_queries`: more questions than this are not DNS. */
export const MAX_QUESTIONS = 25;
/** Answers kept of one message. */
export const MAX_ANSWERS = 128;
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

export interface Answer {
  readonly name: string;
  /** Text as in Zeek's `answers`; empty for types that Zeek leaves out of the list but counts as an answer. */
  readonly text: string;
  /** Seconds. */
  readonly ttl: number;
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
}

export function cursor(bytes: Uint8Array, start: number, end: number, netbios: boolean): Cursor {
  return { bytes, start, end, netbios, at: start + HEADER_BYTES, problem: undefined };
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
 * Reads one resource record of the answer section. `undefined` with `problem` unset means a type that Zeek reads
 * and does not report as an answer (HTTPS, CAA, OPT …).
 */
export function readAnswer(c: Cursor): Answer | undefined {
  const name = readName(c);
  if (name === undefined) return undefined;
  if (c.end - c.at < 10) return fail(c, 'DNS_truncated_ans_too_short');
  const type = u16be(c.bytes, c.at);
  const ttl = u32be(c.bytes, c.at + 4);
  const length = u16be(c.bytes, c.at + 8);
  c.at += 10;
  if (length > c.end - c.at) return fail(c, 'DNS_truncated_RR_rdlength_lt_len');
  if (length === 0 && c.end > c.at) return fail(c, 'DNS_zero_rdlength');
  const next = c.at + length;
  const text = answerText(c, type, name, next);
  if (c.problem !== undefined) return undefined;
  c.at = next;
  return text === undefined ? undefined : { name, text, ttl };
}

/** The record's data from `c.at` to `end` as Zeek writes them; undefined for types it does not list. */
function answerText(c: Cursor, type: number, owner: string, end: number): string | undefined {
  const { bytes, at } = c;
  const length = end - at;
  switch (type) {
    case 1: // A
      return length === 4 ? ipv4Text(u32be(bytes, at)) : fail(c, 'DNS_RR_bad_length');
    case 28: // AAAA
    case 38: // A6
      return length === 16
        ? ipv6Text(u32be(bytes, at), u32be(bytes, at + 4), u32be(bytes, at + 8), u32be(bytes, at + 12))
        : fail(c, 'DNS_RR_bad_length');
    case 2: // NS
    case 5: // CNAME
    case 6: // SOA: the primary server
    case 12: // PTR
      return readName(c);
    case 15: // MX: after the preference
      return nameAfter(c, 2, end);
    case 33: // SRV: after priority, weight and port
      return c.netbios ? undefined : nameAfter(c, 6, end);
    case 16:
      return characterStrings(c, 'TXT', end);
    case 99:
      return characterStrings(c, 'SPF', end);
    case 11: // WKS
      return '';
    case 35:
      return naptr(c, end);
    case 29: // LOC: size and precisions
      return length < 4
        ? fail(c, 'DNS_RR_bad_length')
        : `LOC:  ${bytes[at + 1]} ${bytes[at + 2]} ${bytes[at + 3]}`;
    case 43: // DS: algorithm and digest type, after the key tag
      return length < 4 ? fail(c, 'DNS_RR_bad_length') : `DS ${bytes[at + 2]} ${bytes[at + 3]}`;
    case 44: // SSHFP: fingerprint, after algorithm and type
      return length < 2 ? fail(c, 'DNS_RR_bad_length') : `SSHFP: ${hex(bytes, at + 2, end)}`;
    case 46: {
      if (length < 18) return fail(c, 'DNS_RR_bad_length');
      const covered = u16be(bytes, at);
      const signer = nameAfter(c, 18, end);
      return signer === undefined ? undefined : `RRSIG ${covered} ${signer === '' ? '<Root>' : signer}`;
    }
    case 47: {
      const following = readName(c);
      return following === undefined ? undefined : `NSEC ${owner} ${following}`;
    }
    case 48:
      return length < 4 ? fail(c, 'DNS_RR_bad_length') : `DNSKEY ${bytes[at + 3]}`;
    case 50:
      return 'NSEC3';
    case 51:
      return 'NSEC3PARAM';
    case 65534:
      return 'BIND9 signing signal';
    case 13: // HINFO
    case 32: // NetBIOS general name
    case 41: // OPT
    case 64: // SVCB
    case 65: // HTTPS
    case 249: // TKEY
    case 250: // TSIG
    case 257: // CAA
      return undefined;
    default:
      return `<unknown type=${type}>`;
  }
}

function nameAfter(c: Cursor, skip: number, end: number): string | undefined {
  if (end - c.at < skip + 1) return fail(c, 'DNS_RR_bad_length');
  c.at += skip;
  return readName(c);
}

/** Order, preference, flags, service, and the regular expression or the replacement (RFC 3403 section 4.1). */
function naptr(c: Cursor, end: number): string | undefined {
  const { bytes, at } = c;
  if (end - at < 8) return fail(c, 'DNS_RR_bad_length');
  const words: string[] = [`NAPTR ${u16be(bytes, at)} ${u16be(bytes, at + 2)}`];
  let next = at + 4;
  for (let i = 0; i < 3; i++) {
    const stop = next + 1 + (bytes[next] ?? 0);
    if (stop >= end) return fail(c, 'DNS_TXT_char_str_past_rdlen');
    const word = utf8(bytes, next + 1, stop);
    if (i < 2 || word !== '') words.push(word);
    next = stop;
  }
  c.at = next;
  const replacement = readName(c);
  if (replacement === undefined) return undefined;
  if (replacement !== '') words.push(replacement);
  return words.join(' ');
}

/** `TXT 5 hello TXT 5 world`: Zeek's form of a list of character strings, section 3.3. */
function characterStrings(c: Cursor, label: string, end: number): string | undefined {
  const parts: string[] = [];
  let at = c.at;
  while (at < end) {
    const length = c.bytes[at]!;
    if (at + 1 + length > end) return fail(c, 'DNS_TXT_char_str_past_rdlen');
    parts.push(`${label} ${length} ${utf8(c.bytes, at + 1, at + 1 + length)}`);
    at += 1 + length;
  }
  return parts.join(' ');
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

function fail(c: Cursor, problem: string): undefined {
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
function skipRecord(c: Cursor): boolean {
  if (readName(c) === undefined || c.end - c.at < 10) return false;
  const next = c.at + 10 + u16be(c.bytes, c.at + 8);
  if (next > c.end) return false;
  c.at = next;
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
