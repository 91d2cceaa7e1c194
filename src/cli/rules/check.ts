/** `medtap rules check`: every problem of rule files, with its place. */
import { type Command, Option } from 'commander';
import { EXIT, type Problem, UserError } from '../../errors.ts';
import { type CheckKind, type RuleCheck, ruleCheckJson, ruleCheckText } from '../../report/rule-check.ts';
import { oneOf } from '../choices.ts';
import { configOption, GROUPS } from '../common-options.ts';
import { readInventory } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { inventoryOption } from '../reading-options.ts';
import { lintRules, loadRuleSet, type RuleSet, ruleFilesAt } from '../rule-engine.ts';
import { SHIPPED } from '../shipped.ts';
import { type Finish, PATHS_HELP, rulesOption } from './shared.ts';

const FORMATS = ['text', 'json'] as const;

interface CheckOptions {
  readonly inventory?: string;
  readonly config?: string;
  readonly rules?: readonly string[];
  readonly format: (typeof FORMATS)[number];
}

const EXAMPLES = [
  { line: 'medtap rules check my-rules/', does: 'exit code 2 when something is wrong' },
  {
    line: 'medtap rules check --inventory site.yml my-rules/',
    does: 'also: does the inventory have the lists that rules name?',
  },
  { line: 'medtap rules check site/ --rules shipped', does: 'filters and correlations of shipped rules' },
  {
    line: 'medtap rules check --format json my-rules/',
    does: 'for CI: file, line, column, message and hint of each problem',
  },
];

export function checkCommand(io: Io, finish: Finish): Command {
  return newCommand('check', 'Check rule files: every problem with its place.', EXAMPLES)
    .argument('[path...]', PATHS_HELP)
    .addOption(inventoryOption())
    .addOption(configOption())
    .addOption(rulesOption('rules that those of PATH refer to; they are not checked; repeatable'))
    .addOption(
      new Option('--format <format>', FORMATS.join(' or '))
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .action(async (paths: string[], options: CheckOptions) => {
      if (options.format === 'text') {
        const check = await checkRules(io, paths, options);
        await io.stdout.write(ruleCheckText(check));
        finish(check.rejected > 0 ? EXIT.usage : EXIT.ok);
        return;
      }
      const check = await checkRules(io, paths, options).catch(errorsOf);
      await io.stdout.write(ruleCheckJson(check));
      const wrong = check.problems.some(({ kind }) => kind === 'error' || kind === 'rejected');
      finish(wrong ? EXIT.usage : EXIT.ok);
    });
}

/** @throws UserError with the errors of rules that must be right */
async function checkRules(
  io: Io,
  paths: readonly string[],
  { rules = [], inventory, config }: CheckOptions,
): Promise<RuleCheck> {
  const own = rules.length > 0 && paths.length === 0 ? [SHIPPED] : paths;
  const all = await loadRuleSet([...own, ...rules], await readInventory(inventory, io), config);
  const set = rules.length === 0 ? all : await ofFiles(all, own, config);
  const of = (kind: CheckKind, problems: readonly Problem[]) => problems.map(problem => ({ kind, problem }));
  return {
    loaded: set.infos.length,
    filters: set.filters.length,
    inapplicable: set.inapplicable.length,
    rejected: set.rejected.length,
    problems: [
      ...of('warning', [...set.warnings, ...(await lintRules(own, rules))]),
      ...of(
        'not_applicable',
        set.inapplicable.flatMap(left => left.reasons),
      ),
      ...of(
        'rejected',
        set.rejected.flatMap(left => left.reasons),
      ),
    ],
  };
}

/** Where rules cannot be loaded at all: the errors alone. */
function errorsOf(error: unknown): RuleCheck {
  if (!(error instanceof UserError)) throw error;
  const problems = error.problems.map(problem => ({ kind: 'error', problem }) as const);
  return { loaded: 0, filters: 0, inapplicable: 0, rejected: 0, problems };
}

/** What is in the files at the paths, or in the configuration. */
async function ofFiles(set: RuleSet, paths: readonly string[], config: string | undefined): Promise<RuleSet> {
  const files = new Set<string | undefined>([config]);
  for (const path of paths) for (const file of await ruleFilesAt(path)) files.add(file);
  const within = (each: { readonly file?: string }): boolean => files.has(each.file);
  return {
    ...set,
    infos: set.infos.filter(within),
    filters: set.filters.filter(within),
    inapplicable: set.inapplicable.filter(within),
    rejected: set.rejected.filter(within),
    warnings: set.warnings.filter(within),
  };
}
