import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const WARD = join(ROOT, 'fixtures', 'ward.pcap');
const INVENTORY = join(ROOT, 'fixtures', 'ward.inventory.yml');

const temp = tempFolder();
const at = (name: string) => join(temp.path, name);

beforeAll(() => {
  writeFileSync(
    at('two.yml'),
    `title: Flow to a telnet port
name: telnet-flow
logsource: {service: conn}
detection: {sel: {id.resp_p: 23}, condition: sel}
---
title: Lookups of one host
name: lookups
logsource: {service: dns}
detection: {sel: {query: "*"}, condition: sel}
---
title: Many lookups
name: many-lookups
correlation: {type: event_count, rules: [lookups], group-by: [id.orig_h], timespan: 10m, condition: {gte: 1000}}
---
title: In order
name: in-order
correlation: {type: temporal_ordered, rules: [lookups, telnet-flow], group-by: [id.orig_h], timespan: 1h}
`,
  );
  writeFileSync(
    at('lab.yml'),
    `title: Lab\nname: lab\nfilter: {rules: [telnet-flow], sel: {id.resp_h: "10.*"}, condition: sel}\nmedtap: {reason: "lab \u202e segment"}\n`,
  );
  writeFileSync(
    at('windows.yml'),
    'title: W\nlogsource: {product: windows, service: x}\ndetection: {s: {a: b}, condition: s}\n',
  );
});

async function explain(...argv: string[]) {
  const io = memoryIo();
  const code = await main(['rules', 'explain', ...argv, '--inventory', INVENTORY, '-q'], io);
  return { code, out: io.out(), err: io.err() };
}

test('a match is shown with the truth of every part and the values that decided', async () => {
  const { code, out, err } = await explain('telnet-to-device', WARD);
  expect([code, err]).toEqual([EXIT.ok, '']);
  expect(out).toContain('Result     2 matches');
  expect(out).toContain('    yes  resp_medical: true — resp_medical is true');
  expect(out).toMatch(/yes {2}telnet \(line 13\)/);
});

test('a rule that matched nothing shows the nearest misses', async () => {
  const { out } = await explain('log4shell-attempt', WARD);
  expect(out).toContain('no match; the nearest miss is 1 test short: keywords: ');
});

test('a stream without records says which have some', async () => {
  const { out } = await explain(
    'contec-cms-arp',
    WARD,
    '--since',
    '2026-11-23T22:16:54',
    '--until',
    '2026-11-23T22:16:55',
  );
  expect(out.replace(/\s+/g, ' ')).toMatch(
    /no match: the captures hold no record of arp, only those of .*conn/,
  );
});

test('one flow: its records, and where it has records when not in this stream', async () => {
  const all = JSON.parse((await explain('telnet-to-device', WARD, '--format', 'json')).out);
  expect(all.schema).toBe('medtap/explanation@1');
  const { uid } = all.explanation.shown[0];
  const one = JSON.parse((await explain('telnet-to-device', WARD, '--flow', uid, '--format', 'json')).out);
  expect(one.explanation).toMatchObject({ records: 1, matched: 1 });
  expect(one.streams.conn).toBe(1);
  const none = await explain('legacy-tls', WARD, '--flow', uid);
  expect(none.out.replace(/\s+/g, ' ')).toMatch(
    /no match: flow \w+ has no record of ssl, only those of conn 1/,
  );
});

test('a flow that is not there', async () => {
  const { out } = await explain('telnet-to-device', WARD, '--flow', 'Cnone');
  expect(out).toContain('no match: flow Cnone has no record of any stream');
});

test('filters, and notes on what the site changed; text of rules cannot reach the terminal', async () => {
  writeFileSync(
    at('medtap.yml'),
    'rules: {telnet-flow: {disabled: true, reason: "quiet \u001b[31m"}}\n'.replace('\u001b', '\\x1b'),
  );
  const rules = ['--rules', at('two.yml'), '--rules', at('lab.yml')];
  const { out } = await explain('telnet-flow', WARD, ...rules, '--config', at('medtap.yml'));
  expect(out).toContain('SUPPRESSED');
  expect(out).toContain('filter lab suppresses it: lab \\u{202e} segment');
  expect(out).toContain("disabled by the site's configuration: quiet \\u{1b}[31m");
  expect(out).not.toContain('\u001b');
});

test('a correlation: matches of its rules, and the groups that came nearest', async () => {
  const { out } = await explain('many-lookups', WARD, '--rules', at('two.yml'));
  expect(out).toContain('event_count within 10 min, by id.orig_h');
  expect(out).toMatch(/not reached: id\.orig_h 10\./);
  expect(out).toMatch(/no {3}gte: 1000 — it is \d+/);
  const ordered = await explain('in-order', WARD, '--rules', at('two.yml'));
  expect(ordered.out).toMatch(/(yes|no ) {2}lookups\n {2}no {3}telnet-flow|FIRED:/);
});

test('what cannot be explained says why', async () => {
  expect(await explain('telnet-to-devise', WARD)).toMatchObject({
    code: EXIT.usage,
    err: 'error: there is no rule named telnet-to-devise\n    did you mean telnet-to-device?\n',
  });
  expect((await explain(at('windows.yml'), WARD)).err).toContain('"windows" logs are not read here');
  expect((await explain(at('two.yml'), WARD)).err).toContain('holds several rules: telnet-flow, lookups');
  expect((await explain('legacy-tls', at('none.pcap'))).code).toBe(EXIT.unreadable);
  expect((await explain('legacy-tls', WARD, '--limit', '0')).code).toBe(EXIT.usage);
});
