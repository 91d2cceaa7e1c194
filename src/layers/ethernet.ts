/**
 * Ethernet (IEEE 802.3) and what stands between it and the network header: 802.1Q, 802.1ad and older VLAN tags, the
 * VN-Tag of Cisco and the E-Tag of 802.1BR, backbone frames of 802.1ah, MPLS (`mpls.ts`), PPPoE sessions (`ppp.ts`),
 * LLDP, and frames whose type field is a length (`llc.ts`). VLAN identifiers are kept for the two outermost tags. Other
 * ether types are left to observers of layer 2: their number and where their payload begins stand in the packet.
 *
 * Limit: `MAX_TAGS` tags of any kind in a row.
 */
import { u8, u16be } from '../bytes/read.ts';
import { KIND, type Packet, PROBLEM } from '../model/packet.ts';
import { decodeArp } from './arp.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { fail, follow, foundAtLayer2, NEXT } from './walk.ts';

const MAX_TAGS = 8;

const TYPE = 12;
const ETHERNET_HEADER = 14;

const VLAN_TAG = 4;
const VN_TAG = 4;
const E_TAG = 6;
/** Service identifier in front of the inner Ethernet header. */
const I_TAG = 4;

const IPV4 = 0x0800;
const ARP = 0x0806;
const VLAN = 0x8100;
const IPV6 = 0x86dd;
const MPLS = 0x8847;
const MPLS_MULTICAST = 0x8848;
const PPPOE_SESSION = 0x8864;
const JUMBO_LLC = 0x8870;
const QINQ = 0x88a8;
const LLDP = 0x88cc;
const BACKBONE = 0x88e7;
const VNTAG = 0x8926;
const ETAG = 0x893f;
const QINQ_OLD = 0x9100;
const QINQ_OLDER = 0x9200;

/** Smaller values in the type field are lengths of 802.3 frames. */
const MIN_ETHERTYPE = 0x0600;

export function decodeEthernet(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < ETHERNET_HEADER) return fail(packet, PROBLEM.truncatedLink);
  packet.macDstAt = at;
  packet.macSrcAt = at + 6;
  decodeEthertype(packet, u16be(bytes, at + TYPE), at + ETHERNET_HEADER);
}

/** Decodes what an ether type names; `start` is where its payload begins. */
export function decodeEthertype(packet: Packet, first: number, start: number): void {
  if (first === IPV4) return decodeIpv4(packet, start);
  if (first === IPV6) return decodeIpv6(packet, start);
  let type = first;
  let at = start;
  const { bytes } = packet.frame;
  for (let tags = 0; isTag(type); tags++) {
    const length = tagLength(type);
    if (tags === MAX_TAGS) return fail(packet, PROBLEM.tooManyTags);
    if (packet.end - at < length) return fail(packet, PROBLEM.truncatedLink);
    if (type === BACKBONE) {
      packet.macDstAt = at + I_TAG;
      packet.macSrcAt = at + I_TAG + 6;
    } else if (length === VLAN_TAG && type !== VNTAG) {
      const identifier = u16be(bytes, at) & 0x0fff;
      if (packet.vlan < 0) packet.vlan = identifier;
      else if (packet.innerVlan < 0) packet.innerVlan = identifier;
    }
    at += length;
    type = u16be(bytes, at - 2);
  }
  switch (type) {
    case IPV4:
      return decodeIpv4(packet, at);
    case IPV6:
      return decodeIpv6(packet, at);
    case ARP:
      return decodeArp(packet, at);
    case MPLS:
    case MPLS_MULTICAST:
      return follow(packet, NEXT.mpls, at);
    case PPPOE_SESSION:
      return follow(packet, NEXT.pppoe, at);
    case LLDP:
      return foundAtLayer2(packet, KIND.lldp, at);
    case JUMBO_LLC:
      return follow(packet, NEXT.llc, at);
    default:
      if (type < MIN_ETHERTYPE) return decodeLength(packet, type, at);
      packet.networkAt = at;
      fail(packet, PROBLEM.ethertype, type);
  }
}

/** Whether an Ethernet frame plausibly begins at `at`: its type is one that is decoded here. */
export function looksLikeEthernet(packet: Packet, at: number): boolean {
  const { bytes } = packet.frame;
  if (packet.end - at < ETHERNET_HEADER) return false;
  const type = u16be(bytes, at + TYPE);
  switch (type) {
    case IPV4:
      return packet.end > at + ETHERNET_HEADER && u8(bytes, at + ETHERNET_HEADER) >>> 4 === 4;
    case IPV6:
      return packet.end > at + ETHERNET_HEADER && u8(bytes, at + ETHERNET_HEADER) >>> 4 === 6;
    case ARP:
    case MPLS:
    case PPPOE_SESSION:
      return true;
    default:
      return isTag(type);
  }
}

/** The length of an 802.3 frame ends its payload; what follows is padding. */
function decodeLength(packet: Packet, length: number, at: number): void {
  if (length > 0 && length < packet.end - at) packet.end = at + length;
  follow(packet, NEXT.llc, at);
}

function isTag(type: number): boolean {
  switch (type) {
    case VLAN:
    case QINQ:
    case QINQ_OLD:
    case QINQ_OLDER:
    case VNTAG:
    case ETAG:
    case BACKBONE:
      return true;
    default:
      return false;
  }
}

/** Bytes of a tag up to the end of the ether type behind it. */
function tagLength(type: number): number {
  switch (type) {
    case VNTAG:
      return VN_TAG + 2;
    case ETAG:
      return E_TAG + 2;
    case BACKBONE:
      return I_TAG + ETHERNET_HEADER;
    default:
      return VLAN_TAG;
  }
}
