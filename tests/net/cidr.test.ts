import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cidr,
  CidrMap,
  contains,
  firstAddress,
  lastAddress,
  parseAddress,
  parseCidr,
} from '../../src/net/cidr.ts';

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

/** An address as a number, its own parser: four decimal groups, or eight hexadecimal ones. */
function numberOf(address: string): { bits: number; value: bigint } {
  if (!address.includes(':')) {
    return { bits: 32, value: address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return { bits: 128, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

function holds(range: { address: string; prefix: number }, address: string): boolean {
  const a = numberOf(range.address);
  const b = numberOf(address);
  if (a.bits !== b.bits) return false;
  const shift = BigInt(a.bits - range.prefix);
  return a.value >> shift === b.value >> shift;
}

// Few bits vary, so that ranges overlap and addresses fall into them.
const ipv4 = fc
  .tuple(fc.constantFrom(10, 192), fc.nat(3), fc.nat(255), fc.nat(255))
  .map(parts => parts.join('.'));
const ipv6 = fc.tuple(fc.constantFrom('fd00', '2001'), fc.nat(3), fc.nat(65535)).map(([a, b, c]) => {
  return parseAddress(`${a}:${b.toString(16)}:0:0:0:0:0:${c.toString(16)}`) ?? '';
});
const range = fc.oneof(
  fc.record({ address: ipv4, prefix: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ address: ipv6, prefix: fc.integer({ min: 0, max: 128 }) }),
);

describe('CidrMap', () => {
  it('answers as a search through all ranges does', () => {
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 12 }),
        fc.array(fc.oneof(ipv4, ipv6), { maxLength: 12 }),
        (ranges, addresses) => {
          const map = new CidrMap<number>();
          for (const [i, { address, prefix }] of ranges.entries()) map.add(cidr(`${address}/${prefix}`), i);
          for (const address of addresses) {
            let best: number | undefined;
            for (const [i, candidate] of ranges.entries()) {
              if (!holds(candidate, address)) continue;
              if (best === undefined || candidate.prefix > (ranges[best]?.prefix ?? 0)) best = i;
            }
            expect(map.get(address)).toBe(best);
            expect(map.get(address)).toBe(best);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('agrees with contains about one range', () => {
    fc.assert(
      fc.property(range, fc.oneof(ipv4, ipv6), (one, address) => {
        const map = new CidrMap<true>();
        map.add(cidr(`${one.address}/${one.prefix}`), true);
        expect(map.get(address) ?? false).toBe(contains(cidr(`${one.address}/${one.prefix}`), address));
      }),
    );
  });

  it('forgets answers when a range is added', () => {
    const map = new CidrMap<string>();
    map.add(cidr('10.0.0.0/8'), 'site');
    expect(map.get('10.1.2.3')).toBe('site');
    map.add(cidr('10.1.0.0/16'), 'ward');
    expect(map.get('10.1.2.3')).toBe('ward');
    expect(map.size).toBe(2);
  });

  it('has no answer for what is no address', () => {
    const map = new CidrMap<true>();
    map.add(cidr('0.0.0.0/0'), true);
    map.add(cidr('::/0'), true);
    expect(map.get('10.1.2.3')).toBe(true);
    expect(map.get('::1')).toBe(true);
    for (const text of ['', 'host', '10.1.2.3/8']) expect(map.get(text)).toBeUndefined();
  });
});

describe('first and last address', () => {
  it.each([
    ['10.20.30.0/24', '10.20.30.0', '10.20.30.255'],
    ['10.20.30.77/20', '10.20.16.0', '10.20.31.255'],
    ['10.20.30.77/32', '10.20.30.77', '10.20.30.77'],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['fd00:20::5/60', 'fd00:20::', 'fd00:20:0:f:ffff:ffff:ffff:ffff'],
  ])('of %s', (text, first, last) => {
    expect(firstAddress(cidr(text))).toBe(first);
    expect(lastAddress(cidr(text))).toBe(last);
  });
});

describe('parseCidr', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'fd00::/129',
    '',
    'ward',
    '010.0.0.1',
    '0x0a000001',
  ])('rejects %j', text => expect(parseCidr(text)).toBeUndefined());

  it('takes a bare address as a range of one', () => {
    expect(parseCidr('10.1.2.3')?.text).toBe('10.1.2.3/32');
    expect(parseCidr('FD00::0001')?.text).toBe('fd00::1/128');
  });
});
