/**
 * In-order delivery of TCP payload, per direction. Bytes are handed on straight from the frame when they are next;
 * behind a hole they are copied and wait. A hole is lost, and announced as a gap, when the other side acknowledges
 * bytes beyond it (the receiver had what the capture lacks), when the waiting data hits its limit, or at the end of
 * the flow. Bytes seen before are dropped: the first copy wins.
 *
 * Sequence numbers are relative to the endpoint's start (the SYN is 0, the first byte 1), modulo 2^32.
 */
import type { Direction } from '../model/protocol.ts';
import { END32, FLOW64, GAPS, MISSED, NEXT } from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { addScaled, LETTER } from './history.ts';
import { OutOfOrder } from './out-of-order.ts';
import { seqAdd, seqDelta } from './sequence.ts';
import { isClean } from './tcp-state.ts';

/** Payload `[seq, seq + length)` of one side; its captured bytes are `bytes[from, to)`. */
export function deliverSegment(
  table: FlowTable,
  slot: number,
  side: number,
  seq: number,
  length: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const e = slot * 2 + side;
  const ahead = seqDelta(seq, table.end32[e * END32 + NEXT]!);
  if (ahead > 0) {
    const waiting = table.outOfOrder[e] ?? new OutOfOrder(table.memory);
    table.outOfOrder[e] = waiting;
    waiting.add(seq, length, bytes, from, to, table.consumer[slot] !== null);
    while (waiting.full) releaseFirst(table, slot, side);
    return;
  }
  for (let done = -ahead; done < length; ) {
    const first = table.outOfOrder[e]?.first;
    // What waits came before this segment: where they overlap it stays.
    const end = first === undefined ? length : Math.min(length, seqDelta(first.seq, seq));
    advance(table, slot, side, end - done, bytes, from + done, to);
    drain(table, slot, side);
    done = seqDelta(table.end32[e * END32 + NEXT]!, seq);
  }
}

/** The other side acknowledged everything before `seq`: what is missing before it will not come. */
export function acknowledge(table: FlowTable, slot: number, side: number, seq: number): void {
  const e = slot * 2 + side;
  for (;;) {
    const next = table.end32[e * END32 + NEXT]!;
    const missing = seqDelta(seq, next);
    if (missing <= 0) return;
    const first = table.outOfOrder[e]?.first;
    lose(table, slot, side, first === undefined ? missing : Math.min(missing, seqDelta(first.seq, next)));
    drain(table, slot, side);
  }
}

/** The flow is over: hands out what still waits, with its gaps. */
export function finishStreams(table: FlowTable, slot: number): void {
  for (const side of [0, 1]) {
    while (table.outOfOrder[slot * 2 + side]?.first !== undefined) releaseFirst(table, slot, side);
  }
}

function releaseFirst(table: FlowTable, slot: number, side: number): void {
  const e = slot * 2 + side;
  const first = table.outOfOrder[e]?.first;
  if (first === undefined) return;
  announceGap(table, slot, side, seqDelta(first.seq, table.end32[e * END32 + NEXT]!));
  table.end32[e * END32 + NEXT] = first.seq;
  drain(table, slot, side);
}

/** Hands on every waiting segment that is next. */
function drain(table: FlowTable, slot: number, side: number): void {
  const e = slot * 2 + side;
  const waiting = table.outOfOrder[e];
  if (!waiting) return;
  for (let first = waiting.first; first !== undefined; first = waiting.first) {
    const ahead = seqDelta(first.seq, table.end32[e * END32 + NEXT]!);
    if (ahead > 0) return;
    waiting.shift();
    if (-ahead >= first.length) continue;
    const bytes = first.bytes ?? EMPTY;
    advance(table, slot, side, first.length + ahead, bytes, Math.min(-ahead, bytes.length), bytes.length);
  }
  table.outOfOrder[e] = null;
}

const EMPTY = new Uint8Array(0);

/** `length` stream bytes are next; those captured are `bytes[from, to)`, the rest was cut by the snapshot length. */
function advance(
  table: FlowTable,
  slot: number,
  side: number,
  length: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const e = slot * 2 + side;
  table.end32[e * END32 + NEXT] = seqAdd(table.end32[e * END32 + NEXT]!, length);
  const consumer = table.consumer[slot]!;
  if (consumer === null) return;
  const captured = Math.min(to - from, length);
  if (captured > 0 && !consumer.data(side as Direction, bytes, from, from + captured)) {
    stopConsumer(table, slot);
    return;
  }
  if (captured < length) announceGap(table, slot, side, length - Math.max(captured, 0));
}

function lose(table: FlowTable, slot: number, side: number, length: number): void {
  const e = slot * 2 + side;
  table.end32[e * END32 + NEXT] = seqAdd(table.end32[e * END32 + NEXT]!, length);
  // Gaps are only certain between endpoints that are in an orderly conversation.
  if (isClean(table, slot * 2) && isClean(table, slot * 2 + 1)) {
    addScaled(table, slot, side, GAPS, LETTER.G);
    table.flow64[slot * FLOW64 + MISSED]! += length;
  }
  announceGap(table, slot, side, length);
}

function announceGap(table: FlowTable, slot: number, side: number, length: number): void {
  const consumer = table.consumer[slot]!;
  if (consumer !== null && !consumer.gap(side as Direction, length)) stopConsumer(table, slot);
}

/** Nobody wants this flow's bytes any more: free what waits, keep counting. */
export function stopConsumer(table: FlowTable, slot: number): void {
  table.consumer[slot] = null;
  table.outOfOrder[slot * 2]?.forgetBytes();
  table.outOfOrder[slot * 2 + 1]?.forgetBytes();
}
