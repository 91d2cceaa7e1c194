/** Indicators over captures: `intel` records, enrichment, and what rules make of them. */
import { describe, expect, it } from 'vitest';
import { loadIntel } from '../../src/intel/load.ts';
import type { Value } from '../../src/model/schema.ts';
import { logs } from '../../src/pipeline/logs.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { FIXTURES } from '../support/paths.ts';
import { rowsOf } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

/** Records of a stream of a fixture, with indicators. */
async function run(feed: string, stream: string, more: { enrich?: boolean } = {}) {
  const { table } = loadIntel([temp.write('feed.csv', feed)]);
  const result = await logs({
    inputs: [`${FIXTURES}/ward.pcap`],
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: 0,
    streams: [stream],
    enrich: more.enrich ?? false,
    intel: table,
  });
  try {
    const rows = result.streams.flatMap(log => rowsOf(log.batches()));
    return { rows, names: result.streams.map(log => log.schema.name), records: result.coverage.records };
  } finally {
    result.close();
  }
}

const part = (row: Record<string, Value>, ...names: string[]) => names.map(name => row[name]);

describe('intel records', () => {
  it('tell what was seen, where, who says so and how sure', async () => {
    const feed = `indicator,type,source,confidence,description,tags
198.51.100.0/24,cidr,alpha,20,Bad net,c2
198.51.100.80,ip,beta,80,Drop site,
pumpcloud.example,domain,alpha,,,
`;
    const { rows, names, records } = await run(feed, 'intel');
    expect(names).toEqual(['intel']);
    expect(records['intel']).toBe(rows.length);
    const drop = rows.find(
      row => row['seen.indicator'] === '198.51.100.80' && row['seen.where'] === 'Conn::IN_RESP',
    )!;
    expect(drop).toMatchObject({
      'id.resp_h': '198.51.100.80',
      'seen.indicator_type': 'Intel::ADDR',
      matched: ['Intel::ADDR', 'Intel::SUBNET'],
      sources: ['alpha', 'beta'],
      indicator: '198.51.100.80',
      confidence: 80,
      confidence_level: 'high',
      description: 'Drop site',
      tags: ['c2'],
      capture: expect.stringContaining('ward.pcap'),
      frame: expect.any(Number),
      uid: expect.any(String),
    });
    const net = rows.find(row => row['seen.indicator'] === '198.51.100.25')!;
    expect(part(net, 'indicator', 'confidence_level', 'sources')).toEqual([
      '198.51.100.0/24',
      'low',
      ['alpha'],
    ]);
    const named = rows.filter(row => row['indicator'] === 'pumpcloud.example');
    expect(new Set(named.map(row => row['seen.where']))).toEqual(
      new Set(['DNS::IN_REQUEST', 'SSL::IN_SERVER_NAME']),
    );
    expect(named.every(row => row['confidence'] === undefined)).toBe(true);
  });

  it('come once per flow, place and value', async () => {
    const { rows } = await run('ae_title\nCT01\n', 'intel');
    const keys = rows.map(row => part(row, 'uid', 'seen.where', 'seen.indicator').join(' '));
    expect(keys.length).toBeGreaterThan(0);
    expect(new Set(keys).size).toBe(keys.length);
    expect(rows[0]).toMatchObject({
      'seen.where': 'DICOM::IN_CALLING_AE',
      'seen.indicator_type': 'Intel::AE_TITLE',
    });
  });

  it('do not come of expired indicators', async () => {
    const feed = (until: string) => `indicator,valid_until\n198.51.100.80,${until}\n`;
    expect((await run(feed('2026-01-01'), 'intel')).rows).toEqual([]);
    expect((await run(feed('2036-01-01'), 'intel')).rows.length).toBeGreaterThan(0);
  });

  it('do not change other records, and are not kept unasked', async () => {
    const with_ = await run('198.51.100.80\n', 'conn');
    const without = await run('192.0.2.250\n', 'conn');
    expect(with_.names).toEqual(['conn']);
    expect(with_.rows).toEqual(without.rows);
  });
});

describe('enrichment', () => {
  it('says which sources name a side, by address or by the name that DNS gave', async () => {
    const { rows } = await run('indicator,source\n198.51.100.80,beta\nvendor.example,alpha\n', 'conn', {
      enrich: true,
    });
    const to = (host: string) => rows.filter(row => row['id.resp_h'] === host);
    expect(new Set(to('198.51.100.80').map(row => String(row['resp_intel'])))).toEqual(new Set(['beta']));
    expect(
      rows.filter(row => String(row['resp_domain']).endsWith('vendor.example')).map(row => row['resp_intel']),
    ).toEqual(rows.filter(row => String(row['resp_domain']).endsWith('vendor.example')).map(() => ['alpha']));
    expect(rows.some(row => String(row['resp_domain']).endsWith('vendor.example'))).toBe(true);
    expect(rows.filter(row => row['orig_intel'] !== undefined)).toEqual([]);
  });
});
