import { describe, expect, it } from 'vitest';
import { be32, concat, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.ts';
import { kindsOf, openTunnels } from '../support/open-tunnels.ts';

const PACKET = ipv4({}, tcp({}, 'hello'));
const PACKET6 = ipv6({}, tcp({}, 'hello'));
const over = (protocol: number, payload: Uint8Array) => ethernet({}, ipv4({ protocol }, payload));

describe('tunnels over IP', () => {
  it('keeps IPv6 in IPv4 out of the key, IPv4 in IPv4 not', () => {
    expect(openTunnels(over(41, PACKET6))).toMatchObject([{ kind: 'tcp', type: 'Tunnel::IP', inKey: false }]);
    expect(openTunnels(over(4, PACKET))).toMatchObject([{ kind: 'tcp', type: 'Tunnel::IP', inKey: true }]);
  });

  it('finds Ethernet in L2TPv3 behind cookies of any length', () => {
    for (const cookie of [0, 4, 8, 12])
      expect(kindsOf(over(115, concat(be32(5), new Uint8Array(cookie), ethernet({}, PACKET))))).toEqual([
        'tcp',
      ]);
  });

  it.each<[string, Uint8Array]>([
    ['IPv4 that is IPv6', over(4, PACKET6)],
    ['IPv6 that is IPv4', over(41, PACKET)],
    ['nothing', over(4, new Uint8Array(0))],
    ['EtherIP of another version', over(97, concat([0x20, 0], ethernet({}, PACKET)))],
    ['L2TPv3 control', over(115, concat(be32(0), ethernet({}, PACKET)))],
    ['L2TPv3 with something else', over(115, concat(be32(5), 'x'.repeat(60)))],
    ['MPLS with something else', over(137, concat(be32(0x0001_0140), 'x'.repeat(60)))],
    ['a broken header inside', over(4, concat([0x41], PACKET.subarray(1)))],
    ['another protocol', over(50, udp({}, 'esp'))],
  ])('leaves as it is: %s', (_, frame) => {
    expect(kindsOf(frame)).toEqual(['ip']);
  });
});
