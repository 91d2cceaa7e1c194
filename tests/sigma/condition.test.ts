import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src/sigma/condition.ts';
import type { Condition } from '../../src/sigma/rule.ts';
import { sourceText } from '../../src/yaml/source.ts';
import type { ScalarNode } from '../../src/yaml/tree.ts';

const NAMES = ['a', 'b', 'c', 'sel_one', 'sel_two', 'filter_x', '_hidden', '_hidden2'];

function parse(text: string, names: readonly string[] = NAMES) {
  const node: ScalarNode = { kind: 'scalar', value: text, text, at: 0 };
  return parseCondition(node, names, sourceText('rule.yml', text));
}

/** The condition with all brackets, so that precedence can be read. */
function bracketed(condition: Condition): string {
  if (condition.kind === 'selection') return condition.name;
  if (condition.kind === 'not') return `!${bracketed(condition.part)}`;
  return `(${condition.parts.map(bracketed).join(condition.kind === 'and' ? ' & ' : ' | ')})`;
}

function shape(text: string): string {
  const { condition, problems } = parse(text);
  if (condition === undefined) throw new Error(problems[0]!.message);
  return bracketed(condition);
}

describe('parseCondition', () => {
  it.each([
    ['a', 'a'],
    ['a and b', '(a & b)'],
    ['a or b and c', '(a | (b & c))'],
    ['a and b or c', '((a & b) | c)'],
    ['a and b and c', '(a & b & c)'],
    ['not a and b', '(!a & b)'],
    ['not (a and b)', '!(a & b)'],
    ['a and not b or c', '((a & !b) | c)'],
    ['not not a', '!!a'],
    ['(a or b) and c', '((a | b) & c)'],
    ['((a))', 'a'],
    ['a and(b or c)', '(a & (b | c))'],
    ['A AND b'.replace('A', 'a'), '(a & b)'],
    ['a Or NOT b', '(a | !b)'],
    ['1 of sel_*', '(sel_one | sel_two)'],
    ['any of sel_*', '(sel_one | sel_two)'],
    ['all of sel_*', '(sel_one & sel_two)'],
    ['1 of them', '(a | b | c | sel_one | sel_two | filter_x)'],
    ['all of them', '(a & b & c & sel_one & sel_two & filter_x)'],
    ['ALL OF THEM', '(a & b & c & sel_one & sel_two & filter_x)'],
    ['1 of *', '(a | b | c | sel_one | sel_two | filter_x)'],
    ['1 of *_*', '(sel_one | sel_two | filter_x)'],
    ['1 of s*o*', '(sel_one | sel_two)'],
    ['all of _hid*', '(_hidden & _hidden2)'],
    ['1 of filter*', 'filter_x'],
    ['1 of a', 'a'],
    ['_hidden', '_hidden'],
    ['not 1 of sel_* and a', '(!(sel_one | sel_two) & a)'],
    ['a\n  and b', '(a & b)'],
  ])('reads %j', (text, expected) => {
    expect(shape(text)).toBe(expected);
  });

  it('takes "all" and "any" as names where no "of" follows', () => {
    const { condition } = parse('all and any', ['all', 'any']);
    expect(bracketed(condition!)).toBe('(all & any)');
  });

  it('says which selections are used', () => {
    expect([...parse('1 of sel_* and not a').used]).toEqual(['sel_one', 'sel_two', 'a']);
  });

  it.each([
    ['', 1, 'the condition ends where a selection was expected'],
    ['a and', 6, 'the condition ends where a selection was expected'],
    ['and a', 1, 'a selection was expected, not "and"'],
    ['a b', 3, '"and" or "or" is missing before "b"'],
    ['a and or b', 7, 'a selection was expected, not "or"'],
    ['(a and b', 1, 'this bracket is never closed'],
    ['a and b)', 8, 'this bracket was never opened'],
    ['()', 2, 'a selection was expected, not ")"'],
    ['a and sel_on', 7, 'no selection named "sel_on"'],
    ['1 of nope*', 6, 'no selection matches "nope*"'],
    ['1 of', 5, 'after "of" a name pattern or "them" was expected'],
    ['2 of sel_*', 1, '"2" of is not known'],
    ['a | count() > 5', 3, 'aggregation after "|" is no longer part of Sigma'],
    ['them', 1, 'a selection was expected, not "them"'],
    ['not', 4, 'the condition ends where a selection was expected'],
  ])('refuses %j at column %i', (text, column, message) => {
    const { condition, problems } = parse(text);
    expect(condition).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line: 1, column, message });
  });

  it('suggests the nearest selection, or names them all', () => {
    expect(parse('sel_on').problems[0]!.hint).toBe('did you mean sel_one?');
    expect(parse('somethingelse', ['a', 'b']).problems[0]!.hint).toBe('selections here: "a", "b"');
    expect(parse('x', []).problems[0]!.hint).toBe('the rule has no selections');
  });

  it('is bounded in depth and length', () => {
    const message = (text: string) => parse(text).problems[0]!.message;
    expect(message(`${'('.repeat(5000)}a`)).toBe('nested more than 64 deep');
    expect(message(`${'not '.repeat(2000)}a`)).toBe('nested more than 64 deep');
    expect(message(`a${' and a'.repeat(2000)}`)).toBe('a condition is at most 8192 characters long');
    expect(shape(`${'('.repeat(60)}a${')'.repeat(60)}`)).toBe('a');
  });

  it('evaluates as JavaScript would', () => {
    const leaf = fc.constantFrom('a', 'b', 'c');
    const { text } = fc.letrec<{ text: string; inner: string }>(tie => ({
      text: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        leaf,
        fc.tuple(tie('text'), fc.constantFrom(' and ', ' or '), tie('text')).map(parts => parts.join('')),
        tie('inner').map(inner => `not ${inner}`),
        tie('inner'),
      ),
      inner: fc.oneof(
        leaf,
        tie('text').map(text => `(${text})`),
      ),
    }));
    const truth = (condition: Condition, values: Readonly<Record<string, boolean>>): boolean => {
      if (condition.kind === 'selection') return values[condition.name]!;
      if (condition.kind === 'not') return !truth(condition.part, values);
      const parts = condition.parts.map(part => truth(part, values));
      return condition.kind === 'and' ? parts.every(Boolean) : parts.some(Boolean);
    };
    fc.assert(
      fc.property(
        text,
        fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() }),
        (source, values) => {
          const script = source.replaceAll(' and ', '&&').replaceAll(' or ', '||').replaceAll('not ', '!');
          const expected = new Function('a', 'b', 'c', `return ${script}`)(values.a, values.b, values.c);
          expect(truth(parse(source).condition!, values)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
