/**
 * Connection-oriented DCE/RPC packets (C706 chapter 12, MS-RPCE section 2.2.2) as data: the common header, bindings of
 * interfaces, calls, and the place of security tokens. Both byte orders. No state.
 *
 * Limit: `MAX_CONTEXTS` interfaces of one binding are read.
 */
import { hex, latin1 } from '../../bytes/text.ts';

/** Packet types (C706 section 12.6.4). */
export const PTYPE = {
  request: 0,
  response: 2,
  fault: 3,
  bind: 11,
  bindAck: 12,
  bindNak: 13,
  alterContext: 14,
  alterContextResponse: 15,
  shutdown: 17,
  auth3: 16,
  cancel: 18,
  orphaned: 19,
} as const;

export const HEADER = 16;
const MAX_CONTEXTS = 32;
const FIRST_FRAGMENT = 1;
const LAST_FRAGMENT = 2;
const HAS_OBJECT = 0x80;
const SYNTAX = 20;

/** The common header. */
export interface PduHeader {
  readonly type: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly hasObject: boolean;
  readonly little: boolean;
  /** Bytes of the whole packet. */
  readonly length: number;
  readonly authLength: number;
  readonly callId: number;
}

/** A presentation context: the number calls use for an interface. */
export interface BoundContext {
  readonly id: number;
  readonly uuid: string;
}

/** Whether the first eight bytes can be those of a packet: version 5.0 or 5.1, known type, known data representation. */
export function isPduStart(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 5 &&
    bytes[at + 1]! <= 1 &&
    bytes[at + 2]! <= PTYPE.orphaned &&
    // Little or big endian, ASCII or EBCDIC; IEEE and two reserved bytes.
    (bytes[at + 4]! & 0xee) === 0 &&
    bytes[at + 5]! <= 3 &&
    bytes[at + 6] === 0 &&
    bytes[at + 7] === 0
  );
}

/** The header at `at`; the caller has checked that `HEADER` bytes are there. Undefined when it is none. */
export function readHeader(bytes: Uint8Array, at: number): PduHeader | undefined {
  if (!isPduStart(bytes, at)) return undefined;
  const flags = bytes[at + 3]!;
  const little = (bytes[at + 4]! & 0x10) !== 0;
  const length = u16(bytes, at + 8, little);
  const authLength = u16(bytes, at + 10, little);
  if (length < HEADER || authLength + HEADER > length) return undefined;
  return {
    type: bytes[at + 2]!,
    first: (flags & FIRST_FRAGMENT) !== 0,
    last: (flags & LAST_FRAGMENT) !== 0,
    hasObject: (flags & HAS_OBJECT) !== 0,
    little,
    length,
    authLength,
    callId: u32(bytes, at + 12, little),
  };
}

/** Interfaces that a bind or alter_context at `at` proposes. */
export function readContexts(bytes: Uint8Array, at: number, end: number, little: boolean): BoundContext[] {
  const contexts: BoundContext[] = [];
  let item = at + HEADER + 12;
  if (item > end) return contexts;
  const count = Math.min(bytes[item - 4]!, MAX_CONTEXTS);
  while (contexts.length < count && item + 4 + SYNTAX <= end) {
    contexts.push({ id: u16(bytes, item, little), uuid: readUuid(bytes, item + 4, little) });
    item += 4 + SYNTAX + bytes[item + 2]! * SYNTAX;
  }
  return contexts;
}

/** Secondary address of a bind_ack: the pipe or port on which the server answers; empty when it names none. */
export function readSecondaryAddress(bytes: Uint8Array, at: number, end: number, little: boolean): string {
  const field = at + HEADER + 8;
  if (field + 2 > end) return '';
  const length = u16(bytes, field, little);
  // The length counts the zero byte at the end.
  return length > 1 && field + 2 + length <= end ? latin1(bytes, field + 2, field + 1 + length) : '';
}

/** Where the security token of a packet stands; undefined when it has none. */
export function authRange(at: number, header: PduHeader): readonly [number, number] | undefined {
  const end = at + header.length;
  return header.authLength > 0 ? [end - header.authLength, end] : undefined;
}

/** UUID as text (C706 appendix A); its first three parts are in the byte order of the packet. */
export function readUuid(bytes: Uint8Array, at: number, little: boolean): string {
  const part = (from: number, length: number): string => {
    const digits = hex(bytes, at + from, at + from + length);
    return little ? digits.match(/../g)!.reverse().join('') : digits;
  };
  return `${part(0, 4)}-${part(4, 2)}-${part(6, 2)}-${hex(bytes, at + 8, at + 10)}-${hex(bytes, at + 10, at + 16)}`;
}

export function u16(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u32(bytes: Uint8Array, at: number, little: boolean): number {
  const low = u16(bytes, at, little);
  const high = u16(bytes, at + 2, little);
  return little ? high * 65_536 + low : low * 65_536 + high;
}
