/**
 * An option with a value is given once, unless its help says `repeatable`: of two values the first would be forgotten without
 * a word.
 */
import type { Command, Option } from 'commander';

/** What to do instead. */
const INSTEAD: Readonly<Record<string, string>> = { filter: '; join the conditions with "and"' };

/** Makes a command refuse what is repeated and may not be. */
export function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    if (!takesValue(option) || mayRepeat(option)) continue;
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      given++;
      if (given === 1) return;
      const instead = INSTEAD[option.name()] ?? '';
      command.error(`error: option '${option.flags}' can be given only once${instead}`, { exitCode: 2 });
    });
  }
}

/** Whether the values of a repeated option add up, which is what its help says. */
export function mayRepeat({ description }: Option): boolean {
  return /\brepeatable\b/.test(description);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
