import { describe, expect, it } from 'vitest';
import { buildDirectory } from '../../src/devices/directory.ts';
import { evidenceOf, flow, inventoryOf, readerOf } from './make.ts';

describe('listDevices', () => {
  it('lists the most critical medical devices first, then by name', () => {
    const inventory = inventoryOf(`devices:
  - {name: pump-10, type: infusion-pump, ip: 10.0.0.10}
  - {name: pump-9, type: infusion-pump, ip: 10.0.0.9}
  - {name: vent-1, type: ventilator, ip: 10.0.0.3}
  - {name: files, type: server, ip: 10.0.0.4}
  - {name: away, type: ct, ip: 10.0.0.5}
`);
    const conns = [9, 10, 4, 3, 200].map(n => flow(n, [`10.0.0.${n}`], ['224.0.0.1']));
    const directory = buildDirectory(inventory, readerOf({ conn: conns }));
    expect(directory.devices().map(({ name }) => name)).toEqual([
      'vent-1',
      'pump-9',
      'pump-10',
      '10.0.0.200',
      'files',
    ]);
    expect(directory.devices({ unseen: true }).map(({ name }) => name)).toEqual([
      'vent-1',
      'pump-9',
      'pump-10',
      'away',
      '10.0.0.200',
      'files',
    ]);
    expect(evidenceOf(directory.devices({ unseen: true })[3])).toContain('seen no');
  });
});
