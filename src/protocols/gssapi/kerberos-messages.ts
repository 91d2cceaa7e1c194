/**
 * Kerberos messages (RFC 4120 section 5) as data: what can be read of requests to the key distribution centre, its
 * answers and errors, and of the ticket that a client shows to a service. Fields are taken by their tag, so that a
 * message with fields missing still gives what it has. Not decoded: encrypted parts, pre-authentication data, PKINIT
 * certificates.
 *
 * Limits: `MAX_NAME_PARTS`, `MAX_ETYPES`, `MAX_PADATA` elements of a list are looked at.
 */
import type { Moment } from '../../model/schema.ts';
import { application, BerReader, context, INTEGER, OCTET_STRING, SEQUENCE } from '../ber.ts';
import { kerberosCipher, kerberosError } from './kerberos-names.ts';

const MAX_NAME_PARTS = 16;
const MAX_ETYPES = 32;
const MAX_PADATA = 32;

/** Numbers of `[APPLICATION n]`, which are the message types too (section 7.5.7). */
export const MESSAGE = {
  asRequest: 10,
  asReply: 11,
  tgsRequest: 12,
  tgsReply: 13,
  apRequest: 14,
  apReply: 15,
  safe: 20,
  priv: 21,
  cred: 22,
  error: 30,
} as const;

const KNOWN_MESSAGES: ReadonlySet<number> = new Set(Object.values(MESSAGE));

const PA_ENC_TIMESTAMP = 2;
const PA_PK_AS_REQ = 16;
const PA_PK_AS_REQ_OLD = 14;
const PA_ENCRYPTED_CHALLENGE = 138;

export interface KerberosRequest {
  readonly kind: 'AS' | 'TGS';
  readonly client: string | undefined;
  readonly realm: string | undefined;
  readonly service: string | undefined;
  readonly from: Moment | undefined;
  readonly till: Moment | undefined;
  readonly nonce: number | undefined;
  readonly forwardable: boolean;
  readonly renewable: boolean;
  /** Names of the ciphers asked for, in the client's order. */
  readonly ciphers: readonly string[];
  /** The client proved that it knows its key, with a time stamp or a certificate. */
  readonly preauth: boolean;
}

export interface KerberosTicket {
  readonly service: string | undefined;
  readonly cipher: string | undefined;
}

export interface KerberosReply {
  readonly kind: 'AS' | 'TGS';
  readonly client: string | undefined;
  readonly realm: string | undefined;
  readonly ticket: KerberosTicket;
}

export interface KerberosError {
  readonly code: number | undefined;
  readonly text: string | undefined;
  readonly client: string | undefined;
  readonly realm: string | undefined;
  readonly service: string | undefined;
}

/** The type of the message whose first byte this is; undefined when Kerberos has no such message. */
export function kerberosMessage(identifier: number): number | undefined {
  const number = identifier & 0x1f;
  return (identifier & 0xe0) === 0x60 && KNOWN_MESSAGES.has(number) ? number : undefined;
}

/** AS-REQ or TGS-REQ (section 5.4.1). */
export function decodeRequest(bytes: Uint8Array, from: number, to: number): KerberosRequest {
  const outer = new BerReader(bytes, from, to);
  const type = (bytes[from] ?? 0) & 0x1f;
  const fields = outer.enter(application(type)).enter(SEQUENCE);
  let client: string | undefined;
  let realm: string | undefined;
  let service: string | undefined;
  let start: Moment | undefined;
  let till: Moment | undefined;
  let nonce: number | undefined;
  let options = 0;
  let ciphers: readonly string[] = [];
  let preauth = false;
  while (fields.next()) {
    if (fields.tag === context(3)) preauth = provesKey(fields.inside());
    if (fields.tag !== context(4)) continue;
    const body = fields.inside().enter(SEQUENCE);
    while (body.next()) {
      const value = body.inside();
      if (body.tag === context(0) && value.next()) options = value.bits();
      else if (body.tag === context(1)) client = readName(value);
      else if (body.tag === context(2) && value.next()) realm = value.text();
      else if (body.tag === context(3)) service = readName(value);
      else if (body.tag === context(4) && value.next()) start = value.generalizedTime();
      else if (body.tag === context(5) && value.next()) till = value.generalizedTime();
      else if (body.tag === context(7) && value.next()) nonce = value.integer();
      else if (body.tag === context(8)) ciphers = readCiphers(value);
    }
  }
  return {
    kind: type === MESSAGE.asRequest ? 'AS' : 'TGS',
    client,
    realm,
    service,
    from: start,
    till,
    nonce,
    // Section 5.4.1: bit 1 is forwardable, bit 8 renewable.
    forwardable: (options & 0x4000_0000) !== 0,
    renewable: (options & 0x0080_0000) !== 0,
    ciphers,
    preauth,
  };
}

/** AS-REP or TGS-REP (section 5.4.2). */
export function decodeReply(bytes: Uint8Array, from: number, to: number): KerberosReply {
  const type = (bytes[from] ?? 0) & 0x1f;
  const fields = new BerReader(bytes, from, to).enter(application(type)).enter(SEQUENCE);
  let client: string | undefined;
  let realm: string | undefined;
  let ticket: KerberosTicket = { service: undefined, cipher: undefined };
  while (fields.next()) {
    const value = fields.inside();
    if (fields.tag === context(3) && value.next()) realm = value.text();
    else if (fields.tag === context(4)) client = readName(value);
    else if (fields.tag === context(5)) ticket = readTicket(value);
  }
  return { kind: type === MESSAGE.asReply ? 'AS' : 'TGS', client, realm, ticket };
}

/** The ticket of an AP-REQ (section 5.5.1). */
export function decodeApRequest(bytes: Uint8Array, from: number, to: number): KerberosTicket {
  const fields = new BerReader(bytes, from, to).enter(application(MESSAGE.apRequest)).enter(SEQUENCE);
  while (fields.next()) if (fields.tag === context(3)) return readTicket(fields.inside());
  return { service: undefined, cipher: undefined };
}

/** KRB-ERROR (section 5.9.1). */
export function decodeError(bytes: Uint8Array, from: number, to: number): KerberosError {
  const fields = new BerReader(bytes, from, to).enter(application(MESSAGE.error)).enter(SEQUENCE);
  let code: number | undefined;
  let text: string | undefined;
  let client: string | undefined;
  let realm: string | undefined;
  let service: string | undefined;
  while (fields.next()) {
    const value = fields.inside();
    if (fields.tag === context(6) && value.next()) code = value.integer();
    else if (fields.tag === context(7) && value.next()) realm = value.text();
    else if (fields.tag === context(8)) client = readName(value);
    else if (fields.tag === context(10)) service = readName(value);
    else if (fields.tag === context(11) && value.next()) text = value.text();
  }
  text ??= code === undefined ? undefined : kerberosError(code);
  return { code, text, client, realm, service };
}

/**
 * Whether the bytes begin a Kerberos message: its application tag, a sequence, and protocol version 5 as the first
 * field. `undefined` when there are too few bytes to tell.
 */
export function beginsMessage(bytes: Uint8Array, at: number, end: number): boolean | undefined {
  if (at >= end) return undefined;
  const type = kerberosMessage(bytes[at]!);
  if (type === undefined) return false;
  const inner = skipHeader(bytes, at, end);
  if (inner < 0) return inner === NOT_ENOUGH ? undefined : false;
  if (inner >= end) return undefined;
  if (bytes[inner] !== SEQUENCE) return false;
  const first = skipHeader(bytes, inner, end);
  if (first < 0) return first === NOT_ENOUGH ? undefined : false;
  const request = type === MESSAGE.asRequest || type === MESSAGE.tgsRequest;
  const version = [context(request ? 1 : 0), 3, INTEGER, 1, 5];
  for (let i = 0; i < version.length; i++) {
    if (first + i >= end) return undefined;
    if (bytes[first + i] !== version[i]) return false;
  }
  return true;
}

const NOT_ENOUGH = -1;
const NO_HEADER = -2;

/** First byte of the contents of an element of definite length. */
function skipHeader(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return NOT_ENOUGH;
  const length = bytes[at + 1]!;
  if (length < 0x80) return at + 2;
  return length > 0x80 && length <= 0x84 ? at + 2 + (length & 0x7f) : NO_HEADER;
}

/** PrincipalName (section 5.2.2) with its parts joined by slashes. */
function readName(value: BerReader): string | undefined {
  const fields = value.enter(SEQUENCE);
  while (fields.next()) {
    if (fields.tag !== context(1)) continue;
    const strings = fields.inside().enter(SEQUENCE);
    const parts: string[] = [];
    while (parts.length < MAX_NAME_PARTS && strings.next()) parts.push(strings.text());
    return parts.join('/');
  }
  return undefined;
}

/** Ticket (section 5.3): its service, and the cipher of its encrypted part. */
function readTicket(value: BerReader): KerberosTicket {
  const fields = value.enter(application(1)).enter(SEQUENCE);
  let service: string | undefined;
  let cipher: string | undefined;
  while (fields.next()) {
    if (fields.tag === context(2)) service = readName(fields.inside());
    if (fields.tag !== context(3)) continue;
    const type = fields.inside().enter(SEQUENCE).enter(context(0));
    const number = type.accept(INTEGER) ? type.integer() : undefined;
    cipher = number === undefined ? undefined : kerberosCipher(number);
  }
  return { service, cipher };
}

function readCiphers(value: BerReader): readonly string[] {
  const list = value.enter(SEQUENCE);
  const names: string[] = [];
  while (names.length < MAX_ETYPES && list.accept(INTEGER)) {
    const type = list.integer();
    if (type !== undefined) names.push(kerberosCipher(type));
  }
  return names;
}

/** Whether the pre-authentication data (section 5.2.7) hold a proof. */
function provesKey(value: BerReader): boolean {
  const list = value.enter(SEQUENCE);
  for (let i = 0; i < MAX_PADATA && list.next(); i++) {
    const fields = list.inside();
    const number = fields.enter(context(1));
    const type = number.accept(INTEGER) ? number.integer() : undefined;
    const data = fields.enter(context(2));
    if (!data.accept(OCTET_STRING) || data.contents().length === 0) continue;
    if (type === PA_ENC_TIMESTAMP || type === PA_ENCRYPTED_CHALLENGE) return true;
    if (type === PA_PK_AS_REQ || type === PA_PK_AS_REQ_OLD) return true;
  }
  return false;
}
