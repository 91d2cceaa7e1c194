import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressTest } from '../../src/net/address-test.ts';
import { contains, parseCidr } from '../../src/net/cidr.ts';

const test = (...ranges: readonly string[]) => addressTest(ranges.map(range => parseCidr(range)!));

describe('addressTest', () => {
  it.each([
    ['0.0.0.0/0', '255.255.255.255', true],
    ['255.255.255.255', '255.255.255.255', true],
    ['128.0.0.0/1', '200.1.1.1', true],
    ['128.0.0.0/1', '127.255.255.255', false],
    ['10.1.0.0/16', '10.1.255.255', true],
    ['10.1.0.0/16', '10.2.0.0', false],
    ['10.1.2.3/16', '10.1.9.9', true],
    ['::/0', '10.1.1.1', false],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['fe80::/10', '2001:db8::1', false],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(test(range)(address)).toBe(expected);
  });

  it.each([
    '',
    '10.1',
    '10.1.1',
    '10.1.1.1.1',
    '10.1.1.256',
    '10..1.1',
    '10.1.1.',
    '.1.1.1',
    'a.b.c.d',
    '0010.1.1.1',
    '1:2',
    ':',
  ])('holds no %j', text => {
    expect(test('0.0.0.0/0', '::/0')(text)).toBe(false);
  });

  it('agrees with the library for any range and address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(32), fc.ipV4(), (network, prefix, address) => {
        const range = parseCidr(`${network}/${prefix}`)!;
        expect(addressTest([range])(address)).toBe(contains(range, address));
      }),
      { numRuns: 2000 },
    );
  });
});
