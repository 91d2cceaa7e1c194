/**
 * From a frame's link type to the decoder of its outermost header. Link type numbers are the LINKTYPE_ registry of the
 * tcpdump group. Every other link type (USB, Bluetooth, CAN …) is counted as not decoded, by its number.
 */
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeIp, decodeLoopback, decodeNflog, decodePflog, decodeSll, decodeSll2 } from './cooked.ts';
import { decodeEthernet } from './ethernet.ts';
import { decodeIeee80211, decodePpi, decodePrism, decodeRadiotap } from './ieee80211.ts';
import { decodeCiscoHdlc, decodePpp, decodePppoe, decodePppWithDirection } from './ppp.ts';
import { fail } from './problem.ts';
import { decodeFddi, decodeTokenRing } from './ring.ts';

const ETHERNET = 1;
/** What Hilscher's taps write in front of an Ethernet frame; the second keeps its preamble. */
const NETANALYZER_HEADER = 4;
const PREAMBLE = 8;

/** Names of the link types decoded here, for the report. */
export const LINK_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'null'],
  [ETHERNET, 'ethernet'],
  [6, 'token_ring'],
  [9, 'ppp'],
  [10, 'fddi'],
  [12, 'raw'],
  [14, 'raw'],
  [50, 'ppp_hdlc'],
  [51, 'ppp_ether'],
  [101, 'raw'],
  [104, 'c_hdlc'],
  [105, 'ieee802_11'],
  [108, 'loop'],
  [113, 'linux_sll'],
  [117, 'pflog'],
  [119, 'ieee802_11_prism'],
  [127, 'ieee802_11_radiotap'],
  [163, 'ieee802_11_avs'],
  [166, 'ppp_pppd'],
  [192, 'ppi'],
  [204, 'ppp_with_dir'],
  [228, 'ipv4'],
  [229, 'ipv6'],
  [239, 'nflog'],
  [240, 'netanalyzer'],
  [241, 'netanalyzer_transparent'],
  [276, 'linux_sll2'],
]);

/** Decodes the packet's frame from its link type down to the transport. The result is in `packet.kind`. */
export function decodeFrame(packet: Packet): void {
  packet.reset();
  const { linkType, at } = packet.frame;
  if (linkType === ETHERNET) return decodeEthernet(packet, at);
  switch (linkType) {
    case 0:
    case 108:
      return decodeLoopback(packet, at);
    case 6:
      return decodeTokenRing(packet, at);
    case 9:
    case 50:
      return decodePpp(packet, at);
    case 10:
      return decodeFddi(packet, at);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return decodeIp(packet, at);
    case 51:
      return decodePppoe(packet, at);
    case 104:
      return decodeCiscoHdlc(packet, at);
    case 105:
      return decodeIeee80211(packet, at);
    case 113:
      return decodeSll(packet, at);
    case 117:
      return decodePflog(packet, at);
    case 119:
    case 163:
      return decodePrism(packet, at);
    case 127:
      return decodeRadiotap(packet, at);
    case 166:
    case 204:
      return decodePppWithDirection(packet, at);
    case 192:
      return decodePpi(packet, at);
    case 239:
      return decodeNflog(packet, at);
    case 240:
      return decodeEthernet(packet, at + NETANALYZER_HEADER);
    case 241:
      return decodeEthernet(packet, at + NETANALYZER_HEADER + PREAMBLE);
    case 276:
      return decodeSll2(packet, at);
    default:
      return fail(packet, PROBLEM.linkType, linkType);
  }
}
