import { describe, expect, it } from 'vitest';
import { KIND } from '../../src/model/packet.ts';
import { itCarries, itCounts, latin1, PACKET, PACKET6, SNAP } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { concat, ETHERTYPE, ethernet } from '../support/frames.ts';
import { length8023, snap } from '../support/link-frames.ts';

describe('802.2 and SNAP', () => {
  itCarries([
    ['802.3 with SNAP', 1, length8023(SNAP), true],
    ['802.3 with SNAP and padding', 1, length8023(SNAP, 20), true],
    ['802.3 with SNAP behind a VLAN tag', 1, ethernet({ vlans: [4], type: SNAP.length }, SNAP), true],
    ['SNAP of the bridge tunnel', 1, length8023(snap(ETHERTYPE.ipv4, PACKET, 0xf8)), true],
    ['802.2 with the access point of IP', 1, length8023(concat([6, 6, 3], PACKET)), true],
    ['jumbo LLC', 1, ethernet({ type: 0x8870 }, SNAP), true],
  ]);

  itCounts([
    ['spanning tree', 1, length8023('BB\x03 bpdu'), 'llc', 0x4242],
    ['another of Cisco’s', 1, length8023(snap(0x2003, 'vtp', 0x0c)), 'unknown_snap_protocol', 0x2003],
    ['a length within SNAP', 1, length8023(snap(0x20, SNAP)), 'unknown_snap_protocol', 0x20],
  ]);

  it('decodes IPv6', () => {
    const frame = length8023(snap(ETHERTYPE.ipv6, PACKET6));
    expect(decodePacket(frame)).toMatchObject({ kind: 'tcp', src: '2001:db8::1' });
  });

  it('says where the payload of another protocol begins and ends', () => {
    const { packet } = decodePacket(length8023(snap(0x2003, 'vtp', 0x0c), 30));
    expect(packet.snapOui).toBe(0x0c);
    expect(latin1(packet.frame.bytes.subarray(packet.networkAt, packet.end))).toBe('vtp');
  });

  it('finds CDP, and where it ends', () => {
    const { packet } = decodePacket(length8023(snap(0x2000, 'cdp', 0x0c), 30));
    expect([packet.kind, packet.transportLength]).toEqual([KIND.cdp, 3]);
    expect(latin1(packet.frame.bytes.subarray(packet.transportAt, packet.end))).toBe('cdp');
  });
});
