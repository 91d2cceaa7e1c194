import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/model/regex.ts';

function test(pattern: string, flags = ''): (text: string) => boolean {
  const compiled = compileRegex(pattern, flags);
  if (typeof compiled !== 'function') throw new Error(compiled.message);
  return compiled;
}

describe('compileRegex', () => {
  it.each([
    ['abc', 'xabcx', true],
    ['^abc', 'abcx', true],
    ['^abc', 'xabc', false],
    ['abc$', 'xabc', true],
    ['abc$', 'abcx', false],
    ['^abc$', 'abc', true],
    ['^abc$', 'abcabc', false],
    ['a\\.c', 'a.c', true],
    ['a\\.c', 'abc', false],
    ['a\\-c', 'a-c', true],
    ['', 'anything', true],
    ['^$', '', true],
    ['^$', 'x', false],
    ['\\d{3}', 'a123', true],
    ['(a|b)+c', 'abac', true],
    ['[^a-z]', 'abc', false],
  ])('%s on %s', (pattern, text, expected) => {
    expect(test(pattern)(text)).toBe(expected);
  });

  it('gives literals the meaning they have as regular expressions', () => {
    const unit = fc.constantFrom('a', 'b', '\\.', '\\$', '-', ' ', '\\\\', '/', '"', '<');
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '.', '$', '-', ' ', '\\', '/', '"', '<'),
      maxLength: 6,
    });
    const pattern = fc
      .tuple(fc.boolean(), fc.array(unit, { maxLength: 3 }), fc.boolean())
      .map(([start, units, end]) => `${start ? '^' : ''}${units.join('')}${end ? '$' : ''}`);
    fc.assert(
      fc.property(pattern, text, (source, value) => {
        expect(test(source)(value)).toBe(new RegExp(source).test(value));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['(', 'bad regular expression: missing closing )', undefined],
    ['a(?=b)', 'bad regular expression', 'look-around is not available'],
    ['(?<!a)b', 'bad regular expression', 'look-around is not available'],
    ['(a)\\1', 'bad regular expression', 'back-references are not available'],
    ['a{2000}', 'bad regular expression', 'a repetition is at most 1000'],
    ['x{900}y{900}z{900}', 'the regular expression is too large', 'split it'],
    ['a'.repeat(5000), 'the regular expression is too large', 'split it'],
  ])('refuses %s', (pattern, message, hint) => {
    const result = compileRegex(pattern, '');
    expect(result).toMatchObject({ message: expect.stringContaining(message) });
    if (hint !== undefined) expect(result).toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it.each(['(a+)+$', '(a|aa)+$', '(.*a){20}b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a?){50}a{50}c'])(
    '%s takes linear time',
    pattern => {
      const matches = test(pattern);
      const start = performance.now();
      expect(matches(`${'a'.repeat(300_000)}!`)).toBe(false);
      expect(performance.now() - start).toBeLessThan(2000);
    },
  );
});
