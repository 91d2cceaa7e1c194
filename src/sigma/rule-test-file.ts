/**
 * Files of rule tests, `<name>.test.yml` beside each rule file, as text and as read:
 *
 *     tests:
 *       - name: pump to an unknown internet host
 *         rule: device-to-internet          # only when the file holds several rules
 *         stream: conn
 *         records: [{id.orig_h: 10.1.1.7, orig_medical: true, resp_scope: internet}]
 *         lists: {approved_cloud: [vendor.example]}
 *         timezone: Europe/Berlin
 *         match: 1                          # records that must match; all when left out; 0: must not fire; or {gte: 2}
 *         level: critical                   # of every match, after level-by
 *         where: {resp_domain|endswith: .example}   # what every match must be; a selection, as in a rule
 *         filters: [our-scanner]            # filters that apply, by name or id
 *         suppressed: 1                     # matches that they suppress; `match` counts the others
 *         todo: needs the user name         # a known gap: reported, and an error once the test passes
 *
 * Instead of `records`: of a correlation also `streams: {conn: [], dns: []}`, in any order of time; or `captures:
 * [ward.pcap]` with an optional `inventory`, files named from the folder of the test file.
 *
 * Beside a file of filters, every test applies them; its rule may be any that was read.
 */
import type { Problem } from '../errors.ts';
import { COMPARISONS } from '../model/correlation.ts';
import { LEVELS } from '../model/finding.ts';
import type { StreamSchema, Value } from '../model/schema.ts';
import { fileBeside, MISSING, readTextFile } from '../yaml/files.ts';
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
import { type Located, ProblemList, quote, type SourceText } from '../yaml/source.ts';
import { type MapEntry, type MapNode, parseYaml, type YamlNode } from '../yaml/tree.ts';
import { type Detection, readDetection } from './detection.ts';
import { type FieldMapping, streamName } from './field-mapping.ts';
import { testFileOf } from './load.ts';
import { indexReferences, isProblem, type Target } from './references.ts';
import type { Filter, Threshold } from './rule.ts';
import { readRecord } from './test-record.ts';
import { fits } from './window-aggregates.ts';

const TEST_KEYS = [
  'name',
  'rule',
  'stream',
  'records',
  'streams',
  'captures',
  'inventory',
  'lists',
  'timezone',
  'match',
  'level',
  'where',
  'filters',
  'suppressed',
  'todo',
];
/** All records of a test and stream fit into one batch. */
const MAX_RECORDS = 1000;
const MAX_CAPTURES = 16;
/** Name of the selection that `where` becomes. */
const WHERE = 'where';

export type TestRecord = Readonly<Record<string, Value>>;

/** Numbers that a count must fit, all of them; as written for messages. */
export interface Expected {
  readonly thresholds: readonly Threshold[];
  readonly text: string;
}

/** What a test gives to its rule. */
export type TestInput =
  | { readonly kind: 'records'; readonly streams: ReadonlyMap<string, readonly TestRecord[]> }
  | {
      readonly kind: 'captures';
      readonly captures: readonly string[];
      readonly inventory: string | undefined;
    };

/** What every match must be. */
export interface Where extends Detection {
  readonly source: SourceText;
}

/** One test. */
export interface RuleTest {
  readonly name: string;
  /** 1-based, in the test file. */
  readonly line: number;
  readonly rule: Target;
  /** The filter that is tested, when the test stands beside filters. */
  readonly filter: Filter | undefined;
  readonly filters: readonly Filter[];
  readonly input: TestInput;
  readonly lists: ReadonlyMap<string, readonly string[]> | undefined;
  readonly timezone: string | undefined;
  readonly match: Expected;
  readonly suppressed: Expected | undefined;
  readonly level: string | undefined;
  readonly where: Where | undefined;
  readonly todo: string | undefined;
}

/** Whether a number is what is expected. */
export function isExpected({ thresholds }: Expected, count: number): boolean {
  return thresholds.every(threshold => fits(threshold, count));
}

/** What stands in one rule file. */
export interface Subjects {
  readonly file: string;
  readonly rules: readonly Target[];
  readonly filters: readonly Filter[];
}

/** What tests may refer to. */
export interface TestContext {
  /** All rules and correlations, and all filters, that were read. */
  readonly targets: readonly Target[];
  readonly filters: readonly Filter[];
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
}

/** The tests beside a rule file; none when there is no such file. */
export function readTests(
  subjects: Subjects,
  context: TestContext,
  problems: Problem[],
): readonly RuleTest[] {
  const file = testFileOf(subjects.file);
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
      const read = test && readTest(reader, test, subjects, context);
      if (read !== undefined) tests.push(read);
    }
  }
  problems.push(...parsed.problems, ...reader.problems.list);
  return tests;
}

function readTest(
  reader: Reader,
  map: MapNode,
  subjects: Subjects,
  context: TestContext,
): RuleTest | undefined {
  checkKeys(reader, map, TEST_KEYS, 'the test');
  const name = required(reader, map, 'name', 'the test') && readText(reader, map, 'name');
  const rule = findRule(reader, map, subjects, context);
  const filters = readFilters(reader, map, subjects, context);
  const level = readText(reader, map, 'level');
  if (level !== undefined && !(LEVELS as readonly string[]).includes(level.text)) {
    complain(reader, level.at, `${quote(level.text)} is not a level`, didYouMean(level.text, LEVELS));
  }
  const where = readWhere(reader, map);
  const suppressed = map.entries.get('suppressed');
  if (suppressed !== undefined && filters.length === 0)
    complain(reader, suppressed.keyAt, 'suppressed needs filters', 'filters: [name]');
  const input = rule && readInput(reader, map, rule, context);
  if (name === undefined || rule === undefined || input === undefined) return undefined;
  const total = input.kind === 'captures' ? undefined : countRecords(input);
  return {
    name: name.text,
    line: reader.source.line(map.at),
    rule,
    filter: subjects.rules.length === 0 ? subjects.filters[0] : undefined,
    filters,
    input,
    lists: readLists(reader, map),
    timezone: readText(reader, map, 'timezone')?.text,
    match: readMatch(reader, map, total),
    suppressed: suppressed && readExpected(reader, suppressed, total),
    level: level?.text,
    where,
    todo: readText(reader, map, 'todo')?.text.trim(),
  };
}

/** Records of all streams. */
export function countRecords({ streams }: Extract<TestInput, { kind: 'records' }>): number {
  return [...streams.values()].reduce((sum, records) => sum + records.length, 0);
}

/** `captures`; or `stream` and `records`, or for a correlation also `streams`. */
function readInput(reader: Reader, map: MapNode, rule: Target, context: TestContext): TestInput | undefined {
  const captures = map.entries.get('captures');
  if (captures === undefined) {
    const inventory = map.entries.get('inventory');
    if (inventory !== undefined) complain(reader, inventory.keyAt, 'inventory is for captures');
    const streams = readStreams(reader, map, rule, context);
    return streams && { kind: 'records', streams };
  }
  for (const key of ['stream', 'records', 'streams'])
    if (map.entries.has(key))
      complain(reader, map.entries.get(key)!.keyAt, `${key} cannot stand beside captures`);
  const names = readTexts(reader, map, 'captures');
  if (names.length === 0) complain(reader, captures.value.at, 'captures names no file');
  if (names.length > MAX_CAPTURES)
    complain(reader, names[MAX_CAPTURES]!.at, `more than ${MAX_CAPTURES} captures`);
  const inventory = readText(reader, map, 'inventory')?.text;
  return {
    kind: 'captures',
    captures: names.map(({ text }) => fileBeside(reader.source.file, text)),
    inventory: inventory === undefined ? undefined : fileBeside(reader.source.file, inventory),
  };
}

function readStreams(
  reader: Reader,
  map: MapNode,
  rule: Target,
  { schemas, mapping }: TestContext,
): ReadonlyMap<string, readonly TestRecord[]> | undefined {
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

/** The rule a test is of: the only one of the file, the one it names, or the one that the filter names. */
function findRule(
  reader: Reader,
  map: MapNode,
  { rules, filters }: Subjects,
  { targets }: TestContext,
): Target | undefined {
  const named = readText(reader, map, 'rule') ?? onlyRuleOf(filters, rules);
  if (named === undefined) {
    if (rules.length === 1) return rules[0];
    const message =
      rules.length === 0
        ? 'the filter is about several rules, and the test names none'
        : 'the file holds several rules, and the test names none';
    complain(reader, map.at, message, 'add rule: <name>');
    return undefined;
  }
  if (rules.length === 0) {
    const found = indexReferences(targets).find(named, reader);
    if (!isProblem(found)) return found;
    const hint = found.hint ?? 'rules test --rules PATH reads the rules that filters are about';
    complain(reader, named.at, found.message, hint);
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

/** Where one filter stands alone and names one rule, that is the one. */
function onlyRuleOf(filters: readonly Filter[], rules: readonly Target[]): Located | undefined {
  if (rules.length > 0 || filters.length !== 1) return undefined;
  const named = filters[0]!.rules;
  return named !== 'any' && named.length === 1 ? named[0] : undefined;
}

/** Filters that the test names; beside a file of filters, all of it too. */
function readFilters(
  reader: Reader,
  map: MapNode,
  subjects: Subjects,
  { filters }: TestContext,
): readonly Filter[] {
  const own = subjects.rules.length === 0 ? subjects.filters : [];
  const named = readTexts(reader, map, 'filters').flatMap(({ text, at }) => {
    const found = filters.find(({ id, name }) => id === text.toLowerCase() || name === text);
    if (found !== undefined) return [found];
    const names = filters.map(filter => filter.name);
    const hint = didYouMean(text, names) ?? 'filters are those of the files that are tested, and of --rules';
    complain(reader, at, `no filter has the name or id ${quote(text)}`, hint);
    return [];
  });
  return [...new Set([...own, ...named])];
}

function readLists(reader: Reader, map: MapNode): ReadonlyMap<string, readonly string[]> | undefined {
  const lists = readMap(reader, map, 'lists');
  if (lists === undefined) return undefined;
  return new Map(
    [...lists.entries.keys()].map(key => [key, readTexts(reader, lists, key).map(entry => entry.text)]),
  );
}

/** `where` as a detection of one selection. */
function readWhere(reader: Reader, map: MapNode): Where | undefined {
  const entry = map.entries.get('where');
  if (entry === undefined) return undefined;
  if (entry.value.kind === 'scalar') {
    complain(reader, entry.value.at, 'where is a selection', 'where: {field: value}');
    return undefined;
  }
  const condition: MapEntry = {
    key: 'condition',
    keyAt: entry.keyAt,
    value: { kind: 'scalar', value: WHERE, text: WHERE, at: entry.keyAt },
  };
  const entries = new Map([
    [WHERE, entry],
    ['condition', condition],
  ]);
  const detection = readDetection(reader, { kind: 'map', entries, at: entry.keyAt }, true);
  return detection && { ...detection, source: reader.source };
}

/** @param total records of the test; undefined for those of captures */
function readMatch(reader: Reader, map: MapNode, total: number | undefined): Expected {
  const entry = map.entries.get('match');
  if (entry !== undefined) return readExpected(reader, entry, total);
  if (total === undefined) complain(reader, map.at, 'the test says of captures, but not how many match');
  return exactly(total ?? 0);
}

function exactly(value: number): Expected {
  return { thresholds: [{ comparison: 'eq', value }], text: String(value) };
}

function readExpected(reader: Reader, { key, value: node }: MapEntry, total: number | undefined): Expected {
  const isCount = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= (total ?? Infinity);
  if (node.kind === 'map') {
    checkKeys(reader, node, COMPARISONS, key);
    const thresholds = COMPARISONS.flatMap(comparison => {
      const bound = node.entries.get(comparison)?.value;
      if (bound === undefined) return [];
      const value = bound.kind === 'scalar' ? bound.value : undefined;
      if (isCount(value)) return [{ comparison, value }];
      complain(reader, bound.at, `${comparison} takes a whole number`);
      return [];
    });
    if (node.entries.size === 0) complain(reader, node.at, `${key} expects nothing`);
    return { thresholds, text: thresholds.map(each => `${each.comparison} ${each.value}`).join(' and ') };
  }
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (isCount(value)) return exactly(value);
  const range =
    total === undefined ? 'a whole number' : `a whole number from 0 to ${total}, the number of records`;
  complain(reader, node.at, `${key} is ${range}`, `or a comparison: {gte: 2}`);
  return exactly(0);
}
