import { describe, expect, it } from 'vitest';
import { readTree } from '../../src/devices/yaml-tree.ts';
import { type Problem, UserError } from '../../src/errors.ts';

/** What is wrong with a text: `line:column message`. */
function problems(text: string): string[] {
  return wrong(text).map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function wrong(text: string): readonly Problem[] {
  try {
    readTree('x.yml', text);
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
  throw new Error('nothing is wrong with it');
}

describe('readTree', () => {
  it('gives values and places', () => {
    const text = 'a: 1\nb:\n  - x\n  - {c: true}\nd:\n';
    const { root: tree } = readTree('x.yml', text);
    expect(JSON.stringify(tree.value)).toBe('{"a":1,"b":["x",{"c":true}]}');
    const b = tree.children.get('b');
    expect([b?.keyAt, b?.at, b?.children.get(0)?.at]).toEqual([5, 10, 12]);
    expect(b?.children.get(1)?.children.get('c')?.at).toBe(text.indexOf('true'));
    expect(tree.children.get('d')?.value).toBeNull();
  });

  it.each([
    [
      'a: [1',
      '1:6 not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: 1\na: 2', '2:1 the key "a" is given twice'],
    ['a: 1\n---\nb: 2', '3:1 a second document begins here; an inventory is one'],
    ['__proto__: {x: 1}', '1:1 the key "__proto__" cannot be used'],
    ['? [a]\n: 1', '1:3 a key must be plain text'],
    ['a: *b', '1:4 no anchor named "b" before this alias'],
    ['a: &b [*b]', '1:8 no anchor named "b" before this alias'],
    ['a: !!binary aGk=', '1:4 not valid YAML: unresolved tag: tag:yaml.org,2002:binary'],
    ['a: "\\q"', '1:5 not valid YAML: invalid escape sequence \\q'],
    ['a:\n\t- b', '2:1 not valid YAML: tabs are not allowed as indentation'],
  ])('rejects %j', (text, problem) => expect(problems(text)[0]).toBe(problem));

  it('rejects an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(problems(lines.join('\n'))[0]).toContain('more than 1000 aliases');
  });

  it.each([
    ['lists', '- '.repeat(500_000)],
    ['flow lists', '['.repeat(1_000_000)],
    ['flow maps', '{a: '.repeat(500_000)],
    ['keys', '? '.repeat(500_000)],
    ['indentation', Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('rejects %s nested without end', (_, text) => {
    expect(problems(text)[0]).toMatch(/nested more than 16 deep$/);
  });

  it('rejects more words than an inventory has', () => {
    expect(problems(`[${'1,'.repeat(1_300_000)}]`)[0]).toMatch(/more than 2500000 YAML tokens$/);
  });

  it('stops listing problems at a hundred', () => {
    const text = Array.from({ length: 300 }, () => 'a: 1').join('\n');
    const found = problems(text);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toContain('more than 100 problems; the rest is not shown');
  });

  it('shows no control characters and no overlong lines of the file', () => {
    const text = `a: 1\na: "\u009b31m"\na: ${'x'.repeat(300)}`;
    expect(wrong(text).map(problem => problem.source)).toEqual(['a: "·31m"', undefined]);
  });
});
