/**
 * `medtap keygen`: makes the key of a site, for `--token-key`. 256 bits by chance, as hexadecimal digits, in a file of mode 0600
 * that must not be there yet: another key makes other tokens.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import { newCommand } from './help.ts';
import { type Io, say } from './io.ts';
import { cannotWrite } from './output-file.ts';

const KEY_BYTES = 32;

const EXAMPLES = [
  { line: 'medtap keygen site.key', does: 'make the key, once for a site' },
  {
    line: 'medtap scan --token-key site.key ward.pcap',
    does: 'the same patient has the same token tonight as last night',
  },
];

const NOTES = `
Keep the key like a password: whoever has it can try out which token a name,
number or password has. Losing it loses nothing but the comparison with earlier results.`;

/** The command, ready to be added to the program. */
export function keygenCommand(io: Io, finish: (code: number) => void): Command {
  return newCommand('keygen', 'Make the key that keeps tokens the same from run to run.', EXAMPLES)
    .argument('<file>', 'where to put it; must not exist')
    .addHelpText('after', NOTES)
    .action(async (file: string) => finish(await runKeygen(io, file)));
}

async function runKeygen(io: Io, file: string): Promise<number> {
  try {
    await writeFile(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw cannotWrite(file, error);
    const hint = 'another key makes other tokens: keep it, or name another file';
    throw new UserError([{ message: `${file} is there already`, hint }]);
  }
  await say(io, `medtap keygen: wrote ${file}; use it with --token-key ${file}`);
  return EXIT.ok;
}
