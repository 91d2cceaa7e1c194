/**
 * Rewrites the Ethernet frames of a capture into tunnels, as a router, an overlay or a mirror would: each frame, or the IP
 * packet in it, inside an outer frame between two tunnel end points. The direction of the outer packet follows that of
 * the frame.
 */
import type { Captured } from './captures.ts';
import { type Bytes, be16, be32, concat, ethernet, ipv4, ipv6, toBytes, udp } from './frames.ts';
import { dot11, snap } from './link-frames.ts';

export interface TunnelKind {
  readonly name: string;
  /** Whether Ethernet frames travel in it, or IP packets. */
  readonly carries: 'ethernet' | 'ip';
  /** In Zeek's words. */
  readonly type: string;
  /** Whether it is part of the key of the flows inside. */
  readonly inKey: boolean;
  /** The packet around, of `HERE` to `THERE` or back. */
  readonly wrap: (payload: Uint8Array, back: boolean, identification: number) => Uint8Array;
}

export const HERE = '192.0.2.1';
export const THERE = '192.0.2.2';

/** An outer IPv4 packet, its identification counting up as that of a real host. */
function outer(protocol: number, payload: Bytes, back: boolean, identification: number): Uint8Array {
  const [src, dst] = back ? [THERE, HERE] : [HERE, THERE];
  return ipv4({ src, dst, protocol, identification: 2 + (identification % 0xfff0) }, payload);
}

function overUdp(port: number, header: (payload: Uint8Array) => Bytes, src = 50_000): TunnelKind['wrap'] {
  return (payload, back, identification) =>
    outer(17, udp({ src, dst: port }, concat(header(payload), payload)), back, identification);
}

function overIp(protocol: number, header: (payload: Uint8Array) => Bytes): TunnelKind['wrap'] {
  return (payload, back, identification) =>
    outer(protocol, concat(header(payload), payload), back, identification);
}

const etherTypeOf = (packet: Uint8Array): number => (packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800);
const pppOf = (packet: Uint8Array): number => (packet[0]! >>> 4 === 6 ? 0x57 : 0x21);
const network = (identifier: number): number[] => be32(identifier * 256);

/** What GTP puts behind its length when it has options. */
const GTP_OPTIONS = [...be16(1), 0, 0];

/** A frame as a station and its access point exchange it. */
function asDot11(frame: Uint8Array): Uint8Array {
  const header = dot11({ flags: '' }, []);
  header.set(frame.subarray(0, 12), 4);
  return concat(header, snap((frame[12]! << 8) | frame[13]!, frame.subarray(14)));
}

export const TUNNEL_KINDS: readonly TunnelKind[] = [
  {
    name: 'VXLAN',
    carries: 'ethernet',
    type: 'Tunnel::VXLAN',
    inKey: true,
    wrap: overUdp(4789, () => [8, 0, 0, 0, ...network(77)]),
  },
  {
    name: 'VXLAN of Linux',
    carries: 'ethernet',
    type: 'Tunnel::VXLAN',
    inKey: true,
    wrap: overUdp(8472, () => [8, 0, 0, 0, ...network(77)]),
  },
  {
    name: 'VXLAN-GPE',
    carries: 'ip',
    type: 'Tunnel::VXLAN',
    inKey: true,
    wrap: overUdp(4790, p => [0x0c, 0, 0, p[0]! >>> 4 === 6 ? 2 : 1, ...network(77)]),
  },
  {
    name: 'GENEVE',
    carries: 'ethernet',
    type: 'Tunnel::GENEVE',
    inKey: true,
    wrap: overUdp(6081, () => [2, 0, 0x65, 0x58, ...network(5), ...be32(0x0102_0301), ...be32(9)]),
  },
  {
    name: 'GENEVE with IP',
    carries: 'ip',
    type: 'Tunnel::GENEVE',
    inKey: true,
    wrap: overUdp(6081, p => [0, 0, ...be16(etherTypeOf(p)), ...network(5)]),
  },
  {
    name: 'GTP-U',
    carries: 'ip',
    type: 'Tunnel::GTPv1',
    inKey: true,
    wrap: overUdp(2152, p => [0x30, 0xff, ...be16(p.length), ...be32(3)]),
  },
  {
    name: 'GTP-U with sequence and extension',
    carries: 'ip',
    type: 'Tunnel::GTPv1',
    inKey: true,
    wrap: overUdp(2152, p => [
      0x36,
      0xff,
      ...be16(p.length + 8),
      ...be32(3),
      ...GTP_OPTIONS.slice(0, 3),
      0x85,
      1,
      0x10,
      1,
      0,
    ]),
  },
  {
    name: 'L2TP',
    carries: 'ip',
    type: 'Tunnel::L2TP',
    inKey: true,
    wrap: overUdp(
      1701,
      p => [0x40, 2, ...be16(p.length + 12), ...be16(1), ...be16(2), 0xff, 3, ...be16(pppOf(p))],
      1701,
    ),
  },
  {
    name: 'L2TPv3 over UDP',
    carries: 'ethernet',
    type: 'Tunnel::L2TP',
    inKey: true,
    wrap: overUdp(1701, () => [0, 3, 0, 0, ...be32(8), ...be32(0x1122_3344)], 1701),
  },
  {
    name: 'CAPWAP with 802.3',
    carries: 'ethernet',
    type: 'Tunnel::CAPWAP',
    inKey: false,
    wrap: overUdp(5247, () => [0, 0x10, 0, 0, 0, 0, 0, 0]),
  },
  {
    name: 'CAPWAP with 802.11',
    carries: 'ethernet',
    type: 'Tunnel::CAPWAP',
    inKey: false,
    wrap: (p, back, id) => overUdp(5247, () => [0, 0x10, 0x03, 0, 0, 0, 0, 0])(asDot11(p), back, id),
  },
  {
    name: 'TZSP',
    carries: 'ethernet',
    type: 'Tunnel::TZSP',
    inKey: false,
    wrap: overUdp(37008, () => [1, 0, 0, 1, 0, 0x0a, 1, 7, 1]),
  },
  {
    name: 'MPLS over UDP',
    carries: 'ip',
    type: 'Tunnel::MPLS',
    inKey: true,
    wrap: overUdp(6635, () => be32(0x0001_0140)),
  },
  {
    name: 'AYIYA',
    carries: 'ip',
    type: 'Tunnel::AYIYA',
    inKey: true,
    wrap: overUdp(5072, p => [
      0x41,
      0x52,
      0x11,
      p[0]! >>> 4 === 6 ? 41 : 4,
      ...be32(0),
      ...new Uint8Array(36),
    ]),
  },
  {
    name: 'GRE',
    carries: 'ip',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, p => [0, 0, ...be16(etherTypeOf(p))]),
  },
  {
    name: 'GRE with checksum, key and sequence',
    carries: 'ip',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, p => [0xb0, 0, ...be16(etherTypeOf(p)), ...be32(0), ...be32(99), ...be32(1)]),
  },
  {
    name: 'PPTP',
    carries: 'ip',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, p => [
      0x30,
      0x81,
      0x88,
      0x0b,
      ...be16(p.length + 4),
      ...be16(7),
      ...be32(1),
      ...be32(2),
      0xff,
      3,
      ...be16(pppOf(p)),
    ]),
  },
  {
    name: 'GRE with Ethernet',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, () => [0, 0, 0x65, 0x58]),
  },
  {
    name: 'NVGRE',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, () => [0x20, 0, 0x65, 0x58, ...be32(0x0012_34ab)]),
  },
  {
    name: 'ERSPAN I',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: false,
    wrap: overIp(47, () => [0, 0, 0x88, 0xbe]),
  },
  {
    name: 'ERSPAN II',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: false,
    wrap: overIp(47, () => [0x10, 0, 0x88, 0xbe, ...be32(1), ...be32(0x1001_0001), ...be32(0)]),
  },
  {
    name: 'ERSPAN III',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: false,
    wrap: overIp(47, () => [0x10, 0, 0x22, 0xeb, ...be32(1), ...be32(0x2001_0001), ...be32(0), ...be32(0)]),
  },
  {
    name: 'ERSPAN III with platform header',
    carries: 'ethernet',
    type: 'Tunnel::GRE',
    inKey: false,
    wrap: overIp(47, () => [
      0x10,
      0,
      0x22,
      0xeb,
      ...be32(1),
      ...be32(0x2001_0001),
      ...be32(0),
      ...be32(1),
      ...be32(0),
      ...be32(0),
    ]),
  },
  {
    name: 'MPLS over GRE',
    carries: 'ip',
    type: 'Tunnel::GRE',
    inKey: true,
    wrap: overIp(47, () => [0, 0, 0x88, 0x47, ...be32(0x0001_0140)]),
  },
  {
    name: 'IP in IP',
    carries: 'ip',
    type: 'Tunnel::IP',
    inKey: true,
    wrap: (p, back, id) => outer(p[0]! >>> 4 === 6 ? 41 : 4, p, back, id),
  },
  {
    name: 'IP in IPv6',
    carries: 'ip',
    type: 'Tunnel::IP',
    inKey: true,
    wrap: (p, back) =>
      ipv6(
        {
          src: back ? '2001:db8::b' : '2001:db8::a',
          dst: back ? '2001:db8::a' : '2001:db8::b',
          next: p[0]! >>> 4 === 6 ? 41 : 4,
        },
        p,
      ),
  },
  {
    name: 'EtherIP',
    carries: 'ethernet',
    type: 'Tunnel::ETHERIP',
    inKey: true,
    wrap: overIp(97, () => [0x30, 0]),
  },
  {
    name: 'L2TPv3 over IP',
    carries: 'ethernet',
    type: 'Tunnel::L2TP',
    inKey: true,
    wrap: overIp(115, () => [...be32(5), ...be32(1), ...be32(2)]),
  },
  {
    name: 'MPLS in IP',
    carries: 'ip',
    type: 'Tunnel::MPLS',
    inKey: true,
    wrap: overIp(137, () => be32(0x0001_0140)),
  },
];

/** Where the IP packet of an Ethernet frame begins, or -1. */
function ipAt(frame: Uint8Array): number {
  let at = 12;
  while (frame[at] === 0x81 && frame[at + 1] === 0) at += 4;
  const type = (frame[at]! << 8) | frame[at + 1]!;
  return type === 0x0800 || type === 0x86dd ? at + 2 : -1;
}

/** The IP packet of a frame without padding; frames cut by a snapshot length stay as they are. */
function ipPacket(frame: Uint8Array): Uint8Array | undefined {
  const at = ipAt(frame);
  if (at < 0) return undefined;
  const ipv6 = frame[at]! >>> 4 === 6;
  const length = ipv6
    ? 40 + ((frame[at + 4]! << 8) | frame[at + 5]!)
    : (frame[at + 2]! << 8) | frame[at + 3]!;
  return frame.subarray(at, at + length);
}

/** Frames of a capture inside a tunnel; those that do not fit into it (no IP) are left as they are. */
export function intoTunnel(frames: readonly Captured[], kind: TunnelKind): Captured[] {
  return frames.map((captured, index) => {
    const frame = toBytes(captured.bytes);
    const payload = kind.carries === 'ethernet' ? frame : ipPacket(frame);
    if (payload === undefined) return captured;
    const back = Buffer.compare(frame.subarray(6, 12), frame.subarray(0, 6)) > 0;
    const bytes = ethernet({}, kind.wrap(payload, back, index));
    const missing = Math.max(0, (captured.original ?? frame.length) - frame.length);
    return { ...captured, bytes, original: bytes.length + missing };
  });
}
