import { describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { compileText, detectionProblems, parseRules, problemsOf, ruleText } from './support.ts';

const DETECTION = 'sel: {text: a}\ncondition: sel';
const GOOD = ruleText(DETECTION);

/** The good rule with the line of one key replaced, or, without `by`, taken out. */
function changed(key: string, by?: string): string {
  const lines = GOOD.split('\n');
  const at = lines.findIndex(line => line.startsWith(`${key}:`));
  expect(at).toBeGreaterThanOrEqual(0);
  lines.splice(at, 1, ...(by === undefined ? [] : [by]));
  return lines.join('\n');
}

describe('a strict rule', () => {
  it('without problems', () => {
    expect(problemsOf(GOOD)).toEqual([]);
  });

  it('shows file, line, column, source, caret and hint', () => {
    expect(problemsOf(changed('level', 'level: hihg'))).toEqual([
      [
        'rule.yml:5:8: "hihg" is not a level',
        '    level: hihg',
        '           ^',
        '    did you mean high?',
      ].join('\n'),
    ]);
  });

  it.each([
    ['title', undefined, '1:1: the rule has no title'],
    ['title', 'title:', '1:1: the rule has no title'],
    ['title', 'title: [a]', '1:8: title must be text'],
    ['title', `title: ${'x'.repeat(300)}`, '1:8: a title is at most 256 characters long'],
    ['id', undefined, '1:1: the rule has no id'],
    ['id', 'id: 12', '2:5: "12" is not a UUID'],
    ['name', 'name: Not A Slug', '3:7: "Not A Slug" is not a name of lower-case letters, digits and hyphens'],
    ['status', undefined, '1:1: the rule has no status'],
    ['status', 'status: stabel', '4:9: "stabel" is not a status'],
    ['level', undefined, '1:1: the rule has no level'],
    ['logsource', undefined, '1:1: the rule has no logsource'],
    ['logsource', 'logsource: conn', '6:12: logsource must be a map'],
    ['logsource', 'logsource: {product: zeek, servce: sample}', '6:28: unknown key "servce" in logsource'],
    ['logsource', 'logsource: {product: zeek, service: smaple}', '6:37: no stream named "smaple"'],
    ['logsource', 'logsource: {product: windows, service: sample}', '6:22: "windows" logs are not read here'],
    ['logsource', 'logsource: {category: dns}', '6:23: no stream here is what the category "dns" is about'],
    ['logsource', 'logsource: {product: zeek}', '6:12: logsource names no service'],
    ['medtap', 'medtap: {mesage: x}', '10:10: unknown key "mesage" in medtap'],
    ['medtap', 'medtap: {group-by: [id.orig_h, txet]}', '10:32: the stream sample has no field "txet"'],
    [
      'medtap',
      'medtap: {message: "to {resp_domian} now"}',
      '10:24: the stream sample has no field "resp_domian"',
    ],
    ['medtap', 'medtap: {message: "to {text now"}', '10:23: a brace without its pair'],
    ['medtap', 'medtap: {level-by: {texd: {a: high}}}', '10:21: the stream sample has no field "texd"'],
    ['medtap', 'medtap: {level-by: {text: {a: hgih}}}', '10:31: "hgih" is not a level'],
    ['medtap', 'medtap: {level-by: {flag: {yes: high}}}', '10:28: flag is never "yes"'],
    ['medtap', 'medtap: {level-by: {orig_scope: {internat: high}}}', '10:34: orig_scope is never "internat"'],
    ['medtap', 'medtap: {level-by: high}', '10:20: level-by must be a map'],
    ['medtap', 'medtap: []', '10:9: medtap must be a map'],
    ['medtap', 'medtap: {}\nlvel: high', '11:1: unknown key "lvel" in the rule'],
    ['medtap', 'medtap: {}\ntags: [Attack]', '11:8: "Attack" is not a tag (namespace.name, lower-case)'],
    ['medtap', 'medtap: {}\ntags: {a: b}', '11:7: tags must be a list of texts'],
    ['medtap', 'medtap: {}\ndate: 2026/01/01', '11:7: "2026/01/01" is not a date (YYYY-MM-DD)'],
    ['medtap', 'medtap: {}\ntaxonomy: cim', '11:11: unknown taxonomy "cim"'],
    ['medtap', 'medtap: {}\nrelated: [{id: x, type: simlar}]', '11:25: "simlar" is not a type of relation'],
    ['medtap', 'medtap: {}\nfields: [text, nope]', '11:16: the stream sample has no field "nope"'],
  ])('%s → %s', (key, by, expected) => {
    expect(problemsOf(changed(key, by)).map(problem => problem.split('\n')[0])).toEqual([
      `rule.yml:${expected}`,
    ]);
  });

  it('reports all problems at once', () => {
    const text = changed('level', 'level: hihg')
      .replace('status: stable', 'status: x')
      .replace('text: a', 'a|b: 1');
    expect(problemsOf(text)).toHaveLength(3);
  });

  it('gives everything a finding shows', () => {
    const extension = [
      'description: |',
      '  What it finds.',
      'tags: [attack.t1071, medtap.unexpected-outbound]',
      'falsepositives: Updates',
      'references: [https://example.org]',
      'medtap:',
      '  message: "{text} → {resp_domain}"',
      '  group-by: [id.orig_h, text]',
      '  level-by: {flag: {true: critical}, orig_scope: {internet: low}}',
      '  controls: [nist-800-53r5:SC-7]',
      '  why: Because.',
      '  remedy: Call.',
    ].join('\n');
    expect(compileText(ruleText(DETECTION, extension)).rules[0]!.info).toEqual({
      id: '6f1d6a5e-4c5b-4c56-9d3f-0c5f8f0e6a11',
      name: 'sample',
      title: 'Sample',
      description: 'What it finds.',
      status: 'stable',
      level: 'high',
      tags: ['attack.t1071', 'medtap.unexpected-outbound'],
      falsepositives: ['Updates'],
      references: ['https://example.org'],
      stream: 'sample',
      file: 'rule.yml',
      message: '{text} → {resp_domain}',
      groupBy: ['id.orig_h', 'text'],
      levelBy: new Map([
        ['flag', new Map([['true', 'critical']])],
        ['orig_scope', new Map([['internet', 'low']])],
      ]),
      controls: ['nist-800-53r5:SC-7'],
      why: 'Because.',
      remedy: 'Call.',
    });
  });

  it('takes its name from the title when it has none', () => {
    expect(compileText(changed('name')).rules[0]!.info.name).toBe('sample');
  });
});

describe('detection', () => {
  it.each([
    ['sel: {text: a}', '8:3: detection has no condition'],
    ['sel: {text: a}\ncondition: []', '9:14: condition is empty'],
    ['sel: {text: a}\ncondition: {a: b}', '9:14: a condition must be text'],
    ['sel: {text: a}\ncondition: sel and sle', '9:22: no selection named "sle"'],
    ['sel: {text: a}\ncondition: "sel and sle"', '9:23: no selection named "sle"'],
    ['sel: {text: a}\ncondition: [sel, sle]', '9:20: no selection named "sle"'],
    ['sel: {text: a}\ntimeframe: 5m\ncondition: sel', '9:3: timeframe is no longer part of a rule'],
    ['and: {text: a}\ncondition: and', '8:3: a selection cannot be named "and", a word of the condition'],
    ['sel: {}\ncondition: sel', '8:8: an empty map matches nothing'],
    ['sel: []\ncondition: sel', '8:8: the selection "sel" is empty'],
    ['sel: {text: []}\ncondition: sel', '8:15: an empty list of values matches nothing'],
    ['sel: {text: {a: b}}\ncondition: sel', '8:15: a field takes a value or a list of values'],
    ["sel: {text: ['', null]}\ncondition: sel", '8:15: null cannot be in a list of values'],
    ['sel: [[a]]\ncondition: sel', '8:9: a list cannot stand in the list of a selection'],
    ['sel: [null]\ncondition: sel', '8:9: a keyword cannot be null'],
    ['sel: {"|all": [a, null]}\ncondition: sel', '8:17: a keyword cannot be null'],
    ['sel: {txet: a}\ncondition: sel', '8:9: the stream sample has no field "txet"'],
    ['sel: {text|contians: a}\ncondition: sel', '8:14: unknown modifier "contians"'],
    ["sel: {'text|re|contains': a}\ncondition: sel", '8:18: contains cannot be combined with re'],
    ['sel: {text|all: a}\ncondition: sel', '8:9: all needs at least two values'],
    ["sel: {text|re: '(a'}\ncondition: sel", '8:18: bad regular expression: missing closing )'],
    ['sel: {"|exists": true}\ncondition: sel', '8:10: exists needs a field in front of it'],
    ['sel: {"|gt": 5}\ncondition: sel', '8:10: gt needs a field in front of it'],
    ['"": {text: a}\nsel: {"": a}\ncondition: sel', '9:9: a field has no name'],
  ])('%j', (detection, expected) => {
    const first = detectionProblems(detection).map(problem => problem.split('\n')[0]!);
    expect(
      first.some(problem => problem.startsWith(`rule.yml:${expected}`)),
      first.join('\n'),
    ).toBe(true);
  });

  it('warns of selections that are not used and of base64offset without contains', () => {
    expect(detectionProblems('sel: {text: a}\nother: {text: b}\ncondition: sel')[0]).toContain(
      'rule.yml:9:3: warning: the selection "other" is not used in the condition',
    );
    expect(detectionProblems('sel: {text|base64offset: abc}\ncondition: sel')[0]).toContain(
      'warning: base64offset without contains compares the whole value',
    );
  });

  it('points at folded conditions as a whole', () => {
    const problems = detectionProblems('sel: {text: a}\ncondition: >\n  sel and\n  sle');
    expect(problems[0]).toContain('rule.yml:9:14: no selection named "sle"');
  });

  it('bounds values and their length', () => {
    const many = (count: number) => `sel: {text: [${'a,'.repeat(count)}]}\ncondition: sel`;
    expect(detectionProblems(many(20_001)).join('')).toContain('more than 20000 values');
    expect(detectionProblems(`sel: {text: ${'a'.repeat(5000)}}\ncondition: sel`).join('')).toContain(
      'a value is at most 4096 characters long',
    );
    const selections = Array.from({ length: 201 }, (_, i) => `s${i}: {text: a}`).join('\n');
    expect(detectionProblems(`${selections}\ncondition: 1 of s*`).join('')).toContain(
      'more than 200 selections',
    );
  });
});

describe('a foreign rule', () => {
  const foreign = (...lines: readonly string[]) => {
    const file = parseRuleFile('pack.yml', lines.join('\n'), true);
    return { ...file, why: file.rejected.flatMap(({ reasons }) => reasons.map(reason => reason.message)) };
  };
  const body = ['logsource: {product: zeek, service: sample}', 'detection: {sel: {text: a}, condition: sel}'];

  it('may lack what the specification calls optional, and have attributes of its own', () => {
    const rules = parseRules(
      ['title: Some Rule', 'x_own: 1', 'date: 2020/01/01', 'tags: [Attack.X_Y]', ...body].join('\n'),
      true,
    );
    expect(rules).toMatchObject([
      { id: 'some-rule', name: 'some-rule', level: 'medium', status: 'experimental' },
    ]);
  });

  it('is rejected on its own when it is wrong', () => {
    const text = ['title: A', ...body, '---', 'title: B', 'level: bad', ...body, '---', 'title: C', ...body];
    const { documents, rejected, errors, why } = foreign(...text);
    expect(documents.map(document => document.title)).toEqual(['A', 'C']);
    expect(rejected).toMatchObject([{ file: 'pack.yml', title: 'B' }]);
    expect(why).toEqual(['"bad" is not a level']);
    expect(errors).toEqual([]);
  });

  it('is rejected with its file when that is no YAML', () => {
    expect(foreign('a: [').rejected).toMatchObject([{ file: 'pack.yml', title: '' }]);
    expect(foreign('').why).toEqual(['the file holds no rule']);
    expect(foreign('- a').why).toEqual(['a Sigma document must be a map']);
  });

  it('is strict in a file with the medtap key, even one that is no YAML', () => {
    expect(foreign('title: A', 'own: 1', ...body, 'medtap: {}').errors.map(error => error.message)).toEqual([
      'unknown key "own" in the rule',
      'the rule has no id',
      'the rule has no status',
      'the rule has no level',
    ]);
    expect(foreign('title: A', ...body, '"medtap": {}').errors).not.toEqual([]);
    expect(foreign('title: [', 'medtap: {}').errors).not.toEqual([]);
  });

  it('is inapplicable when its stream or fields are not here, rejected when it is wrong as well', () => {
    const compile = (selection: string, logsource = body[0]!) => {
      const text = ['title: A', logsource, `detection: {sel: {${selection}}, condition: sel}`].join('\n');
      const { rules, inapplicable, rejected } = compileText(text, { lists: undefined }, true);
      const left = inapplicable.length > 0 ? 'inapplicable' : rejected.length > 0 ? 'rejected' : 'loaded';
      expect(rules).toHaveLength(left === 'loaded' ? 1 : 0);
      return `${left}: ${[...inapplicable, ...rejected].flatMap(({ reasons }) => reasons.map(r => r.message)).join('; ')}`;
    };
    expect(compile('text: a')).toBe('loaded: ');
    expect(compile('nope: a')).toBe('inapplicable: the stream sample has no field "nope"');
    expect(compile('nope: a, flag: 7')).toBe('rejected: flag is true or false, never "7"');
    expect(compile('text: a', 'logsource: {product: linux}')).toContain(
      'inapplicable: "linux" logs are not read here',
    );
    expect(compile('text: a', 'logsource: {service: nosuch}')).toContain(
      'inapplicable: no stream named "nosuch"',
    );
    expect(compile('text: a', 'logsource: {category: dns}')).toContain(
      'inapplicable: no stream here is what the category',
    );
    expect(compile('text: a', 'logsource: {service: sample}')).toBe('loaded: ');
    expect(compile('orig_scope: elsewhere')).toBe('loaded: ');
  });
});

describe('correlations and filters', () => {
  it('are recognised', () => {
    const text = [
      'title: Many',
      'id: 6f1d6a5e-4c5b-4c56-9d3f-0c5f8f0e6a12',
      'name: many',
      'status: test',
      'level: low',
      'correlation:',
      '  {type: event_count, rules: [some], timespan: 1m, condition: {gte: 5}}',
      '---',
      'title: Not this one',
      'filter: {rules: any, selection: {text: a}, condition: selection}',
    ].join('\n');
    const { documents, errors } = parseRuleFile('pack.yml', text, false);
    expect(errors).toEqual([]);
    expect(documents).toMatchObject([
      {
        kind: 'correlation',
        title: 'Many',
        id: '6f1d6a5e-4c5b-4c56-9d3f-0c5f8f0e6a12',
        timespan: 60,
        thresholds: [{ comparison: 'gte', value: 5 }],
        generate: false,
      },
      { kind: 'filter', title: 'Not this one', id: 'not-this-one', rules: 'any', remaining: false },
    ]);
  });
});

describe('a plain rule', () => {
  const plain = (key: string, text: string): readonly string[] => {
    const [first = '', ...rest] = GOOD.split('\n').filter(
      line => !line.startsWith(`${key}:`) && !line.startsWith('medtap:'),
    );
    const { warnings, rejected } = parseRuleFile(
      'r.yml',
      [first, `${key}: ${text}`, ...rest].join('\n'),
      true,
    );
    expect(rejected).toEqual([]);
    return warnings.map(({ line, severity, message }) => `${line} ${severity} ${message}`);
  };

  it.each(['2024-02-29', '2024/01/31', '2024/1/9'])('may be of %s', date => {
    expect(plain('date', date)).toEqual([]);
    expect(plain('modified', date)).toEqual([]);
  });

  it.each(['2024-02-30', '2023/02/29', '2024-13-01', 'yesterday'])('cannot be of %s', date => {
    expect(plain('date', date)).toEqual([`2 warning the date "${date}" is not a day of the calendar`]);
    expect(plain('modified', date)).toHaveLength(1);
    if (date.startsWith('20')) expect(problemsOf(`${GOOD}\ndate: ${date}`).join()).toContain('is not a date');
  });

  it('should have a UUID for an id', () => {
    expect(plain('id', 'abc')).toEqual(['2 warning the id "abc" is not a UUID']);
    expect(plain('id', '6F1D6A5E-4c5b-4c56-9d3f-0c5f8f0e6a12')).toEqual([]);
  });
});
