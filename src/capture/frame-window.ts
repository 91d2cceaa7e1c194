/**
 * The frames of one capture, a window of them at a time, in time order. Frames stay where the reader's buffer has
 * them; the window holds where they are and when, and sorts only these. An ordinary capture is in order already: then
 * nothing is moved but the `HOLD` frames that are held back at the end of each window, because an earlier one might
 * follow.
 *
 * Put right: frames that stand at most `HOLD` frames or `HOLD_BYTES` bytes behind later ones. What comes later still
 * is handed over as early as possible and counted. A step back by more than a second is a clock that was set: what
 * came before is handed over first, and frames keep their place on both sides.
 *
 * The result depends on the frames alone, not on how their bytes arrive.
 */
import { Frame } from '../model/frame.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import { BACKWARD_SECONDS, ClockWatch } from './clock-watch.ts';
import { END, FRAME, type FrameReader } from './reader.ts';

/** Frames held back, and bytes of them. */
export const HOLD = 128;
export const HOLD_BYTES = 128 << 10;
/** Frames of one window. */
const CAPACITY = 2048;

/** Seconds and nanoseconds, the latter from 0 up to a second, to be added to every time. */
export interface ClockOffset {
  readonly sec: number;
  readonly nsec: number;
}

/** Where frames are and when: a row per frame. */
class FrameIndex {
  readonly at = new Int32Array(CAPACITY);
  readonly captured = new Int32Array(CAPACITY);
  readonly length = new Uint32Array(CAPACITY);
  readonly sec = new Float64Array(CAPACITY);
  readonly nsec = new Int32Array(CAPACITY);
  readonly linkType = new Int32Array(CAPACITY);
  readonly source = new Int32Array(CAPACITY);
  readonly number = new Float64Array(CAPACITY);

  set(row: number, frame: Frame, sec: number, nsec: number): void {
    this.at[row] = frame.at;
    this.captured[row] = frame.captured;
    this.length[row] = frame.length;
    this.sec[row] = sec;
    this.nsec[row] = nsec;
    this.linkType[row] = frame.linkType;
    this.source[row] = frame.source;
    this.number[row] = frame.number;
  }

  copy(row: number, from: FrameIndex, old: number): void {
    this.at[row] = from.at[old]!;
    this.captured[row] = from.captured[old]!;
    this.length[row] = from.length[old]!;
    this.sec[row] = from.sec[old]!;
    this.nsec[row] = from.nsec[old]!;
    this.linkType[row] = from.linkType[old]!;
    this.source[row] = from.source[old]!;
    this.number[row] = from.number[old]!;
  }
}

export class FrameWindow {
  readonly clock = new ClockWatch();
  /** Frames that stood behind later ones and were put in order. */
  reordered = 0;
  /** Frames that came too late for that. */
  unordered = 0;
  /** What the operating system said instead of giving more bytes. */
  ioError: string | undefined;
  readonly #reader: FrameReader;
  readonly #buffer: ChunkBuffer;
  readonly #offset: ClockOffset | undefined;
  readonly #frame = new Frame();
  #index = new FrameIndex();
  #spare = new FrameIndex();
  /** Rows in time order. */
  readonly #order = new Int32Array(CAPACITY);
  /** Positions in `order`: next to hand over, first that is held back, one past the last. */
  #head = 0;
  #floor = 0;
  #count = 0;
  #heldBytes = 0;
  #starved = false;
  #ended = false;
  /** Time of the last frame that is held back no more, of earlier windows. */
  #passedSec = Number.NEGATIVE_INFINITY;
  #passedNsec = 0;

  constructor(reader: FrameReader, buffer: ChunkBuffer, offset: ClockOffset | undefined) {
    this.#reader = reader;
    this.#buffer = buffer;
    this.#offset = offset;
  }

  /** A frame is ready to be handed over. */
  get ready(): boolean {
    return this.#head < (this.#ended ? this.#count : this.#floor);
  }

  /** Time of the next frame; only when one is ready. */
  get sec(): number {
    return this.#index.sec[this.#order[this.#head]!]!;
  }

  get nsec(): number {
    return this.#index.nsec[this.#order[this.#head]!]!;
  }

  /** Hands over the next frame; only when one is ready. */
  take(frame: Frame): void {
    const index = this.#index;
    const row = this.#order[this.#head++]!;
    frame.bytes = this.#buffer.bytes;
    frame.at = index.at[row]!;
    frame.captured = index.captured[row]!;
    frame.length = index.length[row]!;
    frame.sec = index.sec[row]!;
    frame.nsec = index.nsec[row]!;
    frame.linkType = index.linkType[row]!;
    frame.source = index.source[row]!;
    frame.number = index.number[row]!;
  }

  /** Reads on when no frame is ready. False at the end of the capture. */
  async more(): Promise<boolean> {
    while (!this.ready) {
      if (this.#ended) return false;
      this.#compact();
      if (this.#starved) await this.#fill();
      this.#read();
    }
    return true;
  }

  async #fill(): Promise<void> {
    const buffer = this.#buffer;
    const { at } = this.#index;
    let kept = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.#count; row++) kept = Math.min(kept, at[row]!);
    buffer.kept = kept;
    const before = buffer.base;
    try {
      await this.#reader.fill();
    } catch (error) {
      this.ioError = (error as Error).message;
      this.#ended = true;
    }
    const moved = buffer.base - before;
    for (let row = 0; row < this.#count; row++) at[row]! -= moved;
    this.#starved = false;
  }

  /** Keeps the frames that are held back, as the first rows. */
  #compact(): void {
    const held = this.#spare;
    const index = this.#index;
    if (this.#head > 0) {
      const last = this.#order[this.#head - 1]!;
      this.#passedSec = index.sec[last]!;
      this.#passedNsec = index.nsec[last]!;
    }
    let row = 0;
    for (let position = this.#head; position < this.#count; position++) {
      held.copy(row, index, this.#order[position]!);
      this.#order[row] = row;
      row++;
    }
    this.#spare = index;
    this.#index = held;
    this.#head = 0;
    this.#floor = 0;
    this.#count = row;
  }

  /** Takes in whatever frames the buffer holds. */
  #read(): void {
    const reader = this.#reader;
    const frame = this.#frame;
    while (this.#count < CAPACITY && !this.#ended) {
      const result = reader.next(frame);
      if (result === FRAME) this.#add(frame);
      else if (result === END) this.#ended = true;
      else {
        this.#starved = true;
        return;
      }
    }
  }

  #add(frame: Frame): void {
    let { sec, nsec } = frame;
    const offset = this.#offset;
    if (offset !== undefined) {
      sec += offset.sec;
      nsec += offset.nsec;
      if (nsec >= 1e9) {
        sec++;
        nsec -= 1e9;
      }
    }
    const row = this.#count;
    this.#index.set(row, frame, sec, nsec);
    this.clock.note(sec, nsec, frame.source, frame.number);
    let place = row;
    if (row > this.#floor) {
      if (this.#earlier(sec, nsec, this.#order[row - 1]!)) place = this.#placeOf(sec, nsec, row);
    } else if (this.#afterPassed(sec, nsec)) this.unordered++;
    this.#order[place] = row;
    this.#count++;
    this.#heldBytes += frame.captured;
    while (this.#count - this.#floor > HOLD || this.#heldBytes > HOLD_BYTES) {
      this.#heldBytes -= this.#index.captured[this.#order[this.#floor++]!]!;
    }
  }

  /** Makes room in the order for a frame that is earlier than the one before it. */
  #placeOf(sec: number, nsec: number, row: number): number {
    const order = this.#order;
    const last = order[row - 1]!;
    const back = this.#index.sec[last]! - sec + (this.#index.nsec[last]! - nsec) / 1e9;
    if (back > BACKWARD_SECONDS) {
      this.#floor = row;
      this.#heldBytes = 0;
      this.unordered++;
      return row;
    }
    let place = row;
    while (place > this.#floor && this.#earlier(sec, nsec, order[place - 1]!)) {
      order[place] = order[place - 1]!;
      place--;
    }
    if (place === this.#floor && this.#afterPassed(sec, nsec)) this.unordered++;
    else this.reordered++;
    return place;
  }

  #earlier(sec: number, nsec: number, row: number): boolean {
    const other = this.#index.sec[row]!;
    return sec < other || (sec === other && nsec < this.#index.nsec[row]!);
  }

  /** Whether the last frame that is held back no more is later than this moment. */
  #afterPassed(sec: number, nsec: number): boolean {
    if (this.#floor > 0) return this.#earlier(sec, nsec, this.#order[this.#floor - 1]!);
    return sec < this.#passedSec || (sec === this.#passedSec && nsec < this.#passedNsec);
  }
}
