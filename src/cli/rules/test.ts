/** `medtap rules test`: do rules keep the promises of their tests? */
import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import { countText } from '../../report/numbers.ts';
import { shownFile, testRules } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { type Finish, lines, PATHS_HELP } from './shared.ts';

export function testCommand(io: Io, finish: Finish): Command {
  return newCommand('test', 'Run the tests that stand beside rules (NAME.test.yml).', [
    { line: 'medtap rules test', does: 'those of the shipped rules' },
    { line: 'medtap rules test my-rules/', does: 'exit code 1 when a rule misses a test, or has none' },
  ])
    .argument('[path...]', PATHS_HELP)
    .action(async (paths: string[]) => {
      const results = await testRules(paths);
      const failed = results.filter(result => !result.ok);
      for (const { file, rule, test, why } of failed) {
        const name = test === '' ? rule : `${rule}: ${test}`;
        await io.stdout.write(lines(`FAILED ${shownFile(file)}: ${name}: ${why ?? ''}`));
      }
      const rules = new Set(results.map(result => `${result.file} ${result.rule}`)).size;
      const verdict = failed.length === 0 ? 'all pass' : `${countText(failed.length)} failed`;
      await io.stdout.write(
        `${countText(results.length, 'test')} of ${countText(rules, 'rule')}: ${verdict}\n`,
      );
      finish(failed.length > 0 ? EXIT.findings : EXIT.ok);
    });
}
