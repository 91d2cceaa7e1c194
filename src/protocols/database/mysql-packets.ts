/**
 * Packets of MySQL's protocol as data: greeting, login, answers, and queries with attributes before their text (MySQL
 * Internals, "Client/Server Protocol"). No state. Limit: `MAX_ATTRIBUTES` of a query are stepped over.
 */
import { indexOf, u16le, u32le } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';

/** Capability flags. */
const CLIENT_CONNECT_WITH_DB = 0x0000_0008;
export const CLIENT_COMPRESS = 0x0000_0020;
const CLIENT_PROTOCOL_41 = 0x0000_0200;
export const CLIENT_SSL = 0x0000_0800;
const CLIENT_SECURE_CONNECTION = 0x0000_8000;
const CLIENT_PLUGIN_AUTH = 0x0008_0000;
const CLIENT_PLUGIN_AUTH_LENENC = 0x0020_0000;
export const CLIENT_QUERY_ATTRIBUTES = 0x0800_0000;

const MAX_ATTRIBUTES = 256;

export interface MysqlGreeting {
  readonly version: string;
  readonly capabilities: number;
}

export interface MysqlLogin {
  readonly capabilities: number;
  readonly user: string;
  /** Bytes of the proof of the password; none when there is no password. Borrowed. */
  readonly proof: Uint8Array;
  readonly plugin: string | undefined;
}

/** Server's first packet, protocol version 10 or 9; undefined for another one. */
export function readGreeting(bytes: Uint8Array, from: number, to: number): MysqlGreeting | undefined {
  const protocol = bytes[from];
  if (protocol !== 10 && protocol !== 9) return undefined;
  const end = indexOf(bytes, 0, from + 1, to);
  if (end < 0) return undefined;
  const version = utf8(bytes, from + 1, end);
  // Thread, first part of the challenge, a zero; then the flags in two halves.
  const flags = end + 1 + 4 + 8 + 1;
  if (flags + 2 > to) return { version, capabilities: 0 };
  const high = flags + 7 <= to ? u16le(bytes, flags + 5) : 0;
  return { version, capabilities: u16le(bytes, flags) + high * 65_536 };
}

/** Client's first packet, in the form of 4.1 or before; undefined when it is cut. */
export function readLogin(bytes: Uint8Array, from: number, to: number): MysqlLogin | undefined {
  if (from + 5 > to) return undefined;
  if ((u16le(bytes, from) & CLIENT_PROTOCOL_41) === 0) return readOldLogin(bytes, from, to);
  if (from + 32 > to) return undefined;
  const capabilities = u32le(bytes, from);
  const user = zeroEnded(bytes, from + 32, to);
  const counted = (capabilities & (CLIENT_PLUGIN_AUTH_LENENC | CLIENT_SECURE_CONNECTION)) !== 0;
  let at = user.next;
  let proofEnd: number;
  if (counted) {
    const length = readLength(bytes, at, to);
    at = length.next;
    proofEnd = Math.min(at + length.value, to);
  } else {
    proofEnd = indexOf(bytes, 0, at, to);
    if (proofEnd < 0) proofEnd = to;
  }
  const proof = bytes.subarray(at, proofEnd);
  at = counted ? proofEnd : Math.min(proofEnd + 1, to);
  if ((capabilities & CLIENT_CONNECT_WITH_DB) !== 0) at = zeroEnded(bytes, at, to).next;
  const plugin =
    (capabilities & CLIENT_PLUGIN_AUTH) !== 0 && at < to ? zeroEnded(bytes, at, to).text : undefined;
  return { capabilities, user: user.text, proof, plugin };
}

function readOldLogin(bytes: Uint8Array, from: number, to: number): MysqlLogin {
  const user = zeroEnded(bytes, from + 5, to);
  const end = indexOf(bytes, 0, user.next, to);
  const proof = bytes.subarray(user.next, end < 0 ? to : end);
  return { capabilities: u16le(bytes, from), user: user.text, proof, plugin: undefined };
}

/** Message of an error packet: code, SQL state since 4.1, message. */
export function readError(bytes: Uint8Array, from: number, to: number): string {
  const message = from + (bytes[from + 3] === 0x23 ? 9 : 3);
  return utf8(bytes, Math.min(message, to), to);
}

/** Rows that an OK packet says were changed. */
export function readAffected(bytes: Uint8Array, from: number, to: number): number {
  return readLength(bytes, from + 1, to).value;
}

/** Where the text of a query begins, behind its attributes. */
export function skipAttributes(bytes: Uint8Array, from: number, to: number): number {
  const count = readLength(bytes, from, to);
  let at = readLength(bytes, count.next, to).next;
  if (count.value === 0) return at;
  const nulls = at;
  at += (count.value + 7) >> 3;
  // Types and names follow when this byte says so; in a query it does.
  if (count.value > MAX_ATTRIBUTES || at >= to || bytes[at] !== 1) return to;
  at++;
  const types: number[] = [];
  for (let i = 0; i < count.value && at + 2 <= to; i++) {
    types.push(bytes[at]!);
    const name = readLength(bytes, at + 2, to);
    at = name.next + name.value;
  }
  for (const [i, type] of types.entries()) {
    if (at >= to) return to;
    const isNull = (bytes[nulls + (i >> 3)]! & (1 << (i & 7))) !== 0;
    if (!isNull) at = afterValue(bytes, at, to, type);
  }
  return Math.min(at, to);
}

/** Sizes of values in the binary protocol by type; others have their length before them. */
const FIXED: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2 };
/** Dates and times have one byte of length. */
const TIMED: ReadonlySet<number> = new Set([7, 10, 11, 12]);

function afterValue(bytes: Uint8Array, at: number, to: number, type: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return at + fixed;
  if (TIMED.has(type)) return at + 1 + bytes[at]!;
  const length = readLength(bytes, at, to);
  return length.next + length.value;
}

interface Counted {
  readonly value: number;
  readonly next: number;
}

/** Number whose size its first byte tells; zero when it is cut. */
function readLength(bytes: Uint8Array, at: number, to: number): Counted {
  const first = at < to ? bytes[at]! : 0;
  if (first < 0xfb) return { value: first, next: Math.min(at + 1, to) };
  if (first === 0xfc && at + 3 <= to) return { value: u16le(bytes, at + 1), next: at + 3 };
  if (first === 0xfd && at + 4 <= to) {
    return { value: u16le(bytes, at + 1) + bytes[at + 3]! * 65_536, next: at + 4 };
  }
  if (first === 0xfe && at + 9 <= to) {
    const value = u32le(bytes, at + 5) * 0x1_0000_0000 + u32le(bytes, at + 1);
    return { value: Math.min(value, Number.MAX_SAFE_INTEGER), next: at + 9 };
  }
  return { value: 0, next: to };
}

/** Text up to a zero, and where the next field begins. */
export function zeroEnded(bytes: Uint8Array, from: number, to: number): { text: string; next: number } {
  const start = Math.min(from, to);
  const end = indexOf(bytes, 0, start, to);
  return end < 0
    ? { text: utf8(bytes, start, to), next: to }
    : { text: utf8(bytes, start, end), next: end + 1 };
}
