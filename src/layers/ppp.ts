/**
 * PPP (RFC 1661) with and without HDLC-like framing (RFC 1662: address and control bytes), its protocol field of one or
 * two bytes, PPPoE sessions (RFC 2516) and Cisco's HDLC. Decoded: IPv4, IPv6 and MPLS. Control protocols, compressed and
 * bundled (multilink) packets are counted as not decoded. Escaped octets of asynchronous lines are not undone.
 */
import { u8, u16be } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { fail, follow, NEXT } from './walk.ts';

const ALL_STATIONS = 0xff;
const UNNUMBERED = 0x03;
const CISCO_UNICAST = 0x0f;
const CISCO_MULTICAST = 0x8f;

const IPV4 = 0x0021;
const IPV6 = 0x0057;
const MPLS_UNICAST = 0x0281;
const MPLS_MULTICAST = 0x0283;

const PPPOE_HEADER = 6;
const PPPOE_CODE = 1;
const PPPOE_LENGTH = 4;
const PPPOE_VERSION_TYPE = 0x11;
const CISCO_HEADER = 4;

/** A PPP packet, whatever framing the writer left on it. */
export function decodePpp(packet: Packet, start: number): void {
  const { bytes } = packet.frame;
  let at = start;
  if (packet.end - at < 2) return fail(packet, PROBLEM.truncatedLink);
  const first = u8(bytes, at);
  if (first === CISCO_UNICAST || first === CISCO_MULTICAST) return decodeCiscoHdlc(packet, at);
  if (first === ALL_STATIONS && u8(bytes, at + 1) === UNNUMBERED) at += 2;
  decodeProtocol(packet, at);
}

/** Packets of pppd: the address byte says the direction instead. */
export function decodePppWithDirection(packet: Packet, at: number): void {
  if (packet.end - at < 2) return fail(packet, PROBLEM.truncatedLink);
  const framed = u8(packet.frame.bytes, at + 1) === UNNUMBERED;
  return framed ? decodeProtocol(packet, at + 2) : decodePpp(packet, at + 1);
}

/** A PPPoE session packet; discovery has an ether type of its own. */
export function decodePppoe(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < PPPOE_HEADER) return fail(packet, PROBLEM.truncatedLink);
  if (u8(bytes, at) !== PPPOE_VERSION_TYPE || u8(bytes, at + PPPOE_CODE) !== 0)
    return fail(packet, PROBLEM.badLink);
  const from = at + PPPOE_HEADER;
  packet.end = Math.min(packet.end, from + u16be(bytes, at + PPPOE_LENGTH));
  decodeProtocol(packet, from);
}

/** Cisco HDLC: address, control, ether type. */
export function decodeCiscoHdlc(packet: Packet, at: number): void {
  if (packet.end - at < CISCO_HEADER) return fail(packet, PROBLEM.truncatedLink);
  follow(packet, NEXT.ethertype, at + CISCO_HEADER, u16be(packet.frame.bytes, at + 2));
}

function decodeProtocol(packet: Packet, start: number): void {
  const { bytes } = packet.frame;
  if (packet.end - start < 2) return fail(packet, PROBLEM.truncatedLink);
  // The last byte of a protocol number is odd, all before it are even; that is how one byte is told from two.
  const short = (u8(bytes, start) & 1) === 1;
  const protocol = short ? u8(bytes, start) : u16be(bytes, start);
  const at = start + (short ? 1 : 2);
  switch (protocol) {
    case IPV4:
      return decodeIpv4(packet, at);
    case IPV6:
      return decodeIpv6(packet, at);
    case MPLS_UNICAST:
    case MPLS_MULTICAST:
      return follow(packet, NEXT.mpls, at);
    default:
      fail(packet, PROBLEM.ppp, protocol);
  }
}
