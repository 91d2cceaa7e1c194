/** Every way of carrying a packet over a link that is not plain Ethernet, against the same packet alone. */
import { describe, expect, it } from 'vitest';
import { decodePacket } from '../support/decode-packet.ts';
import {
  be16,
  be32,
  concat,
  ETHERTYPE,
  ethernet,
  HOST_A,
  ipv4,
  ipv6,
  MAC_A,
  MAC_B,
  mac,
  tcp,
} from '../support/frames.ts';
import { dot11, length8023, mpls, nflog, pppoe, radiotap, snap, subframe } from '../support/link-frames.ts';

const PACKET = ipv4({}, tcp({}, 'hello'));
const PACKET6 = ipv6({}, tcp({}, 'hello'));
const FRAME = ethernet({}, PACKET);
const SNAP = snap(ETHERTYPE.ipv4, PACKET);
const macAt = (bytes: Uint8Array, at: number) => [...bytes.subarray(at, at + 6)];
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

const MPLS = 0x8847;
const PPPOE = 0x8864;
const vnTag = (payload: Uint8Array) =>
  ethernet({ type: 0x8926 }, concat(be32(0x0001_0002), be16(0x0800), payload));
const eTag = (payload: Uint8Array) =>
  ethernet({ type: 0x893f }, concat(be32(0x0001_0002), be16(3), be16(0x0800), payload));

/** Name, link type, frame, whether the end stations' MAC addresses are in it. */
const CARRIED: readonly (readonly [string, number, Uint8Array, boolean])[] = [
  ['802.3 with SNAP', 1, length8023(SNAP), true],
  ['802.3 with SNAP and padding', 1, length8023(SNAP, 20), true],
  ['802.3 with SNAP behind a VLAN tag', 1, ethernet({ vlans: [4], type: SNAP.length }, SNAP), true],
  ['SNAP of the bridge tunnel', 1, length8023(snap(ETHERTYPE.ipv4, PACKET, 0xf8)), true],
  ['802.2 with the access point of IP', 1, length8023(concat([6, 6, 3], PACKET)), true],
  ['jumbo LLC', 1, ethernet({ type: 0x8870 }, SNAP), true],
  ['VN-Tag', 1, vnTag(PACKET), true],
  ['E-Tag', 1, eTag(PACKET), true],
  [
    'backbone frame',
    1,
    ethernet({ type: 0x88e7, src: '02:00:00:00:00:ee' }, concat([0, 0, 0, 9], FRAME)),
    true,
  ],
  ['MPLS', 1, ethernet({ type: MPLS }, mpls([16], PACKET)), true],
  ['MPLS multicast', 1, ethernet({ type: 0x8848 }, mpls([16], PACKET)), true],
  ['three labels', 1, ethernet({ type: MPLS }, mpls([16, 17, 0], PACKET)), true],
  ['MPLS behind a VLAN tag', 1, ethernet({ type: MPLS, vlans: [3] }, mpls([16], PACKET)), true],
  ['pseudowire with control word', 1, ethernet({ type: MPLS }, mpls([16], concat(be32(7), FRAME))), true],
  ['pseudowire without control word', 1, ethernet({ type: MPLS }, mpls([16], FRAME)), true],
  [
    'pseudowire whose MAC address looks like IPv4',
    1,
    ethernet({ type: MPLS }, mpls([16], ethernet({ dst: '45:00:00:00:00:0b' }, PACKET))),
    false,
  ],
  [
    'pseudowire whose MAC address looks like IPv6',
    1,
    ethernet({ type: MPLS }, mpls([16], ethernet({ dst: '60:00:00:00:00:0b' }, PACKET))),
    false,
  ],
  ['PPPoE', 1, ethernet({ type: PPPOE }, pppoe(0x21, PACKET)), true],
  ['PPPoE with MPLS', 1, ethernet({ type: PPPOE }, pppoe(0x281, mpls([5], PACKET))), true],
  ['PPP', 9, concat(be16(0x21), PACKET), false],
  ['PPP, protocol of one byte', 9, concat([0x21], PACKET), false],
  ['PPP, framed', 9, concat([0xff, 3], be16(0x21), PACKET), false],
  ['PPP over HDLC', 50, concat([0xff, 3], be16(0x21), PACKET), false],
  ['Cisco HDLC as PPP over HDLC', 50, concat([0x0f, 0], be16(ETHERTYPE.ipv4), PACKET), false],
  ['PPPoE alone', 51, pppoe(0x21, PACKET), false],
  ['Cisco HDLC', 104, concat([0x8f, 0], be16(ETHERTYPE.ipv4), PACKET), false],
  ['pppd', 166, concat([1, 3], be16(0x21), PACKET), false],
  ['PPP with direction', 204, concat([1, 0xff, 3], be16(0x21), PACKET), false],
  ['FDDI', 10, concat([0x54], mac(MAC_B), mac(MAC_A), SNAP), true],
  ['Token Ring', 6, concat([0x10, 0x40], mac(MAC_B), mac(MAC_A), SNAP), true],
  [
    'Token Ring, source-routed',
    6,
    concat([0x10, 0x40], mac(MAC_B), mac('82:00:00:00:00:0a'), [6, 0x70, 1, 2, 3, 4], SNAP),
    false,
  ],
  ['802.11 to an access point', 105, dot11({ flags: 't' }, SNAP), true],
  ['802.11 from an access point', 105, dot11({ flags: 'f' }, SNAP), true],
  ['802.11 between stations', 105, dot11({ flags: '' }, SNAP), true],
  ['802.11 between access points', 105, dot11({ flags: 'tf' }, SNAP), true],
  ['802.11 with QoS', 105, dot11({ qos: 5 }, SNAP), true],
  ['802.11 with QoS and HT control', 105, dot11({ qos: 5, flags: 'to' }, SNAP), true],
  ['802.11 A-MSDU of one', 105, dot11({ qos: 0x80 }, subframe(SNAP, true)), true],
  ['radiotap', 127, radiotap([0], [], dot11({}, SNAP)), true],
  ['radiotap with a check sequence', 127, radiotap([2], [0x10], dot11({}, concat(SNAP, 'FCS!'))), true],
  [
    'radiotap with time and padding',
    127,
    radiotap([3], [...be32(1), ...be32(2), 0x20], dot11({ qos: 0 }, concat([0, 0], SNAP))),
    true,
  ],
  [
    'radiotap, three words of fields',
    127,
    radiotap([0x8000_0002, 0x8000_0000, 0], [0x20], dot11({ qos: 0 }, concat([0, 0], SNAP))),
    true,
  ],
  ['PPI with 802.11', 192, concat([0, 0, 8, 0, 105, 0, 0, 0], dot11({}, SNAP)), true],
  ['PPI with Ethernet', 192, concat([0, 0, 8, 0, 1, 0, 0, 0], FRAME), true],
  ['Prism', 119, concat(new Uint8Array(144), dot11({}, SNAP)), true],
  ['AVS', 163, concat(be32(0x8021_1001), be32(64), new Uint8Array(56), dot11({}, SNAP)), true],
  ['NFLOG', 239, nflog(2, PACKET), false],
  ['pflog', 117, concat([61, 2], new Uint8Array(62), PACKET), false],
  [
    'Linux cooked v1 with LLC',
    113,
    concat(be16(0), be16(1), be16(6), mac(MAC_A), [0, 0], be16(4), SNAP),
    false,
  ],
  ['netANALYZER', 240, concat([0, 0, 0, 0], FRAME, 'FCS!'), true],
  ['netANALYZER, transparent', 241, concat([0, 0, 0, 0], new Uint8Array(8).fill(0x55), FRAME, 'FCS!'), true],
];

describe('encapsulations', () => {
  it.each(CARRIED)('decodes %s', (_, linkType, frame, macs) => {
    const decoded = decodePacket(frame, { linkType });
    expect(decoded).toMatchObject({ kind: 'tcp', problem: '', src: HOST_A });
    expect(text(decoded.payload)).toBe('hello');
    if (!macs) return;
    const { bytes } = decoded.packet.frame;
    expect(macAt(bytes, decoded.packet.macSrcAt)).toEqual(mac(MAC_A));
    expect(macAt(bytes, decoded.packet.macDstAt)).toEqual(mac(MAC_B));
  });

  it.each(CARRIED)('truncated at every length, it decodes nothing: %s', (_, linkType, frame) => {
    const needed = frame.length - (text(frame).endsWith('FCS!') ? 9 : text(frame).endsWith('hello') ? 5 : 25);
    for (let length = 0; length < needed; length++) {
      const { kind } = decodePacket(frame.subarray(0, length), { linkType, original: frame.length });
      expect(kind, `${length}`).toBe('none');
    }
  });

  it.each<[string, number, Uint8Array]>([
    ['PPP', 9, concat(be16(0x57), PACKET6)],
    ['PPPoE', 1, ethernet({ type: PPPOE }, pppoe(0x57, PACKET6))],
    ['MPLS', 1, ethernet({ type: MPLS }, mpls([2], PACKET6))],
    ['SNAP', 1, length8023(snap(ETHERTYPE.ipv6, PACKET6))],
    ['NFLOG', 239, nflog(10, PACKET6)],
    ['pflog', 117, concat([61, 24], new Uint8Array(62), PACKET6)],
  ])('decodes IPv6 in %s', (_, linkType, frame) => {
    expect(decodePacket(frame, { linkType })).toMatchObject({ kind: 'tcp', src: '2001:db8::1' });
  });

  it.each<[string, number, Uint8Array, string, number]>([
    ['spanning tree', 1, length8023('BB\x03 bpdu'), 'llc', 0x4242],
    ['CDP', 1, length8023(snap(0x2000, 'cdp', 0x0c)), 'unknown_snap_protocol', 0x2000],
    ['a length within SNAP', 1, length8023(snap(0x20, SNAP)), 'unknown_snap_protocol', 0x20],
    ['PPP control', 9, concat(be16(0xc021), 'lcp'), 'unknown_ppp_protocol', 0xc021],
    [
      'PPPoE that is no session data',
      1,
      ethernet({ type: PPPOE }, concat([0x11, 9], be32(0))),
      'bad_link_header',
      0,
    ],
    [
      'MPLS with something else',
      1,
      ethernet({ type: MPLS }, mpls([16], 'z'.repeat(40))),
      'unknown_mpls_payload',
      0,
    ],
    ['17 labels', 1, ethernet({ type: MPLS }, mpls([...Array(17).keys()], PACKET)), 'too_many_layers', 0],
    ['a beacon', 105, dot11({ control: 0x80 }, 'beacon'), 'ieee80211_without_data', 0],
    ['a data frame without data', 105, dot11({ control: 0xc8, qos: 0 }, ''), 'ieee80211_without_data', 0],
    ['encrypted 802.11', 105, dot11({ flags: 'tp' }, SNAP), 'ieee80211_encrypted', 0],
    ['the first part of an 802.11 frame', 105, dot11({ flags: 'tm' }, SNAP), 'fragment', 0],
    ['a later part of an 802.11 frame', 105, dot11({ fragment: 1 }, 'rest'), 'fragment', 0],
    ['a radiotap header of no length', 127, concat([0, 0, 4, 0], dot11({}, SNAP)), 'bad_link_header', 0],
    ['PPI with another link type', 192, concat([0, 0, 8, 0, 220, 0, 0, 0], 'usb'), 'unknown_link_type', 220],
    [
      'NFLOG without a packet',
      239,
      concat([2, 0, 0, 0], ...Array(70).fill([4, 0, 1, 0])),
      'bad_link_header',
      0,
    ],
  ])('counts %s as not decoded', (_, linkType, frame, problem, number) => {
    const decoded = decodePacket(frame, { linkType });
    expect(decoded).toMatchObject({ kind: 'none', problem });
    expect(decoded.packet.problemNumber).toBe(number);
  });

  it('says where the payload of another protocol begins and ends', () => {
    const { packet } = decodePacket(length8023(snap(0x2000, 'cdp', 0x0c), 30));
    expect(packet.snapOui).toBe(0x0c);
    expect(text(packet.frame.bytes.subarray(packet.networkAt, packet.end))).toBe('cdp');
    const lldp = decodePacket(ethernet({ type: 0x88cc }, 'lldp')).packet;
    expect(text(lldp.frame.bytes.subarray(lldp.networkAt, lldp.end))).toBe('lldp');
  });

  it('finds the frames of an A-MSDU one by one', () => {
    const frame = dot11({ qos: 0x80 }, concat(subframe(SNAP), subframe(SNAP), subframe(SNAP, true)));
    const { packet } = decodePacket(frame, { linkType: 105 });
    const size = subframe(SNAP).length;
    expect(packet.rest).toBe(packet.frame.at + 26 + size);
  });

  it('does not follow link layers without end', () => {
    let frame = ethernet({}, PACKET);
    for (let i = 0; i < 5; i++) frame = ethernet({ type: MPLS }, mpls([1], frame));
    expect(decodePacket(frame)).toMatchObject({ kind: 'tcp' });
    for (let i = 0; i < 3000; i++) frame = ethernet({ type: MPLS }, mpls([1], frame));
    expect(decodePacket(frame)).toMatchObject({ kind: 'none', problem: 'too_many_layers' });
    let tunnel = SNAP;
    for (let i = 0; i < 80; i++) tunnel = snap(0x8870, tunnel);
    expect(decodePacket(length8023(tunnel))).toMatchObject({ kind: 'none', problem: 'too_many_layers' });
  });
});
