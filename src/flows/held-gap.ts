/**
 * Holes in the TCP directions of one flow whose bytes were acknowledged before they were seen. Mostly they are lost to
 * the capture; but where two taps or queues feed it, an acknowledgement may overtake its data. So the flow's
 * bytes are held until the missing ones come, or until it is clear that they will not: `MAX_TIME` of capture time or
 * `MAX_ITEMS` segments of the flow later, or at its end. Both directions are held, so that a decoder sees a
 * question before its answer, and each part is handed on as of its own packet.
 *
 * The account of the flow (history, missed bytes) has a gap at once, as Zeek's has, and gives it back when the hole
 * was filled.
 *
 * Limits: the two above, and `MAX_LENGTH`: a longer hole is a loss. Copies count against the common stream memory.
 */
import type { PacketMark } from '../model/flow.ts';
import { type Direction, ORIG, RESP } from '../model/protocol.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { seqDelta } from './sequence.ts';

/** Bytes of a hole that is worth waiting for. */
export const MAX_LENGTH = 1 << 16;
/** Seconds of capture time. */
const MAX_TIME = 0.002;
const MAX_ITEMS = 64;

/** Bytes that are held. */
export interface HeldPart {
  side: Direction;
  /** Relative sequence number of the first byte. */
  readonly seq: number;
  readonly length: number;
  /** Copy of the captured bytes; null when nobody wants them or memory is short. */
  bytes: Uint8Array | null;
  readonly mark: PacketMark;
}

/** Bytes that are missing. */
export interface Hole {
  side: Direction;
  /** The first byte that was not handed on. */
  next: number;
  /** One past the hole. */
  end: number;
  length: number;
  /** Payload came before it. What is missing before the first payload is no gap: the flow begins there. */
  readonly begun: boolean;
  /** The packet that acknowledged it. */
  readonly mark: PacketMark;
  /** The account of the flow has it. */
  readonly counted: boolean;
  /** Where the history has its letter, or -1. */
  letterAt: number;
  /** Bytes that came. */
  filled: number;
  /** Parts of it that came, in order of their place. */
  readonly pieces: HeldPart[];
}

/** What is held of a flow, in the order in which it belongs: a hole first, then what came behind it. */
export class HeldGap {
  readonly items: (HeldPart | Hole)[] = [];
  readonly #memory: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#memory = memory;
  }

  /** Whether the missing bytes would have come by now. */
  isOverdue({ sec, nsec }: PacketMark['now']): boolean {
    if (this.items.length >= MAX_ITEMS) return true;
    const { now } = this.items[0]!.mark;
    return sec - now.sec + (nsec - now.nsec) / 1e9 > MAX_TIME;
  }

  /** Adds a part behind what is held; `bytes[from, to)` are its captured bytes, copied when `keep`. */
  push(
    side: Direction,
    seq: number,
    length: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    keep: boolean,
    mark: PacketMark,
  ): void {
    const stop = Math.min(to, from + length);
    this.items.push({ side, seq, length, bytes: keep ? this.#copy(bytes, from, stop) : null, mark });
  }

  /** Puts bytes that came late into the holes they belong to. */
  fill(
    side: Direction,
    seq: number,
    length: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    keep: boolean,
    mark: PacketMark,
  ): void {
    for (const hole of this.items) {
      if (!isHole(hole) || hole.side !== side) continue;
      const skip = Math.max(0, seqDelta(hole.next, seq));
      const taken = Math.min(length, seqDelta(hole.end, seq)) - skip;
      if (taken <= 0 || hole.pieces.length >= MAX_ITEMS) continue;
      const start = Math.min(from + skip, to);
      const copy = keep ? this.#copy(bytes, start, Math.min(to, start + taken)) : null;
      const piece = { side, seq: (seq + skip) >>> 0, length: taken, bytes: copy, mark };
      let at = hole.pieces.length;
      while (at > 0 && seqDelta(hole.pieces[at - 1]!.seq, piece.seq) > 0) at--;
      hole.pieces.splice(at, 0, piece);
    }
  }

  /** A part was handed on, or is not wanted any more. */
  free(part: HeldPart): void {
    if (part.bytes !== null) this.#memory.give(part.bytes.length);
    part.bytes = null;
  }

  /** Originator and responder changed places. */
  turn(): void {
    for (const item of this.items) {
      item.side = item.side === ORIG ? RESP : ORIG;
      if (isHole(item)) for (const piece of item.pieces) piece.side = item.side;
    }
  }

  /** Nobody takes the stream any more. */
  forgetBytes(): void {
    for (const item of this.items) {
      if (isHole(item)) for (const piece of item.pieces) this.free(piece);
      else this.free(item);
    }
  }

  #copy(bytes: Uint8Array, from: number, stop: number): Uint8Array | null {
    return stop > from && this.#memory.take(stop - from) ? bytes.slice(from, stop) : null;
  }
}

export function isHole(item: HeldPart | Hole): item is Hole {
  return 'pieces' in item;
}
