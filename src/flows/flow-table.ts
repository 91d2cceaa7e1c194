/**
 * The flows of one shard: a hash table over five-tuples whose rows stand in two buffers (`flow-layout.ts`). A flow is a
 * slot number.
 *
 * Invariants
 * - `buckets` holds slot + 1, or 0; linear probing; a removed entry is closed up by moving later ones back, so there
 *   are no tombstones and a probe ends at the first 0.
 * - The key is canonical: the side with the smaller (address, port) comes first, whoever sent; `LOW_IS_ORIG` says
 *   which side that is. One-way ICMP flows keep the sender first.
 * - A slot is either live (`LIVE` is 1, reachable from a bucket) or on the free list.
 * - `grow` replaces the views: nobody keeps them across `insert`.
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
  ATTEMPT_END,
  DEADLINE,
  END8,
  END32,
  END64,
  FLOW8,
  FLOW32,
  FLOW64,
  HASH,
  KEY_IPV6,
  KEY_ONE_WAY,
  KEY_WORDS,
  LIVE,
  NEXT,
  PAYLOAD,
} from './flow-layout.ts';

const FIRST_CAPACITY = 64;
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

  /** For the flows that carry payload. */
  readonly content: (FlowContent | null)[] = [];
  /** Uids of the tunnels that flows came through. */
  readonly parents = new Map<number, string[]>();

  #capacity = FIRST_CAPACITY;
  #buckets = new Int32Array(FIRST_CAPACITY * 2);
  readonly #free: number[] = [];
  readonly #probe = new Uint32Array(KEY_WORDS);
  #probeHash = 0;
  /** Whether the sender of the packet last probed is the low side of the key. */
  senderIsLow = false;

  constructor(shard: number, memory: StreamMemory, tunnels: TunnelTable) {
    this.shard = shard;
    this.memory = memory;
    this.tunnels = tunnels;
    this.#setRows(new ArrayBuffer(FIRST_CAPACITY * FLOW8), new ArrayBuffer(FIRST_CAPACITY * 2 * END8));
  }

  isLive(slot: number): boolean {
    return this.flow8[slot * FLOW8 + LIVE] === 1;
  }

  /** The live slot of the packet's five-tuple, or -1. `a` and `b` are the ports (or ICMP type and counterpart). */
  find(packet: Packet, a: number, b: number, meta: number): number {
    const probe = this.#probe;
    const low = meta & KEY_ONE_WAY ? true : senderIsLow(packet, a, b);
    this.senderIsLow = low;
    if (low) {
      probe[0] = packet.src0;
      probe[1] = packet.src1;
      probe[2] = packet.src2;
      probe[3] = packet.src3;
      probe[4] = packet.dst0;
      probe[5] = packet.dst1;
      probe[6] = packet.dst2;
      probe[7] = packet.dst3;
      probe[8] = (a << 16) | b;
    } else {
      probe[0] = packet.dst0;
      probe[1] = packet.dst1;
      probe[2] = packet.dst2;
      probe[3] = packet.dst3;
      probe[4] = packet.src0;
      probe[5] = packet.src1;
      probe[6] = packet.src2;
      probe[7] = packet.src3;
      probe[8] = (b << 16) | a;
    }
    probe[9] = meta;
    const hash = hashKey(probe, (meta & KEY_IPV6) !== 0);
    this.#probeHash = hash;
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const slot = buckets[bucket]! - 1;
      if (slot < 0) return -1;
      if (this.flow32[slot * FLOW32 + HASH] === hash && this.#sameKey(slot)) return slot;
    }
  }

  #sameKey(slot: number): boolean {
    const { flow32 } = this;
    const probe = this.#probe;
    const at = slot * FLOW32;
    return (
      flow32[at + 3] === probe[3] &&
      flow32[at + 7] === probe[7] &&
      flow32[at + 8] === probe[8] &&
      flow32[at + 9] === probe[9] &&
      flow32[at] === probe[0] &&
      flow32[at + 1] === probe[1] &&
      flow32[at + 2] === probe[2] &&
      flow32[at + 4] === probe[4] &&
      flow32[at + 5] === probe[5] &&
      flow32[at + 6] === probe[6]
    );
  }

  /** Takes a slot for the key last probed, every field at its start value. The caller made room. */
  insert(): number {
    const slot = this.#free.pop() ?? this.used++;
    if (slot >= this.#capacity) this.#grow();
    const { flow32, flow64, end32, end64 } = this;
    const at = slot * FLOW32;
    flow32.fill(0, at, at + FLOW32);
    const probe = this.#probe;
    for (let i = 0; i < KEY_WORDS; i++) flow32[at + i] = probe[i]!;
    flow32[at + HASH] = this.#probeHash;
    flow64[slot * FLOW64 + DEADLINE] = Number.POSITIVE_INFINITY;
    flow64[slot * FLOW64 + ATTEMPT_END] = Number.POSITIVE_INFINITY;
    this.flow8[slot * FLOW8 + LIVE] = 1;
    const e = slot * 2;
    end32.fill(0, e * END32, (e + 2) * END32);
    end32[e * END32 + NEXT] = 1;
    end32[(e + 1) * END32 + NEXT] = 1;
    end64[e * END64 + PAYLOAD] = -1;
    end64[(e + 1) * END64 + PAYLOAD] = -1;
    this.content[slot] = null;
    this.count++;
    if (this.count * 2 > this.#buckets.length) this.#rehash();
    else this.#link(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.flow8[slot * FLOW8 + LIVE] = 0;
    this.content[slot] = null;
    if (this.parents.size > 0) this.parents.delete(slot);
    this.count--;
    this.#free.push(slot);
  }

  /** Every flow has ended: gives the memory back, since the records of the other shards are still to come. */
  release(): void {
    this.used = 0;
    this.#free.length = 0;
    this.content.length = 0;
    this.#capacity = FIRST_CAPACITY;
    this.#buckets = new Int32Array(FIRST_CAPACITY * 2);
    this.#setRows(new ArrayBuffer(FIRST_CAPACITY * FLOW8), new ArrayBuffer(FIRST_CAPACITY * 2 * END8));
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
    const { flow8, end8 } = this;
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
}

/** Whether the sender comes first in the canonical order of (address, port). */
function senderIsLow(packet: Packet, a: number, b: number): boolean {
  if (packet.src3 !== packet.dst3) return packet.src3 < packet.dst3;
  if (packet.src2 !== packet.dst2) return packet.src2 < packet.dst2;
  if (packet.src1 !== packet.dst1) return packet.src1 < packet.dst1;
  if (packet.src0 !== packet.dst0) return packet.src0 < packet.dst0;
  return a <= b;
}

function hashKey(key: Uint32Array, ipv6: boolean): number {
  let h = mix(SEED, key[3]!);
  h = mix(h, key[7]!);
  h = mix(h, key[8]!);
  h = mix(h, key[9]!);
  if (ipv6) {
    h = mix(h, key[0]!);
    h = mix(h, key[1]!);
    h = mix(h, key[2]!);
    h = mix(h, key[4]!);
    h = mix(h, key[5]!);
    h = mix(h, key[6]!);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  const k = Math.imul(Math.imul(word, 0xcc9e2d51) ^ (word >>> 15), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
