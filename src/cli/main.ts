/**
 * The command line as a function: arguments in, exit code out. Nothing below ends the process or throws past here.
 *
 * A command is loaded when it is the one that was asked for: what `scan` needs takes `--version` three times as long to
 * load as to answer.
 */
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { EXIT } from '../errors.ts';
import { reportFailure } from './failure.ts';
import { adopt, helpIsWritten, newCommand } from './help.ts';
import { type Io, processIo } from './io.ts';
import { packageVersion } from './run-info.ts';

const EXAMPLES = [
  { line: 'medtap scan ward.pcap', does: 'what is suspicious in this capture?' },
  { line: 'medtap devices ward.pcap', does: 'who is on this network?' },
  { line: 'medtap flows --by device ward.pcap', does: 'who talks most?' },
  { line: 'medtap doctor ward.pcap', does: 'how much of the network does it show?' },
  { line: 'medtap logs --stream conn ward.pcap', does: 'flows, as Zeek logs them' },
  { line: 'medtap rules show NAME', does: 'what does a rule look for, and why?' },
];

type MakeCommand = (io: Io, finish: (code: number) => void) => Command;

/** Every command, in the order of the help. */
const COMMANDS: ReadonlyMap<string, () => Promise<MakeCommand>> = new Map<string, () => Promise<MakeCommand>>(
  [
    ['scan', async () => (await import('./scan.ts')).scanCommand],
    ['logs', async () => (await import('./logs.ts')).logsCommand],
    ['flows', async () => (await import('./flows.ts')).flowsCommand],
    ['devices', async () => (await import('./devices.ts')).devicesCommand],
    ['doctor', async () => (await import('./doctor.ts')).doctorCommand],
    ['keygen', async () => (await import('./keygen.ts')).keygenCommand],
    ['rules', async () => (await import('./rules/command.ts')).rulesCommand],
  ],
);

/**
 * Runs one command.
 * @param argv arguments after the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  tuneEngine();
  let code: number = EXIT.ok;
  const finish = (result: number): void => {
    code = result;
  };
  const program = newCommand(
    'medtap',
    'Reads network captures of medical-device segments and reports suspicious traffic.',
    EXAMPLES,
  ).version(packageVersion(), '-V, --version', 'show the version');
  try {
    for (const make of await commandsFor(argv)) program.addCommand(make(io, finish));
    await adopt(program, io).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return reportFailure(
      await helpIsWritten(io).then(
        () => error,
        failure => failure,
      ),
      io,
    );
  }
}

/**
 * V8 lets its heap grow to two or three times of what is in use before it looks for garbage again. Looking when it has grown
 * by two fifths takes 4 % more time and a hundred megabytes less. And it compiles for speed whatever ran for a moment: two
 * thousand functions, a quarter of a scan's time. Three times that moment is an eighth less (docs/performance.md).
 */
function tuneEngine(): void {
  setFlagsFromString('--heap-growing-percent=40');
  setFlagsFromString('--interrupt-budget=400000');
}

/** The command that `argv` names, none when only the version is asked for, else all: for help and for suggestions. */
async function commandsFor(argv: readonly string[]): Promise<readonly MakeCommand[]> {
  const [first = ''] = argv;
  if (first === '-V' || first === '--version') return [];
  const named = COMMANDS.get(first);
  const loads = named === undefined ? [...COMMANDS.values()] : [named];
  return Promise.all(loads.map(load => load()));
}
