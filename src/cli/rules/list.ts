/** `medtap rules list`: which rules there are, and with `--effective` what the site made of them. */
import { type Command, Option } from 'commander';
import { visible } from '../../bytes/text.ts';
import { EXIT } from '../../errors.ts';
import type { RuleInfo } from '../../model/finding.ts';
import { configOption, GROUPS } from '../common-options.ts';
import { readInventory } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { loadRuleSet, type RuleSet } from '../rule-engine.ts';
import { bySeverity, type Finish, levelChanges, rulesOption } from './shared.ts';

export function listCommand(io: Io, finish: Finish): Command {
  return newCommand('list', 'List rules, most severe first.', [
    { line: 'medtap rules list', does: 'the shipped rules' },
    { line: 'medtap rules list --rules my-rules/', does: 'those of a directory' },
    {
      line: 'medtap rules list --effective --config medtap.yml',
      does: 'with what the site changed, and which filters apply',
    },
  ])
    .addOption(rulesOption())
    .addOption(configOption())
    .addOption(
      new Option('--effective', 'also rules that report nothing, and what changed each').helpGroup(
        GROUPS.output,
      ),
    )
    .action(async (options: ListOptions) => {
      const set = await loadRuleSet(options.rules ?? [], await readInventory(undefined), options.config);
      await io.stdout.write(options.effective ? effectiveText(set) : listText(set.infos));
      finish(EXIT.ok);
    });
}

interface ListOptions {
  readonly rules?: readonly string[];
  readonly config?: string;
  readonly effective?: boolean;
}

/** The list of rules as they are applied; below each, what is different from how it is written. */
export function effectiveText({ written, overrides, serving, filters }: RuleSet): string {
  const levels = new Map([...overrides].map(([id, override]) => [id, override.level]));
  const infos = written.map(info => ({ ...info, level: levels.get(info.id) ?? info.level }));
  const notes = new Map(written.map(info => [info.id, effectiveNotes(info)]));
  const lines = ruleLines(infos);
  return bySeverity(infos)
    .map((info, i) => {
      const below = notes.get(info.id)!.map(note => visible(`    ${note}`).concat('\n'));
      return [lines[i], ...below].join('');
    })
    .join('');

  function effectiveNotes(info: RuleInfo): readonly string[] {
    const override = overrides.get(info.id);
    const because = override?.reason === undefined ? '' : `: ${override.reason}`;
    const applying = filters.filter(filter => filter.suppressed.has(info.id)).map(filter => filter.name);
    return [
      ...(override?.disabled === true ? [`disabled${because}`] : []),
      ...(override?.disabled !== true && override?.level !== undefined
        ? [`${[info.level, ...levelChanges(info)].join(', ')} as written${because}`]
        : []),
      ...(serving.has(info.id) ? ['only serves correlations'] : []),
      ...(applying.length > 0 ? [`filtered by ${applying.join(', ')}`] : []),
    ];
  }
}

/** One line per rule: level, name, stream, title. */
export function listText(infos: readonly RuleInfo[]): string {
  return ruleLines(infos).join('');
}

function ruleLines(infos: readonly RuleInfo[]): readonly string[] {
  const name = Math.max(0, ...infos.map(info => info.name.length));
  const stream = Math.max(0, ...infos.map(info => info.stream.length));
  return bySeverity(infos).map(info =>
    visible(
      `${info.level.padEnd(13)}  ${info.name.padEnd(name)}  ${info.stream.padEnd(stream)}  ${info.title}`,
    ).concat('\n'),
  );
}
