/**
 * Stream bytes that the snapshot length cut off and that their receiver has not acknowledged yet. Once it has, they are
 * missing like those of a lost packet (Zeek's `missed_bytes`); before, nothing shows that they arrived.
 *
 * Limit: `MAX_RANGES` ranges that do not touch; the gap before a further one is closed, so that a range counts too much
 * rather than that memory grows.
 */
import { seqDelta } from './sequence.ts';

export const MAX_RANGES = 256;

interface Range {
  /** Relative sequence numbers: first byte, one past the last. */
  from: number;
  to: number;
}

export class CutBytes {
  readonly #ranges: Range[] = [];

  get empty(): boolean {
    return this.#ranges.length === 0;
  }

  /** `[from, to)` was cut; never before what was added earlier. */
  add(from: number, to: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && (last.to === from || this.#ranges.length >= MAX_RANGES)) last.to = to;
    else this.#ranges.push({ from, to });
  }

  /** Everything before `seq` was received: how many of those bytes were cut. */
  acknowledge(seq: number): number {
    let bytes = 0;
    let done = 0;
    for (const range of this.#ranges) {
      const covered = seqDelta(seq, range.from);
      if (covered <= 0) break;
      const length = seqDelta(range.to, range.from);
      bytes += Math.min(covered, length);
      if (covered < length) {
        range.from = seq;
        break;
      }
      done++;
    }
    this.#ranges.splice(0, done);
    return bytes;
  }
}
