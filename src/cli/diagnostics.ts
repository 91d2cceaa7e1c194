/** What is said on stderr beside a result: unreadable inputs, rules left out, and that `--reveal` is on. */
import { formatProblem, type InputError } from '../errors.ts';
import type { Coverage } from '../model/analysis.ts';
import { countText } from '../report/numbers.ts';
import { type Io, say } from './io.ts';
import type { RuleSet } from './rule-engine.ts';
import { shownName } from './shown-name.ts';

/** Announced whatever `--quiet` says: who sees the screen or the log should know. */
export async function announceReveal(io: Io): Promise<void> {
  await say(
    io,
    'warning: --reveal: patient identifiers and secrets are shown in clear; handle the output as such',
  );
}

/** Inputs that could not be read, or not to their end. With `--allow-partial` they are warnings. */
export async function reportProblems(
  io: Io,
  problems: readonly InputError[],
  options: { readonly allowPartial: boolean; readonly quiet: boolean },
): Promise<void> {
  if (options.allowPartial && options.quiet) return;
  const word = options.allowPartial ? 'warning' : 'error';
  for (const problem of problems) await say(io, `${word}: ${shortened(problem)}`);
}

function shortened({ file, message }: InputError): string {
  return message.startsWith(file) ? shownName(file) + message.slice(file.length) : message;
}

/** Warnings about rules, and how many were left out. That some are wrong is said whatever `--quiet` says. */
export async function reportRules(io: Io, rules: RuleSet, quiet: boolean): Promise<void> {
  if (rules.rejected.length > 0)
    await say(
      io,
      `warning: ${countText(rules.rejected.length, 'rule')} rejected (medtap rules check PATH says why)`,
    );
  if (quiet) return;
  for (const warning of rules.warnings) await say(io, formatProblem({ ...warning, severity: 'warning' }));
  const count = rules.inapplicable.length;
  if (count > 0)
    await say(
      io,
      `warning: ${countText(count, 'rule')} not applicable here (medtap rules check PATH says why)`,
    );
}

/** Records of saved logs whose streams are not known here: nobody could tell from what is written. */
export async function reportSkipped(io: Io, { undecoded }: Coverage, quiet: boolean): Promise<void> {
  const prefix = 'unknown_stream:';
  const skipped = Object.entries(undecoded).filter(([name]) => name.startsWith(prefix));
  if (quiet || skipped.length === 0) return;
  const names = skipped.map(
    ([name, count]) => `${name.slice(prefix.length) || 'without a name'} ×${countText(count)}`,
  );
  await say(io, `warning: records of streams that are not known here were left out: ${names.join(', ')}`);
}
