import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExplainedPart, RuleExplanation } from '../../src/model/explanation.ts';
import { compileFilters } from '../../src/sigma/compile-filter.ts';
import { type CompiledRule, evaluate } from '../../src/sigma/evaluate.ts';
import { RuleExplainer } from '../../src/sigma/explain.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { batchOf, compileDetection, parseRules, ruleText, type SampleRecord } from './support.ts';

const DETECTION = `
named: {text: abc, number: 7}
local: {other|endswith: .lan}
condition: named and not local`;

function explain(
  rule: CompiledRule,
  records: readonly SampleRecord[],
  options: Partial<ConstructorParameters<typeof RuleExplainer>[1]> = {},
): RuleExplanation {
  const explainer = new RuleExplainer(rule, {
    filters: [],
    limit: 5,
    each: false,
    misses: false,
    ...options,
  });
  explainer.add(batchOf(records), batch => batch);
  return explainer.result();
}

describe('explanation of a rule', () => {
  test('a match: which tests hold, with the values of the record', () => {
    const { shown, ...counts } = explain(compileDetection(DETECTION), [
      { text: 'ABC', number: 7, other: 'x.example' },
      { text: 'abc', number: 7 },
      { text: 'abc', number: 8 },
    ]);
    expect(counts).toEqual({ kind: 'rule', records: 3, matched: 2, suppressed: 0, more: 1 });
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({
      outcome: 'match',
      level: 'high',
      missing: 0,
      alike: 2,
      condition: {
        kind: 'and',
        holds: true,
        parts: [
          { kind: 'selection', name: 'named', holds: true },
          { kind: 'not', holds: true, parts: [{ kind: 'selection', name: 'local', holds: false }] },
        ],
      },
      selections: [
        {
          name: 'named',
          line: 8,
          holds: true,
          part: {
            kind: 'and',
            parts: [
              { text: 'text: abc', holds: true, values: [{ field: 'text', value: 'ABC' }] },
              { text: 'number: 7', holds: true, values: [{ field: 'number', value: 7 }] },
            ],
          },
        },
        { name: 'local', line: 9, holds: false },
      ],
    });
  });

  test('misses come nearest first when nothing matched, or when they are asked for', () => {
    const rule = compileDetection(DETECTION);
    const far = { other: 'x.lan' };
    const near = { text: 'abc', number: 7, other: 'x.lan' };
    const none = explain(rule, [far, near]);
    expect(none.shown.map(each => [each.outcome, each.missing])).toEqual([
      ['no_match', 1],
      ['no_match', 3],
    ]);
    const hit = { text: 'abc', number: 7 };
    expect(explain(rule, [far, hit]).shown).toHaveLength(1);
    expect(explain(rule, [far, hit], { misses: true }).shown.map(each => each.missing)).toEqual([0, 3]);
    expect(explain(rule, [far, far, near], { limit: 1 })).toMatchObject({
      more: 1,
      shown: [{ missing: 1 }],
    });
  });

  test('each record of a flow by itself', () => {
    const record = { text: 'abc' };
    const { shown } = explain(compileDetection(DETECTION), [record, record], { each: true });
    expect(shown.map(each => each.alike)).toEqual([1, 1]);
  });

  test('filters that suppress a match, also those that have expired', () => {
    const rules = parseRules(ruleText(DETECTION));
    const rule = compileDetection(DETECTION);
    const text = [
      'title: Ours\nname: ours\nfilter: {rules: [sample], sel: {other: x}, condition: sel}\nmedtap: {reason: agreed}',
      'title: Old\nname: old\nfilter: {rules: [sample], sel: {other: "*"}, condition: sel}\nmedtap: {reason: was, expires: 2001-01-01}',
    ].join('\n---\n');
    const documents = parseRuleFile('f.yml', text, false).documents.filter(each => each.kind === 'filter');
    const compiled = compileFilters(documents, { documents: rules, rules: [rule] }, { lists: undefined });
    const ts = { sec: 1_700_000_000, nsec: 0 };
    const found = explain(
      rule,
      [
        { ts, text: 'abc', number: 7, other: 'x' },
        { ts, text: 'abc', number: 7, other: 'y' },
      ],
      { filters: compiled.filters },
    );
    expect(found).toMatchObject({ matched: 2, suppressed: 1 });
    expect(found.shown.map(each => [each.outcome, each.filters])).toEqual([
      [
        'suppressed',
        [
          { name: 'ours', reason: 'agreed', expired: false },
          { name: 'old', reason: 'was', expired: true },
        ],
      ],
      ['match', [{ name: 'old', reason: 'was', expired: true }]],
    ]);
  });

  test('values are cut, keywords name the fields that are there, and lists are shown in part', () => {
    const rule = compileDetection('words: [nothing]\nl: {list: a}\ncondition: words or l');
    const { shown } = explain(rule, [{ text: 'x'.repeat(500), list: Array.from({ length: 50 }, () => 'y') }]);
    const values = [...testsIn(shown[0]!.selections.map(each => each.part))].map(each => each.values);
    const keywords = values[0]!;
    expect(keywords.map(each => each.field)).toEqual(['text', 'list']);
    expect(String(keywords[0]!.value)).toBe(`${'x'.repeat(160)}… (500)`);
    expect(values[1]![0]!.value).toHaveLength(9);
  });

  test('kinds of records are bounded, and the nearest stay', () => {
    const names = Array.from({ length: 12 }, (_, i) => `w${i}`);
    const rule = compileDetection(
      `${names.map(name => `${name}: {text|contains: ${name}.}`).join('\n')}\ncondition: all of them`,
    );
    const records = Array.from({ length: 1 << 11 }, (_, bits) => ({
      text: names
        .filter((_, i) => (bits >> i) & 1)
        .map(name => `${name}.`)
        .join(' '),
    }));
    const found = explain(rule, records, { limit: 100 });
    expect(found.shown[0]).toMatchObject({ missing: 1 });
    expect(found.shown).toHaveLength(100);
    expect(found.more).toBe((1 << 11) - 100);
  });
});

function* testsIn(parts: readonly ExplainedPart[]): Generator<Extract<ExplainedPart, { kind: 'test' }>> {
  for (const part of parts) {
    if (part.kind === 'test') yield part;
    else if (part.kind !== 'selection') yield* testsIn(part.parts);
  }
}

/** Conditions over four selections of one test each. */
const condition: fc.Arbitrary<string> = fc.letrec<{ node: string }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', 'c', 'd'),
    tie('node').map(inner => `not (${inner})`),
    fc.tuple(tie('node'), fc.constantFrom('and', 'or'), tie('node')).map(([x, op, y]) => `(${x} ${op} ${y})`),
  ),
})).node;

test('a record is a match exactly where nothing is missing, and what is explained holds where it is said to', () => {
  const letters = ['a', 'b', 'c', 'd'];
  fc.assert(
    fc.property(condition, fc.array(fc.subarray(letters), { minLength: 1, maxLength: 8 }), (text, sets) => {
      const used = letters.filter(
        letter => text.includes(letter) && new RegExp(`\\b${letter}\\b`).test(text),
      );
      const rule = compileDetection(
        `${used.map(letter => `${letter}: {set: ${letter}}`).join('\n')}\ncondition: ${text}`,
      );
      const records = sets.map(set => ({ set }));
      const found = explain(rule, records, { each: true, limit: 100 });
      expect(found.matched).toBe(evaluate(rule, batchOf(records)).length);
      // Flipping tests of selections that occur once is the brute-force answer; of those that occur often, a bound.
      const once = used.every(letter => text.match(new RegExp(`\\b${letter}\\b`, 'g'))!.length === 1);
      for (const record of found.shown) {
        const held = new Set(record.selections.filter(each => each.holds).map(each => each.name));
        const needed = fewestFlips(rule, used, held);
        if (needed !== undefined && once) expect(record.missing).toBe(needed);
        expect(record.missing === 0).toBe(record.condition.holds);
      }
    }),
    { numRuns: 200 },
  );
});

function fewestFlips(rule: CompiledRule, used: readonly string[], held: ReadonlySet<string>) {
  const all = Array.from({ length: 1 << used.length }, (_, bits) => used.filter((_, i) => (bits >> i) & 1));
  const hits = evaluate(rule, batchOf(all.map(set => ({ set }))));
  const flips = [...hits].map(row => {
    const set = new Set(all[row]!);
    return used.filter(letter => set.has(letter) !== held.has(letter)).length;
  });
  return flips.length === 0 ? undefined : Math.min(...flips);
}
