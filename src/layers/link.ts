/**
 * From a frame's link type to the decoder of its outermost header. Link type numbers are the LINKTYPE_ registry of the
 * tcpdump group. Every other link type (USB, Bluetooth, CAN …) is counted as not decoded, by its number.
 *
 * Limit: `MAX_LAYERS` link headers inside one another, such as Ethernet over MPLS over Ethernet.
 */
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeIp, decodeLoopback, decodeNflog, decodePflog, decodeSll, decodeSll2 } from './cooked.ts';
import { decodeEthernet, decodeEthertype } from './ethernet.ts';
import { decodeIeee80211, decodePpi, decodePrism, decodeRadiotap } from './ieee80211.ts';
import { decodeLlc } from './llc.ts';
import { decodeMpls } from './mpls.ts';
import { decodeCiscoHdlc, decodePpp, decodePppoe, decodePppWithDirection } from './ppp.ts';
import { decodeFddi, decodeTokenRing } from './ring.ts';
import { fail, NEXT } from './walk.ts';

const MAX_LAYERS = 12;

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
  decodeLink(packet, packet.frame.linkType, packet.frame.at);
  if (packet.next !== NEXT.nothing) decodeNext(packet);
}

/** Walks on for as long as a layer says what follows it. */
export function decodeNext(packet: Packet): void {
  for (let layers = 0; packet.next !== NEXT.nothing; layers++) {
    const { next, nextAt: at } = packet;
    packet.next = NEXT.nothing;
    if (layers === MAX_LAYERS) return fail(packet, PROBLEM.tooManyLayers);
    switch (next) {
      case NEXT.ethernet:
        decodeEthernet(packet, at);
        break;
      case NEXT.ethertype:
        decodeEthertype(packet, packet.nextType, at);
        break;
      case NEXT.llc:
        decodeLlc(packet, at);
        break;
      case NEXT.mpls:
        decodeMpls(packet, at);
        break;
      case NEXT.pppoe:
        decodePppoe(packet, at);
        break;
      case NEXT.ppp:
        decodePpp(packet, at);
        break;
      case NEXT.ip:
        decodeIp(packet, at);
        break;
      default:
        decodeIeee80211(packet, at);
    }
  }
}

function decodeLink(packet: Packet, linkType: number, at: number): void {
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
