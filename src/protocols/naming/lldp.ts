/**
 * Link Layer Discovery Protocol (IEEE 802.1AB clause 8) with the elements of IEEE 802.1 for VLANs and of LLDP-MED (ANSI/
 * TIA-1057 section 10.2) for the inventory of an end device: maker, model, serial number, revisions.
 *
 * A frame is a list of elements: type (7 bits), length (9 bits), data. Other elements are passed over.
 * Limits: `MAX_ELEMENTS`, `MAX_ADDRESSES`.
 */
import { u16be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { readIpv4, readIpv6, readMac } from '../../net/address.ts';
import { type Announcement, capabilityNames, MAX_ADDRESSES } from './neighbour.ts';

const MAX_ELEMENTS = 128;
/** Bits of clause 8.5.8. */
const CAPABILITIES = 'other repeater bridge wlan_ap router telephone docsis station'.split(' ');
const IEEE_8021 = 0x0080c2;
const MED = 0x0012bb;
const VOICE = 1;

type Said = Announcement['said'];

/** Decodes a frame behind its Ethernet header. */
export function decodeLldp(bytes: Uint8Array, from: number, to: number): Announcement {
  const said: Said = { protocol: 'lldp' };
  let at = from;
  for (let i = 0; i < MAX_ELEMENTS && to - at >= 2; i++) {
    const header = u16be(bytes, at);
    const start = at + 2;
    const end = start + (header & 0x1ff);
    if (header >> 9 === 0) return { said, malformed: false };
    if (end > to) break;
    readElement(said, header >> 9, bytes, start, end);
    at = end;
  }
  return { said, malformed: at !== to };
}

function readElement(said: Said, type: number, bytes: Uint8Array, from: number, to: number): void {
  switch (type) {
    case 1: // what kind of identifier, identifier
      said.chassis_id = identifier(bytes, from, to, 4, 5);
      break;
    case 2:
      said.port_id = identifier(bytes, from, to, 3, 4);
      break;
    case 3:
      if (to - from >= 2) said.ttl = u16be(bytes, from);
      break;
    case 4:
      said.port_description = text(bytes, from, to);
      break;
    case 5:
      said.system_name = text(bytes, from, to);
      break;
    case 6:
      said.system_description = text(bytes, from, to);
      break;
    case 7: // what it can do, what it does
      if (to - from >= 4) said.capabilities = capabilityNames(u16be(bytes, from + 2), CAPABILITIES);
      break;
    case 8: {
      // Length of kind and address, kind, address, and the interface.
      const end = from + 1 + (bytes[from] ?? 0);
      const address = to > from && end <= to ? networkAddress(bytes, from + 1, end) : undefined;
      const known = said.management_addrs ?? [];
      if (address !== undefined && known.length < MAX_ADDRESSES) said.management_addrs = [...known, address];
      break;
    }
    case 127: // organisation, kind
      if (to - from >= 4)
        readSpecific(said, u16be(bytes, from) * 256 + bytes[from + 2]!, bytes, from + 3, to);
      break;
  }
}

function readSpecific(said: Said, organisation: number, bytes: Uint8Array, from: number, to: number): void {
  const kind = bytes[from]!;
  const start = from + 1;
  if (organisation === IEEE_8021) {
    if (kind === 1 && to - start >= 2) said.native_vlan = u16be(bytes, start);
    return;
  }
  if (organisation !== MED) return;
  switch (kind) {
    case 2: // application, then flags, VLAN and priorities in 24 bits
      if (to - start >= 4 && bytes[start] === VOICE) said.voice_vlan = (u16be(bytes, start + 1) >> 1) & 0xfff;
      break;
    case 5:
      said.hardware_version = text(bytes, start, to);
      break;
    case 6:
      said.firmware_version = text(bytes, start, to);
      break;
    case 7:
      said.software_version = text(bytes, start, to);
      break;
    case 8:
      said.serial = text(bytes, start, to);
      break;
    case 9:
      said.manufacturer = text(bytes, start, to);
      break;
    case 10:
      said.platform = text(bytes, start, to);
      break;
  }
}

/** An identifier by its kind: MAC address, network address, or text. */
function identifier(
  bytes: Uint8Array,
  from: number,
  to: number,
  macKind: number,
  networkKind: number,
): string | undefined {
  const kind = bytes[from]!;
  if (to - from < 2) return undefined;
  if (kind === macKind && to - from === 7) return readMac(bytes, from + 1);
  if (kind === networkKind) return networkAddress(bytes, from + 1, to) ?? hex(bytes, from + 1, to);
  return text(bytes, from + 1, to);
}

/** Family (of IANA's list: 1 IPv4, 2 IPv6, 6 MAC address), address. */
function networkAddress(bytes: Uint8Array, from: number, to: number): string | undefined {
  const length = to - from - 1;
  if (bytes[from] === 1 && length === 4) return readIpv4(bytes, from + 1);
  if (bytes[from] === 2 && length === 16) return readIpv6(bytes, from + 1);
  return bytes[from] === 6 && length === 6 ? readMac(bytes, from + 1) : undefined;
}

/** Text without the zero that some senders put behind it. */
function text(bytes: Uint8Array, from: number, to: number): string | undefined {
  const end = to > from && bytes[to - 1] === 0 ? to - 1 : to;
  return end > from ? utf8(bytes, from, end) : undefined;
}
