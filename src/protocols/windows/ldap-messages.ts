/**
 * LDAP messages (RFC 4511 section 4) as data. Values of entries are not read. Limits: `MAX_ATTRIBUTES` names of a
 * search's list.
 */
import { BerReader, context, contextPrimitive, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE } from '../ber.ts';
import { renderFilter } from './ldap-filter.ts';
import { OP, operationOf } from './ldap-names.ts';

const MAX_ATTRIBUTES = 64;

/** The outer form: identifier and operation. */
export interface LdapEnvelope {
  readonly id: number;
  /** Identifier octet of the operation. */
  readonly tag: number;
  /** A reader that stands at the operation. */
  readonly operation: BerReader;
}

export interface LdapBind {
  readonly version: number | undefined;
  readonly name: string;
  /** `simple`, `SASL`, `SICILY_NEGOTIATE`, `SICILY_RESPONSE` or `unknown`. */
  readonly method: string;
  readonly mechanism: string | undefined;
  /** Password or token: borrowed. */
  readonly secret: Uint8Array;
}

export interface LdapSearch {
  readonly base: string;
  readonly scope: number | undefined;
  readonly deref: number | undefined;
  readonly filter: string | undefined;
  readonly attributes: readonly string[];
}

export interface LdapResult {
  readonly code: number | undefined;
  readonly matched: Uint8Array;
  readonly message: string;
  /** Token of the server (section 4.2.2). */
  readonly token: Uint8Array | undefined;
}

/** The envelope of a message, whose end may be missing; undefined when it is none. */
export function readEnvelope(bytes: Uint8Array, from: number, to: number): LdapEnvelope | undefined {
  const message = contentsOf(bytes, from, to);
  if (message === undefined || !message.accept(INTEGER)) return undefined;
  const id = message.integer();
  const tag = bytes[message.at] ?? 0;
  if (id === undefined || id < 0 || message.at >= to || operationOf(tag) === undefined) return undefined;
  return { id, tag, operation: message };
}

/** A reader of what the sequence at `from` holds, as far as it has come. */
function contentsOf(bytes: Uint8Array, from: number, to: number): BerReader | undefined {
  if (to - from < 2 || bytes[from] !== SEQUENCE) return undefined;
  const first = bytes[from + 1]!;
  if (first > 0x84 || first === 0x80) return undefined;
  return new BerReader(bytes, from + 2 + (first > 0x80 ? first & 0x7f : 0), to);
}

/**
 * Whether the bytes begin a message with a known operation of fitting length; `undefined` when there are too few to tell.
 */
export function beginsMessage(bytes: Uint8Array, from: number, to: number): boolean | undefined {
  if (from >= to) return undefined;
  if (bytes[from] !== SEQUENCE) return false;
  const outer = headerOf(bytes, from, to);
  if (outer === undefined) return to - from < 6 ? undefined : false;
  if (outer.at >= to) return undefined;
  if (bytes[outer.at] !== INTEGER) return false;
  if (outer.at + 1 >= to) return undefined;
  const idLength = bytes[outer.at + 1]!;
  if (idLength < 1 || idLength > 4) return false;
  const operation = outer.at + 2 + idLength;
  if (operation >= to) return undefined;
  const tag = bytes[operation]!;
  if (operationOf(tag) === undefined || bytes[outer.at + 2]! >= 0x80) return false;
  const inner = headerOf(bytes, operation, to);
  if (inner === undefined) return to - operation < 6 ? undefined : false;
  const end = inner.at + inner.length;
  if (end > outer.at + outer.length) return false;
  if (tag !== OP.bindRequest) return true;
  // A bind says version 2 or 3 first.
  if (inner.at + 3 > to) return undefined;
  return bytes[inner.at] === INTEGER && bytes[inner.at + 1] === 1 && bytes[inner.at + 2]! <= 3;
}

function headerOf(bytes: Uint8Array, at: number, to: number): { at: number; length: number } | undefined {
  if (at + 2 > to) return undefined;
  const first = bytes[at + 1]!;
  if (first < 0x80) return { at: at + 2, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > to) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at + 2 + i]!;
  return { at: at + 2 + count, length };
}

const NOTHING = new Uint8Array(0);

/** Section 4.2. */
export function readBind(operation: BerReader): LdapBind {
  const fields = operation.enter(OP.bindRequest);
  const version = fields.accept(INTEGER) ? fields.integer() : undefined;
  const name = fields.accept(OCTET_STRING) ? fields.text() : '';
  const bind = { version, name, mechanism: undefined, secret: NOTHING };
  if (!fields.next()) return { ...bind, method: 'unknown' };
  switch (fields.tag) {
    case contextPrimitive(0):
      return { ...bind, method: 'simple', secret: fields.contents() };
    case context(3): {
      const sasl = fields.inside();
      const mechanism = sasl.accept(OCTET_STRING) ? sasl.text() : '';
      return {
        ...bind,
        method: 'SASL',
        mechanism,
        secret: sasl.accept(OCTET_STRING) ? sasl.contents() : NOTHING,
      };
    }
    // Microsoft's package discovery and NTLM (MS-ADTS section 5.1.1.1.3).
    case contextPrimitive(9):
    case contextPrimitive(10):
      return { ...bind, method: 'SICILY_NEGOTIATE', secret: fields.contents() };
    case contextPrimitive(11):
      return { ...bind, method: 'SICILY_RESPONSE', secret: fields.contents() };
    default:
      return { ...bind, method: 'unknown' };
  }
}

/** Section 4.5.1. */
export function readSearch(operation: BerReader): LdapSearch {
  const fields = operation.enter(OP.searchRequest);
  const base = fields.accept(OCTET_STRING) ? fields.text() : '';
  const scope = fields.accept(ENUMERATED) ? fields.integer() : undefined;
  const deref = fields.accept(ENUMERATED) ? fields.integer() : undefined;
  // Limits of size and time, and whether only types are wanted.
  for (let i = 0; i < 3; i++) fields.next();
  const filter = fields.next() ? renderFilter(fields) : undefined;
  const names = fields.enter(SEQUENCE);
  const attributes: string[] = [];
  while (attributes.length < MAX_ATTRIBUTES && names.accept(OCTET_STRING)) attributes.push(names.text());
  return { base, scope, deref, filter, attributes };
}

/** Section 4.1.9; the operation is that of any answer. */
export function readResult(operation: BerReader, tag: number): LdapResult {
  const fields = operation.enter(tag);
  const code = fields.accept(ENUMERATED) ? fields.integer() : undefined;
  const matched = fields.accept(OCTET_STRING) ? fields.contents() : NOTHING;
  const message = fields.accept(OCTET_STRING) ? fields.text() : '';
  let token: Uint8Array | undefined;
  while (fields.next()) if (fields.tag === contextPrimitive(7)) token = fields.contents();
  return { code, matched, message, token };
}

/** The entry a request is about: the first text of it, or all of a delete request. */
export function readObject(operation: BerReader, tag: number): string {
  if (tag === OP.deleteRequest) return operation.accept(tag) ? operation.text() : '';
  const fields = operation.enter(tag);
  return fields.accept(OCTET_STRING) ? fields.text() : '';
}

/** Identifier of an extended request (section 4.12). */
export function readExtension(operation: BerReader): string {
  const fields = operation.enter(OP.extendedRequest);
  return fields.accept(contextPrimitive(0)) ? fields.text() : '';
}
