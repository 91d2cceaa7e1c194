import { describe, expect, it } from 'vitest';
import { parseInventory } from '../../src/devices/inventory.ts';
import { UserError } from '../../src/errors.ts';

/** `line:column message | hint` of every problem of lines below the schema line; none when the text is accepted. */
function problems(...lines: readonly string[]): string[] {
  try {
    parseInventory(['schema: medtap/inventory@1', ...lines].join('\n'), 'site.yml');
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(({ line, column, message, hint }) => {
      return `${line}:${column} ${message}${hint === undefined ? '' : ` | ${hint}`}`;
    });
  }
}

describe('checkInventory', () => {
  it('rejects a second device of the same name, address or MAC address', () => {
    expect(
      problems(
        'devices:',
        '  - {name: a, type: ct, ip: 10.0.0.1, mac: 00:09:5c:00:00:01}',
        '  - {name: a, type: mr, ip: 10.0.0.2}',
        '  - {name: b, type: mr, ip: [10.0.0.3, 10.0.0.1]}',
        '  - {name: c, type: mr, mac: 00-09-5C-00-00-01}',
      ),
    ).toEqual([
      '4:12 device "a" is already given, line 3',
      '5:40 address "10.0.0.1" is already that of "a", line 3',
      '6:30 MAC address "00:09:5c:00:00:01" is already that of "a", line 3',
    ]);
  });

  it('knows an address in every spelling', () => {
    expect(
      problems(
        'devices:',
        '  - {name: a, type: ct, ip: "fd00::1"}',
        '  - {name: b, type: ct, ip: "FD00:0:0::1"}',
      ),
    ).toEqual(['4:29 address "fd00::1" is already that of "a", line 3']);
  });

  it('rejects an address given twice to one device', () => {
    expect(problems('devices:', '  - {name: a, type: ct, ip: [10.0.0.1, 10.0.0.1]}')).toEqual([
      '3:40 address "10.0.0.1" is already that of "a", line 3',
    ]);
  });

  it('rejects a device that nothing can match', () => {
    expect(problems('devices:', '  - {name: a, type: ct}')).toEqual([
      '3:5 device "a" has neither ip nor mac: it can never be recognised',
    ]);
  });

  it('rejects a second zone of the same name, range or VLAN, and one that holds nothing', () => {
    expect(
      problems(
        'zones:',
        '  - {name: a, cidr: 10.1.0.0/16, vlan: 5}',
        '  - {name: a, cidr: 10.2.0.0/16}',
        '  - {name: b, cidr: [10.1.0.0/16], vlan: [5]}',
        '  - {name: c}',
      ),
    ).toEqual([
      '4:12 zone "a" is already given, line 3',
      '5:22 range "10.1.0.0/16" is already that of "a", line 3',
      '5:43 VLAN "5" is already that of "a", line 3',
      '6:5 zone "c" has neither cidr nor vlan: nothing can be in it',
    ]);
  });

  it('takes a zone within a zone', () => {
    expect(
      problems('zones:', '  - {name: a, cidr: 10.1.0.0/16}', '  - {name: b, cidr: 10.1.2.0/24}'),
    ).toEqual([]);
  });

  it('rejects a medical zone outside the site', () => {
    const zones = ['zones:', '  - {name: a, cidr: [10.1.0.0/16, 198.51.100.0/24], medical: true}'];
    expect(problems('internal: [10.0.0.0/8]', ...zones)).toEqual([
      '4:35 198.51.100.0/24 is a medical zone and not internal | list it: internal: [10.0.0.0/8, 198.51.100.0/24]',
    ]);
    expect(problems(...zones)).toHaveLength(1);
    expect(problems('internal:', ...zones)).toEqual([
      expect.stringContaining('internal: [10.0.0.0/8, 172.16'),
    ]);
    expect(problems('internal: [10.0.0.0/8, 198.51.100.0/24]', ...zones)).toEqual([]);
    expect(problems('zones:', '  - {name: cloud, cidr: 198.51.100.0/24}')).toEqual([]);
  });
});
