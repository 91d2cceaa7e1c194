/**
 * Segments of one TCP direction that lie behind a hole. Sorted, non-overlapping; where segments overlap the bytes
 * that came first are kept. When nobody takes the stream only the ranges are kept, for counting missing bytes.
 *
 * Limits: `MAX_SEGMENTS` ranges and `MAX_BYTES` bytes per direction. The stream layer declares the hole lost when
 * one is hit, so nothing waits forever. Copies that do not fit the common memory are not made: their bytes are a gap.
 */
import type { StreamMemory } from '../model/stream-memory.ts';
import { seqDelta } from './sequence.ts';

export const MAX_SEGMENTS = 512;
export const MAX_BYTES = 1 << 20;

interface Segment {
  /** Relative sequence number of the first byte. */
  seq: number;
  length: number;
  /** Bytes of it that were captured. */
  readonly captured: number;
  /** Copy of the captured bytes; null when only counted, shorter than `length` when the frame was cut. */
  bytes: Uint8Array | null;
}

export class OutOfOrder {
  readonly segments: Segment[] = [];
  #bytes = 0;
  readonly #memory: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#memory = memory;
  }

  get full(): boolean {
    return this.segments.length >= MAX_SEGMENTS || this.#bytes >= MAX_BYTES;
  }

  /**
   * Adds `[seq, seq + length)`. `bytes[from, to)` are the captured bytes, copied when `keep`.
   * Parts that are already held are dropped (first wins).
   */
  add(seq: number, length: number, bytes: Uint8Array, from: number, to: number, keep: boolean): void {
    let at = seq;
    let rest = length;
    // Segments mostly arrive in order behind the hole, so look from the back.
    let i = this.segments.length;
    while (i > 0 && seqDelta(this.segments[i - 1]!.seq, at) > 0) i--;
    if (i > 0) {
      const before = this.segments[i - 1]!;
      const overlap = seqDelta(before.seq + before.length, at);
      if (overlap >= rest) return;
      if (overlap > 0) {
        at = (at + overlap) >>> 0;
        rest -= overlap;
      }
    }
    while (rest > 0) {
      const after = this.segments[i];
      const room = after === undefined ? rest : Math.min(rest, seqDelta(after.seq, at));
      if (room > 0) {
        const offset = seqDelta(at, seq);
        const start = Math.min(from + offset, to);
        const stop = Math.min(start + room, to);
        const copy = keep && this.#memory.take(stop - start) ? bytes.slice(start, stop) : null;
        this.segments.splice(i, 0, {
          seq: at,
          length: room,
          captured: Math.max(stop - start, 0),
          bytes: copy,
        });
        this.#bytes += copy?.length ?? 0;
        i++;
      }
      if (after === undefined || this.full) return;
      const skip = seqDelta(after.seq + after.length, at);
      at = (at + skip) >>> 0;
      rest -= skip;
      i++;
    }
  }

  /** Takes the first segment away. */
  shift(): Segment | undefined {
    const segment = this.segments.shift();
    const bytes = segment?.bytes?.length ?? 0;
    this.#bytes -= bytes;
    this.#memory.give(bytes);
    return segment;
  }

  get first(): Segment | undefined {
    return this.segments[0];
  }

  /** Nobody takes the stream any more: keeps the ranges, frees their bytes. */
  forgetBytes(): void {
    for (const segment of this.segments) segment.bytes = null;
    this.#memory.give(this.#bytes);
    this.#bytes = 0;
  }
}
