/**
 * Messages with a length in their head, in a stream that arrives in pieces: waits for what is needed, hands out one
 * message at a time, and skips the rest of a long one unseen. Nothing is copied.
 *
 * Limits are the caller's: `keep` bytes of a message are handed out at most.
 */
import { DONE } from '../model/protocol.ts';

/** `sizeOf`: the head is not whole yet. */
export const NEED_MORE = 0;
/** `sizeOf`: no message can begin like this. */
export const NO_PDU = -1;

export interface Pdus {
  /** Most bytes of one message that are waited for and handed out; the rest is skipped. */
  readonly keep: number;
  /** Size of the message at `at`, head included; `NEED_MORE` or `NO_PDU`. */
  sizeOf(bytes: Uint8Array, at: number, end: number): number;
  /** Takes `bytes[at, end)`, the message or its first `keep` bytes, of `size` bytes in all. False ends the decoder. */
  take(bytes: Uint8Array, at: number, end: number, size: number): boolean;
  /** The stream makes no sense any more. Answers how many bytes to pass over, or `DONE`. Without it the decoder ends. */
  lost?(bytes: Uint8Array, at: number, end: number): number;
}

/** Feeds the bytes of one direction; the result is that of `Protocol.feed`. */
export function feedPdus(pdus: Pdus, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const size = pdus.sizeOf(bytes, at, to);
    if (size === NEED_MORE) break;
    if (size < 0) {
      const passed = pdus.lost === undefined ? DONE : pdus.lost(bytes, at, to);
      if (passed <= 0) return passed === DONE ? DONE : at - from;
      at += passed;
      continue;
    }
    const wanted = Math.min(size, pdus.keep);
    if (to - at < wanted) break;
    if (!pdus.take(bytes, at, at + wanted, size)) return DONE;
    at += size;
  }
  return at - from;
}

/** Segments passed over before a direction is given up. */
const MAX_LOST = 16;

/**
 * What most protocols do when the bytes make no sense, after a gap or on their own: a weird, and the next segment, which
 * often begins with a message, is tried. After `MAX_LOST` of them the decoder ends.
 */
export function passSegment(weird: () => void): NonNullable<Pdus['lost']> {
  let lost = 0;
  return (_bytes, at, end) => {
    weird();
    return ++lost > MAX_LOST ? DONE : end - at;
  };
}
