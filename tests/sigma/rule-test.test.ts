import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { runRuleTests } from '../../src/sigma/rule-test.ts';
import { correlationText } from './correlation-support.ts';
import { ruleText, SCHEMAS } from './support.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-sigma-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const RULE = ruleText(
  "sel: {text: a}\nlate: {ts|hour|gte: 22}\nok: {resp_domain|expand: '%approved%'}\ncondition: (sel or late) and not ok",
  'medtap: {level-by: {flag: {true: critical}, set: {x: low}}}',
);

/** Runs the tests given as text; results as `name: why`, passing ones as `name: ok`. */
function run(tests: string | undefined, rule = RULE): readonly string[] {
  writeFileSync(join(folder, 'sample.yml'), rule);
  if (tests !== undefined) writeFileSync(join(folder, 'sample.test.yml'), tests);
  return runRuleTests([{ path: folder, foreign: false }], SCHEMAS).map(
    ({ test, ok, why }) => `${test}: ${ok ? 'ok' : why!.replaceAll(`${folder}/`, '')}`,
  );
}

function problems(tests: string): string {
  try {
    run(tests);
  } catch (error) {
    if (error instanceof UserError) return error.message.replaceAll(`${folder}/`, '');
    throw error;
  }
  throw new Error('it ran');
}

const FIRE = '  - {name: fires, stream: sample, records: [{text: A}]}\n';
const SILENT = '  - {name: silent, stream: sample, match: 0, records: [{text: b}]}\n';

describe('runRuleTests', () => {
  it('runs records through the engine', () => {
    const tests = [
      'tests:',
      FIRE.trimEnd(),
      SILENT.trimEnd(),
      '  - {name: some, stream: sample, match: 1, records: [{text: a}, {text: b}]}',
      '  - {name: base level, stream: sample, level: high, records: [{text: a}]}',
      '  - {name: raised, stream: sample, level: critical, records: [{text: a, flag: true, set: [x]}]}',
      '  - {name: lowered, stream: sample, level: low, records: [{text: a, flag: false, set: [y, x]}]}',
      '  - {name: listed, stream: sample, match: 0, lists: {approved: [v.example]}, records: [{text: a, resp_domain: x.v.example}]}',
      '  - {name: late, stream: sample, records: [{ts: "2026-01-01T22:00:00Z"}]}',
      '  - {name: zoned, stream: sample, match: 0, timezone: Europe/Berlin, records: [{ts: "2026-01-01T23:00:00Z"}]}',
    ].join('\n');
    expect(run(tests)).toEqual(
      ['fires', 'silent', 'some', 'base level', 'raised', 'lowered', 'listed', 'late', 'zoned'].map(
        name => `${name}: ok`,
      ),
    );
  });

  it('says which records matched against expectation', () => {
    const tests = [
      'tests:',
      '  - {name: too many, stream: sample, match: 0, records: [{text: b}, {text: a}]}',
      '  - {name: too few, stream: sample, records: [{text: b}]}',
      '  - {name: other level, stream: sample, level: low, records: [{text: a}]}',
    ].join('\n');
    expect(run(tests)).toEqual([
      'too many: 1 of 2 records matched (2), expected 0',
      'too few: no record matched, expected 1',
      'other level: record 1 is high, expected low',
    ]);
  });

  it('demands a test that fires, one that does not, and a test file', () => {
    expect(run(`tests:\n${FIRE}`)).toEqual(['fires: ok', ': no test in which it must not fire']);
    expect(run(`tests:\n${SILENT}`)).toEqual(['silent: ok', ': no test in which it must fire']);
    expect(run('tests: []')).toEqual([': no tests in sample.test.yml']);
  });

  it('fails a rule without a test file', () => {
    expect(run(undefined)).toEqual([': no tests in sample.test.yml']);
  });

  it('finds the rule of a test by name where the file holds several', () => {
    const second = RULE.replace('6f1d6a5e', '7f1d6a5e').replace('name: sample', 'name: second');
    const tests = ['tests:', `${FIRE}${SILENT}`.replaceAll('stream', 'rule: sample, stream').trimEnd()];
    const more = `${FIRE}${SILENT}`
      .replaceAll('stream', 'rule: second, stream')
      .replaceAll('name: ', 'name: second ');
    expect(run([...tests, more].join('\n'), `${RULE}---\n${second}`)).toEqual([
      'fires: ok',
      'silent: ok',
      'second fires: ok',
      'second silent: ok',
    ]);
  });

  it.each([
    ['tsts: []', 'sample.test.yml:1:1: unknown key "tsts" in a file of rule tests'],
    ['tests: {}', 'sample.test.yml:1:8: tests must be a list'],
    ['tests: [{name: x, strem: sample}]', 'sample.test.yml:1:19: unknown key "strem" in the test'],
    ['tests: [{name: x, stream: sample}]', 'sample.test.yml:1:9: the test has no records'],
    [
      'tests: [{name: x, stream: conn, records: []}]',
      'sample.test.yml:1:27: the rule reads sample, not "conn"',
    ],
    [
      'tests: [{name: x, rule: y, stream: sample, records: []}]',
      'sample.test.yml:1:25: no rule named "y" in the file',
    ],
    [
      'tests: [{name: x, stream: sample, level: hihg, records: []}]',
      'sample.test.yml:1:42: "hihg" is not a level',
    ],
    [
      'tests: [{name: x, stream: sample, match: 2, records: [{}]}]',
      'sample.test.yml:1:42: match is a whole number from 0 to 1',
    ],
    [
      'tests: [{name: x, stream: sample, records: [{txet: a}]}]',
      '1:46: the stream sample has no field "txet"',
    ],
    ['tests: [{name: x, stream: sample, records: [{flag: 1}]}]', '1:52: flag is true or false, not "1"'],
    [
      'tests: [{name: x, stream: sample, records: [{number: -1}]}]',
      '1:54: number is a whole number, not "-1"',
    ],
    ['tests: [{name: x, stream: sample, records: [{double: x}]}]', '1:54: double is a number, not "x"'],
    [
      'tests: [{name: x, stream: sample, records: [{id.orig_h: 10.1}]}]',
      '1:57: id.orig_h is an address, not "10.1"',
    ],
    [
      'tests: [{name: x, stream: sample, records: [{ts: noon}]}]',
      '1:50: ts is a time (ISO 8601 or epoch seconds), not "noon"',
    ],
    ['tests: [{name: x, stream: sample, records: [{text: [a]}]}]', '1:52: text takes one value'],
    ['tests: [{name: x, stream: sample, records: [{set: {a: b}}]}]', '1:51: set takes a list'],
    ['tests: [', 'not valid YAML'],
  ])('%s → %s', (tests, message) => {
    expect(problems(tests)).toContain(message);
  });
});

describe('tests of correlations', () => {
  const body = '{type: event_count, rules: [sample], group-by: [text], timespan: 5s, condition: {gte: 2}}';
  const both = [
    RULE,
    '---',
    correlationText('burst', body).replace('medtap: {}', 'medtap: {level-by: {text: {a: low}}}'),
  ].join('\n');
  const own = `
    - {name: fires, rule: sample, stream: sample, records: [{text: a}], lists: {approved: []}}
    - {name: not, rule: sample, stream: sample, records: [{text: b}], lists: {approved: []}, match: 0}`;
  const test = (name: string, more: string) => `
    - {name: ${name}, rule: burst, lists: {approved: []}, ${more}}`;

  it('count the records that contribute', () => {
    const records = '[{ts: 20, text: a}, {ts: 1, text: a}, {ts: 3, text: a}, {ts: 4, text: b}]';
    const tests = `tests:${own}${test('two', `stream: sample, records: ${records}, match: 2, level: low`)}${test(
      'none',
      `streams: {sample: ${records}}, match: 3`,
    )}${test('calm', 'streams: {sample: []}, match: 0')}`;
    expect(run(tests, both)).toEqual([
      'fires: ok',
      'not: ok',
      'two: ok',
      'none: 2 of 4 records matched (2, 3), expected 3',
      'calm: ok',
    ]);
  });

  it('are missed like those of rules', () => {
    expect(run(`tests:${own}`, both)).toContain(': no tests in sample.test.yml');
  });
});
