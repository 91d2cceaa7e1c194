/**
 * The index may leave out only rules that match nothing: for any rules and records, evaluating its candidates finds what
 * evaluating every rule finds. And what a regular expression is said to need is in everything it matches.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/model/regex.ts';
import { evaluate } from '../../src/sigma/evaluate.ts';
import { needsOf, regexLiteral } from '../../src/sigma/needs.ts';
import { RuleIndex } from '../../src/sigma/rule-index.ts';
import { batchOf, compileDetection } from './support.ts';

/** Few letters, so that values and texts meet; with some that change in lower case. */
const letters = fc.constantFrom('a', 'b', 'A', 'B', 'ß', 'İ', 'Σ', 'ς', 'K', '.', '-', '1');
const text = fc.string({ unit: letters, maxLength: 10 });
const value = fc
  .tuple(text, fc.constantFrom('', '*', '?'), text)
  .map(parts => parts.join(''))
  .filter(all => all !== '');

const item = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('text', 'list'),
      fc.constantFrom('', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|neq'),
      fc.array(value, { minLength: 1, maxLength: 3 }),
    )
    .map(([field, modifiers, values]) => `${field}${modifiers}: ${JSON.stringify(values)}`),
  fc
    .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 })
    .map(numbers => `number: ${JSON.stringify(numbers)}`),
  fc.constantFrom('number|gt: 2', 'number|contains: 1', 'number: null', 'text|exists: true', 'flag: true'),
  fc
    .constantFrom('ab+a', 'b[ab]a.b', '(?:ab|ba)aab', 'a|b', 'abb?a', 'bab{0,2}aa')
    .map(regex => `text|re: '${regex}'`),
  fc.tuple(value, value).map(([a, b]) => `text|contains|all: ${JSON.stringify([a, `${b}a`])}`),
  fc.constantFrom('ab', 'ABa', 'k.*ab').map(regex => `text|re|i: '${regex}'`),
);

const detection = fc
  .tuple(
    fc.array(item, { minLength: 1, maxLength: 3 }),
    fc.array(item, { minLength: 1, maxLength: 2 }),
    fc.constantFrom('a', 'a and b', 'a or b', 'a and not b', 'not a', '1 of them', 'not (a or not b)'),
  )
  .map(([a, b, condition]) => {
    const selection = (items: readonly string[]): string =>
      [...new Map(items.map(each => [each.split(':')[0], each])).values()]
        .map(each => `\n  ${each}`)
        .join('');
    return `a:${selection(a)}\nb:${selection(b)}\ncondition: ${condition}`;
  });

const record = fc.record(
  {
    text,
    list: fc.array(text, { maxLength: 3 }),
    number: fc.integer({ min: 0, max: 12 }),
    flag: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('the index of rules', () => {
  it('loses no match', () => {
    let left = 0;
    fc.assert(
      fc.property(
        fc.array(detection, { minLength: 1, maxLength: 6 }),
        fc.array(record, { minLength: 1, maxLength: 8 }),
        (detections, records) => {
          const rules = detections.map(each => compileDetection(each));
          const batch = batchOf(records);
          const candidates = new RuleIndex(rules).candidates(batch);
          left += rules.length - candidates.length;
          for (const rule of rules) {
            const expected = [...evaluate(rule, batch)];
            if (!candidates.includes(rule)) expect(expected).toEqual([]);
          }
          expect(candidates).toEqual(rules.filter(rule => candidates.includes(rule)));
        },
      ),
      { numRuns: 500 },
    );
    expect(left).toBeGreaterThan(100);
  });

  it('leaves out what cannot match, of thousands of rules', () => {
    const rules = Array.from({ length: 2000 }, (_, i) =>
      compileDetection(`a:\n  text|contains: 'word${i}x'\n  number: 1\ncondition: a`),
    );
    const index = new RuleIndex(rules);
    expect(index.candidates(batchOf([{ text: 'a WORD17x b', number: 1 }]))).toEqual([rules[17]]);
    expect(index.candidates(batchOf([{ text: 'nothing', number: 1 }]))).toEqual([]);
    expect(index.candidates(batchOf([{ number: 1 }]))).toEqual([]);
  });

  it('takes the part of an "and" that is met least', () => {
    const needs = (body: string) => needsOf(compileDetection(body).condition);
    expect(needs("a:\n  number: 1\n  text|contains: 'longer-text'\ncondition: a")).toEqual([
      { field: 'text', kind: 'part', text: 'longer-text' },
    ]);
    expect(needs("a:\n  text|contains: 'ab'\ncondition: a")).toBeUndefined();
    expect(needs('a:\n  number: 1\ncondition: not a')).toBeUndefined();
  });
});

describe('text that a regular expression needs', () => {
  it.each([
    ['evil\\.example', 'evil.example'],
    ['^/cgi-bin/(?:a|b)longer[0-9]+x$', '/cgi-bin/'],
    ['abcd+ef', 'abcd'],
    ['abcd?ef', 'abc'],
    ['abcd{0}efgh', 'efgh'],
    ['abc|def', undefined],
    ['(abc|def)', undefined],
    ['[abc]def\\dgh', 'def'],
    ['[]abc]def', 'def'],
    ['[^]abc]def', 'def'],
    ['[[:alpha:]]def', 'def'],
    ['a\\x41bcd', 'bcd'],
    ['\\x{41}bcd\\012efgh', 'efgh'],
    ['\\wabc{0,1}def', 'def'],
    ['\\Qa.b\\Edef', undefined],
    ['(?i)desk', undefined],
    ['ab', undefined],
  ])('%s: %s', (pattern, literal) => {
    expect(regexLiteral(pattern, false)).toBe(literal);
  });

  it('is in everything the expression matches', () => {
    // Pieces of expressions, and texts that they match.
    const pieces: readonly (readonly [string, ...string[]])[] = [
      ['a', 'a'],
      ['b', 'b'],
      ['K', 'K', 'k', '\u212a'],
      ['\\.', '.'],
      ['.', 'c', 'K'],
      ['[abk]', 'a', 'k'],
      ['[^]a]', 'b'],
      ['(ab)', 'ab'],
      ['(?:a|cab)', 'a', 'cab'],
      ['a*', '', 'aa'],
      ['b+', 'b', 'bbb'],
      ['c?', '', 'c'],
      ['b{2}', 'bb'],
      ['a{0,1}', '', 'a'],
      ['\\w', 'a'],
      ['\\x61', 'a'],
      ['|', ''],
    ];
    const piece = fc
      .constantFrom(...pieces)
      .chain(([regex, ...texts]) => fc.constantFrom(...texts).map(matched => ({ regex, matched })));
    let matched = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 3, maxLength: 9 }), fc.boolean(), (parts, fold) => {
        const pattern = parts.map(({ regex }) => regex).join('');
        const subject = `x${parts.map(part => part.matched).join('')}y`;
        const test = compileRegex(pattern, fold ? 'i' : '');
        const literal = regexLiteral(pattern, fold);
        if (typeof test !== 'function' || literal === undefined || !test(subject)) return;
        matched++;
        expect(subject.toLowerCase()).toContain(literal);
      }),
      { numRuns: 4000 },
    );
    expect(matched).toBeGreaterThan(30);
  });
});
