import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textTest } from '../../src/model/column-tests.ts';
import { conn } from '../../src/model/streams.ts';
import { evaluate, type Node } from '../../src/sigma/evaluate.ts';
import { batchOf, compileDetection, holds, matches, type SampleRecord } from './support.ts';

describe('evaluate', () => {
  const records: readonly SampleRecord[] = [
    { text: 'alpha', number: 1, flag: true },
    { text: 'Beta', number: 2, flag: false },
    { text: '', number: 3 },
    { number: 4, set: ['a', 'B'] },
    {},
  ];

  it.each([
    ['sel: {text: beta}\ncondition: sel', [1]],
    ['sel: {text: [ALPHA, beta]}\ncondition: sel', [0, 1]],
    ["sel: {text: ''}\ncondition: sel", [2]],
    ['sel: {text: null}\ncondition: sel', [3, 4]],
    ['sel: {text|neq: null}\ncondition: sel', [0, 1, 2]],
    ['sel: {text: "*"}\ncondition: sel', [0, 1, 2]],
    ['sel: {text: "?*"}\ncondition: sel', [0, 1]],
    ['sel: {flag: true}\ncondition: sel', [0]],
    ['sel: {flag: "FALSE"}\ncondition: sel', [1]],
    ['sel: {flag: null}\ncondition: sel', [2, 3, 4]],
    ['sel: {number: [2, "3", 0x4]}\ncondition: sel', [1, 2, 3]],
    ['sel: {set: b}\ncondition: sel', [3]],
    ['sel: {text: alpha, number: 1}\ncondition: sel', [0]],
    ['sel: {text: alpha, number: 2}\ncondition: sel', []],
    ['sel: [{text: alpha}, {number: 4}]\ncondition: sel', [0, 3]],
    ['sel: [{text: alpha, number: 2}, {number: 4}]\ncondition: sel', [3]],
    ['sel: {text: alpha}\ncondition: not sel', [1, 2, 3, 4]],
    ['a: {number|gt: 1}\nb: {flag: false}\ncondition: a and not b', [2, 3]],
    ['a: {number: 1}\nb: {number: 2}\ncondition: [a, b]', [0, 1]],
    ['a1: {number: 1}\na2: {flag: true}\ncondition: all of a*', [0]],
    ['a1: {number: 1}\na2: {number: 2}\ncondition: 1 of a*', [0, 1]],
    ['a: {number: 1}\n_b: {number: 2}\ncondition: 1 of them or _b', [0, 1]],
    ['words: [lph, ET]\ncondition: words', [0, 1]],
    ['words: alpha\ncondition: words', [0]],
    ['words: {"|all": [a, b]}\ncondition: words', [1, 3]],
    ['words: {"|re": "^B"}\ncondition: words', [1, 3]],
    ['words: [lph, {number: 4}]\ncondition: words', [0, 3]],
  ])('%j', (detection, rows) => {
    expect(matches(detection, records)).toEqual(rows);
  });

  it('handles a batch without rows and a batch without columns', () => {
    const rule = compileDetection('sel: {text: a}\ncondition: not sel');
    expect([...evaluate(rule, batchOf([]))]).toEqual([]);
    expect([...evaluate(rule, batchOf([{}, {}]))]).toEqual([0, 1]);
  });

  it('compares addresses in canonical form', () => {
    const record = { 'id.orig_h': '2001:db8::1' };
    expect(holds('id.orig_h: "2001:0DB8:0:0::1"', record)).toBe(true);
    expect(holds('id.orig_h: "2001:db8:*"', record)).toBe(true);
    expect(holds('id.orig_h|startswith: "2001:"', record)).toBe(true);
  });

  it('looks at the decimal text of numbers where the rule asks for text', () => {
    expect(holds('number: "44?"', { number: 443 })).toBe(true);
    expect(holds('number|startswith: 44', { number: 443 })).toBe(true);
    expect(holds('number|contains: 9', { number: 443 })).toBe(false);
    expect(holds('number: [80, "44?"]', { number: 80 })).toBe(true);
    expect(holds('gaps: 5', { gaps: [1, 5] })).toBe(true);
    expect(holds('ts: 100.5', { ts: { sec: 100, nsec: 500_000_000 } })).toBe(true);
  });

  it('compares numbers in text fields as they are written in the rule', () => {
    expect(holds('text: 1.0', { text: '1.0' })).toBe(true);
    expect(holds('text: 1.0', { text: '1' })).toBe(false);
    expect(holds('text: true', { text: 'True' })).toBe(true);
  });

  it('asks about each distinct text once, and only in rows that are still in question', () => {
    const asked: string[] = [];
    const vowels = textTest(
      'text',
      text => {
        asked.push(text);
        return 'aeiou'.includes(text);
      },
      true,
    );
    const rule = compileDetection('sel: {number: 1}\ncondition: sel');
    const text: Node = { kind: 'test', text: 'text', fields: ['text'], test: vowels, needs: undefined };
    const batch = batchOf(
      Array.from('abcABCaZ', (char, i) => ({ text: char, number: char === 'Z' || i > 6 ? 0 : 1 })),
    );
    expect([
      ...evaluate({ ...rule, condition: { kind: 'and', parts: [rule.condition, text] } }, batch),
    ]).toEqual([0, 3, 6]);
    expect(asked).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('refuses a batch of another stream', () => {
    const rule = compileDetection('sel: {text: a}\ncondition: sel');
    expect(() => evaluate(rule, batchOf([{}], conn))).toThrow('rule sample reads sample, not conn');
  });

  it('keeps the words of the rule for explanations', () => {
    const rule = compileDetection(
      'sel: {text|contains: [a, b], flag: true}\nno: {set: null}\ncondition: sel and not no',
    );
    expect(rule.selections.map(({ name, line }) => [name, line])).toEqual([
      ['sel', 8],
      ['no', 9],
    ]);
    expect(rule.selections[0]!.part).toMatchObject({
      kind: 'and',
      parts: [
        { kind: 'test', text: 'text|contains: a, b', fields: ['text'] },
        { kind: 'test', text: 'flag: true', fields: ['flag'] },
      ],
    });
    expect(rule.condition).toMatchObject({
      kind: 'and',
      parts: [
        { kind: 'selection', name: 'sel' },
        { kind: 'not', part: { kind: 'selection', name: 'no' } },
      ],
    });
  });
});

/**
 * The oracle: rules as data, judged row by row from the records themselves, with none of the engine's code. It
 * follows the table in the header of compile-item.ts and the specification.
 */
interface Entry {
  readonly field: string;
  readonly modifiers: readonly string[];
  readonly values: readonly (string | number | boolean | null)[];
}

type Plan =
  | { readonly kind: 'map'; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly maps: readonly (readonly Entry[])[] };

interface RulePlan {
  readonly selections: readonly Plan[];
  readonly condition: string;
}

function textMatches(pattern: string, text: string, modifiers: readonly string[]): boolean {
  const fold = (value: string) => (modifiers.includes('cased') ? value : value.toLowerCase());
  const source = [...fold(pattern)]
    .map(char => (char === '*' ? '[^]*' : char === '?' ? '[^]' : char.replace(/[.+^$]/, '\\$&')))
    .join('');
  const before = modifiers.includes('contains') || modifiers.includes('endswith') ? '' : '^';
  const after = modifiers.includes('contains') || modifiers.includes('startswith') ? '' : '$';
  return new RegExp(`${before}(?:${source})${after}`).test(fold(text));
}

function valueMatches(entry: Entry, wanted: Entry['values'][number], record: SampleRecord): boolean {
  const value = record[entry.field];
  const [modifier] = entry.modifiers;
  if (modifier === 'exists') return (value !== undefined) === wanted;
  if (wanted === null) return value === undefined;
  if (value === undefined) return false;
  const elements = (Array.isArray(value) ? value : [value]) as readonly (string | number | boolean)[];
  return elements.some(element => {
    if (modifier === 'fieldref')
      return String(record[String(wanted)] ?? '\u0000').toLowerCase() === String(element).toLowerCase();
    if (modifier === 're') return new RegExp(String(wanted)).test(String(element));
    if (modifier === 'lt') return Number(element) < Number(wanted);
    if (modifier === 'gte') return Number(element) >= Number(wanted);
    if (typeof element === 'string') return textMatches(String(wanted), element, entry.modifiers);
    return element === wanted;
  });
}

function entryMatches(entry: Entry, record: SampleRecord): boolean {
  const answers = entry.values.map(value => valueMatches(entry, value, record));
  const any = entry.modifiers.includes('all') ? answers.every(Boolean) : answers.some(Boolean);
  return entry.modifiers.includes('neq') ? !any : any;
}

function ruleMatches(rule: RulePlan, record: SampleRecord): boolean {
  const truth = rule.selections.map(selection =>
    selection.kind === 'map'
      ? selection.entries.every(entry => entryMatches(entry, record))
      : selection.maps.some(map => map.every(entry => entryMatches(entry, record))),
  );
  const script = rule.condition
    .replace(/\bs(\d)\b/g, (_, index) => String(truth[Number(index)]))
    .replace('1 of s*', String(truth.some(Boolean)))
    .replace('all of s*', String(truth.every(Boolean)))
    .replaceAll(' and ', '&&')
    .replaceAll(' or ', '||')
    .replaceAll('not ', '!');
  return new Function(`return ${script}`)();
}

function yamlOf(rule: RulePlan): string {
  const map = (entries: readonly Entry[]) =>
    `{${entries.map(({ field, modifiers, values }) => `${JSON.stringify([field, ...modifiers].join('|'))}: ${values.length === 1 ? JSON.stringify(values[0]) : JSON.stringify(values)}`).join(', ')}}`;
  const lines = rule.selections.map((selection, i) =>
    selection.kind === 'map'
      ? `s${i}: ${map(selection.entries)}`
      : `s${i}: [${selection.maps.map(map).join(', ')}]`,
  );
  return [...lines, `condition: ${JSON.stringify(rule.condition)}`].join('\n');
}

const word = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '.'), maxLength: 3 });
const glob = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '*', '?', '.'), maxLength: 3 });

const record: fc.Arbitrary<SampleRecord> = fc
  .record(
    {
      text: word,
      other: word,
      kind: fc.constantFrom('a', 'b'),
      number: fc.integer({ min: 0, max: 3 }),
      flag: fc.boolean(),
      set: fc.array(word, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .map(values => values as SampleRecord);

function listOf<T>(values: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.array(values, { minLength: 1, maxLength: 3 });
}

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    field: fc.constantFrom('text', 'other', 'kind', 'set'),
    modifiers: fc.subarray(['contains', 'cased', 'neq']),
    values: listOf(glob),
  }),
  fc.record({
    field: fc.constantFrom('text', 'set'),
    modifiers: fc.constantFrom(['startswith'], ['endswith'], ['endswith', 'neq'], ['contains', 'all']),
    values: fc.array(glob, { minLength: 2, maxLength: 3 }),
  }),
  fc.record({
    field: fc.constantFrom('text', 'set', 'number'),
    modifiers: fc.constantFrom(['re'], ['re', 'neq']),
    values: listOf(fc.constantFrom('a', '^a', 'b$', '[ab]+', '^$', '1', '^[12]')),
  }),
  fc.record({
    field: fc.constant('number'),
    modifiers: fc.constantFrom([], ['neq']),
    values: listOf(fc.integer({ min: 0, max: 3 })),
  }),
  fc.record({
    field: fc.constant('number'),
    modifiers: fc.constantFrom(['lt'], ['gte']),
    values: listOf(fc.integer({ min: 0, max: 3 })),
  }),
  fc.record({
    field: fc.constant('flag'),
    modifiers: fc.constantFrom([], ['neq']),
    values: listOf(fc.boolean()),
  }),
  fc.record({
    field: fc.constantFrom('text', 'number', 'flag', 'set'),
    modifiers: fc.constant(['exists']),
    values: fc.boolean().map(value => [value]),
  }),
  fc.record({
    field: fc.constantFrom('text', 'number', 'flag', 'set'),
    modifiers: fc.constantFrom([], ['neq']),
    values: fc.constant([null]),
  }),
  fc.record({
    field: fc.constantFrom('text', 'set', 'number'),
    modifiers: fc.constantFrom(['fieldref'], ['fieldref', 'neq']),
    values: fc.constantFrom(['other'], ['kind'], ['number'], ['other', 'kind']),
  }),
);

/** A YAML map has each key once. */
const entries = fc.uniqueArray(entry, {
  minLength: 1,
  maxLength: 3,
  selector: ({ field, modifiers }) => [field, ...modifiers].join('|'),
});

const rulePlan: fc.Arbitrary<RulePlan> = fc.record({
  selections: fc.array(
    fc.oneof<fc.Arbitrary<Plan>[]>(
      entries.map(list => ({ kind: 'map', entries: list })),
      fc.array(entries, { minLength: 1, maxLength: 3 }).map(maps => ({ kind: 'list', maps })),
    ),
    { minLength: 3, maxLength: 3 },
  ),
  condition: fc.constantFrom(
    's0',
    'not s0',
    's0 and s1',
    's0 or s1',
    's0 and not s1',
    's0 or s1 and s2',
    '(s0 or s1) and s2',
    '(s0 or s1) and not (s2 or not s0)',
    'not (s0 and not (s1 or s2)) and s1',
    '1 of s*',
    'all of s*',
    'not 1 of s*',
    's0 and 1 of s*',
  ),
});

describe('evaluate against the oracle', () => {
  it('matches the same rows for any rule and any records', () => {
    fc.assert(
      fc.property(rulePlan, fc.array(record, { maxLength: 40 }), (rule, records) => {
        const expected = records.flatMap((each, row) => (ruleMatches(rule, each) ? [row] : []));
        expect(matches(yamlOf(rule), records)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('matches the same rows when the batch is a part of a larger one', () => {
    fc.assert(
      fc.property(rulePlan, fc.array(record, { minLength: 2, maxLength: 30 }), (rule, records) => {
        const compiled = compileDetection(yamlOf(rule));
        const batch = batchOf(records);
        const odd = Uint32Array.from(records.keys()).filter(row => row % 2 === 1);
        const all = new Set(evaluate(compiled, batch));
        expect([...evaluate(compiled, batch.gather(odd))].map(row => odd[row])).toEqual(
          [...odd].filter(row => all.has(row)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
