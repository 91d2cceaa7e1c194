import { describe, expect, it } from 'vitest';
import { FRAME, itCarries, itCounts, PACKET, PACKET6 } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be32, concat, ethernet } from '../support/frames.ts';
import { mpls } from '../support/link-frames.ts';

const MPLS = 0x8847;

describe('MPLS', () => {
  itCarries([
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
  ]);

  itCounts([
    [
      'MPLS with something else',
      1,
      ethernet({ type: MPLS }, mpls([16], 'z'.repeat(40))),
      'unknown_mpls_payload',
      0,
    ],
    ['17 labels', 1, ethernet({ type: MPLS }, mpls([...Array(17).keys()], PACKET)), 'too_many_layers', 0],
  ]);

  it('decodes IPv6', () => {
    const frame = ethernet({ type: MPLS }, mpls([2], PACKET6));
    expect(decodePacket(frame)).toMatchObject({ kind: 'tcp', src: '2001:db8::1' });
  });
});
