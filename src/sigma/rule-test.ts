/**
 * Tests of rules: `<name>.test.yml` beside each rule file lists records and how many of them must match. The records
 * go through the real engine. A rule needs at least one test in which it must fire and one in which it must not.
 *
 *     tests:
 *       - name: pump to an unknown internet host
 *         rule: device-to-internet          # only when the file holds several rules
 *         stream: conn
 *         records: [{id.orig_h: 10.1.1.7, orig_medical: true, resp_scope: internet}]
 *         lists: {approved_cloud: [vendor.example]}
 *         timezone: Europe/Berlin
 *         match: 1                          # records that must match; all when left out; 0: must not fire
 *         level: critical                   # of every match, after level-by
 */
import { type Problem, UserError } from '../errors.ts';
import { BatchBuilder } from '../model/batch-builder.ts';
import { LEVELS, levelOf } from '../model/finding.ts';
import type { StreamSchema, Value } from '../model/schema.ts';
import { compileRules } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { loadRules, MISSING, type RulePath, readTextFile, testFileOf } from './load.ts';
import {
  asMap,
  checkKeys,
  complain,
  didYouMean,
  type Reader,
  readMap,
  readText,
  readTexts,
  required,
} from './reader.ts';
import type { Rule } from './rule.ts';
import { ProblemList, quote } from './source.ts';
import { readRecord } from './test-record.ts';
import { type MapNode, parseYaml } from './yaml-tree.ts';

const TEST_KEYS = ['name', 'rule', 'stream', 'records', 'lists', 'timezone', 'match', 'level'];
/** All records of a test fit into one batch. */
const MAX_RECORDS = 1000;

/** What became of one test, or, without a test, why the tests of a rule do not suffice. */
export interface RuleTestResult {
  readonly file: string;
  /** Name of the rule. */
  readonly rule: string;
  /** Name of the test; empty when the complaint is about the tests as a whole. */
  readonly test: string;
  readonly ok: boolean;
  /** Why it failed. */
  readonly why: string | undefined;
}

interface RuleTest {
  readonly name: string;
  readonly rule: Rule;
  readonly records: readonly Readonly<Record<string, Value>>[];
  readonly lists: ReadonlyMap<string, readonly string[]> | undefined;
  readonly timezone: string | undefined;
  readonly match: number;
  readonly level: string | undefined;
}

/**
 * Runs the tests of all rules at the paths, in order of file and test. `schemas` are the enriched schemas by stream.
 * @throws UserError with every problem of rules and test files
 */
export function runRuleTests(
  paths: readonly RulePath[],
  schemas: ReadonlyMap<string, StreamSchema>,
): readonly RuleTestResult[] {
  const loaded = loadRules(paths);
  const left = [...loaded.rejected, ...loaded.inapplicable];
  const results = left.map(({ file, title, reasons }) =>
    failure(file, title, reasons[0]?.message ?? 'not loaded'),
  );
  const byFile = new Map<string, Rule[]>();
  for (const rule of loaded.rules) {
    const rules = byFile.get(rule.source.file);
    if (rules === undefined) byFile.set(rule.source.file, [rule]);
    else rules.push(rule);
  }
  const problems: Problem[] = [];
  const suites = [...byFile].map(([file, rules]) => ({
    rules,
    tests: readTests(file, rules, schemas, problems),
  }));
  if (problems.length > 0) throw new UserError(problems);
  for (const { rules, tests } of suites) {
    for (const rule of rules) {
      const own = tests.filter(test => test.rule === rule);
      results.push(...own.map(test => runTest(test, schemas)), ...missingTests(rule, own));
    }
  }
  return results;
}

function failure(file: string, rule: string, why: string): RuleTestResult {
  return { file, rule, test: '', ok: false, why };
}

function missingTests(rule: Rule, tests: readonly RuleTest[]): readonly RuleTestResult[] {
  const file = rule.source.file;
  if (tests.length === 0) return [failure(file, rule.name, `no tests in ${testFileOf(file)}`)];
  const results: RuleTestResult[] = [];
  if (!tests.some(test => test.match > 0))
    results.push(failure(file, rule.name, 'no test in which it must fire'));
  if (!tests.some(test => test.match === 0))
    results.push(failure(file, rule.name, 'no test in which it must not fire'));
  return results;
}

function runTest(test: RuleTest, schemas: ReadonlyMap<string, StreamSchema>): RuleTestResult {
  const why = whyItFails(test, schemas);
  return { file: test.rule.source.file, rule: test.rule.name, test: test.name, ok: why === undefined, why };
}

function whyItFails(test: RuleTest, schemas: ReadonlyMap<string, StreamSchema>): string | undefined {
  const zone = test.timezone === undefined ? {} : { timezone: test.timezone };
  const compiled = compileRules([test.rule], schemas, { lists: test.lists, ...zone });
  const rule = compiled.rules[0];
  if (rule === undefined) {
    return (
      [...compiled.inapplicable, ...compiled.rejected][0]?.reasons[0]?.message ?? 'the rule does not compile'
    );
  }
  const builder = new BatchBuilder(rule.schema);
  for (const [order, record] of test.records.entries()) builder.append(record, order);
  const rows = [...evaluate(rule, builder.build())];
  const numbers = rows.map(row => row + 1).join(', ');
  if (rows.length !== test.match) {
    const which =
      rows.length === 0
        ? 'no record matched'
        : `${rows.length} of ${test.records.length} records matched (${numbers})`;
    return `${which}, expected ${test.match}`;
  }
  for (const row of rows) {
    const level = levelOf(rule.info, test.records[row]!);
    if (test.level !== undefined && level !== test.level)
      return `record ${row + 1} is ${level}, expected ${test.level}`;
  }
  return undefined;
}

function readTests(
  ruleFile: string,
  rules: readonly Rule[],
  schemas: ReadonlyMap<string, StreamSchema>,
  problems: Problem[],
): readonly RuleTest[] {
  const file = testFileOf(ruleFile);
  const text = readTextFile(file);
  if (typeof text !== 'string') {
    // Without the file each rule of it fails for having no tests, which says more.
    if (text.message !== MISSING) problems.push(text);
    return [];
  }
  const parsed = parseYaml(file, text);
  const reader: Reader = { source: parsed.source, problems: new ProblemList() };
  const tests: RuleTest[] = [];
  for (const node of parsed.documents) {
    const map = asMap(reader, node, 'a file of rule tests');
    if (map === undefined) continue;
    checkKeys(reader, map, ['tests'], 'a file of rule tests');
    const list = required(reader, map, 'tests', 'the file')?.value;
    if (list !== undefined && list.kind !== 'list') complain(reader, list.at, 'tests must be a list');
    for (const item of list?.kind === 'list' ? list.items : []) {
      const test = asMap(reader, item, 'a test');
      const read = test && readTest(reader, test, rules, schemas);
      if (read !== undefined) tests.push(read);
    }
  }
  problems.push(...parsed.problems, ...reader.problems.list);
  return tests;
}

function readTest(
  reader: Reader,
  map: MapNode,
  rules: readonly Rule[],
  schemas: ReadonlyMap<string, StreamSchema>,
): RuleTest | undefined {
  checkKeys(reader, map, TEST_KEYS, 'the test');
  const name = required(reader, map, 'name', 'the test') && readText(reader, map, 'name');
  const rule = findRule(reader, map, rules);
  const stream = required(reader, map, 'stream', 'the test') && readText(reader, map, 'stream');
  const service = rule?.logsource.service?.text;
  if (rule !== undefined && stream !== undefined && stream.text !== service) {
    complain(reader, stream.at, `the rule reads ${service ?? 'no stream'}, not ${quote(stream.text)}`);
    return undefined;
  }
  const schema = schemas.get(stream?.text ?? '');
  const records = required(reader, map, 'records', 'the test')?.value;
  if (records !== undefined && (records.kind !== 'list' || records.items.length > MAX_RECORDS)) {
    complain(reader, records.at, `records must be a list of at most ${MAX_RECORDS}`);
    return undefined;
  }
  const level = readText(reader, map, 'level');
  if (level !== undefined && !(LEVELS as readonly string[]).includes(level.text)) {
    complain(reader, level.at, `${quote(level.text)} is not a level`, didYouMean(level.text, LEVELS));
  }
  if (name === undefined || rule === undefined || schema === undefined || records === undefined)
    return undefined;
  const maps = records.items.map(item => asMap(reader, item, 'a record')).filter(item => item !== undefined);
  return {
    name: name.text,
    rule,
    records: maps.map(record => readRecord(reader, record, schema)),
    lists: readLists(reader, map),
    timezone: readText(reader, map, 'timezone')?.text,
    match: readMatch(reader, map, maps.length),
    level: level?.text,
  };
}

/** The rule a test is of: the only one of the file, or the one it names. */
function findRule(reader: Reader, map: MapNode, rules: readonly Rule[]): Rule | undefined {
  const named = readText(reader, map, 'rule');
  if (named === undefined) {
    if (rules.length === 1) return rules[0];
    complain(reader, map.at, 'the file holds several rules, and the test names none', 'add rule: <name>');
    return undefined;
  }
  const names = rules.map(rule => rule.name);
  const found = rules[names.indexOf(named.text)];
  if (found === undefined) {
    complain(
      reader,
      named.at,
      `no rule named ${quote(named.text)} in the file`,
      didYouMean(named.text, names),
    );
  }
  return found;
}

function readLists(reader: Reader, map: MapNode): ReadonlyMap<string, readonly string[]> | undefined {
  const lists = readMap(reader, map, 'lists');
  if (lists === undefined) return undefined;
  return new Map(
    [...lists.entries.keys()].map(key => [key, readTexts(reader, lists, key).map(entry => entry.text)]),
  );
}

function readMatch(reader: Reader, map: MapNode, records: number): number {
  const node = map.entries.get('match')?.value;
  if (node === undefined) return records;
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= records) return value;
  complain(reader, node.at, `match is a whole number from 0 to ${records}, the number of records`);
  return records;
}
