/**
 * ClientHello, ServerHello and the beginning of ServerKeyExchange (RFC 8446 sections 4.1.2, 4.1.3 and 4.2; RFC 5246
 * section 7.4; RFC 6066 section 3; RFC 7301 section 3.1; RFC 8422 section 5.4), and the SSL 2.0 server hello.
 * What is wanted of them, without state. A message that breaks off gives what was read before.
 */
import { u16be, u24be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';

const RANDOM = 32;
/** Extensions of one message that are looked at; there is no reason for more than a few dozen. */
const MAX_EXTENSIONS = 128;

const EXTENSION = {
  serverName: 0,
  alpn: 16,
  sessionTicket: 35,
  preSharedKey: 41,
  supportedVersions: 43,
  keyShare: 51,
  /** Number of key_share in the drafts of TLS 1.3 up to the twenty-second. */
  draftKeyShare: 40,
} as const;

export interface ClientHello {
  /** Hexadecimal; empty without one, or when it is all zeros. */
  readonly sessionId: string;
  /** First name of the server_name extension. */
  serverName: string | undefined;
  manyNames: boolean;
  /** A session ticket with content is offered. */
  ticket: boolean;
  preSharedKey: boolean;
}

export interface ServerHello {
  readonly sessionId: string;
  readonly cipher: number;
  /** As negotiated: supported_versions, else the field of the message. */
  version: number;
  group: number | undefined;
  protocol: string | undefined;
  preSharedKey: boolean;
}

/** Reads the content of a ClientHello; undefined when not even its session identifier is there. */
export function readClientHello(bytes: Uint8Array, from: number, to: number): ClientHello | undefined {
  const sessionAt = from + 2 + RANDOM;
  if (sessionAt >= to) return undefined;
  const sessionEnd = sessionAt + 1 + bytes[sessionAt]!;
  if (sessionEnd > to) return undefined;
  const sessionId = hex(bytes, sessionAt + 1, Math.min(sessionEnd, sessionAt + 33));
  const hello: ClientHello = {
    sessionId: /^0*$/.test(sessionId) ? '' : sessionId,
    serverName: undefined,
    manyNames: false,
    ticket: false,
    preSharedKey: false,
  };
  if (sessionEnd + 2 > to) return hello;
  const methodsAt = sessionEnd + 2 + u16be(bytes, sessionEnd);
  if (methodsAt >= to) return hello;
  forEachExtension(bytes, methodsAt + 1 + bytes[methodsAt]!, to, (type, at, end) => {
    if (type === EXTENSION.serverName) readServerNames(hello, bytes, at, end);
    else if (type === EXTENSION.sessionTicket) hello.ticket ||= end > at;
    else if (type === EXTENSION.preSharedKey) hello.preSharedKey = true;
  });
  return hello;
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
