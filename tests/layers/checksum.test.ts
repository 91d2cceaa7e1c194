/** Against sums computed here in the plainest way. */
import { describe, expect, it } from 'vitest';
import { CHECKSUM_NAMES, wrongChecksum } from '../../src/layers/checksum.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be16, be32, concat, ethernet, icmp, ip4, ip6, ipv4, ipv6, tcp, udp } from '../support/frames.ts';

function internetSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [i, byte] of bytes.entries()) sum += i % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function withSum(bytes: Uint8Array, at: number, pseudo: readonly number[]): Uint8Array {
  const summed = bytes.slice();
  summed.set(be16(internetSum(concat(pseudo, bytes))), at);
  return summed;
}

const PSEUDO4 = (protocol: number, length: number) => [
  ...ip4('10.0.0.1'),
  ...ip4('10.0.0.2'),
  0,
  protocol,
  ...be16(length),
];
const PSEUDO6 = (protocol: number, length: number) => [
  ...ip6('2001:db8::1'),
  ...ip6('2001:db8::2'),
  ...be32(length),
  ...be32(protocol),
];

function header(packet: Uint8Array): Uint8Array {
  return concat(withSum(packet.subarray(0, 20), 10, []), packet.subarray(20));
}

const parts: readonly (readonly [string, number, number, Uint8Array])[] = [
  ['tcp', 6, 16, tcp({}, 'an odd payload!')],
  ['udp', 17, 6, udp({}, 'an even payload')],
];

const result = (packet: Uint8Array, cut = 0): string => {
  const frame = ethernet({}, packet);
  const decoded = decodePacket(frame.subarray(0, frame.length - cut), { original: frame.length });
  return CHECKSUM_NAMES[wrongChecksum(decoded.packet)]!;
};

describe('checksums', () => {
  it.each(parts)('of %s over IPv4 and IPv6', (name, protocol, at, segment) => {
    const right = withSum(segment, at, PSEUDO4(protocol, segment.length));
    expect(result(header(ipv4({ protocol }, right)))).toBe('');
    expect(result(ipv4({ protocol }, right))).toBe('ipv4');
    const right6 = withSum(segment, at, PSEUDO6(protocol, segment.length));
    expect(result(ipv6({ next: protocol }, right6))).toBe('');
    for (let i = 0; i < segment.length; i++) {
      // Lengths and the header length decide what is summed; a checksum of zero is none.
      if (
        i === at ||
        i === at + 1 ||
        (name === 'udp' && (i === 4 || i === 5)) ||
        (name === 'tcp' && i === 12)
      )
        continue;
      const wrong = right.slice();
      wrong[i]! ^= 1;
      expect(result(header(ipv4({ protocol }, wrong))), `${i}`).toBe(name);
    }
  });

  it('of ICMP and ICMPv6', () => {
    const echo = withSum(icmp(8, 0, 'ping'), 2, []);
    expect(result(header(ipv4({ protocol: 1 }, echo)))).toBe('');
    expect(result(header(ipv4({ protocol: 1 }, icmp(8, 0, 'ping'))))).toBe('icmp');
    const echo6 = withSum(icmp(128, 0, 'ping'), 2, PSEUDO6(58, 12));
    expect(result(ipv6({ next: 58 }, echo6))).toBe('');
    expect(result(ipv6({ next: 58 }, icmp(128, 0, 'ping')))).toBe('icmp6');
  });

  it('are not judged where they cannot be', () => {
    const segment = tcp({}, 'hello');
    expect(result(header(ipv4({}, segment)), 2)).toBe('');
    expect(result(header(ipv4({ protocol: 17 }, udp({}, 'none'))))).toBe('');
    expect(result(ipv4({ totalLength: 0 }, segment))).toBe('');
  });
});
