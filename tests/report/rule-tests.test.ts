import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { junitXml } from '../../src/report/junit.ts';
import {
  type RuleTestRow,
  ruleTestsJson,
  ruleTestsJunit,
  ruleTestsText,
} from '../../src/report/rule-tests.ts';

const ROWS: readonly RuleTestRow[] = [
  { file: 'r/a.yml', rule: 'a', test: 'fires', line: 2, status: 'passed', why: undefined },
  { file: 'r/a.yml', rule: 'a', test: 'later', line: 5, status: 'todo', why: 'needs <x>' },
  { file: 'r/b.yaml', rule: 'b', test: '', line: undefined, status: 'failed', why: 'no tests\u001b[2J' },
];
const MISSING: RuleTestRow = { ...ROWS[2]!, file: 'r/c.yml', rule: 'c', status: 'missing', why: 'no tests' };

describe('results of rule tests', () => {
  test('as text: failures and known gaps, then the verdict', () => {
    expect(ruleTestsText(ROWS)).toBe(
      'TODO   r/a.yml: a: later: needs <x>\nFAILED r/b.yaml: b: no tests\\u{1b}[2J\n3 tests of 2 rules: 1 failed, 1 known gap\n',
    );
    expect(ruleTestsText(ROWS.slice(0, 1))).toBe('1 test of 1 rule: all pass\n');
    expect(ruleTestsText([ROWS[0]!, MISSING])).toBe(
      'MISSING r/c.yml: c: no tests\n1 test of 1 rule: all pass; 1 test missing\n',
    );
    expect(ruleTestsText([MISSING])).toMatch(/\nno test; 1 test missing\n$/);
  });

  test('as JSON', () => {
    expect(JSON.parse(ruleTestsJson(ROWS))).toMatchObject({
      schema: 'medtap/rule-tests@1',
      totals: { tests: 3, passed: 1, failed: 1, todo: 1, missing: 0 },
      tests: [{ line: 2, why: null }, { status: 'todo' }, { line: null, status: 'failed' }],
    });
  });

  test('as JUnit XML', () => {
    expect(ruleTestsJunit(ROWS)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="medtap rules test" tests="3" failures="1" errors="0" skipped="1">
  <testsuite name="r/a.yml" tests="2" failures="0" errors="0" skipped="1">
    <testcase name="fires" classname="a" file="r/a.test.yml" line="2"/>
    <testcase name="later" classname="a" file="r/a.test.yml" line="5">
      <skipped message="needs &lt;x&gt;"/>
    </testcase>
  </testsuite>
  <testsuite name="r/b.yaml" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="has the tests it needs" classname="b" file="r/b.test.yaml">
      <failure message="no tests\\u{1b}[2J"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test('a missing test fails its case; names of several lines are one', () => {
    const xml = ruleTestsJunit([MISSING, { ...ROWS[0]!, test: 'one\n two\t' }]);
    expect(xml).toContain('<failure message="no tests"/>');
    expect(xml).toContain('name="one two"');
  });

  test('any text makes well-formed XML, and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (name, failure) => {
        const xml = junitXml('x', [
          { name, cases: [{ name, className: name, file: name, line: 1, failure }] },
        ]);
        // Char of XML 1.0, section 2.2.
        expect(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(xml)).toBe(false);
        const rest = xml
          .replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>/, '')
          .replace(/<\/?[a-z]+( [a-z]+="[^"<>&]*(&(amp|lt|gt|quot|apos);[^"<>&]*)*")*\/?>/g, '');
        expect(rest.trim()).toBe('');
      }),
    );
  });
});
