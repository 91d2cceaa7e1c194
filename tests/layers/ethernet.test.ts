import { describe, expect, it } from 'vitest';
import { KIND } from '../../src/model/packet.ts';
import { FRAME, itCarries, latin1, PACKET } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be16, be32, concat, ETHERTYPE, ethernet } from '../support/frames.ts';

const vnTag = (payload: Uint8Array) =>
  ethernet({ type: 0x8926 }, concat(be32(0x0001_0002), be16(0x0800), payload));
const eTag = (payload: Uint8Array) =>
  ethernet({ type: 0x893f }, concat(be32(0x0001_0002), be16(3), be16(0x0800), payload));

describe('Ethernet tags', () => {
  itCarries([
    ['VN-Tag', 1, vnTag(PACKET), true],
    ['E-Tag', 1, eTag(PACKET), true],
    [
      'backbone frame',
      1,
      ethernet({ type: 0x88e7, src: '02:00:00:00:00:ee' }, concat([0, 0, 0, 9], FRAME)),
      true,
    ],
  ]);

  it('keeps the identifiers of VLAN tags around other tags', () => {
    const tagged = ethernet(
      { vlans: [7], type: 0x8926 },
      concat(be32(0x0001_0002), be16(ETHERTYPE.vlan), be16(9), be16(0x0800), PACKET),
    );
    const { packet, kind } = decodePacket(tagged);
    expect([kind, packet.vlan, packet.innerVlan]).toEqual(['tcp', 7, 9]);
  });

  it('says where the payload of another ether type begins and ends', () => {
    const { packet } = decodePacket(ethernet({ type: 0x88e3 }, 'other'));
    expect(latin1(packet.frame.bytes.subarray(packet.networkAt, packet.end))).toBe('other');
  });

  it('finds LLDP, which reaches to the end of its frame', () => {
    const { packet } = decodePacket(ethernet({ type: 0x88cc, vlans: [7] }, 'lldp'));
    expect([packet.kind, packet.vlan, packet.transportLength]).toEqual([KIND.lldp, 7, 4]);
    expect(latin1(packet.frame.bytes.subarray(packet.transportAt, packet.end))).toBe('lldp');
  });
});
