/**
 * Reads the elements of a data set as its bytes come by (PS3.5 section 7): implicit VR little endian, explicit VR little
 * and big endian, sequences of defined and undefined length. Long values and everything from the pixel data on are asked
 * to be skipped, so a picture costs as much as its header. A flat loop with a bounded stack; nothing is read twice.
 *
 * It gives tag, depth and value and judges nothing. It ends at the pixel data, at encapsulated values and at the first
 * element that makes no sense; what was visited before stands.
 * Limits: `MAX_DEPTH` nested sequences and items; `MAX_VALUE` bytes kept of a value; `MAX_READ` bytes looked at.
 */
import { u16be, u16le, u32be, u32le } from '../../../bytes/read.ts';
import { type Encoding, IMPLICIT_LITTLE } from './uids.ts';

const EMPTY = new Uint8Array(0);
/** Sequences and items within one another; real objects stay below ten of each. */
const MAX_DEPTH = 32;
/** Beginning of a value that is given to the visitor. */
const MAX_VALUE = 1024;
/** Headers and short values looked at in one data set; identifiers stand in its low groups. */
const MAX_READ = 1024 * 1024;
const UNDEFINED_LENGTH = 0xffffffff;
const ITEM_GROUP = 0xfffe;
const ITEM = 0xe000;
const ITEM_END = 0xe00d;
const SEQUENCE_END = 0xe0dd;
const PIXEL_GROUP = 0x7fe0;

/** How the reading ended. `cut` is no fault of a data set of which only a part is at hand; `limit` is ours. */
export type ReadEnd = 'complete' | 'cut' | 'malformed' | 'too_deep' | 'limit';

/**
 * Called for each element that is not a sequence, with at most the first `MAX_VALUE` bytes of its value, which are lent.
 * Depth 0 is the data set itself.
 */
export type Visit = (
  group: number,
  element: number,
  depth: number,
  bytes: Uint8Array,
  from: number,
  to: number,
) => void;

/** A sequence or item being read. */
interface Level {
  /** Where it ends; infinity when a delimiter ends it. */
  readonly end: number;
  readonly isItem: boolean;
  /** Encoding to return to after it. */
  readonly outer: Encoding;
}

export class DatasetReader {
  /** How it ended; undefined while more is wanted. */
  end: ReadEnd | undefined;
  /** Bytes to pass over before the next one that is looked at; infinite when it has ended. */
  skip = 0;
  readonly #visit: Visit;
  #encoding: Encoding;
  readonly #levels: Level[] = [];
  #items = 0;
  /** Place in the data set of the next byte, those held not counted. */
  #at = 0;
  #read = 0;
  /** A header or the beginning of a value that was cut; made when something is. */
  #held = EMPTY;
  #heldLength = 0;
  /** Bytes that must stand together for the next step. */
  #need = 8;
  #inValue = false;
  #group = 0;
  #element = 0;
  #length = 0;

  constructor(encoding: Encoding, visit: Visit) {
    this.#encoding = encoding;
    this.#visit = visit;
  }

  /** Takes `bytes[from, to)`, which are lent; what is to be skipped among them is skipped. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && this.end === undefined) {
      if (this.skip > 0) {
        const passed = Math.min(this.skip, to - at);
        this.pass(passed);
        at += passed;
      } else if (this.#heldLength === 0 && to - at >= this.#need) {
        at += this.#step(bytes, at);
      } else {
        if (this.#held.length === 0) this.#held = new Uint8Array(MAX_VALUE);
        const taken = Math.min(this.#need - this.#heldLength, to - at);
        this.#held.set(bytes.subarray(at, at + taken), this.#heldLength);
        this.#heldLength += taken;
        at += taken;
        while (this.#heldLength >= this.#need && this.end === undefined && this.skip === 0) this.#stepHeld();
      }
    }
  }

  /** `length` bytes come by unseen; at most `skip`. */
  pass(length: number): void {
    this.skip -= length;
    this.#at += length;
  }

  /** The data set is over: how it ended. */
  finish(): ReadEnd {
    if (this.end !== undefined) return this.end;
    const isCut =
      this.#heldLength > 0 ||
      this.#inValue ||
      this.skip > 0 ||
      this.#levels.some(({ end }) => end > this.#at);
    this.#stop(isCut ? 'cut' : 'complete');
    return isCut ? 'cut' : 'complete';
  }

  #stop(end: ReadEnd): number {
    this.end = end;
    this.skip = Number.POSITIVE_INFINITY;
    return 0;
  }

  /** One step over what is held; what it did not use stays. */
  #stepHeld(): void {
    const used = this.#step(this.#held, 0);
    if (used === 0) return;
    this.#held.copyWithin(0, used, this.#heldLength);
    this.#heldLength -= used;
  }

  /** Reads a header or value of `#need` bytes at `at`; returns how many were used, 0 when more must stand together. */
  #step(bytes: Uint8Array, at: number): number {
    const used = this.#inValue ? this.#value(bytes, at) : this.#header(bytes, at);
    this.#at += used;
    this.#read += used;
    if (this.#read > MAX_READ && this.end === undefined) this.#stop('limit');
    return used;
  }

  #value(bytes: Uint8Array, at: number): number {
    const used = this.#need;
    this.#visit(this.#group, this.#element, this.#items, bytes, at, at + used);
    this.#inValue = false;
    this.#need = 8;
    this.skip = this.#length - used;
    return used;
  }

  #header(bytes: Uint8Array, at: number): number {
    if (!this.#leaveLevels()) return this.#stop('malformed');
    const { explicitVr, bigEndian } = this.#encoding;
    const u16 = bigEndian ? u16be : u16le;
    const u32 = bigEndian ? u32be : u32le;
    const group = u16(bytes, at);
    const element = u16(bytes, at + 2);
    let vr = '';
    let size = 8;
    let length: number;
    // Items and delimiters have no VR in any encoding (PS3.5 section 7.5).
    if (!explicitVr || group === ITEM_GROUP) {
      length = u32(bytes, at + 4);
    } else {
      const [first, second] = [bytes[at + 4]!, bytes[at + 5]!];
      if (!isUpper(first) || !isUpper(second)) return this.#stop('malformed');
      vr = String.fromCharCode(first, second);
      if (LONG_FORM.has(vr)) size = 12;
      if (size > this.#need) return this.#more(size);
      length = size === 12 ? u32(bytes, at + 8) : u16(bytes, at + 6);
    }
    this.#group = group;
    this.#element = element;
    if (group === ITEM_GROUP && element !== ITEM) return this.#delimiter(element) ? this.#next(size) : 0;
    if (group === PIXEL_GROUP && this.#levels.length === 0) return this.#stop('complete');
    const isItem = group === ITEM_GROUP;
    const isUndefined = length === UNDEFINED_LENGTH;
    // Implicit VR does not name sequences: one of defined length is known by the item its value begins with.
    const mayHideItem = !explicitVr && !isItem && !isUndefined && length >= 8;
    if (mayHideItem && this.#need < 12) return this.#more(12);
    const hidesItem = mayHideItem && u16le(bytes, at + 8) === ITEM_GROUP && u16le(bytes, at + 10) === ITEM;
    if (!isItem && vr !== 'SQ' && !isUndefined && !hidesItem) return this.#beginValue(size, length);
    // Undefined length on anything but sequences and items is encapsulated (PS3.5 annex A.4).
    if (isUndefined && !isItem && vr !== '' && vr !== 'SQ' && vr !== 'UN') return this.#stop('complete');
    if (this.#levels.length >= MAX_DEPTH) return this.#stop('too_deep');
    const end = isUndefined ? Number.POSITIVE_INFINITY : this.#at + size + length;
    this.#levels.push({ end, isItem, outer: this.#encoding });
    if (isItem) this.#items++;
    else if (vr === 'UN') this.#encoding = IMPLICIT_LITTLE;
    return this.#next(size);
  }

  /** Leaves what ends here; false when something should have ended before. */
  #leaveLevels(): boolean {
    for (let top = this.#levels.at(-1); top !== undefined && this.#at >= top.end; top = this.#levels.at(-1)) {
      if (this.#at > top.end) return false;
      this.#leave(top);
    }
    return true;
  }

  #leave(top: Level): void {
    this.#levels.pop();
    if (top.isItem) this.#items--;
    this.#encoding = top.outer;
  }

  /** A delimiter ends what it was opened for; one without a partner ends the reading. */
  #delimiter(element: number): boolean {
    const top = this.#levels.at(-1);
    const fits =
      (element === ITEM_END || element === SEQUENCE_END) &&
      top?.end === Number.POSITIVE_INFINITY &&
      top.isItem === (element === ITEM_END);
    if (fits) this.#leave(top);
    else this.#stop('malformed');
    return fits;
  }

  #beginValue(size: number, length: number): number {
    this.#length = length;
    if (length === 0) this.#visit(this.#group, this.#element, this.#items, EMPTY, 0, 0);
    this.#inValue = length > 0;
    this.#need = length > 0 ? Math.min(length, MAX_VALUE) : 8;
    return size;
  }

  #next(size: number): number {
    this.#need = 8;
    return size;
  }

  #more(need: number): 0 {
    this.#need = need;
    return 0;
  }
}

/** PS3.5 table 7.1-1: value representations with two reserved bytes and a 32-bit length. */
const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
