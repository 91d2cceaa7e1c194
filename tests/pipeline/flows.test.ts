import { afterAll, describe, expect, it } from 'vitest';
import type { FlowSort, FlowViewName, FlowViewRow } from '../../src/model/flow-view.ts';
import { type FlowsResult, flows } from '../../src/pipeline/flows.ts';
import { logs } from '../../src/pipeline/logs.ts';
import { loadInventory } from '../../src/pipeline/options.ts';
import { flowsText } from '../../src/report/flows-text.ts';
import { WARD, WARD_INVENTORY } from '../cli/program.ts';
import { pcap } from '../support/captures.ts';
import { ethernet, ipv4 } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const inventory = await loadInventory(WARD_INVENTORY);
const BASE = { inputs: [WARD], inventory, reveal: false, dedupWindow: 0, filter: undefined };
const open: FlowsResult[] = [];
afterAll(() => {
  for (const result of open) result.close();
});

async function rowsOf(view: FlowViewName, sort: FlowSort, top?: number): Promise<readonly FlowViewRow[]> {
  const result = await flows({ ...BASE, view, sort, top });
  open.push(result);
  return [...result.table.rows()];
}

/** The independent answer: `conn` as `logs` gives it. */
const conn = await (async () => {
  const result = await logs({ ...BASE, streams: ['conn'], enrich: true });
  const records = [...result.streams[0]!.batches()].flatMap(batch =>
    Array.from({ length: batch.length }, (_, row) => batch.row(row)),
  );
  result.close();
  return records;
})();
const bytesOf = (row: FlowViewRow) => Number(row['orig_ip_bytes']) + Number(row['resp_ip_bytes']);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('flows', () => {
  it.each([
    ['bytes', bytesOf],
    ['packets', (row: FlowViewRow) => Number(row['orig_pkts']) + Number(row['resp_pkts'])],
    ['duration', (row: FlowViewRow) => Number(row['duration'] ?? 0)],
    ['missed', (row: FlowViewRow) => Number(row['missed_bytes'])],
  ] as const)('by %s: most first, equal ones by time', async (sort, rank) => {
    const expected = conn.toSorted((a, b) => rank(b) - rank(a)).map(row => row['uid']);
    expect((await rowsOf('flows', sort)).map(row => row['uid'])).toEqual(expected);
    expect((await rowsOf('flows', sort, 7)).map(row => row['uid'])).toEqual(expected.slice(0, 7));
  });

  it('by start: in the order of time', async () => {
    expect((await rowsOf('flows', 'start', 5)).map(row => row['uid'])).toEqual(
      conn.slice(0, 5).map(row => row['uid']),
    );
  });

  it('counts everything, whatever is shown', async () => {
    const result = await flows({ ...BASE, view: 'flows', sort: 'bytes', top: 1 });
    open.push(result);
    expect(result.table).toMatchObject({ count: conn.length, shown: 1 });
    expect(result.table.totals).toMatchObject({ flows: conn.length, bytes: sum(conn.map(bytesOf)) });
  });
});

describe('groups', () => {
  it('by device: each flow at both hosts', async () => {
    const rows = await rowsOf('device', 'bytes');
    const pump = rows.find(row => row['host'] === 'pump-07');
    const own = conn.filter(row => row['orig_device'] === 'pump-07' || row['resp_device'] === 'pump-07');
    expect(pump).toMatchObject({
      type: 'infusion-pump',
      flows: own.length,
      bytes: sum(own.map(bytesOf)),
      sent_bytes: sum(
        own.map(row =>
          Number(row['orig_device'] === 'pump-07' ? row['orig_ip_bytes'] : row['resp_ip_bytes']),
        ),
      ),
      originated: own.filter(row => row['orig_device'] === 'pump-07').length,
    });
    expect(rows.map(row => row['bytes'])).toEqual(
      rows.map(row => Number(row['bytes'])).toSorted((a, b) => b - a),
    );
  });

  it.each(['pair', 'service', 'zones'] as const)('by %s: every flow once', async view => {
    const rows = await rowsOf(view, 'flows');
    expect(sum(rows.map(row => Number(row['flows'])))).toBe(conn.length);
    expect(sum(rows.map(row => Number(row['bytes'])))).toBe(sum(conn.map(bytesOf)));
    expect(await rowsOf(view, 'flows', 2)).toEqual(rows.slice(0, 2));
  });

  it('by service: IP protocols without ports are told apart by their number', async () => {
    const frames = [50, 50, 89].map((protocol, i) => ({
      bytes: ethernet({}, ipv4({ src: `10.0.0.${i + 1}`, protocol }, 'opaque')),
      sec: 1_700_000_000,
    }));
    const options = {
      ...BASE,
      inputs: [temp.write('esp.pcap', pcap(frames))],
      sort: 'flows' as const,
      top: undefined,
    };
    const result = await flows({ ...options, view: 'service' });
    open.push(result);
    expect([...result.table.rows()].map(row => [row['service'], row['flows']])).toEqual([
      ['ip/50', 2],
      ['ip/89', 1],
    ]);
    expect(
      [
        ...flowsText(result.table, { width: undefined, timezone: 'UTC', all: 3, filtered: false, rows: 9 }),
      ].join(''),
    ).toMatch(/^ESP .*\n.*^OSPF /ms);
  });

  it('zones are those of the inventory, else scopes', async () => {
    const pairs = (await rowsOf('zones', 'flows')).map(row => `${row['orig_zone']} ${row['resp_zone']}`);
    expect(pairs).toContain('medical it');
    expect(pairs).toContain('medical internet');
  });
});
