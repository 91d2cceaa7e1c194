import { describe, expect, it } from 'vitest';
import { buildDirectory } from '../../src/devices/directory.ts';
import { conn } from '../../src/model/streams.ts';
import {
  batchesOf,
  CLOUD,
  CT,
  claim,
  dimse,
  ENGINE,
  enriched,
  evidenceOf,
  flow,
  inventoryOf,
  PACS,
  readerOf,
} from './make.ts';

describe('devices of the inventory', () => {
  const inventory = inventoryOf(`site: Ward 3
resolvers: [10.20.10.53]
zones:
  - {name: medical, cidr: 10.20.30.0/24, medical: true}
devices:
  - {name: ct-01, type: ct, ip: 10.20.30.31, mac: "${CT[1]}", vendor: GE, criticality: support}
  - {name: pump-01, type: infusion-pump, mac: 00:03:b1:00:00:0a}
  - {name: pump-02, type: infusion-pump, mac: 00:03:b1:00:00:0b}
`);

  it('are named on both sides, with what the inventory says of them', () => {
    const record = flow(0, CT, ['10.20.30.99', '00:0a:0a:00:00:63']);
    expect(enriched(record, { conn: [record] }, inventory)).toMatchObject({
      orig_device: 'ct-01',
      orig_type: 'ct',
      orig_medical: true,
      orig_criticality: 'support',
      orig_vendor: 'GE',
      orig_zone: 'medical',
      orig_zone_medical: true,
      orig_known: true,
      orig_scope: 'internal',
      orig_mac: CT[1],
      resp_zone: 'medical',
      resp_known: false,
      resp_scope: 'internal',
      resp_mac: '00:0a:0a:00:00:63',
    });
  });

  it('are known by address although they never sent', () => {
    const record = flow(0, ['10.20.30.99', '00:0a:0a:00:00:63'], ['10.20.30.31'], { resp_pkts: 0 });
    const row = enriched(record, { conn: [record] }, inventory);
    expect(row).toMatchObject({ resp_device: 'ct-01', resp_known: true, resp_vendor: 'GE', resp_type: 'ct' });
    expect(row).not.toHaveProperty('resp_mac');
  });

  it('share an address over time: each is named for its stretch', () => {
    const conns = [
      flow(10, ['10.20.30.17', '00:03:b1:00:00:0a'], CT),
      flow(20, ['10.20.30.17', '00:03:b1:00:00:0b'], CT),
    ];
    const directory = buildDirectory(inventory, readerOf({ conn: conns }));
    const times = [0, 10, 19.9, 20, 50];
    const batch = batchesOf(
      conn,
      times.map(time => flow(time, CT, ['10.20.30.17'])),
    ).map(directory.enrich)[0];
    const names = times.map((_, row) => [batch?.value(row, 'resp_device'), batch?.value(row, 'resp_mac')]);
    expect(names).toEqual([
      ['pump-01', '00:03:b1:00:00:0a'],
      ['pump-01', '00:03:b1:00:00:0a'],
      ['pump-01', '00:03:b1:00:00:0a'],
      ['pump-02', '00:03:b1:00:00:0b'],
      ['pump-02', '00:03:b1:00:00:0b'],
    ]);
    const pumps = directory.devices().filter(device => device.type === 'infusion-pump');
    expect(pumps.map(({ name, ips }) => [name, ips])).toEqual([
      ['pump-01', ['10.20.30.17']],
      ['pump-02', ['10.20.30.17']],
    ]);
  });

  it('keep their address when another card takes it over, and the other card is shown', () => {
    const thief = '00:0a:0a:00:00:66';
    const records = {
      arp: [claim(0, CT[0], CT[1]), claim(20, CT[0], thief), claim(21, '10.20.30.66', thief)],
      conn: [flow(1, CT, PACS), flow(25, [CT[0], thief], PACS), flow(26, ['10.20.30.66', thief], PACS)],
    };
    const directory = buildDirectory(inventory, readerOf(records));
    const [batch] = batchesOf(conn, [
      flow(10, CT, PACS),
      flow(30, CT, PACS),
      flow(31, ['10.20.30.66'], PACS),
    ]);
    const rows = [0, 1, 2].map(row => directory.enrich(batch!).row(row));
    expect(rows[0]).toMatchObject({ orig_device: 'ct-01', orig_mac: CT[1] });
    expect(rows[1]).toMatchObject({ orig_device: 'ct-01', orig_mac: thief });
    expect(rows[2]).toMatchObject({ orig_known: false, orig_mac: thief });
    expect(rows[2]).not.toHaveProperty('orig_device');
    const ct = directory.devices().find(device => device.name === 'ct-01');
    expect(evidenceOf(ct)).toContain(`other_mac ${thief}`);
    expect(ct?.macs).toEqual([thief, CT[1]]);
  });

  it('are not named after the router that carried them', () => {
    const router = '02:00:00:00:00:fe';
    const gateway = inventoryOf(
      `devices:\n  - {name: gw, type: gateway, ip: 10.20.30.1, mac: "${router}"}\n`,
    );
    const remote = flow(0, [ENGINE[0], router], CT);
    const row = enriched(remote, { conn: [remote] }, gateway);
    expect(row).toMatchObject({ orig_known: false });
    expect(row).not.toHaveProperty('orig_device');
    expect(row).not.toHaveProperty('orig_mac');
  });

  it('outweigh what the wire says of them', () => {
    const records = {
      conn: [flow(0, CT, PACS)],
      dicom: [
        dimse(0, CT, PACS, { command: 'C-STORE-RQ', modality: 'MR' }),
        dimse(1, CT, PACS, { command: 'C-FIND-RQ' }),
      ],
    };
    const row = enriched(flow(5, CT, PACS), records, inventory);
    expect(row).toMatchObject({ orig_type: 'ct', resp_type: 'pacs', resp_known: false });
    const ct = buildDirectory(inventory, readerOf(records))
      .devices()
      .find(device => device.name === 'ct-01');
    expect(ct?.type).toBe('ct');
    expect(evidenceOf(ct)).toContain('type mr');
  });

  it('have the vendor of their MAC address when the inventory gives none', () => {
    const record = flow(0, ['10.20.30.17', '00:03:b1:00:00:0a'], CT);
    expect(enriched(record, { conn: [record] }, inventory)).toMatchObject({ orig_vendor: 'ICU Medical' });
  });

  it('know link-local addresses of listed cards, and call no other one unknown', () => {
    const record = flow(0, ['fe80::1', '00:03:b1:00:00:0a'], ['fe80::2', '00:0a:0a:00:00:01']);
    const row = enriched(record, { conn: [record] }, inventory);
    expect(row).toMatchObject({ orig_device: 'pump-01', orig_known: true, resp_scope: 'link-local' });
    expect(row).not.toHaveProperty('resp_known');
  });

  it('call only hosts of the site unknown', () => {
    const record = flow(0, ['10.20.30.99'], [CLOUD]);
    const row = enriched(record, {}, inventory);
    expect(row).toMatchObject({ orig_known: false, resp_scope: 'internet' });
    for (const field of ['resp_known', 'resp_medical', 'resp_zone']) expect(row).not.toHaveProperty(field);
  });
});

describe('zones', () => {
  const inventory = inventoryOf(`zones:
  - {name: medical, cidr: 10.20.30.0/24, medical: true}
  - {name: guests, vlan: 99}
`);

  it('are found by range, and else by the VLAN an address was seen on', () => {
    const guest = flow(0, ['192.168.7.7', '00:0a:0a:00:00:07'], CT, { vlan: 99 });
    expect(enriched(guest, { conn: [guest] }, inventory)).toMatchObject({
      orig_zone: 'guests',
      orig_zone_medical: false,
      resp_zone: 'medical',
      resp_zone_medical: true,
    });
    const routed = flow(0, ['192.168.7.7', '00:0a:0a:00:00:07'], CT, { vlan: 98 });
    expect(enriched(routed, { conn: [routed] }, inventory)).not.toHaveProperty('orig_zone');
  });

  it('have a broadcast address', () => {
    expect(enriched(flow(0, CT, ['10.20.30.255']), {}, inventory)).toMatchObject({ resp_scope: 'broadcast' });
    expect(enriched(flow(0, CT, ['10.20.30.255']), {}, inventory)).not.toHaveProperty('resp_known');
  });
});
