/**
 * `medtap scan`: captures in, findings out. Reads options, lets the pipeline work, chooses the report and the exit
 * code; decides nothing else.
 */
import { type Command, Option } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import type { Inventory } from '../model/device.ts';
import { compareLevels, LEVELS, type Level } from '../model/finding.ts';
import { scanJson } from '../report/json.ts';
import { profileText } from '../report/profile-text.ts';
import type { ScanReport, Volatile } from '../report/scan-report.ts';
import { scanText } from '../report/text.ts';
import { oneOf, repeated } from './choices.ts';
import {
  allowPartialOption,
  colourOption,
  configOption,
  EXIT_HELP,
  GROUPS,
  quietOption,
  reproducibleOption,
  revealOption,
} from './common-options.ts';
import { announceReveal, reportProblems, reportRules } from './diagnostics.ts';
import { readInventory, type ScanResult, scan } from './engine.ts';
import { decideExit, type Exit } from './exit-code.ts';
import { newCommand } from './help.ts';
import { interruptible } from './interrupt.ts';
import { type ColourChoice, type Io, say, textWidth } from './io.ts';
import { checkOutputs, colourFor, type Output, outputOption, writeOutputs } from './outputs.ts';
import { progressLine } from './progress.ts';
import { inputsOf, type ReadingChoices, readingJson, readingOf, takesCaptures } from './reading-options.ts';
import { loadRuleSet, type RuleSet } from './rule-engine.ts';
import { packageVersion, stopwatch } from './run-info.ts';
import {
  type SearchChoices,
  searchesJson,
  searchesOf,
  searchFiles,
  takesSearches,
} from './search-options.ts';

const FORMATS = ['text', 'json'] as const;
type Format = (typeof FORMATS)[number];
/** Columns of a text report in a file. */
const FILE_WIDTH = 80;

interface ScanOptions extends ReadingChoices, SearchChoices {
  readonly rules?: readonly string[];
  readonly config?: string;
  readonly format: Format;
  readonly output?: readonly Output<Format>[];
  readonly minLevel: Level;
  readonly failOn: Level | 'none';
  readonly allowPartial: boolean;
  readonly reveal: boolean;
  readonly reproducible: boolean;
  readonly profile: boolean;
  readonly color: ColourChoice;
  readonly quiet: boolean;
}

const EXAMPLES = [
  { line: 'medtap scan ward.pcap', does: 'findings in one capture, as text' },
  {
    line: 'medtap scan --inventory site.yml captures/',
    does: 'a directory of captures as one analysis, devices named by the inventory',
  },
  {
    line: 'medtap scan ward.pcap --fail-on medium -o json=result.json',
    does: 'for CI: text on stdout, JSON in a file, exit code 1 from medium upwards',
  },
  { line: 'medtap scan --rules mine.yml logs/', does: 'rules over saved logs: ours, Zeek’s or eve.json' },
  {
    line: 'medtap scan --signatures shipped ward.pcap',
    does: 'with signatures for payload that no decoder reads',
  },
  { line: 'medtap scan --profile --rules big-pack/ ward.pcap', does: 'which rules take the time?' },
  {
    line: 'medtap scan --intel feed.csv --intel bundle.stix.json ward.pcap',
    does: 'with indicators: addresses, domains, hashes and others of known attackers',
  },
  { line: 'tcpdump -i tap0 -w - | medtap scan -', does: 'from standard input' },
];

/** The command, ready to be added to the program. */
export function scanCommand(io: Io, finish: (code: number) => void): Command {
  const command = newCommand('scan', 'Apply rules to captures and report findings.', EXAMPLES);
  return takesSearches(takesCaptures(command))
    .addOption(
      new Option(
        '--rules <path>',
        'rules instead of the shipped ones: a file or directory; repeatable ("shipped" adds those)',
      )
        .argParser(repeated)
        .helpGroup(GROUPS.rules),
    )
    .addOption(configOption())
    .addOption(
      new Option('--format <format>', FORMATS.join(' or '))
        .argParser(oneOf(FORMATS))
        .default('text')
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option(
        '-o, --output <path>',
        'write to a file instead of stdout; FORMAT=PATH writes one more; repeatable',
      )
        .argParser(outputOption(FORMATS))
        .helpGroup(GROUPS.output),
    )
    .addOption(
      new Option('--min-level <level>', `show findings from this level up: ${LEVELS.join(', ')}`)
        .argParser(oneOf(LEVELS))
        .default('informational')
        .helpGroup(GROUPS.output),
    )
    .addOption(revealOption())
    .addOption(reproducibleOption())
    .addOption(
      new Option('--profile', 'what each rule cost: a table on stderr, and run.volatile.profile in JSON')
        .default(false)
        .helpGroup(GROUPS.output),
    )
    .addOption(colourOption())
    .addOption(quietOption())
    .addOption(
      new Option('--fail-on <level>', 'level from which the exit code is 1, or none')
        .argParser(oneOf([...LEVELS, 'none']))
        .default('high')
        .helpGroup(GROUPS.result),
    )
    .addOption(allowPartialOption())
    .addHelpText('after', EXIT_HELP)
    .action(async (inputs: string[], options: ScanOptions) => finish(await runScan(io, inputs, options)));
}

/**
 * A scan without the rules that were asked for would say "nothing found": a rule of a file that was named must be
 * right. Of a directory, somebody's pack, what is right is applied and the rest is reported.
 * @throws UserError
 */
function requireRules({ infos, rejected }: RuleSet, named: readonly string[]): void {
  const wrong = infos.length === 0 ? rejected : rejected.filter(left => named.includes(left.file));
  if (wrong.length > 0) throw new UserError(wrong.flatMap(({ reasons }) => reasons));
  if (infos.length === 0)
    throw new UserError('no rule applies to the streams of this program: nothing could be found');
}

async function runScan(io: Io, given: readonly string[], options: ScanOptions): Promise<number> {
  const inputs = await inputsOf(io, given, options);
  const watch = stopwatch();
  const site = [options.inventory, options.config, options.tokenKey].filter(path => path !== undefined);
  await checkOutputs(options.output ?? [], [
    ...inputs,
    ...site,
    ...(options.rules ?? []),
    ...searchFiles(options),
  ]);
  const inventory = await readInventory(options.inventory, io);
  const rules = await loadRuleSet(options.rules ?? [], inventory, options.config);
  await reportRules(io, rules, options.quiet);
  requireRules(rules, options.rules ?? []);
  const searches = await searchesOf(io, options);
  const reading = await readingOf(io, options, inventory.timezone);
  if (options.reveal) await announceReveal(io);
  const progress = progressLine(io, options.quiet);
  const { reveal } = options;
  const result = await interruptible(io, signal =>
    scan({
      inputs,
      inventory,
      rules: rules.rules,
      correlations: rules.correlations,
      silent: rules.silent,
      filters: rules.filters,
      reveal,
      profile: options.profile,
      ...searches,
      ...reading,
      onProgress: progress.update,
      signal,
    }),
  ).finally(progress.finish);
  await reportProblems(io, result.problems, options);
  if (result.profile !== undefined) await io.stderr.write(profileText(result.profile, FILE_WIDTH));
  const exit = decideExit({ ...result, problems: result.problems.length, ...options });
  if (exit.code === EXIT.unreadable && result.problems.length === 0)
    await say(io, `medtap scan: ${exit.reason}`);
  if (result.interrupted && reveal) {
    await say(io, 'with --reveal no partial result is written');
    return exit.code;
  }
  const report = reportOf(result, rules, inventory, options, exit, watch);
  await writeOutputs(io, options.output ?? [], options.format, (format, toStdout) =>
    format === 'json'
      ? scanJson(report)
      : scanText(report, {
          colour: colourFor(options.color, io, toStdout),
          width: toStdout ? textWidth(io) : FILE_WIDTH,
        }),
  );
  return exit.code;
}

function profileOf({ profile }: ScanResult): Pick<Volatile, 'profile'> {
  return profile === undefined ? {} : { profile };
}

function reportOf(
  result: ScanResult,
  rules: RuleSet,
  inventory: Inventory,
  options: ScanOptions,
  exit: Exit,
  watch: () => Volatile,
): ScanReport {
  const shown = result.findings.filter(finding => compareLevels(finding.level, options.minLevel) <= 0);
  return {
    run: {
      version: packageVersion(),
      rules: {
        count: rules.infos.length,
        inapplicable: rules.inapplicable.length,
        rejected: rules.rejected.length,
        sha256: rules.sha256,
      },
      options: {
        rules: options.rules ?? null,
        config: options.config ?? null,
        ...searchesJson(options),
        ...readingJson(options, result.mask),
        'min-level': options.minLevel,
        'fail-on': options.failOn,
        'allow-partial': options.allowPartial,
        reveal: options.reveal,
      },
      site: inventory.site ?? null,
      timezone: inventory.timezone,
      volatile: options.reproducible ? null : { ...watch(), ...profileOf(result) },
    },
    captures: result.captures,
    coverage: result.coverage,
    health: result.health,
    devices: result.devices,
    findings: shown,
    filters: result.filters,
    hidden: result.findings.length - shown.length,
    exit,
  };
}
