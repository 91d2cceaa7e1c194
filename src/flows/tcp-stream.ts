/**
 * In-order delivery of TCP payload, per direction. Bytes are handed on straight from the frame when they are next;
 * behind a hole they are copied and wait. A hole is lost, and announced as a gap, when the other side acknowledges
 * bytes beyond it (the receiver had what the capture lacks) and they do not come within a moment (`held-gap.ts`), when
 * the waiting data hits its limit, or at the end of the flow. Bytes seen before are dropped: the first copy wins.
 *
 * Sequence numbers are relative to the endpoint's start (the SYN is 0, the first byte 1), modulo 2^32. `NEXT` is the
 * account: what was seen or is known to be lost. While a gap is held, what was handed on stands behind it.
 */
import type { PacketMark } from '../model/flow.ts';
import type { Direction } from '../model/protocol.ts';
import { CutBytes } from './cut-bytes.ts';
import type { FlowContent } from './flow-content.ts';
import {
  ANNEX,
  ANNEX32,
  ANNEX64,
  CUT,
  END8,
  END32,
  FLOW8,
  FLOW32,
  GAPS,
  HISTORY_LENGTH,
  MISSED,
  NEXT,
  WAITING,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { HeldGap, type HeldPart, type Hole, isHole, MAX_LENGTH } from './held-gap.ts';
import { addScaled, LETTER, removeHistory } from './history.ts';
import { OutOfOrder } from './out-of-order.ts';
import { seqAdd, seqDelta } from './sequence.ts';
import { isClean } from './tcp-state.ts';

/** Payload `[seq, seq + length)` of one side; its captured bytes are `bytes[from, to)`. */
export function deliverSegment(
  table: FlowTable,
  slot: number,
  side: Direction,
  seq: number,
  length: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const e = slot * 2 + side;
  const content = table.contentOf(slot)!;
  content.begun = true;
  const ahead = seqDelta(seq, table.end32[e * END32 + NEXT]!);
  if (content.held !== null) {
    if (content.held.isOverdue(content.handle.now)) releaseHeld(table, slot, content);
    else if (ahead < 0) {
      content.held.fill(side, seq, length, bytes, from, to, content.consumer !== null, markOf(content));
      handOnFilled(table, slot, content);
    }
  }
  if (ahead > 0) {
    const waiting = content.waiting[side] ?? new OutOfOrder(table.memory);
    content.waiting[side] = waiting;
    table.end8[e * END8 + WAITING] = 1;
    waiting.add(seq, length, bytes, from, to, content.consumer !== null);
    while (waiting.full) releaseFirst(table, slot, content, side);
    return;
  }
  for (let done = -ahead; done < length; ) {
    const first = content.waiting[side]?.first;
    // What waits came before this segment: where they overlap it stays.
    const end = first === undefined ? length : Math.min(length, seqDelta(first.seq, seq));
    noteCut(table, slot, content, side, end - done, to - from - done);
    advance(table, slot, content, side, end - done, bytes, from + done, to);
    drain(table, slot, content, side);
    done = seqDelta(table.end32[e * END32 + NEXT]!, seq);
  }
}

/** The other side acknowledged everything before `seq`: what is missing before it will hardly come. */
export function acknowledge(
  table: FlowTable,
  slot: number,
  content: FlowContent,
  side: Direction,
  seq: number,
): void {
  const e = slot * 2 + side;
  if (table.end8[e * END8 + CUT] === 1) acknowledgeCut(table, slot, content, side, seq);
  for (;;) {
    const next = table.end32[e * END32 + NEXT]!;
    const missing = seqDelta(seq, next);
    if (missing <= 0) return;
    const first = content.waiting[side]?.first;
    lose(
      table,
      slot,
      content,
      side,
      first === undefined ? missing : Math.min(missing, seqDelta(first.seq, next)),
    );
    drain(table, slot, content, side);
  }
}

/** Of the next `length` stream bytes the first `captured` are there; the rest was cut by the snapshot length. */
function noteCut(
  table: FlowTable,
  slot: number,
  content: FlowContent,
  side: Direction,
  length: number,
  captured: number,
): void {
  if (captured >= length) return;
  const e = slot * 2 + side;
  const next = table.end32[e * END32 + NEXT]!;
  content.cut[side] ??= new CutBytes();
  content.cut[side].add(seqAdd(next, Math.max(captured, 0)), seqAdd(next, length));
  table.end8[e * END8 + CUT] = 1;
}

/** What was cut before `seq` was received: it is missing, though its place is known. */
function acknowledgeCut(
  table: FlowTable,
  slot: number,
  content: FlowContent,
  side: Direction,
  seq: number,
): void {
  const cut = content.cut[side];
  const bytes = cut?.acknowledge(seq) ?? 0;
  if (cut === null || cut.empty) table.end8[(slot * 2 + side) * END8 + CUT] = 0;
  if (bytes === 0 || !isClean(table, slot * 2) || !isClean(table, slot * 2 + 1)) return;
  noteLoss(table, slot, side, bytes);
  table.cutBytes += bytes;
}

/** The flow is over: hands out what still waits, with its gaps. */
export function finishStreams(table: FlowTable, slot: number, content: FlowContent): void {
  releaseHeld(table, slot, content);
  for (const side of [0, 1] as const) {
    while (content.waiting[side]?.first !== undefined) releaseFirst(table, slot, content, side);
  }
}

function releaseFirst(table: FlowTable, slot: number, content: FlowContent, side: Direction): void {
  const e = slot * 2 + side;
  const first = content.waiting[side]?.first;
  if (first === undefined) return;
  releaseHeld(table, slot, content);
  announceGap(content, side, seqDelta(first.seq, table.end32[e * END32 + NEXT]!));
  table.end32[e * END32 + NEXT] = first.seq;
  drain(table, slot, content, side);
}

/** Hands on every waiting segment that is next. */
function drain(table: FlowTable, slot: number, content: FlowContent, side: Direction): void {
  const e = slot * 2 + side;
  const waiting = content.waiting[side];
  if (waiting === null) return;
  for (let first = waiting.first; first !== undefined; first = waiting.first) {
    const ahead = seqDelta(first.seq, table.end32[e * END32 + NEXT]!);
    if (ahead > 0) return;
    waiting.shift();
    if (-ahead >= first.length) continue;
    const bytes = first.bytes ?? EMPTY;
    const from = Math.min(-ahead, bytes.length);
    noteCut(table, slot, content, side, first.length + ahead, first.captured + ahead);
    advance(table, slot, content, side, first.length + ahead, bytes, from, bytes.length);
  }
  content.waiting[side] = null;
  table.end8[e * END8 + WAITING] = 0;
}

const EMPTY = new Uint8Array(0);

/** `length` stream bytes are next; those captured are `bytes[from, to)`, the rest was cut by the snapshot length. */
function advance(
  table: FlowTable,
  slot: number,
  content: FlowContent,
  side: Direction,
  length: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const at = (slot * 2 + side) * END32 + NEXT;
  const { held } = content;
  if (held !== null) {
    held.push(side, table.end32[at]!, length, bytes, from, to, content.consumer !== null, markOf(content));
  }
  table.end32[at] = seqAdd(table.end32[at]!, length);
  if (held === null) handOn(content, side, length, bytes, from, to);
}

function handOn(
  content: FlowContent,
  side: Direction,
  length: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const { consumer } = content;
  if (consumer === null) return;
  content.given = true;
  const captured = Math.min(to - from, length);
  if (captured > 0 && !consumer.data(content.told(side), bytes, from, from + captured)) {
    stopConsumer(content);
    return;
  }
  if (captured < length) announceGap(content, side, length - Math.max(captured, 0));
}

function lose(table: FlowTable, slot: number, content: FlowContent, side: Direction, length: number): void {
  const at = (slot * 2 + side) * END32 + NEXT;
  const next = table.end32[at]!;
  table.end32[at] = seqAdd(next, length);
  const letters = table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  // Gaps are only certain between endpoints that are in an orderly conversation.
  const counted = isClean(table, slot * 2) && isClean(table, slot * 2 + 1);
  if (counted) noteLoss(table, slot, side, length);
  if (length > MAX_LENGTH) {
    releaseHeld(table, slot, content);
    if (content.begun) announceGap(content, side, length);
    return;
  }
  const mark = markOf(content);
  if (content.held?.isOverdue(mark.now)) releaseHeld(table, slot, content);
  content.held ??= new HeldGap(table.memory);
  const letterAt = table.flow8[slot * FLOW8 + HISTORY_LENGTH] === letters ? -1 : letters;
  const end = seqAdd(next, length);
  content.held.items.push({
    side,
    next,
    end,
    length,
    begun: content.begun,
    mark,
    counted,
    letterAt,
    filled: 0,
    pieces: [],
  });
}

/** A gap in what a side sent, in the account of the flow. */
function noteLoss(table: FlowTable, slot: number, side: Direction, bytes: number): void {
  addScaled(table, slot, side, GAPS, LETTER.G);
  table.annex64[table.annexOf(slot) * ANNEX64 + MISSED]! += bytes;
}

/** Bytes of a flow that were acknowledged but not captured. */
export function missedBytes(table: FlowTable, slot: number): number {
  const annex = table.flow32[slot * FLOW32 + ANNEX]!;
  return annex === 0 ? 0 : table.annex64[annex * ANNEX64 + MISSED]!;
}

/** Hands on, in order, what is held up to the first byte that is still missing. */
function handOnFilled(table: FlowTable, slot: number, content: FlowContent): void {
  const { held } = content;
  if (held === null) return;
  const { items } = held;
  let done = 0;
  for (; done < items.length; done++) {
    const item = items[done]!;
    if (!isHole(item)) {
      handOnPart(content, held, item, 0);
      continue;
    }
    while (item.pieces.length > 0 && seqDelta(item.pieces[0]!.seq, item.next) <= 0)
      handOnPiece(content, held, item, item.pieces.shift()!);
    if (item.next !== item.end) break;
    giveBack(table, slot, content, item);
  }
  items.splice(0, done);
  if (items.length === 0) content.held = null;
}

/** The missing bytes did not come: announces what is missing, and hands on what was held. */
function releaseHeld(table: FlowTable, slot: number, content: FlowContent): void {
  const { held } = content;
  if (held === null) return;
  content.held = null;
  for (const item of held.items) {
    if (!isHole(item)) {
      handOnPart(content, held, item, 0);
      continue;
    }
    for (const piece of item.pieces) {
      announceMissing(content, item, piece.seq);
      handOnPiece(content, held, item, piece);
    }
    announceMissing(content, item, item.end);
    giveBack(table, slot, content, item);
  }
}

/**
 * The stream of `side` ends at `end`, as its FIN says that has come now. An acknowledgement that was seen before it
 * acknowledged the FIN too, which is no byte of the stream: a held hole that reaches beyond the end gives it back.
 */
export function endStream(
  table: FlowTable,
  slot: number,
  content: FlowContent,
  side: Direction,
  end: number,
): void {
  const at = (slot * 2 + side) * END32 + NEXT;
  for (const hole of content.held?.items ?? []) {
    if (!isHole(hole) || hole.side !== side || seqDelta(hole.end, end) !== 1) continue;
    if (table.end32[at] === hole.end) table.end32[at] = end;
    hole.end = end;
    hole.length--;
    if (hole.counted) table.annex64[table.annexOf(slot) * ANNEX64 + MISSED]! -= 1;
  }
  handOnFilled(table, slot, content);
}

/** Announces what is missing of a hole before `seq`, as of the packet that acknowledged it. */
function announceMissing(content: FlowContent, hole: Hole, seq: number): void {
  const missing = seqDelta(seq, hole.next);
  if (missing <= 0) return;
  const current = markOf(content);
  content.handle.recall(hole.mark);
  hole.next = seq;
  if (hole.begun || content.given) announceGap(content, hole.side, missing);
  content.handle.recall(current);
}

/** The account gives back what it noted as lost of a hole and what came after all. */
function giveBack(table: FlowTable, slot: number, content: FlowContent, hole: Hole): void {
  if (!hole.counted) return;
  const annex = table.annexOf(slot);
  table.annex64[annex * ANNEX64 + MISSED]! -= hole.filled;
  if (hole.filled < hole.length) return;
  table.annex32[annex * ANNEX32 + GAPS + hole.side]! -= 1;
  if (hole.letterAt < 0) return;
  removeHistory(table, slot, hole.letterAt);
  for (const other of content.held?.items ?? [])
    if (isHole(other) && other.letterAt > hole.letterAt) other.letterAt--;
}

/** Hands on the part of a piece that was not before. */
function handOnPiece(content: FlowContent, held: HeldGap, hole: Hole, piece: HeldPart): void {
  const seen = seqDelta(hole.next, piece.seq);
  if (piece.length > seen) {
    hole.filled += piece.length - seen;
    hole.next = seqAdd(piece.seq, piece.length);
  }
  handOnPart(content, held, piece, seen);
}

/** Hands on a part from its byte `seen` on, as of its own packet. */
function handOnPart(content: FlowContent, held: HeldGap, part: HeldPart, seen: number): void {
  const bytes = part.bytes ?? EMPTY;
  if (part.length > seen) {
    const current = markOf(content);
    content.handle.recall(part.mark);
    handOn(content, part.side, part.length - seen, bytes, Math.min(seen, bytes.length), bytes.length);
    content.handle.recall(current);
  }
  held.free(part);
}

function announceGap(content: FlowContent, side: Direction, length: number): void {
  const { consumer } = content;
  if (consumer !== null && !consumer.gap(content.told(side), length)) stopConsumer(content);
}

function markOf({ handle }: FlowContent): PacketMark {
  return { now: handle.now, frame: handle.frame, capture: handle.capture };
}

/** Nobody wants this flow's bytes any more: free what waits, keep counting. */
export function stopConsumer(content: FlowContent): void {
  content.consumer = null;
  content.waiting[0]?.forgetBytes();
  content.waiting[1]?.forgetBytes();
  content.held?.forgetBytes();
}
