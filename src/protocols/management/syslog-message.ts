/**
 * One syslog message: `<PRI>` and what follows it, with the sender's host and program from either header.
 *
 *     <34>1 2026-11-27T05:18:25Z gateway su 4711 ID47 - text      RFC 5424 section 6
 *     <34>Nov 27 05:18:25 gateway su[4711]: text                  RFC 3164 section 4.1
 *
 * Both headers are only looked for where they begin; a message without one is text as a whole. Structured data are left in
 * the text. Limits: `MAX_MESSAGE` bytes of a message are kept, `MAX_WORD` of a word of its header.
 */
import { indexOf } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';

/** Bytes of a message kept; RFC 5424 section 6.1 asks receivers for 2048. */
export const MAX_MESSAGE = 8192;
const MAX_WORD = 255;

// Zeek's names (base/protocols/syslog/consts); numbers are those of RFC 5424 section 6.2.1.
const FACILITIES = (
  'KERN USER MAIL DAEMON AUTH SYSLOG LPR NEWS UUCP CRON AUTHPRIV FTP NTP AUDIT ALERT CLOCK ' +
  'LOCAL0 LOCAL1 LOCAL2 LOCAL3 LOCAL4 LOCAL5 LOCAL6 LOCAL7'
).split(' ');
const SEVERITIES = 'EMERG ALERT CRIT ERR WARNING NOTICE INFO DEBUG'.split(' ');

export interface SyslogMessage {
  readonly facility: string;
  readonly severity: string;
  /** Everything behind the priority, at most `MAX_MESSAGE` bytes. */
  readonly text: string;
  readonly cut: boolean;
  readonly host?: string | undefined;
  readonly app?: string | undefined;
  readonly process?: string | undefined;
  readonly id?: string | undefined;
  /** Audit message of healthcare systems (DICOM PS3.15 annex A.5, IHE ATNA): XML that may name patients. */
  readonly atna: boolean;
  /** HL7 message or segment inside, which may name patients. */
  readonly hl7: boolean;
}

export interface Priority {
  readonly value: number;
  /** Where the rest begins. */
  readonly next: number;
}

/** `<0>` to `<191>` without leading zeros; undefined when there is none. */
export function readPriority(bytes: Uint8Array, at: number, end: number): Priority | undefined {
  if (at >= end || bytes[at] !== 0x3c) return undefined;
  let value = 0;
  let next = at + 1;
  while (next < end && next < at + 4 && bytes[next]! >= 0x30 && bytes[next]! <= 0x39)
    value = value * 10 + bytes[next++]! - 0x30;
  const digits = next - at - 1;
  if (digits === 0 || value > 191 || next >= end || bytes[next] !== 0x3e) return undefined;
  return digits > 1 && bytes[at + 1] === 0x30 ? undefined : { value, next: next + 1 };
}

/** Decodes a whole message. */
export function decodeSyslog(bytes: Uint8Array, start: number, end: number): SyslogMessage {
  const priority = readPriority(bytes, start, end);
  const from = priority?.next ?? start;
  const to = Math.min(end, from + MAX_MESSAGE);
  const text = utf8(bytes, from, to);
  const header =
    priority === undefined ? undefined : (readHeader5424(bytes, from, to) ?? readHeader3164(bytes, from, to));
  return {
    facility: priority === undefined ? 'UNSPECIFIED' : FACILITIES[priority.value >> 3]!,
    severity: priority === undefined ? 'UNSPECIFIED' : SEVERITIES[priority.value & 7]!,
    text,
    cut: to < end,
    ...header,
    atna: /<(?:\w+:)?AuditMessage|IHE\+(?:RFC|DICOM)|DICOM\+RFC3881/i.test(text),
    hl7: /\b(?:MSH|PID)\|/.test(text),
  };
}

interface HeaderWords {
  readonly host?: string | undefined;
  readonly app?: string | undefined;
  readonly process?: string | undefined;
  readonly id?: string | undefined;
}

/** Version, time, host, program, process, message identifier; `-` stands for none. */
function readHeader5424(bytes: Uint8Array, from: number, to: number): HeaderWords | undefined {
  if (bytes[from] !== 0x31 || bytes[from + 1] !== 0x20) return undefined;
  const words: (string | undefined)[] = [];
  let at = from + 2;
  for (let i = 0; i < 5; i++) {
    const space = indexOf(bytes, 0x20, at, Math.min(to, at + MAX_WORD + 1));
    if (space < 0) return undefined;
    const word = latin1(bytes, at, space);
    words.push(word === '-' || word === '' ? undefined : word);
    at = space + 1;
  }
  const [time, host, app, process, id] = words;
  return time === undefined || /^\d{4}-\d\d-\d\dT/.test(time) ? { host, app, process, id } : undefined;
}

// Month, day, time, then host and a tag that ends at the first character that belongs to no name.
const HEADER_3164 =
  /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d ([^\s:[\]]{1,255}) (?:([^\s:[\]]{1,48})(?:\[([^\]\s]{1,48})\])?:)?/;
const HEADER_3164_BYTES = 400;

function readHeader3164(bytes: Uint8Array, from: number, to: number): HeaderWords | undefined {
  const match = HEADER_3164.exec(latin1(bytes, from, Math.min(to, from + HEADER_3164_BYTES)));
  return match === null ? undefined : { host: match[1], app: match[2], process: match[3] };
}
