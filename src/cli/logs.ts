/**
 * `medtap logs`: captures in, records out, as Zeek would have logged them: tab-separated files that zeek-cut and RITA
 * read, or JSON lines. Without `--output` the streams come one after another on stdout.
 */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import type { CaptureInfo } from '../model/analysis.ts';
import type { Batch } from '../model/batch.ts';
import type { Moment, StreamSchema } from '../model/schema.ts';
import { jsonLines } from '../report/json-lines.ts';
import { zeekFooter, zeekHeader, zeekRows } from '../report/zeek-tsv.ts';
import { oneOf, someOf } from './choices.ts';
import { allowPartialOption, GROUPS, INPUT_HELP, inventoryOption, quietOption } from './common-options.ts';
import { announceReveal, reportProblems } from './diagnostics.ts';
import { logs, readInventory, STREAM_NAMES } from './engine.ts';
import { decideExit } from './exit-code.ts';
import { newCommand } from './help.ts';
import { interruptible } from './interrupt.ts';
import { type Io, say } from './io.ts';
import { makeOutputDirectory, type OutputFile, openOutput } from './output-file.ts';
import { progressLine } from './progress.ts';

const FORMATS = ['zeek', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface LogsOptions {
  readonly stream?: readonly string[];
  readonly format: Format;
  readonly output?: string;
  readonly enrich: boolean;
  readonly inventory?: string;
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
    line: 'medtap logs --enrich --inventory site.yml --stream conn ward.pcap',
    does: 'flows with device, type and zone of both sides',
  },
];

/** The command, ready to be added to the program. */
export function logsCommand(io: Io, finish: (code: number) => void): Command {
  return newCommand('logs', 'Decode captures to Zeek-style records.', EXAMPLES)
    .argument('<input...>', INPUT_HELP)
    .addOption(inventoryOption())
    .addOption(
      new Option('--stream <names>', 'streams, separated by commas; default all that have records')
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
      new Option('-o, --output <dir>', 'write STREAM.log files into this directory').helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--enrich', 'add who each side is (device, type, zone …)')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--reveal', 'show patient identifiers and secrets instead of tokens')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .addHelpText('after', `\nStreams:\n${listed(STREAM_NAMES)}`)
    .action(async (inputs: string[], options: LogsOptions) => finish(await runLogs(io, inputs, options)));
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

async function runLogs(io: Io, inputs: readonly string[], options: LogsOptions): Promise<number> {
  const inventory = await readInventory(options.inventory);
  if (options.output !== undefined) await makeOutputDirectory(options.output);
  if (options.reveal) await announceReveal(io);
  const progress = progressLine(io, options.quiet);
  const { stream: streams, enrich, reveal } = options;
  const result = await interruptible(io, signal =>
    logs({ inputs, inventory, streams, enrich, reveal, onProgress: progress.update, signal }),
  ).finally(progress.finish);
  try {
    await reportProblems(io, result.problems, options);
    const exit = decideExit({
      ...result,
      problems: result.problems.length,
      findings: [],
      failOn: 'none',
      ...options,
    });
    if (result.interrupted && reveal) await say(io, 'with --reveal no partial result is written');
    else await writeLogs(io, result.streams, spanOf(result.captures), options);
    if (exit.code !== EXIT.ok) await say(io, `medtap logs: ${exit.reason}`);
    return exit.code;
  } finally {
    result.close();
  }
}

interface Log {
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
    if (capture.first && (!first || earlier(capture.first, first))) first = capture.first;
    if (capture.last && (!last || earlier(last, capture.last))) last = capture.last;
  }
  return { first, last };
}

function earlier(a: Moment, b: Moment): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nsec < b.nsec);
}

async function writeLogs(io: Io, streams: readonly Log[], span: Span, options: LogsOptions): Promise<void> {
  if (options.output !== undefined) {
    await writeFiles(streams, span, options.format, options.output);
    return;
  }
  // Decided by what was asked for, not by what the capture holds, so that every run of a script reads the same.
  const mixed = new Set(options.stream ?? STREAM_NAMES).size > 1;
  for (const stream of streams) {
    for (const chunk of chunksOf(stream, span, options.format, mixed)) {
      if (!io.stdout.open) return;
      await io.stdout.write(chunk);
    }
  }
}

async function writeFiles(
  streams: readonly Log[],
  span: Span,
  format: Format,
  directory: string,
): Promise<void> {
  for (const stream of streams) {
    const file: OutputFile = await openOutput(join(directory, `${stream.schema.name}.log`));
    try {
      for (const chunk of chunksOf(stream, span, format, false)) await file.write(chunk);
      await file.commit();
    } catch (error) {
      await file.discard();
      throw (error as NodeJS.ErrnoException).code === undefined
        ? error
        : new UserError(`cannot write ${stream.schema.name}.log: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}

function* chunksOf(stream: Log, span: Span, format: Format, mixed: boolean): Generator<string | Uint8Array> {
  if (format === 'json') {
    const lines = jsonLines(stream.schema, mixed);
    for (const batch of stream.batches()) yield lines(batch);
    return;
  }
  const rows = zeekRows(stream.schema);
  yield zeekHeader(stream.schema, span.first);
  for (const batch of stream.batches()) yield rows(batch);
  yield zeekFooter(span.last);
}
