import { describe, expect, it } from 'vitest';
import { be16, be32, concat, ethernet, ipv4, tcp } from '../support/frames.ts';
import { dot11, snap } from '../support/link-frames.ts';
import { kindsOf, openTunnels } from '../support/open-tunnels.ts';

const PACKET = ipv4({}, tcp({}, 'hello'));
const gre = (header: readonly number[], payload: Uint8Array) =>
  ethernet({}, ipv4({ protocol: 47 }, concat(header, payload)));

describe('GRE', () => {
  it.each<[string, Uint8Array]>([
    ['WCCP', gre([0, 0, 0x88, 0x3e], PACKET)],
    ['WCCP version 2', gre([0, 0, 0x88, 0x3e, 0, 0, 0, 1], PACKET)],
    ['802.11 of Aruba', gre([0, 0, 0x82, 0x10], dot11({}, snap(0x0800, PACKET)))],
  ])('opens %s', (_, frame) => {
    expect(openTunnels(frame)).toMatchObject([{ kind: 'tcp', type: 'Tunnel::GRE', payload: 'hello' }]);
  });

  it.each<[string, Uint8Array]>([
    ['source routing', gre([0x40, 0, 8, 0, ...be32(0)], PACKET)],
    ['another version', gre([0, 2, 8, 0], PACKET)],
    ['nothing inside (keep-alive)', gre([0, 0, 0, 0], new Uint8Array(0))],
    ['encrypted 802.11', gre([0, 0, 0x82, 0], dot11({ flags: 'tp' }, snap(0x0800, PACKET)))],
    ['a key beyond its end', gre([0x20, 0, 0x65, 0x58, ...be16(1)], new Uint8Array(0))],
  ])('leaves as it is: %s', (_, frame) => {
    expect(kindsOf(frame)).toEqual(['ip']);
  });

  it('tells networks of NVGRE apart, not the hash beside them', () => {
    const frame = (key: number) => gre([0x20, 0, 0x65, 0x58, ...be32(key)], ethernet({}, PACKET));
    expect(openTunnels(frame(0x1234_5600))).toMatchObject([{ kind: 'tcp', inKey: true }]);
  });
});
