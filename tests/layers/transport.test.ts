import { describe, expect, it } from 'vitest';
import { decodePacket } from '../support/decode-packet.ts';
import { type Bytes, ethernet, flagBits, icmp, ipv4, ipv6, PROTOCOL, tcp, udp } from '../support/frames.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const over4 = (protocol: number, payload: Bytes) => ethernet({}, ipv4({ protocol }, payload));

describe('tcp', () => {
  it('decodes every field', () => {
    const fields = { src: 65_535, dst: 104, seq: 0xfedcba98, ack: 0x89abcdef, flags: 'PA', window: 65_535 };
    const { packet, kind, payload } = decodePacket(over4(PROTOCOL.tcp, tcp(fields, 'data')));
    expect(kind).toBe('tcp');
    expect(packet).toMatchObject({
      srcPort: 65_535,
      dstPort: 104,
      seq: 0xfedcba98,
      ack: 0x89abcdef,
      tcpFlags: flagBits('PA'),
      window: 65_535,
      payloadLength: 4,
    });
    expect(text(payload)).toBe('data');
  });

  it('steps over options to the payload', () => {
    const { payload } = decodePacket(
      over4(PROTOCOL.tcp, tcp({ options: new Uint8Array(40).fill(1) }, 'data')),
    );
    expect(text(payload)).toBe('data');
  });

  it.each<[string, Uint8Array, string]>([
    ['a packet too short for the header', tcp({}).subarray(0, 19), 'bad_transport_header'],
    ['a header length below the least', tcp({ headerWords: 4 }, 'data'), 'bad_transport_header'],
    ['a header longer than the packet', tcp({ headerWords: 7 }, 'data'), 'bad_transport_header'],
  ])('rejects %s', (_, segment, problem) => {
    expect(decodePacket(over4(PROTOCOL.tcp, segment))).toMatchObject({ kind: 'none', problem });
  });

  it('decodes a segment whose options the snapshot length cut', () => {
    const frame = over4(PROTOCOL.tcp, tcp({ flags: 'S', options: [1, 1, 1, 1, 3, 3, 7, 0] }, 'data'));
    const { packet, payload } = decodePacket(frame.subarray(0, 14 + 20 + 22), { original: frame.length });
    expect(packet).toMatchObject({ payloadLength: 4 });
    expect(payload).toHaveLength(0);
  });
});

describe('udp', () => {
  it('decodes ports and payload', () => {
    const { packet, kind, payload } = decodePacket(over4(PROTOCOL.udp, udp({ src: 53, dst: 5353 }, 'query')));
    expect([kind, packet.srcPort, packet.dstPort, text(payload)]).toEqual(['udp', 53, 5353, 'query']);
  });

  it.each([
    ['shorter than the IP payload', 8 + 3, 'que', 3],
    ['of the header alone', 8, '', 0],
    ['longer than the IP payload', 99, 'query', 5],
    ['less than the header', 7, 'query', 5],
    ['zero (jumbo)', 0, 'query', 5],
  ])('a length %s', (_, length, payload, payloadLength) => {
    const decoded = decodePacket(over4(PROTOCOL.udp, udp({ length }, 'query')));
    expect(decoded.kind).toBe('udp');
    expect(text(decoded.payload)).toBe(payload);
    expect(decoded.packet.payloadLength).toBe(payloadLength);
  });

  it('rejects a packet too short for the header', () => {
    const decoded = decodePacket(over4(PROTOCOL.udp, udp({}).subarray(0, 7)));
    expect(decoded).toMatchObject({ kind: 'none', problem: 'bad_transport_header' });
  });
});

describe('icmp and the rest', () => {
  it('decodes type and code', () => {
    const { packet, kind } = decodePacket(over4(PROTOCOL.icmp, icmp(3, 13, 'cause')));
    expect([kind, packet.srcPort, packet.dstPort, packet.payloadLength]).toEqual(['icmp', 3, 13, 5]);
    const six = decodePacket(ethernet({}, ipv6({ next: PROTOCOL.icmp6 }, icmp(135, 0, 'target'))));
    expect([six.kind, six.packet.srcPort, six.packet.payloadLength]).toEqual(['icmp6', 135, 6]);
  });

  it('rejects a packet too short for the header', () => {
    const decoded = decodePacket(over4(PROTOCOL.icmp, icmp(8).subarray(0, 7)));
    expect(decoded).toMatchObject({ kind: 'none', problem: 'bad_transport_header' });
  });

  it('keeps other protocols without ports', () => {
    const { packet, kind } = decodePacket(over4(PROTOCOL.esp, 'opaque'));
    expect(kind).toBe('ip');
    expect(packet).toMatchObject({ ipProtocol: 50, srcPort: 0, dstPort: 0, payloadLength: 6 });
  });

  it.each([
    ['TCP', over4(PROTOCOL.tcp, tcp({})), 20],
    ['UDP', over4(PROTOCOL.udp, udp({})), 8],
    ['ICMP', over4(PROTOCOL.icmp, icmp(8)), 8],
  ])('rejects truncated at every length: %s', (_, frame, header) => {
    for (let length = frame.length - header; length < frame.length; length++) {
      const decoded = decodePacket(frame.subarray(0, length), { original: frame.length });
      expect(decoded).toMatchObject({ kind: 'none', problem: 'truncated_transport_header' });
    }
    expect(decodePacket(frame).problem).toBe('');
  });
});
