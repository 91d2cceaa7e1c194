/**
 * The flows of one shard: a hash table over five-tuples with every hot column a typed array. A flow is a slot number;
 * endpoint columns have two entries per slot, `2 * slot` for the originator and `2 * slot + 1` for the responder.
 *
 * Invariants
 * - `buckets` holds slot + 1, or 0; linear probing; a removed entry is closed up by moving later ones back, so there
 *   are no tombstones and a probe ends at the first 0.
 * - The key is canonical: the side with the smaller (address, port) comes first, whoever sent; `lowIsOrig` says
 *   which side that is. One-way ICMP flows keep the sender first.
 * - A slot is either live (`live[slot] = 1`, reachable from a bucket) or on the free list.
 *
 * The bucket hash is seeded per process against crafted collisions; nothing that is emitted depends on it.
 *
 * Limit: `maxFlows` live flows; when full, the longest silent of a few candidates is evicted and counted.
 */
import type { StreamConsumer } from '../model/flow.ts';
import type { Packet } from '../model/packet.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import type { OutOfOrder } from './out-of-order.ts';

export const KEY_WORDS = 10;
export const HISTORY_BYTES = 32;
const FIRST_CAPACITY = 64;
const SEED = (Math.random() * 0x1_0000_0000) >>> 0;

/** Bits of the last key word besides the IP protocol. */
export const KEY_IPV6 = 0x100;
export const KEY_ONE_WAY = 0x200;

export class FlowTable {
  readonly shard: number;
  readonly maxFlows: number;
  /** Shared by all shards. */
  readonly memory: StreamMemory;
  capacity = FIRST_CAPACITY;
  /** One past the highest slot ever used. */
  used = 0;
  count = 0;

  key = new Uint32Array(FIRST_CAPACITY * KEY_WORDS);
  live = new Uint8Array(FIRST_CAPACITY);
  lowIsOrig = new Uint8Array(FIRST_CAPACITY);
  startSec = new Float64Array(FIRST_CAPACITY);
  startNsec = new Uint32Array(FIRST_CAPACITY);
  lastSec = new Float64Array(FIRST_CAPACITY);
  lastNsec = new Uint32Array(FIRST_CAPACITY);
  /** Seconds of silence that end the flow. */
  idle = new Float64Array(FIRST_CAPACITY);
  /** Capture time at which the flow is over whatever comes; Infinity when none is set. */
  deadline = new Float64Array(FIRST_CAPACITY);
  /** Capture time at which an unanswered attempt is over. */
  attempt = new Float64Array(FIRST_CAPACITY);
  frame = new Float64Array(FIRST_CAPACITY);
  capture = new Uint32Array(FIRST_CAPACITY);
  missed = new Float64Array(FIRST_CAPACITY);
  vlan = new Int16Array(FIRST_CAPACITY);
  innerVlan = new Int16Array(FIRST_CAPACITY);
  /** See `FLAG` below. */
  flags = new Uint16Array(FIRST_CAPACITY);
  historySeen = new Uint32Array(FIRST_CAPACITY);
  historyLength = new Uint8Array(FIRST_CAPACITY);
  history = new Uint8Array(FIRST_CAPACITY * HISTORY_BYTES);

  // Endpoint columns.
  packets = new Float64Array(FIRST_CAPACITY * 2);
  ipBytes = new Float64Array(FIRST_CAPACITY * 2);
  /** Payload bytes of UDP, ICMP and other flows; -1 before the first packet. */
  payload = new Float64Array(FIRST_CAPACITY * 2);
  macHigh = new Uint16Array(FIRST_CAPACITY * 2);
  macLow = new Uint32Array(FIRST_CAPACITY * 2);
  state = new Uint8Array(FIRST_CAPACITY * 2);
  previousState = new Uint8Array(FIRST_CAPACITY * 2);
  closed = new Uint8Array(FIRST_CAPACITY * 2);
  startSeq = new Uint32Array(FIRST_CAPACITY * 2);
  lastSeq = new Uint32Array(FIRST_CAPACITY * 2);
  ackSeq = new Uint32Array(FIRST_CAPACITY * 2);
  seqWraps = new Uint16Array(FIRST_CAPACITY * 2);
  ackWraps = new Uint16Array(FIRST_CAPACITY * 2);
  fins = new Uint8Array(FIRST_CAPACITY * 2);
  finSeq = new Uint32Array(FIRST_CAPACITY * 2);
  lastSyn = new Uint32Array(FIRST_CAPACITY * 2);
  lastFin = new Uint32Array(FIRST_CAPACITY * 2);
  lastRst = new Uint32Array(FIRST_CAPACITY * 2);
  retransmissions = new Uint32Array(FIRST_CAPACITY * 2);
  zeroWindows = new Uint32Array(FIRST_CAPACITY * 2);
  gaps = new Uint32Array(FIRST_CAPACITY * 2);
  /** Next expected byte of the stream, relative to `startSeq` (1 is the first). */
  next = new Uint32Array(FIRST_CAPACITY * 2);

  // Object columns, only for flows that need them.
  consumer: (StreamConsumer | null)[] = [];
  outOfOrder: (OutOfOrder | null)[] = [];
  service: string[] = [];

  #buckets = new Int32Array(FIRST_CAPACITY * 2);
  #hash = new Uint32Array(FIRST_CAPACITY);
  #free: number[] = [];
  readonly #probe = new Uint32Array(KEY_WORDS);
  #probeHash = 0;
  /** Whether the sender of the packet last probed is the low side of the key. */
  senderIsLow = false;

  constructor(shard: number, maxFlows: number, memory: StreamMemory) {
    this.memory = memory;
    this.shard = shard;
    this.maxFlows = maxFlows;
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
      if (this.#hash[slot] === hash && this.#sameKey(slot)) return slot;
    }
  }

  #sameKey(slot: number): boolean {
    const { key } = this;
    const probe = this.#probe;
    const at = slot * KEY_WORDS;
    return (
      key[at + 3] === probe[3] &&
      key[at + 7] === probe[7] &&
      key[at + 8] === probe[8] &&
      key[at + 9] === probe[9] &&
      key[at] === probe[0] &&
      key[at + 1] === probe[1] &&
      key[at + 2] === probe[2] &&
      key[at + 4] === probe[4] &&
      key[at + 5] === probe[5] &&
      key[at + 6] === probe[6]
    );
  }

  /** Takes a slot for the key last probed, with every column at its start value. The caller made room. */
  insert(): number {
    const slot = this.#free.pop() ?? this.used++;
    if (slot >= this.capacity) this.#grow();
    this.#reset(slot);
    this.key.set(this.#probe, slot * KEY_WORDS);
    this.#hash[slot] = this.#probeHash;
    this.live[slot] = 1;
    this.count++;
    if (this.count * 2 > this.#buckets.length) this.#rehash();
    else this.#link(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.live[slot] = 0;
    this.consumer[slot] = null;
    this.outOfOrder[slot * 2] = null;
    this.outOfOrder[slot * 2 + 1] = null;
    this.service[slot] = '';
    this.count--;
    this.#free.push(slot);
  }

  #link(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let bucket = this.#hash[slot]! & mask;
    while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    buckets[bucket] = slot + 1;
  }

  #unlink(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let hole = this.#hash[slot]! & mask;
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Close the gap: move back every later entry of the run whose home is not behind the hole.
    for (let bucket = (hole + 1) & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
      const home = this.#hash[buckets[bucket]! - 1]! & mask;
      if (((bucket - home) & mask) >= ((bucket - hole) & mask)) {
        buckets[hole] = buckets[bucket]!;
        hole = bucket;
      }
    }
    buckets[hole] = 0;
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let slot = 0; slot < this.used; slot++) if (this.live[slot] === 1) this.#link(slot);
  }

  #reset(slot: number): void {
    this.deadline[slot] = Number.POSITIVE_INFINITY;
    this.attempt[slot] = Number.POSITIVE_INFINITY;
    this.missed[slot] = 0;
    this.flags[slot] = 0;
    this.historySeen[slot] = 0;
    this.historyLength[slot] = 0;
    this.service[slot] = '';
    this.consumer[slot] = null;
    for (let e = slot * 2; e <= slot * 2 + 1; e++) {
      this.packets[e] = 0;
      this.ipBytes[e] = 0;
      this.payload[e] = -1;
      this.macHigh[e] = 0;
      this.macLow[e] = 0;
      this.state[e] = 0;
      this.previousState[e] = 0;
      this.closed[e] = 0;
      this.startSeq[e] = 0;
      this.lastSeq[e] = 0;
      this.ackSeq[e] = 0;
      this.seqWraps[e] = 0;
      this.ackWraps[e] = 0;
      this.fins[e] = 0;
      this.finSeq[e] = 0;
      this.lastSyn[e] = 0;
      this.lastFin[e] = 0;
      this.lastRst[e] = 0;
      this.retransmissions[e] = 0;
      this.zeroWindows[e] = 0;
      this.gaps[e] = 0;
      this.next[e] = 1;
      this.outOfOrder[e] = null;
    }
  }

  #grow(): void {
    this.capacity *= 2;
    const factor = 2;
    const columns = this as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(columns)) {
      if (!ArrayBuffer.isView(value)) continue;
      columns[name] = enlarge(value as Uint8Array, factor);
    }
    this.#hash = enlarge(this.#hash, factor);
  }
}

function enlarge<T extends Uint8Array | Uint32Array>(values: T, factor: number): T {
  const larger = new (values.constructor as new (n: number) => T)(values.length * factor);
  larger.set(values);
  return larger;
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

/** Bits of `flags`. */
export const FLAG = {
  /** TCP without a complete beginning. */
  partial: 0x01,
  origSeen: 0x02,
  respSeen: 0x04,
  /** A stream consumer was asked for. */
  asked: 0x08,
  /** The consumer wants nothing more; do not buffer. */
  finished: 0x10,
  /** Originator decided by a SYN. */
  bySyn: 0x20,
  /** Originator decided by a server port. */
  byPort: 0x40,
  /** The history column was full. */
  historyFull: 0x80,
  /** Over UDP on a DNS port: short lookups. */
  dns: 0x100,
} as const;
