/**
 * MPLS label stacks (RFC 3032) with IPv4, IPv6 or Ethernet (pseudowire, RFC 4448) behind them. Labels do not say what
 * they carry. A first nibble of 4 or 6 is taken for IP, of 0 for a pseudowire control word (RFC 4385); without one an
 * Ethernet frame must show an ether type that is decoded here. A first nibble of 4 or 6 that begins a MAC address is
 * told from IP by the same sign.
 *
 * Limit: `MAX_LABELS` labels in a row.
 */
import { u8, u16be } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { looksLikeEthernet } from './ethernet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { fail, follow, NEXT } from './walk.ts';

const MAX_LABELS = 16;
const LABEL = 4;
const BOTTOM_OF_STACK = 0x01;
const CONTROL_WORD = 4;

export function decodeMpls(packet: Packet, start: number): void {
  const { bytes } = packet.frame;
  let at = start;
  for (let labels = 0; ; labels++) {
    if (labels === MAX_LABELS) return fail(packet, PROBLEM.tooManyLayers);
    if (packet.end - at < LABEL) return fail(packet, PROBLEM.truncatedLink);
    at += LABEL;
    if ((u8(bytes, at - 2) & BOTTOM_OF_STACK) !== 0) break;
  }
  if (packet.end - at < 1) return fail(packet, PROBLEM.truncatedLink);
  const nibble = u8(bytes, at) >>> 4;
  if (nibble === 4 && (!looksLikeEthernet(packet, at) || isIpv4(packet, at))) return decodeIpv4(packet, at);
  if (nibble === 6 && !looksLikeEthernet(packet, at)) return decodeIpv6(packet, at);
  if (nibble === 0 && looksLikeEthernet(packet, at + CONTROL_WORD))
    return follow(packet, NEXT.ethernet, at + CONTROL_WORD);
  if (looksLikeEthernet(packet, at)) return follow(packet, NEXT.ethernet, at);
  fail(packet, PROBLEM.mpls);
}

/** Whether the lengths of an IPv4 header fit: a MAC address that begins with 4 would have to guess them. */
function isIpv4(packet: Packet, at: number): boolean {
  const { bytes } = packet.frame;
  if (packet.end - at < 20) return false;
  const header = (u8(bytes, at) & 0x0f) << 2;
  return header >= 20 && u16be(bytes, at + 2) === packet.frame.at + packet.frame.length - at;
}
