/**
 * Neighbour discovery of IPv6 (RFC 4861 section 4): who has an address, who is a router, and what it tells its link:
 * prefixes, name servers (RFC 8106), whether DHCPv6 is there. Options other than those are passed over.
 *
 * Limits: `MAX_OPTIONS`, `MAX_LIST`.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import type { RecordOf } from '../../model/schema.ts';
import type { icmp6Nd } from '../../model/streams.ts';
import { readIpv6, readMac } from '../../net/address.ts';

const MAX_OPTIONS = 64;
const MAX_LIST = 8;

const FIRST = 133;
const NAMES = [
  'router_solicitation',
  'router_advertisement',
  'neighbour_solicitation',
  'neighbour_advertisement',
  'redirect',
];
/** Where the options of each begin. */
const OPTIONS_AT = [8, 16, 24, 24, 40];
/** RFC 4191 section 2.2; the fourth value is reserved. */
const PREFERENCES = ['medium', 'high', undefined, 'low'];

/** The part of an `icmp6_nd` record that stands in the message. */
export type Discovery = Omit<
  RecordOf<typeof icmp6Nd>,
  'ts' | 'src' | 'dst' | 'eth_src' | 'vlan' | 'frame' | 'capture'
>;

/** Whether an ICMPv6 type is one of neighbour discovery. */
export function isDiscovery(type: number): boolean {
  return type >= FIRST && type < FIRST + NAMES.length;
}

/** Decodes a message from its ICMPv6 header on; undefined when its fixed part is cut. */
export function decodeDiscovery(bytes: Uint8Array, from: number, to: number): Discovery | undefined {
  if (to <= from || !isDiscovery(bytes[from]!)) return undefined;
  const kind = bytes[from]! - FIRST;
  const options = from + OPTIONS_AT[kind]!;
  if (options > to) return undefined;
  const found: Discovery = { type: NAMES[kind]! };
  if (kind === 1) {
    const flags = bytes[from + 5]!;
    found.managed = (flags & 0x80) !== 0;
    found.other = (flags & 0x40) !== 0;
    found.preference = PREFERENCES[(flags >> 3) & 3];
    found.router_lifetime = u16be(bytes, from + 6);
  } else if (kind > 1) found.target = readIpv6(bytes, from + 8);
  if (kind === 3) {
    const flags = bytes[from + 4]!;
    found.router = (flags & 0x80) !== 0;
    found.solicited = (flags & 0x40) !== 0;
    found.override = (flags & 0x20) !== 0;
  }
  readOptions(found, bytes, options, to);
  return found;
}

/** Type, length in units of eight bytes with this header, data. */
function readOptions(found: Discovery, bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  for (let i = 0; i < MAX_OPTIONS && end - at >= 8; i++) {
    const next = at + bytes[at + 1]! * 8;
    if (next === at || next > end) return;
    readOption(found, bytes, at, next);
    at = next;
  }
}

function readOption(found: Discovery, bytes: Uint8Array, at: number, end: number): void {
  switch (bytes[at]) {
    case 1:
    case 2:
      if (end - at === 8) found.link_addr = readMac(bytes, at + 2);
      break;
    case 3: // length of the prefix, flags, lifetimes, prefix
      if (end - at !== 32) break;
      found.prefixes = added(found.prefixes, `${readIpv6(bytes, at + 16)}/${bytes[at + 2]}`);
      break;
    case 5:
      found.mtu = u32be(bytes, at + 4);
      break;
    case 25:
      for (let next = at + 8; end - next >= 16; next += 16)
        found.dns_servers = added(found.dns_servers, readIpv6(bytes, next));
      break;
  }
}

function added(list: readonly string[] = [], value: string): readonly string[] {
  return list.length < MAX_LIST ? [...list, value] : list;
}
