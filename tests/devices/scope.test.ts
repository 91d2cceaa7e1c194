import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { addressPlan, groupOf, internalAddresses } from '../../src/devices/scope.ts';
import { inventoryOf } from './make.ts';

const SITE = inventoryOf(`internal: [10.0.0.0/8, 198.51.100.0/25]
zones:
  - {name: medical, cidr: [10.20.30.0/24], medical: true}
  - {name: bay, cidr: [10.20.30.64/26]}
  - {name: link, cidr: [10.20.99.0/31]}
  - {name: partner, cidr: [203.0.113.0/24]}
`);

describe('scope without an inventory', () => {
  const plan = addressPlan(emptyInventory());
  it.each([
    ['10.1.2.3', 'internal'],
    ['172.16.0.1', 'internal'],
    ['172.32.0.1', 'internet'],
    ['192.168.255.255', 'internal'],
    ['100.64.0.1', 'internal'],
    ['100.128.0.1', 'internet'],
    ['127.0.0.1', 'internal'],
    ['::1', 'internal'],
    ['fd00::1', 'internal'],
    ['fec0::1', 'internal'],
    ['169.254.7.7', 'link-local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['0.0.0.0', 'link-local'],
    ['::', 'link-local'],
    ['224.0.0.251', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['ff02::fb', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['10.255.255.255', 'internal'],
    ['8.8.8.8', 'internet'],
    ['192.0.2.1', 'internet'],
    ['198.51.100.1', 'internet'],
    ['203.0.113.1', 'internet'],
    ['2001:db8::1', 'internet'],
    ['2606:4700::1', 'internet'],
    ['223.255.255.255', 'internet'],
    ['240.0.0.1', 'internet'],
  ])('of %s is %s', (address, scope) => expect(plan.scope(address)).toBe(scope));

  it('has no zones', () => expect(plan.zone('10.20.30.17')).toBeUndefined());
});

describe('scope with an inventory', () => {
  const plan = addressPlan(SITE);
  it.each([
    ['10.1.2.3', 'internal'],
    ['198.51.100.1', 'internal'],
    ['198.51.100.129', 'internet'],
    ['192.168.1.1', 'internet'],
    ['fd00::1', 'internet'],
    ['127.0.0.1', 'internal'],
    ['169.254.7.7', 'link-local'],
    ['10.20.30.255', 'broadcast'],
    ['10.20.30.127', 'broadcast'],
    ['10.20.99.1', 'internal'],
    ['203.0.113.9', 'internet'],
  ])('of %s is %s', (address, scope) => expect(plan.scope(address)).toBe(scope));

  it('finds the narrowest zone', () => {
    expect(plan.zone('10.20.30.17')?.name).toBe('medical');
    expect(plan.zone('10.20.30.70')?.name).toBe('bay');
    expect(plan.zone('10.20.31.1')).toBeUndefined();
  });
});

describe('internalAddresses', () => {
  it('holds for the ranges given, this host and this link', () => {
    const isInternal = internalAddresses(SITE);
    const internal = ['10.255.255.255', '198.51.100.1', '127.0.0.1', '169.254.1.1', 'fe80::1', '0.0.0.0'];
    const outside = [
      '192.168.0.1',
      '198.51.100.200',
      '203.0.113.9',
      '224.0.0.1',
      '255.255.255.255',
      'ff02::1',
    ];
    expect(internal.filter(isInternal)).toEqual(internal);
    expect(outside.filter(isInternal)).toEqual([]);
  });
});

describe('groupOf', () => {
  it('is nothing for the address of one host', () => {
    for (const address of ['22.4.0.1', '2.2.4.1', 'ff:1::1', 'fe80::1', '240.0.0.1', '10.0.0.255']) {
      expect(groupOf(address)).toBeUndefined();
    }
  });
});
