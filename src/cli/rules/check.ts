/** `medtap rules check`: every problem of rule files, with its place. */
import type { Command } from 'commander';
import { EXIT, formatProblem } from '../../errors.ts';
import { countText } from '../../report/numbers.ts';
import { configOption } from '../common-options.ts';
import { lintRules, loadRuleSet, type RuleSet, readInventory, ruleFilesAt, SHIPPED } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { inventoryOption } from '../reading-options.ts';
import { type Finish, lines, PATHS_HELP, rulesOption } from './shared.ts';

interface CheckOptions {
  readonly inventory?: string;
  readonly config?: string;
  readonly rules?: readonly string[];
}

export function checkCommand(io: Io, finish: Finish): Command {
  return newCommand('check', 'Check rule files: every problem with its place.', [
    { line: 'medtap rules check my-rules/', does: 'exit code 2 when something is wrong' },
    {
      line: 'medtap rules check --inventory site.yml my-rules/',
      does: 'also: does the inventory have the lists that rules name?',
    },
    { line: 'medtap rules check site/ --rules shipped', does: 'filters and correlations of shipped rules' },
  ])
    .argument('[path...]', PATHS_HELP)
    .addOption(inventoryOption())
    .addOption(configOption())
    .addOption(rulesOption('rules that those of PATH refer to; they are not checked; repeatable'))
    .action(async (paths: string[], options: CheckOptions) => {
      const { rules = [], inventory, config } = options;
      const own = rules.length > 0 && paths.length === 0 ? [SHIPPED] : paths;
      const all = await loadRuleSet([...own, ...rules], await readInventory(inventory), config);
      const set = rules.length === 0 ? all : await ofFiles(all, own, config);
      const warnings = [...set.warnings, ...(await lintRules(own))];
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

/** What is in the files at the paths, or in the configuration. */
async function ofFiles(set: RuleSet, paths: readonly string[], config: string | undefined): Promise<RuleSet> {
  const files = new Set<string | undefined>([config]);
  for (const path of paths) for (const file of await ruleFilesAt(path)) files.add(file);
  const within = (each: { readonly file?: string }): boolean => files.has(each.file);
  return {
    ...set,
    infos: set.infos.filter(within),
    inapplicable: set.inapplicable.filter(within),
    rejected: set.rejected.filter(within),
    warnings: set.warnings.filter(within),
  };
}
