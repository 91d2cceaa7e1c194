/**
 * Merges captures by time, frame by frame: two taps, two directions of one tap, rotated files that overlap. Captures
 * are opened when the time of their first frame has come, and closed at their end, so that a directory of a thousand
 * rotated files has one or two open at any time.
 *
 * Equal times are handed over in the order of the inputs. Limit: `open_captures`: `MAX_OPEN` at once; one that would be
 * the next waits until another ends, and its frames come late.
 */
import type { FrameWindow } from './frame-window.ts';

export const MAX_OPEN = 32;

/** A capture being read. Its window has a frame ready. */
export interface Lane {
  readonly window: FrameWindow;
  /** Position among the inputs. */
  readonly position: number;
}

/** A point in time, and a position among what has the same time. */
export class Mark {
  sec = Number.POSITIVE_INFINITY;
  nsec = 0;
  position = 0;

  set(sec: number, nsec: number, position: number): void {
    this.sec = sec;
    this.nsec = nsec;
    this.position = position;
  }

  /** Whether the lane's next frame comes before this. */
  after({ window, position }: Lane): boolean {
    const { sec } = window;
    if (sec !== this.sec) return sec < this.sec;
    const { nsec } = window;
    return nsec === this.nsec ? position < this.position : nsec < this.nsec;
  }
}

/**
 * Whose turn it is: the lane whose next frame is the earliest, or undefined without lanes. `until` becomes the mark of
 * the next of the others; the lane may go on as long as `until.after(lane)`.
 */
export function nextTurn<L extends Lane>(lanes: readonly L[], until: Mark): L | undefined {
  let first: L | undefined;
  let second: L | undefined;
  for (const lane of lanes) {
    if (first === undefined || before(lane, first)) {
      second = first;
      first = lane;
    } else if (second === undefined || before(lane, second)) second = lane;
  }
  if (second === undefined) until.set(Number.POSITIVE_INFINITY, 0, 0);
  else until.set(second.window.sec, second.window.nsec, second.position);
  return first;
}

function before(a: Lane, b: Lane): boolean {
  const difference = a.window.sec - b.window.sec || a.window.nsec - b.window.nsec;
  return difference === 0 ? a.position < b.position : difference < 0;
}
