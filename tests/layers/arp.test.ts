import { describe, expect, it } from 'vitest';
import { decodePacket } from '../support/decode-packet.ts';
import { arp, concat, ETHERTYPE, ethernet } from '../support/frames.ts';

const frame = ethernet({ type: ETHERTYPE.arp, vlans: [30] }, arp({ operation: 2 }));

describe('arp', () => {
  it('decodes ARP for IPv4 over Ethernet, in a VLAN and with padding', () => {
    const { packet, kind, problem } = decodePacket(concat(frame, new Uint8Array(18)));
    expect([kind, problem, packet.vlan]).toEqual(['arp', '', 30]);
    expect(packet.transportAt).toBe(packet.frame.at + 18);
  });

  it.each([
    ['hardware type', 0, 6],
    ['protocol type', 2, 0x86],
    ['length of a hardware address', 4, 8],
    ['length of a protocol address', 5, 16],
  ])('counts another %s as not decoded', (_, at, value) => {
    const changed = frame.slice();
    changed[18 + at] = value;
    expect(decodePacket(changed)).toMatchObject({ kind: 'none', problem: 'bad_arp' });
  });

  it('rejects truncated at every length', () => {
    for (let length = 18; length < frame.length; length++) {
      expect(decodePacket(frame.subarray(0, length))).toMatchObject({
        kind: 'none',
        problem: 'truncated_link_header',
      });
    }
  });
});
