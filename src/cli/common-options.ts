/** Options that several commands share, with the same words and the same meaning. */
import { Option } from 'commander';
import { oneOf } from './choices.ts';
import type { ColourChoice } from './io.ts';

export const GROUPS = { input: 'Input:', rules: 'Rules:', output: 'Output:', result: 'Exit code:' } as const;

const COLOURS: readonly ColourChoice[] = ['auto', 'always', 'never'];

export function configOption(): Option {
  return new Option('--config <file>', 'what the site changes about rules: medtap.yml').helpGroup(
    GROUPS.rules,
  );
}

export function filterOption(): Option {
  return new Option('--filter <expr>', 'only records for which this holds (see below)').helpGroup(
    GROUPS.output,
  );
}

/** The filter language in a few lines, for the foot of a command's help. */
export const FILTER_HELP = `
Filters (fields are those of docs/reference/streams.md, as in rules):
  service == dns and not id.resp_h in 10.0.0.0/8
  duration > 5m or orig_bytes >= 10MB
  query endswith ".example" and ts >= 2026-11-18T12:00:00Z
  id.resp_p in {80, 443} and uri matches "(?i)passw(or)?d"
  == != < <= > >= contains startswith endswith matches in exists, and or not, ()
  Text ignores case but for matches. A set holds when any element does; a field
  that is absent holds only for != and not. Times without a zone are on the
  clock of the inventory. Identifiers are masked before the filter sees them.`;

export function colourOption(): Option {
  return new Option('--color <when>', 'auto, always or never (also NO_COLOR, FORCE_COLOR)')
    .argParser(oneOf(COLOURS))
    .default('auto')
    .helpGroup(GROUPS.output);
}

export function revealOption(): Option {
  return new Option('--reveal', 'show patient identifiers and secrets instead of tokens')
    .default(false)
    .helpGroup(GROUPS.output);
}

export function quietOption(): Option {
  return new Option('-q, --quiet', 'no progress and no warnings').default(false).helpGroup(GROUPS.output);
}

export function reproducibleOption(): Option {
  return new Option('--reproducible', 'leave out clock, host and memory of this run')
    .default(false)
    .helpGroup(GROUPS.output);
}

export function allowPartialOption(): Option {
  return new Option('--allow-partial', 'incomplete coverage does not end in exit code 4')
    .default(false)
    .helpGroup(GROUPS.result);
}

/** Exit codes, for the foot of a command's help. */
export const EXIT_HELP = `
Exit codes:
  0    nothing at or above --fail-on
  1    findings at or above --fail-on
  2    wrong use, or an error in a rule or inventory file
  3    no packet could be read from any input
  4    done, but coverage is incomplete (--allow-partial accepts it)
  70   a defect of medtap
  130  interrupted`;
