import { describe, expect, it } from 'vitest';
import { type Bytes, be16, be32, concat, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.ts';
import { kindsOf, openTunnels } from '../support/open-tunnels.ts';

const PACKET = ipv4({}, tcp({}, 'hello'));
const FRAME = ethernet({}, PACKET);
const TEREDO = ipv6({ src: '2001:0:4137:9e50::1' }, tcp({}, 'hello'));
const to = (port: number, header: Bytes, payload: Uint8Array) =>
  ethernet({}, ipv4({ protocol: 17 }, udp({ src: 50_000, dst: port }, concat(header, payload))));
const vni = [...be32(77 * 256)];

describe('tunnels over UDP', () => {
  it.each<[string, Uint8Array]>([
    ['on its port', to(3544, [], TEREDO)],
    ['on any port', to(40_001, [], TEREDO)],
    ['with an origin', to(3544, concat([0, 0], be16(1), be32(2)), TEREDO)],
    [
      'with authentication and origin',
      to(3544, concat([0, 1, 2, 1], new Uint8Array(3 + 9), [0, 0], be16(1), be32(2)), TEREDO),
    ],
  ])('opens Teredo %s', (_, frame) => {
    expect(openTunnels(frame)).toMatchObject([
      { kind: 'udp' },
      { kind: 'tcp', type: 'Tunnel::TEREDO', inKey: false },
    ]);
  });

  it('opens VXLAN with group policy', () => {
    expect(kindsOf(to(4789, [0x88, 0, 0, 5, ...vni], FRAME))).toEqual(['udp', 'tcp']);
  });

  it.each<[string, Uint8Array]>([
    ['VXLAN without an identifier', to(4789, [0, 0, 0, 0, ...vni], FRAME)],
    ['VXLAN with reserved bits', to(4789, [0x0a, 0, 0, 0, ...vni], FRAME)],
    ['VXLAN with another inside', to(4789, [8, 0, 0, 0, ...vni], ethernet({}, 'xx'))],
    ['VXLAN on another port', to(4788, [8, 0, 0, 0, ...vni], FRAME)],
    ['VXLAN-GPE of another protocol', to(4790, [0x0c, 0, 0, 4, ...vni], FRAME)],
    ['GENEVE of another version', to(6081, [0x40, 0, 0x65, 0x58, ...vni], FRAME)],
    ['GENEVE with options beyond its end', to(6081, [0x3f, 0, 0x65, 0x58, ...vni], FRAME)],
    ['GTP that is no packet', to(2152, [0x30, 1, ...be16(PACKET.length), ...be32(1)], PACKET)],
    ['GTP of another version', to(2152, [0x48, 0xff, ...be16(PACKET.length), ...be32(1)], PACKET)],
    ['GTP longer than its packet', to(2152, [0x30, 0xff, ...be16(9000), ...be32(1)], PACKET)],
    [
      'GTP with an extension of no length',
      to(2152, [0x34, 0xff, ...be16(PACKET.length + 8), ...be32(1), 0, 0, 0, 1, ...be32(0)], PACKET),
    ],
    ['Teredo that is too long', to(3544, [], TEREDO.subarray(0, 50))],
    ['IPv6 on any port, no Teredo', to(40_001, [], ipv6({}, tcp({}, 'hello')))],
    ['L2TP control', to(1701, [0xc8, 2, ...be16(20), ...be32(1)], PACKET)],
    ['L2TP of another version', to(1701, [0, 1, ...be32(1), 0xff, 3, 0, 0x21], PACKET)],
    ['CAPWAP in DTLS', to(5247, [1, 0, 0, 0, 0x17], FRAME)],
    ['a fragment of CAPWAP', to(5247, [0, 0x10, 0, 0x80, 0, 0, 0, 0], FRAME)],
    ['a CAPWAP keep-alive', to(5247, [0, 0x10, 0, 0x08, 0, 0, 0, 0], FRAME)],
    [
      'AYIYA that does not forward',
      to(5072, [0x41, 0x52, 0x10, 4, ...be32(0), ...new Uint8Array(36)], PACKET),
    ],
    ['TZSP without an end', to(37008, [1, 0, 0, 1, ...new Uint8Array(60)], new Uint8Array(0))],
    ['TZSP of another link', to(37008, [1, 0, 0, 2, 1], FRAME)],
  ])('leaves as it is: %s', (_, frame) => {
    expect(kindsOf(frame)).toEqual(['udp']);
  });
});
