import { describe, expect, it } from 'vitest';
import { formatProblem, UserError } from '../../src/errors.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { compileDocuments, correlate, correlationText, idOf, kindRule } from './correlation-support.ts';
import type { SampleRecord } from './support.ts';

const at = (sec: number, kind: string, more: SampleRecord = {}): SampleRecord => ({
  ts: { sec, nsec: 0 },
  kind,
  text: 'x',
  ...more,
});

const RULES = [kindRule('a'), kindRule('b')];
const COUNT = '{type: event_count, rules: [a], timespan: 5s, condition: {gte: 2}}';

function problems(...documents: readonly string[]): string {
  try {
    compileDocuments(documents);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
}

const correlationProblems = (body: string, extra?: string): string =>
  problems(correlationText('corr', body, extra), ...RULES);

describe('references', () => {
  it.each(['a', idOf('a'), idOf('a').toUpperCase()])('are names or ids: %s', name => {
    const compiled = compileDocuments([correlationText('corr', COUNT.replace('[a]', `[${name}]`)), ...RULES]);
    expect(correlate(compiled, [at(1, 'a'), at(2, 'a')]).found).toEqual({ corr: [0, 1] });
  });

  it('that nothing bears are errors with place and suggestion', () => {
    const body = '{type: temporal, rules: [alpa, b], timespan: 5s}';
    const shown = problems(correlationText('corr', body), kindRule('alpha'), kindRule('b'));
    expect(shown).toMatch(
      /^rule\.yml:6:39: no rule has the name or id "alpa"\n {4}correlation: .*\n +\^\n {4}did you mean alpha\?$/,
    );
  });

  it('a field that several rules lack is named once', () => {
    const shown = problems(
      correlationText(
        'c',
        '{type: temporal, rules: [a, b], group-by: [txt], timespan: 5s}',
        'medtap: {message: "{zzz}"}',
      ),
      ...RULES,
    );
    expect(shown.match(/have no field "txt"/g)).toHaveLength(1);
    expect(shown).toContain('"zzz"');
  });

  it('a comparison that always holds is warned of', () => {
    const warningsOf = (condition: string, type = 'event_count') =>
      parseRuleFile(
        'rule.yml',
        correlationText('c', `{type: ${type}, rules: [a], timespan: 5s, condition: ${condition}}`),
        false,
      ).warnings.map(each => each.message);
    expect(warningsOf('{gte: -1}')).toEqual(['gte: -1 always holds: the number is at least 1']);
    expect(warningsOf('{gt: -1}')).toHaveLength(1);
    for (const condition of ['{gte: 1}', '{gt: 0}', '{lt: 5}']) expect(warningsOf(condition)).toEqual([]);
    expect(warningsOf('{gte: -1, field: number}', 'value_sum')).toEqual([]);
  });

  it('in a circle are errors that show the circle', () => {
    const one = correlationText('one', '{type: temporal, rules: [two, a], timespan: 5s}');
    const two = correlationText('two', '{type: temporal, rules: [one, b], timespan: 5s}');
    const own = correlationText('own', '{type: temporal, rules: [own, b], timespan: 5s}');
    expect(problems(one, two, ...RULES)).toContain('the correlation refers to itself: one → two → one');
    const shown = problems(one, two, ...RULES);
    expect(shown).toContain('the correlation refers to itself: two → one → two');
    expect(shown).not.toContain('does not apply here');
    expect(problems(own, ...RULES)).toContain('the correlation refers to itself: own → own');
  });

  it('go at most sixteen deep', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, i) =>
        correlationText(
          `c${'x'.repeat(i)}`,
          `{type: event_count, rules: [${i === 0 ? 'a' : `c${'x'.repeat(i - 1)}`}], timespan: 5s, condition: {gte: 1}}`,
        ).replace(/id: .*/, `id: 00000000-0000-4000-9000-${String(i).padStart(12, '0')}`),
      );
    expect(problems(...chain(16), kindRule('a'))).toBe('');
    expect(problems(...chain(17), kindRule('a'))).toContain('more than 16 deep');
    expect(problems(...chain(17).reverse(), kindRule('a'))).toContain('more than 16 deep');
  });

  it('to one rule by name and id are refused', () => {
    expect(correlationProblems(`{type: temporal, rules: [a, ${idOf('a')}], timespan: 5s}`)).toContain(
      'two names in rules mean the same rule',
    );
  });

  it('of a foreign pack keep out that correlation alone', () => {
    const foreign = [correlationText('corr', COUNT.replace('[a]', '[nobody]'), ''), ...RULES].map(text =>
      text.replace('medtap: {}', ''),
    );
    const compiled = compileDocuments(foreign, true);
    expect(compiled.rules).toHaveLength(2);
    expect(compiled.rejected.map(left => left.reasons[0]!.message)).toEqual([
      'no rule has the name or id "nobody"',
    ]);
  });

  it('to a rule that does not apply here make a foreign correlation inapplicable', () => {
    const foreign = [
      correlationText('corr', COUNT, ''),
      kindRule('a').replace('product: zeek', 'product: windows'),
    ].map(text => text.replace('medtap: {}', ''));
    expect(compileDocuments(foreign, true).inapplicable.map(left => left.reasons[0]!.message)).toEqual([
      'the rule "a" does not apply here',
    ]);
  });
});

describe('documents', () => {
  it.each([
    ['{type: event_cont, rules: [a], timespan: 5s, condition: {gte: 2}}', 'did you mean event_count?'],
    ['{type: event_count, rules: [a], timespan: 5, condition: {gte: 2}}', '"5" is not a timespan'],
    ['{type: event_count, rules: [a], timespan: 0s, condition: {gte: 2}}', '"0s" is not a timespan'],
    ['{type: event_count, rules: [a], timespan: 5s}', 'event_count needs a condition'],
    ['{type: event_count, rules: [a], timespan: 5s, condition: {gt: 3, lt: 3}}', 'no number fits'],
    ['{type: event_count, rules: [a], timespan: 5s, condition: {gte: 2, field: text}}', 'takes no field'],
    ['{type: event_count, rules: [a], timespan: 5s, condition: {get: 2}}', 'did you mean gt?'],
    ['{type: event_count, rules: [a], timespan: 5s, condition: {gte: two}}', 'gte takes a number'],
    ['{type: event_count, rules: [a], timespan: 5s, condition: a}', 'is a map of comparisons'],
    ['{type: event_count, rules: [a, a], timespan: 5s, condition: {gte: 2}}', 'named twice'],
    ['{type: event_count, rules: [], timespan: 5s, condition: {gte: 2}}', 'names no rule'],
    ['{type: event_count, timespan: 5s, condition: {gte: 2}}', 'the correlation has no rules'],
    [
      '{type: event_count, rules: [a], timespan: 5s, condition: {gte: 2}, groupby: [text]}',
      'did you mean group-by?',
    ],
    [
      '{type: event_count, rules: [a], timespan: 5s, condition: {gte: 2}, generate: 1}',
      'generate is true or false',
    ],
    [
      '{type: event_count, rules: [a], group-by: [txt], timespan: 5s, condition: {gte: 2}}',
      'have no field "txt"',
    ],
    ['{type: value_count, rules: [a], timespan: 5s, condition: {gte: 2}}', 'value_count needs a field'],
    [
      '{type: value_sum, rules: [a], timespan: 5s, condition: {field: text, gte: 2}}',
      'value_sum needs numbers',
    ],
    [
      '{type: value_percentile, rules: [a], timespan: 5s, condition: {field: number, gte: 2}}',
      'needs a percentile',
    ],
    [
      '{type: value_percentile, rules: [a], timespan: 5s, condition: {field: number, gte: 2, percentile: 101}}',
      'from 0 to 100',
    ],
    ['{type: temporal_ordered, rules: [a, b], timespan: 5s, condition: a and b}', 'in the order of rules'],
    ['{type: temporal, rules: [a, b], timespan: 5s, condition: a and c}', 'no rule named "c"'],
    [
      '{type: temporal, rules: [a, b], timespan: 5s, aliases: {who: {c: text}}}',
      'the correlation has no rule "c"',
    ],
  ])('%s', (body, message) => {
    expect(correlationProblems(body)).toContain(message);
  });

  it('show every problem of a file at once, with its place', () => {
    const shown = problems(
      correlationText('corr', '{type: even_count, rules: [a], timespan: 5x}'),
      correlationText('dorr', '{type: temporal, rules: [], timespan: 5s}'),
      ...RULES,
    );
    expect(shown).toMatch(/rule\.yml:6:21: .*"even_count"/);
    expect(shown).toMatch(/rule\.yml:6:55?: .*"5x"|rule\.yml:6:\d+: "5x"/);
    expect(shown).toMatch(/rule\.yml:14:\d+: rules names no rule/);
  });

  it('may name their group and fields that all records have in the message', () => {
    const body =
      '{type: temporal, rules: [a, b], group-by: [who], aliases: {who: {a: text, b: other}}, timespan: 5s}';
    expect(correlationProblems(body, 'medtap: {message: "{who} {kind}"}')).toBe('');
    expect(correlationProblems(body, 'medtap: {message: "{whom}"}')).toContain('have no field "whom"');
    expect(correlationProblems(body, 'medtap: {message: "{who"}')).toContain('a brace without its pair');
  });

  it('take __proto__ and constructor for names like any other', () => {
    expect(correlationProblems(COUNT.replace('[a]', '[__proto__]'))).toContain('no rule has the name');
    expect(correlationProblems(COUNT.replace('timespan', 'group-by: [constructor], timespan'))).toContain(
      'have no field "constructor"',
    );
    const alias =
      '{type: temporal, rules: [a, b], group-by: [__proto__], aliases: {__proto__: {a: text, b: other}}, timespan: 5s}';
    const compiled = compileDocuments([correlationText('corr', alias), ...RULES]);
    const { found } = correlate(compiled, [at(1, 'a'), at(2, 'b', { other: 'x' })]);
    expect(found).toEqual({ 'corr x': [0, 1] });
  });
});

describe('correlations', () => {
  it('join rules whose fields are called differently, through chains too', () => {
    const compiled = compileDocuments([
      correlationText(
        'outer',
        '{type: temporal, rules: [inner, b], group-by: [host], aliases: {host: {inner: who, b: other}}, timespan: 9s}',
      ),
      correlationText(
        'inner',
        '{type: event_count, rules: [a], group-by: [who], aliases: {who: {a: text}}, timespan: 5s, condition: {gte: 2}}',
      ),
      ...RULES,
    ]);
    const records = [
      at(1, 'a'),
      at(2, 'a'),
      at(3, 'b', { other: 'y' }),
      at(4, 'b', { other: 'x', text: 'z' }),
    ];
    expect(correlate(compiled, records).found).toEqual({ 'outer x': [0, 1, 3] });
  });

  it('silence the rules they refer to, unless they or others say generate', () => {
    const silentWith = (...bodies: readonly string[]) => [
      ...compileDocuments([...bodies.map((body, i) => correlationText('pq'[i]!, body)), ...RULES]).silent,
    ];
    const generating = COUNT.replace('timespan', 'generate: true, timespan');
    expect(silentWith(COUNT)).toEqual([idOf('a')]);
    expect(silentWith(generating)).toEqual([]);
    expect(silentWith(COUNT, generating)).toEqual([]);
  });

  it('report nothing themselves when only others use them', () => {
    const outer = '{type: temporal, rules: [corr, b], timespan: 5s}';
    const records = [at(1, 'a'), at(2, 'a'), at(3, 'b')];
    const both = (body: string) =>
      correlate(
        compileDocuments([correlationText('outer', body), correlationText('corr', COUNT), ...RULES]),
        records,
      ).found;
    expect(both(outer)).toEqual({ outer: [0, 1, 2] });
    expect(both(outer.replace('timespan', 'generate: true, timespan'))).toEqual({
      outer: [0, 1, 2],
      corr: [0, 1],
    });
  });

  it('count what goes beyond the groups they keep, and forget groups that have passed', () => {
    const compiled = compileDocuments([
      correlationText('corr', COUNT.replace('timespan', 'group-by: [text], timespan')),
      kindRule('a'),
    ]);
    const many = Array.from({ length: 10 }, (_, i) => at(1, 'a', { text: `g${i}` }));
    expect(correlate(compiled, many, { maxGroups: 4 }).limits).toEqual({ correlation_groups: 6 });
    const spread = Array.from({ length: 50 }, (_, i) => at(i * 6, 'a', { text: `g${i}` }));
    expect(correlate(compiled, spread, { maxGroups: 4 }).limits).toEqual({});
  });

  it('count what goes beyond the events they hold', () => {
    const compiled = compileDocuments([correlationText('corr', COUNT), kindRule('a')]);
    const burst = Array.from({ length: 10 }, () => at(1, 'a'));
    const { found, limits } = correlate(compiled, [...burst, at(9, 'a'), at(10, 'a')], { maxEvents: 4 });
    expect(limits).toEqual({ correlation_events: 6 });
    expect(found).toEqual({ corr: [0, 1, 2, 3, 10, 11] });
  });

  it('take time in proportion to the events, however wide the window', () => {
    const bodies = [
      COUNT,
      '{type: value_sum, rules: [a], timespan: 5h, condition: {field: number, gte: 2}}',
      '{type: value_percentile, rules: [a], timespan: 5h, condition: {field: number, percentile: 90, gte: 2}}',
      '{type: value_count, rules: [a], timespan: 5h, condition: {field: number, gte: 2}}',
      '{type: temporal_ordered, rules: [a, b], timespan: 5h}',
      '{type: temporal, rules: [corr, b], timespan: 5h}',
    ];
    const compiled = compileDocuments([
      ...bodies.map((body, i) => correlationText(i === 0 ? 'corr' : 'mnopqr'[i]!, body.replace('5s', '5h'))),
      ...RULES,
    ]);
    const cost = (count: number): number => {
      const records = Array.from({ length: count }, (_, i) =>
        at(i, i % 7 === 0 ? 'b' : 'a', { number: (i * 7919) % 10_007 }),
      );
      const times = [0, 1, 2].map(() => {
        const start = process.cpuUsage();
        correlate(compiled, records);
        const { user, system } = process.cpuUsage(start);
        return user + system;
      });
      return Math.min(...times);
    };
    cost(2000);
    expect(cost(16_000)).toBeLessThan(2.5 * 2 * cost(8000) + 200_000);
  }, 60_000);
});

describe('problems of correlations', () => {
  it('warn of rules that an expression leaves out', () => {
    const body = '{type: temporal, rules: [a, b], timespan: 5s, condition: a}';
    const documents = [correlationText('corr', body), ...RULES].join('\n---\n');
    expect(warningsOf(documents)).toEqual([
      expect.stringContaining('warning: the rule "b" is not used in the condition'),
    ]);
  });
});

function warningsOf(text: string): readonly string[] {
  return parseRuleFile('rule.yml', text, false).warnings.map(formatProblem);
}
