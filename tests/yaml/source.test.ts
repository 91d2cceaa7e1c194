import { describe, expect, it } from 'vitest';
import { ProblemList, quote, sourceText } from '../../src/yaml/source.ts';

describe('sourceText', () => {
  it('leaves long lines out and makes control characters harmless', () => {
    const source = sourceText('rule.yml', `a\u001b[31m: 1\r\n${'x'.repeat(500)}`);
    expect(source.problem(0, 'm').source).toBe('a·[31m: 1');
    expect(source.problem(13, 'm').source).toBeUndefined();
    expect(source.problem(13, 'm')).toMatchObject({ line: 2, column: 3 });
  });

  it('quotes names short and harmless', () => {
    expect(quote('a\u001b\u202eb')).toBe('"a\\u{1b}\\u{202e}b"');
    expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(80)}…"`);
  });
});

describe('ProblemList', () => {
  it('stops at a hundred and says so', () => {
    const problems = new ProblemList();
    for (let i = 0; i < 500; i++) problems.add({ message: 'x', file: 'rule.yml' });
    expect(problems.list).toHaveLength(101);
    expect(problems.list[100]!.message).toBe('more than 100 problems; the rest is not shown');
  });
});
