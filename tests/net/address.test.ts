import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Text, ipv4Word, ipv6Text, macText, parseMac } from '../../src/net/address.ts';
import { parseAddress } from '../../src/net/cidr.ts';

/** Words of an IPv6 address given as eight groups. */
function words(groups: readonly number[]): [number, number, number, number] {
  const word = (i: number) => ((groups[i]! << 16) | groups[i + 1]!) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

const of = (...groups: number[]) => ipv6Text(...words(groups));

// Mostly zeros, so that runs of them come in all lengths and places.
const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(0xffff) });
const groups = fc.array(group, { minLength: 8, maxLength: 8 });

describe('ipv4Text', () => {
  it('is dotted decimal', () => {
    expect([0, 0x0a000001, 0xffffffff, 0x80000000].map(ipv4Text)).toEqual([
      '0.0.0.0',
      '10.0.0.1',
      '255.255.255.255',
      '128.0.0.0',
    ]);
  });
});

describe('ipv6Text', () => {
  it.each([
    ['the unspecified address', [0, 0, 0, 0, 0, 0, 0, 0], '::'],
    ['the loopback address', [0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    ['no leading zeros', [0x2001, 0xdb8, 1, 2, 3, 4, 5, 0xabc], '2001:db8:1:2:3:4:5:abc'],
    ['one zero group is written', [0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
    ['the longest run', [0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1'],
    ['the first of equal runs', [0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
    ['a run at the end', [0xfe80, 0, 0, 0, 0, 0, 0, 0], 'fe80::'],
    ['an IPv4-mapped address', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201], '::ffff:192.0.2.1'],
  ])('RFC 5952: %s', (_, groups, text) => {
    expect(of(...groups)).toBe(text);
  });

  it('is the text that configuration is compared with', () => {
    fc.assert(
      fc.property(groups, groups => {
        const long = groups.map(value => value.toString(16).padStart(4, '0')).join(':');
        expect(parseAddress(long)).toBe(of(...groups));
        expect(parseAddress(of(...groups))).toBe(of(...groups));
      }),
      { numRuns: 1000 },
    );
    expect(parseAddress('::FFFF:192.0.2.1')).toBe(of(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201));
  });
});

describe('MAC addresses', () => {
  it('are written with colons', () => {
    expect(macText(0x0001, 0x02030405)).toBe('00:01:02:03:04:05');
    expect(macText(0xffff, 0xffffffff)).toBe('ff:ff:ff:ff:ff:ff');
  });

  it.each(['00:1b:21:AA:bb:0C', '00-1B-21-aa-BB-0c', '001b.21aa.bb0c', '001B21AABB0C'])(
    'are read from %s',
    text => {
      expect(parseMac(text)).toBe('00:1b:21:aa:bb:0c');
    },
  );

  it.each(['', '00:1b:21', '00:1b:21:aa:bb:0g', '00:1b:21:aa:bb:0c:dd', 'hello'])(
    'are not read from %j',
    text => {
      expect(parseMac(text)).toBeUndefined();
    },
  );
});

describe('the word of an IPv4 address', () => {
  it.each([
    ['0.0.0.0', 0],
    ['255.255.255.255', 0xffff_ffff],
    ['1.2.3.4', 0x0102_0304],
    ['1.2.3', -1],
    ['1.2.3.4.5', -1],
    ['1.2.3.256', -1],
    ['01.2.3.4', -1],
    ['1.2.3.4 ', -1],
    ['.1.2.3', -1],
    ['1..2.3', -1],
    ['', -1],
    ['1.2.3.4:80', -1],
  ])('%s', (text, word) => expect(ipv4Word(text)).toBe(word));
});
