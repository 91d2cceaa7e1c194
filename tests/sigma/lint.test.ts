import { describe, expect, it } from 'vitest';
import { NO_MAPPING } from '../../src/sigma/field-mapping.ts';
import { lintRule } from '../../src/sigma/lint.ts';
import { parseRules, ruleText, SCHEMAS } from './support.ts';

function lint(detection: string, tested = true): readonly string[] {
  const context = {
    schemas: SCHEMAS,
    mapping: NO_MAPPING,
    missingTests: () => (tested ? [] : ['no tests in x']),
  };
  return parseRules(ruleText(detection)).flatMap(rule =>
    lintRule(rule, context).map(({ line, message, severity }) => {
      expect(severity).toBe('warning');
      return `${line}: ${message}`;
    }),
  );
}

const TWO = 'a: {text: x}\nb: {other: y}\n';

describe('lintRule', () => {
  it.each([
    ['a and not a', `${TWO}condition: a and not a or b and not b`, ['8: the condition can never hold']],
    [
      'two values of one text',
      'a: {text: x}\nb: {text: [y, Z]}\ncondition: a and b',
      ['8: the condition can never hold'],
    ],
    ['a or not a', `${TWO}condition: a or b or not a`, ['8: the condition always holds']],
    [
      'a selection inside another',
      `${TWO}condition: a or (a and b)`,
      ['9: the selection "b" makes no difference to the condition'],
    ],
    [
      'a filter of what cannot be there',
      'a: {text: x}\nb: {text: y}\ncondition: a and not b',
      ['9: the selection "b" makes no difference to the condition'],
    ],
  ])('warns of %s', (_, detection, expected) => {
    expect(lint(detection)).toEqual(expected);
  });

  it.each([
    ['values that share one', 'a: {text: [x, y]}\nb: {text: [Y, z]}\ncondition: a and b'],
    ['elements of a list', 'a: {set: x}\nb: {set: y}\ncondition: a and b'],
    ['wildcards', 'a: {text: x*}\nb: {text: xy}\ncondition: a and b'],
    ['modifiers', 'a: {text|contains: x}\nb: {text: y}\ncondition: a and b'],
    ['numbers', 'a: {number: 1}\nb: {number: 1.0}\ncondition: a and b'],
    ['alternatives', 'a: [{text: x}, {text: y}]\nb: {text: y}\ncondition: a and b'],
    ['an ordinary filter', `${TWO}condition: a and not b`],
  ])('does not warn of %s', (_, detection) => {
    expect(lint(detection)).toEqual([]);
  });

  it.each([
    ['the same value twice', '{text: [x, y, X]}', ['"X" is given twice']],
    [
      'bounds without a number between',
      '{number|gt: 5, number|lt: 3}',
      ['no number fits: number must be from 5 and up to 3'],
    ],
    [
      'a number outside of bounds',
      '{double: 7, double|lte: 3.5}',
      ['no number fits: double must be from 7 and up to 3.5'],
    ],
    [
      'absent with a value',
      '{text: null, text|contains: a}',
      ['text must be absent and have a value at once'],
    ],
    [
      'absent in another way',
      '{text|exists: false, text|startswith: a}',
      ['text must be absent and have a value at once'],
    ],
    [
      'all of several values',
      '{text|all: [x, y]}',
      ['text has one value, and cannot be equal to several at once'],
    ],
    [
      'a wildcard that matches all',
      '{text: [x, "*"]}',
      ['"*" matches every value: the others make no difference'],
    ],
  ])('warns inside a selection of %s', (_, selection, expected) => {
    expect(lint(`sel: ${selection}\ncondition: sel`)).toEqual(expected.map(message => `8: ${message}`));
  });

  it.each([
    '{text|cased: [x, X]}',
    '{number|gt: 3, number|lt: 5}',
    '{ts|hour|gte: 22, ts|weekday: 1}',
    '{set|all: [x, y]}',
    '{text|all: [x*, "*y"]}',
    '{text: x, text|neq: null}',
    '{text|contains|all: [x, y]}',
    '{text|re: [a, A]}',
  ])('has nothing to say of %s', selection => {
    const known = selection.replace('weekday', 'day');
    expect(lint(`sel: ${known}\ncondition: sel`)).toEqual([]);
  });

  it('leaves large conditions alone', () => {
    const names = Array.from({ length: 13 }, (_, i) => `s${i}`);
    const detection = `${names.map(name => `${name}: {text: x}`).join('\n')}\ncondition: s0 and not s0 and all of them`;
    expect(lint(detection)).toEqual([]);
  });

  it('warns of a rule without tests', () => {
    expect(lint('a: {text: x}\ncondition: a', false)).toEqual(['1: the rule has no tests in x']);
  });
});
