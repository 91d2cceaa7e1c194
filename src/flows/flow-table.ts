/**
 * The flows of one shard: a hash table over five-tuples whose rows stand in a few buffers (`flow-layout.ts`). A flow is a
 * slot number.
 *
 * Invariants
 * - `buckets` holds slot + 1, or 0; linear probing; a removed entry is closed up by moving later ones back, so there
 *   are no tombstones and a probe ends at the first 0.
 * - The key is canonical: the side with the smaller (address, port) comes first, whoever sent; `LOW_IS_ORIG` says
 *   which side that is. One-way ICMP flows keep the sender first.
 * - A slot is either live (`LIVE` is 1, reachable from a bucket) or on the free list.
 * - A row of the annex belongs to one live slot, or is on its free list. Row 0 is nobody's.
 * - `wake` of a live slot is never later than the flow is over: whoever brings its end forward sets it to 0.
 * - Growing replaces the views: nobody keeps them across `insert` or `annexOf`.
 *
 * The bucket hash is seeded per process against crafted collisions; nothing that is emitted depends on it.
 *
 * Limit: `limit` live flows; the engine sets it, and makes room before it inserts.
 */
import type { Packet } from '../model/packet.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import type { TunnelTable } from '../model/tunnels.ts';
import type { FlowContent } from './flow-content.ts';
import {
  ANNEX,
  ANNEX8,
  ANNEX32,
  CONTENT,
  END8,
  END32,
  END64,
  FLOW8,
  FLOW32,
  FLOW64,
  HASH,
  HIGH_ADDRESS,
  KEY_IPV6,
  KEY_META,
  KEY_ONE_WAY,
  LIVE,
  LOW_ADDRESS,
  NEXT,
  OVER_AT,
  PAYLOAD,
  PORTS,
  WIDE,
  WIDE_WORDS,
} from './flow-layout.ts';

const TCP = 6;

const FIRST_CAPACITY = 64;
const FIRST_ANNEX = 8;
/** The latest time in `wake`. */
const NEVER = 0xffff_ffff;
const SEED = (Math.random() * 0x1_0000_0000) >>> 0;

export class FlowTable {
  readonly shard: number;
  /** Live flows at which the engine makes room before it inserts. */
  limit = Number.POSITIVE_INFINITY;
  /** Shared by all shards. */
  readonly memory: StreamMemory;
  readonly tunnels: TunnelTable;
  /** One past the highest slot ever used. */
  used = 0;
  count = 0;
  /** Acknowledged stream bytes that the snapshot length cut off, of all flows. */
  cutBytes = 0;
  /**
   * Seconds of capture time before which a flow is certainly not over, so that a sweep looks at its row only then. 0 says
   * that it is not known.
   */
  wake = new Uint32Array(FIRST_CAPACITY);
  // Views of the flow rows.
  flow64!: Float64Array;
  flow32!: Uint32Array;
  flow16!: Uint16Array;
  flow8!: Uint8Array;
  // Views of the endpoint rows.
  end64!: Float64Array;
  end32!: Uint32Array;
  end16!: Uint16Array;
  end8!: Uint8Array;
  // Views of the annex.
  annex64!: Float64Array;
  annex32!: Uint32Array;
  annex8!: Uint8Array;

  /** Of the flows that carry payload; the first is nobody's. Flows without one take no room here. */
  readonly #contents: (FlowContent | null)[] = [null];
  readonly #freeContents: number[] = [];
  /** Uids of the tunnels that flows came through. */
  readonly parents = new Map<number, string[]>();

  #capacity = FIRST_CAPACITY;
  #buckets = new Int32Array(FIRST_CAPACITY * 2);
  readonly #free: number[] = [];
  readonly #freeAnnex: number[] = [];
  #annexUsed = 1;
  /** The key last looked up, as it stands in a row, its hash, and the upper words of IPv6 addresses. */
  readonly #probe = new Uint32Array(HASH + 1);
  readonly #wide = new Uint32Array(WIDE_WORDS);
  /** Whether the sender of the packet last probed is the low side of the key. */
  senderIsLow = false;

  constructor(shard: number, memory: StreamMemory, tunnels: TunnelTable) {
    this.shard = shard;
    this.memory = memory;
    this.tunnels = tunnels;
    this.#setRows(new ArrayBuffer(FIRST_CAPACITY * FLOW8), new ArrayBuffer(FIRST_CAPACITY * 2 * END8));
    this.#setAnnex(new ArrayBuffer(FIRST_ANNEX * ANNEX8));
  }

  isLive(slot: number): boolean {
    return this.flow8[slot * FLOW8 + LIVE] === 1;
  }

  /** The live slot of the packet's five-tuple, or -1. `a` and `b` are the ports (or ICMP type and counterpart). */
  find(packet: Packet, a: number, b: number, meta: number): number {
    const probe = this.#probe;
    const low = meta & KEY_ONE_WAY ? true : senderIsLow(packet, a, b);
    this.senderIsLow = low;
    const lowAddress = low ? packet.src3 : packet.dst3;
    const highAddress = low ? packet.dst3 : packet.src3;
    const ports = (low ? (a << 16) | b : (b << 16) | a) >>> 0;
    let hash = mix(mix(mix(mix(SEED, lowAddress), highAddress), ports), meta);
    const ipv6 = (meta & KEY_IPV6) !== 0;
    if (ipv6) hash = this.#takeWide(packet, low, hash);
    hash = finish(hash);
    probe[LOW_ADDRESS] = lowAddress;
    probe[HIGH_ADDRESS] = highAddress;
    probe[PORTS] = ports;
    probe[KEY_META] = meta;
    probe[HASH] = hash;
    const buckets = this.#buckets;
    const { flow32 } = this;
    const mask = buckets.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const slot = buckets[bucket]! - 1;
      if (slot < 0) return -1;
      const at = slot * FLOW32;
      if (
        flow32[at + HASH] === hash &&
        flow32[at + LOW_ADDRESS] === lowAddress &&
        flow32[at + HIGH_ADDRESS] === highAddress &&
        flow32[at + PORTS] === ports &&
        flow32[at + KEY_META] === meta &&
        (!ipv6 || this.#sameWide(slot))
      )
        return slot;
    }
  }

  /** Notes the upper words of IPv6 addresses and mixes them into a hash. */
  #takeWide(packet: Packet, low: boolean, hash: number): number {
    const wide = this.#wide;
    wide[0] = low ? packet.src0 : packet.dst0;
    wide[1] = low ? packet.src1 : packet.dst1;
    wide[2] = low ? packet.src2 : packet.dst2;
    wide[3] = low ? packet.dst0 : packet.src0;
    wide[4] = low ? packet.dst1 : packet.src1;
    wide[5] = low ? packet.dst2 : packet.src2;
    let h = hash;
    for (let i = 0; i < WIDE_WORDS; i++) h = mix(h, wide[i]!);
    return h;
  }

  #sameWide(slot: number): boolean {
    const at = this.flow32[slot * FLOW32 + ANNEX]! * ANNEX32 + WIDE;
    for (let i = 0; i < WIDE_WORDS; i++) if (this.annex32[at + i] !== this.#wide[i]) return false;
    return true;
  }

  /** Takes a slot for the key last probed, every field at its start value. The caller made room. */
  insert(): number {
    const slot = this.#free.pop() ?? this.used++;
    if (slot >= this.#capacity) this.#grow();
    const { flow32, end32 } = this;
    const at = slot * FLOW32;
    flow32.fill(0, at, at + FLOW32);
    flow32.set(this.#probe, at);
    this.flow64[slot * FLOW64 + OVER_AT] = Number.POSITIVE_INFINITY;
    this.flow8[slot * FLOW8 + LIVE] = 1;
    this.wake[slot] = 0;
    const e = slot * 2;
    end32.fill(0, e * END32, (e + 2) * END32);
    const meta = this.#probe[KEY_META]!;
    if ((meta & 0xff) === TCP) {
      end32[e * END32 + NEXT] = 1;
      end32[(e + 1) * END32 + NEXT] = 1;
    } else {
      this.end64[e * END64 + PAYLOAD] = -1;
      this.end64[(e + 1) * END64 + PAYLOAD] = -1;
    }
    if ((meta & KEY_IPV6) !== 0) {
      const annex = this.annexOf(slot);
      this.annex32.set(this.#wide, annex * ANNEX32 + WIDE);
    }
    this.count++;
    if (this.count * 2 > this.#buckets.length) this.#rehash();
    else this.#link(slot);
    return slot;
  }

  /** The row of a flow in the annex, made when it has none. */
  annexOf(slot: number): number {
    const at = slot * FLOW32 + ANNEX;
    let row = this.flow32[at]!;
    if (row !== 0) return row;
    row = this.#freeAnnex.pop() ?? this.#annexUsed++;
    if (row * ANNEX8 >= this.annex8.length) {
      const { annex8 } = this;
      this.#setAnnex(new ArrayBuffer(annex8.length * 2));
      this.annex8.set(annex8);
    }
    this.annex8.fill(0, row * ANNEX8, (row + 1) * ANNEX8);
    this.flow32[at] = row;
    return row;
  }

  /** What is kept of a flow beyond its rows; null before it carried payload. */
  contentOf(slot: number): FlowContent | null {
    return this.#contents[this.flow32[slot * FLOW32 + CONTENT]!]!;
  }

  /** Gives a flow its content, once. */
  setContent(slot: number, content: FlowContent): void {
    const number = this.#freeContents.pop() ?? this.#contents.length;
    this.#contents[number] = content;
    this.flow32[slot * FLOW32 + CONTENT] = number;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    const annex = this.flow32[slot * FLOW32 + ANNEX]!;
    if (annex !== 0) this.#freeAnnex.push(annex);
    this.flow8[slot * FLOW8 + LIVE] = 0;
    this.wake[slot] = NEVER;
    const content = this.flow32[slot * FLOW32 + CONTENT]!;
    if (content !== 0) {
      this.#contents[content] = null;
      this.#freeContents.push(content);
    }
    if (this.parents.size > 0) this.parents.delete(slot);
    this.count--;
    this.#free.push(slot);
  }

  /** Every flow has ended: gives the memory back, since the records of the other shards are still to come. */
  release(): void {
    this.used = 0;
    this.#free.length = 0;
    this.#freeAnnex.length = 0;
    this.#annexUsed = 1;
    this.#contents.length = 1;
    this.#freeContents.length = 0;
    this.#capacity = FIRST_CAPACITY;
    this.#buckets = new Int32Array(FIRST_CAPACITY * 2);
    this.wake = new Uint32Array(FIRST_CAPACITY);
    this.#setRows(new ArrayBuffer(FIRST_CAPACITY * FLOW8), new ArrayBuffer(FIRST_CAPACITY * 2 * END8));
    this.#setAnnex(new ArrayBuffer(FIRST_ANNEX * ANNEX8));
  }

  #hashOf(slot: number): number {
    return this.flow32[slot * FLOW32 + HASH]!;
  }

  #link(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let bucket = this.#hashOf(slot) & mask;
    while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    buckets[bucket] = slot + 1;
  }

  #unlink(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let hole = this.#hashOf(slot) & mask;
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Close the gap: move back every later entry of the run whose home is not behind the hole.
    for (let bucket = (hole + 1) & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
      const home = this.#hashOf(buckets[bucket]! - 1) & mask;
      if (((bucket - home) & mask) >= ((bucket - hole) & mask)) {
        buckets[hole] = buckets[bucket]!;
        hole = bucket;
      }
    }
    buckets[hole] = 0;
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let slot = 0; slot < this.used; slot++) if (this.isLive(slot)) this.#link(slot);
  }

  #grow(): void {
    this.#capacity *= 2;
    const { flow8, end8, wake } = this;
    this.wake = new Uint32Array(this.#capacity);
    this.wake.set(wake);
    this.#setRows(new ArrayBuffer(this.#capacity * FLOW8), new ArrayBuffer(this.#capacity * 2 * END8));
    this.flow8.set(flow8);
    this.end8.set(end8);
  }

  #setRows(flows: ArrayBuffer, endpoints: ArrayBuffer): void {
    this.flow64 = new Float64Array(flows);
    this.flow32 = new Uint32Array(flows);
    this.flow16 = new Uint16Array(flows);
    this.flow8 = new Uint8Array(flows);
    this.end64 = new Float64Array(endpoints);
    this.end32 = new Uint32Array(endpoints);
    this.end16 = new Uint16Array(endpoints);
    this.end8 = new Uint8Array(endpoints);
  }

  #setAnnex(rows: ArrayBuffer): void {
    this.annex64 = new Float64Array(rows);
    this.annex32 = new Uint32Array(rows);
    this.annex8 = new Uint8Array(rows);
  }
}

/** Whether the sender comes first in the canonical order of (address, port). */
function senderIsLow(packet: Packet, a: number, b: number): boolean {
  if (packet.src3 !== packet.dst3) return packet.src3 < packet.dst3;
  if (packet.src2 !== packet.dst2) return packet.src2 < packet.dst2;
  if (packet.src1 !== packet.dst1) return packet.src1 < packet.dst1;
  if (packet.src0 !== packet.dst0) return packet.src0 < packet.dst0;
  return a <= b;
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  const k = Math.imul(Math.imul(word, 0xcc9e2d51) ^ (word >>> 15), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
