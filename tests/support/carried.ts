/** Laws for every way of carrying a packet: it comes out as it would alone, and is not made up from less. */
import { expect, it } from 'vitest';
import { decodePacket } from './decode-packet.ts';
import { ETHERTYPE, ethernet, HOST_A, ipv4, ipv6, MAC_A, MAC_B, mac, tcp } from './frames.ts';
import { snap } from './link-frames.ts';

export const PACKET = ipv4({}, tcp({}, 'hello'));
export const PACKET6 = ipv6({}, tcp({}, 'hello'));
export const FRAME = ethernet({}, PACKET);
export const SNAP = snap(ETHERTYPE.ipv4, PACKET);

/** Name, link type, a frame that carries `PACKET`, whether the MAC addresses of both ends are in it. */
export type Carried = readonly [name: string, linkType: number, frame: Uint8Array, macs: boolean];

const macAt = (bytes: Uint8Array, at: number) => [...bytes.subarray(at, at + 6)];
export const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

export function itCarries(cases: readonly Carried[]): void {
  it.each(cases)('decodes %s', (_, linkType, frame, macs) => {
    const decoded = decodePacket(frame, { linkType });
    expect(decoded).toMatchObject({ kind: 'tcp', problem: '', src: HOST_A });
    expect(latin1(decoded.payload)).toBe('hello');
    if (!macs) return;
    const { bytes } = decoded.packet.frame;
    expect(macAt(bytes, decoded.packet.macSrcAt)).toEqual(mac(MAC_A));
    expect(macAt(bytes, decoded.packet.macDstAt)).toEqual(mac(MAC_B));
  });

  it.each(cases)('cut within its headers, it decodes nothing: %s', (_, linkType, frame) => {
    const needed = latin1(frame).lastIndexOf('hello');
    for (let length = 0; length < needed; length++) {
      const { kind } = decodePacket(frame.subarray(0, length), { linkType, original: frame.length });
      expect(kind, `${length}`).toBe('none');
    }
  });
}

/** Name, link type, frame, name of the problem and its number. */
export type NotCarried = readonly [string, number, Uint8Array, string, number];

export function itCounts(cases: readonly NotCarried[]): void {
  it.each(cases)('counts %s as not decoded', (_, linkType, frame, problem, number) => {
    const decoded = decodePacket(frame, { linkType });
    expect(decoded).toMatchObject({ kind: 'none', problem });
    expect(decoded.packet.problemNumber).toBe(number);
  });
}
