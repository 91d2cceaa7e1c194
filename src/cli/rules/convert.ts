/** `medtap rules convert`: rules between plain Sigma and the form with the `medtap:` key. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, formatProblem, type Problem, UserError } from '../../errors.ts';
import { oneOf } from '../choices.ts';
import { GROUPS } from '../common-options.ts';
import { newCommand } from '../help.ts';
import { type Io, say } from '../io.ts';
import { cannotWrite, makeFolders } from '../output-file.ts';
import { ruleConverter, ruleFilesAt } from '../rule-engine.ts';
import type { Finish } from './shared.ts';

const FORMS = ['sigma', 'medtap'] as const;

interface ConvertOptions {
  readonly to: (typeof FORMS)[number];
  readonly output?: string;
}

const EXAMPLES = [
  {
    line: 'medtap rules convert --to medtap sigma/rules/network/zeek/zeek_rdp_public_listener.yml',
    does: 'with a medtap: key, ids, our names of fields; on stdout',
  },
  {
    line: 'medtap rules convert --to sigma my-rules/ -o plain/',
    does: 'a directory without medtap: keys, for another engine',
  },
];

const HELP = `
The text is changed where it must be and stays as it is everywhere else. What
cannot be carried is said on stderr, with its place. Files with errors are not
converted: the others are, they are listed at the end, and the exit code is 2.`;

export function convertCommand(io: Io, finish: Finish): Command {
  return newCommand('convert', 'Convert rules from plain Sigma, and to it.', EXAMPLES)
    .argument('<path...>', 'rule files or directories')
    .addOption(new Option('--to <form>', FORMS.join(' or ')).argParser(oneOf(FORMS)).makeOptionMandatory())
    .addOption(
      new Option('-o, --output <dir>', 'write files of the same names into this directory').helpGroup(
        GROUPS.output,
      ),
    )
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: ConvertOptions) => {
      await convertAll(io, paths, options);
      finish(EXIT.ok);
    });
}

/** Every file that can be converted is; the others are listed at the end. */
async function convertAll(io: Io, paths: readonly string[], { to, output }: ConvertOptions): Promise<void> {
  const files: { readonly file: string; readonly name: string }[] = [];
  const failures: Problem[] = [];
  for (const path of paths) {
    const found = await attempt(() => ruleFilesAt(path), failures);
    if (found === undefined) continue;
    const base = found.length === 1 && found[0] === path ? dirname(path) : path;
    files.push(...found.map(file => ({ file, name: relative(base, file) })));
  }
  if (files.length > 1 && output === undefined)
    throw new UserError(`${files.length} files: say with --output where they go`);
  const convert = await ruleConverter(to, paths, randomUUID);
  for (const { file, name } of files) {
    const converted = await attempt(() => convert(file), failures);
    if (converted === undefined) continue;
    const { text, notes } = converted;
    for (const note of notes) await say(io, formatProblem(note));
    if (notes.some(note => note.severity !== 'warning')) failures.push({ message: `${file}: not converted` });
    else if (output === undefined) await io.stdout.write(text);
    else await attempt(() => writeNew(join(output, name), file, text), failures);
  }
  if (failures.length > 0) throw new UserError(failures);
}

/** The result; undefined when the user did something wrong, which is in `failures` then. */
async function attempt<T>(make: () => T | Promise<T>, failures: Problem[]): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    failures.push(...error.problems);
    return undefined;
  }
}

/** An output is never the file that was read. */
async function writeNew(path: string, source: string, text: string): Promise<void> {
  if (resolve(path) === resolve(source))
    throw new UserError(`${path}: is what was read; choose another directory`);
  try {
    await makeFolders(dirname(path));
    await writeFile(path, text);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}
