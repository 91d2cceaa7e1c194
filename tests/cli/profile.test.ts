import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const temp = tempFolder();
const RULES = temp.write(
  'rules.yml',
  `title: Lookups
name: lookups
logsource: {service: dns}
detection: {sel: {query: "*"}, condition: sel}
---
title: Never
name: never
logsource: {service: conn}
detection: {sel: {id.resp_p: 4}, condition: sel}
---
title: Two lookups
name: two-lookups
correlation: {type: event_count, rules: [lookups], group-by: [id.orig_h], timespan: 1h, condition: {gte: 2}}
`,
);

async function scan(...argv: string[]) {
  const io = memoryIo();
  await main(
    ['scan', join(ROOT, 'fixtures', 'ward.pcap'), '--rules', RULES, '-q', '--format', 'json', ...argv],
    io,
  );
  return { run: JSON.parse(io.out()).run, err: io.err() };
}

test('--profile says what each rule cost, in JSON and as a table', async () => {
  const { run, err } = await scan('--profile');
  const { rules, correlations_milliseconds } = run.volatile.profile;
  expect(rules).toHaveLength(3);
  const byName = new Map(rules.map((each: { readonly rule: string }) => [each.rule, each]));
  expect(byName.get('lookups')).toMatchObject({ stream: 'dns', records: 30, matches: 30 });
  expect(byName.get('never')).toMatchObject({ stream: 'conn', matches: 0 });
  expect(byName.get('two-lookups')).toMatchObject({ records: 30, milliseconds: null });
  const times = rules.map((each: { readonly milliseconds: number | null }) => each.milliseconds ?? -1);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(correlations_milliseconds).toBeGreaterThan(0);
  expect(err).toMatch(/^Rule +Stream +Time +Records +Matches\n[\s\S]*lookups +dns +\d[\s\S]*All rules /);
  const row = /^never +conn +\S+ ms +(\S+) +0$/m.exec(err);
  const { records } = byName.get('never') as { readonly records: number };
  expect(row?.[1]).toBe(records === 0 ? '–' : String(records));
  expect(err.includes('was never evaluated')).toBe(records === 0);
});

test('nothing is measured without it, or shown in a reproducible result', async () => {
  const plain = await scan();
  expect([plain.run.volatile.profile, plain.err]).toEqual([undefined, '']);
  expect((await scan('--profile', '--reproducible')).run.volatile).toBeUndefined();
});
