/** Words and options that the subcommands of `medtap rules` share. */
import { Option } from 'commander';
import { visible } from '../../bytes/text.ts';
import { nearest, UserError } from '../../errors.ts';
import { compareLevels, type RuleInfo } from '../../model/finding.ts';
import { repeated } from '../choices.ts';
import { GROUPS } from '../common-options.ts';
import { SHIPPED } from '../shipped.ts';

export const PATHS_HELP = 'rule files or directories; none: the shipped rules';

/** Reports the exit code of a command. */
export type Finish = (code: number) => void;

export function rulesOption(
  help = `rules instead of the shipped ones; repeatable; "${SHIPPED}" adds those`,
): Option {
  return new Option('--rules <path>', help).argParser(repeated).helpGroup(GROUPS.rules);
}

/** The rule of a name or id. @throws UserError with the nearest name */
export function pickRule<T extends { readonly id: string; readonly name: string }>(
  name: string,
  rules: readonly T[],
): T {
  const found = rules.find(rule => rule.id === name.toLowerCase()) ?? rules.find(rule => rule.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    rules.map(rule => rule.name),
  );
  const hint = near === undefined ? 'medtap rules list shows all' : `did you mean ${near}?`;
  throw new UserError([{ message: `there is no rule named ${name}`, hint }]);
}

/** Most severe first, then by name. */
export function bySeverity(infos: readonly RuleInfo[]): readonly RuleInfo[] {
  return [...infos].sort((a, b) => compareLevels(a.level, b.level) || (a.name < b.name ? -1 : 1));
}

/** Levels that a rule gives by the values of fields, one phrase each. */
export function levelChanges({ levelBy }: RuleInfo): readonly string[] {
  return [...levelBy].flatMap(([field, levels]) =>
    [...levels].map(([value, level]) => `${level} when ${field} is ${value}`),
  );
}

/** Text of several lines, each safe for a terminal. */
export function lines(text: string): string {
  return `${text.split('\n').map(visible).join('\n')}\n`;
}
