/**
 * Tunnels over UDP: VXLAN (RFC 7348, with group policy and GPE), GENEVE (RFC 8926), GTP-U version 1 (3GPP TS 29.281),
 * Teredo (RFC 4380), L2TP (RFC 2661, RFC 3931), CAPWAP data in clear (RFC 5415), AYIYA, MPLS (RFC 7510) and TZSP.
 * Recognised by port and a plausible header, Teredo on any port by its addresses; what they carry must decode, or the
 * packet stays plain UDP. It stays a flow of its own in any case.
 *
 * What counts as a tunnel in a flow's key: of VXLAN and GENEVE the network identifier, whoever carries it; of GTP, L2TP
 * and AYIYA the two end points. Teredo is one address space, CAPWAP one network through which stations roam, and TZSP a
 * mirror: they are no part of the key.
 *
 * Not decoded: fragments of CAPWAP, CAPWAP in DTLS, GTP control.
 */
import { u8, u16be, u24be, u32be } from '../bytes/read.ts';
import type { Packet } from '../model/packet.ts';
import { TUNNEL } from '../model/tunnels.ts';
import { openL2tp3 } from './ip-tunnels.ts';
import { follow, NEXT, OPEN } from './walk.ts';

/** Type of the tunnel on a UDP port, or 0. */
const TUNNEL_OF_PORT = new Uint8Array(0x10000);
for (const [port, type] of [
  [1701, TUNNEL.l2tp],
  [2152, TUNNEL.gtp],
  [3544, TUNNEL.teredo],
  [4789, TUNNEL.vxlan],
  [4790, TUNNEL.vxlan],
  [5072, TUNNEL.ayiya],
  [5247, TUNNEL.capwap],
  [6081, TUNNEL.geneve],
  [6635, TUNNEL.mpls],
  [8472, TUNNEL.vxlan],
  [37008, TUNNEL.tzsp],
] as const) {
  TUNNEL_OF_PORT[port] = type;
}

/** First 32 bits of Teredo addresses. */
const TEREDO_PREFIX = 0x2001_0000;
const IPV6_HEADER = 40;

/** Type of the tunnel that a UDP packet may be, or 0. */
export function udpTunnelType(packet: Packet): number {
  const byPort = TUNNEL_OF_PORT[packet.dstPort]! || TUNNEL_OF_PORT[packet.srcPort]!;
  if (byPort !== 0) return byPort;
  // Teredo clients talk to each other and to relays on ports of their own.
  const at = packet.payloadAt;
  return packet.payloadEnd - at >= IPV6_HEADER &&
    u8(packet.frame.bytes, at) >>> 4 === 6 &&
    isTeredo(packet, at)
    ? TUNNEL.teredo
    : TUNNEL.none;
}

/** Whether the UDP payload is an IPv6 packet of its length, of or to a Teredo address. */
function isTeredo(packet: Packet, at: number): boolean {
  const { bytes } = packet.frame;
  return (
    u16be(bytes, at + 4) + IPV6_HEADER === packet.payloadLength &&
    (u32be(bytes, at + 8) === TEREDO_PREFIX || u32be(bytes, at + 24) === TEREDO_PREFIX)
  );
}

/**
 * Says in `inner` what the tunnel packet `outer` carries.
 * @returns one of `OPEN`
 */
export function openUdpTunnel(inner: Packet, outer: Packet): number {
  switch (inner.tunnelType) {
    case TUNNEL.vxlan:
      return openVxlan(inner, outer);
    case TUNNEL.geneve:
      return openGeneve(inner, outer);
    case TUNNEL.gtp:
      return openGtp(inner, outer);
    case TUNNEL.teredo:
      return openTeredo(inner, outer);
    case TUNNEL.l2tp:
      return openL2tp(inner, outer);
    case TUNNEL.capwap:
      return openCapwap(inner, outer);
    case TUNNEL.ayiya:
      return openAyiya(inner, outer);
    case TUNNEL.tzsp:
      return openTzsp(inner, outer);
    default:
      follow(inner, NEXT.mpls, outer.payloadAt);
      return OPEN.byEnds;
  }
}

const VXLAN_HEADER = 8;
const VXLAN_HAS_NETWORK = 0x08;
/** Flags that must be zero in VXLAN with or without group policy and GPE. */
const VXLAN_RESERVED = 0x72;
const VXLAN_NEXT_PROTOCOL = 0x04;
const GPE_IPV4 = 1;
const GPE_IPV6 = 2;
const GPE_ETHERNET = 3;

function openVxlan(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const at = outer.payloadAt;
  if (inner.end - at <= VXLAN_HEADER) return OPEN.no;
  const flags = u8(bytes, at);
  if ((flags & VXLAN_HAS_NETWORK) === 0 || (flags & VXLAN_RESERVED) !== 0 || u8(bytes, at + 7) !== 0)
    return OPEN.no;
  inner.tunnelNetwork = u24be(bytes, at + 4);
  const from = at + VXLAN_HEADER;
  const protocol = (flags & VXLAN_NEXT_PROTOCOL) !== 0 ? u8(bytes, at + 3) : GPE_ETHERNET;
  if (protocol === GPE_ETHERNET) follow(inner, NEXT.ethernet, from);
  else if (protocol === GPE_IPV4 || protocol === GPE_IPV6) follow(inner, NEXT.ip, from);
  else return OPEN.no;
  return OPEN.byNetwork;
}

const GENEVE_HEADER = 8;
const BRIDGED = 0x6558;

function openGeneve(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const at = outer.payloadAt;
  if (inner.end - at <= GENEVE_HEADER) return OPEN.no;
  const first = u8(bytes, at);
  if (first >>> 6 !== 0 || u8(bytes, at + 7) !== 0) return OPEN.no;
  const from = at + GENEVE_HEADER + ((first & 0x3f) << 2);
  inner.tunnelNetwork = u24be(bytes, at + 4);
  const type = u16be(bytes, at + 2);
  if (type === BRIDGED) follow(inner, NEXT.ethernet, from);
  else follow(inner, NEXT.ethertype, from, type);
  return OPEN.byNetwork;
}

const GTP_HEADER = 8;
const GTP_OPTIONS = 4;
const GTP_VERSION_1 = 0x30;
const GTP_HAS_OPTIONS = 0x07;
const GTP_HAS_EXTENSIONS = 0x04;
const GTP_PACKET = 0xff;
const MAX_EXTENSIONS = 8;

function openGtp(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  let at = outer.payloadAt;
  if (inner.end - at <= GTP_HEADER + GTP_OPTIONS) return OPEN.no;
  const first = u8(bytes, at);
  if ((first & 0xf0) !== GTP_VERSION_1 || u8(bytes, at + 1) !== GTP_PACKET) return OPEN.no;
  if (u16be(bytes, at + 2) + GTP_HEADER > outer.payloadLength) return OPEN.no;
  at += GTP_HEADER;
  if ((first & GTP_HAS_OPTIONS) !== 0) {
    at += GTP_OPTIONS;
    let extension = (first & GTP_HAS_EXTENSIONS) !== 0 ? u8(bytes, at - 1) : 0;
    for (let count = 0; extension !== 0; count++) {
      if (count === MAX_EXTENSIONS || inner.end - at < 4) return OPEN.no;
      const length = u8(bytes, at) << 2;
      if (length === 0 || inner.end - at < length) return OPEN.no;
      at += length;
      extension = u8(bytes, at - 1);
    }
  }
  follow(inner, NEXT.ip, at);
  return OPEN.byEnds;
}

const TEREDO_AUTHENTICATION = 0x0001;
const TEREDO_ORIGIN = 0x0000;
const AUTHENTICATION_HEADER = 4;
/** Nonce and confirmation behind the two values of an authentication. */
const AUTHENTICATION_TAIL = 9;
const ORIGIN_LENGTH = 8;

function openTeredo(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const { end } = inner;
  let at = outer.payloadAt;
  if (end - at >= AUTHENTICATION_HEADER && u16be(bytes, at) === TEREDO_AUTHENTICATION)
    at += AUTHENTICATION_HEADER + u8(bytes, at + 2) + u8(bytes, at + 3) + AUTHENTICATION_TAIL;
  if (end - at >= ORIGIN_LENGTH && u16be(bytes, at) === TEREDO_ORIGIN) at += ORIGIN_LENGTH;
  if (end - at < IPV6_HEADER || u8(bytes, at) >>> 4 !== 6) return OPEN.no;
  if (u16be(bytes, at + 4) + IPV6_HEADER > outer.payloadAt + outer.payloadLength - at) return OPEN.no;
  follow(inner, NEXT.ip, at);
  return OPEN.shared;
}

const L2TP_CONTROL = 0x8000;
const L2TP_LENGTH = 0x4000;
const L2TP_SEQUENCE = 0x0800;
const L2TP_OFFSET = 0x0200;
/** Flags of RFC 2661 that must be zero. */
const L2TP_RESERVED = 0x34f0;

function openL2tp(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  let at = outer.payloadAt;
  if (inner.end - at < 8) return OPEN.no;
  const flags = u16be(bytes, at);
  if ((flags & L2TP_CONTROL) !== 0) return OPEN.no;
  if ((flags & 0x0f) === 3) return openL2tp3(inner, at + 8);
  if ((flags & 0x0f) !== 2 || (flags & L2TP_RESERVED) !== 0) return OPEN.no;
  at += 2 + ((flags & L2TP_LENGTH) !== 0 ? 2 : 0) + 4 + ((flags & L2TP_SEQUENCE) !== 0 ? 4 : 0);
  if ((flags & L2TP_OFFSET) !== 0) {
    if (inner.end - at < 2) return OPEN.no;
    at += 2 + u16be(bytes, at);
  }
  follow(inner, NEXT.ppp, at);
  return OPEN.byEnds;
}

const CAPWAP_HEADER = 8;
const CAPWAP_NATIVE = 0x01;
/** Fragment and keep-alive bits of the last header byte in use. */
const CAPWAP_FRAGMENT = 0x80;
const CAPWAP_KEEP_ALIVE = 0x08;

function openCapwap(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const at = outer.payloadAt;
  // The first byte is the version 0 and the type 0, in clear.
  if (inner.end - at <= CAPWAP_HEADER || u8(bytes, at) !== 0) return OPEN.no;
  const length = (u8(bytes, at + 1) >>> 3) << 2;
  const flags = u8(bytes, at + 3);
  if (length < CAPWAP_HEADER || (flags & (CAPWAP_FRAGMENT | CAPWAP_KEEP_ALIVE)) !== 0) return OPEN.no;
  const native = (u8(bytes, at + 2) & CAPWAP_NATIVE) !== 0;
  follow(inner, native ? NEXT.ieee80211 : NEXT.ethernet, at + length);
  return OPEN.shared;
}

const AYIYA_HEADER = 8;
const AYIYA_FORWARD = 1;
const PROTOCOL_IPV4 = 4;
const PROTOCOL_IPV6 = 41;

function openAyiya(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const at = outer.payloadAt;
  if (inner.end - at <= AYIYA_HEADER || (u8(bytes, at + 2) & 0x0f) !== AYIYA_FORWARD) return OPEN.no;
  const next = u8(bytes, at + 3);
  if (next !== PROTOCOL_IPV4 && next !== PROTOCOL_IPV6) return OPEN.no;
  const identity = 1 << (u8(bytes, at) >>> 4);
  follow(inner, NEXT.ip, at + AYIYA_HEADER + identity + ((u8(bytes, at + 1) >>> 4) << 2));
  return OPEN.byEnds;
}

const TZSP_HEADER = 4;
const TZSP_ETHERNET = 0x01;
const TZSP_IEEE80211 = 0x12;
const TAG_PADDING = 0;
const TAG_END = 1;
const MAX_TAGS = 32;

function openTzsp(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  let at = outer.payloadAt;
  if (inner.end - at <= TZSP_HEADER || u8(bytes, at) !== 1 || u8(bytes, at + 1) > 1) return OPEN.no;
  const encapsulated = u16be(bytes, at + 2);
  if (encapsulated !== TZSP_ETHERNET && encapsulated !== TZSP_IEEE80211) return OPEN.no;
  at += TZSP_HEADER;
  for (let tags = 0; tags < MAX_TAGS && inner.end - at > 2; tags++) {
    const tag = u8(bytes, at);
    if (tag === TAG_END) {
      follow(inner, encapsulated === TZSP_ETHERNET ? NEXT.ethernet : NEXT.ieee80211, at + 1);
      return OPEN.shared;
    }
    at += tag === TAG_PADDING ? 1 : 2 + u8(bytes, at + 1);
  }
  return OPEN.no;
}
