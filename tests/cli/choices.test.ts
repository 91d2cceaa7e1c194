import { describe, expect, test } from 'vitest';
import { oneOf, repeated, someOf } from '../../src/cli/choices.ts';
import { outputOption } from '../../src/cli/outputs.ts';

describe('choices', () => {
  const level = oneOf(['critical', 'high', 'medium']);
  const streams = someOf(['conn', 'dns', 'http']);

  test('take what is on the list', () => {
    expect(level('high')).toBe('high');
    expect(streams('dns, conn,')).toEqual(['dns', 'conn']);
    expect(streams('http', ['dns'])).toEqual(['dns', 'http']);
    expect(repeated('b', ['a'])).toEqual(['a', 'b']);
  });

  test('a slip gets the nearest value, and the list', () => {
    expect(() => level('hihg')).toThrow('Did you mean high? Allowed: critical, high, medium.');
    expect(() => streams('conn,dnss')).toThrow('Did you mean dns?');
    expect(() => level('zzzzzzzz')).toThrow(/^Allowed: /);
  });
});

describe('--output', () => {
  const parse = outputOption(['text', 'json']);

  test('a path takes the format of --format, FORMAT=PATH its own', () => {
    expect(parse('report.txt')).toEqual([{ format: undefined, path: 'report.txt' }]);
    expect(parse('json=r.json', parse('-'))).toEqual([
      { format: undefined, path: '-' },
      { format: 'json', path: 'r.json' },
    ]);
  });

  test('an equals sign in a path is no format', () => {
    expect(parse('out/a=b.json')).toEqual([{ format: undefined, path: 'out/a=b.json' }]);
    expect(parse('./jsn=r.json')).toEqual([{ format: undefined, path: './jsn=r.json' }]);
  });

  test('a slip in the format is an error', () => {
    expect(() => parse('jsn=r.json')).toThrow('Did you mean json=r.json?');
    expect(() => parse('json=')).toThrow('There is no file name.');
    expect(() => parse('')).toThrow('There is no file name.');
  });
});
