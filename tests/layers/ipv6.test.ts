import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePacket } from '../support/decode-packet.ts';
import { be16, concat, ethernet, extension, ip6, ipv6, PROTOCOL, tcp, udp } from '../support/frames.ts';

const SEGMENT = tcp({ src: 1, dst: 2 }, 'hello');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const NEXT = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  none: 59,
  options: 60,
  mobility: 135,
  hip: 139,
  shim6: 140,
};

/** Fragment header: offset in bytes. */
const fragment = (next: number, offset: number, more: boolean) =>
  concat([next, 0], be16(offset | (more ? 1 : 0)), [0, 0, 0, 1]);
/** Routing header of a type with a list of addresses. */
const routing = (next: number, type: number, segmentsLeft: number, route: readonly string[]) =>
  extension(next, concat([type, segmentsLeft, 0, 0, 0, 0], ...route.map(ip6)));
const homeAddress = (next: number, address: string) =>
  extension(next, concat([1, 2, 0, 0, 0xc9, 16], ip6(address)));

describe('ipv6', () => {
  it('decodes addresses, lengths and protocol', () => {
    const { packet, src, dst, payload } = decodePacket(
      ethernet({}, ipv6({ src: 'fe80::1', dst: 'ff02::1' }, SEGMENT)),
    );
    expect([src, dst, text(payload)]).toEqual(['fe80::1', 'ff02::1', 'hello']);
    expect(packet).toMatchObject({ ipVersion: 6, ipLength: 65, ipProtocol: 6, payloadLength: 5 });
  });

  it('leaves Ethernet padding out, and counts what the snapshot length cut', () => {
    const padded = decodePacket(concat(ethernet({}, ipv6({}, SEGMENT)), 'padding'));
    expect(text(padded.payload)).toBe('hello');
    const frame = ethernet({}, ipv6({}, tcp({}, new Uint8Array(1000))));
    const cut = decodePacket(frame.subarray(0, 80), { original: frame.length });
    expect(cut.payload).toHaveLength(6);
    expect(cut.packet).toMatchObject({ ipLength: 1060, payloadLength: 1000 });
  });

  it('a payload length of zero means to the end of the frame', () => {
    const { packet, payload } = decodePacket(ethernet({}, ipv6({ payloadLength: 0 }, SEGMENT)));
    expect(text(payload)).toBe('hello');
    expect(packet).toMatchObject({ ipLength: 65, payloadLength: 5 });
  });

  const eight = new Uint8Array(6);
  it.each<[string, number, Uint8Array]>([
    ['hop-by-hop', NEXT.hopByHop, extension(PROTOCOL.tcp, eight)],
    ['destination options', NEXT.options, extension(PROTOCOL.tcp, new Uint8Array(22))],
    ['routing', NEXT.routing, extension(PROTOCOL.tcp, eight)],
    ['mobility', NEXT.mobility, extension(PROTOCOL.tcp, eight)],
    ['HIP', NEXT.hip, extension(PROTOCOL.tcp, eight)],
    ['Shim6', NEXT.shim6, extension(PROTOCOL.tcp, eight)],
    ['authentication', NEXT.authentication, extension(PROTOCOL.tcp, new Uint8Array(22), 4)],
    ['an atomic fragment', NEXT.fragment, fragment(PROTOCOL.tcp, 0, false)],
    [
      'a chain',
      NEXT.hopByHop,
      concat(
        extension(NEXT.options, eight),
        extension(NEXT.authentication, eight),
        extension(PROTOCOL.tcp, new Uint8Array(10), 1),
      ),
    ],
  ])('steps over extension headers: %s', (_, next, headers) => {
    const { packet, kind, payload } = decodePacket(ethernet({}, ipv6({ next }, concat(headers, SEGMENT))));
    expect([kind, text(payload)]).toEqual(['tcp', 'hello']);
    expect(packet).toMatchObject({ ipProtocol: 6, payloadLength: 5, ipLength: 40 + headers.length + 25 });
  });

  it('sixteen extension headers are walked, seventeen are not', () => {
    const chain = (count: number) =>
      concat(
        ...Array.from({ length: count }, (_, i) =>
          extension(i === count - 1 ? PROTOCOL.tcp : NEXT.options, eight),
        ),
      );
    const decode = (count: number) =>
      decodePacket(ethernet({}, ipv6({ next: NEXT.options }, concat(chain(count), SEGMENT))));
    expect(decode(16).kind).toBe('tcp');
    expect(decode(17)).toMatchObject({ kind: 'none', problem: 'too_many_ipv6_extensions' });
  });

  it.each([0, 2])('the last address of a source route of type %i is the destination', type => {
    const header = routing(PROTOCOL.tcp, type, 1, ['2001:db8::77', '2001:db8::99']);
    expect(decodePacket(ethernet({}, ipv6({ next: NEXT.routing }, concat(header, SEGMENT)))).dst).toBe(
      '2001:db8::99',
    );
  });

  it.each([
    ['that was walked to its end', routing(PROTOCOL.tcp, 0, 0, ['2001:db8::99'])],
    ['of another type', routing(PROTOCOL.tcp, 4, 1, ['2001:db8::99'])],
    ['without addresses', routing(PROTOCOL.tcp, 0, 1, [])],
  ])('a source route %s changes nothing', (_, header) => {
    expect(decodePacket(ethernet({}, ipv6({ next: NEXT.routing }, concat(header, SEGMENT)))).dst).toBe(
      '2001:db8::2',
    );
  });

  it('the home address of a mobile node is the source', () => {
    const header = homeAddress(PROTOCOL.tcp, '2001:db8::abcd');
    expect(decodePacket(ethernet({}, ipv6({ next: NEXT.options }, concat(header, SEGMENT)))).src).toBe(
      '2001:db8::abcd',
    );
    expect(decodePacket(ethernet({}, ipv6({ next: NEXT.hopByHop }, concat(header, SEGMENT)))).src).toBe(
      '2001:db8::1',
    );
  });

  it('a home address option that leaves its header is none', () => {
    const header = extension(PROTOCOL.tcp, concat([0xc9, 16], new Uint8Array(12)));
    expect(decodePacket(ethernet({}, ipv6({ next: NEXT.options }, concat(header, SEGMENT)))).src).toBe(
      '2001:db8::1',
    );
  });

  it('leaves fragments to be put together, but not packets of one piece', () => {
    const atomic = ipv6(
      { next: NEXT.fragment },
      concat(fragment(PROTOCOL.udp, 0, false), udp({ src: 7 }, 'whole')),
    );
    expect(decodePacket(ethernet({}, atomic))).toMatchObject({ kind: 'udp', packet: { srcPort: 7 } });
    const first = ipv6(
      { next: NEXT.fragment },
      concat(fragment(PROTOCOL.udp, 0, true), udp({ src: 7 }, 'part')),
    );
    expect(decodePacket(ethernet({}, first))).toMatchObject({
      kind: 'none',
      problem: 'fragment',
      packet: { srcPort: 0, moreFragments: true },
    });
    // The next header of a later fragment is not there: its bytes are data, even where they look like headers.
    const later = ipv6({ next: NEXT.fragment }, concat(fragment(NEXT.options, 1448, false), SEGMENT));
    expect(decodePacket(ethernet({}, later))).toMatchObject({
      kind: 'none',
      problem: 'fragment',
      packet: { fragmentOffset: 1448, moreFragments: false },
    });
  });

  it.each([
    ['ESP', PROTOCOL.esp],
    ['no next header', NEXT.none],
  ])('%s ends the walk', (_, next) => {
    const { kind, packet } = decodePacket(ethernet({}, ipv6({ next }, 'opaque')));
    expect([kind, packet.ipProtocol, packet.srcPort]).toEqual([next === NEXT.none ? 'none' : 'ip', next, 0]);
  });

  it.each<[string, Uint8Array, string]>([
    ['another version', ipv6({ version: 7 }, SEGMENT), 'bad_ip_header'],
    [
      'a packet longer than its frame was on the wire',
      ipv6({ payloadLength: 26 }, SEGMENT),
      'truncated_ip_header',
    ],
    [
      'an extension header longer than the packet',
      ipv6({ next: NEXT.options }, extension(6, eight, 9)),
      'bad_ip_header',
    ],
    ['an extension header that is not there', ipv6({ next: NEXT.options }, [6, 0, 1]), 'truncated_ip_header'],
  ])('rejects %s', (_, packet, problem) => {
    const type = 0x86dd;
    expect(decodePacket(ethernet({ type }, packet))).toMatchObject({ kind: 'none', problem });
  });

  it('rejects truncated at every length', () => {
    const headers = concat(
      extension(NEXT.routing, eight),
      routing(NEXT.options, 0, 1, ['2001:db8::9']),
      homeAddress(PROTOCOL.tcp, '::1'),
    );
    const frame = ethernet({}, ipv6({ next: NEXT.hopByHop }, concat(headers, tcp({}))));
    for (let length = 14; length < frame.length; length++) {
      const decoded = decodePacket(frame.subarray(0, length), { original: frame.length });
      expect(decoded.kind).toBe('none');
      expect(decoded.problem).toMatch(/^truncated_(ip|transport)_header$/);
    }
    expect(decodePacket(frame).kind).toBe('tcp');
  });

  it('a frame cut inside an extension header keeps its offsets inside', () => {
    const headers = extension(PROTOCOL.esp, new Uint8Array(62));
    const frame = ethernet({}, ipv6({ next: NEXT.options }, concat(headers, 'opaque')));
    expect(decodePacket(frame.subarray(0, 66), { original: frame.length }).packet.payloadEnd).toBe(9 + 66);
  });

  it('never throws and stays inside the frame, whatever the chain', () => {
    const next = fc.constantFrom(...Object.values(NEXT), 6, 17, 58, 50);
    fc.assert(
      fc.property(next, fc.uint8Array({ maxLength: 150 }), fc.nat(150), (next, bytes, cut) => {
        const frame = ethernet({}, ipv6({ next }, bytes));
        decodePacket(frame.subarray(0, frame.length - (cut % frame.length)), { original: frame.length });
      }),
      { numRuns: 1000 },
    );
  });
});
