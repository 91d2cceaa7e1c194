/**
 * Link layers: from a frame to the network header. Decoded: Ethernet (IEEE 802.3) with 802.1Q/802.1ad tags, Linux
 * cooked capture v1 and v2, raw IP, BSD null and loopback. 802.2 LLC frames and every other link type are counted
 * as not decoded. Link type numbers are the LINKTYPE_ registry of the tcpdump group.
 *
 * Limit: `MAX_TAGS` VLAN tags in a row.
 */
import { u8, u16be, u32be, u32le } from '../bytes/read.ts';
import { KIND, type Packet, PROBLEM } from '../model/packet.ts';
import { decodeArp } from './arp.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';

const MAX_TAGS = 8;

const LINKTYPE_NULL = 0;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW_OLD = 12;
const LINKTYPE_RAW_OLD_BSD = 14;
const LINKTYPE_RAW = 101;
const LINKTYPE_LOOP = 108;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;
const LINKTYPE_LINUX_SLL2 = 276;

/** Names of the link types decoded here, for the report. */
export const LINK_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [LINKTYPE_NULL, 'null'],
  [LINKTYPE_ETHERNET, 'ethernet'],
  [LINKTYPE_RAW_OLD, 'raw'],
  [LINKTYPE_RAW_OLD_BSD, 'raw'],
  [LINKTYPE_RAW, 'raw'],
  [LINKTYPE_LOOP, 'loop'],
  [LINKTYPE_LINUX_SLL, 'linux_sll'],
  [LINKTYPE_IPV4, 'ipv4'],
  [LINKTYPE_IPV6, 'ipv6'],
  [LINKTYPE_LINUX_SLL2, 'linux_sll2'],
]);

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_QINQ = 0x88a8;
const ETHERTYPE_QINQ_OLD = 0x9100;
/** Smaller values in the type field are lengths of 802.3 frames. */
const MIN_ETHERTYPE = 0x0600;

const ETHERNET_HEADER = 14;
const SLL_HEADER = 16;
const SLL2_HEADER = 20;

/** Decodes the packet's frame from its link type down to the transport. The result is in `packet.kind`. */
export function decodeFrame(packet: Packet): void {
  packet.reset();
  const { frame, end } = packet;
  const { bytes, at } = frame;
  switch (frame.linkType) {
    case LINKTYPE_ETHERNET:
      if (end - at < ETHERNET_HEADER) return fail(packet, PROBLEM.truncatedLink);
      packet.macDstAt = at;
      packet.macSrcAt = at + 6;
      return decodeEthertype(packet, u16be(bytes, at + 12), at + ETHERNET_HEADER);
    case LINKTYPE_LINUX_SLL:
      if (end - at < SLL_HEADER) return fail(packet, PROBLEM.truncatedLink);
      // The address field is 8 bytes wide; its length field says 6 for a MAC.
      if (u16be(bytes, at + 4) === 6) packet.macSrcAt = at + 6;
      return decodeEthertype(packet, u16be(bytes, at + 14), at + SLL_HEADER);
    case LINKTYPE_LINUX_SLL2:
      if (end - at < SLL2_HEADER) return fail(packet, PROBLEM.truncatedLink);
      if (u8(bytes, at + 11) === 6) packet.macSrcAt = at + 12;
      return decodeEthertype(packet, u16be(bytes, at), at + SLL2_HEADER);
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      if (end - at < 4) return fail(packet, PROBLEM.truncatedLink);
      return decodeLoopback(packet, at);
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_OLD:
    case LINKTYPE_RAW_OLD_BSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      return decodeIp(packet, at);
    default:
      packet.problemNumber = frame.linkType;
      return fail(packet, PROBLEM.linkType);
  }
}

function decodeEthertype(packet: Packet, first: number, start: number): void {
  const { bytes } = packet.frame;
  let type = first;
  let at = start;
  for (
    let tags = 0;
    type === ETHERTYPE_VLAN || type === ETHERTYPE_QINQ || type === ETHERTYPE_QINQ_OLD;
    tags++
  ) {
    if (tags === MAX_TAGS) return fail(packet, PROBLEM.tooManyTags);
    if (packet.end - at < 4) return fail(packet, PROBLEM.truncatedLink);
    const identifier = u16be(bytes, at) & 0x0fff;
    if (tags === 0) packet.vlan = identifier;
    else if (tags === 1) packet.innerVlan = identifier;
    type = u16be(bytes, at + 2);
    at += 4;
  }
  if (type === ETHERTYPE_IPV4) return decodeIpv4(packet, at);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(packet, at);
  if (type === ETHERTYPE_ARP) return decodeArp(packet, at);
  if (type < MIN_ETHERTYPE) return fail(packet, PROBLEM.llc);
  packet.problemNumber = type;
  fail(packet, PROBLEM.ethertype);
}

/** BSD loopback: an address family in the writer's byte order (null) or network order (loop). */
function decodeLoopback(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  const big = u32be(bytes, at);
  const family = big > 0xffff ? u32le(bytes, at) : big;
  // AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24, 28 or 30 (BSDs, macOS).
  if (family === 2) return decodeIpv4(packet, at + 4);
  if (family === 10 || family === 24 || family === 28 || family === 30) return decodeIpv6(packet, at + 4);
  packet.problemNumber = family;
  fail(packet, PROBLEM.ethertype);
}

function decodeIp(packet: Packet, at: number): void {
  if (packet.end - at < 1) return fail(packet, PROBLEM.truncatedIp);
  const version = u8(packet.frame.bytes, at) >>> 4;
  if (version === 4) return decodeIpv4(packet, at);
  if (version === 6) return decodeIpv6(packet, at);
  fail(packet, PROBLEM.badIpHeader);
}

function fail(packet: Packet, problem: number): void {
  packet.kind = KIND.none;
  packet.problem = problem;
}
