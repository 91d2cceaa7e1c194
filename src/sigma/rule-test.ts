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
 *
 * A test of a correlation may have records of several streams, in any order of time: `streams: {conn: [], dns: []}`.
 * What must match are the records that contribute to the correlation. Correlations see all rules of the paths.
 */
import { type Problem, UserError } from '../errors.ts';
import type { Batch } from '../model/batch.ts';
import { BatchBuilder } from '../model/batch-builder.ts';
import { LEVELS, levelOf } from '../model/finding.ts';
import type { StreamSchema, Value } from '../model/schema.ts';
import { MISSING, readTextFile } from '../yaml/files.ts';
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
} from '../yaml/reader.ts';
import { type Located, ProblemList, quote } from '../yaml/source.ts';
import { type MapNode, parseYaml, type YamlNode } from '../yaml/tree.ts';
import { type CompileOptions, compileRules, type LeftOut } from './compile.ts';
import { compileCorrelations } from './compile-correlation.ts';
import { Correlator } from './correlate.ts';
import { evaluate } from './evaluate.ts';
import { type FieldMapping, NO_MAPPING, streamName } from './field-mapping.ts';
import { type LoadedRules, loadRules, type RulePath, testFileOf } from './load.ts';
import type { Target } from './references.ts';
import type { Correlation, Rule } from './rule.ts';
import { readRecord } from './test-record.ts';

const TEST_KEYS = ['name', 'rule', 'stream', 'records', 'streams', 'lists', 'timezone', 'match', 'level'];
/** All records of a test and stream fit into one batch. */
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

/** What tests are run against. */
interface Bench {
  readonly loaded: LoadedRules;
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
}

type TestRecord = Readonly<Record<string, Value>>;

interface RuleTest {
  readonly name: string;
  readonly rule: Target;
  readonly streams: ReadonlyMap<string, readonly TestRecord[]>;
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
  mapping: FieldMapping = NO_MAPPING,
): readonly RuleTestResult[] {
  const loaded = loadRules(paths);
  const bench: Bench = { loaded, schemas, mapping };
  const results = loaded.rejected.map(({ file, title, reasons }) =>
    failure(file, title, reasons[0]?.message ?? 'not loaded'),
  );
  const byFile = new Map<string, Target[]>();
  for (const rule of [...loaded.rules, ...loaded.correlations]) {
    const rules = byFile.get(rule.source.file);
    if (rules === undefined) byFile.set(rule.source.file, [rule]);
    else rules.push(rule);
  }
  const problems: Problem[] = [];
  const suites = [...byFile].map(([file, rules]) => ({
    rules,
    tests: readTests(file, rules, bench, problems),
  }));
  if (problems.length > 0) throw new UserError(problems);
  for (const { rules, tests } of suites) {
    for (const rule of rules) {
      const own = tests.filter(test => test.rule === rule);
      results.push(...own.map(test => runTest(test, bench)), ...missingTests(rule, own));
    }
  }
  return results;
}

function failure(file: string, rule: string, why: string): RuleTestResult {
  return { file, rule, test: '', ok: false, why };
}

function missingTests(rule: Target, tests: readonly RuleTest[]): readonly RuleTestResult[] {
  const file = rule.source.file;
  if (tests.length === 0) return [failure(file, rule.name, `no tests in ${testFileOf(file)}`)];
  const results: RuleTestResult[] = [];
  if (!tests.some(test => test.match > 0))
    results.push(failure(file, rule.name, 'no test in which it must fire'));
  if (!tests.some(test => test.match === 0))
    results.push(failure(file, rule.name, 'no test in which it must not fire'));
  return results;
}

function runTest(test: RuleTest, bench: Bench): RuleTestResult {
  const why = whyItFails(test, bench);
  return { file: test.rule.source.file, rule: test.rule.name, test: test.name, ok: why === undefined, why };
}

/** A record that matched or contributed: where it stands in the test, and its level. */
interface Hit {
  readonly number: number;
  readonly level: string;
}

function whyItFails(test: RuleTest, bench: Bench): string | undefined {
  const zone = test.timezone === undefined ? {} : { timezone: test.timezone };
  const options = { lists: test.lists, mapping: bench.mapping, ...zone };
  const hits =
    test.rule.kind === 'rule'
      ? hitsOfRule(test, test.rule, bench, options)
      : hitsOfCorrelation(test, test.rule, bench, options);
  if (typeof hits === 'string') return hits;
  const numbers = hits.map(hit => hit.number).join(', ');
  if (hits.length !== test.match) {
    const total = [...test.streams.values()].reduce((sum, records) => sum + records.length, 0);
    const which =
      hits.length === 0 ? 'no record matched' : `${hits.length} of ${total} records matched (${numbers})`;
    return `${which}, expected ${test.match}`;
  }
  const wrong = hits.find(hit => test.level !== undefined && hit.level !== test.level);
  return wrong && `record ${wrong.number} is ${wrong.level}, expected ${test.level}`;
}

function hitsOfRule(
  { streams }: RuleTest,
  rule: Rule,
  { schemas }: Bench,
  options: CompileOptions,
): readonly Hit[] | string {
  const compiled = compileRules([rule], schemas, options);
  const [found] = compiled.rules;
  if (found === undefined) return whyLeftOut([...compiled.inapplicable, ...compiled.rejected]);
  const records = streams.get(found.stream) ?? [];
  return [...evaluate(found, batchOf(found.schema, records))].map(row => ({
    number: row + 1,
    level: levelOf(found.info, records[row]!),
  }));
}

/** Records are numbered through all streams, in the order of the test. */
function hitsOfCorrelation(
  { streams }: RuleTest,
  { id }: Correlation,
  { loaded, schemas }: Bench,
  options: CompileOptions,
): readonly Hit[] | string {
  const compiled = compileRules(loaded.rules, schemas, options);
  const { correlations, ...left } = compileCorrelations(loaded.correlations, loaded.rules, compiled);
  if (!correlations.some(each => each.info.id === id))
    return whyLeftOut([...left.inapplicable, ...left.rejected].filter(each => each.id === id));
  const correlator = new Correlator(correlations);
  let number = 0;
  const numbers = new Map<Batch, number>();
  const events = [...streams].flatMap(([stream, records]) => {
    const batch = batchOf(schemas.get(stream)!, records);
    numbers.set(batch, number);
    number += records.length;
    const rules = compiled.rules.filter(rule => rule.stream === stream && correlator.listensTo(rule.info.id));
    return rules.flatMap(rule => [...evaluate(rule, batch)].map(row => ({ rule, batch, row })));
  });
  events.sort((a, b) => a.batch.sec(a.row) - b.batch.sec(b.row) || a.batch.nsec(a.row) - b.batch.nsec(b.row));
  for (const { rule, batch, row } of events) correlator.add(rule.info.id, batch, row);
  correlator.finish();
  const hits = correlator
    .take()
    .filter(each => each.correlation.info.id === id)
    .map(({ correlation, batch, row }) => ({
      number: numbers.get(batch)! + row + 1,
      level: levelOf(correlation.info, batch.row(row)),
    }));
  return hits.sort((a, b) => a.number - b.number);
}

function whyLeftOut(left: readonly LeftOut[]): string {
  return left[0]?.reasons[0]?.message ?? 'the rule does not compile';
}

function batchOf(schema: StreamSchema, records: readonly TestRecord[]): Batch {
  const builder = new BatchBuilder(schema);
  for (const [order, record] of records.entries()) builder.append(record, order);
  return builder.build();
}

function readTests(
  ruleFile: string,
  rules: readonly Target[],
  bench: Bench,
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
      const read = test && readTest(reader, test, rules, bench);
      if (read !== undefined) tests.push(read);
    }
  }
  problems.push(...parsed.problems, ...reader.problems.list);
  return tests;
}

function readTest(
  reader: Reader,
  map: MapNode,
  rules: readonly Target[],
  bench: Bench,
): RuleTest | undefined {
  checkKeys(reader, map, TEST_KEYS, 'the test');
  const name = required(reader, map, 'name', 'the test') && readText(reader, map, 'name');
  const rule = findRule(reader, map, rules);
  const level = readText(reader, map, 'level');
  if (level !== undefined && !(LEVELS as readonly string[]).includes(level.text)) {
    complain(reader, level.at, `${quote(level.text)} is not a level`, didYouMean(level.text, LEVELS));
  }
  const streams = rule && readStreams(reader, map, rule, bench);
  if (name === undefined || rule === undefined || streams === undefined) return undefined;
  const total = [...streams.values()].reduce((sum, records) => sum + records.length, 0);
  return {
    name: name.text,
    rule,
    streams,
    lists: readLists(reader, map),
    timezone: readText(reader, map, 'timezone')?.text,
    match: readMatch(reader, map, total),
    level: level?.text,
  };
}

/** `stream` and `records`, or for a correlation also `streams`. */
function readStreams(
  reader: Reader,
  map: MapNode,
  rule: Target,
  { schemas, mapping }: Bench,
): RuleTest['streams'] | undefined {
  const several = map.entries.get('streams');
  if (several !== undefined) {
    if (rule.kind === 'rule') {
      complain(reader, several.keyAt, 'streams is for correlations', 'a rule has stream and records');
      return undefined;
    }
    const streams = readMap(reader, map, 'streams');
    if (streams === undefined) return undefined;
    return new Map(
      [...streams.entries.values()].flatMap(({ key, keyAt, value }) => {
        const schema = findSchema(reader, { text: key, at: keyAt }, schemas);
        const records = schema && readRecords(reader, value, schema);
        return records === undefined ? [] : [[key, records] as const];
      }),
    );
  }
  const stream = required(reader, map, 'stream', 'the test') && readText(reader, map, 'stream');
  const own = rule.kind === 'rule' ? streamName(rule, mapping) : stream?.text;
  if (stream !== undefined && stream.text !== own) {
    complain(reader, stream.at, `the rule reads ${own ?? 'no stream'}, not ${quote(stream.text)}`);
    return undefined;
  }
  const node = required(reader, map, 'records', 'the test')?.value;
  const schema = stream && findSchema(reader, stream, schemas);
  const records = schema && node && readRecords(reader, node, schema);
  return records && new Map([[schema.name, records]]);
}

function findSchema(
  reader: Reader,
  { text, at }: Located,
  schemas: ReadonlyMap<string, StreamSchema>,
): StreamSchema | undefined {
  const schema = schemas.get(text);
  if (schema === undefined)
    complain(reader, at, `no stream named ${quote(text)}`, didYouMean(text, schemas.keys()));
  return schema;
}

function readRecords(
  reader: Reader,
  node: YamlNode,
  schema: StreamSchema,
): readonly TestRecord[] | undefined {
  if (node.kind !== 'list' || node.items.length > MAX_RECORDS) {
    complain(reader, node.at, `records must be a list of at most ${MAX_RECORDS}`);
    return undefined;
  }
  const maps = node.items.map(item => asMap(reader, item, 'a record')).filter(item => item !== undefined);
  return maps.map(record => readRecord(reader, record, schema));
}

/** The rule a test is of: the only one of the file, or the one it names. */
function findRule(reader: Reader, map: MapNode, rules: readonly Target[]): Target | undefined {
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
