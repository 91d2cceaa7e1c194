/**
 * TCP endpoint states and sequence spaces as Zeek keeps them, so that `conn_state`, `history` and byte counts agree
 * with it. One endpoint is index `2 * slot + side`. Windows and checksums are not judged.
 */
import { ACK, FIN, RST, SYN } from '../model/packet.ts';
import { FLAG, type FlowTable } from './flow-table.ts';
import { addHistory, addOnce, addScaled, LETTER, SEEN } from './history.ts';
import { seqDelta } from './sequence.ts';
import { ATTEMPT, CLOSE_DELAY, IDLE_TCP } from './timeouts.ts';

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
  const state = table.state[e];
  return (
    state === STATE.established || (state === STATE.closed && table.previousState[e] === STATE.established)
  );
}

function isHandshake(state: number): boolean {
  return state <= STATE.synAckSent;
}

function setState(table: FlowTable, e: number, state: number): void {
  const old = table.state[e]!;
  if (old === state) return;
  if (!isHandshake(state) && isHandshake(old) && isHandshake(table.state[e ^ 1]!))
    table.idle[e >> 1] = IDLE_TCP;
  table.previousState[e] = old;
  table.state[e] = state;
}

/** Starts, or after a SYN restarts, an endpoint's sequence space at a segment. `after` is one past the segment. */
export function startEndpoint(table: FlowTable, e: number, flags: number, seq: number, after: number): void {
  const syn = (flags & SYN) !== 0;
  switch (table.state[e]) {
    case STATE.inactive:
      // Without a SYN, count as though one stood just before the first byte.
      setSequence(table, e, syn ? seq : (seq - 1) >>> 0, syn ? after : seq);
      break;
    case STATE.synSent:
    case STATE.synAckSent:
      if (syn && seq !== table.startSeq[e]) setSequence(table, e, seq, after);
      break;
    case STATE.established:
    case STATE.partial:
      if (syn) setSequence(table, e, seq, after);
      break;
    case STATE.reset:
      if (syn && table.previousState[e] === STATE.inactive) setSequence(table, e, seq, after);
      break;
  }
}

function setSequence(table: FlowTable, e: number, start: number, last: number): void {
  table.startSeq[e] = start;
  table.ackSeq[e] = start;
  table.lastSeq[e] = last;
  table.seqWraps[e] = 0;
  table.ackWraps[e] = 0;
}

/** Whether a segment lies before the start of its sequence space. */
export function isBeforeStart(
  table: FlowTable,
  e: number,
  seq: number,
  last: number,
  startWraps: number,
): boolean {
  let wraps = startWraps;
  const delta = seqDelta(seq, last);
  if (delta < 0 && wraps > 0 && seq > last) wraps--;
  else if (delta > 0 && seq < last) wraps++;
  return wraps === 0 && seqDelta(seq, table.startSeq[e]!) < 0;
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
      if (addOnce(table, slot, side, SEEN.syn, letter) && rel !== table.lastSyn[e])
        addHistory(table, slot, side, letter);
      table.lastSyn[e] = rel;
      return;
    }
    case FIN: {
      const end = (rel + length) >>> 0;
      if (addOnce(table, slot, side, SEEN.fin, LETTER.F) && end !== table.lastFin[e])
        addHistory(table, slot, side, LETTER.F);
      table.lastFin[e] = end;
      return;
    }
    case RST:
      if (addOnce(table, slot, side, SEEN.rst, LETTER.R) && rel !== table.lastRst[e])
        addHistory(table, slot, side, LETTER.R);
      table.lastRst[e] = rel;
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
  if (table.state[e ^ 1] === STATE.closed || table.state[e] === STATE.reset) return;
  addScaled(table, slot, side, table.zeroWindows, LETTER.W);
}

/** Starts the sequence space of a side that has not spoken yet from what the other side acknowledges. */
export function startFromAck(table: FlowTable, e: number, ack: number): void {
  const start = (ack - 1) >>> 0;
  setSequence(table, e, start, start);
}

export function updateAck(table: FlowTable, e: number, ack: number): void {
  const old = table.ackSeq[e]!;
  const delta = seqDelta(ack, old);
  if (delta <= 0 || (ack === 0 && delta > TOO_FAR)) return;
  if (ack < old) table.ackWraps[e]!++;
  table.ackSeq[e] = ack;
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
  const old = table.lastSeq[e]!;
  const delta = seqDelta(after, old);
  if ((flags & (SYN | RST)) !== 0 && (delta > TOO_FAR || delta < -TOO_FAR)) return;
  // A flow of which only SYN and FIN were captured may be longer than half the sequence space.
  const onlySynSeen = (flags & FIN) !== 0 && old === (table.startSeq[e]! + 1) >>> 0;
  if (!onlySynSeen) {
    if (table.state[e] === STATE.reset) return;
    if (delta <= 0) {
      if (length > 0) addScaled(table, slot, side, table.retransmissions, LETTER.T);
      return;
    }
  }
  if (after < old) table.seqWraps[e]!++;
  table.lastSeq[e] = after;
}

/** Moves the state machine for one segment. */
export function updateState(
  table: FlowTable,
  slot: number,
  side: number,
  flags: number,
  seq: number,
  length: number,
  now: number,
): void {
  const e = slot * 2 + side;
  switch (table.state[e]) {
    case STATE.inactive:
      return fromInactive(table, slot, side, flags, seq, length, now);
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
      if ((flags & RST) !== 0 && table.state[e ^ 1] !== STATE.closed) {
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
  seq: number,
  length: number,
  now: number,
): void {
  const e = slot * 2 + side;
  const peer = e ^ 1;
  if ((flags & SYN) !== 0) {
    if (side === 0) {
      setState(table, e, (flags & ACK) !== 0 ? STATE.synAckSent : STATE.synSent);
      table.attempt[slot] = now + ATTEMPT;
    } else if ((flags & ACK) === 0 && table.state[peer] === STATE.synAckSent && seq === table.startSeq[e]) {
      // The SYN arrived behind its SYN-ACK (two taps): whoever sent the SYN is the originator.
      table.flags[slot]! &= ~FLAG.partial;
      flipRoles(table, slot);
      setState(table, peer ^ 1, STATE.established);
      setState(table, e ^ 1, STATE.established);
      return closeIfEnding(table, e ^ 1, flags);
    } else {
      if (table.state[peer] === STATE.synSent) setState(table, peer, STATE.established);
      setState(table, e, STATE.established);
    }
  }
  if ((flags & FIN) !== 0) setState(table, e, STATE.closed);
  if ((flags & RST) !== 0) setState(table, e, STATE.reset);
  closeIfEnding(table, e, flags);
  if (table.state[e] !== STATE.inactive) return;
  // No flag changed the state: an acknowledgement ahead of the SYN-ACK, the end of a handshake whose SYN was not
  // captured, or a conversation picked up in its middle.
  if (side === 1 && length === 0 && table.state[peer] === STATE.synSent) return;
  if ((flags & ACK) !== 0 && table.state[peer] === STATE.established) {
    setState(table, e, STATE.established);
    table.flags[slot]! &= ~FLAG.partial;
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
    if (table.state[e] === STATE.partial && table.state[peer] === STATE.inactive)
      setState(table, e, STATE.synSent);
  }
  if ((flags & FIN) !== 0 && (flags & RST) === 0) {
    setState(table, e, STATE.closed);
    // FIN then RST from the other side, and now our FIN: that was an orderly end after all.
    if (table.state[peer] === STATE.reset && table.previousState[peer] === STATE.closed) {
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
  if (table.closed[e] === CLOSED.no) table.closed[e] = CLOSED.waiting;
}

/**
 * After a segment was delivered: a side that sent FIN or RST has closed when none of its bytes is missing any more.
 * When that completes the close of the flow, it takes stray packets only for a while.
 */
export function settleClose(table: FlowTable, slot: number): void {
  for (let e = slot * 2; e <= slot * 2 + 1; e++) {
    if (table.closed[e] !== CLOSED.waiting) continue;
    const last = (table.lastSeq[e]! - table.startSeq[e]!) >>> 0;
    if (seqDelta(last, table.next[e]! + 1) > 0) continue;
    table.closed[e] = CLOSED.yes;
    const peer = e ^ 1;
    const complete =
      table.state[e] === STATE.reset ||
      table.closed[peer] === CLOSED.yes ||
      table.state[peer] === STATE.inactive;
    if (!complete) continue;
    const at = table.lastSec[slot]! + table.lastNsec[slot]! / 1e9;
    table.deadline[slot] = Math.min(table.deadline[slot]!, at + CLOSE_DELAY);
  }
}

/** Bytes a side sent, from its sequence space: without SYN and FIN. */
export function streamBytes(table: FlowTable, e: number): number {
  const noDataAcked =
    table.ackSeq[e] === table.startSeq[e] || table.ackSeq[e] === (table.startSeq[e]! + 1) >>> 0;
  if (
    table.previousState[e] === STATE.synSent &&
    table.state[e] === STATE.reset &&
    table.state[e ^ 1] === STATE.inactive &&
    !noDataAcked
  ) {
    return 0;
  }
  const last = table.lastSeq[e]! + table.seqWraps[e]! * 0x1_0000_0000;
  const acked = table.ackSeq[e]! + table.ackWraps[e]! * 0x1_0000_0000;
  let size = Math.max(last, acked) - table.startSeq[e]!;
  if (size > 0) size--;
  if (table.fins[e]! > 0 && size > 0) size--;
  return Math.max(size, 0);
}

/** Whether a SYN on a known five-tuple begins a new flow. */
export function isReuse(table: FlowTable, slot: number, flags: number, seq: number): boolean {
  if ((flags & SYN) === 0) return false;
  const orig = slot * 2;
  const withAck = (flags & ACK) !== 0;
  if (withAck && table.state[orig] !== STATE.inactive) return false;
  const e = withAck ? orig + 1 : orig;
  if (table.closed[orig] !== CLOSED.yes && table.closed[orig + 1] !== CLOSED.yes) {
    if (seq === table.startSeq[e]) return false;
    if (
      !withAck &&
      table.state[e] === STATE.synAckSent &&
      table.state[orig + 1] === STATE.inactive &&
      seq === table.startSeq[orig + 1]
    ) {
      return false;
    }
  }
  return true;
}

/** Exchanges originator and responder. Only before any record of the flow was emitted. */
export function flipRoles(table: FlowTable, slot: number): void {
  table.lowIsOrig[slot]! ^= 1;
  for (const column of endpointColumns(table)) {
    const first = column[slot * 2]!;
    column[slot * 2] = column[slot * 2 + 1]!;
    column[slot * 2 + 1] = first;
  }
  const waiting = table.outOfOrder[slot * 2] ?? null;
  table.outOfOrder[slot * 2] = table.outOfOrder[slot * 2 + 1] ?? null;
  table.outOfOrder[slot * 2 + 1] = waiting;
  addHistory(table, slot, 0, LETTER.flip);
}

function endpointColumns(table: FlowTable) {
  return [
    table.packets,
    table.ipBytes,
    table.payload,
    table.macHigh,
    table.macLow,
    table.state,
    table.previousState,
    table.closed,
    table.startSeq,
    table.lastSeq,
    table.ackSeq,
    table.seqWraps,
    table.ackWraps,
    table.fins,
    table.finSeq,
    table.lastSyn,
    table.lastFin,
    table.lastRst,
    table.retransmissions,
    table.zeroWindows,
    table.gaps,
    table.next,
  ];
}
