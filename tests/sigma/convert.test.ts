import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../src/errors.ts';
import { ENRICHED_STREAMS } from '../../src/pipeline/streams.ts';
import { convertFile, toMedtap, toSigma } from '../../src/sigma/convert.ts';
import { readFieldMapping } from '../../src/sigma/field-mapping.ts';
import { loadRules, ruleFiles, testFileOf } from '../../src/sigma/load.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { runRuleTests } from '../../src/sigma/rule-test.ts';
import { ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const RULES = join(ROOT, 'rules');
const PIPELINES = join(RULES, 'pipelines');
const mapping = readFieldMapping(
  readdirSync(PIPELINES).map(file => ({ file, text: readFileSync(join(PIPELINES, file), 'utf8') })),
  ENRICHED_STREAMS,
);
let ids = 0;
const context = {
  schemas: ENRICHED_STREAMS,
  mapping,
  newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
};

const FOREIGN = `# A rule of somebody.
title: 'Odd lookup'
status: test
description: |
  Text that says: not a key

  and goes on
references:
- https://a.example
author: somebody
date: 2024/1/9
tags:
    - attack.Command_and_Control  # theirs
    - attack.t1071
ourkey:
    nested: [1,
      2]
# About the log.
logsource:
    category: firewall
detection:
    selection:
        "dst_port": 4444   # a port
        dst_ip|cidr: 203.0.113.0/24
    other:
        - blocked: true
    condition: selection and not other`;

describe('from plain Sigma', () => {
  const { text, notes } = toMedtap('f.yml', FOREIGN, context);

  test('the text is changed where it must be', () => {
    expect(text).toBe(`# A rule of somebody.
title: 'Odd lookup'
id: 00000000-0000-4000-8000-000000000001
name: odd-lookup
level: medium
status: test
description: |
  Text that says: not a key

  and goes on
references:
- https://a.example
author: somebody
date: 2024-01-09
tags:
    - attack.command-and-control  # theirs
    - attack.t1071
# About the log.
logsource:
    service: conn
detection:
    selection:
        "id.resp_p": 4444   # a port
        id.resp_h|cidr: 203.0.113.0/24
    other:
        - blocked: true
    condition: selection and not other
medtap: {}
`);
  });

  test('what cannot be carried is said, with its place', () => {
    expect(notes.map(note => formatProblem(note).split('\n')[0])).toEqual([
      'f.yml:15:1: warning: left out: "ourkey" is no key of Sigma',
      'f.yml:2:1: warning: the rule has no level; it is medium now',
      'f.yml:26:11: warning: the stream conn has no field "blocked"',
    ]);
  });

  test('ids, filters, and documents that cannot be edited', () => {
    const filter = 'title: F\nid: abc\nfilter: {rules: any, s: {uri: x}, condition: s}\n';
    const both = toMedtap('f.yml', `${filter}---\n{title: T}\n`, context);
    expect(both.text).toMatch(
      /^title: F\nname: f\nid: [0-9a-f-]{36}\nfilter: .*\nmedtap:\n {2}reason: say why\n---\n\{title: T\}\n$/,
    );
    expect(both.notes.map(note => note.message)).toEqual([
      expect.stringContaining('the id is not a UUID'),
      'the condition is read as what is suppressed',
      'an exception needs a reason: write it',
      'not converted: the document is not written with one key a line',
    ]);
  });

  test('text that is no YAML is reported and not touched', () => {
    const { text: same, notes: problems } = toMedtap('f.yml', 'a: [', context);
    expect([same, problems[0]?.severity]).toEqual(['a: [', undefined]);
  });
});

describe('the shipped rules', () => {
  const temp = tempFolder();

  test('to plain Sigma and back: what they match is the same', async () => {
    const files = ruleFiles(RULES, []);
    mkdirSync(join(temp.path, 'plain'));
    mkdirSync(join(temp.path, 'back'));
    for (const file of files) {
      const name = file.split('/').at(-1)!;
      const plain = toSigma(file, readFileSync(file, 'utf8'), context);
      expect(plain.text).not.toMatch(/^medtap:/m);
      expect(parseRuleFile(name, plain.text, true).documents).toHaveLength(
        parseRuleFile(name, readFileSync(file, 'utf8'), false).documents.length,
      );
      const back = toMedtap(name, plain.text, context);
      expect([name, back.notes]).toEqual([name, []]);
      const parts = plain.text.split('\n---\n').map(part => `${part.trimEnd()}\nmedtap: {}`);
      expect(back.text).toBe(`${parts.join('\n---\n')}\n`);
      // Levels by value are what is lost.
      const tests = readFileSync(testFileOf(file), 'utf8').replace(/^ +level: .*\n/gm, '');
      for (const [folder, text] of [
        ['plain', plain.text],
        ['back', back.text],
      ] as const) {
        temp.write(`${folder}/${name}`, text);
        temp.write(`${folder}/${testFileOf(name)}`, tests);
      }
    }
    for (const folder of ['plain', 'back']) {
      const paths = [{ path: join(temp.path, folder), foreign: true }];
      const loaded = loadRules(paths);
      expect(loaded.rejected).toEqual([]);
      expect(loaded.rules.every(rule => rule.strict === (folder === 'back'))).toBe(true);
      const results = await runRuleTests(paths, ENRICHED_STREAMS, { mapping });
      expect(results.filter(result => result.status === 'failed')).toEqual([]);
      expect(results.length).toBeGreaterThan(2 * files.length - 1);
    }
  });

  test('the line for editors points to the other form, and goes', () => {
    const text = '# yaml-language-server: $schema=x.json\ntitle: T\nmedtap: {}\n---\ntitle: U\n';
    expect(toSigma('f.yml', text, context).text).toBe('title: T\n---\ntitle: U\n');
  });

  test('what is lost is named', () => {
    const file = join(RULES, 'medical', 'telnet-to-device.yml');
    const { notes } = toSigma(file, readFileSync(file, 'utf8'), context);
    expect(notes.map(note => note.message)).toEqual([
      'left out: the message of a finding',
      'left out: what one finding is',
      'left out: controls',
      'left out: why it matters',
      'left out: what to do',
      '"resp_medical" is a field of medtap: other engines do not know who a device is',
    ]);
  });
});

describe('the sense of a filter', () => {
  const filter = (condition: string, more = '') =>
    `title: F\nid: ${context.newId()}\nname: f\n${more}filter:\n  rules: [telnet]\n  a: {id.orig_h: 10.1.9.20}\n  b: {id.orig_h: 10.1.9.21}\n  condition: ${condition}\n`;
  const of = (text: string) => /condition: (.*)/.exec(text)?.[1];
  const REASON = 'medtap:\n  reason: known\n';

  test.each([
    ['a', 'not a'],
    ['a or b', 'not (a or b)'],
    ['1 of them', 'not (1 of them)'],
    ['"a"', '"not a"'],
  ])('%s says what is suppressed, and %s what remains', (ours, theirs) => {
    const text = filter(ours);
    const plain = toSigma('f.yml', `${text}${REASON}`, context).text;
    expect(of(plain)).toBe(theirs);
    expect(of(toSigma('f.yml', plain, context).text)).toBe(theirs);
    expect(of(toMedtap('f.yml', plain, context).text)).toBe(ours);
  });

  test.each(['not a', 'not (a or b)', 'not a and not b'])('%s says what remains already', condition => {
    expect(of(toSigma('f.yml', `${filter(condition)}${REASON}`, context).text)).toBe(condition);
  });

  test('a condition that cannot be edited is refused, never passed on as it is', () => {
    const { notes } = toSigma('f.yml', `${filter('|\n    a or\n    b')}${REASON}`, context);
    expect(notes.find(note => note.severity !== 'warning')?.message).toContain('must say what remains');
  });

  test('the log source is that of its rules, where there is one', () => {
    const streamOf = (rule: string) => (rule === 'telnet' ? 'conn' : undefined);
    const { text } = toSigma('f.yml', `${filter('a')}${REASON}`, { ...context, streamOf });
    expect(text).toContain('logsource:\n  product: zeek\n  service: conn\nfilter:\n');
    const { notes } = toSigma('f.yml', `${filter('a')}${REASON}`, context);
    expect(notes.map(note => note.message)).toContainEqual(expect.stringContaining('has no logsource'));
  });
});

describe('whose logs', () => {
  const rule = (logsource: string) =>
    `title: T\nlogsource: ${logsource}\ndetection:\n  s: {uid: C1}\n  condition: s\nmedtap: {}\n`;

  test('streams that Zeek has are its; the others stay ours, with a warning', () => {
    for (const stream of ['conn', 'dns', 'http', 'ssl', 'ftp'])
      expect(toSigma('f.yml', rule(`{product: medtap, service: ${stream}}`), context)).toEqual({
        text: rule(`{product: zeek, service: ${stream}}`).replace('medtap: {}\n', ''),
        notes: [],
      });
    const own = toSigma('f.yml', rule('{product: medtap, service: hl7}'), context);
    expect(own.text).toContain('product: medtap');
    expect(own.notes.map(note => note.message)).toEqual([
      '"hl7" is a stream of medtap: other engines need its logs',
    ]);
  });
});

describe('rules with errors', () => {
  const temp = tempFolder();

  test.each(['sigma', 'medtap'] as const)('are not converted to %s: their errors are given', to => {
    const broken =
      'title: T\nlogsource: {product: zeek, service: conn}\ndetection:\n  s: {service|contians: x}\n  condition: s\n';
    const cidr = broken.replace('service|contians: x', 'id.orig_h|cidr: 10.0.0.0/99');
    for (const [text, word] of [
      [broken, 'contians'],
      [cidr, '10.0.0.0/99'],
    ] as const) {
      temp.write('broken.yml', text);
      const { notes } = convertFile(to, join(temp.path, 'broken.yml'), context);
      expect(notes).toEqual([expect.objectContaining({ line: 4, message: expect.stringContaining(word) })]);
      expect(notes[0]).not.toHaveProperty('severity', 'warning');
    }
  });
});
