import { expect, test } from 'vitest';
import { ENRICHED_STREAMS } from '../../src/pipeline/streams.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { NO_MAPPING } from '../../src/sigma/field-mapping.ts';
import { lintRule } from '../../src/sigma/lint.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { runRuleTests } from '../../src/sigma/rule-test.ts';
import { ruleTemplate, testTemplate } from '../../src/sigma/template.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

test('of every stream: the template has no problem and its tests pass', async () => {
  for (const [i, [stream, schema]] of [...ENRICHED_STREAMS].entries()) {
    const template = {
      name: `t-${stream.replaceAll('_', '-')}`,
      title: 'A "title": 100%',
      level: 'high',
      id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      date: '2026-01-31',
      schema,
    } as const;
    const text = ruleTemplate(template);
    const file = parseRuleFile('t.yml', text, true);
    expect([stream, file.errors, file.warnings, file.rejected]).toEqual([stream, [], [], []]);
    const rules = file.documents.filter(document => document.kind === 'rule');
    expect(rules[0]).toMatchObject({ strict: true, title: template.title });
    const { warnings } = compileRules(rules, ENRICHED_STREAMS, { lists: undefined });
    const lint = lintRule(rules[0]!, {
      schemas: ENRICHED_STREAMS,
      mapping: NO_MAPPING,
      missingTests: () => [],
    });
    expect([stream, warnings, lint]).toEqual([stream, [], []]);
    temp.write(`${template.name}.yml`, text);
    temp.write(`${template.name}.test.yml`, testTemplate(template));
  }
  const results = await runRuleTests([{ path: temp.path, foreign: true }], ENRICHED_STREAMS);
  expect(results.filter(result => result.status !== 'passed')).toEqual([]);
  expect(results).toHaveLength(2 * ENRICHED_STREAMS.size);
});
