/**
 * `medtap flows`: who talked to whom, how much and how it ended, as a table to read, or CSV and JSON for other programs.
 * Grouped on demand: by device, by pair, by service, by zones.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import { FLOW_SORTS, FLOW_VIEWS, type FlowSort, type FlowViewName } from '../model/flow-view.ts';
import { csvHeader, csvRow } from '../report/csv.ts';
import { flowsJson } from '../report/flows-json.ts';
import { flowsText } from '../report/flows-text.ts';
import { oneOf } from './choices.ts';
import {
  allowPartialOption,
  FILTER_HELP,
  filterOption,
  GROUPS,
  quietOption,
  reproducibleOption,
  revealOption,
} from './common-options.ts';
import { announceReveal, reportProblems } from './diagnostics.ts';
import { type FlowsResult, flows, readFilter, readInventory } from './engine.ts';
import { exitOfReading } from './exit-code.ts';
import { newCommand } from './help.ts';
import { interruptible } from './interrupt.ts';
import { type Io, say } from './io.ts';
import { checkOutputs, type Output, outputOption, type Rendered, writeOutputs } from './outputs.ts';
import { progressLine } from './progress.ts';
import { inputsOf, type ReadingChoices, readingJson, readingOf, takesCaptures } from './reading-options.ts';
import { packageVersion, stopwatch } from './run-info.ts';

const FORMATS = ['text', 'csv', 'json'] as const;
type Format = (typeof FORMATS)[number];
const GROUPINGS = Object.keys(FLOW_VIEWS).filter(name => name !== 'flows') as FlowViewName[];
/** Rows of a table for a person, unless `--top` says otherwise. */
const DEFAULT_ROWS = 40;
/** Narrower terminals get lines that they break themselves. */
const LEAST_WIDTH = 40;

interface FlowsOptions extends ReadingChoices {
  readonly by?: FlowViewName;
  readonly zones: boolean;
  readonly sort: FlowSort;
  readonly top?: number;
  readonly filter?: string;
  readonly format: Format;
  readonly output?: readonly Output<Format>[];
  readonly reveal: boolean;
  readonly reproducible: boolean;
  readonly allowPartial: boolean;
  readonly quiet: boolean;
}

const EXAMPLES = [
  { line: 'medtap flows ward.pcap', does: 'the largest flows' },
  {
    line: 'medtap flows --by device --inventory site.yml captures/',
    does: 'who moves most, devices by the names of the inventory',
  },
  { line: 'medtap flows --zones --inventory site.yml ward.pcap', does: 'which zones talk to which' },
  {
    line: "medtap flows --filter 'resp_scope == internet' --sort start --top 0 ward.pcap",
    does: 'all flows to the internet, in the order of time',
  },
  { line: 'medtap flows --format csv -o flows.csv ward.pcap', does: 'for a spreadsheet' },
];

/** The command, ready to be added to the program. */
export function flowsCommand(io: Io, finish: (code: number) => void): Command {
  return takesCaptures(newCommand('flows', 'Show who talked to whom, and how much.', EXAMPLES))
    .addOption(
      new Option('--by <what>', `one row per ${GROUPINGS.join(', ')} instead of one per flow`)
        .argParser(oneOf(GROUPINGS))
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--zones', 'the same as --by zones: a matrix in text')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--sort <key>', `${FLOW_SORTS.join(', ')}: most first, start earliest first`)
        .argParser(oneOf(FLOW_SORTS))
        .default('bytes')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--top <rows>', `the first rows only, 0 for all (default ${DEFAULT_ROWS} in text, else all)`)
        .argParser(rowCount)
        .helpGroup(GROUPS.output),
    )
    .addOption(filterOption())
    .addOption(
      new Option('--format <format>', 'text, csv or json')
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('-o, --output <path>', 'write to a file instead of stdout; FORMAT=PATH adds one; repeatable')
        .argParser(outputOption(FORMATS))
        .helpGroup(GROUPS.output),
    )
    .addOption(revealOption())
    .addOption(reproducibleOption())
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .addHelpText('after', FILTER_HELP)
    .addHelpText('after', VIEWS_HELP)
    .action(async (inputs: string[], options: FlowsOptions) => finish(await runFlows(io, inputs, options)));
}

const VIEWS_HELP = `
A filter sees the fields of conn and who each side is. Bytes are those of IP
packets, headers included. A host is known by its name in the inventory, else by
its address; a zone by its name, else by the scope of the address.`;

function rowCount(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Give a number of rows, 0 for all.');
}

function viewOf({ by, zones, sort }: FlowsOptions): FlowViewName {
  if (zones && by !== undefined && by !== 'zones')
    throw new UserError(`--zones and --by ${by} exclude each other`);
  const view = zones ? 'zones' : (by ?? 'flows');
  if (view === 'flows' && sort === 'flows')
    throw new UserError([
      { message: '--sort flows needs rows of several flows', hint: `add --by ${GROUPINGS.join(', ')}` },
    ]);
  return view;
}

async function runFlows(io: Io, given: readonly string[], options: FlowsOptions): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const watch = stopwatch();
  const view = viewOf(options);
  const site = [options.inventory, options.tokenKey].filter(path => path !== undefined);
  await checkOutputs(options.output ?? [], [...inputs, ...site]);
  const inventory = await readInventory(options.inventory, io);
  const filter = await readFilter(options.filter, { streams: ['conn'], enrich: true, inventory });
  const { reveal, sort } = options;
  const reading = await readingOf(io, options, inventory.timezone);
  if (reveal) await announceReveal(io);
  const rows = options.top === 0 ? undefined : options.top;
  // What a person reads stops early by itself; what goes to other programs is whole.
  const shown = options.top === undefined ? DEFAULT_ROWS : (rows ?? Number.POSITIVE_INFINITY);
  const textAlone = [options.format, ...(options.output ?? []).map(({ format }) => format ?? 'text')].every(
    format => format === 'text',
  );
  const top = textAlone && shown !== Number.POSITIVE_INFINITY ? shown : rows;
  const progress = progressLine(io, options.quiet);
  const result = await interruptible(io, signal =>
    flows({
      inputs,
      inventory,
      ...reading,
      view,
      sort,
      top,
      filter,
      reveal,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  try {
    await reportProblems(io, result.problems, options);
    const exit = exitOfReading(result, options);
    const run = {
      version: packageVersion(),
      options: {
        ...readingJson(options, result.mask),
        by: view,
        sort,
        top: rows ?? null,
        filter: options.filter ?? null,
        'allow-partial': options.allowPartial,
        reveal,
      },
      site: inventory.site ?? null,
      timezone: inventory.timezone,
      volatile: options.reproducible ? null : watch(),
    };
    if (result.interrupted && reveal) await say(io, 'with --reveal no partial result is written');
    else {
      await writeOutputs(io, options.output ?? [], options.format, (format, toStdout): Rendered => {
        if (format === 'csv') return csvOf(result);
        if (format === 'json') return flowsJson({ ...result, run });
        return flowsText(result.table, {
          width: toStdout && io.stdout.isTTY ? Math.max(LEAST_WIDTH, io.stdout.columns ?? 80) : undefined,
          timezone: inventory.timezone,
          all: result.all,
          filtered: filter !== undefined,
          rows: shown,
        });
      });
    }
    if (exit.code !== EXIT.ok) await say(io, `medtap flows: ${exit.reason}`);
    return exit.code;
  } finally {
    result.close();
  }
}

function* csvOf({ table }: FlowsResult): Generator<string> {
  yield csvHeader(table.schema);
  for (const row of table.rows()) yield csvRow(table.schema, row);
}
