import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY, anchored, compilePatterns, ONE, type Pattern, parsePattern } from '../../src/sigma/pattern.ts';

describe('parsePattern', () => {
  it.each<[string, Pattern]>([
    ['plain', ['plain']],
    ['', []],
    ['a*b?c', ['a', ANY, 'b', ONE, 'c']],
    ['**', [ANY]],
    ['??', [ONE, ONE]],
    ['\\*', ['*']],
    ['\\?', ['?']],
    // The table of the specification, "Escape Character".
    ['C:\\Windows', ['C:\\Windows']],
    ['C:\\\\Windows', ['C:\\Windows']],
    ['\\\\*', ['\\', ANY]],
    ['\\\\\\*', ['\\*']],
    ['\\\\\\\\', ['\\\\']],
    ['\\\\\\x', ['\\\\x']],
    ['\\\\*\\IPC$', ['\\', ANY, '\\IPC$']],
    ['end\\', ['end\\']],
  ])('reads %j', (text, pattern) => {
    expect(parsePattern(text)).toEqual(pattern);
  });
});

describe('anchored', () => {
  it('adds wildcards only where there is none', () => {
    expect(anchored(['a'], 'contains')).toEqual([ANY, 'a', ANY]);
    expect(anchored([ANY, 'a'], 'contains')).toEqual([ANY, 'a', ANY]);
    expect(anchored(['a'], 'startswith')).toEqual(['a', ANY]);
    expect(anchored(['a'], 'endswith')).toEqual([ANY, 'a']);
    expect(anchored(['a'], 'equals')).toEqual(['a']);
    expect(anchored([], 'contains')).toEqual([ANY]);
  });
});

/** The same match, written the slow and obvious way. */
function obvious(pattern: Pattern, text: string): boolean {
  const units = pattern.flatMap<string | symbol>(part =>
    typeof part === 'string' ? part.split('') : [part],
  );
  let reachable = new Set([0]);
  for (const unit of units) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (unit === ANY) for (let to = at; to <= text.length; to++) next.add(to);
      else if (at < text.length && (unit === ONE || unit === text[at])) next.add(at + 1);
    }
    reachable = next;
  }
  return reachable.has(text.length);
}

describe('compilePatterns', () => {
  it('matches as the obvious matcher does', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 }).map(parsePattern);
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), text, (patterns, value) => {
        expect(compilePatterns(patterns, false)(value)).toBe(patterns.some(each => obvious(each, value)));
      }),
      { numRuns: 3000 },
    );
  });

  it('folds the patterns when asked', () => {
    expect(compilePatterns([['AbC', ANY]], true)('abcd')).toBe(true);
    expect(compilePatterns([['AbC', ANY]], false)('abcd')).toBe(false);
  });

  it('matches nothing without patterns', () => {
    expect(compilePatterns([], false)('')).toBe(false);
  });

  it('stays fast on a pattern and text made to backtrack', () => {
    const test = compilePatterns([parsePattern(`${'*a'.repeat(200)}*b`)], false);
    const start = performance.now();
    expect(test('a'.repeat(200_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
