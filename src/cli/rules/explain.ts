/**
 * `medtap rules explain`: why one rule matched, or did not, with the values that decided. RULE is a name or id, or a
 * rule file, which is then read instead of the shipped rules.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from '../../errors.ts';
import type { RuleInfo } from '../../model/finding.ts';
import { explanationJson } from '../../report/explanation-json.ts';
import { type ExplanationReport, explanationText } from '../../report/explanation-text.ts';
import { oneOf } from '../choices.ts';
import { allowPartialOption, configOption, GROUPS, quietOption, revealOption } from '../common-options.ts';
import { announceReveal, reportProblems } from '../diagnostics.ts';
import { explain, readInventory } from '../engine.ts';
import { exitOfReading } from '../exit-code.ts';
import { newCommand } from '../help.ts';
import { interruptible } from '../interrupt.ts';
import { type Io, say, textWidth } from '../io.ts';
import { progressLine } from '../progress.ts';
import { inputsOf, type ReadingChoices, readingOf, takesCaptures } from '../reading-options.ts';
import { loadRuleSet, type RuleSet } from '../rule-engine.ts';
import { type SearchChoices, searchesOf, takesSearches } from '../search-options.ts';
import { shownFile } from '../shipped.ts';
import { type Finish, levelChanges, pickRule, rulesOption } from './shared.ts';

const FORMATS = ['text', 'json'] as const;
const MAX_SHOWN = 100;

interface ExplainOptions extends ReadingChoices, SearchChoices {
  readonly rules?: readonly string[];
  readonly config?: string;
  readonly flow?: string;
  readonly limit: number;
  readonly misses: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly reveal: boolean;
  readonly allowPartial: boolean;
  readonly quiet: boolean;
}

const EXAMPLES = [
  {
    line: 'medtap rules explain legacy-tls ward.pcap',
    does: 'what matched, or the nearest misses: each test with the value that decided',
  },
  {
    line: 'medtap rules explain my-rule.yml ward.pcap --flow CpLKb1yvEZbsKgmVk',
    does: 'a rule of your own, at the records of one flow (uid of medtap logs)',
  },
];

export function explainCommand(io: Io, finish: Finish): Command {
  const command = newCommand('explain', 'Show why a rule matched, or why not.', EXAMPLES).argument(
    '<rule>',
    'name or id of a rule, or the file it is in',
  );
  return takesSearches(takesCaptures(command))
    .addOption(new Option('--flow <uid>', 'only the records of this flow').helpGroup(GROUPS.input))
    .addOption(rulesOption())
    .addOption(configOption())
    .addOption(
      new Option('--misses', 'show the nearest misses although the rule matched')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--limit <n>', `kinds of records, or groups, that are shown; at most ${MAX_SHOWN}`)
        .argParser(readLimit)
        .default(5, '5')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--format <format>', FORMATS.join(' or '))
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(revealOption())
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .action(async (rule: string, inputs: string[], options: ExplainOptions) =>
      finish(await runExplain(io, rule, inputs, options)),
    );
}

function readLimit(value: string): number {
  const limit = /^\d+$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= MAX_SHOWN) return limit;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${MAX_SHOWN}.`);
}

async function runExplain(
  io: Io,
  named: string,
  given: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const inventory = await readInventory(options.inventory, io);
  const file = /\.ya?ml$/.test(named) ? named : undefined;
  const paths = [...(options.rules ?? []), ...(file === undefined ? [] : [file])];
  const set = await loadRuleSet(paths, inventory, options.config);
  const rule = theRule(set, named, file);
  if (options.reveal) await announceReveal(io);
  const searches = await searchesOf(io, options);
  const reading = await readingOf(io, options, inventory.timezone);
  const progress = progressLine(io, options.quiet);
  const result = await interruptible(io, signal =>
    explain({
      inputs,
      inventory,
      ...needed(set, rule),
      filters: set.filters,
      ruleId: rule.id,
      flow: options.flow,
      limit: options.limit,
      misses: options.misses,
      reveal: options.reveal,
      ...searches,
      ...reading,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  await reportProblems(io, result.problems, options);
  const exit = exitOfReading(result, options);
  if (result.interrupted && options.reveal) {
    await say(io, 'with --reveal no partial result is written');
    return exit.code;
  }
  const report: ExplanationReport = {
    rule,
    file: shownFile(rule.file),
    notes: notesOn(rule, set),
    flow: options.flow,
    streams: result.streams,
    explanation: result.explanation,
  };
  await io.stdout.write(
    options.format === 'json'
      ? explanationJson(report)
      : explanationText(report, textWidth(io), inventory.timezone),
  );
  if (exit.code !== EXIT.ok) await say(io, `medtap rules explain: ${exit.reason}`);
  return exit.code;
}

/** The rule that is meant. @throws UserError, also when it does not apply here: then with the reasons */
function theRule(set: RuleSet, named: string, file: string | undefined): RuleInfo {
  const left = [...set.rejected, ...set.inapplicable];
  if (file === undefined) {
    const own = left.find(each => each.id === named.toLowerCase());
    if (own !== undefined) throw new UserError([...own.reasons]);
    return pickRule(named, set.written);
  }
  const inFile = set.written.filter(info => info.file === file);
  const reporting = inFile.filter(info => !set.serving.has(info.id));
  if (inFile.length === 1 || reporting.length === 1) return reporting[0] ?? inFile[0]!;
  const reasons = left.filter(each => each.file === file).flatMap(each => each.reasons);
  if (inFile.length === 0) throw new UserError(reasons.length > 0 ? [...reasons] : `${file} holds no rule`);
  const names = inFile.map(info => info.name).join(', ');
  const hint = `medtap rules explain --rules ${file} ${inFile[0]!.name} …`;
  throw new UserError([{ message: `${file} holds several rules: ${names}`, hint }]);
}

/**
 * The rule alone; of a correlation, all that it refers to. With the levels of the site; disabled ones are explained as
 * well.
 */
function needed(
  { rules, correlations, all }: RuleSet,
  { id }: RuleInfo,
): Pick<RuleSet, 'rules' | 'correlations'> {
  const ids = new Set([id]);
  for (const { info, members } of [...all.correlations].reverse())
    if (ids.has(info.id)) for (const member of members) ids.add(member.id);
  const pick = <T extends { readonly info: RuleInfo }>(each: readonly T[], changed: readonly T[]) =>
    each
      .filter(({ info }) => ids.has(info.id))
      .map(one => changed.find(({ info }) => info.id === one.info.id) ?? one);
  return {
    rules: pick(all.rules, rules),
    correlations: pick(all.correlations, correlations),
  };
}

function notesOn(rule: RuleInfo, { overrides, serving }: RuleSet): readonly string[] {
  const override = overrides.get(rule.id);
  const because = override?.reason === undefined ? '' : `: ${override.reason}`;
  return [
    ...(override?.disabled === true ? [`disabled by the site's configuration${because}`] : []),
    ...(override?.level !== undefined && !override.disabled
      ? [`${override.level} here, ${[rule.level, ...levelChanges(rule)].join(', ')} as written${because}`]
      : []),
    ...(serving.has(rule.id) ? ['only serves correlations, and reports nothing itself'] : []),
  ];
}
