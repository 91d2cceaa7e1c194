import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDirectory } from '../../src/devices/directory.ts';
import { GRACE } from '../../src/devices/dns-names.ts';
import { LimitCounts } from '../../src/devices/limits.ts';
import { InventoryIndex, MacSurvey } from '../../src/devices/mac-survey.ts';
import { addressPlan } from '../../src/devices/scope.ts';
import { DEVICE_TYPES } from '../../src/devices/types.ts';
import { BATCH_ROWS, Batch, type Column } from '../../src/model/batch.ts';
import { ENRICHMENT_FIELDS, type Inventory } from '../../src/model/device.ts';
import type { RecordOf, Value } from '../../src/model/schema.ts';
import { arp, conn } from '../../src/model/streams.ts';
import { at, batchesOf, claim, type dns, flow, inventoryOf, readerOf, START } from './make.ts';

const SITE = inventoryOf(`internal: [10.0.0.0/8]
resolvers: [10.0.9.53]
zones:
  - {name: a, cidr: 10.0.0.0/24, medical: true}
  - {name: b, cidr: 10.0.9.0/24}
devices:
  - {name: by-ip, type: ct, ip: 10.0.0.1, vendor: Maker}
  - {name: by-both, type: infusion-pump, ip: 10.0.0.2, mac: "02:00:00:00:00:02"}
  - {name: by-mac, type: ventilator, mac: "02:00:00:00:00:03", criticality: none}
  - {name: gate, type: gateway, ip: 10.0.9.1, mac: "02:00:00:00:00:04"}
`);

const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.3',
  '10.0.9.1',
  '10.0.9.9',
  'fe80::7',
  '203.0.113.7',
  '224.0.0.1',
  '10.0.0.255',
];
const MACS = [
  '02:00:00:00:00:01',
  '02:00:00:00:00:02',
  '02:00:00:00:00:03',
  '02:00:00:00:00:04',
  '02:00:00:00:00:05',
];

type ConnRecord = RecordOf<typeof conn>;
type ArpRecord = RecordOf<typeof arp>;
type DnsRecord = RecordOf<typeof dns>;
interface Sample {
  readonly conn: readonly ConnRecord[];
  readonly arp: readonly ArpRecord[];
  readonly dns: readonly DnsRecord[];
}

const time = fc.nat(40);
const host = fc.tuple(fc.constantFrom(...ADDRESSES), fc.option(fc.constantFrom(...MACS), { nil: undefined }));
const flows = fc
  .tuple(time, host, host, fc.boolean())
  .map(([when, [orig, origMac], [resp, respMac], answered]) =>
    flow(when, [orig, origMac], [resp, respMac], { resp_pkts: answered ? 1 : 0 }),
  );
const claims = fc
  .tuple(time, fc.constantFrom(...ADDRESSES.slice(0, 5)), fc.constantFrom(...MACS))
  .map(([when, ip, mac]) => claim(when, ip, mac));
const answers = fc
  .tuple(
    time,
    fc.constantFrom(...ADDRESSES),
    fc.constantFrom('a.example', 'b.example'),
    fc.constantFrom(...ADDRESSES),
  )
  .map(([when, client, query, address]) => ({
    ts: at(when * 60),
    'id.orig_h': client,
    'id.resp_h': '10.0.9.53',
    query,
    qtype_name: 'A',
    rcode_name: 'NOERROR',
    answers: [address],
    TTLs: [30],
  }));
const sample: fc.Arbitrary<Sample> = fc.record({
  conn: fc.array(flows, { maxLength: 15 }).map(inTime),
  arp: fc.array(claims, { maxLength: 5 }).map(inTime),
  dns: fc.array(answers, { maxLength: 8 }).map(inTime),
});

function secondsOf(record: { ts?: { sec: number; nsec: number } | undefined }): number {
  return (record.ts?.sec ?? 0) + (record.ts?.nsec ?? 0) / 1e9;
}

function inTime<T extends { ts?: { sec: number; nsec: number } | undefined }>(records: readonly T[]): T[] {
  return records.toSorted((a, b) => secondsOf(a) - secondsOf(b));
}

/** The fields of one record, worked out from the records themselves each time. */
function oracle(record: ConnRecord, records: Sample, inventory: Inventory): Record<string, Value> {
  const plan = addressPlan(inventory);
  const survey = new MacSurvey(new InventoryIndex(inventory), plan, new LimitCounts());
  for (const batch of batchesOf(arp, records.arp)) survey.addClaims(batch);
  for (const batch of batchesOf(conn, records.conn)) survey.addFlows(batch);

  const sightings = [
    ...records.arp.map(one => ({ ip: one.sender_ip, mac: one.sender_mac, when: secondsOf(one) })),
    ...records.conn.flatMap(one => [
      { ip: one['id.orig_h'], mac: one.orig_l2_addr, when: secondsOf(one) },
      { ip: one.resp_pkts === 0 ? undefined : one['id.resp_h'], mac: one.resp_l2_addr, when: secondsOf(one) },
    ]),
  ].toSorted((a, b) => a.when - b.when);

  const result: Record<string, Value> = {};
  const put = (name: string, value: Value | undefined) => {
    if (value !== undefined) result[name] = value;
  };
  const when = secondsOf(record);
  for (const [side, peer] of [
    ['orig', 'resp'],
    ['resp', 'orig'],
  ] as const) {
    const ip = record[`id.${side}_h`] ?? '';
    const client = record[`id.${peer}_h`] ?? '';
    const own = sightings.filter(one => one.ip === ip && one.mac !== undefined && survey.owns(one.mac, ip));
    const mac = (own.findLast(one => one.when <= when) ?? own[0])?.mac;
    const device =
      inventory.devices.find(one => one.ip.includes(ip)) ??
      inventory.devices.find(one => mac !== undefined && one.mac.includes(mac));
    const type = device?.type ?? (mac !== undefined && survey.isRouter(mac) ? 'gateway' : undefined);
    const scope = plan.scope(ip);
    const zone = plan.zone(ip);
    put(`${side}_device`, device?.name);
    put(`${side}_type`, type);
    put(`${side}_medical`, DEVICE_TYPES.get(type ?? '')?.medical);
    put(`${side}_criticality`, device?.criticality ?? DEVICE_TYPES.get(type ?? '')?.criticality);
    put(`${side}_vendor`, device?.vendor);
    put(`${side}_zone`, zone?.name);
    put(`${side}_zone_medical`, zone?.medical);
    put(`${side}_known`, device !== undefined ? true : scope === 'internal' ? false : undefined);
    put(`${side}_scope`, scope);
    put(`${side}_mac`, mac);
    const named = records.dns.findLast(one => {
      const from = secondsOf(one);
      const matches = one['id.orig_h'] === client && one.answers?.[0] === ip;
      return matches && from <= when && when <= from + 30 + GRACE;
    });
    put(`${side}_domain`, named?.query);
    put(`${side}_domain_confidence`, named && 'high');
  }
  return result;
}

describe('enrichBatch', () => {
  it('gives every row what working it out from the records gives', () => {
    fc.assert(
      fc.property(
        sample,
        fc.array(flows, { maxLength: 10 }),
        fc.integer({ min: 1, max: 4 }),
        (records, more, rows) => {
          const directory = buildDirectory(SITE, readerOf(records));
          const questions = [
            ...records.conn,
            ...more,
            ...records.dns.map(one => ({ ...one, ts: at(secondsOf(one) - START + 5) })),
          ];
          const asked: ConnRecord[] = questions.map(one => ({
            ts: one.ts,
            'id.orig_h': one['id.orig_h'],
            'id.resp_h': one['id.resp_h'],
          }));
          for (const [i, batch] of batchesOf(conn, asked, rows).entries()) {
            const enriched = directory.enrich(batch);
            for (let row = 0; row < batch.length; row++) {
              const record = asked[i * rows + row]!;
              expect(enriched.row(row)).toEqual({ ...batch.row(row), ...oracle(record, records, SITE) });
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('appends its columns in the order of the schema and leaves the others alone', () => {
    const [batch] = batchesOf(conn, [flow(0, ['10.0.0.1', MACS[0]], ['10.0.0.2', MACS[1]])]);
    const enriched = buildDirectory(SITE, () => []).enrich(batch!);
    expect(enriched.schema.names).toEqual([...conn.names, ...Object.keys(ENRICHMENT_FIELDS)]);
    expect(enriched.columns.slice(0, conn.names.length)).toEqual(batch?.columns);
    expect(enriched.columns).toHaveLength(enriched.schema.names.length);
    expect(enriched.order).toBe(batch?.order);
  });

  it('enriches a million flows in seconds', () => {
    const batches = manyFlows(1_000_000);
    const directory = buildDirectory(SITE, name => (name === 'conn' ? batches : []));
    const before = performance.now();
    let known = 0;
    for (const batch of batches) {
      const column = directory.enrich(batch).column('orig_known');
      if (column?.kind === 'bool') for (const value of column.values) known += value === 1 ? 1 : 0;
    }
    // Several times what it takes, so that a busy machine does not fail it; anything quadratic would.
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(known).toBe(1_000_000);
    expect(directory.limits()).toEqual({});
  });
});

/** Flows of 20,000 hosts to each other and to 5,000 internet addresses, in batches as the store hands them out. */
function manyFlows(count: number): Batch[] {
  const hosts = Array.from({ length: 20_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  const cards = Array.from({ length: 20_000 }, (_, i) => `02:00:00:01:${hex(i >> 8)}:${hex(i & 255)}`);
  const servers = Array.from({ length: 5000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const batches: Batch[] = [];
  for (let from = 0; from < count; from += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, count - from);
    const orig = Array.from({ length }, (_, row) => ((from + row) * 7919) % 20_000);
    const resp = Array.from({ length }, (_, row) => ((from + row) * 104_729) % 25_000);
    const columns = new Map<string, Column>([
      [
        'ts',
        {
          kind: 'time',
          sec: Float64Array.from(orig, (_, row) => START + (from + row) / 1000),
          nsec: new Uint32Array(length),
        },
      ],
      ['id.orig_h', coded(orig.map(i => hosts[i]!))],
      ['id.resp_h', coded(resp.map(i => hosts[i] ?? servers[i - 20_000]!))],
      ['orig_l2_addr', coded(orig.map(i => cards[i]!))],
      ['resp_l2_addr', coded(resp.map(i => cards[i] ?? '02:00:00:00:00:fe'))],
      ['orig_pkts', { kind: 'number', values: new Float64Array(length).fill(2) }],
      ['resp_pkts', { kind: 'number', values: new Float64Array(length).fill(2) }],
    ]);
    batches.push(
      new Batch(
        conn,
        length,
        conn.names.map(name => columns.get(name) ?? null),
        new Float64Array(length),
      ),
    );
  }
  return batches;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function coded(texts: readonly string[]): Column {
  const dict = ['', ...new Set(texts)];
  const codeOf = new Map(dict.map((text, code) => [text, code]));
  return { kind: 'dict', codes: Uint32Array.from(texts, text => codeOf.get(text) ?? 0), dict };
}
