/**
 * Runs the tests beside rules (`rule-test-file.ts` says what they look like) through the real engine: rules,
 * correlations, filters. `test-needs.ts` says which tests a rule needs. Correlations see all rules of the paths. Tests beside filters are optional; where there are some,
 * one must suppress and one must let pass.
 */
import { type Problem, UserError } from '../errors.ts';
import type { Batch } from '../model/batch.ts';
import { BatchBuilder } from '../model/batch-builder.ts';
import { decidingTests } from '../model/explanation.ts';
import { levelOf } from '../model/finding.ts';
import type { StreamSchema } from '../model/schema.ts';
import { type CompileOptions, compileRules, compileSelections, type LeftOut } from './compile.ts';
import { compileCorrelations } from './compile-correlation.ts';
import { compileFilters } from './compile-filter.ts';
import { Correlator } from './correlate.ts';
import { type CompiledRule, evaluate, holdsAt } from './evaluate.ts';
import { RuleExplainer, shortOf } from './explain.ts';
import { type FieldMapping, NO_MAPPING } from './field-mapping.ts';
import { FilterLedger } from './filter-ledger.ts';
import { type LoadedRules, loadRules, type RulePath, ruleFiles } from './load.ts';
import type { Filter, Rule } from './rule.ts';
import type { RuleTest } from './rule-test-file.ts';
import { isExpected } from './test-expected.ts';
import { countRecords, type TestInput, type TestRecord } from './test-input.ts';
import { missingTests, type Needed, neededBy, readSuites } from './test-needs.ts';

/** Tests of a near miss that are named. */
const SHOWN_TESTS = 3;

/** What became of one test, or, without a test, why the tests of a rule do not suffice. */
export interface RuleTestResult {
  /** The rule's file. */
  readonly file: string;
  /** Name of the rule or filter. */
  readonly rule: string;
  /** Name of the test; empty when the complaint is about the tests as a whole. */
  readonly test: string;
  /** 1-based line in the test file; undefined without a test. */
  readonly line: number | undefined;
  /** `todo`: a known gap, which is still there. `missing`: a test that there is not. */
  readonly status: 'passed' | 'failed' | 'todo' | 'missing';
  /** Why it failed; of a known gap, what is missing. */
  readonly why: string | undefined;
}

/** Records of captures, enriched, as rules see them. */
export interface CaptureRecords {
  readonly lists: ReadonlyMap<string, readonly string[]> | undefined;
  readonly timezone: string;
  read(stream: string): Iterable<Batch>;
  /** The batch as it may be shown. */
  mask(batch: Batch): Batch;
}

export interface RuleTestOptions {
  readonly mapping?: FieldMapping;
  /** Rules and filters that those of the paths refer to; their own tests are not run. */
  readonly context?: readonly RulePath[];
  /** Decodes captures; the caller frees what it returned when the tests are done. */
  readonly capture?: (captures: readonly string[], inventory: string | undefined) => Promise<CaptureRecords>;
}

/** What tests are run against. */
interface Bench {
  readonly loaded: LoadedRules;
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
  readonly capture: RuleTestOptions['capture'];
}

/**
 * Runs the tests of all rules at the paths, in order of file and test. `schemas` are the enriched schemas by stream.
 * @throws UserError with every problem of rules and test files
 */
export async function runRuleTests(
  paths: readonly RulePath[],
  schemas: ReadonlyMap<string, StreamSchema>,
  { mapping = NO_MAPPING, context = [], capture }: RuleTestOptions = {},
): Promise<readonly RuleTestResult[]> {
  const problems: Problem[] = [];
  const tested = new Set(paths.flatMap(({ path }) => ruleFiles(path, problems)));
  const further = context.filter(({ path }) => !paths.some(each => each.path === path));
  const loaded = loadRules([...paths, ...further]);
  const bench: Bench = { loaded, schemas, mapping, capture };
  const results = loaded.rejected
    .filter(({ file }) => tested.has(file))
    .map(({ file, title, reasons }) => failure(file, title, reasons[0]?.message ?? 'not loaded'));
  const suites = readSuites(loaded, file => tested.has(file), schemas, mapping);
  problems.push(...suites.flatMap(suite => suite.problems));
  if (problems.length > 0) throw new UserError(problems);
  const missing = missingTests(suites, loaded);
  for (const { subjects, tests } of suites) {
    for (const rule of subjects.rules) {
      for (const test of tests) if (test.rule === rule) results.push(await runTest(test, bench));
      for (const why of missing.get(rule) ?? [])
        results.push(failure(rule.source.file, rule.name, why, 'missing'));
    }
    if (subjects.rules.length > 0) continue;
    for (const test of tests) results.push(await runTest(test, bench));
    if (tests.length > 0) results.push(...missingFilterTests(subjects.filters[0]!, tests));
  }
  return results;
}

function failure(
  file: string,
  rule: string,
  why: string,
  status: 'failed' | 'missing' = 'failed',
): RuleTestResult {
  return { file, rule, test: '', line: undefined, status, why };
}

function missingFilterTests({ source, name }: Filter, tests: readonly RuleTest[]): readonly RuleTestResult[] {
  const results: RuleTestResult[] = [];
  if (!tests.some(({ suppressed }) => suppressed !== undefined && !isExpected(suppressed, 0)))
    results.push(
      failure(source.file, name, 'no test in which it must suppress something (suppressed: 1)', 'missing'),
    );
  if (!tests.some(({ match }) => !isExpected(match, 0)))
    results.push(
      failure(source.file, name, 'no test in which it must let something pass (match: 1)', 'missing'),
    );
  return results;
}

async function runTest(test: RuleTest, bench: Bench): Promise<RuleTestResult> {
  const why = await whyItFails(test, bench);
  const { rule, filter, name, line, todo } = test;
  const subject = filter ?? rule;
  const of = { file: subject.source.file, rule: subject.name, test: name, line };
  if (todo === undefined) return { ...of, status: why === undefined ? 'passed' : 'failed', why };
  if (why !== undefined) return { ...of, status: 'todo', why: todo };
  return {
    ...of,
    status: 'failed',
    why: `passes, although it is marked as a known gap: remove todo (${todo})`,
  };
}

/** A record that matched or contributed. */
interface Hit {
  readonly batch: Batch;
  readonly row: number;
  readonly level: string;
}

/** What a test found. */
interface Found extends Pick<Input, 'mask' | 'number'> {
  readonly hits: readonly Hit[];
  /** Matches that filters suppressed. */
  readonly suppressed: number;
  /** Records that were looked at. */
  readonly total: number;
  /** What the nearest miss was short of, when nothing matched. */
  readonly nearest: string | undefined;
}

async function whyItFails(test: RuleTest, bench: Bench): Promise<string | undefined> {
  const found = await find(test, bench);
  if (typeof found === 'string') return found;
  const { hits, total, number } = found;
  const { match, suppressed, level } = test;
  if (!isExpected(match, hits.length)) {
    const numbers = hits.map(number).filter(each => each !== undefined);
    const listed = numbers.length > 0 ? ` (${numbers.slice(0, 20).join(', ')})` : '';
    const which =
      hits.length === 0
        ? 'no record matched'
        : `${hits.length} of ${counted(total, 'record', 'records')} matched${listed}`;
    const nearest = found.nearest === undefined ? '' : `; the nearest misses ${found.nearest}`;
    return `${which}, expected ${match.text}${nearest}`;
  }
  if (suppressed !== undefined && !isExpected(suppressed, found.suppressed))
    return `${counted(found.suppressed, 'match', 'matches')} suppressed, expected ${suppressed.text}`;
  const wrong = hits.find(hit => level !== undefined && hit.level !== level);
  if (wrong !== undefined) return `${recordName(wrong, found)} is ${wrong.level}, expected ${level}`;
  return whereFails(test, found, bench);
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function recordName(hit: Hit, { number }: Found): string {
  const at = number(hit);
  if (at !== undefined) return `record ${at}`;
  const uid = hit.batch.value(hit.row, 'uid');
  return uid === undefined ? 'a record' : `the record of flow ${String(uid)}`;
}

/** The first match that is not what `where` says. */
function whereFails({ where, lists, timezone }: RuleTest, found: Found, bench: Bench): string | undefined {
  if (where === undefined) return undefined;
  const zone = timezone === undefined ? {} : { timezone };
  for (const hit of found.hits) {
    const { schema } = hit.batch;
    const options = { lists, mapping: bench.mapping, ...zone };
    const bound = compileSelections({ ...where, strict: true }, schema, options);
    if (bound.condition === undefined) return bound.errors[0]?.message ?? 'where does not fit the stream';
    const mask = holdsAt(bound.condition, hit.batch);
    if (mask === true || (mask !== false && mask[hit.row] === 1)) continue;
    const one = hit.batch.gather(Uint32Array.of(hit.row));
    const short = shortOf(bound.condition, one, found.mask(one)).slice(0, SHOWN_TESTS).join('; ');
    return `${recordName(hit, found)} matched, but where asks for ${short}`;
  }
  return undefined;
}

async function find(test: RuleTest, bench: Bench): Promise<Found | string> {
  const input = await readInput(test.input, bench);
  const zone = test.timezone ?? input.timezone;
  const options: CompileOptions = {
    lists: test.lists ?? input.lists,
    mapping: bench.mapping,
    ...(zone === undefined ? {} : { timezone: zone }),
  };
  const needed = neededBy(test.rule, bench.loaded);
  const compiled = compileRules(needed.rules, bench.schemas, options);
  const filtered = compileFilters(
    test.filters,
    { documents: [...bench.loaded.rules, ...bench.loaded.correlations], rules: compiled.rules },
    options,
  );
  const ledger = new FilterLedger(filtered.filters);
  return test.rule.kind === 'rule'
    ? findByRule(test.rule, compiled, input, ledger)
    : findByCorrelation(test.rule.id, needed, compiled, input, ledger);
}

/** Records by stream, and what a site says about them. */
interface Input extends Pick<CaptureRecords, 'read' | 'mask'> {
  readonly lists?: CaptureRecords['lists'];
  readonly timezone?: string;
  /** Where a record stands in the test; undefined for records of captures. */
  number(hit: Pick<Hit, 'batch' | 'row'>): number | undefined;
}

/** Inline records are numbered through all streams, in the order of the test. */
async function readInput(input: TestInput, bench: Bench): Promise<Input> {
  if (input.kind === 'captures') {
    if (bench.capture === undefined) throw new UserError('captures cannot be read here');
    const records = await bench.capture(input.captures, input.inventory);
    return { ...records, number: () => undefined };
  }
  const before = new Map<Batch, number>();
  const batches = new Map<string, Batch>();
  let count = 0;
  for (const [stream, records] of input.streams) {
    const batch = batchOf(bench.schemas.get(stream)!, records);
    before.set(batch, count);
    batches.set(stream, batch);
    count += countRecords({ kind: 'records', streams: new Map([[stream, records]]) });
  }
  return {
    read: stream => [batches.get(stream)].filter(batch => batch !== undefined),
    mask: batch => batch,
    number: ({ batch, row }) => before.get(batch)! + row + 1,
  };
}

function batchOf(schema: StreamSchema, records: readonly TestRecord[]): Batch {
  const builder = new BatchBuilder(schema);
  for (const [order, record] of records.entries()) builder.append(record, order);
  return builder.build();
}

interface Compiled {
  readonly rules: readonly CompiledRule[];
  readonly inapplicable: readonly LeftOut[];
  readonly rejected: readonly LeftOut[];
}

function findByRule(rule: Rule, compiled: Compiled, input: Input, ledger: FilterLedger): Found | string {
  const [found] = compiled.rules;
  if (found === undefined) return whyLeftOut([...compiled.inapplicable, ...compiled.rejected]);
  const hits: Hit[] = [];
  const explainer = new RuleExplainer(found, { filters: [], limit: 1, each: false, misses: false });
  let total = 0;
  let suppressed = 0;
  for (const batch of input.read(found.stream)) {
    total += batch.length;
    const rows = evaluate(found, batch);
    const hidden = ledger.suppressed(rule.id, batch, rows);
    for (const row of rows) {
      if (hidden?.[row] === 1) suppressed++;
      else hits.push({ batch, row, level: levelOf(found.info, batch.row(row)) });
    }
    if (hits.length + suppressed === 0) explainer.add(batch, input.mask);
  }
  const [miss] = hits.length + suppressed > 0 ? [] : explainer.result().shown;
  const nearest = miss && decidingTests(miss).slice(0, SHOWN_TESTS).join('; ');
  return { hits, suppressed, total, nearest, ...input };
}

function findByCorrelation(
  id: string,
  needed: Needed,
  compiled: Compiled,
  input: Input,
  ledger: FilterLedger,
): Found | string {
  const { correlations, ...left } = compileCorrelations(needed.correlations, needed.rules, compiled);
  if (!correlations.some(each => each.info.id === id))
    return whyLeftOut([...left.inapplicable, ...left.rejected].filter(each => each.id === id));
  const correlator = new Correlator(correlations);
  const streams = [...new Set(compiled.rules.map(rule => rule.stream))];
  let total = 0;
  let suppressed = 0;
  const events = streams.flatMap(stream => {
    const rules = compiled.rules.filter(rule => rule.stream === stream && correlator.listensTo(rule.info.id));
    return [...input.read(stream)].flatMap(batch => {
      total += batch.length;
      return rules.flatMap(rule => {
        const rows = evaluate(rule, batch);
        const hidden = ledger.suppressed(rule.info.id, batch, rows);
        const kept = [...rows].filter(row => hidden?.[row] !== 1);
        suppressed += rows.length - kept.length;
        return kept.map(row => ({ rule, batch, row }));
      });
    });
  });
  events.sort((a, b) => a.batch.sec(a.row) - b.batch.sec(b.row) || a.batch.nsec(a.row) - b.batch.nsec(b.row));
  for (const { rule, batch, row } of events) correlator.add(rule.info.id, batch, row);
  correlator.finish();
  const hits = correlator
    .take()
    .filter(each => each.correlation.info.id === id)
    .map(({ correlation, batch, row }) => ({
      batch,
      row,
      level: levelOf(correlation.info, batch.row(row)),
    }));
  hits.sort((a, b) => (input.number(a) ?? 0) - (input.number(b) ?? 0));
  return { hits, suppressed, total, nearest: undefined, ...input };
}

function whyLeftOut(left: readonly LeftOut[]): string {
  return left[0]?.reasons[0]?.message ?? 'the rule does not compile';
}
