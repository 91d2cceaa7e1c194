import { describe, expect, it } from 'vitest';
import { itCarries, itCounts, PACKET, PACKET6 } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be16, be32, concat, ETHERTYPE, ethernet } from '../support/frames.ts';
import { mpls, pppoe } from '../support/link-frames.ts';

const PPPOE = 0x8864;

describe('PPP', () => {
  itCarries([
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
  ]);

  itCounts([
    ['PPP control', 9, concat(be16(0xc021), 'lcp'), 'unknown_ppp_protocol', 0xc021],
    [
      'PPPoE that is no session data',
      1,
      ethernet({ type: PPPOE }, concat([0x11, 9], be32(0))),
      'bad_link_header',
      0,
    ],
  ]);

  it.each<[string, number, Uint8Array]>([
    ['PPP', 9, concat(be16(0x57), PACKET6)],
    ['PPPoE', 1, ethernet({ type: PPPOE }, pppoe(0x57, PACKET6))],
  ])('decodes IPv6 in %s', (_, linkType, frame) => {
    expect(decodePacket(frame, { linkType })).toMatchObject({ kind: 'tcp', src: '2001:db8::1' });
  });
});
