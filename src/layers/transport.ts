/**
 * TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443) headers. TCP options are skipped. Other IP
 * protocols are kept as `KIND.ip` without ports.
 * Checksums are never a reason to drop: capturing hosts see them unfinished.
 */
import { u8, u16be, u32be } from '../bytes/read.ts';
import { KIND, type Packet, PROBLEM } from '../model/packet.ts';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMP6 = 58;
const NO_NEXT_HEADER = 59;

const TCP_HEADER = 20;
const UDP_HEADER = 8;
const ICMP_HEADER = 8;

/** Bytes the frame had on the wire from `at` on; writers that give a smaller length than they captured are not believed. */
export function wireLength(packet: Packet, at: number): number {
  const { frame } = packet;
  return Math.max(frame.length, frame.captured) - (at - frame.at);
}

/** Decodes the transport header at `at`; `length` is what the IP header leaves for it. */
export function decodeTransport(packet: Packet, protocol: number, at: number, length: number): void {
  packet.ipProtocol = protocol;
  packet.transportAt = at;
  packet.transportLength = length;
  packet.srcPort = 0;
  packet.dstPort = 0;
  // Behind a cut extension header `at` lies outside the frame; the payload then is empty, not elsewhere.
  packet.payloadAt = Math.min(at, packet.end);
  packet.payloadEnd = packet.end;
  packet.payloadLength = length;
  if (packet.fragmentOffset > 0 || packet.moreFragments) {
    packet.problem = PROBLEM.fragment;
    return;
  }
  switch (protocol) {
    case TCP:
      return decodeTcp(packet, at, length);
    case UDP:
      return decodeUdp(packet, at, length);
    case ICMP:
    case ICMP6:
      return decodeIcmp(packet, protocol, at, length);
    case NO_NEXT_HEADER:
      packet.problem = PROBLEM.noNextHeader;
      return;
    default:
      packet.kind = KIND.ip;
  }
}

function decodeTcp(packet: Packet, at: number, length: number): void {
  const { bytes } = packet.frame;
  if (length < TCP_HEADER) {
    packet.problem = PROBLEM.badTransport;
    return;
  }
  if (packet.end - at < TCP_HEADER) {
    packet.problem = PROBLEM.truncatedTransport;
    return;
  }
  const headerLength = (u8(bytes, at + 12) >>> 4) << 2;
  if (headerLength < TCP_HEADER || headerLength > length) {
    packet.problem = PROBLEM.badTransport;
    return;
  }
  packet.kind = KIND.tcp;
  packet.srcPort = u16be(bytes, at);
  packet.dstPort = u16be(bytes, at + 2);
  packet.seq = u32be(bytes, at + 4);
  packet.ack = u32be(bytes, at + 8);
  packet.tcpFlags = u8(bytes, at + 13);
  packet.window = u16be(bytes, at + 14);
  packet.payloadAt = Math.min(at + headerLength, packet.payloadEnd);
  packet.payloadLength = length - headerLength;
}

function decodeUdp(packet: Packet, at: number, length: number): void {
  const { bytes } = packet.frame;
  if (length < UDP_HEADER) {
    packet.problem = PROBLEM.badTransport;
    return;
  }
  if (packet.end - at < UDP_HEADER) {
    packet.problem = PROBLEM.truncatedTransport;
    return;
  }
  packet.kind = KIND.udp;
  packet.srcPort = u16be(bytes, at);
  packet.dstPort = u16be(bytes, at + 2);
  const claimed = u16be(bytes, at + 4);
  packet.payloadAt = at + UDP_HEADER;
  packet.payloadLength = length - UDP_HEADER;
  // The UDP length may be shorter than the IP payload (padding); the payload ends where UDP says.
  if (claimed >= UDP_HEADER && claimed < length) {
    packet.payloadLength = claimed - UDP_HEADER;
    packet.payloadEnd = Math.min(packet.payloadEnd, at + claimed);
  }
}

function decodeIcmp(packet: Packet, protocol: number, at: number, length: number): void {
  const { bytes } = packet.frame;
  if (length < ICMP_HEADER) {
    packet.problem = PROBLEM.badTransport;
    return;
  }
  if (packet.end - at < ICMP_HEADER) {
    packet.problem = PROBLEM.truncatedTransport;
    return;
  }
  packet.kind = protocol === ICMP ? KIND.icmp : KIND.icmp6;
  packet.srcPort = u8(bytes, at);
  packet.dstPort = u8(bytes, at + 1);
  packet.payloadAt = at + ICMP_HEADER;
  packet.payloadLength = length - ICMP_HEADER;
}
