/**
 * Link types whose header was made by the capturing host, not seen on a wire: Linux cooked capture v1 and v2, BSD null
 * and loopback, pflog of the BSD packet filter, NFLOG of netfilter, and raw IP.
 *
 * Limit: `MAX_OPTIONS` options of an NFLOG frame.
 */
import { u8, u16be, u16le, u32be, u32le } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeEthertype } from './ethernet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { decodeLlc } from './llc.ts';
import { fail } from './walk.ts';

const SLL_HEADER = 16;
const SLL_ADDRESS_LENGTH = 4;
const SLL_ADDRESS = 6;
const SLL_PROTOCOL = 14;

const SLL2_HEADER = 20;
const SLL2_ADDRESS_LENGTH = 11;
const SLL2_ADDRESS = 12;

/** Pseudo protocol of cooked captures: an 802.2 LLC frame. */
const COOKED_LLC = 0x0004;

const FAMILY = 4;

const NFLOG_HEADER = 4;
const NFLOG_OPTION = 4;
const NFLOG_PAYLOAD = 9;
const MAX_OPTIONS = 64;

export function decodeSll(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < SLL_HEADER) return fail(packet, PROBLEM.truncatedLink);
  // The address field is 8 bytes wide; its length field says 6 for a MAC.
  if (u16be(bytes, at + SLL_ADDRESS_LENGTH) === 6) packet.macSrcAt = at + SLL_ADDRESS;
  decodeCooked(packet, u16be(bytes, at + SLL_PROTOCOL), at + SLL_HEADER);
}

export function decodeSll2(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < SLL2_HEADER) return fail(packet, PROBLEM.truncatedLink);
  if (u8(bytes, at + SLL2_ADDRESS_LENGTH) === 6) packet.macSrcAt = at + SLL2_ADDRESS;
  decodeCooked(packet, u16be(bytes, at), at + SLL2_HEADER);
}

function decodeCooked(packet: Packet, protocol: number, at: number): void {
  if (protocol === COOKED_LLC) return decodeLlc(packet, at);
  decodeEthertype(packet, protocol, at);
}

/** BSD loopback: an address family in the writer's byte order (null) or network order (loop). */
export function decodeLoopback(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < FAMILY) return fail(packet, PROBLEM.truncatedLink);
  const big = u32be(bytes, at);
  decodeFamily(packet, big > 0xffff ? u32le(bytes, at) : big, at + FAMILY);
}

/** pflog: a header that says its length, padded to four bytes, and the address family. */
export function decodePflog(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < FAMILY) return fail(packet, PROBLEM.truncatedLink);
  const length = (u8(bytes, at) + 3) & ~3;
  if (packet.end - at < length) return fail(packet, PROBLEM.truncatedLink);
  decodeFamily(packet, u8(bytes, at + 1), at + length);
}

/** NFLOG: options of the capturing kernel, in its byte order; one of them is the packet. */
export function decodeNflog(packet: Packet, start: number): void {
  const { bytes } = packet.frame;
  if (packet.end - start < NFLOG_HEADER) return fail(packet, PROBLEM.truncatedLink);
  const family = u8(bytes, start);
  let at = start + NFLOG_HEADER;
  for (let count = 0; count < MAX_OPTIONS; count++) {
    if (packet.end - at < NFLOG_OPTION) return fail(packet, PROBLEM.truncatedLink);
    const little = u16le(bytes, at + 2) <= 0xff;
    const length = little ? u16le(bytes, at) : u16be(bytes, at);
    const type = little ? u16le(bytes, at + 2) : u16be(bytes, at + 2);
    if (length < NFLOG_OPTION) return fail(packet, PROBLEM.badLink);
    if (type === NFLOG_PAYLOAD) {
      packet.end = Math.min(packet.end, at + length);
      return decodeFamily(packet, family, at + NFLOG_OPTION);
    }
    at += (length + 3) & ~3;
  }
  fail(packet, PROBLEM.badLink);
}

export function decodeIp(packet: Packet, at: number): void {
  if (packet.end - at < 1) return fail(packet, PROBLEM.truncatedIp);
  const version = u8(packet.frame.bytes, at) >>> 4;
  if (version === 4) return decodeIpv4(packet, at);
  if (version === 6) return decodeIpv6(packet, at);
  fail(packet, PROBLEM.badIpHeader);
}

function decodeFamily(packet: Packet, family: number, at: number): void {
  // AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24, 28 or 30 (BSDs, macOS).
  if (family === 2) return decodeIpv4(packet, at);
  if (family === 10 || family === 24 || family === 28 || family === 30) return decodeIpv6(packet, at);
  fail(packet, PROBLEM.ethertype, family);
}
