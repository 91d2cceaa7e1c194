import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDirectory } from '../../src/devices/directory.ts';
import { parseInventory } from '../../src/devices/inventory.ts';
import { renderInventory } from '../../src/devices/render-inventory.ts';
import { DEVICE_TYPES } from '../../src/devices/types.ts';
import { CRITICALITIES, type Device } from '../../src/model/device.ts';
import { claim, flow, inventoryOf, readerOf } from './make.ts';

function device(name: string, more: Partial<Device> = {}): Device {
  return {
    name,
    known: false,
    type: undefined,
    medical: false,
    criticality: 'none',
    vendor: undefined,
    model: undefined,
    confidence: undefined,
    hints: [],
    zone: undefined,
    ips: [],
    macs: [],
    evidence: [],
    ...more,
  };
}

const PUMP = device('10.20.30.17', {
  vendor: 'ICU Medical',
  hints: [
    { type: 'infusion-pump', confidence: 0.21 },
    { type: 'lab-analyzer', confidence: 0.21 },
  ],
  ips: ['10.20.30.17', 'fe80::3'],
  macs: ['00:03:b1:00:00:07'],
  evidence: [
    { attribute: 'name', value: 'PUMP\n  - name: evil\u202e', source: 'hl7', confidence: 0.5 },
    { attribute: 'category', value: 'infusion/lab', source: 'oui', confidence: 0.3 },
  ],
});

describe('renderInventory', () => {
  it('writes what is known, and evidence as comments', () => {
    const ct = device('ct-01', {
      type: 'ct',
      criticality: 'support',
      ips: ['10.20.30.31'],
      vendor: 'A&D: "x"',
    });
    expect(renderInventory([ct, PUMP])).toBe(
      [
        '# Written from captures. Review names, types and criticality before use: what the wire says is evidence, not proof.',
        'schema: medtap/inventory@1',
        'devices:',
        '  - name: ct-01',
        '    type: ct',
        '    ip: [10.20.30.31]',
        '    criticality: support',
        '    vendor: "A&D: \\"x\\""',
        '  # name PUMP\\u{a}  - name: evil\\u{202e} (hl7, confidence 0.5)',
        '  # category infusion/lab (oui, confidence 0.3)',
        '  - name: 10.20.30.17',
        '    type: unknown  # perhaps infusion-pump or lab-analyzer',
        '    ip: [10.20.30.17, "fe80::3"]',
        '    mac: ["00:03:b1:00:00:07"]',
        '    vendor: ICU Medical',
        '',
      ].join('\n'),
    );
  });

  it('is read back as it was written', () => {
    const base = inventoryOf(`site: "Ward 3: north"
timezone: Europe/Berlin
internal: [10.0.0.0/8]
resolvers: [10.20.10.53]
zones:
  - {name: "yes", cidr: [10.20.30.0/24], vlan: [30], medical: true}
lists:
  approved_cloud: [updates.vendor.example, "*", "on"]
`);
    const { file: _, devices, ...rest } = parseInventory(renderInventory([PUMP], base), 'again.yml');
    const { file: __, devices: ___, ...expected } = base;
    expect(rest).toEqual(expected);
    expect(devices).toEqual([
      {
        name: '10.20.30.17',
        type: 'unknown',
        ip: ['10.20.30.17', 'fe80::3'],
        mac: ['00:03:b1:00:00:07'],
        criticality: undefined,
        vendor: 'ICU Medical',
      },
    ]);
  });

  it('gives an address that changed hands to nobody who has a MAC address', () => {
    const text = renderInventory([
      device('a', { ips: ['10.0.0.1'], macs: ['00:00:00:00:00:0a'] }),
      device('b', { ips: ['10.0.0.1'], macs: ['00:00:00:00:00:0b'] }),
      device('c', { ips: ['10.0.0.1', '10.0.0.2'], macs: ['00:00:00:00:00:0b'] }),
      device('d', { ips: [], macs: ['00:00:00:00:00:0b'] }),
    ]);
    expect(text).toContain('  # d: its addresses are those of other devices, or it has none\n');
    expect(parseInventory(text, 'x.yml').devices.map(({ name, ip, mac }) => [name, ip, mac])).toEqual([
      ['a', [], ['00:00:00:00:00:0a']],
      ['b', [], ['00:00:00:00:00:0b']],
      ['c', ['10.0.0.1', '10.0.0.2'], []],
    ]);
  });

  it('is an inventory without devices when there are none', () => {
    expect(parseInventory(renderInventory([]), 'x.yml').devices).toEqual([]);
    expect(parseInventory(renderInventory([device('nobody')]), 'x.yml').devices).toEqual([]);
  });

  it('writes an inventory that the loader takes, whatever the devices', () => {
    const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter(text => {
      return text.trim() !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
    });
    const arbitrary = fc.record({
      name: fc.oneof(
        word,
        fc.constantFrom('a', 'yes', '10.0.0.1', '#x', '- y', 'null', '0x1', ' b', 'c ', '{', '[', '*z', '&z'),
      ),
      known: fc.boolean(),
      type: fc.option(fc.constantFrom(...DEVICE_TYPES.keys()), { nil: undefined }),
      medical: fc.boolean(),
      criticality: fc.constantFrom(...CRITICALITIES),
      vendor: fc.option(word, { nil: undefined }),
      model: fc.constant(undefined),
      confidence: fc.constant(undefined),
      hints: fc.constant([]),
      zone: fc.constant(undefined),
      ips: fc.uniqueArray(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fe80::1')),
      macs: fc.uniqueArray(fc.constantFrom('00:00:00:00:00:01', '00:00:00:00:00:02', '00:00:00:00:00:03')),
      evidence: fc.array(
        fc.record({
          attribute: fc.constantFrom('name', 'type', 'category'),
          value: fc.oneof(
            fc.string({ maxLength: 200, unit: 'binary' }),
            fc.constantFrom('monitor', 'a\r\n- b'),
          ),
          source: fc.constantFrom('hl7', 'oui'),
          confidence: fc.constantFrom(0.3, 1),
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 6 }), devices => {
        const text = renderInventory(devices);
        const read = parseInventory(text, 'x.yml').devices;
        const left = devices.filter(one => read.some(({ name }) => name === one.name));
        // A device is there, under its name, with its type, vendor and criticality, unless others have all it has.
        for (const { name, type, criticality, vendor } of read) {
          const type_ = DEVICE_TYPES.get(type);
          const same = devices.filter(one => name === one.name || name.startsWith(`${one.name} (`));
          expect(
            same.some(
              one =>
                (one.type ?? 'unknown') === type &&
                one.vendor === vendor &&
                one.criticality === (criticality ?? type_?.criticality),
            ),
          ).toBe(true);
        }
        for (const one of devices) {
          const alone = [...one.ips, ...one.macs].some(value => {
            return devices.filter(other => [...other.ips, ...other.macs].includes(value)).length === 1;
          });
          if (alone && devices.filter(other => other.name === one.name).length === 1)
            expect(left).toContain(one);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('writes as many devices as there are', () => {
    const many = Array.from({ length: 30_000 }, (_, i) =>
      device(`d${i}`, { ips: [`10.0.${i >> 8}.${i & 255}`], evidence: PUMP.evidence }),
    );
    expect(renderInventory(many).match(/^ {2}- name: d/gm)).toHaveLength(30_000);
  });

  it('renders what a run found, so that the next run knows it', () => {
    const records = {
      arp: [claim(0, '10.20.30.1', '02:00:00:00:00:fe')],
      conn: [
        flow(1, ['10.20.30.17', '00:03:b1:00:00:07'], ['198.51.100.7', '02:00:00:00:00:fe']),
        flow(2, ['10.20.30.18', '00:03:b1:00:00:08'], ['10.20.30.17', '00:03:b1:00:00:07']),
        flow(9, ['10.20.30.18', '00:03:b1:00:00:09'], ['10.20.30.17', '00:03:b1:00:00:07']),
      ],
    };
    const first = buildDirectory(inventoryOf(''), readerOf(records)).devices();
    const again = buildDirectory(
      parseInventory(renderInventory(first), 'x.yml'),
      readerOf(records),
    ).devices();
    expect(again.every(({ known }) => known)).toBe(true);
    expect(again.map(({ name, ips, macs }) => [name, ips, macs])).toEqual(
      first.map(({ name, ips, macs }) => [name, ips, macs]),
    );
  });
});
