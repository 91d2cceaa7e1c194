import { describe, expect, it } from 'vitest';
import type { FlowTable } from '../../src/model/flow-view.ts';
import { type FlowsTextOptions, flowsText } from '../../src/report/flows-text.ts';
import { flowTable } from './flow-table.ts';

const DAY = 1_795_000_000;
const ts = { sec: DAY, nsec: 0 };
const TOTALS = { packets: 9, missed_bytes: 0, duration: 3, last: ts };
const ZONES = [
  { ts, orig_zone: 'medical', resp_zone: 'it', flows: 1200, bytes: 2_000_000, ...TOTALS },
  { ts, orig_zone: 'medical', resp_zone: 'internet', flows: 1, bytes: 900, ...TOTALS },
  { ts, orig_zone: 'it', resp_zone: 'medical', flows: 7, bytes: 81_000, ...TOTALS },
];

function text(table: FlowTable, width?: number, more: Partial<FlowsTextOptions> = {}): string {
  const options = { width, timezone: 'Europe/Berlin', all: 1234, filtered: false, rows: 40, ...more };
  return [...flowsText(table, options)].join('');
}

describe('flows', () => {
  it.each([undefined, 120, 80, 60, 40])('on a terminal of %s columns', async width => {
    const shown = text(flowTable(), width);
    if (width !== undefined)
      for (const line of shown.split('\n')) expect([...line].length).toBeLessThanOrEqual(width);
    await expect(shown).toMatchFileSnapshot(`golden/flows-${width ?? 'whole'}.txt`);
  });

  it('say what is not shown', () => {
    const shown = text(flowTable({ count: 1234, shown: 3 }), undefined, {
      rows: 2,
      all: 5000,
      filtered: true,
    });
    expect(shown).toContain('1,232 more rows not shown (--top 0 shows all).');
    expect(shown).toContain('--filter left out 3,766 of 5,000 flows.');
    expect(shown).not.toContain('pump-07');
  });

  it('keep the column they are ordered by', () => {
    expect(text(flowTable({ sort: 'packets' }), 50)).toMatch(/^From .*Packets$/m);
    expect(text(flowTable({ sort: 'start' }), 50)).toMatch(/^Start /);
  });

  it('name the day of every flow when there are several', () => {
    const table = flowTable();
    const totals = { ...table.totals, last: { sec: DAY + 90_000, nsec: 0 } };
    expect(text({ ...table, totals })).toMatch(/^2026-11-18 \d\d:/m);
  });

  it('without times say so instead of the beginning of 1970', () => {
    const none = { sec: 0, nsec: 0 };
    const table = flowTable({ sort: 'start' });
    const rows = () => [...table.rows()].map(row => ({ ...row, ts: none }));
    const shown = text({ ...table, rows, totals: { ...table.totals, first: none, last: none } });
    expect(shown).toMatch(/^no time .*\n/m);
    expect(shown).toContain('No times in the capture');
    expect(shown).not.toMatch(/1970|01:00:00/);
  });

  it('of protocols without ports name the protocol', () => {
    const table = flowTable();
    const esp = { proto: 'unknown_transport', service: undefined, 'id.orig_p': 0, 'id.resp_p': 0 } as never;
    const rows = () =>
      [50, 200].map(ip_proto => ({ ...[...table.rows()][1]!, ...(esp as object), ip_proto }));
    const shown = text({ ...table, rows });
    expect(shown).toMatch(/ \(ESP\) /);
    expect(shown).toMatch(/ \(IP protocol 200\) /);
    expect(shown).not.toMatch(/:0 |unknown_transport/);
  });

  it('none at all, or none left', () => {
    const none = flowTable(
      { totals: { flows: 0, bytes: 0, packets: 0, missed_bytes: 0, first: null, last: null } },
      [],
    );
    expect(text(none, 80, { all: 0 })).toBe('No flows.\n');
    expect(text(none, 80, { filtered: true })).toBe('None of 1,234 flows is left by --filter.\n');
  });
});

describe('zones', () => {
  const table = flowTable({ view: 'zones' }, ZONES);

  it('are a matrix where it fits', () => {
    expect(text(table, 100).split('\n').slice(0, 3)).toEqual([
      'From \\ to    → internet                → it        → medical',
      'it                    ·                   ·  7 flows 81.0 kB',
      'medical    1 flow 900 B  1,200 flows 2.0 MB                ·',
    ]);
  });

  it('are a list where it does not, and where rows are left out', () => {
    expect(text(table, 50)).toMatch(/^From zone {2}To zone /);
    expect(text(table, 100, { rows: 2 })).toMatch(/^From zone {2}To zone /);
  });
});

it('a device without a count of peers shows that it is not known', () => {
  const row = {
    ts,
    host: 'pump-07',
    zone: 'medical',
    sent_bytes: 1,
    received_bytes: 2,
    services: [],
    flows: 3,
    bytes: 3,
  };
  expect(text(flowTable({ view: 'device' }, [{ ...row, ...TOTALS }]))).toMatch(/pump-07 .* 3 +\? /);
});
