import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { ROOT } from '../support/paths.ts';
import { memoryIo } from './memory-io.ts';

const RULE = `title: Host opened a connection to the internet
id: 6b6f1f0e-1111-4222-8333-444455556666
name: host-internet
status: stable
level: high
logsource: {product: medtap, service: conn}
detection:
  internet: {resp_scope: internet}
  condition: internet
medtap:
  message: "{id.orig_h} → {id.resp_h}"
  why: |
    A device needs its server,
    not the internet.
  level-by: {orig_criticality: {life-sustaining: critical}}
`;

const TESTS = `tests:
  - {name: outside, stream: conn, records: [{id.orig_h: 10.0.0.1, resp_scope: internet}], match: 1}
  - {name: inside, stream: conn, records: [{id.orig_h: 10.0.0.1, resp_scope: internal}], match: 0}
`;

let folder = '';
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-rules-'));
  writeFileSync(at('host-internet.yml'), RULE);
  writeFileSync(at('host-internet.test.yml'), TESTS);
  writeFileSync(
    at('broken.yml'),
    RULE.replace('level: high', 'levl: high').replace('resp_scope', 'resp_scop'),
  );
  writeFileSync(at('untested.yml'), RULE.replace('host-internet', 'untested').replace('6b6f', '7b6f'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...argv: string[]) {
  const io = memoryIo();
  const code = await main(['rules', ...argv], io);
  return { code, out: io.out(), err: io.err() };
}

describe('rules', () => {
  test('list shows level, name, stream and title', async () => {
    const { code, out } = await run('list', '--rules', at('host-internet.yml'));
    expect(out).toBe('high           host-internet  conn  Host opened a connection to the internet\n');
    expect(code).toBe(EXIT.ok);
  });

  test('list --effective shows what the site changed', async () => {
    writeFileSync(at('medtap.yml'), 'rules: {host-internet: {level: low, reason: lab}}\n');
    writeFileSync(
      at('filter.yml'),
      'title: Lab\nname: lab\nfilter: {rules: any, sel: {id.orig_h: 10.0.0.9}, condition: sel}\n',
    );
    const rules = ['--rules', at('host-internet.yml'), '--rules', at('filter.yml')];
    const { code, out, err } = await run('list', '--effective', '--config', at('medtap.yml'), ...rules);
    expect([out, err, code]).toEqual([
      [
        'low            host-internet  conn  Host opened a connection to the internet',
        '    high, critical when orig_criticality is life-sustaining as written: lab',
        '    filtered by lab',
        '',
      ].join('\n'),
      '',
      EXIT.ok,
    ]);
    const off = 'rules: {host-internet: {disabled: true}}\n';
    writeFileSync(at('medtap.yml'), off);
    const disabled = await run('list', '--effective', '--config', at('medtap.yml'), ...rules);
    expect(disabled.out).toContain('\n    disabled\n');
    expect((await run('list', '--config', at('medtap.yml'), ...rules)).out).toBe('');
  });

  test('show explains a rule and prints it, by name or id', async () => {
    const byName = await run('show', 'host-internet', '--rules', at('host-internet.yml'));
    const byId = await run(
      'show',
      '6b6f1f0e-1111-4222-8333-444455556666',
      '--rules',
      at('host-internet.yml'),
    );
    expect(byName.code).toBe(EXIT.ok);
    expect(byName.out).toBe(byId.out);
    expect(byName.out).toContain('Why           A device needs its server, not the internet.\n');
    expect(byName.out).toContain('high, critical when orig_criticality is life-sustaining');
    expect(byName.out).toContain('  internet: {resp_scope: internet}\n');
  });

  test('show of an unknown name suggests one', async () => {
    const { code, err, out } = await run('show', 'host-internt', '--rules', at('host-internet.yml'));
    expect(err).toBe('error: there is no rule named host-internt\n    did you mean host-internet?\n');
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test('check says what it loaded', async () => {
    const { code, out } = await run('check', at('host-internet.yml'));
    expect(out).toBe('1 rule loaded, 0 not applicable, 0 rejected, 0 warnings\n');
    expect(code).toBe(EXIT.ok);
  });

  test('check names every problem with its place and a hint', async () => {
    const { code, err, out } = await run('check', at('broken.yml'));
    expect(err).toMatch(/broken\.yml:5:1: .*levl/);
    expect(err).toMatch(/level/);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test('test runs what stands beside a rule', async () => {
    const { code, out } = await run('test', at('host-internet.yml'));
    expect(out).toBe('2 tests of 1 rule: all pass\n');
    expect(code).toBe(EXIT.ok);
  });

  test('test fails a rule that has none', async () => {
    const { code, out } = await run('test', at('untested.yml'));
    expect(out).toMatch(/^MISSING .*untested\.yml: untested: no tests in .*untested\.test\.yml\n/);
    expect(out).toMatch(/\nno test; 1 test missing\n$/);
    expect(code).toBe(EXIT.findings);
  });

  test('check and test agree on what is missing; rules of a tested correlation need none of their own', async () => {
    mkdirSync(at('agree'));
    const id = (n: number) => `6b6f1f0e-1111-4222-8333-44445555777${n}`;
    const rule = (name: string, n: number) =>
      RULE.replace('host-internet', name).replace(/^id: .*$/m, `id: ${id(n)}`);
    const correlation = `title: Many\nid: ${id(3)}\nname: many\nstatus: test\nlevel: low\ncorrelation:\n  type: event_count\n  rules: [served]\n  timespan: 1h\n  condition: {gte: 2}\nmedtap: {}\n`;
    writeFileSync(
      at('agree/all.yml'),
      [rule('first', 0), rule('second', 1), rule('served', 2), correlation].join('---\n'),
    );
    const record = '{ts: 1, resp_scope: internet}';
    const tests = (name: string, records: string) =>
      `  - {name: fires, rule: ${name}, stream: conn, records: [${records}]}\n  - {name: not, rule: ${name}, stream: conn, records: [{ts: 1}], match: 0}\n`;
    writeFileSync(
      at('agree/all.test.yml'),
      `tests:\n${tests('first', record)}${tests('many', `${record}, ${record}`)}`,
    );
    const tested = await run('test', at('agree'));
    expect([tested.code, tested.out]).toEqual([
      EXIT.findings,
      expect.stringMatching(
        /^MISSING .*all\.yml: second: no tests in .*\n4 tests of 2 rules: all pass; 1 test missing\n$/,
      ),
    ]);
    const checked = await run('check', at('agree'));
    expect(checked.out.match(/has no test.*/g)).toEqual([expect.stringContaining('no tests in')]);
    expect(checked.out).toContain('all.yml:17:1: warning: the rule has no tests in');
    expect(checked.code).toBe(EXIT.ok);
  });

  test('a path that is not there', async () => {
    const { code, err } = await run('check', at('nothing'));
    expect(err).toMatch(/^error: .*nothing: no such file or folder\n$/);
    expect(code).toBe(EXIT.usage);
  });
});

describe('rules test', () => {
  const FIXTURES = join(ROOT, 'fixtures');
  const CAPTURES = `tests:
  - name: the ward's telnet sessions
    captures: [${JSON.stringify(join(FIXTURES, 'ward.pcap'))}]
    inventory: ${JSON.stringify(join(FIXTURES, 'ward.inventory.yml'))}
    match: {gte: 1}
    where: {id.resp_p: 23, resp_medical: true}
  - name: another port
    captures: [${JSON.stringify(join(FIXTURES, 'ward.pcap'))}]
    match: {gte: 1}
    where: {id.resp_p: 2323}
  - {name: none, stream: conn, records: [{id.resp_p: 24}], match: 0}
  - {name: gap, stream: conn, records: [{id.resp_p: 2323}], todo: other ports}
`;

  beforeAll(() => {
    mkdirSync(at('tested'));
    writeFileSync(
      at('tested/telnet-port.yml'),
      'title: T\nname: telnet-port\nlogsource: {service: conn}\ndetection: {sel: {id.resp_p: 23}, condition: sel}\n',
    );
    writeFileSync(at('tested/telnet-port.test.yml'), CAPTURES);
  });

  test('captures go through the whole analyzer; failures, known gaps and the verdict', async () => {
    const { code, out } = await run('test', at('tested'));
    const file = at('tested/telnet-port.yml');
    expect(out.replace(/flow \w+/, 'flow X')).toBe(
      [
        `FAILED ${file}: telnet-port: another port: the record of flow X matched, but where asks for id.resp_p: 2323 (id.resp_p is 23)`,
        `TODO   ${file}: telnet-port: gap: other ports`,
        '4 tests of 1 rule: 1 failed, 1 known gap',
        '',
      ].join('\n'),
    );
    expect(code).toBe(EXIT.findings);
  });

  test('a capture that cannot be read ends the run', async () => {
    writeFileSync(at('tested/telnet-port.test.yml'), CAPTURES.replaceAll('ward.pcap', 'none.pcap'));
    const { code, err } = await run('test', at('tested'));
    expect([code, err]).toEqual([EXIT.unreadable, expect.stringContaining('none.pcap')]);
    writeFileSync(at('tested/telnet-port.test.yml'), CAPTURES);
  });

  test('JSON, and JUnit beside the text; rules that are only referred to are not tested', async () => {
    const json = await run('test', at('host-internet.yml'), '--format', 'json');
    expect([json.code, JSON.parse(json.out).totals]).toEqual([
      EXIT.ok,
      { tests: 2, passed: 2, failed: 0, todo: 0, missing: 0 },
    ]);
    const both = await run(
      'test',
      at('host-internet.yml'),
      '--rules',
      at('tested'),
      '-o',
      `junit=${at('t.xml')}`,
    );
    expect(both.out).toBe('2 tests of 1 rule: all pass\n');
    expect(readFileSync(at('t.xml'), 'utf8')).toContain('<testcase name="outside" classname="host-internet"');
  });
});

describe('rules new and convert', () => {
  test('a new rule passes check and test at once, and is not written twice', async () => {
    const pack = at('pack');
    const made = await run('new', 'odd-lookup', '--stream', 'dns', '--level', 'high', '--pack', pack);
    expect([made.code, made.out]).toEqual([
      EXIT.ok,
      expect.stringContaining(`wrote ${join(pack, 'odd-lookup.yml')}`),
    ]);
    expect((await run('check', pack)).out).toBe('1 rule loaded, 0 not applicable, 0 rejected, 0 warnings\n');
    expect((await run('test', pack)).out).toBe('2 tests of 1 rule: all pass\n');
    expect((await run('list', '--rules', pack)).out).toBe('high           odd-lookup  dns  Odd lookup\n');
    const again = await run('new', 'odd-lookup', '--pack', pack);
    expect([again.code, again.err]).toEqual([
      EXIT.usage,
      `error: ${join(pack, 'odd-lookup.yml')}: exists already; nothing was changed\n`,
    ]);
    const second = await run('new', 'other', '--pack', pack);
    expect(second.out).not.toContain('rules.schema.json');
  });

  test.each([
    [['new', 'Odd Lookup'], 'Odd Lookup cannot be the name of a rule'],
    [['new', '../x'], '../x cannot be the name of a rule'],
    [['new', 'x', '--stream', 'cnn'], 'Did you mean conn?'],
    [['convert', 'x.yml'], "required option '--to <form>' not specified"],
  ])('%s is refused', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(message)]);
  });

  test('convert goes on after files that cannot be read, lists them at the end and fails', async () => {
    mkdirSync(at('mixed'));
    writeFileSync(at('mixed/a.yml'), 'title: [');
    writeFileSync(at('mixed/b.yml'), Buffer.from([0xff, 0xfe, 0x00]));
    writeFileSync(at('mixed/c.yml'), RULE);
    writeFileSync(
      at('mixed/d.yml'),
      RULE.replace('internet: {resp_scope:', 'internet: {resp_scope|contians:'),
    );
    const { code, err } = await run(
      ...['convert', '--to', 'sigma', at('mixed'), at('nowhere'), '-o', at('mixed-out')],
    );
    expect(code).toBe(EXIT.usage);
    expect(readFileSync(at('mixed-out/c.yml'), 'utf8')).toContain('product: zeek');
    for (const name of ['a.yml', 'b.yml', 'd.yml']) expect(err).toContain(at(`mixed/${name}`));
    expect(err).toContain(at('nowhere'));
    expect(err).toContain('contians');
    expect(err.split('\n').slice(-4).join(' ')).toContain('d.yml: not converted');
  });

  test('convert writes one file to stdout and many into a directory, never onto themselves', async () => {
    const one = await run('convert', '--to', 'sigma', at('host-internet.yml'));
    expect(one.out).toBe(
      RULE.slice(0, RULE.indexOf('medtap:\n')).replace('product: medtap', 'product: zeek'),
    );
    expect(one.err).toContain('host-internet.yml:12:3: warning: left out: why it matters');
    const many = await run('convert', '--to', 'sigma', at('tested'), at('host-internet.yml'));
    expect(many.err).toContain('2 files: say with --output where they go');
    const out = await run('convert', '--to', 'medtap', at('tested'), '-o', at('converted'));
    expect([out.code, readFileSync(at('converted/telnet-port.yml'), 'utf8')]).toEqual([
      EXIT.ok,
      expect.stringMatching(
        /^title: T\nid: [0-9a-f-]{36}\nstatus: experimental\nlevel: medium\nname:[\s\S]*medtap: \{\}\n$/,
      ),
    ]);
    const same = await run('convert', '--to', 'medtap', at('tested'), '-o', at('tested'));
    expect(same.err).toContain('is what was read');
  });
});

describe('rules check', () => {
  test('errors of form and errors of fields are reported together, in the order of the file', async () => {
    const { code, err } = await run('check', at('broken.yml'));
    const places = [...err.matchAll(/broken\.yml:(\d+):\d+: (.*)/g)].map(match => `${match[1]} ${match[2]}`);
    expect([code, places]).toEqual([
      EXIT.usage,
      [
        '1 the rule has no level',
        '5 unknown key "levl" in the rule',
        '8 the stream conn has no field "resp_scop"',
      ],
    ]);
  });

  test('a broken condition or a broken file does not hide wrong fields elsewhere', async () => {
    mkdirSync(at('several'));
    const second = RULE.replace('6b6f', '8b6f').replace('name: host-internet', 'name: second');
    writeFileSync(
      at('several/a.yml'),
      RULE.replace('condition: internet', 'condition: intrnet').replace('id.resp_h', 'id.resp'),
    );
    writeFileSync(at('several/b.yml'), second.replace('resp_scope', 'resp_scop'));
    const { err } = await run('check', at('several'));
    expect([...err.matchAll(/^error: .*?(\w\.yml:\d+:\d+: .*)/gm)].map(match => match[1])).toEqual([
      'a.yml:9:14: no selection named "intrnet"',
      'a.yml:11:28: the stream conn has no field "id.resp"',
      'b.yml:8:14: the stream conn has no field "resp_scop"',
    ]);
  });

  test('JSON for editors and CI has the same problems, errors included', async () => {
    const wrong = await run('check', at('broken.yml'), '--format', 'json');
    const { schema, errors, problems } = JSON.parse(wrong.out);
    expect([wrong.code, wrong.err, schema, errors]).toEqual([EXIT.usage, '', 'medtap/rule-check@1', 3]);
    expect(problems[1]).toEqual({
      kind: 'error',
      file: at('broken.yml'),
      line: 5,
      column: 1,
      message: 'unknown key "levl" in the rule',
      hint: 'did you mean level?',
    });
    const right = await run('check', at('untested.yml'), '--format', 'json');
    expect([right.code, JSON.parse(right.out)]).toEqual([
      EXIT.ok,
      expect.objectContaining({
        rules: { loaded: 1, filters: 0, not_applicable: 0, rejected: 0 },
        errors: 0,
        warnings: 1,
        problems: [
          expect.objectContaining({
            kind: 'warning',
            line: 1,
            message: expect.stringContaining('the rule has no tests in '),
          }),
        ],
      }),
    ]);
  });

  test('a wrong field does not hide a wrong name in a filter or correlation', async () => {
    mkdirSync(at('names'));
    writeFileSync(at('names/a.yml'), RULE.replace('resp_scope', 'resp_scop'));
    writeFileSync(
      at('names/b.yml'),
      'title: F\nname: f\nfilter: {rules: [host-intrnet], sel: {id.orig_h: 10.0.0.9}, condition: sel}\nmedtap: {reason: lab}\n',
    );
    const { err } = await run('check', at('names'));
    expect(
      [...err.matchAll(/^error: .*?(\w\.yml:\d+):\d+: (.*)/gm)].map(match => `${match[1]} ${match[2]}`),
    ).toEqual([
      'a.yml:8 the stream conn has no field "resp_scop"',
      'b.yml:3 no rule has the name or id "host-intrnet"',
    ]);
    expect(err).toContain('did you mean host-internet?');
  });

  test('errors of every kind of document and of the configuration come at once, in the order of lines', async () => {
    mkdirSync(at('layers'));
    const id = (n: number) => `id: 6b6f1f0e-1111-4222-8333-44445555888${n}`;
    const head = (n: number) => `title: T${n}\n${id(n)}\nname: t${n}\nstatus: test\nlevel: low\n`;
    const documents = [
      `${head(1)}correlation:\n  type: event_cont\n  rules: [nope]\n  timespan: 5x\n  condition: {gte: many}\nmedtap: {}\n`,
      `${head(2)}correlation:\n  type: event_count\n  rules: [t5]\n  group-by: [nofield]\n  timespan: 5m\n  condition: {gte: 2}\nmedtap: {message: "{zzz}"}\n`,
      `title: F\n${id(3)}\nname: f\nfilter:\n  rules: [t5, t1]\n  s: {urii: x}\n  condition: s\nmedtap: {reason: x}\n`,
      `title: G\n${id(4)}\nname: g\nfilter:\n  rules: [t5, nope]\n  s: {uri: x}\n  condition: s and not t\nmedtap: {}\n`,
      `${head(5)}logsource: {product: zeek, service: conn}\ndetection: {s: {id.resp_p: 4}, condition: s}\nmedtap: {}\n`,
    ];
    writeFileSync(at('layers/all.yml'), documents.join('---\n'));
    writeFileSync(
      at('layers.yml'),
      'rules:\n  nope: {level: low}\n  t1: {disabled: true}\n  t2: {level: lo}\n',
    );
    const { code, err } = await run('check', at('layers'), '--config', at('layers.yml'));
    const shown = [...err.matchAll(/^error: .*?(\w+\.yml:\d+):\d+: (.*)/gm)].map(
      match => `${match[1]} ${match[2]}`,
    );
    expect([code, shown]).toEqual([
      EXIT.usage,
      [
        'all.yml:7 "event_cont" is not a type of correlation',
        'all.yml:8 no rule has the name or id "nope"',
        'all.yml:9 "5x" is not a timespan',
        'all.yml:10 gte takes a number',
        'all.yml:21 the records of "t5" have no field "nofield"',
        'all.yml:24 the records of "t5" have no field "zzz"',
        'all.yml:31 the stream conn has no field "urii"',
        'all.yml:39 no rule has the name or id "nope"',
        'all.yml:41 no selection named "t"',
        'all.yml:42 the exception has no reason',
        'layers.yml:2 no rule has the name or id "nope"',
        'layers.yml:4 "lo" is not a level',
      ],
    ]);
  });

  test('tests of no rule and lists that no rule uses are warned of', async () => {
    mkdirSync(at('odd'));
    writeFileSync(at('odd/host-internet.yml'), RULE);
    writeFileSync(at('odd/host-internet.test.yml'), TESTS);
    writeFileSync(at('odd/host-intranet.test.yml'), TESTS);
    writeFileSync(at('lists.yml'), 'lists:\n  approved: [a]\n');
    const { code, out } = await run('check', at('odd'), '--config', at('lists.yml'));
    expect(out.replaceAll(`${folder}/`, '')).toBe(
      [
        'lists.yml:2:3: warning: no rule uses the list "approved"',
        '      approved: [a]',
        '      ^',
        '    a rule names a list so: field|expand: "%name%"',
        'odd/host-intranet.test.yml: warning: tests of no rule: there is no odd/host-intranet.yml',
        '1 rule loaded, 0 not applicable, 0 rejected, 2 warnings',
        '',
      ].join('\n'),
    );
    expect(code).toBe(EXIT.ok);
  });

  test('filters and correlations may refer to rules that are only read', async () => {
    mkdirSync(at('site'));
    const site = `title: Lab
name: lab-filter
filter: {rules: [host-internet], sel: {id.orig_h: 10.0.0.9}, condition: sel}
medtap: {reason: lab}
---
title: Often
id: 6b6f1f0e-1111-4222-8333-4444555566aa
name: often
status: test
level: high
correlation: {type: event_count, rules: [host-internet], group-by: [id.orig_h], timespan: 1h, condition: {gte: 9}}
medtap: {}
`;
    writeFileSync(at('site/lab.yml'), site);
    const alone = await run('check', at('site'));
    expect([alone.code, alone.err]).toEqual([
      EXIT.usage,
      expect.stringContaining('no rule has the name or id'),
    ]);
    const { code, out } = await run('check', at('site'), '--rules', at('host-internet.yml'));
    expect([code, out]).toEqual([EXIT.ok, expect.stringContaining('the rule has no tests')]);
    expect(out).toContain('1 rule and 1 filter loaded, 0 not applicable, 0 rejected, 1 warning\n');
    const ids = await run('check', at('host-internet.yml'), at('odd'));
    expect(ids.err).toContain('the id 6b6f1f0e-1111-4222-8333-444455556666 is taken by');
    const onCorrelation = site.replace('rules: [host-internet], sel', 'rules: [often], sel');
    writeFileSync(at('site/lab.yml'), onCorrelation);
    const wrong = await run('check', at('site'), '--rules', at('host-internet.yml'));
    expect(wrong.err).toContain('"often" is a correlation');
  });
});
