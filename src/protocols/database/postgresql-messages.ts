/**
 * Messages of PostgreSQL's protocol 3 as data (PostgreSQL documentation, "Frontend/Backend Protocol", "Message Formats").
 * No state. Limit: `MAX_FIELDS` parameters or error fields.
 */
import { indexOf } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';

const MAX_FIELDS = 32;

/** Codes where the version of a startup message stands. */
export const PROTOCOL_3 = 3;
export const CANCEL_REQUEST = 80_877_102;
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;

/** Methods of authentication by number, as Zeek names them. */
const METHODS: Readonly<Record<number, string>> = {
  2: 'KerberosV5',
  3: 'CleartextPassword',
  5: 'MD5Password',
  7: 'GSSAPI',
  8: 'GSSAPIContinue',
  9: 'SSPI',
  10: 'SASL',
  11: 'SASLContinue',
  12: 'SASLFinal',
};
export const AUTHENTICATED = 0;
export const CLEAR_PASSWORD = 3;
export const methodName = (method: number): string => METHODS[method] ?? `unknown-${method}`;

const FIELDS: Readonly<Record<string, string>> = {
  S: 'SeverityLocalized',
  V: 'Severity',
  C: 'Code',
  M: 'Message',
  D: 'Detail',
  H: 'Hint',
  P: 'Position',
  p: 'InternalPosition',
  q: 'InternalQuery',
  W: 'Where',
  s: 'Schema',
  t: 'Table',
  c: 'Column',
  d: 'Data',
  n: 'Constraint',
  F: 'File',
  L: 'Line',
  R: 'Routine',
};

/** `Severity=FATAL,Code=28P01,Message=…` of an error or notice. */
export function readFields(bytes: Uint8Array, from: number, to: number): string {
  const parts: string[] = [];
  let at = from;
  while (parts.length < MAX_FIELDS && at < to && bytes[at] !== 0) {
    const code = String.fromCharCode(bytes[at]!);
    const { text, next } = readText(bytes, at + 1, to);
    parts.push(`${FIELDS[code] ?? code}=${text}`);
    at = next;
  }
  return parts.join(',');
}

/** Names and values of a startup message. */
export function readParameters(bytes: Uint8Array, from: number, to: number): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  let at = from;
  while (parameters.size < MAX_FIELDS && at < to && bytes[at] !== 0) {
    const name = readText(bytes, at, to);
    const value = readText(bytes, name.next, to);
    parameters.set(name.text, value.text);
    at = value.next;
  }
  return parameters;
}

/** Text up to a zero, and where the next field begins. */
export function readText(bytes: Uint8Array, from: number, to: number): { text: string; next: number } {
  const end = indexOf(bytes, 0, from, to);
  return end < 0
    ? { text: utf8(bytes, from, to), next: to }
    : { text: utf8(bytes, from, end), next: end + 1 };
}
