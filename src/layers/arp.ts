/**
 * ARP for IPv4 over Ethernet (RFC 826). The packet view keeps only the offset; `flows/` reads the fields.
 *
 *      0  hardware type 1   2  protocol type 0x0800   4  lengths 6, 4   6  operation
 *      8  sender MAC   14  sender IP   18  target MAC   24  target IP
 *
 * Other hardware or protocol types are counted as not decoded.
 */
import { u16be } from '../bytes/read.ts';
import { KIND, type Packet, PROBLEM } from '../model/packet.ts';

const LENGTH = 28;

export function decodeArp(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < LENGTH) {
    packet.problem = PROBLEM.truncatedLink;
    return;
  }
  if (u16be(bytes, at) !== 1 || u16be(bytes, at + 2) !== 0x0800 || u16be(bytes, at + 4) !== 0x0604) {
    packet.problem = PROBLEM.badArp;
    return;
  }
  packet.kind = KIND.arp;
  packet.transportAt = at;
}
