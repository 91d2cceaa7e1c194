import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../../src/sigma/encode.ts';
import type { Encoding } from '../../src/sigma/modifiers.ts';
import { ANY, literalText, type Pattern, parsePattern } from '../../src/sigma/pattern.ts';

function texts(value: string, ...encodings: Encoding[]): readonly string[] {
  const result = encode(parsePattern(value), encodings);
  if ('message' in result) throw new Error(result.message);
  return result.map(literalText);
}

describe('encode', () => {
  it('base64: UTF-8, with padding', () => {
    expect(texts('foobar', 'base64')).toEqual(['Zm9vYmFy']);
    expect(texts('é', 'base64')).toEqual(['w6k=']);
  });

  it('base64offset: the three shifts, without what depends on neighbours', () => {
    expect(texts('/bin/sh', 'base64offset')).toEqual(['L2Jpbi9za', '9iaW4vc2', 'vYmluL3No']);
  });

  it('base64offset finds the value wherever it stands', () => {
    const bytes = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 8 });
    fc.assert(
      fc.property(
        bytes,
        fc.string({ unit: 'grapheme', minLength: 3, maxLength: 12 }),
        bytes,
        (before, value, after) => {
          const escaped = value.replace(/[\\*?]/g, '\\$&');
          const variants = texts(escaped, 'base64offset');
          const whole = Buffer.from(before + value + after).toString('base64');
          expect(variants.some(variant => whole.includes(variant))).toBe(true);
        },
      ),
    );
  });

  it('utf16 as the specification shows it', () => {
    const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
    expect(texts('cmd', 'utf16le').map(hex)).toEqual(['63006d006400']);
    expect(texts('cmd', 'utf16be').map(hex)).toEqual(['0063006d0064']);
    expect(texts('cmd', 'utf16').map(hex)).toEqual(['fffe63006d006400']);
  });

  it('utf16 keeps wildcards', () => {
    expect(encode(['a', ANY], ['utf16'])).toEqual([['\u00ff\u00fea\0', ANY]] satisfies Pattern[]);
  });

  it('windash: every dash at the beginning of a word, each of the five characters', () => {
    const five = ['-', '/', '\u2013', '\u2014', '\u2015'];
    expect(texts(' -a', 'windash')).toEqual(five.map(dash => ` ${dash}a`));
    expect(texts('-a-b', 'windash')).toEqual(five.map(dash => `${dash}a-b`));
    expect(texts('-a -b', 'windash')).toHaveLength(25);
    expect(texts('a - b', 'windash')).toEqual(['a - b']);
  });

  it('refuses what cannot be encoded', () => {
    expect(encode(['a', ANY], ['base64'])).toMatchObject({ message: 'base64 cannot encode wildcards' });
    expect(encode(['a'], ['base64offset'])).toMatchObject({
      message: 'this value is too short for base64offset',
    });
    expect(encode([' -a'.repeat(5000)], ['windash'])).toMatchObject({
      message: expect.stringContaining('625'),
    });
  });
});
