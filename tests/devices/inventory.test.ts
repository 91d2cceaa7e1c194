import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyInventory, isGiven } from '../../src/devices/default-inventory.ts';
import { loadInventory, MAX_INVENTORY_BYTES, parseInventory } from '../../src/devices/inventory.ts';
import { formatProblem, type Problem, UserError } from '../../src/errors.ts';

const SITE = `schema: medtap/inventory@1
site: Ward 3, example hospital
timezone: Europe/Berlin
internal: [10.0.0.0/8, FD00:20::/32]
resolvers: [10.20.10.53]
zones:
  - {name: medical, cidr: [10.20.30.0/24], vlan: [30], medical: true}
  - {name: it, cidr: 10.20.10.0/24, vlan: 10}
lists:
  approved_cloud: [updates.vendor.example]
  one: single.example
devices:
  - name: pump-07
    type: infusion-pump
    ip: 10.20.30.17
    mac: 00:03:b1:00:00:07
    criticality: therapeutic
    vendor: ICU Medical
  - name: ct-01
    type: ct
    ip: [10.20.30.31, "FD00:20:0::31"]
    mac: ["00-09-5C-00-00-31", 0009.5c00.0032]
`;

/** Problems of a text; fails when there are none. */
function problemsOf(text: string): readonly Problem[] {
  try {
    parseInventory(text, 'site.yml');
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
  throw new Error('the inventory was accepted');
}

/** `line:column message | hint` of every problem. */
function shown(text: string): string[] {
  return problemsOf(text).map(({ line, column, message, hint }) => {
    return `${line}:${column} ${message}${hint === undefined ? '' : ` | ${hint}`}`;
  });
}

/** The same for lines below the schema line: the first of them is line 2. */
function below(text: string): string[] {
  return shown(`schema: medtap/inventory@1\n${text}`);
}

describe('parseInventory', () => {
  it('reads every key, addresses in canonical form', () => {
    expect(parseInventory(SITE, 'site.yml')).toEqual({
      file: 'site.yml',
      site: 'Ward 3, example hospital',
      timezone: 'Europe/Berlin',
      internal: ['10.0.0.0/8', 'fd00:20::/32'],
      resolvers: ['10.20.10.53'],
      zones: [
        { name: 'medical', cidr: ['10.20.30.0/24'], vlan: [30], medical: true },
        { name: 'it', cidr: ['10.20.10.0/24'], vlan: [10], medical: false },
      ],
      lists: new Map([
        ['approved_cloud', ['updates.vendor.example']],
        ['one', ['single.example']],
      ]),
      devices: [
        {
          name: 'pump-07',
          type: 'infusion-pump',
          ip: ['10.20.30.17'],
          mac: ['00:03:b1:00:00:07'],
          criticality: 'therapeutic',
          vendor: 'ICU Medical',
        },
        {
          name: 'ct-01',
          type: 'ct',
          ip: ['10.20.30.31', 'fd00:20::31'],
          mac: ['00:09:5c:00:00:31', '00:09:5c:00:00:32'],
          criticality: undefined,
          vendor: undefined,
        },
      ],
    });
  });

  it('fills in what is left out', () => {
    const inventory = parseInventory('schema: medtap/inventory@1\nzones:\ndevices:\n', 'site.yml');
    expect(inventory).toEqual({ ...emptyInventory(), file: 'site.yml' });
    expect(isGiven(inventory)).toBe(true);
    expect(isGiven(emptyInventory())).toBe(false);
  });

  it('takes anchors and aliases', () => {
    const text = 'internal: &site [10.0.0.0/8]\nlists: {net: *site}\n';
    const inventory = parseInventory(`schema: medtap/inventory@1\n${text}`, 'site.yml');
    expect(inventory.lists.get('net')).toEqual(['10.0.0.0/8']);
  });

  it('shows file, line, column, source line, caret and hint', () => {
    const [problem] = problemsOf(SITE.replace('type: infusion-pump', 'type: infusion-pmp'));
    expect(problem && formatProblem(problem)).toBe(
      [
        'site.yml:14:11: unknown device type "infusion-pmp"',
        '        type: infusion-pmp',
        '              ^',
        '    did you mean infusion-pump?',
      ].join('\n'),
    );
  });

  it.each([
    ['sites: Ward 3', ['2:1 unknown key "sites" | did you mean site?']],
    [
      'qwertyuiop: 1',
      [
        '2:1 unknown key "qwertyuiop" | known keys: schema, site, timezone, internal, resolvers, zones, lists, devices',
      ],
    ],
    [
      'devices:\n  - name: a\n    typ: ct\n    type: ct\n    ip: 10.0.0.1',
      ['4:5 unknown key "typ" | did you mean type?'],
    ],
    [
      'zones:\n  - {name: a, cidr: 10.0.0.0/8, medcal: true}',
      ['3:33 unknown key "medcal" | did you mean medical?'],
    ],
    [
      'lists:\n  "bad name": [x]',
      ['3:3 a list is named with letters, digits, _, - and . so that rules can write %name%'],
    ],
  ])('rejects unknown keys: %s', (text, problems) => expect(below(text)).toEqual(problems));

  it.each([
    ['site: [Ward 3]', ['2:7 site must be text']],
    ['site: 3', ['2:7 site must be text | put it in quotes']],
    ['site: ""', ['2:7 site must not be empty']],
    ['devices: none', ['2:10 devices must be a list']],
    ['devices:\n  - pump', ['3:5 an element of devices must be a map']],
    ['lists: [a]', ['2:8 lists must be a map']],
    ['zones:\n  - {name: a, cidr: 10.0.0.0/8, medical: yes}', ['3:42 medical must be true or false']],
    [
      'zones:\n  - {name: a, vlan: [4095, x]}',
      ['3:22 4095 is not a VLAN identifier | 1 to 4094', '3:28 an element of vlan must be a number'],
    ],
    ['devices:\n  - type: ct\n    ip: 10.0.0.1', ['3:5 name is missing']],
    ['devices:\n  - name:\n    type: ct\n    ip: 10.0.0.1', ['3:5 name is missing']],
    ['devices:\n  - {name: a, type: ct, mac: 001122334455}', ['3:30 mac must be text | put it in quotes']],
    [
      'devices:\n  - {name: a, type: ct, ip: [10.0.0.1, 7]}',
      ['3:40 an element of ip must be text | put it in quotes'],
    ],
    [
      'devices:\n  - {name: a, type: ct, ip: 10.0.0.1, criticality: supports}',
      [
        '3:52 criticality must be one of life-sustaining, therapeutic, diagnostic, support, none | did you mean support?',
      ],
    ],
  ])('rejects values of the wrong kind: %s', (text, problems) => expect(below(text)).toEqual(problems));

  it.each([
    [
      'internal: [10.0.0.0/33]',
      ['2:12 "10.0.0.0/33" is not an address range | write it as 10.20.30.0/24 or fd00:20::/64'],
    ],
    [
      'internal: [10.20.30.5/24]',
      [
        '2:12 "10.20.30.5/24" is an address within a range, not a range | did you mean 10.20.30.0/24, or the single address 10.20.30.5?',
      ],
    ],
    ['resolvers: 10.0.0', ['2:12 "10.0.0" is not an IP address']],
    ['resolvers: [224.0.0.251]', ['2:13 224.0.0.251 is a multicast address, not that of one host']],
    ['resolvers: [fe80::1%eth0]', ['2:13 "fe80::1%eth0" is not an IP address']],
    [
      'devices:\n  - {name: a, type: ct, ip: 10.0.0.0/24}',
      ['3:29 "10.0.0.0/24" is not an IP address | a single address is wanted here; ranges belong into zones'],
    ],
    ['devices:\n  - {name: a, type: ct, ip: 0.0.0.0}', ["3:29 0.0.0.0 is no host's address"]],
    [
      'devices:\n  - {name: a, type: ct, mac: 00:03:b1:00:00}',
      ['3:30 "00:03:b1:00:00" is not a MAC address | write it as "00:03:b1:00:00:07"'],
    ],
    [
      'devices:\n  - {name: a, type: ct, mac: 01:00:5e:00:00:01}',
      ['3:30 01:00:5e:00:00:01 is a group address, not that of one network card'],
    ],
    ['timezone: Europe/Berln', ['2:11 unknown time zone "Europe/Berln" | did you mean Europe/Berlin?']],
    [
      'timezone: "+01:00"',
      ['2:11 unknown time zone "+01:00" | use a name of the IANA database, e.g. Europe/Berlin'],
    ],
  ])('rejects values of the wrong form: %s', (text, problems) => expect(below(text)).toEqual(problems));

  it('lists the types when none is near', () => {
    const [problem] = problemsOf(
      'schema: medtap/inventory@1\ndevices:\n  - {name: a, type: zzzzzzzz, ip: 10.0.0.1}',
    );
    expect(problem?.hint).toMatch(/^known types: ventilator, .*unknown$/);
  });

  it('reports all problems of a file at once, in order of place', () => {
    const text = [
      'timezone: Mars/Olympus',
      'zones:',
      '  - {name: a, cidr: 10.20.30.1/24}',
      'devices:',
      '  - {name: x, type: pacz, ip: 10.0.0.1}',
      '  - {name: x, type: pacs, ip: 10.0.0.1, colour: red}',
      'resolver: [10.0.0.53]',
    ].join('\n');
    expect(below(text).map(problem => problem.split(' ')[0])).toEqual([
      '2:11',
      '4:21',
      '6:21',
      '7:12',
      '7:31',
      '7:41',
      '8:1',
    ]);
  });

  it.each([
    [
      'schema: medtap/inventory@2\nnew: key',
      ['1:9 "medtap/inventory@2" is a version this medtap does not read | it reads medtap/inventory@1'],
    ],
    [
      'schema: medtap/rules@1',
      ['1:9 "medtap/rules@1" is not the schema of an inventory | it reads medtap/inventory@1'],
    ],
    ['schema: 1', ['1:9 "1" is not the schema of an inventory | it reads medtap/inventory@1']],
    ['site: Ward', ['1:1 the schema is missing | begin the file with: schema: medtap/inventory@1']],
    [
      '- a',
      ['1:1 an inventory is a map of keys and values | begin the file with: schema: medtap/inventory@1'],
    ],
    [
      'just text',
      ['1:1 an inventory is a map of keys and values | begin the file with: schema: medtap/inventory@1'],
    ],
    ['', ['1:1 the file is empty']],
    ['# nothing\n', ['1:1 the file is empty']],
  ])('rejects another schema: %j', (text, problems) => expect(shown(text)).toEqual(problems));
});

describe('loadInventory', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'medtap-inventory-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function loaded(name: string): string {
    try {
      loadInventory(join(folder, name));
      return 'accepted';
    } catch (error) {
      if (error instanceof UserError) return error.message.replace(folder, '.');
      throw error;
    }
  }

  it('reads a file and remembers its name', () => {
    writeFileSync(join(folder, 'site.yml'), `\uFEFF${SITE}`);
    const inventory = loadInventory(join(folder, 'site.yml'));
    expect(inventory.file).toBe(join(folder, 'site.yml'));
    expect(inventory.devices).toHaveLength(2);
  });

  it('says what it cannot read', () => {
    mkdirSync(join(folder, 'dir.yml'));
    writeFileSync(
      join(folder, 'latin.yml'),
      Buffer.from('schema: medtap/inventory@1\nsite: K\xf6ln\n', 'latin1'),
    );
    expect(loaded('missing.yml')).toBe('./missing.yml: the inventory does not exist');
    expect(loaded('dir.yml')).toBe('./dir.yml: the inventory is a directory, not a file');
    expect(loaded('latin.yml')).toBe('./latin.yml: the inventory is not UTF-8 text');
  });

  it('rejects files above the limit, and reads one at it', () => {
    const comment = (length: number) => `${SITE}#${' '.repeat(length - SITE.length - 2)}\n`;
    writeFileSync(join(folder, 'large.yml'), comment(MAX_INVENTORY_BYTES));
    writeFileSync(join(folder, 'larger.yml'), comment(MAX_INVENTORY_BYTES + 1));
    expect(loaded('large.yml')).toBe('accepted');
    expect(loaded('larger.yml')).toBe('./larger.yml: the inventory is larger than 4 MiB');
  });

  it('rejects an endless device', () => {
    expect(() => loadInventory('/dev/zero')).toThrow('/dev/zero: the inventory is larger than 4 MiB');
  });
});
