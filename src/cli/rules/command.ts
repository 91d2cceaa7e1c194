/**
 * `medtap rules`: which rules there are, what one says, whether files are right, whether rules keep the promises of
 * their tests, and why a rule did or did not match. One file per subcommand.
 */
import type { Command } from 'commander';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { checkCommand } from './check.ts';
import { convertCommand } from './convert.ts';
import { explainCommand } from './explain.ts';
import { listCommand } from './list.ts';
import { newCommandOfRules } from './new.ts';
import { schemaCommand } from './schema.ts';
import type { Finish } from './shared.ts';
import { showCommand } from './show.ts';
import { testCommand } from './test.ts';

/** The command and its subcommands, ready to be added to the program. */
export function rulesCommand(io: Io, finish: Finish): Command {
  return newCommand('rules', 'List, show, write, check, test and explain rules.', [
    { line: 'medtap rules list', does: 'the rules that scan applies' },
    { line: 'medtap rules new telnet-at-night --pack my-rules', does: 'a rule and its test to start from' },
    { line: 'medtap rules check my-rules/', does: 'are these files right?' },
    { line: 'medtap rules explain legacy-tls ward.pcap', does: 'why did it match, or why not?' },
  ])
    .addCommand(listCommand(io, finish))
    .addCommand(showCommand(io, finish))
    .addCommand(explainCommand(io, finish))
    .addCommand(checkCommand(io, finish))
    .addCommand(testCommand(io, finish))
    .addCommand(newCommandOfRules(io, finish))
    .addCommand(convertCommand(io, finish))
    .addCommand(schemaCommand(io, finish));
}
