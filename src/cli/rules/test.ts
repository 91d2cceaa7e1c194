/** `medtap rules test`: do rules keep the promises of their tests? */
import { type Command, Option } from 'commander';
import { EXIT } from '../../errors.ts';
import { type RuleTestRow, ruleTestsJson, ruleTestsJunit, ruleTestsText } from '../../report/rule-tests.ts';
import { oneOf } from '../choices.ts';
import { GROUPS } from '../common-options.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { checkOutputs, type Output, outputOption, writeOutputs } from '../outputs.ts';
import { testRules } from '../rule-engine.ts';
import { shownFile } from '../shipped.ts';
import { type Finish, PATHS_HELP, rulesOption } from './shared.ts';

const FORMATS = ['text', 'json', 'junit'] as const;
type Format = (typeof FORMATS)[number];

interface TestOptions {
  readonly rules?: readonly string[];
  readonly format: Format;
  readonly output?: readonly Output<Format>[];
}

const EXAMPLES = [
  { line: 'medtap rules test', does: 'those of the shipped rules' },
  { line: 'medtap rules test my-rules/', does: 'exit code 1 when a rule misses a test, or has none' },
  {
    line: 'medtap rules test site/ --rules shipped -o junit=tests.xml',
    does: 'for CI: site/ refers to shipped rules; text on stdout, JUnit XML in a file',
  },
];

const EXIT_HELP = `
Exit codes:
  0    all tests pass; known gaps (todo) do not count
  1    a test fails, is missing, or passes although it is a known gap
  2    wrong use, or an error in a rule or test file`;

export function testCommand(io: Io, finish: Finish): Command {
  return newCommand('test', 'Run the tests that stand beside rules (NAME.test.yml).', EXAMPLES)
    .argument('[path...]', PATHS_HELP)
    .addOption(rulesOption('rules that those of PATH refer to; their own tests are not run; repeatable'))
    .addOption(
      new Option('--format <format>', 'text, json or junit (XML)')
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option(
        '-o, --output <path>',
        'write to a file instead of stdout; FORMAT=PATH writes one more; repeatable',
      )
        .argParser(outputOption(FORMATS))
        .helpGroup(GROUPS.output),
    )
    .addHelpText('after', EXIT_HELP)
    .action(async (paths: string[], options: TestOptions) => finish(await runTests(io, paths, options)));
}

async function runTests(io: Io, paths: readonly string[], options: TestOptions): Promise<number> {
  const { rules = [], output = [], format } = options;
  await checkOutputs(output, [...paths, ...rules]);
  const results = await testRules(paths, rules);
  const rows: readonly RuleTestRow[] = results.map(result => ({ ...result, file: shownFile(result.file) }));
  const render = { text: ruleTestsText, json: ruleTestsJson, junit: ruleTestsJunit };
  await writeOutputs(io, output, format, wanted => render[wanted](rows));
  return rows.some(row => row.status === 'failed' || row.status === 'missing') ? EXIT.findings : EXIT.ok;
}
