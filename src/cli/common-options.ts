/** Options that several commands share, with the same words and the same meaning. */
import { Option } from 'commander';
import { oneOf, secondsUpTo } from './choices.ts';
import type { ColourChoice } from './io.ts';

export const GROUPS = { input: 'Input:', rules: 'Rules:', output: 'Output:', result: 'Exit code:' } as const;

const COLOURS: readonly ColourChoice[] = ['auto', 'always', 'never'];

export function inventoryOption(): Option {
  return new Option('--inventory <file>', 'who is who: inventory.yml of the site').helpGroup(GROUPS.input);
}

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

/** The window is at most this long; it is bounded in packets besides. */
const MAX_DEDUP_WINDOW = 1;

/** What `dedupOptions` leaves in a command's options. */
export interface DedupOptions {
  readonly dedup: boolean;
  readonly dedupWindow: number;
}

/** Whether and how copies of frames are left out. */
export function dedupOptions(): readonly [Option, Option] {
  return [
    new Option('--no-dedup', 'count and decode copies of frames, as a SPAN port makes them').helpGroup(
      GROUPS.input,
    ),
    new Option('--dedup-window <seconds>', 'how far behind a frame its copies may come')
      .argParser(secondsUpTo(MAX_DEDUP_WINDOW))
      .default(0.05)
      .helpGroup(GROUPS.input),
  ];
}

export function strictChecksumsOption(): Option {
  return new Option(
    '--strict-checksums',
    'discard packets whose checksum is wrong; without it they are counted',
  )
    .default(false)
    .helpGroup(GROUPS.input);
}

/** The window in seconds; 0 keeps copies. */
export function dedupWindowOf({ dedup, dedupWindow }: DedupOptions): number {
  return dedup ? dedupWindow : 0;
}

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

/** What INPUT may be; the same text in every command. */
export const INPUT_HELP =
  'captures (pcap, pcapng, snoop; also gzip, zstd, lz4, zip, tar), directories of them, or - for stdin';

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
