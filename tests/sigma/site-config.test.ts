import { describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../src/errors.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { compileCorrelations } from '../../src/sigma/compile-correlation.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { applyOverrides, mergeLists, parseSiteConfig } from '../../src/sigma/site-config.ts';
import { correlationText, idOf, kindRule } from './correlation-support.ts';
import { SCHEMAS } from './support.ts';

const DOCUMENTS = [
  correlationText('corr', '{type: temporal, rules: [a, b], timespan: 5s}'),
  ...['a', 'b', 'c'].map(kindRule),
  kindRule('d').replace('medtap: {}', 'medtap: {level-by: {flag: {true: critical}}}'),
];

function apply(config: string) {
  const { documents } = parseRuleFile('rule.yml', DOCUMENTS.join('\n---\n'), false);
  const rules = documents.filter(document => document.kind === 'rule');
  const correlations = documents.filter(document => document.kind === 'correlation');
  const compiled = compileRules(rules, SCHEMAS, { lists: undefined });
  const correlated = compileCorrelations(correlations, rules, compiled);
  return applyOverrides(
    { rules: compiled.rules, ...correlated },
    [...rules, ...correlations],
    parseSiteConfig('medtap.yml', config),
  );
}

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
}

describe('overrides', () => {
  it('set the level of a rule, in place of its level-by', () => {
    const { rules } = apply(`rules: {d: {level: high}, ${idOf('c')}: {level: medium}}`);
    const info = (name: string) => rules.find(rule => rule.info.name === name)!.info;
    expect([info('d').level, [...info('d').levelBy], info('c').level, info('a').level]).toEqual([
      'high',
      [],
      'medium',
      'low',
    ]);
  });

  it('disable a rule; one that a correlation needs stays and is silent', () => {
    const { rules, silent } = apply('rules: {a: {disabled: true}, c: {disabled: true, reason: noise}}');
    expect(rules.map(rule => rule.info.name)).toEqual(['a', 'b', 'd']);
    expect([...silent].sort()).toEqual([idOf('a'), idOf('b'), idOf('c')].sort());
  });

  it('disable a correlation', () => {
    expect(apply('rules: {corr: {disabled: true}}').correlations).toEqual([]);
  });

  it('of rules that nobody knows are errors, all at once, with place and suggestion', () => {
    expect(problem(() => apply('rules:\n  cor: {level: low}\n  zzzzzz: {level: low}\n'))).toBe(
      [
        'medtap.yml:2:3: no rule has the name or id "cor"',
        '      cor: {level: low}',
        '      ^',
        '    did you mean corr?',
        'medtap.yml:3:3: no rule has the name or id "zzzzzz"',
        '      zzzzzz: {level: low}',
        '      ^',
        '    refer to a rule of any file by its name or id',
      ].join('\n'),
    );
  });

  it.each(['{}', '{disabled: false}', '{reason: later}'])('that say nothing (%s) are warned of', entry => {
    const { warnings, rules } = apply(`rules: {c: ${entry}}`);
    expect(warnings.map(formatProblem)[0]).toMatch(/^medtap\.yml:1:9: warning: the entry changes nothing\n/);
    expect([warnings.length, rules.length]).toEqual([1, 4]);
  });

  it('that do nothing are warned of', () => {
    const { warnings } = apply('rules: {c: {level: low}, d: {level: low}, a: {level: low, disabled: true}}');
    expect(warnings.map(formatProblem).join('\n')).toContain(
      'warning: the entry changes nothing: "c" is low anyway',
    );
    expect(warnings.map(each => each.message)[1]).toBe('the level of "a" does not matter: it is disabled');
    expect(warnings).toHaveLength(2);
  });

  it.each([
    ['rule: {}', 'did you mean rules?'],
    ['rules: {a: {levl: low}}', 'did you mean level?'],
    ['rules: {a: {level: lo}}', 'did you mean low?'],
    ['rules: {a: {disabled: yes}}', 'disabled is true or false'],
    ['rules: {a: low}', 'must be a map'],
    [`rules: {a: {level: high}, ${idOf('a')}: {level: low}}`, 'a second entry for a'],
    ['rules: {__proto__: {level: low}}', 'no rule has the name or id "__proto__"'],
    ['lists: {"a b": [x]}', 'cannot be the name of a list'],
    ['{}\n---\n{}', 'the file is one document'],
  ])('complain about %s', (config, message) => {
    expect(problem(() => apply(config))).toContain(message);
  });
});

describe('lists', () => {
  it('are added to those of the inventory', () => {
    const config = parseSiteConfig('medtap.yml', 'lists: {cloud: [a.example, b.example]}');
    expect(mergeLists(new Map([['hosts', ['h']]]), config)).toEqual(
      new Map([
        ['hosts', ['h']],
        ['cloud', ['a.example', 'b.example']],
      ]),
    );
    expect(mergeLists(undefined, config)).toEqual(new Map([['cloud', ['a.example', 'b.example']]]));
    expect(mergeLists(undefined, parseSiteConfig('medtap.yml', ''))).toBeUndefined();
  });

  it('cannot have the name of one of the inventory', () => {
    const config = parseSiteConfig('medtap.yml', 'lists: {hosts: [a]}');
    expect(problem(() => mergeLists(new Map([['hosts', []]]), config))).toContain(
      'the inventory has a list "hosts" too',
    );
  });
});
