/**
 * Cisco Discovery Protocol, versions 1 and 2, which access points, telephones and some medical devices speak too. The
 * format is Cisco's, as its configuration guides and the decoders of Wireshark and tcpdump have it.
 *
 *     0 version   1 time to live   2 checksum   4 elements: type (2), length with this header (2), data
 *
 * Limits: `MAX_ELEMENTS`, `MAX_ADDRESSES`.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import { readIpv4, readIpv6 } from '../../net/address.ts';
import { type Announcement, capabilityNames, MAX_ADDRESSES } from './neighbour.ts';

const HEADER = 4;
const MAX_ELEMENTS = 128;
const CAPABILITIES = ['router', 'bridge', 'bridge', 'bridge', 'host', '', 'repeater', 'telephone'];
/** Protocol of an address: NLPID of IPv4, SNAP header of IPv6. */
const IPV4 = 0xcc;

type Said = Announcement['said'];

/** Decodes a packet behind its SNAP header. */
export function decodeCdp(bytes: Uint8Array, from: number, to: number): Announcement {
  const said: Said = { protocol: 'cdp' };
  if (to - from < HEADER) return { said, malformed: true };
  said.ttl = bytes[from + 1]!;
  let at = from + HEADER;
  for (let i = 0; i < MAX_ELEMENTS && to - at >= 4; i++) {
    const end = at + u16be(bytes, at + 2);
    if (end < at + 4 || end > to) break;
    readElement(said, u16be(bytes, at), bytes, at + 4, end);
    at = end;
  }
  return { said, malformed: at !== to };
}

function readElement(said: Said, type: number, bytes: Uint8Array, from: number, to: number): void {
  if (to === from) return;
  switch (type) {
    case 0x01:
      said.chassis_id = utf8(bytes, from, to);
      break;
    case 0x02: // addresses
    case 0x16: // addresses for management, which count more
      said.management_addrs = addresses(bytes, from, to) ?? said.management_addrs;
      break;
    case 0x03:
      said.port_id = utf8(bytes, from, to);
      break;
    case 0x04:
      if (to - from >= 4) said.capabilities = capabilityNames(u32be(bytes, from), CAPABILITIES);
      break;
    case 0x05:
      said.system_description = utf8(bytes, from, to);
      break;
    case 0x06:
      said.platform = utf8(bytes, from, to);
      break;
    case 0x0a:
      if (to - from >= 2) said.native_vlan = u16be(bytes, from);
      break;
    case 0x0e: // kind, VLAN
      if (to - from >= 3) said.voice_vlan = u16be(bytes, from + 1);
      break;
    case 0x14:
      said.system_name = utf8(bytes, from, to);
      break;
  }
}

/** How many, and of each: kind and length of protocol, protocol, length, address. */
function addresses(bytes: Uint8Array, from: number, to: number): string[] | undefined {
  const list: string[] = [];
  let at = from + 4;
  while (to - at >= 2 && list.length < MAX_ADDRESSES) {
    const lengthAt = at + 2 + bytes[at + 1]!;
    if (lengthAt + 2 > to) break;
    const start = lengthAt + 2;
    const end = start + u16be(bytes, lengthAt);
    if (end > to) break;
    if (end - start === 4 && bytes[at + 2] === IPV4) list.push(readIpv4(bytes, start));
    else if (end - start === 16) list.push(readIpv6(bytes, start));
    at = end;
  }
  return list.length > 0 ? list : undefined;
}
