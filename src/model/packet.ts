/**
 * The decoded view of one frame: numbers and offsets into the frame's bytes, reset per frame. It is borrowed until
 * the next frame; whoever keeps anything copies it. `layers/` fills it, `flows/` reads it.
 *
 * Lengths of payloads are those of the IP header ("on the wire"); `payloadEnd` is where the captured bytes stop,
 * so `payloadEnd - payloadAt < payloadLength` means the frame was cut.
 */
import { Frame } from './frame.ts';

/** What the walk down the layers found at the end. */
export const KIND = {
  /** Not decoded; `problem` says why. */
  none: 0,
  arp: 1,
  tcp: 2,
  udp: 3,
  icmp: 4,
  icmp6: 5,
  /** Another IP protocol. */
  ip: 6,
  /** LLDP and CDP: who stands at the other end of the cable. */
  lldp: 7,
  cdp: 8,
} as const;

/** Why a frame was not decoded further, as indexes into `PROBLEM_NAMES`. */
export const PROBLEM = {
  none: 0,
  truncatedLink: 1,
  truncatedIp: 2,
  truncatedTransport: 3,
  badIpHeader: 4,
  ethertype: 5,
  linkType: 6,
  tooManyTags: 7,
  tooManyExtensions: 8,
  fragment: 9,
  llc: 10,
  badArp: 11,
  badTransport: 12,
  snap: 13,
  mpls: 14,
  ppp: 15,
  wlan: 16,
  encrypted: 17,
  badLink: 18,
  tooManyLayers: 19,
  noNextHeader: 20,
} as const;

/** Names of `PROBLEM` as counted in coverage; those with a `problemNumber` get it appended. */
export const PROBLEM_NAMES = [
  '',
  'truncated_link_header',
  'truncated_ip_header',
  'truncated_transport_header',
  'bad_ip_header',
  'unknown_ethertype',
  'unknown_link_type',
  'too_many_vlan_tags',
  'too_many_ipv6_extensions',
  'fragment',
  'llc',
  'bad_arp',
  'bad_transport_header',
  'unknown_snap_protocol',
  'unknown_mpls_payload',
  'unknown_ppp_protocol',
  'ieee80211_without_data',
  'ieee80211_encrypted',
  'bad_link_header',
  'too_many_layers',
  'no_next_header',
] as const;

/** TCP flag bits (RFC 9293 section 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

/**
 * Start value of fields that hold any 32-bit number. Beginning with a large one tells the engine at once that a small
 * integer will not do; learning it in the middle of a capture throws all optimised code away.
 */
const WORD = 0xffff_ffff;

export class Packet {
  /** The frame it is in; for a packet put together from fragments, one of its own. */
  frame = new Frame();
  /** One of `KIND`. */
  kind = 0;
  /** One of `PROBLEM`; may be set although `kind` is (a cut transport header, a fragment). */
  problem = 0;
  /**
   * Number that goes with `problem`: the ether type, link type, PPP protocol, LLC service access points (DSAP << 8 |
   * SSAP) or SNAP protocol.
   */
  problemNumber = 0;
  /** Organisation of a SNAP header that is not plain Ethernet; goes with `PROBLEM.snap`. */
  snapOui = 0;
  /**
   * Where the payload begins that `problemNumber` names: behind the ether type (of LLDP), the LLC header (of spanning
   * tree) or the SNAP header (of CDP). It ends at `end`. Only set with `PROBLEM.ethertype`, `llc` and `snap`.
   */
  networkAt = 0;
  /** Offset of destination and source MAC in the bytes, or -1. */
  macDstAt = -1;
  macSrcAt = -1;
  /** Outer and inner VLAN identifier, or -1. */
  vlan = -1;
  innerVlan = -1;
  /** One past the last captured byte of the frame. */
  end = 0;
  /** Tunnels around this packet. */
  tunnelDepth = 0;
  /** Type of the innermost tunnel (`TUNNEL`). */
  tunnelType = 0;
  /** Network identifier of the innermost tunnel, where it has one. */
  tunnelNetwork = 0;
  /** Number of the innermost tunnel (`TunnelTable`) as part of the flow's key; 0 when it is none. */
  tunnel = 0;
  /** Number of the innermost tunnel when it runs over IP directly; 0 when the packet around this one has a flow. */
  carrier = 0;
  /** What the walk down the layers goes on with (`NEXT` of the layers), where, and its ether type; 0 is nothing. */
  next = 0;
  nextAt = 0;
  nextType = 0;
  /** Where another packet of the same frame begins (A-MSDU), or -1. */
  rest = -1;
  /** 4, 6, or 0 when there is no IP. */
  ipVersion = 0;
  /** IP length of the packet, headers included. */
  ipLength = 0;
  ipProtocol = 0;
  /** Identification of the IPv4 header; -1 with IPv6, which has none. */
  ipIdentification = 0;
  /** TTL or hop limit. */
  hopLimit = 0;
  /** Offset of the IP header. */
  ipAt = 0;
  /** Put together from fragments: its IP header was made here. */
  reassembled = false;
  /** Offset of the IPv6 fragment header, and of the byte that names it; set for fragments only. */
  fragmentAt = 0;
  fragmentNamedAt = 0;
  /** Fragment offset in bytes, and whether more follow. */
  fragmentOffset = 0;
  moreFragments = false;
  /** Addresses as four words each; IPv4 in the last. */
  src0 = WORD;
  src1 = WORD;
  src2 = WORD;
  src3 = WORD;
  dst0 = WORD;
  dst1 = WORD;
  dst2 = WORD;
  dst3 = WORD;
  /** Offset of the transport header (or of the packet of ARP, LLDP or CDP). */
  transportAt = 0;
  /** Bytes from the transport header to the end of the IP packet, or of the packet of LLDP or CDP. */
  transportLength = 0;
  /** Ports; ICMP type and code. */
  srcPort = 0;
  dstPort = 0;
  tcpFlags = 0;
  seq = WORD;
  ack = WORD;
  window = 0;
  payloadAt = 0;
  /** Payload bytes on the wire. */
  payloadLength = 0;
  /** One past the last captured payload byte. */
  payloadEnd = 0;

  reset(): void {
    this.kind = 0;
    this.problem = 0;
    this.problemNumber = 0;
    this.macDstAt = -1;
    this.macSrcAt = -1;
    this.vlan = -1;
    this.innerVlan = -1;
    this.end = this.frame.at + this.frame.captured;
    this.tunnelDepth = 0;
    this.tunnelType = 0;
    this.tunnelNetwork = 0;
    this.tunnel = 0;
    this.carrier = 0;
    this.next = 0;
    this.rest = -1;
    this.ipVersion = 0;
    this.ipLength = 0;
    this.reassembled = false;
    this.fragmentOffset = 0;
    this.moreFragments = false;
    this.payloadLength = 0;
  }

  /** Begins the view of a packet inside `outer`, in a tunnel of the given type. */
  enter(outer: Packet, end: number, type: number): void {
    this.frame = outer.frame;
    this.reset();
    this.end = end;
    this.tunnelDepth = outer.tunnelDepth + 1;
    this.tunnelType = type;
  }
}
