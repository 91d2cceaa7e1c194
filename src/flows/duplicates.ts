/**
 * Finds frames that a SPAN port, a pair of taps or a mirror of several VLANs delivered more than once. It stands
 * between `decodeFrame` and the flow engine: a copy is not accounted and not delivered to a decoder, while observers of
 * layer 2 (the ARP log) and the counters of frames still see it.
 *
 * Two packets with the same digest (`packet-digest.ts`) within the window are
 * - copies for certain when they came on different ways: other MAC addresses, VLAN or capture;
 * - copies, too, when the sender numbers its packets (an IPv4 identification other than 0 that changes): a
 *   retransmission or a repeated query has another number;
 * - otherwise *possible* copies: IPv6, the identification 0 (Linux, small devices) or one that does not change, another
 *   TTL on the same way. They count as copies only within `NEAR`, and when packets between these hosts usually have
 *   one: a retransmission takes a round trip at least, and an acknowledgement may well be sent three times in a row.
 *   Those that pass are counted in `possible`; TCP drops their bytes as seen before, so that nothing is lost and
 *   nothing is read twice, but they count as packets.
 *
 * The window is learnt (`CopySpacing`): it begins as long as allowed and shrinks to a few times what copies take, so that
 * on a mirror whose copies come within microseconds a device that repeats itself is not touched.
 *
 * Does not find: copies changed on their way (address translation, MSS clamping), copies cut to different lengths.
 *
 * Limits: the window and `SETS * WAYS` packets; a copy that comes later passes as a packet.
 */
import { u32be } from '../bytes/read.ts';
import { ACK, FIN, KIND, type Packet, SYN } from '../model/packet.ts';
import { CopiesPerFrame, CopySpacing, SenderNumbers } from './copy-evidence.ts';
import { PacketDigest } from './packet-digest.ts';

/** Possible copies farther apart are packets of their own, in nanoseconds. */
const NEAR = 5e5;

const SET_BITS = 12;
const SETS = 1 << SET_BITS;
const WAYS = 4;

// One remembered packet: a row of eight words.
const ROW = 8;
const LOW = 0;
const HIGH = 1;
const SEC = 2;
const NSEC = 3;
const WAY = 4;
const AGE = 5;
/** VLAN plus one, and the TTL. */
const TAG = 6;
const COPIES = 7;

/** Copies between two VLANs (or within one); -1 is untagged. */
export interface VlanPair {
  readonly vlan: number;
  readonly copyVlan: number;
  readonly frames: number;
}

export class DuplicateFilter {
  /** Frames that are copies. */
  copies = 0;
  /** Frames that equal an earlier one and may be copies; they were kept. */
  possible = 0;
  readonly #rows = new Uint32Array(SETS * WAYS * ROW);
  readonly #digest = new PacketDigest();
  readonly #senders = new SenderNumbers();
  readonly #expected = new CopiesPerFrame();
  readonly #spacing: CopySpacing;
  readonly #longest: number;
  /** Frames by the VLANs of first and copy. */
  readonly #vlans = new Map<number, number>();
  #age = 0;
  /** Captures overlap in time, as those of two taps do; until one is seen again they may be pieces of one. */
  #overlapping = false;
  #lastCapture = 0;

  /** @param window seconds that a copy may come behind (or, out of order, before) its frame */
  constructor(window: number) {
    this.#longest = window * 1e9;
    this.#spacing = new CopySpacing(this.#longest);
  }

  /** Whether this packet is a copy of one that came before; remembers it when it is not. */
  isCopy(packet: Packet): boolean {
    if (packet.frame.capture < this.#lastCapture) this.#overlapping = true;
    this.#lastCapture = packet.frame.capture;
    this.#digest.of(packet);
    const { low, high } = this.#digest;
    const rows = this.#rows;
    const { frame } = packet;
    const first = setOf(packet) * WAYS * ROW;
    let oldest = first;
    for (let row = first; row < first + WAYS * ROW; row += ROW) {
      if (rows[row + LOW] === low >>> 0 && rows[row + HIGH] === high >>> 0) {
        const distance = Math.abs(
          ((frame.sec - rows[row + SEC]!) | 0) * 1e9 + frame.nsec - rows[row + NSEC]!,
        );
        if (distance <= this.#longest && this.#judge(row, packet, distance)) {
          this.#count(row, packet);
          return true;
        }
        oldest = row;
        break;
      }
      if (((this.#age - rows[row + AGE]!) | 0) > ((this.#age - rows[oldest + AGE]!) | 0)) oldest = row;
    }
    this.#senders.note(packet);
    if (isTelling(packet)) this.#expected.noteFirst(packet);
    rows[oldest + LOW] = low;
    rows[oldest + HIGH] = high;
    rows[oldest + SEC] = frame.sec;
    rows[oldest + NSEC] = frame.nsec;
    rows[oldest + WAY] = this.#wayOf(packet);
    rows[oldest + AGE] = ++this.#age;
    rows[oldest + TAG] = ((packet.vlan + 1) << 8) | packet.hopLimit;
    rows[oldest + COPIES] = 0;
    return false;
  }

  /** Copies by VLAN of the frame and of its copy, most first. */
  vlanPairs(): readonly VlanPair[] {
    return [...this.#vlans]
      .map(([key, frames]) => ({ vlan: (key >>> 13) - 1, copyVlan: (key & 0x1fff) - 1, frames }))
      .sort((a, b) => b.frames - a.frames || a.vlan - b.vlan || a.copyVlan - b.copyVlan);
  }

  /** Whether a packet equal to a remembered one, `distance` nanoseconds away, is a copy of it. */
  #judge(row: number, packet: Packet, distance: number): boolean {
    const rows = this.#rows;
    const otherWay = rows[row + WAY] !== this.#wayOf(packet);
    const sameTtl = (rows[row + TAG]! & 0xff) === packet.hopLimit;
    if (otherWay || (sameTtl && distance <= this.#spacing.window && this.#senders.tellsApart(packet))) {
      this.#spacing.note(distance);
      this.#expected.noteCopy(packet);
      return true;
    }
    if (distance <= NEAR) {
      // Judged by what was seen before this packet.
      const telling = isTelling(packet);
      const expected = this.#expected.expected(packet, telling ? 1 : 0);
      if (telling) this.#expected.noteCopy(packet);
      if (rows[row + COPIES]! < expected) return true;
    }
    this.possible++;
    return false;
  }

  /** Where a frame was seen: a host's own repetition comes on the same way. Without MAC addresses the TTL stands in. */
  #wayOf(packet: Packet): number {
    const { bytes, capture } = packet.frame;
    const tap = this.#overlapping ? capture : 0;
    let way = Math.imul(tap + 1, 0x9e3779b1) ^ ((packet.vlan + 1) << 13) ^ (packet.innerVlan + 1);
    const from = packet.macSrcAt;
    if (from < 0) return Math.imul(way ^ packet.hopLimit, 0x85ebca6b) >>> 0;
    way = Math.imul(way ^ u32be(bytes, from + 2), 0x85ebca6b);
    way ^= way >>> 15;
    const to = packet.macDstAt;
    if (to >= 0) way = Math.imul(way ^ u32be(bytes, to + 2), 0xc2b2ae35);
    return (way ^ (way >>> 16)) >>> 0;
  }

  #count(row: number, packet: Packet): void {
    this.copies++;
    this.#rows[row + COPIES]!++;
    const key = ((this.#rows[row + TAG]! >>> 8) << 13) | (packet.vlan + 1);
    this.#vlans.set(key, (this.#vlans.get(key) ?? 0) + 1);
  }
}

/**
 * Whether two equal packets close together say that this network's frames are copied: all but acknowledgements and
 * resets, which hosts repeat at once.
 */
function isTelling(packet: Packet): boolean {
  return packet.kind !== KIND.tcp || packet.payloadLength > 0 || (packet.tcpFlags & (SYN | FIN)) !== 0;
}

/** The set a packet belongs to. Not seeded: which packet is forgotten when a set is full must not be random. */
function setOf(packet: Packet): number {
  let h = Math.imul(packet.src3 ^ ((packet.dst3 << 16) | (packet.dst3 >>> 16)), 0x9e3779b1);
  h ^= (packet.ipIdentification << 16) ^ packet.ipLength;
  if (packet.kind === KIND.tcp) {
    h = Math.imul(h ^ (h >>> 15) ^ packet.seq, 0x85ebca6b);
    if ((packet.tcpFlags & ACK) !== 0) h ^= packet.ack;
  }
  h = Math.imul(h ^ (h >>> 13) ^ ((packet.srcPort << 16) | packet.dstPort), 0xc2b2ae35);
  return (h ^ (h >>> 16)) & (SETS - 1);
}
