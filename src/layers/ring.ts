/** FDDI (ANSI X3T9.5) and Token Ring (IEEE 802.5), which some long-lived captures hold: both carry 802.2 LLC. */
import { u8 } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeLlc } from './llc.ts';
import { fail } from './walk.ts';

const FDDI_HEADER = 13;
const TOKEN_RING_HEADER = 14;
const MAC = 6;
/** Bit of the source address: routing information follows; its first byte says how long. */
const SOURCE_ROUTED = 0x80;
const ROUTE_LENGTH = 0x1f;

export function decodeFddi(packet: Packet, at: number): void {
  if (packet.end - at < FDDI_HEADER) return fail(packet, PROBLEM.truncatedLink);
  packet.macDstAt = at + 1;
  packet.macSrcAt = at + 1 + MAC;
  decodeLlc(packet, at + FDDI_HEADER);
}

export function decodeTokenRing(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at <= TOKEN_RING_HEADER) return fail(packet, PROBLEM.truncatedLink);
  packet.macDstAt = at + 2;
  const routed = (u8(bytes, at + 2 + MAC) & SOURCE_ROUTED) !== 0;
  // The bit is no part of the address; an address with it would be a group's.
  if (!routed) packet.macSrcAt = at + 2 + MAC;
  const route = routed ? u8(bytes, at + TOKEN_RING_HEADER) & ROUTE_LENGTH : 0;
  decodeLlc(packet, at + TOKEN_RING_HEADER + route);
}
