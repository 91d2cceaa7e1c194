/** `medtap rules new`: a rule and its test to start from. Nothing is asked and nothing is overwritten. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, UserError } from '../../errors.ts';
import { LEVELS, type Level } from '../../model/finding.ts';
import { oneOf } from '../choices.ts';
import { STREAM_NAMES } from '../engine.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { cannotWrite, makeFolders } from '../output-file.ts';
import { newRule, rulesSchema } from '../rule-engine.ts';
import { type Finish, lines } from './shared.ts';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const MAX_NAME = 80;

interface NewOptions {
  readonly stream: string;
  readonly level: Level;
  readonly pack: string;
  readonly title?: string;
}

const EXAMPLES = [
  {
    line: 'medtap rules new telnet-at-night --pack my-rules',
    does: 'my-rules/telnet-at-night.yml and its test; both pass as they are',
  },
  {
    line: 'medtap rules new odd-lookup --stream dns --level high --pack my-rules',
    does: 'a rule over lookups',
  },
];

export function newCommandOfRules(io: Io, finish: Finish): Command {
  return newCommand('new', 'Write a rule and its test to start from.', EXAMPLES)
    .argument('<name>', 'name of the rule: lower-case letters, digits and hyphens')
    .addOption(
      new Option('--stream <name>', 'the records it reads (docs/reference/streams.md)')
        .argParser(oneOf(STREAM_NAMES))
        .default('conn'),
    )
    .addOption(new Option('--level <level>', LEVELS.join(', ')).argParser(oneOf(LEVELS)).default('medium'))
    .addOption(new Option('--pack <dir>', 'the directory it goes into').default('.'))
    .addOption(new Option('--title <text>', 'what a finding is called; default: made of the name'))
    .action(async (name: string, options: NewOptions) => {
      await writeRule(io, name, options);
      finish(EXIT.ok);
    });
}

async function writeRule(io: Io, name: string, { stream, level, pack, title }: NewOptions): Promise<void> {
  if (!NAME.test(name) || name.length > MAX_NAME) {
    const hint = 'lower-case letters, digits and hyphens, such as telnet-at-night';
    throw new UserError([{ message: `${name} cannot be the name of a rule`, hint }]);
  }
  const { rule, test, schemaFile } = await newRule({
    name,
    title: title?.trim() || titleOf(name),
    level,
    stream,
    id: randomUUID(),
    date: new Date().toISOString().slice(0, 10),
  });
  const files = {
    rule: join(pack, `${name}.yml`),
    test: join(pack, `${name}.test.yml`),
    schema: join(pack, schemaFile),
  };
  const taken = [files.rule, files.test].find(existsSync);
  if (taken !== undefined) throw new UserError(`${taken}: exists already; nothing was changed`);
  try {
    await makeFolders(pack);
    await writeFile(files.rule, rule, { flag: 'wx' });
    await writeFile(files.test, test, { flag: 'wx' });
  } catch (error) {
    throw cannotWrite((error as NodeJS.ErrnoException).path ?? pack, error);
  }
  const fresh = await writeFile(files.schema, await rulesSchema(), { flag: 'wx' }).then(
    () => true,
    () => false,
  );
  const made = [files.rule, files.test, ...(fresh ? [files.schema] : [])];
  await io.stdout.write(
    lines(
      [
        ...made.map(file => `wrote ${file}`),
        'next:',
        `  medtap rules check ${files.rule}`,
        `  medtap rules test ${files.rule}`,
        `  medtap rules explain ${files.rule} CAPTURE`,
      ].join('\n'),
    ),
  );
}

/** `telnet-at-night` → `Telnet at night` */
function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
