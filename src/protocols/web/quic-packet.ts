/**
 * Packets of QUIC with a long header (RFC 9000 section 17.2, RFC 9369 section 3.2) and the frames of Initial packets
 * (RFC 9000 section 19), without state.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { QUIC_V2 } from './quic-crypto.ts';

export const PACKET = { initial: 0, zeroRtt: 1, handshake: 2, retry: 3, negotiation: 4 } as const;
export type PacketType = (typeof PACKET)[keyof typeof PACKET];

/** RFC 9000 section 17.2: longer identifiers are not of this protocol. */
const MAX_ID = 20;

export interface LongHeader {
  readonly type: PacketType;
  readonly version: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Where the packet number begins; for Retry and version negotiation the end. */
  readonly numberAt: number;
  /** End of the packet within its datagram. */
  readonly end: number;
}

/** Reads the header of the packet at `at`; undefined when it has no long header or does not fit. */
export function readLongHeader(bytes: Uint8Array, at: number, to: number): LongHeader | undefined {
  if (to - at < 7 || (bytes[at]! & 0x80) === 0) return undefined;
  const version = u32be(bytes, at + 1);
  const destinationAt = at + 6;
  const destinationEnd = destinationAt + bytes[at + 5]!;
  if (destinationEnd >= to) return undefined;
  const sourceEnd = destinationEnd + 1 + bytes[destinationEnd]!;
  if (sourceEnd > to || bytes[at + 5]! > MAX_ID || bytes[destinationEnd]! > MAX_ID) return undefined;
  const destination = bytes.subarray(destinationAt, destinationEnd);
  const source = bytes.subarray(destinationEnd + 1, sourceEnd);
  const type = typeOf(bytes[at]!, version);
  if (type === PACKET.retry || type === PACKET.negotiation)
    return { type, version, destination, source, numberAt: to, end: to };
  if ((bytes[at]! & 0x40) === 0) return undefined;
  let next = sourceEnd;
  if (type === PACKET.initial) {
    const token = readVarint(bytes, next, to);
    if (token === undefined || token.value > to - token.end) return undefined;
    next = token.end + token.value;
  }
  const length = readVarint(bytes, next, to);
  if (length === undefined || length.value > to - length.end) return undefined;
  return { type, version, destination, source, numberAt: length.end, end: length.end + length.value };
}

function typeOf(first: number, version: number): PacketType {
  if (version === 0) return PACKET.negotiation;
  const bits = (first >> 4) & 3;
  return (version === QUIC_V2 ? (bits + 3) & 3 : bits) as PacketType;
}

/** RFC 9000 section 16. Undefined when it breaks off or is not exact as a number. */
export function readVarint(
  bytes: Uint8Array,
  at: number,
  to: number,
): { readonly value: number; readonly end: number } | undefined {
  if (at >= to) return undefined;
  const first = bytes[at]!;
  const end = at + (1 << (first >> 6));
  if (end > to) return undefined;
  if (first < 0x40) return { value: first, end };
  if (first < 0x80) return { value: u16be(bytes, at) & 0x3fff, end };
  if (first < 0xc0) return { value: u32be(bytes, at) & 0x3fff_ffff, end };
  const value = (u32be(bytes, at) & 0x3fff_ffff) * 0x1_0000_0000 + u32be(bytes, at + 4);
  return Number.isSafeInteger(value) ? { value, end } : undefined;
}

/** Takes the frames of an Initial packet that matter. */
export interface FrameTaker {
  /** A part of the handshake. */
  crypto(offset: number, bytes: Uint8Array, from: number, to: number): void;
  /** The connection is closed. */
  close(): void;
}

const FRAME = { padding: 0, ping: 1, ack: 2, ackEcn: 3, crypto: 6, close: 0x1c } as const;

/** Frames of one packet that are read. */
const MAX_FRAMES = 256;
/** Ranges of one acknowledgement that are passed over. */
const MAX_RANGES = 256;

/** Walks the frames of an Initial packet; stops at what may not be in one. */
export function takeFrames(bytes: Uint8Array, taker: FrameTaker): void {
  const to = bytes.length;
  let at = 0;
  for (let i = 0; i < MAX_FRAMES; i++) {
    while (at < to && bytes[at] === FRAME.padding) at++;
    if (at >= to) return;
    const type = bytes[at++]!;
    if (type === FRAME.ping) continue;
    if (type === FRAME.ack || type === FRAME.ackEcn) {
      at = skipAcknowledgement(bytes, at, to, type === FRAME.ackEcn);
      if (at < 0) return;
    } else if (type === FRAME.crypto) {
      const offset = readVarint(bytes, at, to);
      const length = offset && readVarint(bytes, offset.end, to);
      if (offset === undefined || length === undefined || length.value > to - length.end) return;
      at = length.end + length.value;
      taker.crypto(offset.value, bytes, length.end, at);
    } else {
      if (type === FRAME.close) taker.close();
      return;
    }
  }
}

/** Where the acknowledgement ends, or -1. */
function skipAcknowledgement(bytes: Uint8Array, start: number, to: number, ecn: boolean): number {
  let at = start;
  let left = 4;
  for (let i = 0; i < left; i++) {
    const number = readVarint(bytes, at, to);
    if (number === undefined) return -1;
    at = number.end;
    // Largest, delay, count of further ranges, first range; then two numbers per range, and three for ECN.
    if (i === 2) {
      if (number.value > MAX_RANGES) return -1;
      left += 2 * number.value + (ecn ? 3 : 0);
    }
  }
  return at;
}
