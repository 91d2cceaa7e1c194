/**
 * TCP endpoint states and sequence spaces as Zeek keeps them, so that `conn_state`, `history` and byte counts agree
 * with it. One endpoint is index `2 * slot + side`. Windows and checksums are not judged.
 */
import { ACK, FIN, RST, SYN } from '../model/packet.ts';
import {
  ACK_SEQ,
  ACK_WRAPS,
  ANNEX,
  ANNEX32,
  CLOSED_OF,
  END8,
  END16,
  END32,
  FINS,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW32,
  FLOW64,
  LAST_FIN,
  LAST_NSEC,
  LAST_RST,
  LAST_SEC,
  LAST_SEQ,
  LAST_SYN,
  LOW_IS_ORIG,
  NEXT,
  OVER_AT,
  PREVIOUS_STATE,
  RETRANSMISSIONS,
  SEQ_WRAPS,
  SIDES_END,
  START_SEQ,
  STATE_OF,
  ZERO_WINDOWS,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { addHistory, addOnce, addScaled, LETTER, SEEN } from './history.ts';
import { seqDelta } from './sequence.ts';
import { ATTEMPT, CLOSE_DELAY } from './timeouts.ts';

export const STATE = {
  inactive: 0,
  synSent: 1,
  synAckSent: 2,
  partial: 3,
  established: 4,
  closed: 5,
  reset: 6,
} as const;

/** Values of the `closed` column. */
export const CLOSED = { no: 0, waiting: 1, yes: 2 } as const;

/** A SYN or RST this far from the known sequence space is not believed. */
const TOO_FAR = 1 << 20;

/** Established, or closed in order after that. */
export function isClean(table: FlowTable, e: number): boolean {
  const state = table.end8[e * END8 + STATE_OF];
  return (
    state === STATE.established ||
    (state === STATE.closed && table.end8[e * END8 + PREVIOUS_STATE] === STATE.established)
  );
}

function isHandshake(state: number): boolean {
  return state <= STATE.synAckSent;
}

function setState(table: FlowTable, e: number, state: number): void {
  const old = table.end8[e * END8 + STATE_OF]!;
  if (old === state) return;
  if (!isHandshake(state) && isHandshake(old) && isHandshake(table.end8[(e ^ 1) * END8 + STATE_OF]!))
    table.flow32[(e >> 1) * FLOW32 + FLAGS]! |= FLAG.conversed;
  table.end8[e * END8 + PREVIOUS_STATE] = old;
  table.end8[e * END8 + STATE_OF] = state;
}

/** Starts, or after a SYN restarts, an endpoint's sequence space at a segment. `after` is one past the segment. */
export function startEndpoint(table: FlowTable, e: number, flags: number, seq: number, after: number): void {
  const syn = (flags & SYN) !== 0;
  switch (table.end8[e * END8 + STATE_OF]) {
    case STATE.inactive:
      // Without a SYN, count as though one stood just before the first byte.
      setSequence(table, e, syn ? seq : (seq - 1) >>> 0, syn ? after : seq);
      break;
    case STATE.synSent:
    case STATE.synAckSent:
      if (syn && seq !== table.end32[e * END32 + START_SEQ]) setSequence(table, e, seq, after);
      break;
    case STATE.established:
    case STATE.partial:
      if (syn) setSequence(table, e, seq, after);
      break;
    case STATE.reset:
      if (syn && table.end8[e * END8 + PREVIOUS_STATE] === STATE.inactive) setSequence(table, e, seq, after);
      break;
  }
}

function setSequence(table: FlowTable, e: number, start: number, last: number): void {
  table.end32[e * END32 + START_SEQ] = start;
  table.end32[e * END32 + ACK_SEQ] = start;
  table.end32[e * END32 + LAST_SEQ] = last;
  // The first segment may itself reach over the end of the sequence space.
  table.end16[e * END16 + SEQ_WRAPS] = last < start ? 1 : 0;
  table.end16[e * END16 + ACK_WRAPS] = 0;
}

/**
 * Whether sequence number `seq` of a side lies before the start of its sequence space, judged from its distance to
 * `last`, a known number of that space with its wraps.
 */
export function isBeforeStart(
  table: FlowTable,
  e: number,
  seq: number,
  last: number,
  wraps: number,
): boolean {
  const known = last + wraps * 0x1_0000_0000 - table.end32[e * END32 + START_SEQ]!;
  return known + seqDelta(seq, last) < 0;
}

/** Adds the history letters of a segment. `rel` is its sequence number relative to the start. */
export function noteFlags(
  table: FlowTable,
  slot: number,
  side: number,
  flags: number,
  rel: number,
  length: number,
): void {
  const e = slot * 2 + side;
  switch (flags & (SYN | FIN | RST)) {
    case 0:
      if (length > 0) addOnce(table, slot, side, SEEN.data, LETTER.D);
      else if ((flags & ACK) !== 0) addOnce(table, slot, side, SEEN.ack, LETTER.A);
      return;
    case SYN: {
      const letter = (flags & ACK) !== 0 ? LETTER.H : LETTER.S;
      const annex = table.flow32[slot * FLOW32 + ANNEX]!;
      const last = annex === 0 ? 0 : table.annex32[annex * ANNEX32 + LAST_SYN + side]!;
      if (addOnce(table, slot, side, SEEN.syn, letter) && rel !== last) addHistory(table, slot, side, letter);
      if (rel !== last) {
        const at = table.annexOf(slot) * ANNEX32 + LAST_SYN + side;
        table.annex32[at] = rel;
      }
      return;
    }
    case FIN: {
      const end = (rel + length) >>> 0;
      if (addOnce(table, slot, side, SEEN.fin, LETTER.F) && end !== table.end32[e * END32 + LAST_FIN])
        addHistory(table, slot, side, LETTER.F);
      table.end32[e * END32 + LAST_FIN] = end;
      return;
    }
    case RST:
      if (addOnce(table, slot, side, SEEN.rst, LETTER.R) && rel !== table.end32[e * END32 + LAST_RST])
        addHistory(table, slot, side, LETTER.R);
      table.end32[e * END32 + LAST_RST] = rel;
      return;
    default:
      if ((flags & FIN) !== 0 && (flags & RST) !== 0) addOnce(table, slot, side, SEEN.finRst, LETTER.I);
      else addOnce(table, slot, side, SEEN.multiFlag, LETTER.Q);
  }
}

/** A zero window is notable unless the conversation is ending. */
export function noteWindow(
  table: FlowTable,
  slot: number,
  side: number,
  flags: number,
  window: number,
): void {
  if (window !== 0 || (flags & RST) !== 0) return;
  const e = slot * 2 + side;
  if (
    table.end8[(e ^ 1) * END8 + STATE_OF] === STATE.closed ||
    table.end8[e * END8 + STATE_OF] === STATE.reset
  )
    return;
  addScaled(table, slot, side, ZERO_WINDOWS, LETTER.W);
}

/** Starts the sequence space of a side that has not spoken yet from what the other side acknowledges. */
export function startFromAck(table: FlowTable, e: number, ack: number): void {
  const start = (ack - 1) >>> 0;
  setSequence(table, e, start, start);
}

export function updateAck(table: FlowTable, e: number, ack: number): void {
  const old = table.end32[e * END32 + ACK_SEQ]!;
  const delta = seqDelta(ack, old);
  if (delta <= 0 || (ack === 0 && delta > TOO_FAR)) return;
  if (ack < old) table.end16[e * END16 + ACK_WRAPS]!++;
  table.end32[e * END32 + ACK_SEQ] = ack;
}

/** Moves the end of what a side sent; an older segment with payload is a retransmission. */
export function updateLast(
  table: FlowTable,
  slot: number,
  side: number,
  after: number,
  flags: number,
  length: number,
): void {
  const e = slot * 2 + side;
  const old = table.end32[e * END32 + LAST_SEQ]!;
  const delta = seqDelta(after, old);
  if ((flags & (SYN | RST)) !== 0 && (delta > TOO_FAR || delta < -TOO_FAR)) return;
  // A flow of which only SYN and FIN were captured may be longer than half the sequence space.
  const onlySynSeen = (flags & FIN) !== 0 && old === (table.end32[e * END32 + START_SEQ]! + 1) >>> 0;
  if (!onlySynSeen) {
    if (table.end8[e * END8 + STATE_OF] === STATE.reset) return;
    if (delta <= 0) {
      if (length > 0) addScaled(table, slot, side, RETRANSMISSIONS, LETTER.T);
      return;
    }
  }
  if (after < old) table.end16[e * END16 + SEQ_WRAPS]!++;
  table.end32[e * END32 + LAST_SEQ] = after;
}

/** Moves the state machine for one segment. */
export function updateState(
  table: FlowTable,
  slot: number,
  side: number,
  flags: number,
  length: number,
  now: number,
): void {
  const e = slot * 2 + side;
  switch (table.end8[e * END8 + STATE_OF]) {
    case STATE.inactive:
      return fromInactive(table, slot, side, flags, length, now);
    case STATE.synSent:
    case STATE.synAckSent:
      if ((flags & FIN) !== 0) setState(table, e, STATE.closed);
      if ((flags & RST) !== 0) setState(table, e, STATE.reset);
      if ((flags & (FIN | RST)) !== 0) closeSide(table, e);
      return;
    case STATE.established:
    case STATE.partial:
      return fromEstablished(table, e, flags);
    case STATE.closed:
      // A reset after both FINs changes nothing.
      if ((flags & RST) !== 0 && table.end8[(e ^ 1) * END8 + STATE_OF] !== STATE.closed) {
        setState(table, e, STATE.reset);
        closeSide(table, e);
      }
      return;
  }
}

function fromInactive(
  table: FlowTable,
  slot: number,
  side: number,
  flags: number,
  length: number,
  now: number,
): void {
  const e = slot * 2 + side;
  const peer = e ^ 1;
  if ((flags & SYN) !== 0) {
    if (side === 1) {
      if (table.end8[peer * END8 + STATE_OF] === STATE.synSent) setState(table, peer, STATE.established);
      setState(table, e, STATE.established);
    } else if ((flags & ACK) === 0 && table.end8[peer * END8 + STATE_OF] === STATE.established) {
      // The SYN arrived behind its SYN-ACK, as from two taps.
      setState(table, e, STATE.established);
      table.flow32[slot * FLOW32 + FLAGS]! &= ~FLAG.partial;
    } else {
      setState(table, e, (flags & ACK) !== 0 ? STATE.synAckSent : STATE.synSent);
      if ((table.flow32[slot * FLOW32 + FLAGS]! & FLAG.closing) === 0)
        table.flow64[slot * FLOW64 + OVER_AT] = now + ATTEMPT;
      table.wake[slot] = 0;
    }
  }
  if ((flags & FIN) !== 0) setState(table, e, STATE.closed);
  if ((flags & RST) !== 0) setState(table, e, STATE.reset);
  closeIfEnding(table, e, flags);
  if (table.end8[e * END8 + STATE_OF] !== STATE.inactive) return;
  // No flag changed the state: an acknowledgement ahead of the SYN-ACK, the end of a handshake whose SYN was not
  // captured, or a conversation picked up in its middle.
  if (side === 1 && length === 0 && table.end8[peer * END8 + STATE_OF] === STATE.synSent) return;
  if ((flags & ACK) !== 0 && table.end8[peer * END8 + STATE_OF] === STATE.established) {
    setState(table, e, STATE.established);
    table.flow32[slot * FLOW32 + FLAGS]! &= ~FLAG.partial;
  } else {
    setState(table, e, STATE.partial);
  }
}

function closeIfEnding(table: FlowTable, e: number, flags: number): void {
  if ((flags & (FIN | RST)) !== 0) closeSide(table, e);
}

function fromEstablished(table: FlowTable, e: number, flags: number): void {
  const peer = e ^ 1;
  if ((flags & SYN) !== 0 && (flags & ACK) === 0) {
    if (
      table.end8[e * END8 + STATE_OF] === STATE.partial &&
      table.end8[peer * END8 + STATE_OF] === STATE.inactive
    )
      setState(table, e, STATE.synSent);
  }
  if ((flags & FIN) !== 0 && (flags & RST) === 0) {
    setState(table, e, STATE.closed);
    // FIN then RST from the other side, and now our FIN: that was an orderly end after all.
    if (
      table.end8[peer * END8 + STATE_OF] === STATE.reset &&
      table.end8[peer * END8 + PREVIOUS_STATE] === STATE.closed
    ) {
      setState(table, peer, STATE.closed);
    }
    closeSide(table, e);
  }
  if ((flags & RST) !== 0) {
    setState(table, e, STATE.reset);
    closeSide(table, e);
  }
}

/** A side sent FIN or RST; the close counts once its bytes have all arrived (see `settleClose`). */
function closeSide(table: FlowTable, e: number): void {
  if (table.end8[e * END8 + CLOSED_OF] === CLOSED.no) table.end8[e * END8 + CLOSED_OF] = CLOSED.waiting;
}

/**
 * After a segment was delivered: a side that sent FIN or RST has closed when none of its bytes is missing any more.
 * When that completes the close of the flow, it takes stray packets only for a while.
 */
export function settleClose(table: FlowTable, slot: number): void {
  for (let e = slot * 2; e <= slot * 2 + 1; e++) {
    if (table.end8[e * END8 + CLOSED_OF] !== CLOSED.waiting) continue;
    const last = (table.end32[e * END32 + LAST_SEQ]! - table.end32[e * END32 + START_SEQ]!) >>> 0;
    if (seqDelta(last, table.end32[e * END32 + NEXT]! + 1) > 0) continue;
    // Nor has it closed while payload of the other side waits for an acknowledgement; after a RST none will come.
    if (table.end8[e * END8 + STATE_OF] !== STATE.reset && hasUnacked(table, e ^ 1)) continue;
    table.end8[e * END8 + CLOSED_OF] = CLOSED.yes;
    const peer = e ^ 1;
    const complete =
      table.end8[e * END8 + STATE_OF] === STATE.reset ||
      table.end8[peer * END8 + CLOSED_OF] === CLOSED.yes ||
      table.end8[peer * END8 + STATE_OF] === STATE.inactive;
    if (!complete) continue;
    const at = table.flow64[slot * FLOW64 + LAST_SEC]! + table.flow32[slot * FLOW32 + LAST_NSEC]! / 1e9;
    const closing = (table.flow32[slot * FLOW32 + FLAGS]! & FLAG.closing) !== 0;
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.closing;
    const set = closing ? table.flow64[slot * FLOW64 + OVER_AT]! : Number.POSITIVE_INFINITY;
    table.flow64[slot * FLOW64 + OVER_AT] = Math.min(set, at + CLOSE_DELAY);
    table.wake[slot] = 0;
  }
}

/** Whether a side sent payload that the other has not acknowledged. */
function hasUnacked(table: FlowTable, e: number): boolean {
  const end = (table.end32[e * END32 + LAST_SEQ]! - table.end8[e * END8 + FINS]!) >>> 0;
  const sentAny = seqDelta(end, table.end32[e * END32 + START_SEQ]! + 1) > 0;
  return sentAny && seqDelta(end, table.end32[e * END32 + ACK_SEQ]!) > 0;
}

/** Bytes a side sent, from its sequence space: without SYN and FIN. */
export function streamBytes(table: FlowTable, e: number): number {
  const noDataAcked =
    table.end32[e * END32 + ACK_SEQ] === table.end32[e * END32 + START_SEQ] ||
    table.end32[e * END32 + ACK_SEQ] === (table.end32[e * END32 + START_SEQ]! + 1) >>> 0;
  if (
    table.end8[e * END8 + PREVIOUS_STATE] === STATE.synSent &&
    table.end8[e * END8 + STATE_OF] === STATE.reset &&
    table.end8[(e ^ 1) * END8 + STATE_OF] === STATE.inactive &&
    !noDataAcked
  ) {
    return 0;
  }
  const last = table.end32[e * END32 + LAST_SEQ]! + table.end16[e * END16 + SEQ_WRAPS]! * 0x1_0000_0000;
  const acked = table.end32[e * END32 + ACK_SEQ]! + table.end16[e * END16 + ACK_WRAPS]! * 0x1_0000_0000;
  let size = Math.max(last, acked) - table.end32[e * END32 + START_SEQ]!;
  if (size > 0) size--;
  if (table.end8[e * END8 + FINS]! > 0 && size > 0) size--;
  return Math.max(size, 0);
}

/** Whether a SYN on a known five-tuple begins a new flow. */
export function isReuse(table: FlowTable, slot: number, flags: number, seq: number): boolean {
  if ((flags & SYN) === 0) return false;
  const orig = slot * 2;
  const withAck = (flags & ACK) !== 0;
  if (withAck && table.end8[orig * END8 + STATE_OF] !== STATE.inactive) return false;
  const e = withAck ? orig + 1 : orig;
  if (
    table.end8[orig * END8 + CLOSED_OF] !== CLOSED.yes &&
    table.end8[(orig + 1) * END8 + CLOSED_OF] !== CLOSED.yes
  ) {
    if (seq === table.end32[e * END32 + START_SEQ]) return false;
  }
  return true;
}

/** Exchanges originator and responder. Only before any record of the flow was emitted. */
export function flipRoles(table: FlowTable, slot: number): void {
  table.flow8[slot * FLOW8 + LOW_IS_ORIG]! ^= 1;
  table.wake[slot] = 0;
  const orig = slot * 2 * END32;
  for (let at = orig; at < orig + END32; at++) swap(table.end32, at, at + END32);
  const annex = table.flow32[slot * FLOW32 + ANNEX]! * ANNEX32;
  if (annex !== 0)
    for (let at = annex + ZERO_WINDOWS; at < annex + SIDES_END; at += 2) swap(table.annex32, at, at + 1);
  const content = table.contentOf(slot);
  content?.waiting.reverse();
  content?.cut.reverse();
  content?.held?.turn();
  addHistory(table, slot, 0, LETTER.flip);
}

function swap(words: Uint32Array, a: number, b: number): void {
  const word = words[a]!;
  words[a] = words[b]!;
  words[b] = word;
}
