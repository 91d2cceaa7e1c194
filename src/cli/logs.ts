/**
 * `medtap logs`: captures in, records out, as Zeek would have logged them: tab-separated files that zeek-cut and RITA
 * read, or JSON lines. Without `--output` the streams come one after another on stdout.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import type { CaptureInfo } from '../model/analysis.ts';
import type { Batch } from '../model/batch.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment, StreamSchema } from '../model/schema.ts';
import { jsonLines } from '../report/json-lines.ts';
import { zeekFooter, zeekHeader, zeekRows } from '../report/zeek-tsv.ts';
import { oneOf, someOf } from './choices.ts';
import {
  allowPartialOption,
  FILTER_HELP,
  filterOption,
  GROUPS,
  quietOption,
  revealOption,
} from './common-options.ts';
import { announceReveal, reportProblems, reportSkipped } from './diagnostics.ts';
import { type LogsResult, logs, readFilter, readInventory, STREAM_NAMES } from './engine.ts';
import { exitOfReading } from './exit-code.ts';
import { newCommand } from './help.ts';
import { endsRun, interruptible } from './interrupt.ts';
import { type Io, say } from './io.ts';
import { isWithin, prepareLogs, writeLogs } from './log-set.ts';
import { progressLine } from './progress.ts';
import { inputsOf, type ReadingChoices, readingOf, takesCaptures } from './reading-options.ts';
import { type SearchChoices, searchesOf, takesSearches } from './search-options.ts';
import { shownName } from './shown-name.ts';

const FORMATS = ['zeek', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface LogsOptions extends ReadingChoices, SearchChoices {
  readonly stream?: readonly string[];
  readonly format: Format;
  readonly output?: string;
  readonly filter?: string;
  readonly enrich: boolean;
  readonly reveal: boolean;
  readonly allowPartial: boolean;
  readonly quiet: boolean;
}

const EXAMPLES = [
  { line: 'medtap logs --stream conn ward.pcap', does: 'the flows, as Zeek’s conn.log' },
  {
    line: 'medtap logs --output logs/ captures/',
    does: 'every stream into its own file: conn.log, dns.log …',
  },
  {
    line: 'medtap logs --format json --stream dns,http ward.pcap',
    does: 'JSON lines, each with its stream in "_path"',
  },
  {
    line: "medtap logs --filter 'id.resp_h == 10.20.30.17 and duration > 5m' ward.pcap",
    does: 'long flows to one host, in every stream that knows a duration',
  },
  {
    line: 'medtap logs --enrich --inventory site.yml --stream conn ward.pcap',
    does: 'flows with device, type and zone of both sides',
  },
];

/** The command, ready to be added to the program. */
export function logsCommand(io: Io, finish: (code: number) => void): Command {
  const command = newCommand('logs', 'Decode captures to Zeek-style records.', EXAMPLES);
  return takesSearches(takesCaptures(command))
    .addOption(
      new Option(
        '--stream <names>',
        'streams, separated by commas; default all that have records; repeatable',
      )
        .argParser(someOf(STREAM_NAMES))
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--format <format>', 'zeek (tab-separated) or json (one object per line)')
        .argParser(oneOf(FORMATS))
        .default('zeek')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option(
        '-o, --output <dir>',
        'write STREAM.log files into this directory, in place of those of an earlier run; - is stdout',
      )
        .argParser(directory)
        .helpGroup(GROUPS.output),
    )
    .addOption(filterOption())
    .addOption(
      new Option('--enrich', 'add who each side is (device, type, zone …)')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(revealOption())
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .addHelpText(
      'after',
      `${FILTER_HELP}\n  Without --stream, the streams that have all fields of the filter are logged.`,
    )
    .addHelpText('after', `\nStreams:\n${listed(STREAM_NAMES)}`)
    .action(async (inputs: string[], options: LogsOptions) => finish(await runLogs(io, inputs, options)));
}

function directory(value: string): string {
  if (value === '') throw new InvalidArgumentError('There is no name of a directory.');
  const [, format, path] = /^(zeek|json)=(.*)$/.exec(value) ?? [];
  if (format === undefined) return value;
  throw new InvalidArgumentError(`The format is said by itself: --format ${format} --output ${path}`);
}

function listed(names: readonly string[]): string {
  const lines = [' '];
  for (const name of names) {
    const last = lines.length - 1;
    if (lines[last]!.length + name.length > 76) lines.push(`  ${name}`);
    else lines[last] += ` ${name}`;
  }
  return lines.join('\n');
}

async function runLogs(io: Io, given: readonly string[], options: LogsOptions): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const inventory = await readInventory(options.inventory, io);
  const { stream: streams, enrich, reveal } = options;
  const filter = await readFilter(options.filter, { streams, enrich, inventory });
  const searches = await searchesOf(io, options);
  if (options.output !== undefined && options.output !== '-') await prepareLogs(options.output, STREAM_NAMES);
  const reading = await readingOf(io, options, inventory.timezone);
  if (reveal) await announceReveal(io);
  const progress = progressLine(io, options.quiet);

  const result = await interruptible(io, signal =>
    logs({
      inputs,
      inventory,
      streams,
      enrich,
      filter,
      reveal,
      ...searches,
      ...reading,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  try {
    await reportProblems(io, result.problems, options);
    await reportSkipped(io, result.coverage, options.quiet);
    const exit = exitOfReading(result, options);
    if (result.interrupted && reveal) await say(io, 'with --reveal no partial result is written');
    // Where nothing could be read, what an earlier run wrote is worth more.
    else if (exit.code !== EXIT.unreadable) await endsRun(io, () => writeStreams(io, result, options));
    if (exit.code !== EXIT.ok) await say(io, `medtap logs: ${exit.reason}`);
    return exit.code;
  } finally {
    result.close();
  }
}

interface StreamLog {
  readonly schema: StreamSchema;
  batches(): Iterable<Batch>;
}

interface Span {
  readonly first: Moment | null;
  readonly last: Moment | null;
}

/** From the first to the last frame of all captures. */
function spanOf(captures: readonly CaptureInfo[]): Span {
  let first: Moment | null = null;
  let last: Moment | null = null;
  for (const capture of captures) {
    if (capture.first && (!first || compareMoments(capture.first, first) < 0)) first = capture.first;
    if (capture.last && (!last || compareMoments(capture.last, last) > 0)) last = capture.last;
  }
  return { first, last };
}

async function writeStreams(
  io: Io,
  { streams, captures }: LogsResult,
  { format, output, stream: wanted, quiet }: LogsOptions,
): Promise<void> {
  const span = spanOf(captures);
  if (output !== undefined && output !== '-') {
    const input = captures.find(({ name, records }) => records !== null && isWithin(output, name));
    if (input !== undefined)
      throw new UserError(`${shownName(input.name)}: was read by this run and would be replaced`);
    const logs = streams.map(stream => ({
      name: stream.schema.name,
      chunks: () => chunksOf(stream, span, format, false),
    }));
    const removed = await writeLogs(output, logs, STREAM_NAMES);
    if (removed.length > 0 && !quiet)
      await say(io, `warning: ${shownName(output)}: removed logs of an earlier run: ${removed.join(', ')}`);
    return;
  }
  // Decided by what was asked for, not by what the capture holds, so that every run of a script reads the same.
  const mixed = new Set(wanted ?? STREAM_NAMES).size > 1;
  for (const stream of streams) {
    for (const chunk of chunksOf(stream, span, format, mixed)) {
      if (!io.stdout.open) return;
      await io.stdout.write(chunk);
    }
  }
}

/** A stream as it is written; nothing at all when it has no records. */
function* chunksOf(
  stream: StreamLog,
  span: Span,
  format: Format,
  mixed: boolean,
): Generator<string | Uint8Array> {
  if (format === 'json') {
    const lines = jsonLines(stream.schema, mixed);
    for (const batch of stream.batches()) yield lines(batch);
    return;
  }
  const rows = zeekRows(stream.schema);
  let begun = false;
  for (const batch of stream.batches()) {
    if (!begun) yield zeekHeader(stream.schema, span.first);
    begun = true;
    yield rows(batch);
  }
  if (begun) yield zeekFooter(span.last);
}
