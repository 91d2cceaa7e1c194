/**
 * Bytes that a tap or a packet broker appended to frames: a time, a port, a checksum. They stand behind the end that
 * the IP header names, so nothing reads them; here they are counted, because they say how frames came here.
 *
 * Ethernet pads short frames, and some hosts pad with what was in memory: so only frames longer than its minimum count,
 * whose bytes behind IP are not all zero, and only when `MIN_SHARE` of such frames, and `MIN_FRAMES`, have the same number
 * of them. Four bytes may as well be Ethernet's own frame check sequence.
 */
import type { Packet } from '../model/packet.ts';

/** Longest Ethernet frame that may be padded, with a VLAN tag and its check sequence. */
const PADDED = 68;
const MAX_TRAILER = 64;
const MIN_FRAMES = 50;
const MIN_SHARE = 0.5;

export class Trailers {
  #judged = 0;
  /** Frames by the length of what is behind IP. */
  readonly #lengths = new Float64Array(MAX_TRAILER + 1);

  /** Takes a frame whose outermost headers were decoded. */
  note({ frame, ipAt, ipLength, ipVersion }: Packet): void {
    if (ipVersion === 0 || frame.length <= PADDED || frame.captured < frame.length || ipLength === 0) return;
    this.#judged++;
    const end = frame.at + frame.captured;
    const behind = end - ipAt - ipLength;
    if (behind <= 0 || behind > MAX_TRAILER) return;
    for (let at = end - behind; at < end; at++) {
      if (frame.bytes[at] === 0) continue;
      this.#lengths[behind]! += 1;
      return;
    }
  }

  /** Frames with a trailer by its length in bytes; empty without evidence. */
  counts(): Record<string, number> {
    let most = 0;
    for (let length = 1; length <= MAX_TRAILER; length++)
      if (this.#lengths[length]! > this.#lengths[most]!) most = length;
    const frames = this.#lengths[most]!;
    return frames >= MIN_FRAMES && frames >= this.#judged * MIN_SHARE ? { [most]: frames } : {};
  }
}
