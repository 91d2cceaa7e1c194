/** Correlations in a scan, compared with an answer worked out from the records that `logs` writes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import type { Finding } from '../../src/model/finding.ts';
import { memoryIo } from './memory-io.ts';

const WARD = fileURLToPath(new URL('../../fixtures/ward.pcap', import.meta.url));

const RULES = `title: Any flow
name: any-flow
logsource: {product: zeek, service: conn}
detection: {sel: {id.orig_h|exists: true}, condition: sel}
---
title: Any lookup
name: any-lookup
logsource: {product: zeek, service: dns}
detection: {sel: {query|exists: true}, condition: sel}
---
title: Many peers
name: many-peers
level: high
correlation:
  {type: value_count, rules: [any-flow], group-by: [id.orig_h], timespan: 60s, condition: {field: id.resp_h, gte: 2}}
---
title: Lookup and flow
name: lookup-and-flow
level: low
correlation: {type: temporal, rules: [any-lookup, any-flow], group-by: [id.orig_h], timespan: 30s}
`;

interface Row {
  readonly ts: number;
  readonly 'id.orig_h': string;
  readonly 'id.resp_h': string;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-correlations-'));
  writeFileSync(join(folder, 'rules.yml'), RULES);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function scan(...options: string[]): Promise<readonly Finding[]> {
  const io = memoryIo();
  const code = await main(
    ['scan', WARD, '--rules', folder, '--format', 'json', '--fail-on', 'none', ...options],
    io,
  );
  expect([io.err(), code]).toEqual(['', EXIT.ok]);
  return JSON.parse(io.out()).findings;
}

async function rows(stream: string): Promise<readonly (Row & { readonly stream: string })[]> {
  const io = memoryIo();
  await main(['logs', WARD, '--stream', stream, '--format', 'json'], io);
  return io
    .out()
    .trim()
    .split('\n')
    .map(line => ({ ...JSON.parse(line), stream }));
}

/** How many records of each originator are in a window for which the verdict is yes. */
function contributing<T extends Row>(
  list: readonly T[],
  timespan: number,
  verdict: (window: readonly T[]) => boolean,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const host of new Set(list.map(row => row['id.orig_h']))) {
    const own = list.filter(row => row['id.orig_h'] === host);
    const windows = own.map(end => own.filter(row => row.ts <= end.ts && row.ts >= end.ts - timespan));
    const count = new Set(windows.filter(verdict).flat()).size;
    if (count > 0) counts[host] = count;
  }
  return counts;
}

function counted(findings: readonly Finding[], rule: string): Readonly<Record<string, number>> {
  const own = findings.filter(finding => finding.rule.name === rule);
  return Object.fromEntries(own.map(finding => [finding.flows[0]!['id.orig_h'], finding.count]));
}

describe('scan with correlations', () => {
  test('finds what the records say, by originator', async () => {
    const findings = await scan();
    const flows = await rows('conn');
    const lookups = await rows('dns');
    const peers = contributing(flows, 60, window => new Set(window.map(row => row['id.resp_h'])).size >= 2);
    const mixed = contributing(
      [...flows, ...lookups],
      30,
      window => new Set(window.map(row => row.stream)).size === 2,
    );
    expect(Object.keys(peers).length).toBeGreaterThan(1);
    expect(Object.keys(mixed).length).toBeGreaterThan(1);
    expect(counted(findings, 'many-peers')).toEqual(peers);
    expect(counted(findings, 'lookup-and-flow')).toEqual(mixed);
    expect(findings.every(finding => finding.flows.length <= 20)).toBe(true);
  });

  test('does not report the rules that only serve them, whatever the level shown', async () => {
    const names = (findings: readonly Finding[]) => [...new Set(findings.map(finding => finding.rule.name))];
    expect(names(await scan()).sort()).toEqual(['lookup-and-flow', 'many-peers']);
    expect(names(await scan('--min-level', 'high'))).toEqual(['many-peers']);
  });

  test('does not feed them what a filter suppresses', async () => {
    writeFileSync(
      join(folder, 'filter.yml'),
      'title: No flows\nfilter: {rules: [any-flow], selection: {id.orig_h|exists: true}, condition: selection}\n',
    );
    try {
      expect(await scan()).toEqual([]);
    } finally {
      rmSync(join(folder, 'filter.yml'));
    }
  });

  test('applies what is right of a directory, and says what is not; a file that is named must be right', async () => {
    const wrong = join(folder, 'wrong.yml');
    writeFileSync(
      wrong,
      RULES.split('---')[0]!.replace('any-flow', 'other').replace('condition: sel', 'condition: sol'),
    );
    try {
      const pack = memoryIo();
      const args = ['--format', 'json', '--fail-on', 'none', '--quiet'];
      expect(await main(['scan', WARD, '--rules', folder, ...args], pack)).toBe(EXIT.ok);
      expect(pack.err()).toBe('warning: 1 rule rejected (medtap rules check PATH says why)\n');
      expect(JSON.parse(pack.out()).run.rules).toMatchObject({ count: 4, inapplicable: 0, rejected: 1 });
      const named = memoryIo();
      expect(await main(['scan', WARD, '--rules', folder, '--rules', wrong, ...args], named)).toBe(
        EXIT.usage,
      );
      expect(named.err()).toContain('did you mean sel?');
    } finally {
      rmSync(wrong);
    }
  });
});
