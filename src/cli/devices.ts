/**
 * `medtap devices`: who is on the network, and why we think so. Also as the draft of an inventory to review.
 */
import { type Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { devicesCsv } from '../report/devices-csv.ts';
import { devicesText } from '../report/devices-text.ts';
import { explainText } from '../report/explain-text.ts';
import { devicesJson, explanationsJson } from '../report/json.ts';
import { oneOf } from './choices.ts';
import { allowPartialOption, GROUPS, quietOption, reproducibleOption } from './common-options.ts';
import { reportProblems } from './diagnostics.ts';
import { devices, readInventory, renderInventory } from './engine.ts';
import { exitOfReading } from './exit-code.ts';
import { newCommand } from './help.ts';
import { interruptible } from './interrupt.ts';
import { type Io, textWidth } from './io.ts';
import { checkOutputs, type Output, outputOption, writeOutputs } from './outputs.ts';
import { progressLine } from './progress.ts';
import { inputsOf, type ReadingChoices, readingJson, readingOf, takesCaptures } from './reading-options.ts';
import { packageVersion, stopwatch } from './run-info.ts';

const FORMATS = ['text', 'json', 'csv', 'inventory'] as const;
type Format = (typeof FORMATS)[number];

interface DevicesOptions extends ReadingChoices {
  readonly format: Format;
  readonly explain?: string;
  readonly output?: readonly Output<Format>[];
  readonly allowPartial: boolean;
  readonly reproducible: boolean;
  readonly quiet: boolean;
}

const EXAMPLES = [
  { line: 'medtap devices ward.pcap', does: 'hosts of the segment, what they are, and how that is known' },
  {
    line: 'medtap devices --format inventory -o site.yml captures/',
    does: 'a first inventory, to be reviewed by somebody who knows the ward',
  },
  {
    line: 'medtap devices --explain 10.20.30.31 ward.pcap',
    does: 'why this host is thought to be what it is',
  },
  { line: 'medtap devices --inventory site.yml --format json ward.pcap', does: 'for other programs' },
];

/** The command, ready to be added to the program. */
export function devicesCommand(io: Io, finish: (code: number) => void): Command {
  return takesCaptures(newCommand('devices', 'Say which devices are on the network.', EXAMPLES))
    .addOption(
      new Option('--format <format>', 'text, json, csv, or inventory (YAML to review)')
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('-o, --output <path>', 'write to a file instead of stdout; FORMAT=PATH adds one; repeatable')
        .argParser(outputOption(FORMATS))
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option(
        '--explain <host>',
        'explain one host (name, address or MAC address): every piece of evidence, and what came of it',
      ).helpGroup(GROUPS.output),
    )
    .addOption(reproducibleOption())
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .action(async (inputs: string[], options: DevicesOptions) =>
      finish(await runDevices(io, inputs, options)),
    );
}

async function runDevices(io: Io, given: readonly string[], options: DevicesOptions): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const watch = stopwatch();
  const site = [options.inventory, options.tokenKey].filter(path => path !== undefined);
  await checkOutputs(options.output ?? [], [...inputs, ...site]);
  const inventory = await readInventory(options.inventory, io);
  // A draft leaves out nobody whom the given inventory has.
  const formats = [options.format, ...(options.output ?? []).map(output => output.format)];
  const unseen = formats.includes('inventory');
  const reading = await readingOf(io, options, inventory.timezone);
  if (options.explain !== undefined) {
    const other = formats.find(format => format !== 'text' && format !== 'json');
    if (other !== undefined) throw new UserError(`an explanation is text or json, not ${other}`);
  }
  const progress = progressLine(io, options.quiet);
  const result = await interruptible(io, signal =>
    devices({
      inputs,
      inventory,
      reveal: false,
      unseen,
      explain: options.explain,
      ...reading,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  await reportProblems(io, result.problems, options);
  const exit = exitOfReading(result, options);
  const report = {
    run: {
      version: packageVersion(),
      options: {
        ...readingJson(options, result.mask),
        ...(options.explain === undefined ? {} : { explain: options.explain }),
        'allow-partial': options.allowPartial,
      },
      site: inventory.site ?? null,
      timezone: inventory.timezone,
      volatile: options.reproducible ? null : watch(),
    },
    captures: result.captures,
    coverage: result.coverage,
    devices: result.devices,
  };
  await writeOutputs(io, options.output ?? [], options.format, (format, toStdout) => {
    const width = toStdout ? textWidth(io) : 80;
    if (options.explain !== undefined) {
      const { explanations } = result;
      return format === 'json' ? explanationsJson(report, explanations) : explainText(explanations, width);
    }
    if (format === 'json') return devicesJson(report);
    if (format === 'csv') return devicesCsv(result.devices);
    if (format === 'inventory') return renderInventory(result.devices, inventory);
    return devicesText(result.devices, width);
  });
  return exit.code;
}
