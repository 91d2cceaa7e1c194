/**
 * TPKT (RFC 1006, RFC 2126): messages of ISO transport (X.224, COTP) in TCP, each `3, 0, length` with a head of four
 * bytes. Under S7comm, RDP and others.
 */
import { u8, u16be } from '../bytes/read.ts';
import { NEED_MORE, NO_PDU } from './pdus.ts';

export const TPKT_HEADER = 4;
/** A COTP header is at least its length and its code. */
const MIN_LENGTH = TPKT_HEADER + 3;

/** COTP codes (X.224 section 13). */
export const COTP_CONNECT = 0xe0;
export const COTP_CONFIRM = 0xd0;
export const COTP_DATA = 0xf0;

/** Size of the message at `at`, for `feedPdus`. */
export function tpktSize(bytes: Uint8Array, at: number, end: number): number {
  if (u8(bytes, at) !== 3 || (end - at > 1 && u8(bytes, at + 1) !== 0)) return NO_PDU;
  if (end - at < TPKT_HEADER) return NEED_MORE;
  const size = u16be(bytes, at + 2);
  return size < MIN_LENGTH ? NO_PDU : size;
}
