import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { visible } from '../../src/bytes/text.ts';
import type { Device, Inventory } from '../../src/model/device.ts';
import { inventoryYaml } from '../../src/report/inventory-yaml.ts';
import { DEVICES } from './sample.ts';

const NONE: Inventory = {
  file: undefined,
  site: undefined,
  timezone: 'UTC',
  internal: [],
  resolvers: [],
  zones: [],
  lists: new Map(),
  devices: [],
};

const GIVEN: Inventory = {
  file: 'site.yml',
  site: 'Ward: 3',
  timezone: 'Europe/Berlin',
  internal: ['10.0.0.0/8'],
  resolvers: ['10.20.10.53'],
  zones: [{ name: 'icu', cidr: ['10.20.3.0/24'], vlan: [30], medical: true }],
  lists: new Map([['approved_cloud', ['updates.vendor.example']]]),
  devices: [
    {
      name: 'pump-12',
      type: 'infusion-pump',
      ip: ['10.20.3.12'],
      mac: ['00:11:22:33:44:55'],
      criticality: 'life-sustaining',
      vendor: 'Example Medical',
    },
  ],
};

test('what is known, then what was found', async () => {
  await expect(inventoryYaml(GIVEN, DEVICES)).toMatchFileSnapshot('golden/inventory.yml.golden');
});

test('is YAML that says what was given', () => {
  const read = parse(inventoryYaml(GIVEN, DEVICES));
  expect(read.schema).toBe('medtap/inventory@1');
  expect(read.site).toBe('Ward: 3');
  expect(read.lists).toEqual({ approved_cloud: ['updates.vendor.example'] });
  expect(read.devices.map((device: { name: string }) => device.name)).toEqual([
    'pump-12',
    '10.20.3.77',
    '10.20.3.200',
  ]);
});

test('without an inventory and without hosts', () => {
  expect(parse(inventoryYaml(NONE, []))).toEqual({
    schema: 'medtap/inventory@1',
    timezone: 'UTC',
    devices: [],
  });
});

test('a name or address belongs to one device', () => {
  const [, , host] = DEVICES as [Device, Device, Device];
  const shared = [
    { ...host, name: 'pump-12', ips: ['10.0.0.1', '10.0.0.2'], macs: [] },
    { ...host, name: 'pump-12', ips: ['10.0.0.2', '10.0.0.3', '10.20.3.12'], macs: [] },
    { ...host, name: 'nothing of its own', ips: ['10.0.0.2'], macs: [] },
  ];
  const yaml = inventoryYaml(GIVEN, shared);
  const devices = parse(yaml).devices.slice(1);
  expect(devices.map((device: { name: string }) => device.name)).toEqual(['pump-12 (2)', 'pump-12 (3)']);
  expect(devices.map((device: { ip: string[] }) => device.ip)).toEqual([
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.3'],
  ]);
  expect(yaml).toContain('# also seen with the address of another device: 10.0.0.2, 10.20.3.12\n');
});

test('whatever text was captured, it stays a value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const device: Device = {
        ...DEVICES[2]!,
        name: text,
        vendor: text,
        evidence: [{ attribute: 'vendor', value: text, source: 'x', confidence: 0.5 }],
      };
      const read = parse(inventoryYaml(NONE, [device]));
      expect(Object.keys(read)).toEqual(['schema', 'timezone', 'devices']);
      expect(read.devices).toHaveLength(1);
      const { name, vendor } = read.devices[0];
      expect(name).toBe(visible(text).slice(0, 256).trim() || 'unnamed');
      expect(vendor ?? '').toBe(visible(text).slice(0, 256).trim());
    }),
  );
});
