/**
 * 802.2 LLC and SNAP (IEEE 802-2014, RFC 1042), as 802.3 frames with a length, 802.11, FDDI and Token Ring carry them:
 * SNAP of the organisations 00-00-00 (RFC 1042) and 00-00-F8 (bridge tunnel) is an ether type, that of 00-00-0C with
 * 0x2000 CDP. Other service access points (spanning tree is 42) and organisations are left to observers of layer 2.
 */
import { u8, u16be, u24be } from '../bytes/read.ts';
import { KIND, type Packet, PROBLEM } from '../model/packet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { fail, follow, foundAtLayer2, NEXT } from './walk.ts';

const LLC_HEADER = 3;
const SNAP_HEADER = 8;

const UNNUMBERED = 0x03;
const SAP_IP = 0x06;
const SAP_SNAP = 0xaa;

const OUI_ETHERNET = 0x000000;
const OUI_BRIDGE_TUNNEL = 0x0000f8;
const OUI_CISCO = 0x00000c;
const CDP = 0x2000;
/** Smaller protocols of SNAP are no ether types; a length there would lead back here. */
const MIN_ETHERTYPE = 0x0600;

export function decodeLlc(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < LLC_HEADER) return fail(packet, PROBLEM.truncatedLink);
  const dsap = u8(bytes, at);
  const ssap = u8(bytes, at + 1);
  const control = u8(bytes, at + 2);
  if (dsap === SAP_SNAP && ssap === SAP_SNAP && control === UNNUMBERED) return decodeSnap(packet, at);
  if (dsap === SAP_IP && ssap === SAP_IP && control === UNNUMBERED)
    return decodeIpv4(packet, at + LLC_HEADER);
  packet.networkAt = at + LLC_HEADER;
  fail(packet, PROBLEM.llc, (dsap << 8) | ssap);
}

function decodeSnap(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < SNAP_HEADER) return fail(packet, PROBLEM.truncatedLink);
  const organisation = u24be(bytes, at + LLC_HEADER);
  const protocol = u16be(bytes, at + 6);
  if ((organisation === OUI_ETHERNET || organisation === OUI_BRIDGE_TUNNEL) && protocol >= MIN_ETHERTYPE)
    return follow(packet, NEXT.ethertype, at + SNAP_HEADER, protocol);
  if (organisation === OUI_CISCO && protocol === CDP)
    return foundAtLayer2(packet, KIND.cdp, at + SNAP_HEADER);
  packet.networkAt = at + SNAP_HEADER;
  packet.snapOui = organisation;
  fail(packet, PROBLEM.snap, protocol);
}
