/**
 * Data of resource records as the text that Zeek writes into `answers` of `dns.log`: addresses and names as they are,
 * other types with their name in front. Types that Zeek reads and does not list give no text.
 *
 * Formats: RFC 1035 section 3.3 and the document of each type named at it. Data that contradict their length end the
 * message with a named problem.
 */
import { u16be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { readIpv4, readIpv6 } from '../../net/address.ts';
import { type Cursor, fail, readName, readRecord } from './dns-message.ts';

/** Answers kept of one message. */
export const MAX_ANSWERS = 128;

export interface Answer {
  readonly name: string;
  /** Text as in Zeek's `answers`; empty for types that Zeek leaves out of the list but counts as an answer. */
  readonly text: string;
  /** Seconds. */
  readonly ttl: number;
}

/**
 * Reads one resource record of the answer section. `undefined` with `problem` unset means a type that Zeek reads
 * and does not report as an answer (HTTPS, CAA, OPT …).
 */
export function readAnswer(c: Cursor): Answer | undefined {
  const record = readRecord(c);
  if (record === undefined) return undefined;
  const { name, type, ttl, end } = record;
  if (end === c.at && c.end > c.at) return fail(c, 'DNS_zero_rdlength');
  const text = answerText(c, type, name, end);
  if (c.problem !== undefined) return undefined;
  c.at = end;
  return text === undefined ? undefined : { name, text, ttl };
}

/** The record's data from `c.at` to `end` as Zeek writes them; undefined for types it does not list. */
export function answerText(c: Cursor, type: number, owner: string, end: number): string | undefined {
  const { bytes, at } = c;
  const length = end - at;
  switch (type) {
    case 1: // A
      return length === 4 ? readIpv4(bytes, at) : fail(c, 'DNS_RR_bad_length');
    case 28: // AAAA
    case 38: // A6
      return length === 16 ? readIpv6(bytes, at) : fail(c, 'DNS_RR_bad_length');
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
    case 64: // SVCB
    case 65: // HTTPS
      return checkServiceBinding(c, end);
    case 13: // HINFO
    case 32: // NetBIOS general name
    case 41: // OPT
    case 249: // TKEY
    case 250: // TSIG
    case 257: // CAA
      return undefined;
    default:
      c.oddities.push({ name: 'DNS_RR_unknown_type', detail: `${type}` });
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

const ALPN = 1;
const PORT = 3;

/** Reads over the parameters of SVCB and HTTPS (RFC 9460 section 2.2), which are not listed, and reports wrong ones. */
function checkServiceBinding(c: Cursor, end: number): undefined {
  const { bytes } = c;
  if (end - c.at < 3) return fail(c, 'DNS_RR_bad_length');
  c.at += 2;
  if (readName(c) === undefined) return undefined;
  let at = c.at;
  while (end - at >= 4) {
    const key = u16be(bytes, at);
    const start = at + 4;
    at = start + u16be(bytes, at + 2);
    if (at > end) return fail(c, 'DNS_RR_bad_length');
    if (key === PORT && at - start !== 2) c.oddities.push({ name: 'DNS_SVCB_port_length_invalid' });
    if (key === ALPN && !areStrings(bytes, start, at))
      c.oddities.push({ name: 'DNS_SVCB_alpn_length_invalid' });
  }
  return undefined;
}

/** Whether a range is a list of length-prefixed strings, the last of which ends with it. */
function areStrings(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) at += 1 + bytes[at]!;
  return at === end;
}
