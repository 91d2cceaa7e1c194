/** Results of rule tests for people, as JSON (`medtap/rule-tests@1`) and as JUnit XML. */
import { visible } from '../bytes/text.ts';
import { jsonText } from './json-text.ts';
import { junitXml } from './junit.ts';
import { countText } from './numbers.ts';

/** One test, or a complaint about the tests of a rule. */
export interface RuleTestRow {
  /** The rule's file, as people know it. */
  readonly file: string;
  readonly rule: string;
  /** Empty when the complaint is about the tests as a whole. */
  readonly test: string;
  readonly line: number | undefined;
  readonly status: 'passed' | 'failed' | 'todo' | 'missing';
  readonly why: string | undefined;
}

/** Failures, missing tests and known gaps, one line each, then the verdict. */
export function ruleTestsText(rows: readonly RuleTestRow[]): string {
  const words = { failed: 'FAILED', todo: 'TODO  ', missing: 'MISSING' };
  const lines = rows.flatMap(({ file, rule, test, status, why }) => {
    if (status === 'passed') return [];
    const name = test === '' ? rule : `${rule}: ${test}`;
    return [`${words[status]} ${file}: ${name}: ${why ?? ''}`];
  });
  const { tests, failed, todo, missing } = totalsOf(rows);
  const verdict = failed === 0 ? 'all pass' : `${countText(failed)} failed`;
  const gaps = todo === 0 ? '' : `, ${countText(todo, 'known gap')}`;
  const run = rows.filter(({ status }) => status !== 'missing');
  const rules = new Set(run.map(row => `${row.file} ${row.rule}`)).size;
  const lacking = missing === 0 ? '' : `; ${countText(missing, 'test')} missing`;
  const result =
    tests === 0 ? 'no test' : `${countText(tests, 'test')} of ${countText(rules, 'rule')}: ${verdict}`;
  lines.push(`${result}${gaps}${lacking}`);
  return lines.map(line => `${line.split('\n').map(visible).join('\n')}\n`).join('');
}

/** All tests, passed ones included. */
export function ruleTestsJson(rows: readonly RuleTestRow[]): string {
  const document = {
    schema: 'medtap/rule-tests@1',
    totals: totalsOf(rows),
    tests: rows.map(row => ({ ...row, line: row.line ?? null, why: row.why ?? null })),
  };
  return `${jsonText(document, 2)}\n`;
}

/** One suite per rule file; known gaps are skipped cases. */
export function ruleTestsJunit(rows: readonly RuleTestRow[]): string {
  const files = [...new Set(rows.map(row => row.file))];
  const suites = files.map(file => ({
    name: file,
    cases: rows
      .filter(row => row.file === file)
      .map(({ rule, test, line, status, why }) => ({
        name: test === '' ? 'has the tests it needs' : oneLine(test),
        className: rule,
        file: file.replace(/(\.ya?ml)$/, '.test$1'),
        line,
        failure: status === 'failed' || status === 'missing' ? (why ?? status) : undefined,
        skipped: status === 'todo' ? (why ?? 'known gap') : undefined,
      })),
  }));
  return junitXml('medtap rules test', suites);
}

function totalsOf(rows: readonly RuleTestRow[]) {
  const count = (status: RuleTestRow['status']): number => rows.filter(row => row.status === status).length;
  const missing = count('missing');
  return {
    tests: rows.length - missing,
    passed: count('passed'),
    failed: count('failed'),
    todo: count('todo'),
    missing,
  };
}

/** A name of several lines, as YAML may write it, on one. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
