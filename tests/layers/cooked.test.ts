import { describe, expect, it } from 'vitest';
import { itCarries, itCounts, PACKET, PACKET6, SNAP } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be16, concat, MAC_A, mac } from '../support/frames.ts';
import { nflog } from '../support/link-frames.ts';

describe('headers made by the capturing host', () => {
  itCarries([
    ['NFLOG', 239, nflog(2, PACKET), false],
    ['pflog', 117, concat([61, 2], new Uint8Array(62), PACKET), false],
    [
      'Linux cooked v1 with LLC',
      113,
      concat(be16(0), be16(1), be16(6), mac(MAC_A), [0, 0], be16(4), SNAP),
      false,
    ],
  ]);

  itCounts([
    [
      'NFLOG without a packet',
      239,
      concat([2, 0, 0, 0], ...Array(70).fill([4, 0, 1, 0])),
      'bad_link_header',
      0,
    ],
  ]);

  it.each<[string, number, Uint8Array]>([
    ['NFLOG', 239, nflog(10, PACKET6)],
    ['pflog', 117, concat([61, 24], new Uint8Array(62), PACKET6)],
  ])('decodes IPv6 in %s', (_, linkType, frame) => {
    expect(decodePacket(frame, { linkType })).toMatchObject({ kind: 'tcp', src: '2001:db8::1' });
  });
});
