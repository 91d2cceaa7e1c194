/**
 * What is read and how: INPUT, the inventory, copies of frames, checksums, clocks and the time that is looked at. The same
 * words with the same meaning in every command that reads captures.
 */
import { normalize } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { compareMoments } from '../model/moment.ts';
import { DEDUP_WINDOW, MAX_RATIO } from '../model/reading-defaults.ts';
import type { Moment } from '../model/schema.ts';
import type { AnalyseOptions } from '../pipeline/phases.ts';
import { repeated, secondsUpTo, times } from './choices.ts';
import { GROUPS } from './common-options.ts';
import { clockChange, readMoment } from './engine.ts';
import { readInputList } from './input-list.ts';
import { type Io, say } from './io.ts';
import { shownName } from './shown-name.ts';
import { type TokenKeyChoices, tokenKeyOf, tokenKeyOption } from './token-key.ts';

/** A clock that is off by more is a wrong number rather than a wrong clock (a hundred years). */
const MAX_OFFSET = 100 * 366 * 86_400;
const NANOS = 1e9;
/** The window is at most this long, in seconds; it is bounded in packets besides. */
const MAX_DEDUP_WINDOW = 1;
const INPUT_HELP =
  'captures (pcap, pcapng, snoop; also gzip, zstd, lz4, zip, tar), saved logs (ours, Zeek, EVE), directories of them (links to files are followed), or - for stdin';

/** What `takesCaptures` leaves in a command's options. */
export interface ReadingChoices extends TokenKeyChoices {
  readonly inventory?: string;
  readonly dedup: boolean;
  readonly dedupWindow: number;
  readonly strictChecksums: boolean;
  readonly filesFrom?: readonly string[];
  /** As given: `FILE=±SECONDS`. */
  readonly clockOffset?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly maxRatio: number;
}

/** Adds INPUT and the options to a command. */
export function takesCaptures(command: Command): Command {
  command.argument('[input...]', INPUT_HELP);
  for (const option of readingOptions()) command.addOption(option.helpGroup(GROUPS.input));
  return command;
}

/** The inventory, also for commands that read no capture. */
export function inventoryOption(): Option {
  return new Option('--inventory <file>', 'who is who: inventory.yml of the site').helpGroup(GROUPS.input);
}

function readingOptions(): readonly Option[] {
  return [
    inventoryOption(),
    new Option('--no-dedup', 'count and decode copies of frames, as a SPAN port makes them'),
    new Option(
      '--dedup-window <seconds>',
      `how far behind a frame its copies may come; at most ${MAX_DEDUP_WINDOW}`,
    )
      .argParser(secondsUpTo(MAX_DEDUP_WINDOW))
      .default(DEDUP_WINDOW),
    new Option(
      '--strict-checksums',
      'discard packets whose checksum is wrong; without it they are counted',
    ).default(false),
    new Option(
      '--files-from <file>',
      'read names of inputs from a file, one per line or NUL-separated; - is stdin; repeatable',
    ).argParser(repeated),
    new Option(
      '--clock-offset <file=seconds>',
      'add seconds (+ or -) to the times of an input; repeatable',
    ).argParser((value: string, before: readonly string[] = []) => [...before, checkOffset(value)]),
    new Option(
      '--since <time>',
      'only frames from this time on (ISO 8601, site time without a zone, or epoch seconds)',
    ),
    new Option('--until <time>', 'only frames before this time; others are counted as outside'),
    new Option(
      '--max-ratio <times>',
      'decompress a capture to at most so many times its size: the rest is not read',
    )
      .argParser(times)
      .default(MAX_RATIO),
    tokenKeyOption(),
  ];
}

/** All inputs of a command. @throws UserError without any, when standard input is named twice, or for a list that is none */
export async function inputsOf(
  io: Io,
  inputs: readonly string[],
  { filesFrom = [] }: Pick<ReadingChoices, 'filesFrom'>,
): Promise<readonly string[]> {
  refuseStdinTwice([...inputs, ...filesFrom]);
  const all = [...inputs];
  for (const list of filesFrom) for (const name of await readInputList(io, list)) all.push(name);
  refuseStdinTwice([...all, ...filesFrom]);
  if (all.includes('')) throw new UserError('the name of an INPUT is empty: ""');
  if (all.length === 0) {
    throw new UserError(
      filesFrom.length === 0
        ? 'give at least one INPUT: a capture, a directory of captures, or - for stdin (or --files-from FILE)'
        : `--files-from: ${filesFrom.map(shownName).join(', ')} names no input`,
    );
  }
  return all;
}

function refuseStdinTwice(names: readonly string[]): void {
  if (names.indexOf('-') !== names.lastIndexOf('-'))
    throw new UserError(
      'standard input (-) is named more than once; it can be read only once, as a capture or a list',
    );
}

/** What the options mean for a run. `timezone` is the site's. @throws UserError */
export async function readingOf(
  io: Io,
  { clockOffset, since, until, strictChecksums, maxRatio, ...choices }: ReadingChoices,
  timezone: string,
): Promise<
  Pick<
    AnalyseOptions,
    'clockOffsets' | 'since' | 'until' | 'dedupWindow' | 'strictChecksums' | 'maxRatio' | 'tokenKey'
  >
> {
  const tokenKey = tokenKeyOf(io, choices);
  const from = since === undefined ? undefined : await readTime(io, '--since', since, timezone);
  const to = until === undefined ? undefined : await readTime(io, '--until', until, timezone);
  if (from && to && compareMoments(from, to) >= 0) {
    throw new UserError(`--since ${since} is not before --until ${until}: no frame could be within`);
  }
  const clockOffsets = readOffsets(clockOffset ?? []);
  const dedupWindow = dedupWindowOf(choices);
  return { clockOffsets, since: from, until: to, dedupWindow, strictChecksums, maxRatio, tokenKey };
}

/** The window in seconds; 0 keeps copies. */
function dedupWindowOf({ dedup, dedupWindow }: Pick<ReadingChoices, 'dedup' | 'dedupWindow'>): number {
  return dedup ? dedupWindow : 0;
}

/** The options as a result repeats them; `mask` hides identifiers in names of files. */
export function readingJson(
  { inventory, clockOffset, since, until, strictChecksums, maxRatio, tokenKey, ...choices }: ReadingChoices,
  mask: (text: string) => string,
) {
  return {
    inventory: inventory ?? null,
    'clock-offset': clockOffset?.map(mask) ?? null,
    since: since ?? null,
    until: until ?? null,
    'dedup-window': dedupWindowOf(choices),
    'strict-checksums': strictChecksums,
    'max-ratio': maxRatio,
    'token-key': tokenKey ?? null,
  };
}

function checkOffset(value: string): string {
  const [, seconds] = /=([+-]?\d+(?:\.\d{1,9})?)$/.exec(value) ?? [];
  if (seconds === undefined || value.startsWith('=') || Math.abs(Number(seconds)) > MAX_OFFSET) {
    throw new InvalidArgumentError('Give FILE=SECONDS, such as tap2.pcap=-1.25.');
  }
  return value;
}

/** Offsets by name. @throws UserError for a file that has two */
function readOffsets(values: readonly string[]): Map<string, { sec: number; nsec: number }> {
  const offsets = new Map(values.map(readOffset));
  const files = new Set([...offsets.keys()].map(normalize));
  if (files.size < values.length) {
    const names = values.map(value => readOffset(value)[0]);
    const twice = names.find(
      (name, i) => names.findIndex(other => normalize(other) === normalize(name)) < i,
    )!;
    throw new UserError(`--clock-offset: ${shownName(twice)} has more than one`);
  }
  return offsets;
}

/** The name, and its seconds to the nanosecond. */
function readOffset(value: string): [string, { sec: number; nsec: number }] {
  const at = value.lastIndexOf('=');
  const text = value.slice(at + 1);
  const [whole = '0', decimals = ''] = text.replace(/^[+-]/, '').split('.');
  const sec = Number(whole);
  const nsec = Number(decimals.padEnd(9, '0'));
  if (!text.startsWith('-')) return [value.slice(0, at), { sec, nsec }];
  return [value.slice(0, at), nsec === 0 ? { sec: -sec, nsec: 0 } : { sec: -sec - 1, nsec: NANOS - nsec }];
}

/** A time of the command line. @throws UserError */
async function readTime(io: Io, option: string, text: string, timezone: string): Promise<Moment> {
  const moment = await readMoment(text, timezone);
  const change = await clockChange(text, timezone);
  if (change === 'skipped')
    throw new UserError([
      {
        message: `${option}: there is no ${text} on the clock of ${timezone}: it was set forward`,
        hint: 'give the time with an offset, such as +01:00 or Z',
      },
    ]);
  if (change === 'repeated')
    await say(
      io,
      `warning: ${option}: the clock of ${timezone} shows ${text} twice; the first is meant (an offset such as +01:00 says which)`,
    );
  if (moment !== undefined) return moment;
  const hint = 'give ISO 8601 or epoch seconds: 2026-11-23T09:30:00, 2026-11-23T09:30:00+01:00 or 1795426200';
  throw new UserError([{ message: `${option}: ${text} is no time`, hint }]);
}
