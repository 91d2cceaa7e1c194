/**
 * How help looks: examples first, at most 80 columns, options in groups. And what every command shares: errors and
 * help go through `Io`, nothing ends the process.
 */
import { Command, type Option } from 'commander';
import type { Io } from './io.ts';
import { refuseRepeats } from './once.ts';

const WIDTH = 80;

export interface Example {
  readonly line: string;
  readonly does: string;
}

/** A command whose help begins with examples. */
export function newCommand(name: string, description: string, examples: readonly Example[]): Command {
  const command = new Command(name).description(description).allowExcessArguments(false);
  if (examples.length > 0) command.addHelpText('before', examplesText(examples));
  return command;
}

function examplesText(examples: readonly Example[]): string {
  const lines = examples.flatMap(({ line, does }) => [`  ${line}`, `      ${does}`]);
  return `Examples:\n${lines.join('\n')}\n`;
}

/** Help that was written, by where to: commander does not wait for it. */
const helpWritten = new WeakMap<Io, Promise<void>>();

/** Waits until help has been written. @throws the error of writing it */
export async function helpIsWritten(io: Io): Promise<void> {
  await helpWritten.get(io);
}

/** Applies `Io` and the common behaviour to a command and all below it. */
export function adopt(command: Command, io: Io): Command {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .showHelpAfterError(`(${fullName(command)} --help shows what is possible)`)
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: text => {
        const written = io.stdout.write(text);
        // Whoever waits is told; that nobody waits yet is no reason to end the process.
        written.catch(() => {});
        helpWritten.set(io, written);
      },
      writeErr: text => void io.stderr.write(text),
      getOutHelpWidth: () => WIDTH,
      getErrHelpWidth: () => WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  refuseRepeats(command);
  for (const sub of command.commands) adopt(sub, io);
  return command;
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Defaults without quotes, and none for switches, which are off. */
function optionDescription({ description, defaultValue }: Option): string {
  const said = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  return said ? `${description} (default ${defaultValue})` : description;
}
