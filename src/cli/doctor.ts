/** `medtap doctor`: can this capture show what I look for? The state of tap and capture, with a verdict in plain words. */
import { type Command, Option } from 'commander';
import { EXIT } from '../errors.ts';
import { doctorText } from '../report/doctor-text.ts';
import { doctorJson } from '../report/json.ts';
import { oneOf } from './choices.ts';
import {
  allowPartialOption,
  colourOption,
  GROUPS,
  quietOption,
  reproducibleOption,
} from './common-options.ts';
import { reportProblems } from './diagnostics.ts';
import { doctor, readInventory } from './engine.ts';
import { exitOfReading } from './exit-code.ts';
import { newCommand } from './help.ts';
import { interruptible } from './interrupt.ts';
import { type ColourChoice, type Io, say, textWidth } from './io.ts';
import { checkOutputs, colourFor, type Output, outputOption, writeOutputs } from './outputs.ts';
import { progressLine } from './progress.ts';
import { inputsOf, type ReadingChoices, readingJson, readingOf, takesCaptures } from './reading-options.ts';
import { packageVersion, stopwatch } from './run-info.ts';

const FORMATS = ['text', 'json'] as const;
type Format = (typeof FORMATS)[number];
/** Columns of a text report in a file. */
const FILE_WIDTH = 80;

interface DoctorOptions extends ReadingChoices {
  readonly format: Format;
  readonly output?: readonly Output<Format>[];
  readonly reproducible: boolean;
  readonly allowPartial: boolean;
  readonly color: ColourChoice;
  readonly quiet: boolean;
}

const EXAMPLES = [
  { line: 'medtap doctor ward.pcap', does: 'how much of the network does this capture show?' },
  {
    line: 'medtap doctor tap-a.pcap tap-b.pcap',
    does: 'two taps together: do their clocks agree?',
  },
  { line: 'medtap doctor --format json captures/', does: 'the numbers, for a nightly check of the tap' },
];

/** The command, ready to be added to the program. */
export function doctorCommand(io: Io, finish: (code: number) => void): Command {
  return takesCaptures(newCommand('doctor', 'Say how much of the network captures show, and why.', EXAMPLES))
    .addOption(
      new Option('--format <format>', FORMATS.join(' or '))
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('-o, --output <path>', 'write to a file instead of stdout; FORMAT=PATH adds one; repeatable')
        .argParser(outputOption(FORMATS))
        .helpGroup(GROUPS.output),
    )
    .addOption(reproducibleOption())
    .addOption(colourOption())
    .addOption(quietOption())
    .addOption(allowPartialOption())
    .addHelpText('after', VERDICT_HELP)
    .action(async (inputs: string[], options: DoctorOptions) => finish(await runDoctor(io, inputs, options)));
}

const VERDICT_HELP = `
The verdict is good, limited, poor or none. It never decides the exit code: what
a tap lost before the capture was written is no failure of this run (exit code 4
is for inputs that could not be read to their end and limits that were hit).
docs/output.md lists the causes and their thresholds.`;

async function runDoctor(io: Io, given: readonly string[], options: DoctorOptions): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const watch = stopwatch();
  const site = [options.inventory, options.tokenKey].filter(path => path !== undefined);
  await checkOutputs(options.output ?? [], [...inputs, ...site]);
  const inventory = await readInventory(options.inventory, io);
  const reading = await readingOf(io, options, inventory.timezone);
  const progress = progressLine(io, options.quiet);
  const result = await interruptible(io, signal =>
    doctor({
      inputs,
      inventory,
      ...reading,
      reveal: false,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  await reportProblems(io, result.problems, options);
  const exit = exitOfReading(result, options);
  const report = {
    ...result,
    run: {
      version: packageVersion(),
      options: {
        ...readingJson(options, result.mask),
        'allow-partial': options.allowPartial,
      },
      site: inventory.site ?? null,
      timezone: inventory.timezone,
      volatile: options.reproducible ? null : watch(),
    },
  };
  await writeOutputs(io, options.output ?? [], options.format, (format, toStdout) =>
    format === 'json'
      ? doctorJson(report)
      : doctorText(report, {
          colour: colourFor(options.color, io, toStdout),
          width: toStdout ? textWidth(io) : FILE_WIDTH,
        }),
  );
  if (exit.code !== EXIT.ok) await say(io, `medtap doctor: ${exit.reason}`);
  return exit.code;
}
