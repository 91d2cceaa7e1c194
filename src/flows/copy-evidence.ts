/**
 * What a capture has shown so far about copies: which senders number their packets, between which hosts frames come
 * twice, and how far apart. Bounded: senders and pairs are direct-mapped caches, a newcomer takes the place of whoever
 * stood there. Nothing here is random, so the same input gives the same answers.
 */
import type { Packet } from '../model/packet.ts';

const SLOT_BITS = 11;
const SLOTS = 1 << SLOT_BITS;
/** Frames between two hosts after which their own evidence counts, not that of the whole capture. */
const ENOUGH = 8;
/** The identification that programs which make packets themselves give to all of them. */
const OF_TOOLS = 1;
/** Counters are halved here, so that old evidence fades. */
const FADE = 4096;

/** Senders whose IPv4 identifications change from packet to packet. */
export class SenderNumbers {
  readonly #sender = new Uint32Array(SLOTS);
  readonly #last = new Uint16Array(SLOTS);
  readonly #same = new Uint16Array(SLOTS);
  readonly #changed = new Uint16Array(SLOTS);

  /** Whether equal identifications of this packet's sender mean the same packet. */
  tellsApart(packet: Packet): boolean {
    if (packet.ipIdentification <= OF_TOOLS) return false;
    const sender = senderOf(packet);
    const slot = sender >>> (32 - SLOT_BITS);
    // Until it is known better, senders number their packets.
    return this.#sender[slot] !== sender || this.#same[slot]! <= this.#changed[slot]!;
  }

  /** Notes a packet that is no copy. */
  note(packet: Packet): void {
    // Fragments of one packet share its number.
    if (packet.ipIdentification <= 0 || packet.moreFragments || packet.fragmentOffset > 0) return;
    const sender = senderOf(packet);
    const slot = sender >>> (32 - SLOT_BITS);
    if (this.#sender[slot] !== sender) {
      this.#sender[slot] = sender;
      this.#same[slot] = 0;
      this.#changed[slot] = 0;
    } else if (this.#last[slot] === packet.ipIdentification) {
      this.#same[slot]!++;
    } else {
      this.#changed[slot]!++;
    }
    this.#last[slot] = packet.ipIdentification;
    if (this.#same[slot]! + this.#changed[slot]! >= FADE) {
      this.#same[slot]! >>= 1;
      this.#changed[slot]! >>= 1;
    }
  }
}

/** How many copies a frame between two hosts has, by those that could be told for certain. */
export class CopiesPerFrame {
  readonly #pair = new Uint32Array(SLOTS);
  readonly #firsts = new Uint16Array(SLOTS);
  readonly #copies = new Uint16Array(SLOTS);
  #allFirsts = 0;
  #allCopies = 0;

  noteFirst(packet: Packet): void {
    const slot = this.#slotOf(packet);
    this.#firsts[slot]!++;
    this.#allFirsts++;
    this.#fade(slot);
  }

  noteCopy(packet: Packet): void {
    const slot = this.#slotOf(packet);
    this.#copies[slot]!++;
    this.#allCopies++;
    this.#fade(slot);
  }

  /** Copies to be expected of a frame between these hosts; `unknown` when too little was seen. */
  expected(packet: Packet, unknown: number): number {
    const slot = this.#slotOf(packet);
    const firsts = this.#firsts[slot]!;
    if (firsts >= ENOUGH) return Math.round(this.#copies[slot]! / firsts);
    if (this.#allFirsts >= ENOUGH) return Math.round(this.#allCopies / this.#allFirsts);
    return unknown;
  }

  #slotOf(packet: Packet): number {
    const mixed =
      (packet.src0 ^ packet.dst0) +
      (packet.src1 ^ packet.dst1) +
      (packet.src2 ^ packet.dst2) +
      (packet.src3 ^ packet.dst3);
    const pair = Math.imul(mixed, 0x9e3779b1) >>> 0;
    const slot = pair >>> (32 - SLOT_BITS);
    if (this.#pair[slot] !== pair) {
      this.#pair[slot] = pair;
      this.#firsts[slot] = 0;
      this.#copies[slot] = 0;
    }
    return slot;
  }

  #fade(slot: number): void {
    if (this.#firsts[slot]! + this.#copies[slot]! >= FADE) {
      this.#firsts[slot]! >>= 1;
      this.#copies[slot]! >>= 1;
    }
    if (this.#allFirsts + this.#allCopies >= FADE) {
      this.#allFirsts >>= 1;
      this.#allCopies >>= 1;
    }
  }
}

/** A window is learnt from this many copies, again and again. */
const LESSON = 64;
/** The window is this many times as long as copies take. */
const MARGIN = 4;
/** Spacings are kept as powers of two of a microsecond. */
const STEPS = 32;
/** A learnt window is never shorter, in nanoseconds. */
const SHORTEST = 1e6;

/** How long to wait for copies: at first as long as allowed, then four times what nearly all (99.9 %) of them took. */
export class CopySpacing {
  /** The window now, in nanoseconds. */
  window: number;
  readonly #longest: number;
  readonly #steps = new Float64Array(STEPS);
  #seen = 0;

  /** @param longest in nanoseconds */
  constructor(longest: number) {
    this.#longest = longest;
    this.window = longest;
  }

  /** A copy that is one for certain came `distance` nanoseconds behind its frame. */
  note(distance: number): void {
    this.#steps[32 - Math.clz32(Math.min(distance / 1000, 0x7fff_ffff))]!++;
    if (++this.#seen % LESSON === 0) this.#learn();
  }

  #learn(): void {
    let beyond = this.#seen / 1000;
    let step = STEPS - 1;
    while (step > 0 && beyond >= this.#steps[step]!) beyond -= this.#steps[step--]!;
    this.window = Math.min(this.#longest, Math.max(SHORTEST, MARGIN * 2 ** step * 1000));
  }
}

function senderOf(packet: Packet): number {
  return Math.imul(packet.src3, 0x9e3779b1) >>> 0;
}
