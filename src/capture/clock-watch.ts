/**
 * Watches the times of a capture's frames in file order for what no network does by itself: a clock that steps back,
 * and gaps that are too long for a hospital's network, where something speaks every few seconds.
 */

/** A step back by more than this is the clock; by less, frames that overtook one another. */
export const BACKWARD_SECONDS = 1;
/** A step forward by more than this is worth a word. */
export const FORWARD_SECONDS = 300;

/** A step from one frame to the next. */
export interface Jump {
  /** Positive in both directions. */
  readonly seconds: number;
  /** Time of the frame before. */
  readonly sec: number;
  readonly nsec: number;
  /** Number of the frame behind. */
  readonly number: number;
}

export class ClockWatch {
  backward = 0;
  forward = 0;
  largestBackward: Jump | undefined;
  largestForward: Jump | undefined;
  /** Frames of one interface that were that much earlier than the one of another before them: they overlap in time. */
  crossed = 0;
  /** The first of them. */
  firstCrossed = 0;
  #sec = Number.NaN;
  #nsec = 0;
  #source = 0;

  /** Takes the next frame of the file, which came from interface `source`. */
  note(sec: number, nsec: number, source: number, number: number): void {
    const step = sec - this.#sec;
    // Whole seconds decide whether it is worth a closer look; comparisons with the NaN of the start are false.
    if (step < 0 || step >= FORWARD_SECONDS) this.#look(step + (nsec - this.#nsec) / 1e9, source, number);
    this.#sec = sec;
    this.#nsec = nsec;
    this.#source = source;
  }

  #look(step: number, source: number, number: number): void {
    if (source !== this.#source) {
      if (step >= -BACKWARD_SECONDS) return;
      if (this.crossed === 0) this.firstCrossed = number;
      this.crossed++;
      return;
    }
    const jump = { seconds: Math.abs(step), sec: this.#sec, nsec: this.#nsec, number };
    if (step < -BACKWARD_SECONDS) {
      this.backward++;
      if (jump.seconds > (this.largestBackward?.seconds ?? 0)) this.largestBackward = jump;
    } else if (step > FORWARD_SECONDS) {
      this.forward++;
      if (jump.seconds > (this.largestForward?.seconds ?? 0)) this.largestForward = jump;
    }
  }
}
