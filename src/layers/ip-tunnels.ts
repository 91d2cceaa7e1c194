/**
 * Tunnels that are IP protocols of their own: IPv4 and IPv6 in IP (RFC 2003, RFC 2473, RFC 4213), GRE (`gre.ts`),
 * EtherIP (RFC 3378), L2TPv3 over IP (RFC 3931) and MPLS in IP (RFC 4023). The packet around them is no flow.
 * L2TPv3 does not say how long its cookie is: the offset is taken at which an Ethernet frame shows.
 */
import { u8, u32be } from '../bytes/read.ts';
import type { Packet } from '../model/packet.ts';
import { TUNNEL } from '../model/tunnels.ts';
import { looksLikeEthernet } from './ethernet.ts';
import { openGre } from './gre.ts';
import { follow, NEXT, OPEN } from './walk.ts';

const IPV4 = 4;
const IPV6 = 41;
const GRE = 47;
const ETHERIP = 97;
const L2TP = 115;
const MPLS = 137;

const ETHERIP_HEADER = 2;
const ETHERIP_VERSION = 3;
const L2TP_SESSION = 4;
/** Cookie of none, four or eight bytes, and a sublayer of four. */
const L2TP_LONGEST = 12;

/** Type of the tunnel that an IP protocol is, or 0. */
export function ipTunnelType(protocol: number): number {
  switch (protocol) {
    case IPV4:
    case IPV6:
      return TUNNEL.ip;
    case GRE:
      return TUNNEL.gre;
    case ETHERIP:
      return TUNNEL.etherip;
    case L2TP:
      return TUNNEL.l2tp;
    case MPLS:
      return TUNNEL.mpls;
    default:
      return TUNNEL.none;
  }
}

/**
 * Says in `inner` what the tunnel packet `outer` carries. IPv6 in IPv4 is one address space whatever way it takes, so
 * it is no part of a flow's key.
 * @returns one of `OPEN`
 */
export function openIpTunnel(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  const at = outer.transportAt;
  if (outer.end - at < 1) return OPEN.no;
  const nibble = u8(bytes, at) >>> 4;
  switch (outer.ipProtocol) {
    case IPV4:
      follow(inner, NEXT.ip, at);
      return nibble === 4 ? OPEN.byEnds : OPEN.no;
    case IPV6:
      follow(inner, NEXT.ip, at);
      if (nibble !== 6) return OPEN.no;
      return outer.ipVersion === 6 ? OPEN.byEnds : OPEN.shared;
    case GRE:
      return openGre(inner, outer);
    case ETHERIP:
      follow(inner, NEXT.ethernet, at + ETHERIP_HEADER);
      return nibble === ETHERIP_VERSION ? OPEN.byEnds : OPEN.no;
    case L2TP:
      if (outer.end - at <= L2TP_SESSION || u32be(bytes, at) === 0) return OPEN.no;
      return openL2tp3(inner, at + L2TP_SESSION);
    default:
      follow(inner, NEXT.mpls, at);
      return OPEN.byEnds;
  }
}

/** L2TPv3 data behind its session identifier. */
export function openL2tp3(inner: Packet, start: number): number {
  for (let at = start; at <= start + L2TP_LONGEST; at += 4) {
    if (!looksLikeEthernet(inner, at)) continue;
    follow(inner, NEXT.ethernet, at);
    return OPEN.byEnds;
  }
  return OPEN.no;
}
