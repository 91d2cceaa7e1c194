import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINK_TYPE_NAMES } from '../../src/layers/link.ts';
import { LINK } from '../support/captures.ts';
import { decodePacket } from '../support/decode-packet.ts';
import {
  arp,
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

const PACKET = ipv4({}, tcp({}, 'hello'));
const PACKET6 = ipv6({}, tcp({}, 'hello'));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const macAt = (bytes: Uint8Array, at: number) => [...bytes.subarray(at, at + 6)];

/** Cooked capture header, version 1. */
const sll = (type: number, addressLength = 6) =>
  concat(be16(0), be16(1), be16(addressLength), mac(MAC_A), [0, 0], be16(type));
/** Cooked capture header, version 2. */
const sll2 = (type: number, addressLength = 6) =>
  concat(be16(type), [0, 0], be32(3), be16(1), [0, addressLength], mac(MAC_A), [0, 0]);

describe('link layers', () => {
  it.each<[string, number, Uint8Array, string]>([
    ['Ethernet', LINK.ethernet, ethernet({}, PACKET), HOST_A],
    ['Ethernet, IPv6', LINK.ethernet, ethernet({}, PACKET6), '2001:db8::1'],
    ['raw IP, IPv4', LINK.raw, PACKET, HOST_A],
    ['raw IP, IPv6', LINK.raw, PACKET6, '2001:db8::1'],
    ['raw IP, old number', 12, PACKET, HOST_A],
    ['raw IP, old number of OpenBSD', 14, PACKET, HOST_A],
    ['IPv4 only', LINK.ipv4, PACKET, HOST_A],
    ['IPv6 only', LINK.ipv6, PACKET6, '2001:db8::1'],
    ['null, little-endian writer', LINK.null, concat([2, 0, 0, 0], PACKET), HOST_A],
    ['null, big-endian writer', LINK.null, concat([0, 0, 0, 2], PACKET), HOST_A],
    ['null, IPv6 of Linux', LINK.null, concat([10, 0, 0, 0], PACKET6), '2001:db8::1'],
    ['null, IPv6 of FreeBSD', LINK.null, concat([28, 0, 0, 0], PACKET6), '2001:db8::1'],
    ['null, IPv6 of NetBSD', LINK.null, concat([24, 0, 0, 0], PACKET6), '2001:db8::1'],
    ['null, IPv6 of macOS', LINK.null, concat([30, 0, 0, 0], PACKET6), '2001:db8::1'],
    ['loop', LINK.loop, concat([0, 0, 0, 2], PACKET), HOST_A],
    ['Linux cooked v1', LINK.sll, concat(sll(ETHERTYPE.ipv4), PACKET), HOST_A],
    ['Linux cooked v1, IPv6', LINK.sll, concat(sll(ETHERTYPE.ipv6), PACKET6), '2001:db8::1'],
    ['Linux cooked v2', LINK.sll2, concat(sll2(ETHERTYPE.ipv4), PACKET), HOST_A],
    ['netANALYZER', 240, concat([0, 0, 0, 0], ethernet({}, PACKET), 'FCS!'), HOST_A],
    [
      'netANALYZER, transparent',
      241,
      concat([0, 0, 0, 0], new Uint8Array(8).fill(0x55), ethernet({}, PACKET), 'FCS!'),
      HOST_A,
    ],
  ])('decodes %s', (_, linkType, frame, src) => {
    const decoded = decodePacket(frame, { linkType });
    expect(decoded).toMatchObject({ kind: 'tcp', problem: '', src });
    expect(text(decoded.payload)).toBe('hello');
    expect(LINK_TYPE_NAMES.has(linkType)).toBe(true);
  });

  it.each<[string, number, Uint8Array]>([
    ['Ethernet', LINK.ethernet, ethernet({ vlans: [1, 2] }, PACKET)],
    ['Linux cooked v1', LINK.sll, concat(sll(ETHERTYPE.ipv4), PACKET)],
    ['Linux cooked v2', LINK.sll2, concat(sll2(ETHERTYPE.ipv4), PACKET)],
    ['null', LINK.null, concat([2, 0, 0, 0], PACKET)],
    ['raw IP', LINK.raw, PACKET],
    ['ARP', LINK.ethernet, ethernet({ type: ETHERTYPE.arp }, arp({}))],
  ])('rejects truncated at every length: %s', (_, linkType, frame) => {
    const payload = frame.length - (text(frame).endsWith('hello') ? 5 : 0);
    for (let length = 0; length < payload; length++) {
      const { kind, problem } = decodePacket(frame.subarray(0, length), { linkType, original: frame.length });
      expect(kind).toBe('none');
      expect(problem).toMatch(/^truncated_/);
    }
    expect(decodePacket(frame.subarray(0, payload), { linkType, original: frame.length }).kind).not.toBe(
      'none',
    );
  });

  it('finds the MAC addresses', () => {
    const { packet } = decodePacket(ethernet({ src: MAC_A, dst: MAC_B }, PACKET));
    expect(macAt(packet.frame.bytes, packet.macSrcAt)).toEqual(mac(MAC_A));
    expect(macAt(packet.frame.bytes, packet.macDstAt)).toEqual(mac(MAC_B));
    for (const [linkType, header] of [
      [LINK.sll, sll(ETHERTYPE.ipv4)],
      [LINK.sll2, sll2(ETHERTYPE.ipv4)],
    ] as const) {
      const cooked = decodePacket(concat(header, PACKET), { linkType }).packet;
      expect(macAt(cooked.frame.bytes, cooked.macSrcAt)).toEqual(mac(MAC_A));
      expect(cooked.macDstAt).toBe(-1);
    }
  });

  it('takes no MAC from a cooked header whose address is none', () => {
    expect(decodePacket(concat(sll(ETHERTYPE.ipv4, 0), PACKET), { linkType: LINK.sll }).packet.macSrcAt).toBe(
      -1,
    );
    expect(
      decodePacket(concat(sll2(ETHERTYPE.ipv4, 4), PACKET), { linkType: LINK.sll2 }).packet.macSrcAt,
    ).toBe(-1);
    expect(decodePacket(PACKET, { linkType: LINK.raw }).packet.macSrcAt).toBe(-1);
  });

  it.each([
    ['no tag', [], -1, -1],
    ['802.1Q', [30], 30, -1],
    ['QinQ', [[ETHERTYPE.qinq, 100] as const, 30], 100, 30],
    ['old QinQ', [[0x9100, 4095] as const, 1], 4095, 1],
    ['three tags', [1, 2, 3], 1, 2],
    ['eight tags', [1, 2, 3, 4, 5, 6, 7, 8], 1, 2],
  ])('decodes VLAN tags: %s', (_, vlans, outer, inner) => {
    const { packet, kind } = decodePacket(ethernet({ vlans }, PACKET));
    expect([kind, packet.vlan, packet.innerVlan]).toEqual(['tcp', outer, inner]);
  });

  it('takes the identifier of a tag without its priority bits', () => {
    expect(decodePacket(ethernet({ vlans: [0xe000 | 30] }, PACKET)).packet.vlan).toBe(30);
  });

  it('decodes tags behind a cooked header', () => {
    const frame = concat(sll(ETHERTYPE.vlan), be16(77), be16(ETHERTYPE.ipv4), PACKET);
    expect(decodePacket(frame, { linkType: LINK.sll }).packet.vlan).toBe(77);
  });

  it.each<[string, Uint8Array, number | undefined, string, number]>([
    [
      'nine tags',
      ethernet({ vlans: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, PACKET),
      undefined,
      'too_many_vlan_tags',
      0,
    ],
    ['an unknown ether type', ethernet({ type: 0x88e3 }, 'other'), undefined, 'unknown_ethertype', 0x88e3],
    [
      'an unknown ether type in a tag',
      ethernet({ type: 0x88e3, vlans: [9] }, 'other'),
      undefined,
      'unknown_ethertype',
      0x88e3,
    ],
    ['an 802.2 frame', ethernet({ type: 38 }, 'BB\x03 spanning tree'), undefined, 'llc', 0x4242],
    ['an unknown link type', PACKET, 147, 'unknown_link_type', 147],
    ['an unknown address family', concat([7, 0, 0, 0], PACKET), LINK.null, 'unknown_ethertype', 7],
    ['raw IP of no version', concat([0x50], PACKET), LINK.raw, 'bad_ip_header', 0],
  ])('counts %s as not decoded', (_, frame, linkType, problem, number) => {
    const decoded = decodePacket(frame, linkType === undefined ? {} : { linkType });
    expect(decoded).toMatchObject({ kind: 'none', problem });
    expect(decoded.packet.problemNumber).toBe(number);
  });

  it('nothing of one frame is left in the next', () => {
    const { packet } = decodePacket(ethernet({ vlans: [5, 6] }, PACKET6));
    packet.reset();
    expect([
      packet.kind,
      packet.vlan,
      packet.innerVlan,
      packet.macSrcAt,
      packet.ipVersion,
      packet.payloadLength,
    ]).toEqual([0, -1, -1, -1, 0, 0]);
  });

  const linkType = fc.constantFrom(...LINK_TYPE_NAMES.keys(), 147);
  it('never throws and stays inside the frame, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), linkType, fc.nat(200), (bytes, linkType, more) => {
        decodePacket(bytes, { linkType, original: bytes.length + more });
      }),
      { numRuns: 500 },
    );
  });

  it('never throws and stays inside the frame, with bytes of a real frame changed', () => {
    const frames = [
      ethernet({ vlans: [1] }, PACKET),
      ethernet({}, PACKET6),
      ethernet({ type: ETHERTYPE.arp }, arp({})),
      concat(sll(ETHERTYPE.ipv4), PACKET),
    ];
    const change = fc.tuple(fc.nat(90), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(change, { maxLength: 4 }),
        fc.nat(100),
        (frame, changes, cut) => {
          const bytes = frame.slice(0, frame.length - (cut % frame.length));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          decodePacket(bytes, { original: frame.length });
        },
      ),
      { numRuns: 1500 },
    );
  });
});
