/**
 * `medtap rules`: which rules there are, what one says, whether files are right, and whether rules keep the promises of
 * their tests.
 */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { visible } from '../bytes/text.ts';
import { EXIT, formatProblem, nearest, UserError } from '../errors.ts';
import { compareLevels, type RuleInfo } from '../model/finding.ts';
import { countText } from '../report/numbers.ts';
import { Page } from '../report/paragraph.ts';
import { repeated } from './choices.ts';
import { configOption, GROUPS } from './common-options.ts';
import {
  lintRules,
  loadRuleSet,
  type RuleSet,
  readInventory,
  rulesSchema,
  SHIPPED,
  shownFile,
  testRules,
} from './engine.ts';
import { newCommand } from './help.ts';
import { type Io, textWidth } from './io.ts';
import { inventoryOption } from './reading-options.ts';

const LABELS = 14;

const PATHS_HELP = 'rule files or directories; none: the shipped rules';

type Finish = (code: number) => void;

/** The command and its subcommands, ready to be added to the program. */
export function rulesCommand(io: Io, finish: Finish): Command {
  return newCommand('rules', 'List, show, check and test rules.', [
    { line: 'medtap rules list', does: 'the rules that scan applies' },
    { line: 'medtap rules check my-rules/', does: 'are these files right?' },
  ])
    .addCommand(listCommand(io, finish))
    .addCommand(showCommand(io, finish))
    .addCommand(checkCommand(io, finish))
    .addCommand(testCommand(io, finish))
    .addCommand(schemaCommand(io, finish));
}

function rulesOption(): Option {
  return new Option(
    '--rules <path>',
    `rules instead of the shipped ones; repeatable; "${SHIPPED}" adds those`,
  )
    .argParser(repeated)
    .helpGroup(GROUPS.rules);
}

function listCommand(io: Io, finish: Finish): Command {
  return newCommand('list', 'List rules, most severe first.', [
    { line: 'medtap rules list', does: 'the shipped rules' },
    { line: 'medtap rules list --rules my-rules/', does: 'those of a directory' },
    {
      line: 'medtap rules list --effective --config medtap.yml',
      does: 'with what the site changed, and which filters apply',
    },
  ])
    .addOption(rulesOption())
    .addOption(configOption())
    .addOption(
      new Option('--effective', 'also rules that report nothing, and what changed each').helpGroup(
        GROUPS.output,
      ),
    )
    .action(async (options: ListOptions) => {
      const set = await loadRuleSet(options.rules ?? [], await readInventory(undefined), options.config);
      await io.stdout.write(options.effective ? effectiveText(set) : listText(set.infos));
      finish(EXIT.ok);
    });
}

interface ListOptions {
  readonly rules?: readonly string[];
  readonly config?: string;
  readonly effective?: boolean;
}

/** The list of rules as they are applied; below each, what is different from how it is written. */
export function effectiveText({ written, overrides, serving, filters }: RuleSet): string {
  const levels = new Map([...overrides].map(([id, override]) => [id, override.level]));
  const infos = written.map(info => ({ ...info, level: levels.get(info.id) ?? info.level }));
  const notes = new Map(written.map(info => [info.id, effectiveNotes(info)]));
  const lines = ruleLines(infos);
  return bySeverity(infos)
    .map((info, i) => {
      const below = notes.get(info.id)!.map(note => visible(`    ${note}`).concat('\n'));
      return [lines[i], ...below].join('');
    })
    .join('');

  function effectiveNotes(info: RuleInfo): readonly string[] {
    const override = overrides.get(info.id);
    const because = override?.reason === undefined ? '' : `: ${override.reason}`;
    const applying = filters.filter(filter => filter.suppressed.has(info.id)).map(filter => filter.name);
    return [
      ...(override?.disabled === true ? [`disabled${because}`] : []),
      ...(override?.disabled !== true && override?.level !== undefined
        ? [`${[info.level, ...levelChanges(info)].join(', ')} as written${because}`]
        : []),
      ...(serving.has(info.id) ? ['only serves correlations'] : []),
      ...(applying.length > 0 ? [`filtered by ${applying.join(', ')}`] : []),
    ];
  }
}

/** One line per rule: level, name, stream, title. */
export function listText(infos: readonly RuleInfo[]): string {
  return ruleLines(infos).join('');
}

function bySeverity(infos: readonly RuleInfo[]): readonly RuleInfo[] {
  return [...infos].sort((a, b) => compareLevels(a.level, b.level) || (a.name < b.name ? -1 : 1));
}

function ruleLines(infos: readonly RuleInfo[]): readonly string[] {
  const name = Math.max(0, ...infos.map(info => info.name.length));
  const stream = Math.max(0, ...infos.map(info => info.stream.length));
  return bySeverity(infos).map(info =>
    visible(
      `${info.level.padEnd(13)}  ${info.name.padEnd(name)}  ${info.stream.padEnd(stream)}  ${info.title}`,
    ).concat('\n'),
  );
}

function showCommand(io: Io, finish: Finish): Command {
  return newCommand('show', 'Show one rule: what it means, and its text.', [
    { line: 'medtap rules show device-to-internet', does: 'by name or id' },
  ])
    .argument('<name>', 'name or id of a rule')
    .addOption(rulesOption())
    .action(async (name: string, options: { readonly rules?: readonly string[] }) => {
      const { infos } = await loadRuleSet(options.rules ?? [], await readInventory(undefined));
      const info = infos.find(candidate => candidate.name === name || candidate.id === name);
      if (!info) {
        const near = nearest(
          name,
          infos.map(candidate => candidate.name),
        );
        const hint = near === undefined ? 'medtap rules list shows all' : `did you mean ${near}?`;
        throw new UserError([{ message: `there is no rule named ${name}`, hint }]);
      }
      await io.stdout.write(showText(info, readFileSync(info.file, 'utf8'), textWidth(io)));
      finish(EXIT.ok);
    });
}

/** A rule for people, then its file. */
export function showText(info: RuleInfo, source: string, width: number): string {
  const page = new Page(width);
  const line = (label: string, text: string | undefined) => {
    if (text !== undefined && text !== '') page.labelled(0, label, LABELS, text.trim().replace(/\s+/g, ' '));
  };
  line('Rule', info.name);
  line('Title', info.title);
  line('Level', [info.level, ...levelChanges(info)].join(', '));
  line('Status', info.status);
  line('Stream', info.stream);
  line('What', info.description);
  line('Why', info.why);
  line('What to do', info.remedy);
  line('False alarms', info.falsepositives.join('; '));
  line(
    'One finding',
    `per ${info.groupBy.length > 0 ? info.groupBy.join(', ') : 'originator, responder and port'}`,
  );
  line('Tags', info.tags.join(', '));
  line('Controls', info.controls.join(', '));
  line('References', info.references.join(' '));
  line('Id', info.id);
  line('File', shownFile(info.file));
  page.gap();
  const text = source
    .trimEnd()
    .split('\n')
    .map(each => visible(each.replace(/\r$/, '')));
  return `${page.toString()}${text.join('\n')}\n`;
}

function levelChanges({ levelBy }: RuleInfo): readonly string[] {
  return [...levelBy].flatMap(([field, levels]) =>
    [...levels].map(([value, level]) => `${level} when ${field} is ${value}`),
  );
}

function checkCommand(io: Io, finish: Finish): Command {
  return newCommand('check', 'Check rule files: every problem with its place.', [
    { line: 'medtap rules check my-rules/', does: 'exit code 2 when something is wrong' },
    {
      line: 'medtap rules check --inventory site.yml my-rules/',
      does: 'also: does the inventory have the lists that rules name?',
    },
  ])
    .argument('[path...]', PATHS_HELP)
    .addOption(inventoryOption())
    .addOption(configOption())
    .action(async (paths: string[], options: { readonly inventory?: string; readonly config?: string }) => {
      const set = await loadRuleSet(paths, await readInventory(options.inventory), options.config);
      const warnings = [...set.warnings, ...(await lintRules(paths))];
      for (const problem of warnings)
        await io.stdout.write(lines(formatProblem({ ...problem, severity: 'warning' })));
      for (const [word, list] of [
        ['not applicable', set.inapplicable],
        ['rejected', set.rejected],
      ] as const) {
        for (const left of list) {
          for (const reason of left.reasons) {
            await io.stdout.write(lines(`${word}: ${formatProblem({ ...reason, severity: 'error' })}`));
          }
        }
      }
      const counts = [
        `${countText(set.infos.length, 'rule')} loaded`,
        `${countText(set.inapplicable.length)} not applicable`,
        `${countText(set.rejected.length)} rejected`,
        `${countText(warnings.length, 'warning')}`,
      ];
      await io.stdout.write(`${counts.join(', ')}\n`);
      finish(set.rejected.length > 0 ? EXIT.usage : EXIT.ok);
    });
}

function schemaCommand(io: Io, finish: Finish): Command {
  return newCommand('schema', 'Print a JSON Schema of rule files, for editors.', [
    { line: 'medtap rules schema > rules.schema.json', does: 'docs/rules-guide.md says how to use it' },
  ]).action(async () => {
    await io.stdout.write(await rulesSchema());
    finish(EXIT.ok);
  });
}

function testCommand(io: Io, finish: Finish): Command {
  return newCommand('test', 'Run the tests that stand beside rules (NAME.test.yml).', [
    { line: 'medtap rules test', does: 'those of the shipped rules' },
    { line: 'medtap rules test my-rules/', does: 'exit code 1 when a rule misses a test, or has none' },
  ])
    .argument('[path...]', PATHS_HELP)
    .action(async (paths: string[]) => {
      const results = await testRules(paths);
      const failed = results.filter(result => !result.ok);
      for (const { file, rule, test, why } of failed) {
        const name = test === '' ? rule : `${rule}: ${test}`;
        await io.stdout.write(lines(`FAILED ${shownFile(file)}: ${name}: ${why ?? ''}`));
      }
      const rules = new Set(results.map(result => `${result.file} ${result.rule}`)).size;
      const verdict = failed.length === 0 ? 'all pass' : `${countText(failed.length)} failed`;
      await io.stdout.write(
        `${countText(results.length, 'test')} of ${countText(rules, 'rule')}: ${verdict}\n`,
      );
      finish(failed.length > 0 ? EXIT.findings : EXIT.ok);
    });
}

function lines(text: string): string {
  return `${text.split('\n').map(visible).join('\n')}\n`;
}
