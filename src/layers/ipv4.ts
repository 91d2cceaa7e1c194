/**
 * IPv4 (RFC 791). Options are skipped by the header length, and so is an authentication header (RFC 4302). Fragments
 * are left for `fragments.ts`.
 * A total length of zero (segmentation offload in the capturing host) means "to the end of the frame".
 */
import { u8, u16be, u32be } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeTransport, wireLength } from './transport.ts';

const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const SOURCE = 12;
const DESTINATION = 16;
const MIN_HEADER = 20;

const AUTHENTICATION = 51;
const AUTHENTICATION_FIXED = 12;

export function decodeIpv4(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < MIN_HEADER) {
    packet.problem = PROBLEM.truncatedIp;
    return;
  }
  const first = u8(bytes, at);
  const headerLength = (first & 0x0f) << 2;
  const captured = packet.end - at;
  const total = u16be(bytes, at + TOTAL_LENGTH);
  const length = total === 0 ? captured : total;
  if (first >>> 4 !== 4 || headerLength < MIN_HEADER || length < headerLength) {
    packet.problem = PROBLEM.badIpHeader;
    return;
  }
  // Longer than the frame was on the wire: cut before it was captured, and no host takes it.
  if (captured < headerLength || length > wireLength(packet, at)) {
    packet.problem = PROBLEM.truncatedIp;
    return;
  }
  // Ethernet padding is not part of the packet.
  if (length < captured) packet.end = at + length;
  const fragment = u16be(bytes, at + FRAGMENT);
  packet.ipVersion = 4;
  packet.ipAt = at;
  packet.ipLength = length;
  packet.ipIdentification = u16be(bytes, at + IDENTIFICATION);
  packet.hopLimit = u8(bytes, at + TTL);
  packet.fragmentOffset = (fragment & 0x1fff) << 3;
  packet.moreFragments = (fragment & 0x2000) !== 0;
  packet.src0 = packet.src1 = packet.src2 = 0;
  packet.src3 = u32be(bytes, at + SOURCE);
  packet.dst0 = packet.dst1 = packet.dst2 = 0;
  packet.dst3 = u32be(bytes, at + DESTINATION);
  const protocol = u8(bytes, at + PROTOCOL);
  if (protocol === AUTHENTICATION && (fragment & 0x3fff) === 0)
    return skipAuthentication(packet, at + headerLength, length - headerLength);
  decodeTransport(packet, protocol, at + headerLength, length - headerLength);
}

/** An authentication header changes nothing of what it carries. */
function skipAuthentication(packet: Packet, at: number, length: number): void {
  const { bytes } = packet.frame;
  const header = packet.end - at < AUTHENTICATION_FIXED ? 0 : (u8(bytes, at + 1) + 2) << 2;
  if (header < AUTHENTICATION_FIXED || header > length)
    return decodeTransport(packet, AUTHENTICATION, at, length);
  decodeTransport(packet, u8(bytes, at), at + header, length - header);
}
