import { expect, test } from 'vitest';
import { announceReveal, reportProblems, reportRules } from '../../src/cli/diagnostics.ts';
import type { RuleSet } from '../../src/cli/rule-engine.ts';
import { InputError } from '../../src/errors.ts';
import { memoryIo } from './memory-io.ts';

const PROBLEMS = [new InputError('a.pcap', 'cut', 7), new InputError('b.pcap', 'no such file')];
const LEFT = { file: 'a.yml', title: 'A', id: 'a', reasons: [] };
const RULES: RuleSet = {
  rules: [],
  correlations: [],
  silent: new Set(),
  filters: [],
  written: [],
  all: { rules: [], correlations: [] },
  overrides: new Map(),
  serving: new Set(),
  infos: [],
  inapplicable: [],
  rejected: [],
  warnings: [],
  sha256: '',
};

test('every input that could not be read is named', async () => {
  const io = memoryIo();
  await reportProblems(io, PROBLEMS, { allowPartial: false, quiet: true });
  expect(io.err()).toBe('error: a.pcap: cut (byte 7)\nerror: b.pcap: no such file\n');
});

test('accepted losses are warnings, which can be silenced', async () => {
  const loud = memoryIo();
  await reportProblems(loud, PROBLEMS, { allowPartial: true, quiet: false });
  expect(loud.err()).toMatch(/^warning: a\.pcap/);
  const silent = memoryIo();
  await reportProblems(silent, PROBLEMS, { allowPartial: true, quiet: true });
  expect(silent.err()).toBe('');
});

test('--reveal is announced', async () => {
  const io = memoryIo();
  await announceReveal(io);
  expect(io.err()).toMatch(/^warning: --reveal: /);
});

test('rules left out are counted, warnings shown in full', async () => {
  const io = memoryIo();
  const warnings = [{ message: 'odd', file: 'a.yml', line: 2, column: 1 }];
  await reportRules(io, { ...RULES, inapplicable: [LEFT, LEFT], warnings }, false);
  expect(io.err()).toBe(
    'a.yml:2:1: warning: odd\n' + 'warning: 2 rules not applicable here (medtap rules check PATH says why)\n',
  );
  const silent = memoryIo();
  await reportRules(silent, { ...RULES, warnings }, true);
  expect(silent.err()).toBe('');
});
