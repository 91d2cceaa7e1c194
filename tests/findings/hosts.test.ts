import { expect, test } from 'vitest';
import { Hosts } from '../../src/findings/hosts.ts';
import { flowSide } from '../../src/findings/sides.ts';
import { record } from './make.ts';

const orig = (change: Parameters<typeof record>[0] = {}) => flowSide(record(change), 'orig');

test('one host: its name, type and addresses', () => {
  const hosts = new Hosts();
  hosts.add(orig({ orig_mac: 'aa:bb:cc:00:00:01' }), undefined);
  hosts.add(orig({ 'id.orig_h': '10.20.3.9' }), undefined);
  expect(hosts.host()).toEqual({
    name: 'pump-12',
    type: 'infusion-pump',
    ips: ['10.20.3.12', '10.20.3.9'],
    macs: ['aa:bb:cc:00:00:01'],
  });
});

test('several hosts: how many, and only what they share', () => {
  const hosts = new Hosts();
  hosts.add(orig(), 443);
  hosts.add(orig({ orig_device: 'pump-13', 'id.orig_h': '10.20.3.13', orig_scope: 'link-local' }), 443);
  expect(hosts.peer()).toMatchObject({
    name: '2 hosts',
    type: 'infusion-pump',
    port: 443,
    scope: null,
    domain: null,
  });
});

test('a port that differs is not shown', () => {
  const hosts = new Hosts();
  hosts.add(orig(), 443);
  hosts.add(orig(), 80);
  hosts.add(orig(), 80);
  expect(hosts.peer().port).toBeNull();
});

test('lists a bounded number of addresses', () => {
  const hosts = new Hosts();
  for (let i = 0; i < 100; i++)
    hosts.add(orig({ orig_device: undefined, 'id.orig_h': `10.0.0.${i}` }), undefined);
  expect(hosts.host().ips).toHaveLength(20);
  expect(hosts.host().name).toBe('100 hosts');
});

test('no host at all', () => {
  expect(new Hosts().peer()).toEqual({
    name: '',
    type: null,
    ips: [],
    macs: [],
    port: null,
    scope: null,
    domain: null,
  });
});
