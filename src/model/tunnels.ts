/**
 * Tunnels as numbers, so that one can be part of a flow's key: `layers/` numbers what it opens, `flows/` tells flows of
 * different tunnels apart and names the tunnel in records.
 *
 * Limit: `MAX_TUNNELS` tunnels; flows in one beyond it are told apart by their five-tuples only, and counted.
 */
import type { Packet } from './packet.ts';

export const TUNNEL = {
  none: 0,
  ip: 1,
  gre: 2,
  vxlan: 3,
  geneve: 4,
  gtp: 5,
  teredo: 6,
  ayiya: 7,
  l2tp: 8,
  capwap: 9,
  etherip: 10,
  mpls: 11,
  tzsp: 12,
} as const;

/** Zeek's names where Zeek has one. */
export const TUNNEL_NAMES = [
  'Tunnel::NONE',
  'Tunnel::IP',
  'Tunnel::GRE',
  'Tunnel::VXLAN',
  'Tunnel::GENEVE',
  'Tunnel::GTPv1',
  'Tunnel::TEREDO',
  'Tunnel::AYIYA',
  'Tunnel::L2TP',
  'Tunnel::CAPWAP',
  'Tunnel::ETHERIP',
  'Tunnel::MPLS',
  'Tunnel::TZSP',
] as const;

/** What `service` of the flow that carries one says. */
export const TUNNEL_SERVICES = [
  ...['', '', '', 'vxlan', 'geneve', 'gtpv1', 'teredo', 'ayiya', 'l2tp', 'capwap', '', 'mpls', 'tzsp'],
] as const;

export const MAX_TUNNELS = 1 << 14;

/** Words of a tunnel: type, identifier, and the end points in canonical order (zero when they do not count). */
export const TUNNEL_WORDS = 10;
const BUCKETS = MAX_TUNNELS * 2;
const SEED = (Math.random() * 0x1_0000_0000) | 0;

export class TunnelTable {
  /** Packets of tunnels that found no number. */
  refused = 0;
  /** Rows of `TUNNEL_WORDS` words; tunnel 0 is none. */
  words = new Uint32Array(64 * TUNNEL_WORDS);
  /** The low end point was the source of the first packet. */
  lowFirst = new Uint8Array(64);
  /** Of IP version 6. */
  ipv6 = new Uint8Array(64);
  #count = 1;
  #buckets = new Uint16Array(0);
  readonly #probe = new Uint32Array(TUNNEL_WORDS);

  /**
   * Number of a tunnel.
   * @param outer whose addresses are its end points, in either direction; null when they do not count
   */
  intern(type: number, identifier: number, outer: Packet | null): number {
    const probe = this.#probe;
    probe.fill(0);
    probe[0] = type;
    probe[1] = identifier;
    let low = true;
    if (outer !== null) {
      low = sourceIsLow(outer);
      this.#setAddress(low ? 2 : 6, outer.src0, outer.src1, outer.src2, outer.src3);
      this.#setAddress(low ? 6 : 2, outer.dst0, outer.dst1, outer.dst2, outer.dst3);
    }
    if (this.#buckets.length === 0) this.#buckets = new Uint16Array(BUCKETS);
    let bucket = hashOf(probe) % BUCKETS;
    for (let number = this.#buckets[bucket]!; number !== 0; number = this.#buckets[bucket]!) {
      if (this.#isProbe(number)) return number;
      bucket = (bucket + 1) % BUCKETS;
    }
    if (this.#count === MAX_TUNNELS) {
      this.refused++;
      return 0;
    }
    const number = this.#count++;
    if (number * TUNNEL_WORDS >= this.words.length) this.#grow();
    this.words.set(probe, number * TUNNEL_WORDS);
    this.lowFirst[number] = low ? 1 : 0;
    this.ipv6[number] = outer?.ipVersion === 6 ? 1 : 0;
    this.#buckets[bucket] = number;
    return number;
  }

  #setAddress(at: number, w0: number, w1: number, w2: number, w3: number): void {
    this.#probe[at] = w0;
    this.#probe[at + 1] = w1;
    this.#probe[at + 2] = w2;
    this.#probe[at + 3] = w3;
  }

  #isProbe(number: number): boolean {
    for (let i = 0; i < TUNNEL_WORDS; i++) {
      if (this.words[number * TUNNEL_WORDS + i] !== this.#probe[i]) return false;
    }
    return true;
  }

  #grow(): void {
    const { words, lowFirst, ipv6 } = this;
    this.words = new Uint32Array(words.length * 2);
    this.words.set(words);
    this.lowFirst = new Uint8Array(lowFirst.length * 2);
    this.lowFirst.set(lowFirst);
    this.ipv6 = new Uint8Array(ipv6.length * 2);
    this.ipv6.set(ipv6);
  }
}

function sourceIsLow(packet: Packet): boolean {
  if (packet.src0 !== packet.dst0) return packet.src0 < packet.dst0;
  if (packet.src1 !== packet.dst1) return packet.src1 < packet.dst1;
  if (packet.src2 !== packet.dst2) return packet.src2 < packet.dst2;
  return packet.src3 <= packet.dst3;
}

/** Seeded per process against crafted collisions; nothing that is emitted depends on it. */
function hashOf(words: Uint32Array): number {
  let h = SEED;
  for (let i = 0; i < TUNNEL_WORDS; i++) {
    h = Math.imul(h ^ words[i]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}
