import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { FilterUse } from '../../src/model/finding.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { type CompiledFilters, compileFilters } from '../../src/sigma/compile-filter.ts';
import { evaluate } from '../../src/sigma/evaluate.ts';
import { FilterLedger } from '../../src/sigma/filter-ledger.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { correlationText, idOf, kindRule } from './correlation-support.ts';
import { batchOf, type SampleRecord, SCHEMAS } from './support.ts';

const RULES = [kindRule('a'), kindRule('b')];

function filterText(name: string, filter: string, more = 'medtap: {reason: known}', logsource = ''): string {
  return [`title: Filter ${name}`, `id: ${idOf(name)}`, `name: ${name}`, logsource, `filter: ${filter}`, more]
    .filter(line => line !== '')
    .join('\n');
}

function compile(documents: readonly string[], foreign = false, timezone = 'UTC') {
  const file = parseRuleFile('rule.yml', documents.join('\n---\n'), foreign);
  if (file.errors.length > 0) throw new UserError(file.errors);
  const rules = file.documents.filter(document => document.kind === 'rule');
  const correlations = file.documents.filter(document => document.kind === 'correlation');
  const filters = file.documents.filter(document => document.kind === 'filter');
  const compiled = compileRules(rules, SCHEMAS, { lists: undefined });
  const targets = { documents: [...rules, ...correlations], rules: compiled.rules };
  const filtered: CompiledFilters = compileFilters(filters, targets, { lists: undefined, timezone });
  return { ...filtered, rules: compiled.rules, rejected: [...file.rejected, ...filtered.rejected] };
}

/** Numbers of the records that are suppressed, by rule, and what the filters say of themselves. */
function apply(documents: readonly string[], records: readonly SampleRecord[], timezone = 'UTC') {
  const { filters, rules } = compile(documents, false, timezone);
  const ledger = new FilterLedger(filters);
  const batch = batchOf(records);
  const suppressed = Object.fromEntries(
    rules.map(rule => {
      const rows = evaluate(rule, batch);
      const mask = ledger.suppressed(rule.info.id, batch, rows);
      return [rule.info.name, [...rows].filter(row => mask?.[row] === 1)];
    }),
  );
  return { suppressed, uses: ledger.report() };
}

function problems(...documents: readonly string[]): string {
  try {
    compile(documents);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
}

const at = (day: string, kind: string, text: string): SampleRecord => ({
  ts: { sec: Date.parse(day) / 1000, nsec: 0 },
  kind,
  text,
});
const RECORDS = [at('2026-11-01', 'a', 'x'), at('2026-11-01', 'b', 'x'), at('2026-11-01', 'a', 'y')];
const state = (uses: readonly FilterUse[]) =>
  uses.map(({ name, status, matches }) => [name, status, matches]);

describe('filters', () => {
  it('suppress matches of the rules they name, by name or id', () => {
    for (const name of ['a', idOf('a')]) {
      const filter = filterText('f', `{rules: [${name}], selection: {text: x}, condition: selection}`);
      expect(apply([filter, ...RULES], RECORDS).suppressed).toEqual({ a: [0], b: [] });
    }
  });

  it('suppress matches of any rule', () => {
    const filter = filterText('f', '{rules: any, selection: {text: x}, condition: selection}');
    const { suppressed, uses } = apply([filter, ...RULES], RECORDS);
    expect(suppressed).toEqual({ a: [0], b: [1] });
    expect(uses).toMatchObject([{ rules: 2, matches: 2, status: 'active', reason: 'known' }]);
  });

  it.each([
    ['selection', [0]],
    ['not selection', [0]],
    ['selection or other', [0, 2]],
    ['not selection and not other', [0, 2]],
    ['1 of them', [0, 2]],
    ['not 1 of them', [0, 2]],
    ['not (selection and not other)', [0]],
  ])('take a condition for what is suppressed or for what remains: %s', (condition, expected) => {
    const filter = `{rules: [a], selection: {text: x}, other: {text: y}, condition: ${condition}}`;
    const { suppressed } = apply([filterText('f', filter), ...RULES], RECORDS);
    // "not X" says what remains; other engines join it to the rule with "and".
    expect(suppressed['a']).toEqual(expected);
  });

  it('refuse a condition that could be read in both senses', () => {
    const filter = '{rules: [a], one: {text: x}, two: {text: y}, condition: one and not two}';
    expect(problems(filterText('f', filter), ...RULES)).toMatch(/rule\.yml:4:\d+: it is not clear whether/);
  });

  it('hold through their last day on the clock of the site', () => {
    const filter = filterText(
      'f',
      '{rules: [a], selection: {text: x}, condition: selection}',
      'medtap: {reason: planned work, expires: 2026-11-10, owner: IT}',
    );
    const late = [
      '2026-11-10T23:59:59Z',
      '2026-11-11T00:00:00Z',
      '2026-11-10T22:59:59Z',
      '2026-11-10T23:00:00Z',
    ];
    const records = late.map(time => at(time, 'a', 'x'));
    const utc = apply([filter, ...RULES], records);
    expect(utc.suppressed['a']).toEqual([0, 2, 3]);
    expect(utc.uses).toMatchObject([
      { status: 'expired', matches: 3, expired_matches: 1, owner: 'IT', expires: '2026-11-10' },
    ]);
    expect(apply([filter, ...RULES], records, 'Europe/Berlin').suppressed['a']).toEqual([2]);
  });

  it('say when they do nothing, or nothing that another does not', () => {
    const text = (name: string, selection: string) =>
      filterText(name, `{rules: any, selection: ${selection}, condition: selection}`);
    const { uses } = apply(
      [text('wide', '{text: [x, y]}'), text('narrow', '{text: x}'), text('idle', '{text: z}'), ...RULES],
      RECORDS,
    );
    expect(state(uses)).toEqual([
      ['wide', 'active', 3],
      ['narrow', 'shadowed', 2],
      ['idle', 'unused', 0],
    ]);
    expect(uses[1]!.shadowed_by).toBe('wide');
  });

  it.each([
    ['{rules: [aa], selection: {text: x}, condition: selection}', 'no rule has the name or id "aa"'],
    ['{rules: [c], selection: {text: x}, condition: selection}', '"c" is a correlation'],
    ['{rules: [a], selection: {txt: x}, condition: selection}', 'did you mean text?'],
    ['{rules: [a], selection: {text: x}, condition: selecton}', 'did you mean selection?'],
    ['{rules: [a], selection: {text: x}}', 'detection has no condition'],
    ['{selection: {text: x}, condition: selection}', 'the filter has no rules'],
    ['{rules: [any, a], selection: {text: x}, condition: selection}', 'any stands alone'],
    ['{rules: any, selection: {nope: x}, condition: selection}', 'no rule that applies here'],
  ])('complain about %s', (filter, message) => {
    const correlation = correlationText('c', '{type: temporal, rules: [a, b], timespan: 5s}');
    const documents = [filterText('f', filter), correlation, ...RULES];
    const shown = problems(...documents);
    const left = shown === '' ? compile(documents).inapplicable.flatMap(each => each.reasons) : [];
    expect([shown, ...left.map(reason => reason.message)].join('\n')).toContain(message);
  });

  it.each([
    ['medtap: {}', 'the exception has no reason'],
    ['medtap: {reason: x, expires: 2026-02-30}', '"2026-02-30" is not a day'],
    ['medtap: {reason: x, expire: 2026-02-03}', 'did you mean expires?'],
    ['medtap: {reason: x}\nlevel: low\nlevl: low', 'did you mean level?'],
  ])('complain about %s', (more, message) => {
    const filter = '{rules: [a], selection: {text: x}, condition: selection}';
    expect(problems(filterText('f', filter, more), ...RULES)).toContain(message);
  });

  it('of a logsource keep to its stream', () => {
    const filter = '{rules: [a], selection: {text: x}, condition: selection}';
    const other = filterText('f', filter, undefined, 'logsource: {product: zeek, service: dns}');
    expect(problems(other, ...RULES)).toContain('the rule "a" reads sample, not "dns"');
  });

  it('of a foreign pack are kept out alone', () => {
    const filter = filterText('f', '{rules: [zz], selection: {text: x}, condition: selection}', '');
    const { filters, rejected } = compile(
      [filter, ...RULES].map(text => text.replace('medtap: {}', '')),
      true,
    );
    expect(filters).toEqual([]);
    expect(rejected.map(left => left.title)).toEqual(['Filter f']);
  });
});
