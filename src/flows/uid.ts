/**
 * Flow identifiers: `C` and 17 base-62 digits of a 96-bit hash over start time, five-tuple and site. The same flow
 * has the same uid however the capture was split and whichever side is the originator. Not a secret and not a
 * signature: the hash only spreads (three murmur3 finalisers with different seeds).
 */
import { TUNNEL_WORDS, type TunnelTable } from '../model/tunnels.ts';
import {
  ANNEX,
  ANNEX32,
  FLOW32,
  FLOW64,
  HIGH_ADDRESS,
  KEY_IPV6,
  KEY_META,
  KEY_TUNNEL_SHIFT,
  LOW_ADDRESS,
  PORTS,
  START_NSEC,
  START_SEC,
  WIDE,
  WIDE_WORDS,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number for the site's name, mixed into every uid. */
export function siteSeed(site: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < site.length; i++) h = Math.imul(h ^ site.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The uid of a live flow. */
export function flowUid(table: FlowTable, slot: number, site: number): string {
  begin(table.flow64[slot * FLOW64 + START_SEC]!, table.flow32[slot * FLOW32 + START_NSEC]!, site);
  const at = slot * FLOW32;
  const meta = table.flow32[at + KEY_META]!;
  mixAddress(table, slot, (meta & KEY_IPV6) !== 0, LOW_ADDRESS, 0);
  mixAddress(table, slot, (meta & KEY_IPV6) !== 0, HIGH_ADDRESS, WIDE_WORDS / 2);
  mix(table.flow32[at + PORTS]!);
  mix(meta & ((1 << KEY_TUNNEL_SHIFT) - 1));
  // A tunnel's number depends on what else was seen; what it stands for does not.
  const tunnel = meta >>> KEY_TUNNEL_SHIFT;
  if (tunnel !== 0) mixTunnel(table.tunnels, tunnel);
  return text();
}

/** The uid of a tunnel that is no flow, from its first packet. */
export function tunnelUid(
  tunnels: TunnelTable,
  tunnel: number,
  sec: number,
  nsec: number,
  site: number,
): string {
  begin(sec, nsec, site);
  mixTunnel(tunnels, tunnel);
  return text();
}

function begin(sec: number, nsec: number, site: number): void {
  state[0] = 0x9e3779b9 ^ site;
  state[1] = 0x85ebca6b ^ site;
  state[2] = 0xc2b2ae35 ^ site;
  mix(sec | 0);
  mix((sec / 0x1_0000_0000) | 0);
  mix(nsec);
}

/** Four words of an address; those of IPv4 are zero but for the last. */
function mixAddress(table: FlowTable, slot: number, ipv6: boolean, field: number, wide: number): void {
  const annex = table.flow32[slot * FLOW32 + ANNEX]! * ANNEX32 + WIDE + wide;
  for (let at = annex; at < annex + WIDE_WORDS / 2; at++) mix(ipv6 ? table.annex32[at]! : 0);
  mix(table.flow32[slot * FLOW32 + field]!);
}

function mixTunnel(tunnels: TunnelTable, tunnel: number): void {
  const first = tunnel * TUNNEL_WORDS;
  for (let at = first; at < first + TUNNEL_WORDS; at++) mix(tunnels.words[at]!);
}

function text(): string {
  codes[0] = 0x43;
  let at = 1;
  for (let i = 0; i < 3; i++) {
    let value = finish(state[i]!);
    for (let digit = i < 2 ? 6 : 5; digit > 0; digit--) {
      const rest = Math.floor(value / 62);
      codes[at++] = DIGITS.charCodeAt(value - rest * 62);
      value = rest;
    }
  }
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

const state = new Int32Array(3);
const codes = new Uint8Array(18);

function mix(word: number): void {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  for (let i = 0; i < 3; i++) {
    // A different rotation per accumulator keeps the three hashes apart.
    const h = state[i]! ^ Math.imul(k, 2 * i + 1);
    const turn = 13 + i * 2;
    state[i] = Math.imul((h << turn) | (h >>> (32 - turn)), 5) + 0xe6546b64;
  }
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
