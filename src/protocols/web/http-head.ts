/**
 * The text of HTTP/1.x messages (RFC 9112 sections 3 to 6): request line, status line, the header fields a record
 * or the framing needs, and credentials in `Authorization` (RFC 7617 Basic, RFC 6750 Bearer).
 * Lines come as bytes without their end. Nothing here keeps state.
 */
import { latin1, utf8 } from '../../bytes/text.ts';

/** Methods that Zeek's HTTP scripts know, and PATCH (RFC 5789); others are reported as `unknown_HTTP_method`. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  (
    'GET POST HEAD OPTIONS PUT DELETE TRACE CONNECT PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK POLL ' +
    'REPORT SUBSCRIBE BMOVE SEARCH'
  ).split(' '),
);

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}(?=[ \t])/;
const VERSION = /^HTTP\/\d\.\d$/i;
const VERSION_LENGTH = 8;
const STATUS_PREFIX = 5;
const STATUS_LINE = /^HTTP\/(\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?$/is;

export interface RequestLine {
  readonly method: string;
  /** One character per byte. */
  readonly target: string;
  /** `1.1`; empty when the line was cut before it. */
  readonly version: string;
}

/** Reads a request line; `cut` lines have lost their end. Undefined when it is none. */
export function readRequestLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  cut: boolean,
): RequestLine | undefined {
  const end = cut ? to : trimEnd(bytes, from, to);
  const line = latin1(bytes, from, end);
  const method = METHOD.exec(line)?.[0];
  if (method === undefined) return undefined;
  if (cut) return { method, target: line.slice(method.length).trim(), version: '' };
  const version = line.slice(-VERSION_LENGTH);
  const before = line.length - VERSION_LENGTH;
  if (before <= method.length || !VERSION.test(version) || !isSpace(line.charCodeAt(before - 1)))
    return undefined;
  return { method, target: line.slice(method.length, before).trim(), version: version.slice(-3) };
}

export interface StatusLine {
  readonly version: string;
  readonly code: number;
  readonly reason: string;
}

/** Reads a status line. A missing reason is `<empty>`, as Zeek has it. */
export function readStatusLine(bytes: Uint8Array, from: number, to: number): StatusLine | undefined {
  // Most lines looked at while searching for a message are not even text.
  if (to - from < STATUS_PREFIX || !/^HTTP\//i.test(latin1(bytes, from, from + STATUS_PREFIX)))
    return undefined;
  const match = STATUS_LINE.exec(utf8(bytes, from, to));
  if (!match) return undefined;
  return { version: match[1]!, code: Number(match[2]), reason: match[3] ?? '<empty>' };
}

/** Header fields that are read, in lower case; all others are passed over without making a string. */
const READ =
  'host referer origin user-agent cookie authorization proxy-authorization content-length transfer-encoding forwarded ' +
  'x-forwarded-for x-forwarded-from client-ip via xroxy-connection proxy-connection content-type content-encoding ' +
  'content-disposition accept prefer server x-powered-by upgrade soapaction sec-websocket-protocol sec-websocket-extensions';
/** They by their length. */
const BY_LENGTH: readonly string[][] = Array.from({ length: 64 }, () => []);
for (const name of READ.split(' ')) BY_LENGTH[name.length]!.push(name);

/** Zeek's `proxy_headers`. */
export const PROXY_FIELDS: ReadonlySet<string> = new Set(
  'forwarded x-forwarded-for x-forwarded-from client-ip via xroxy-connection proxy-connection'.split(' '),
);

const COLON = 0x3a;

export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** Without white space around it, one character per byte. */
  value: string;
}

/** The field of one header line when it is one of those that are read. */
export function readField(bytes: Uint8Array, from: number, to: number): HeaderField | undefined {
  const colon = colonAt(bytes, from, to);
  const end = trimEnd(bytes, from, colon);
  if (colon < 0) return undefined;
  for (const name of BY_LENGTH[end - from] ?? [])
    if (isNamed(bytes, from, name)) return { name, value: fieldValue(bytes, colon + 1, to) };
  return undefined;
}

/** Whether `name` stands at `from`, in any case. */
function isNamed(bytes: Uint8Array, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[from + i]!;
    if ((byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte) !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** The longest name that is read ends long before this. */
const LONGEST_NAME = 40;

function colonAt(bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + LONGEST_NAME);
  for (let i = from; i < end; i++) if (bytes[i] === COLON) return i;
  return -1;
}

/** One character per byte; a bare carriage return counts as a space (RFC 9112 section 2.2). */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  const text = latin1(bytes, from, to);
  return text.includes('\r') ? text.replaceAll('\r', ' ') : text;
}

function fieldValue(bytes: Uint8Array, from: number, to: number): string {
  let start = from;
  while (start < to && isSpace(bytes[start]!)) start++;
  return textOf(bytes, start, trimEnd(bytes, start, to));
}

function trimEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && isSpace(bytes[end - 1]!)) end--;
  return end;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

/** What an `Authorization` field gives away. */
export interface Authorization {
  readonly kind: 'basic' | 'bearer';
  readonly user: Uint8Array | undefined;
  readonly secret: Uint8Array;
}

/** Reads Basic and Bearer credentials; undefined for schemes that do not show a secret. */
export function readAuthorization(value: string): Authorization | undefined {
  const match = /^(basic|bearer)[ \t]+([^ \t,]+)/i.exec(value);
  if (!match) return undefined;
  const text = match[2]!;
  if (match[1]!.toLowerCase() === 'bearer') {
    return { kind: 'bearer', user: undefined, secret: new Uint8Array(Buffer.from(text, 'utf8')) };
  }
  const pair = new Uint8Array(Buffer.from(text, 'base64'));
  const colon = pair.indexOf(COLON);
  return colon < 0
    ? { kind: 'basic', user: undefined, secret: pair }
    : { kind: 'basic', user: pair.subarray(0, colon), secret: pair.subarray(colon + 1) };
}
