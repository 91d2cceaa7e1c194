import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { buildDirectory } from '../../src/devices/directory.ts';
import { arp, conn } from '../../src/model/streams.ts';
import { at, batchesOf, CLOUD, CT, claim, enriched, flow, inventoryOf, PACS } from './make.ts';

describe('domains', () => {
  const inventory = inventoryOf('resolvers: [10.20.10.53]\n');
  const dns = [
    {
      ts: at(0),
      'id.orig_h': CT[0],
      'id.resp_h': '10.20.10.53',
      'id.resp_p': 53,
      query: 'updates.vendor.example',
      qtype_name: 'A',
      rcode_name: 'NOERROR',
      answers: [CLOUD],
      TTLs: [60],
    },
  ];

  it('name the peer that a client looked up, on whichever side it stands', () => {
    expect(enriched(flow(1, CT, [CLOUD]), { dns }, inventory)).toMatchObject({
      resp_domain: 'updates.vendor.example',
      resp_domain_confidence: 'high',
    });
    expect(enriched(flow(1, [CLOUD], CT), { dns }, inventory)).toMatchObject({
      orig_domain: 'updates.vendor.example',
    });
    expect(enriched(flow(1, CT, [CLOUD]), { dns }).resp_domain_confidence).toBe('low');
  });

  it('do not name it for others, before the answer, or long after', () => {
    for (const record of [flow(1, PACS, [CLOUD]), flow(-1, CT, [CLOUD]), flow(9999, CT, [CLOUD])]) {
      expect(enriched(record, { dns }, inventory)).not.toHaveProperty('resp_domain');
    }
  });
});

describe('Directory', () => {
  it('leaves streams without a flow as they are', () => {
    const [batch] = batchesOf(arp, [claim(0, '10.20.30.1', CT[1])]);
    expect(buildDirectory(emptyInventory(), () => []).enrich(batch!)).toBe(batch);
  });

  it('bears records without addresses and streams without fields', () => {
    const [batch] = batchesOf(conn, [{ ts: at(0) }, { ts: at(1), 'id.orig_h': '10.0.0.1' }]);
    const directory = buildDirectory(emptyInventory(), name =>
      name === 'conn' || name === 'dns' ? [batch!] : [],
    );
    const rows = directory.enrich(batch!);
    expect(rows.row(0)).toEqual({ ts: at(0) });
    expect(rows.row(1)).toEqual({ ts: at(1), 'id.orig_h': '10.0.0.1', orig_scope: 'internal' });
    expect(directory.devices()).toHaveLength(1);
    expect(directory.limits()).toEqual({});
  });
});
