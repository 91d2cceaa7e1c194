/**
 * ClientHello, ServerHello, Certificate and the beginning of ServerKeyExchange (RFC 8446 sections 4.1.2, 4.1.3 and 4.2; RFC 5246
 * section 7.4; RFC 6066 section 3; RFC 7301 section 3.1; RFC 8422 section 5.4), and the SSL 2.0 server hello.
 * What is wanted of them, without state. A message that breaks off gives what was read before.
 */
import { u16be, u24be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';

const RANDOM = 32;
/** Extensions of one message that are looked at; there is no reason for more than a few dozen. */
const MAX_EXTENSIONS = 128;

/** Entries of one list that are kept. */
const MAX_LIST = 512;
/** Application protocols of one hello that are kept. */
const MAX_PROTOCOLS = 32;

const EXTENSION = {
  serverName: 0,
  groups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  sessionTicket: 35,
  preSharedKey: 41,
  supportedVersions: 43,
  keyShare: 51,
  /** Number of key_share in the drafts of TLS 1.3 up to the twenty-second. */
  draftKeyShare: 40,
} as const;

export interface ClientHello {
  /** As in the message; TLS 1.3 says 1.2 here. */
  readonly version: number;
  /** Hexadecimal; empty without one, or when it is all zeros. */
  readonly sessionId: string;
  readonly ciphers: readonly number[];
  /** Types of the extensions, in their order. */
  readonly extensions: number[];
  groups: readonly number[];
  pointFormats: readonly number[];
  signatureAlgorithms: readonly number[];
  supportedVersions: readonly number[];
  /** Application protocols offered (ALPN). */
  readonly protocols: Uint8Array[];
  /** First name of the server_name extension. */
  serverName: string | undefined;
  manyNames: boolean;
  /** A session ticket with content is offered. */
  ticket: boolean;
  preSharedKey: boolean;
}

export interface ServerHello {
  /** As in the message. */
  readonly legacyVersion: number;
  readonly sessionId: string;
  readonly cipher: number;
  /** Types of the extensions, in their order. */
  readonly extensions: number[];
  /** It asks for another ClientHello (RFC 8446 section 4.1.4). */
  readonly retry: boolean;
  /** As negotiated: supported_versions, else the field of the message. */
  version: number;
  group: number | undefined;
  protocol: string | undefined;
  preSharedKey: boolean;
}

/**
 * Reads the content of a ClientHello; undefined when not even its session identifier is there. That of DTLS has a cookie
 * behind it (RFC 6347 section 4.2.1).
 */
export function readClientHello(
  bytes: Uint8Array,
  from: number,
  to: number,
  dtls = false,
): ClientHello | undefined {
  const sessionAt = from + 2 + RANDOM;
  if (sessionAt >= to) return undefined;
  const sessionEnd = sessionAt + 1 + bytes[sessionAt]!;
  if (sessionEnd > to) return undefined;
  const sessionId = hex(bytes, sessionAt + 1, Math.min(sessionEnd, sessionAt + 33));
  const cookieEnd = dtls ? sessionEnd + 1 + (bytes[sessionEnd] ?? 0) : sessionEnd;
  const whole = cookieEnd + 2 <= to;
  const methodsAt = whole ? cookieEnd + 2 + u16be(bytes, cookieEnd) : to;
  const hello: ClientHello = {
    version: u16be(bytes, from),
    sessionId: /^0*$/.test(sessionId) ? '' : sessionId,
    ciphers: whole ? readList(bytes, cookieEnd + 2, Math.min(methodsAt, to), 2) : [],
    extensions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    supportedVersions: [],
    protocols: [],
    serverName: undefined,
    manyNames: false,
    ticket: false,
    preSharedKey: false,
  };
  if (methodsAt >= to) return hello;
  forEachExtension(bytes, methodsAt + 1 + bytes[methodsAt]!, to, (type, at, end) => {
    hello.extensions.push(type);
    if (type === EXTENSION.serverName) readServerNames(hello, bytes, at, end);
    else if (type === EXTENSION.groups) hello.groups = readList(bytes, at + 2, end, 2);
    else if (type === EXTENSION.pointFormats) hello.pointFormats = readList(bytes, at + 1, end, 1);
    else if (type === EXTENSION.signatureAlgorithms)
      hello.signatureAlgorithms = readList(bytes, at + 2, end, 2);
    else if (type === EXTENSION.supportedVersions) hello.supportedVersions = readList(bytes, at + 1, end, 2);
    else if (type === EXTENSION.alpn) readProtocols(hello, bytes, at, end);
    else if (type === EXTENSION.sessionTicket) hello.ticket ||= end > at;
    else if (type === EXTENSION.preSharedKey) hello.preSharedKey = true;
  });
  return hello;
}

/** Numbers of one or two bytes each. */
function readList(bytes: Uint8Array, from: number, end: number, size: 1 | 2): number[] {
  const values: number[] = [];
  for (let at = from; at + size <= end && values.length < MAX_LIST; at += size)
    values.push(size === 2 ? u16be(bytes, at) : bytes[at]!);
  return values;
}

/** RFC 7301 section 3.1. */
function readProtocols(hello: ClientHello, bytes: Uint8Array, from: number, end: number): void {
  for (let at = from + 2; at < end && hello.protocols.length < MAX_PROTOCOLS; ) {
    const next = at + 1 + bytes[at]!;
    if (next > end) return;
    hello.protocols.push(bytes.slice(at + 1, next));
    at = next;
  }
}

/** RFC 6066 section 3: a list of typed names, of which only host names exist. */
function readServerNames(hello: ClientHello, bytes: Uint8Array, from: number, end: number): void {
  for (let at = from + 2; at + 3 <= end; ) {
    const length = u16be(bytes, at + 1);
    if (at + 3 + length > end) return;
    if (bytes[at] === 0) {
      if (hello.serverName === undefined) hello.serverName = utf8(bytes, at + 3, at + 3 + length);
      else hello.manyNames = true;
    }
    at += 3 + length;
  }
}

/** RFC 8446 section 4.1.3: the random of a HelloRetryRequest. */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

/** Reads the content of a ServerHello; undefined when its cipher suite is not there. */
export function readServerHello(bytes: Uint8Array, from: number, to: number): ServerHello | undefined {
  const sessionAt = from + 2 + RANDOM;
  if (from + 2 > to) return undefined;
  const version = u16be(bytes, from);
  // Drafts of TLS 1.3 before the twenty-second left the session identifier out (RFC 8446 section 4.1.3 has it back).
  const withSession = version >> 8 !== 0x7f;
  const sessionEnd = withSession ? sessionAt + 1 + (bytes[sessionAt] ?? 0) : sessionAt;
  if (sessionEnd + 2 > to) return undefined;
  const hello: ServerHello = {
    legacyVersion: version,
    extensions: [],
    retry: RETRY.every((byte, i) => bytes[from + 2 + i] === byte),
    sessionId: withSession ? hex(bytes, sessionAt + 1, Math.min(sessionEnd, sessionAt + 33)) : '',
    cipher: u16be(bytes, sessionEnd),
    version,
    group: undefined,
    protocol: undefined,
    preSharedKey: false,
  };
  const extensionsAt = sessionEnd + (withSession ? 3 : 2);
  const keyShare = withSession ? EXTENSION.keyShare : EXTENSION.draftKeyShare;
  forEachExtension(bytes, extensionsAt, to, (type, at, end) => {
    hello.extensions.push(type);
    if (type === EXTENSION.supportedVersions && end - at === 2) hello.version = u16be(bytes, at);
    else if (type === keyShare && end - at >= 2) hello.group = u16be(bytes, at);
    else if (type === EXTENSION.preSharedKey) hello.preSharedKey = true;
    else if (type === EXTENSION.alpn && end - at >= 3 && at + 3 + bytes[at + 2]! <= end) {
      hello.protocol = utf8(bytes, at + 3, at + 3 + bytes[at + 2]!);
    }
  });
  return hello;
}

function forEachExtension(
  bytes: Uint8Array,
  lengthAt: number,
  to: number,
  visit: (type: number, at: number, end: number) => void,
): void {
  if (lengthAt + 2 > to) return;
  const last = Math.min(to, lengthAt + 2 + u16be(bytes, lengthAt));
  let at = lengthAt + 2;
  for (let i = 0; i < MAX_EXTENSIONS && at + 4 <= last; i++) {
    const end = at + 4 + u16be(bytes, at + 2);
    if (end > last) return;
    visit(u16be(bytes, at), at + 4, end);
    at = end;
  }
}

/** The named curve at the beginning of an elliptic-curve ServerKeyExchange, RFC 8422 section 5.4. */
export function readNamedCurve(bytes: Uint8Array, from: number, to: number): number | undefined {
  return to - from >= 3 && bytes[from] === 3 ? u16be(bytes, from + 1) : undefined;
}

/** Bits of the prime of a Diffie-Hellman ServerKeyExchange, RFC 5246 section 7.4.3. */
export function readPrimeBits(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from < 3) return undefined;
  const length = u16be(bytes, from);
  let zeros = 0;
  while (zeros < length && from + 2 + zeros < to && bytes[from + 2 + zeros] === 0) zeros++;
  if (zeros >= length || from + 2 + zeros >= to) return undefined;
  return (length - zeros) * 8 - (Math.clz32(bytes[from + 2 + zeros]!) - 24);
}

/**
 * The certificates of a Certificate message in DER, at most `limit` of them (RFC 5246 section 7.4.2). That of TLS 1.3 is
 * encrypted.
 */
export function readCertificates(bytes: Uint8Array, from: number, to: number, limit: number): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  if (to - from < 3) return certificates;
  const last = Math.min(to, from + 3 + u24be(bytes, from));
  for (let at = from + 3; at + 3 <= last && certificates.length < limit; ) {
    const end = at + 3 + u24be(bytes, at);
    if (end > last) break;
    certificates.push(bytes.subarray(at + 3, end));
    at = end;
  }
  return certificates;
}

/** Version and first cipher kind of an SSL 2.0 server hello, from its type byte. */
export function readV2ServerHello(
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly version: number; readonly cipher: number | undefined } | undefined {
  if (to - from < 11) return undefined;
  const ciphersAt = from + 11 + u16be(bytes, from + 5);
  const hasCipher = u16be(bytes, from + 7) >= 3 && ciphersAt + 3 <= to;
  return { version: u16be(bytes, from + 3), cipher: hasCipher ? u24be(bytes, ciphersAt) : undefined };
}
