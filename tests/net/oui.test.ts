import { describe, expect, it } from 'vitest';
import { lookupOui } from '../../src/net/oui.ts';
import { GENERAL_OUI_ROWS } from '../../src/net/oui-general.ts';
import { OUI_ROWS } from '../../src/net/oui-table.ts';

interface Generator {
  vendorOf(name: string): { vendor: string; category: string } | undefined;
  tableRows(registry: Readonly<Record<string, string>>): readonly string[];
  generalRows(registry: Readonly<Record<string, string>>): readonly string[];
}

const generatorPath = '../../scripts/oui.mjs';
const generator = (await import(generatorPath)) as Generator;

describe('lookupOui', () => {
  it.each([
    ['00:03:b1:00:00:07', 'ICU Medical', 'infusion'],
    ['00:09:fb:12:34:56', 'Philips', 'monitor'],
    ['44:4b:5d:00:00:31', 'GE Healthcare', 'monitor/imaging'],
    ['00:0d:2c:00:00:01', 'Lantronix', 'serial module'],
    ['00:40:9d:00:00:01', 'Digi', 'serial module'],
    ['b8:27:eb:13:37:de', 'Raspberry Pi', 'embedded'],
    ['00:14:22:00:00:01', 'Dell', 'computer'],
    ['00:40:8c:00:00:01', 'Axis', 'camera'],
  ])('names the maker of %s', (mac, vendor, category) => {
    expect(lookupOui(mac)).toEqual({ vendor, category });
  });

  it('takes the longest registered prefix', () => {
    expect(lookupOui('14:4f:d7:e0:00:01')?.vendor).toBe('Edan');
    expect(lookupOui('14:4f:d7:d0:00:01')).toBeUndefined();
    expect(lookupOui('70:b3:d5:36:a0:01')?.vendor).toBe('Becton Dickinson');
    expect(lookupOui('70:b3:d5:36:b0:01')).toBeUndefined();
    expect(lookupOui('8c:1f:64:59:7f:ff')?.vendor).toBe('Becton Dickinson');
  });

  it('names nobody for locally administered and group addresses', () => {
    expect(lookupOui('02:03:b1:00:00:07')).toBeUndefined();
    expect(lookupOui('01:03:b1:00:00:07')).toBeUndefined();
    expect(lookupOui('02:9d:8e:00:00:01')).toBeUndefined();
    expect(lookupOui('00:9d:8e:00:00:01')?.vendor).toBe('Cardiac Recorders');
  });

  it.each([
    ['Contec GmbH', '74:6f:3d:00:00:01'],
    ['Contec Americas', '70:b3:d5:36:30:01'],
    ['PYXIS S.R.L.', '00:21:7d:00:00:01'],
    ['Philips Lighting', '00:17:88:00:00:01'],
    ['Philips Consumer Communications', '00:08:c6:00:00:01'],
    ['Abbott Medical Optics', '1c:c0:e1:20:00:01'],
    ['Olympus NDT', '70:b3:d5:3f:10:01'],
    ['Beckmann GmbH', '00:1b:7e:00:00:01'],
    ['Cardinal Scale', '70:b3:d5:26:80:01'],
    ['Bytedance', 'e4:05:f8:00:00:01'],
    ['Zoller + Fröhlich', '74:33:36:20:00:01'],
    ['IEEE Registration Authority', '70:b3:d5:00:00:01'],
    ['Silex Inside', '70:b3:d5:3b:a0:01'],
  ])('does not take %s for a medical maker', (name, mac) => {
    expect(lookupOui(mac)).toBeUndefined();
    expect(generator.vendorOf(name)).toBeUndefined();
  });

  it('has no answer for what is no MAC address', () => {
    for (const text of ['', 'zz', '00:03', 'pump']) expect(lookupOui(text)).toBeUndefined();
  });
});

describe('the table', () => {
  it('gives every prefix to one maker, in digits of the three registries, none of them local or group', () => {
    const prefixes = OUI_ROWS.flatMap(row => row.split('|')[2]?.split(' ') ?? []);
    expect(prefixes.length).toBeGreaterThan(200);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    for (const prefix of prefixes) {
      expect(prefix).toMatch(/^[0-9A-F]{6}(?:[0-9A-F]|[0-9A-F]{3})?$/);
      expect(Number.parseInt(prefix.slice(0, 2), 16) & 3).toBe(0);
    }
  });

  it('of general makers repeats none of the medical ones, and holds no local or group address', () => {
    const medical = new Set(OUI_ROWS.flatMap(row => row.split('|')[2]?.split(' ') ?? []));
    const seen = new Set<string>();
    for (const row of GENERAL_OUI_ROWS) {
      const prefixes = row.split('|')[2]?.match(/.{6}/g) ?? [];
      expect(prefixes.join('')).toBe(row.split('|')[2]);
      for (const prefix of prefixes) {
        expect(prefix).toMatch(/^[0-9A-F]{6}$/);
        expect(Number.parseInt(prefix.slice(0, 2), 16) & 3).toBe(0);
        expect([prefix, medical.has(prefix) || seen.has(prefix)]).toEqual([prefix, false]);
        seen.add(prefix);
      }
    }
    const siemens = {
      '000E8C': 'Siemens AG',
      '884B39': 'Siemens AG, Healthcare Sector',
      '1C87740': 'Dell Inc.',
    };
    expect(generator.generalRows(siemens).filter(row => !row.endsWith('|'))).toEqual([
      'Siemens (industry)|plc|000E8C',
    ]);
  });

  it('is written the same for a registry in any order', () => {
    const registry = Object.entries({
      '1C8774': 'IEEE Registration Authority',
      '1C87740': 'Philips Personal Health Solutions\nAmsterdam',
      '0009FB': 'Philips Patient Monitoring',
      '001788': 'Philips Lighting BV',
      '029D8E': 'CARDIAC RECORDERS, INC.',
      '009D8E': 'CARDIAC RECORDERS, INC.',
    });
    const rows = generator.tableRows(Object.fromEntries(registry));
    expect(generator.tableRows(Object.fromEntries(registry.toReversed()))).toEqual(rows);
    expect(rows.filter(row => !row.endsWith('|'))).toEqual([
      'Philips|monitor|0009FB 1C87740',
      'Cardiac Recorders|defibrillator|009D8E',
    ]);
    expect(rows.length).toBe(OUI_ROWS.length);
  });
});
