/**
 * One IP datagram that comes in fragments. Which bytes are there is kept as one bit per eight bytes, the unit of
 * fragment offsets, so that neither the number of fragments nor their overlaps cost more than the bytes they carry.
 *
 * Where fragments overlap, IPv4 keeps the bytes that came first, as Zeek does; an IPv6 datagram with overlapping
 * fragments is dropped whole (RFC 5722), unless a fragment came twice and says the same.
 */
import { u8 } from '../bytes/read.ts';

const UNIT = 8;
export const MAX_DATAGRAM = 0xffff;
/** Room in front of the data: both MAC addresses and the IP header. */
export const MAC_ROOM = 12;
export const MAX_HEADER = 256;
export const HEADROOM = MAC_ROOM + MAX_HEADER;
const FIRST_CAPACITY = HEADROOM + 4096;
/** Words that say which datagram a fragment belongs to. */
export const KEY_WORDS = 11;

/** What became of a fragment. */
export const ADDED = { waiting: 0, complete: 1, dropped: 2 } as const;

const NO_BYTES = new Uint8Array(0);

export class Datagram {
  readonly key = new Uint32Array(KEY_WORDS);
  hash = 0;
  /** Neighbours in order of their first fragments, and the next of the same hash. */
  older: Datagram | null = null;
  newer: Datagram | null = null;
  sameHash: Datagram | null = null;
  /** Headroom, then data. */
  bytes: Uint8Array = NO_BYTES;
  /** Bytes of the header in front of the data; 0 until the first piece came. */
  headerLength = 0;
  /** Data bytes of the whole; -1 until the last piece came. */
  total = -1;
  /** Where the captured data ends, when a piece was cut by a snapshot length. */
  cut = Number.POSITIVE_INFINITY;
  /** Frames it was made of so far. */
  frames = 0;
  /** Where and when it was first seen. */
  number = 0;
  sec = 0;
  nsec = 0;
  vlan = -1;
  innerVlan = -1;
  hasSource = false;
  hasDestination = false;
  /** Nothing is taken any more: it was complete, or broke a rule. */
  closed = false;
  /** Capture time at which it was complete, in seconds. */
  doneAt = Number.NEGATIVE_INFINITY;
  readonly #have = new Uint8Array((MAX_DATAGRAM + 1) / UNIT / 8);
  #units = 0;
  #furthest = 0;

  /** Takes a piece of `length` bytes, of which `captured` stand at `from`. */
  add(
    source: Uint8Array,
    from: number,
    captured: number,
    offset: number,
    length: number,
    more: boolean,
    strict: boolean,
  ): number {
    const end = offset + length;
    if (end > MAX_DATAGRAM || (more && length % UNIT !== 0) || length === 0) return ADDED.dropped;
    if (this.total >= 0 ? end > this.total || (!more && end !== this.total) : !more && end < this.#furthest)
      return ADDED.dropped;
    if (!more) this.total = end;
    this.#furthest = Math.max(this.#furthest, end);
    this.#reserve(end);
    const last = Math.ceil(end / UNIT);
    let known = 0;
    for (let unit = offset / UNIT; unit < last; unit++) {
      const start = unit * UNIT;
      const length = Math.min(UNIT, end - start);
      const available = Math.min(length, offset + captured - start);
      if ((this.#have[unit >> 3]! & (1 << (unit & 7))) !== 0) {
        known++;
        if (strict && !this.#isSame(source, from + start - offset, start, available)) return ADDED.dropped;
        continue;
      }
      this.#have[unit >> 3]! |= 1 << (unit & 7);
      this.#units++;
      for (let i = 0; i < available; i++)
        this.bytes[HEADROOM + start + i] = u8(source, from + start - offset + i);
      if (available < length) this.cut = Math.min(this.cut, start + Math.max(available, 0));
    }
    if (strict && known > 0 && known < last - offset / UNIT) return ADDED.dropped;
    const complete = this.total >= 0 && this.headerLength > 0 && this.#units === Math.ceil(this.total / UNIT);
    return complete ? ADDED.complete : ADDED.waiting;
  }

  /** Puts the header of the first piece in front of the data. */
  setHeader(source: Uint8Array, at: number, length: number): void {
    this.#reserve(0);
    this.headerLength = length;
    for (let i = 0; i < length; i++) this.bytes[HEADROOM - length + i] = u8(source, at + i);
  }

  setMac(source: Uint8Array, at: number, room: number): void {
    this.#reserve(0);
    for (let i = 0; i < 6; i++) this.bytes[room + i] = u8(source, at + i);
  }

  #isSame(source: Uint8Array, from: number, start: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.bytes[HEADROOM + start + i] !== source[from + i]) return false;
    return true;
  }

  #reserve(end: number): void {
    if (HEADROOM + end <= this.bytes.length) return;
    let capacity = Math.max(FIRST_CAPACITY, this.bytes.length);
    while (capacity < HEADROOM + end) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
