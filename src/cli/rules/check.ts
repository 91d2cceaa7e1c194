/** `medtap rules check`: every problem of rule files, with its place. */
import type { Command } from 'commander';
import { EXIT, formatProblem } from '../../errors.ts';
import { countText } from '../../report/numbers.ts';
import { configOption } from '../common-options.ts';
import { lintRules, loadRuleSet, readInventory } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { inventoryOption } from '../reading-options.ts';
import { type Finish, lines, PATHS_HELP } from './shared.ts';

export function checkCommand(io: Io, finish: Finish): Command {
  return newCommand('check', 'Check rule files: every problem with its place.', [
    { line: 'medtap rules check my-rules/', does: 'exit code 2 when something is wrong' },
    {
      line: 'medtap rules check --inventory site.yml my-rules/',
      does: 'also: does the inventory have the lists that rules name?',
    },
  ])
    .argument('[path...]', PATHS_HELP)
    .addOption(inventoryOption())
    .addOption(configOption())
    .action(async (paths: string[], options: { readonly inventory?: string; readonly config?: string }) => {
      const set = await loadRuleSet(paths, await readInventory(options.inventory), options.config);
      const warnings = [...set.warnings, ...(await lintRules(paths))];
      for (const problem of warnings)
        await io.stdout.write(lines(formatProblem({ ...problem, severity: 'warning' })));
      for (const [word, list] of [
        ['not applicable', set.inapplicable],
        ['rejected', set.rejected],
      ] as const) {
        for (const left of list) {
          for (const reason of left.reasons) {
            await io.stdout.write(lines(`${word}: ${formatProblem({ ...reason, severity: 'error' })}`));
          }
        }
      }
      const counts = [
        `${countText(set.infos.length, 'rule')} loaded`,
        `${countText(set.inapplicable.length)} not applicable`,
        `${countText(set.rejected.length)} rejected`,
        `${countText(warnings.length, 'warning')}`,
      ];
      await io.stdout.write(`${counts.join(', ')}\n`);
      finish(set.rejected.length > 0 ? EXIT.usage : EXIT.ok);
    });
}
