/**
 * How far the clocks of several captures are apart, from what more than one of them saw: the same packets (two taps on
 * one path, overlapping captures), or the two halves of TCP handshakes (each tap sees one direction).
 *
 * Of every capture the packets with the smallest keys are remembered, so that all captures remember the same ones
 * however many they hold. A key is made of what no router changes; a packet whose key comes twice in one capture says
 * nothing. The difference is the median over all matches; when they do not agree among themselves, nothing is said.
 *
 * Limits: `MAX_CAPTURES` captures are compared, `REMEMBERED` packets and handshakes of each. A handshake's answer comes
 * later than its call by the time on the way, which is part of the difference unless both directions can be compared.
 */
import { u32be } from '../bytes/read.ts';
import type { ClockDifference } from '../model/health.ts';
import { secondsBetween } from '../model/moment.ts';
import { ACK, KIND, type Packet, SYN } from '../model/packet.ts';

const MAX_CAPTURES = 16;
const REMEMBERED = 4096;
/** Fewer matches than this may be chance. */
const MIN_MATCHES = 5;
/** Matches agree when half of them lie within this many seconds, or this share of the difference. */
const SPREAD_SECONDS = 0.05;
const SPREAD_SHARE = 0.1;

/** Transport bytes that go into the key of a packet: the TCP header without options, its checksum included. */
const KEY_BYTES = 20;

interface Sighting {
  readonly sec: number;
  readonly nsec: number;
}

/** The packets of one capture with the smallest keys. */
class Sample {
  readonly seen = new Map<number, Sighting | null>();
  #bound = Number.POSITIVE_INFINITY;

  note(key: number, sec: number, nsec: number): void {
    if (key > this.#bound) return;
    this.seen.set(key, this.seen.has(key) ? null : { sec, nsec });
    if (this.seen.size < 2 * REMEMBERED) return;
    const keys = Float64Array.from(this.seen.keys()).sort();
    this.#bound = keys[REMEMBERED - 1]!;
    for (const each of keys.subarray(REMEMBERED)) this.seen.delete(each);
  }
}

interface Samples {
  readonly packets: Sample;
  readonly calls: Sample;
  readonly answers: Sample;
}

export class ClockComparison {
  readonly #captures: Samples[] = [];
  #key = 0;
  #high = 0;

  /** Remembers a decoded packet, if it is one of those that are compared. */
  note(packet: Packet): void {
    const { capture, sec, nsec } = packet.frame;
    if (capture >= MAX_CAPTURES || packet.ipVersion === 0 || packet.kind === KIND.none) return;
    let samples = this.#captures[capture];
    if (samples === undefined) {
      samples = { packets: new Sample(), calls: new Sample(), answers: new Sample() };
      this.#captures[capture] = samples;
    }
    samples.packets.note(this.#packetKey(packet), sec, nsec);
    if (packet.kind !== KIND.tcp || (packet.tcpFlags & SYN) === 0) return;
    if ((packet.tcpFlags & ACK) === 0) samples.calls.note(this.#callKey(packet), sec, nsec);
    else samples.answers.note(this.#answerKey(packet), sec, nsec);
  }

  /** Each capture against the first before it that saw enough of the same. */
  differences(nameOf: (capture: number) => string): ClockDifference[] {
    const found: ClockDifference[] = [];
    this.#captures.forEach((samples, capture) => {
      for (let reference = 0; reference < capture; reference++) {
        const other = this.#captures[reference];
        const difference = other && compare(other, samples);
        if (difference === undefined) continue;
        found.push({ capture: nameOf(capture), reference: nameOf(reference), ...difference });
        return;
      }
    });
    return found;
  }

  #packetKey(packet: Packet): number {
    const { bytes } = packet.frame;
    this.#begin(packet.ipLength);
    this.#add(packet.ipProtocol);
    this.#add(packet.ipIdentification);
    this.#add(packet.fragmentOffset);
    this.#addSource(packet);
    this.#addDestination(packet);
    const end = Math.min(packet.end, packet.transportAt + KEY_BYTES);
    for (let at = packet.transportAt; at + 4 <= end; at += 4) this.#add(u32be(bytes, at));
    return this.#finish();
  }

  #callKey(packet: Packet): number {
    this.#begin(packet.seq + 1);
    this.#addSource(packet);
    this.#add(packet.srcPort);
    this.#addDestination(packet);
    this.#add(packet.dstPort);
    return this.#finish();
  }

  #answerKey(packet: Packet): number {
    this.#begin(packet.ack);
    this.#addDestination(packet);
    this.#add(packet.dstPort);
    this.#addSource(packet);
    this.#add(packet.srcPort);
    return this.#finish();
  }

  #addSource(packet: Packet): void {
    this.#add(packet.src3);
    if (packet.ipVersion !== 6) return;
    this.#add(packet.src0);
    this.#add(packet.src1);
    this.#add(packet.src2);
  }

  #addDestination(packet: Packet): void {
    this.#add(packet.dst3);
    if (packet.ipVersion !== 6) return;
    this.#add(packet.dst0);
    this.#add(packet.dst1);
    this.#add(packet.dst2);
  }

  #begin(word: number): void {
    this.#key = 0x9e3779b1;
    this.#high = 0x85ebca77;
    this.#add(word);
  }

  #add(word: number): void {
    const low = Math.imul(this.#key ^ word, 0x9e3779b1);
    const high = Math.imul(this.#high ^ word, 0xc2b2ae3d);
    this.#key = (low << 15) | (low >>> 17);
    this.#high = (high << 11) | (high >>> 21);
  }

  /** 53 bits, even over their range, so that the smallest are a fair sample. */
  #finish(): number {
    const low = mixed(this.#key);
    const high = mixed(this.#high);
    return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
  }
}

function mixed(word: number): number {
  const half = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

type Difference = Pick<ClockDifference, 'seconds' | 'matches' | 'method'>;

function compare(reference: Samples, other: Samples): Difference | undefined {
  const same = agreed(matches(reference.packets, other.packets));
  if (same !== undefined) return { seconds: same.median, matches: same.count, method: 'packets' };
  // The way there is in one of them, the way back in the other: half of what they differ by cancels it out.
  const there = agreed(matches(reference.calls, other.answers));
  const back = agreed(matches(other.calls, reference.answers));
  const method = 'handshakes';
  if (there !== undefined && back !== undefined) {
    return { seconds: (there.median - back.median) / 2, matches: there.count + back.count, method };
  }
  if (there !== undefined) return { seconds: there.median, matches: there.count, method };
  return back === undefined ? undefined : { seconds: -back.median, matches: back.count, method };
}

/** Seconds from a sighting in one sample to that of the same key in another. */
function matches(from: Sample, to: Sample): number[] {
  const seconds: number[] = [];
  for (const [key, before] of from.seen) {
    const after = to.seen.get(key);
    if (before && after) seconds.push(secondsBetween(before, after));
  }
  return seconds;
}

/** The median, when there are enough and at least half of them lie close to it. */
function agreed(seconds: number[]): { median: number; count: number } | undefined {
  if (seconds.length < MIN_MATCHES) return undefined;
  const sorted = Float64Array.from(seconds).sort();
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]!;
  const median = at(0.5);
  const spread = at(0.75) - at(0.25);
  if (spread > Math.max(SPREAD_SECONDS, Math.abs(median) * SPREAD_SHARE)) return undefined;
  return { median: Math.round(median * 1e6) / 1e6, count: seconds.length };
}
