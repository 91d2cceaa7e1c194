/**
 * Puts IP datagrams together from their fragments (RFC 791, RFC 8200 section 4.5), of IPv4 and IPv6, outside and inside
 * of tunnels. The datagram then goes on as an ordinary packet of the moment its last missing piece came, and of the
 * frame of its first piece, as one packet with one header. `datagram.ts` says what becomes of overlaps.
 *
 * A datagram waits `TIMEOUT` seconds of capture time. Pieces that come again right after it was complete (copies of a
 * mirror) are swallowed. Pieces cut by a snapshot length leave a datagram cut at the first missing byte. What never
 * completes is counted, frame by frame, in `lost`.
 *
 * Limits: `MAX_DATAGRAMS` waiting and `MAX_BYTES` in all; beyond either the oldest is given up, and counted in `refused`.
 */
import { u8, u32be } from '../bytes/read.ts';
import type { Packet } from '../model/packet.ts';
import { ADDED, Datagram, HEADROOM, KEY_WORDS, MAC_ROOM, MAX_DATAGRAM, MAX_HEADER } from './datagram.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';

const TIMEOUT = 60;
/** Copies of a mirror come this soon, in seconds. */
const COPY_WINDOW = 0.05;
export const MAX_DATAGRAMS = 2048;
const MAX_BYTES = 16 << 20;

const IPV4_TOTAL_LENGTH = 2;
const IPV4_FRAGMENT = 6;
const IPV6_PAYLOAD_LENGTH = 4;
const IPV6_HEADER = 40;
const FRAGMENT_IDENTIFICATION = 4;

const SEED = (Math.random() * 0x1_0000_0000) | 0;

export class Reassembly {
  /** Frames whose datagram never became complete, or that broke a rule. */
  lost = 0;
  /** Datagrams given up because a limit was hit. */
  refused = 0;
  /** Frames, other than the last of each, that whole datagrams were made of, or that came again. */
  joined = 0;
  readonly #byHash = new Map<number, Datagram>();
  readonly #key = new Uint32Array(KEY_WORDS);
  #oldest: Datagram | null = null;
  #newest: Datagram | null = null;
  #count = 0;
  #bytes = 0;

  /**
   * Takes a fragment.
   * @param whole filled with the datagram when it is complete; valid until the next call
   * @param alone its frame has nothing else that could be decoded
   * @returns whether it is
   */
  take(packet: Packet, whole: Packet, alone: boolean): boolean {
    const frames = alone ? 1 : 0;
    const { frame } = packet;
    const now = frame.sec + frame.nsec / 1e9;
    this.#expire(now);
    const hash = this.#setKey(packet);
    let datagram = this.#find(hash);
    if (datagram?.closed === true && now - datagram.doneAt > COPY_WINDOW && datagram.total >= 0) {
      this.#remove(datagram);
      datagram = null;
    }
    if (datagram === null) datagram = this.#begin(hash, packet);
    else if (datagram.closed) {
      if (datagram.total >= 0) this.joined += frames;
      else this.lost += frames;
      return false;
    }
    datagram.frames += frames;
    const size = datagram.bytes.length;
    const added = this.#add(datagram, packet);
    this.#bytes += datagram.bytes.length - size;
    if (added === ADDED.complete) {
      this.joined += datagram.frames - frames;
      this.#finish(datagram, packet, whole);
      datagram.doneAt = now;
      this.#close(datagram);
      return true;
    }
    if (added === ADDED.dropped) this.#drop(datagram, packet, frames);
    while (this.#oldest !== null && (this.#count > MAX_DATAGRAMS || this.#bytes > MAX_BYTES)) {
      if (!this.#oldest.closed) this.refused++;
      this.#giveUp(this.#oldest);
    }
    return false;
  }

  /** The input is over: what still waits is lost. */
  finish(): void {
    while (this.#oldest !== null) this.#giveUp(this.#oldest);
  }

  #add(datagram: Datagram, packet: Packet): number {
    const { bytes } = packet.frame;
    const { ipAt, transportAt, transportLength, fragmentOffset, moreFragments } = packet;
    if (fragmentOffset === 0 && datagram.headerLength === 0) {
      const end = packet.ipVersion === 4 ? transportAt : packet.fragmentAt;
      if (end - ipAt > MAX_HEADER) return ADDED.dropped;
      datagram.setHeader(bytes, ipAt, end - ipAt);
      if (packet.ipVersion === 6)
        datagram.bytes[HEADROOM - (end - packet.fragmentNamedAt)] = u8(bytes, packet.fragmentAt);
    }
    const captured = Math.max(0, Math.min(transportLength, packet.end - transportAt));
    return datagram.add(
      bytes,
      transportAt,
      captured,
      fragmentOffset,
      transportLength,
      moreFragments,
      packet.ipVersion === 6,
    );
  }

  /** A piece that breaks a rule is lost; of IPv6 the whole datagram is, and what else comes of it. */
  #drop(datagram: Datagram, packet: Packet, frames: number): void {
    if (packet.ipVersion === 4) {
      datagram.frames -= frames;
      this.lost += frames;
      return;
    }
    this.lost += datagram.frames;
    datagram.total = -1;
    this.#close(datagram);
  }

  #finish(datagram: Datagram, packet: Packet, whole: Packet): void {
    const { headerLength, total, bytes } = datagram;
    const at = HEADROOM - headerLength;
    const length = headerLength + total;
    const { frame } = whole;
    const { sec, nsec, linkType, capture } = packet.frame;
    frame.bytes = bytes;
    frame.at = 0;
    frame.length = HEADROOM + total;
    frame.captured = HEADROOM + Math.min(total, datagram.cut);
    frame.sec = sec;
    frame.nsec = nsec;
    frame.linkType = linkType;
    frame.number = datagram.number;
    frame.capture = capture;
    whole.reset();
    whole.reassembled = true;
    whole.tunnelDepth = packet.tunnelDepth;
    whole.tunnelType = packet.tunnelType;
    whole.tunnelNetwork = packet.tunnelNetwork;
    whole.tunnel = packet.tunnel;
    whole.carrier = packet.carrier;
    whole.vlan = datagram.vlan;
    whole.innerVlan = datagram.innerVlan;
    if (datagram.hasDestination) whole.macDstAt = 0;
    if (datagram.hasSource) whole.macSrcAt = MAC_ROOM / 2;
    if (packet.ipVersion === 4) {
      setWord(bytes, at + IPV4_TOTAL_LENGTH, Math.min(length, MAX_DATAGRAM));
      setWord(bytes, at + IPV4_FRAGMENT, 0);
      decodeIpv4(whole, at);
    } else {
      setWord(bytes, at + IPV6_PAYLOAD_LENGTH, Math.min(length - IPV6_HEADER, MAX_DATAGRAM));
      decodeIpv6(whole, at);
    }
  }

  #setKey(packet: Packet): number {
    const key = this.#key;
    const { bytes } = packet.frame;
    key[0] = packet.src0;
    key[1] = packet.src1;
    key[2] = packet.src2;
    key[3] = packet.src3;
    key[4] = packet.dst0;
    key[5] = packet.dst1;
    key[6] = packet.dst2;
    key[7] = packet.dst3;
    key[8] =
      packet.ipVersion === 4
        ? packet.ipIdentification
        : u32be(bytes, packet.fragmentAt + FRAGMENT_IDENTIFICATION);
    key[9] = packet.tunnel;
    // RFC 8200 leaves the protocol out: it is that of the first piece.
    key[10] = packet.ipVersion === 4 ? packet.ipProtocol : 0x100;
    let hash = SEED;
    for (let i = 0; i < KEY_WORDS; i++) {
      hash = Math.imul(hash ^ key[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #find(hash: number): Datagram | null {
    for (let known = this.#byHash.get(hash) ?? null; known !== null; known = known.sameHash) {
      let i = 0;
      while (i < KEY_WORDS && known.key[i] === this.#key[i]) i++;
      if (i === KEY_WORDS) return known;
    }
    return null;
  }

  #begin(hash: number, packet: Packet): Datagram {
    const datagram = new Datagram();
    const { frame } = packet;
    datagram.key.set(this.#key);
    datagram.hash = hash;
    datagram.number = frame.number;
    datagram.sec = frame.sec;
    datagram.nsec = frame.nsec;
    datagram.vlan = packet.vlan;
    datagram.innerVlan = packet.innerVlan;
    if (packet.macDstAt >= 0) datagram.setMac(frame.bytes, packet.macDstAt, 0);
    if (packet.macSrcAt >= 0) datagram.setMac(frame.bytes, packet.macSrcAt, MAC_ROOM / 2);
    datagram.hasDestination = packet.macDstAt >= 0;
    datagram.hasSource = packet.macSrcAt >= 0;
    this.#bytes += datagram.bytes.length;
    datagram.sameHash = this.#byHash.get(hash) ?? null;
    this.#byHash.set(hash, datagram);
    datagram.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = datagram;
    else this.#oldest = datagram;
    this.#newest = datagram;
    this.#count++;
    return datagram;
  }

  #expire(now: number): void {
    while (this.#oldest !== null && now - this.#oldest.sec - this.#oldest.nsec / 1e9 > TIMEOUT)
      this.#giveUp(this.#oldest);
  }

  #giveUp(datagram: Datagram): void {
    if (!datagram.closed) this.lost += datagram.frames;
    this.#remove(datagram);
  }

  /** Remembers only that it was there; the bytes of a complete one are still looked at by whoever asked for it. */
  #close(datagram: Datagram): void {
    datagram.closed = true;
    this.#bytes -= datagram.bytes.length;
    datagram.bytes = NOTHING;
  }

  #remove(datagram: Datagram): void {
    this.#bytes -= datagram.bytes.length;
    const { older, newer, hash } = datagram;
    if (older !== null) older.newer = newer;
    else this.#oldest = newer;
    if (newer !== null) newer.older = older;
    else this.#newest = older;
    this.#count--;
    let known = this.#byHash.get(hash)!;
    if (known === datagram) {
      if (datagram.sameHash === null) this.#byHash.delete(hash);
      else this.#byHash.set(hash, datagram.sameHash);
      return;
    }
    while (known.sameHash !== datagram) known = known.sameHash!;
    known.sameHash = datagram.sameHash;
  }
}

const NOTHING = new Uint8Array(0);

function setWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 8;
  bytes[at + 1] = word & 0xff;
}
