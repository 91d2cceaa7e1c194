import { expect, test } from 'vitest';
import { profileText } from '../../src/report/profile-text.ts';

const RULE = { rule: 'seen', stream: 'conn', milliseconds: 1, records: 7, matches: 0 };

test('a rule that no record was fit for was never evaluated: that is said, not shown as 0 records', () => {
  const never = { ...RULE, rule: 'never', milliseconds: 0, records: 0 };
  const correlation = { ...RULE, rule: 'many', milliseconds: null, records: 0 };
  const text = profileText({ rules: [RULE, never, correlation], correlations_milliseconds: 0 }, 100);
  expect(text).toMatch(/^seen +conn +1\.00 ms +7 +0$/m);
  expect(text).toMatch(/^never +conn +0\.00 ms +– +0$/m);
  expect(text).toMatch(/^many +conn +– +0 +0$/m);
  expect(text).toContain('–: no record of the stream held what the rule needs, so it was never evaluated\n');
  const all = profileText({ rules: [RULE, correlation], correlations_milliseconds: 0 }, 100);
  expect(all).not.toContain('never evaluated');
});
