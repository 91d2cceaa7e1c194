/**
 * A digest of what a packet carries and does not change on its way: IP length, protocol, identification, fragment
 * fields, addresses and transport bytes. Left out, because a router, a switch or a tap may change them: MAC addresses,
 * VLAN tags, TTL or hop limit, DSCP and ECN, the IPv4 header checksum, IP options.
 *
 * Of a TCP segment the first `TCP_BYTES` are read: header and checksum tell segments apart, and of two segments for the
 * same stream bytes the first counts anyway. Everything else is read whole, so that nobody can hide a datagram behind
 * another one that begins alike.
 *
 * The digest is 64 bits wide, under multipliers drawn per process: equal digests cannot be made on purpose. Each word
 * goes into both halves with different rotations. Nothing that is emitted depends on the multipliers.
 */
import { u8 } from '../bytes/read.ts';
import { KIND, type Packet } from '../model/packet.ts';

/** Bytes of a TCP segment that are read, its header included. */
const TCP_BYTES = 64;

const NOTHING = new Uint8Array(0);

const LOW_FACTOR = randomOdd();
const HIGH_FACTOR = randomOdd();

function randomOdd(): number {
  return Math.floor(Math.random() * 0x1_0000_0000) | 1;
}

export class PacketDigest {
  low = 0;
  high = 0;
  /** The buffer of the frames, read by words: a buffer holds many frames. */
  #viewed: Uint8Array = NOTHING;
  #view: DataView = new DataView(NOTHING.buffer);

  /** Computes both halves for a packet of any kind but ARP. */
  of(packet: Packet): void {
    this.low = LOW_FACTOR;
    this.high = HIGH_FACTOR;
    this.#add((packet.ipLength << 8) | packet.ipProtocol);
    this.#add(
      ((packet.ipIdentification & 0xffff) << 16) | packet.fragmentOffset | (packet.moreFragments ? 1 : 0),
    );
    // The same packet within a tunnel and outside of it are two flows.
    if (packet.tunnel !== 0) this.#add(packet.tunnel);
    this.#add(packet.src3);
    this.#add(packet.dst3);
    if (packet.ipVersion === 6) {
      this.#add(packet.src0);
      this.#add(packet.src1);
      this.#add(packet.src2);
      this.#add(packet.dst0);
      this.#add(packet.dst1);
      this.#add(packet.dst2);
    }
    const { bytes } = packet.frame;
    const start = packet.transportAt;
    const end = packet.kind === KIND.tcp ? Math.min(packet.end, start + TCP_BYTES) : packet.end;
    this.#addBytes(bytes, start, end);
    this.low = finish(this.low);
    this.high = finish(this.high);
  }

  #add(word: number): void {
    const low = Math.imul(this.low ^ word, LOW_FACTOR);
    const high = Math.imul(this.high ^ word, HIGH_FACTOR);
    this.low = (low << 15) | (low >>> 17);
    this.high = (high << 11) | (high >>> 21);
  }

  #addBytes(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const view = this.#view;
    let { low, high } = this;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at);
      low = Math.imul(low ^ word, LOW_FACTOR);
      high = Math.imul(high ^ word, HIGH_FACTOR);
      low = (low << 15) | (low >>> 17);
      high = (high << 11) | (high >>> 21);
    }
    this.low = low;
    this.high = high;
    for (; at < end; at++) this.#add(u8(bytes, at));
  }
}

function finish(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
