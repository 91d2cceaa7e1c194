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
import { LEVELS } from '../model/finding.ts';
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
import { type Located, ProblemList, quote, type SourceText } from '../yaml/source.ts';
import { type MapEntry, type MapNode, parseYaml } from '../yaml/tree.ts';
import { type Detection, readDetection } from './detection.ts';
import { testFileOf } from './load.ts';
import { indexReferences, isProblem, type Target } from './references.ts';
import type { Filter } from './rule.ts';
import { type Expected, readExpected, readMatch } from './test-expected.ts';
import { countRecords, type InputContext, readInput, type TestInput } from './test-input.ts';

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
/** Name of the selection that `where` becomes. */
const WHERE = 'where';

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

/** What stands in one rule file. */
export interface Subjects {
  readonly file: string;
  readonly rules: readonly Target[];
  readonly filters: readonly Filter[];
}

/** What tests may refer to. */
export interface TestContext extends InputContext {
  /** All rules and correlations, and all filters, that were read. */
  readonly targets: readonly Target[];
  readonly filters: readonly Filter[];
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
