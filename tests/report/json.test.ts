import { describe, expect, test } from 'vitest';
import { devicesJson, scanJson } from '../../src/report/json.ts';
import type { ScanReport } from '../../src/report/scan-report.ts';
import { DEVICES, sampleReport } from './sample.ts';

const scanText = (report: ScanReport): string => [...scanJson(report)].join('');

describe('medtap/scan@1', () => {
  test('as the contract has it', async () => {
    await expect(scanText(sampleReport())).toMatchFileSnapshot('golden/scan.json.golden');
  });

  test('has its keys in order', () => {
    const parsed = JSON.parse(scanText(sampleReport()));
    expect(Object.keys(parsed)).toEqual([
      'schema',
      'run',
      'captures',
      'coverage',
      'devices',
      'findings',
      'filters',
    ]);
    expect(parsed.schema).toBe('medtap/scan@1');
  });

  test('times have six digits, nine when they are not whole microseconds', () => {
    const [first, second] = JSON.parse(scanText(sampleReport())).findings;
    expect(first.last_seen).toBe('2026-11-18T11:16:50.123456Z');
    expect(second.first_seen).toBe('2026-11-18T11:07:00.000000007Z');
  });

  test('without the volatile part nothing of it is left', () => {
    const { run } = sampleReport();
    const text = scanText(sampleReport({ run: { ...run, volatile: null } }));
    expect(Object.keys(JSON.parse(text).run)).toEqual([
      'tool',
      'version',
      'options',
      'site',
      'timezone',
      'rules',
    ]);
    expect(text).not.toContain('laptop');
  });

  test('absent values are null, so that every key is there', () => {
    const { devices } = JSON.parse(scanText(sampleReport()));
    const keys = devices.map((device: object) => Object.keys(device).join());
    expect(new Set(keys).size).toBe(1);
    expect(devices[2].vendor).toBeNull();
  });

  test('is safe to print: control and invisible characters are escaped, and come back', () => {
    const text = scanText(sampleReport());
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(JSON.parse(text).findings[1].message).toBe(sampleReport().findings[1]!.message);
  });
});

test('medtap/devices@1', async () => {
  const { run, captures, coverage } = sampleReport();
  const { rules: _, ...rest } = run;
  const pieces = devicesJson({
    run: { ...rest, volatile: null },
    captures: captures.slice(0, 1),
    coverage,
    devices: DEVICES,
  });
  await expect([...pieces].join('')).toMatchFileSnapshot('golden/devices.json.golden');
});
