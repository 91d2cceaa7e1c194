/**
 * The checksums of IPv4, TCP, UDP and ICMP (RFC 1071), verified and counted. They are no reason to drop a packet unless
 * the user asks for it: a host that captures its own traffic sees what its network card has not finished yet.
 *
 * Not verified: packets that were cut, those put together from fragments (the header is ours), UDP over IPv4 without a
 * checksum, headers whose total length is 0 (segmentation offload).
 */
import { u8, u16be } from '../bytes/read.ts';
import { KIND, type Packet } from '../model/packet.ts';

/** Which checksum is wrong, as indexes into `CHECKSUM_NAMES`. */
const CHECKSUM = { good: 0, ipv4: 1, tcp: 2, udp: 3, icmp: 4, icmp6: 5 } as const;
export const CHECKSUM_NAMES = ['', 'ipv4', 'tcp', 'udp', 'icmp', 'icmp6'] as const;

const UDP_LENGTH = 4;
const UDP_CHECKSUM = 6;
const UDP_HEADER = 8;

/** The first wrong checksum of a packet, the outer header first; 0 when none is. */
export function wrongChecksum(packet: Packet): number {
  const { bytes } = packet.frame;
  const { transportAt, transportLength, ipAt } = packet;
  if (packet.ipVersion === 4 && u16be(bytes, ipAt + 2) !== 0) {
    const end = ipAt + ((u8(bytes, ipAt) & 0x0f) << 2);
    if (!packet.reassembled && fold(sum(bytes, ipAt, end)) !== 0xffff) return CHECKSUM.ipv4;
  } else if (packet.ipVersion !== 6) return CHECKSUM.good;
  if (packet.end - transportAt < transportLength) return CHECKSUM.good;
  switch (packet.kind) {
    case KIND.tcp:
      return isRight(packet, transportLength) ? CHECKSUM.good : CHECKSUM.tcp;
    case KIND.udp: {
      if (u16be(bytes, transportAt + UDP_CHECKSUM) === 0) return CHECKSUM.good;
      const length = u16be(bytes, transportAt + UDP_LENGTH);
      if (length < UDP_HEADER || length > transportLength) return CHECKSUM.good;
      return isRight(packet, length) ? CHECKSUM.good : CHECKSUM.udp;
    }
    case KIND.icmp:
      return fold(sum(bytes, transportAt, transportAt + transportLength)) === 0xffff
        ? CHECKSUM.good
        : CHECKSUM.icmp;
    case KIND.icmp6:
      return isRight(packet, transportLength) ? CHECKSUM.good : CHECKSUM.icmp6;
    default:
      return CHECKSUM.good;
  }
}

/** With the pseudo header of addresses, length and protocol. */
function isRight(packet: Packet, length: number): boolean {
  const { bytes } = packet.frame;
  const pseudo =
    halves(packet.src0) +
    halves(packet.src1) +
    halves(packet.src2) +
    halves(packet.src3) +
    halves(packet.dst0) +
    halves(packet.dst1) +
    halves(packet.dst2) +
    halves(packet.dst3) +
    packet.ipProtocol +
    halves(length);
  return fold(pseudo + sum(bytes, packet.transportAt, packet.transportAt + length)) === 0xffff;
}

/** Sum of 16-bit words; exact, since a packet has at most 32,768 of them. */
function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  let at = from;
  for (; at + 1 < to; at += 2) total += u16be(bytes, at);
  return at < to ? total + (u8(bytes, at) << 8) : total;
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

function fold(total: number): number {
  const once = (total & 0xffff) + Math.floor(total / 0x10000);
  return (once & 0xffff) + (once >>> 16);
}
