import { describe, expect, it } from 'vitest';
import { decodePacket } from '../support/decode-packet.ts';
import { concat, ethernet, icmp, ipv4, PROTOCOL, tcp } from '../support/frames.ts';

const SEGMENT = tcp({ src: 1, dst: 2 }, 'hello');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('ipv4', () => {
  it('decodes addresses, lengths and protocol', () => {
    const { packet, src, dst, payload } = decodePacket(
      ethernet({}, ipv4({ src: '192.0.2.1', dst: '255.255.255.255' }, SEGMENT)),
    );
    expect([src, dst, text(payload)]).toEqual(['192.0.2.1', '255.255.255.255', 'hello']);
    expect(packet).toMatchObject({ ipVersion: 4, ipLength: 45, ipProtocol: 6, payloadLength: 5 });
  });

  it.each([4, 8, 20, 40])('steps over %i bytes of options', length => {
    const { packet, payload } = decodePacket(
      ethernet({}, ipv4({ options: new Uint8Array(length).fill(1) }, SEGMENT)),
    );
    expect(text(payload)).toBe('hello');
    expect(packet.ipLength).toBe(45 + length);
  });

  it('leaves Ethernet padding out', () => {
    const { packet, payload } = decodePacket(
      concat(ethernet({}, ipv4({}, tcp({}, 'ab'))), 'padding padding'),
    );
    expect(text(payload)).toBe('ab');
    expect(packet).toMatchObject({ ipLength: 42, payloadLength: 2 });
  });

  it('a total length of zero means to the end of the frame', () => {
    const { packet, payload } = decodePacket(ethernet({}, ipv4({ totalLength: 0 }, SEGMENT)));
    expect(text(payload)).toBe('hello');
    expect(packet).toMatchObject({ ipLength: 45, payloadLength: 5 });
  });

  it('counts what was on the wire when the snapshot length cut the frame', () => {
    const frame = ethernet({}, ipv4({}, tcp({}, new Uint8Array(1000))));
    const { packet, kind, payload } = decodePacket(frame.subarray(0, 60), { original: frame.length });
    expect(kind).toBe('tcp');
    expect(payload).toHaveLength(6);
    expect(packet).toMatchObject({ ipLength: 1040, payloadLength: 1000 });
  });

  it.each<[string, Uint8Array, string]>([
    ['another version', ipv4({ version: 5 }, SEGMENT), 'bad_ip_header'],
    ['a header shorter than one', ipv4({ headerWords: 4 }, SEGMENT), 'bad_ip_header'],
    ['a total length shorter than the header', ipv4({ totalLength: 19 }, SEGMENT), 'bad_ip_header'],
    ['a header longer than the packet', ipv4({ headerWords: 15, totalLength: 59 }, SEGMENT), 'bad_ip_header'],
    [
      'a header longer than the frame',
      ipv4({ headerWords: 15, totalLength: 60 }, SEGMENT),
      'truncated_ip_header',
    ],
    [
      'a packet longer than its frame was on the wire',
      ipv4({ totalLength: 46 }, SEGMENT),
      'truncated_ip_header',
    ],
  ])('rejects %s', (_, packet, problem) => {
    expect(decodePacket(ethernet({}, packet))).toMatchObject({ kind: 'none', problem });
  });

  it('believes what was captured over a smaller length on the wire', () => {
    expect(decodePacket(ethernet({}, ipv4({}, SEGMENT)), { original: 0 }).kind).toBe('tcp');
  });

  it.each([
    [0, true],
    [65_528, true],
    [65_528, false],
  ])('leaves fragments to be put together: from %i, more to come: %s', (fragmentOffset, moreFragments) => {
    const { packet, kind, problem } = decodePacket(
      ethernet({}, ipv4({ fragmentOffset, moreFragments }, SEGMENT)),
    );
    expect([kind, problem]).toEqual(['none', 'fragment']);
    expect(packet).toMatchObject({ fragmentOffset, moreFragments, srcPort: 0, dstPort: 0 });
    expect(packet.transportLength).toBe(SEGMENT.length);
  });

  it('skips an authentication header to what it carries', () => {
    const authentication = [6, 4, 0, 0, ...new Uint8Array(20)];
    const packet = ipv4({ protocol: 51 }, concat(authentication, SEGMENT));
    expect(decodePacket(ethernet({}, packet))).toMatchObject({ kind: 'tcp', packet: { ipProtocol: 6 } });
    const broken = ipv4({ protocol: 51 }, concat([6, 200], authentication.slice(2), SEGMENT));
    expect(decodePacket(ethernet({}, broken))).toMatchObject({ kind: 'ip', packet: { ipProtocol: 51 } });
  });

  it('rejects truncated at every length', () => {
    const frame = ethernet({}, ipv4({ protocol: PROTOCOL.icmp, options: new Uint8Array(8) }, icmp(8)));
    for (let length = 14; length < frame.length; length++) {
      const decoded = decodePacket(frame.subarray(0, length), { original: frame.length });
      expect(decoded.kind).toBe('none');
      expect(decoded.problem).toBe(length < 14 + 28 ? 'truncated_ip_header' : 'truncated_transport_header');
    }
  });
});
