/** Rule files that were written to hurt: clear errors, and work in proportion to the text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { toMedtap } from '../../src/sigma/convert.ts';
import { NO_MAPPING } from '../../src/sigma/field-mapping.ts';
import { loadRules } from '../../src/sigma/load.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { parseSiteConfig } from '../../src/sigma/site-config.ts';
import { compileDocuments, correlationText, kindRule } from './correlation-support.ts';
import { detectionProblems, matches, ruleText, SCHEMAS } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const errors = (text: string): readonly string[] =>
  parseRuleFile('rule.yml', text, false).errors.map(problem => problem.message);

/** Nine levels of nine aliases each: 9^9 values when they are followed. */
const BOMB = Array.from({ length: 9 }, (_, i) =>
  i === 0
    ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
    : `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
).join('\n');

describe('hostile rule files', () => {
  it('of ten megabytes are not read', () => {
    writeFileSync(join(folder, 'big.yml'), 'a'.repeat(10 << 20));
    const load = () => loadRules([{ path: folder, foreign: false }]);
    expect(load).toThrow(UserError);
    expect(load).toThrow('larger than 1048576 bytes');
  });

  it('with a list of a hundred thousand values are refused by name of the limit', () => {
    const list = `[${Array.from({ length: 100_000 }, (_, i) => i).join(',')}]`;
    const messages = errors(ruleText(`sel: {number: ${list}}\ncondition: sel`));
    expect(messages).toEqual([expect.stringMatching(/^more than \d+ (values|YAML tokens)$/)]);
  });

  it('with a list of twenty thousand values load', () => {
    const list = `[${Array.from({ length: 20_000 }, (_, i) => i).join(',')}]`;
    expect(errors(ruleText(`sel: {number: ${list}}\ncondition: sel`))).toEqual([]);
  });

  it('with an alias bomb are refused, in rules, correlations, filters and configuration', () => {
    const limit = expect.stringMatching(/^more than \d+ (aliases|values)$/);
    for (const key of ['detection', 'correlation', 'filter']) {
      expect(errors(`title: x\n${BOMB}\n${key}: {rules: *a8, sel: *a8, condition: sel}\nmedtap: {}`)).toEqual(
        [limit],
      );
    }
    expect(() => parseSiteConfig('medtap.yml', `${BOMB}\nlists: {x: *a8}`)).toThrow(
      /more than \d+ (aliases|values)/,
    );
  });

  it('with __proto__ for a key change nothing but give an error', () => {
    const rule = ruleText('__proto__: {text: a}\nsel: {__proto__: a}\ncondition: sel and __proto__');
    expect(() => compileDocuments([rule])).toThrow('no field "__proto__"');
    expect(({} as Record<string, unknown>)['text']).toBeUndefined();
    expect(errors('title: x\n__proto__: {level: high}\nmedtap: {__proto__: 1}')).toContain(
      'unknown key "__proto__" in the rule',
    );
  });

  it('with a thousand correlations in one circle are refused', () => {
    const name = (i: number) => `c${i}`;
    const documents = Array.from({ length: 1000 }, (_, i) =>
      correlationText(name(i), `{type: temporal, rules: [${name((i + 1) % 1000)}, a], timespan: 5s}`).replace(
        /id: .*/,
        `id: 00000000-0000-4000-9000-${String(i).padStart(12, '0')}`,
      ),
    );
    expect(() => compileDocuments([...documents, kindRule('a')])).toThrow(UserError);
  });

  it.each(['(a+)+$', '(a|aa)+$', '(a|a?)+$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'with a pattern that makes others backtrack for ever match in linear time: %s',
    pattern => {
      const records = [{ text: `${'a'.repeat(30_000)}!` }];
      const started = performance.now();
      matches(`sel:\n  text|re: '${pattern}'\ncondition: sel`, records);
      expect(performance.now() - started).toBeLessThan(5000);
    },
  );

  it('with patterns too large to compile are refused with their place', () => {
    const problems = detectionProblems("sel:\n  text|re: '((a{1000}){1000}){1000}'\ncondition: sel");
    expect(problems[0]).toMatch(/^rule\.yml:9:\d+: /);
  });

  it('a site list of a hundred thousand values is one test per value, not one per record and value', () => {
    const lists = new Map([['many', Array.from({ length: 100_000 }, (_, i) => `h${i}.example`)]]);
    const records = Array.from({ length: 2000 }, (_, i) => ({ text: `h${i * 100}.example` }));
    const started = performance.now();
    const found = matches("sel:\n  text|expand: '%many%'\ncondition: sel", records, { lists });
    expect(found).toHaveLength(1000);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('control characters of a rule do not reach a terminal, and carets stay in their column', () => {
    const [problem = ''] = detectionProblems('sel: {"te\\e[31m\u202ext": a}\ncondition: sel');
    const unsafe = [...problem].filter(char => char !== '\n' && /[\p{Cc}\p{Cf}]/u.test(char));
    expect([unsafe, problem.split('\n').length]).toEqual([[], 3]);
  });

  it('with two thousand documents are converted in proportion to their text', () => {
    const context = {
      schemas: SCHEMAS,
      mapping: NO_MAPPING,
      newId: () => '929a690e-bef0-4204-a928-ef5e620d6fcc',
    };
    const text = Array.from(
      { length: 2000 },
      (_, i) =>
        `title: T${i}\nx${i}: {a: b}\ny: [1,\n  2]\nlogsource: {service: sample}\ndetection: {s: {text: a}, condition: s}`,
    ).join('\n---\n');
    const started = performance.now();
    const { text: ours } = toMedtap('f.yml', text, context);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(parseRuleFile('f.yml', ours, true).errors).toEqual([]);
    expect(ours.match(/^medtap: \{\}$/gm)).toHaveLength(2000);
  });
});
