/**
 * The command line as a function: arguments in, exit code out. Nothing below ends the process or throws past here.
 */
import { EXIT } from '../errors.ts';
import { devicesCommand } from './devices.ts';
import { doctorCommand } from './doctor.ts';
import { reportFailure } from './failure.ts';
import { flowsCommand } from './flows.ts';
import { adopt, newCommand } from './help.ts';
import { type Io, processIo } from './io.ts';
import { logsCommand } from './logs.ts';
import { rulesCommand } from './rules.ts';
import { packageVersion } from './run-info.ts';
import { scanCommand } from './scan.ts';

const EXAMPLES = [
  { line: 'medtap scan ward.pcap', does: 'what is suspicious in this capture?' },
  { line: 'medtap devices ward.pcap', does: 'who is on this network?' },
  { line: 'medtap flows --by device ward.pcap', does: 'who talks most?' },
  { line: 'medtap doctor ward.pcap', does: 'how much of the network does it show?' },
  { line: 'medtap logs --stream conn ward.pcap', does: 'flows, as Zeek logs them' },
  { line: 'medtap rules show NAME', does: 'what does a rule look for, and why?' },
];

/**
 * Runs one command.
 * @param argv arguments after the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let code: number = EXIT.ok;
  const finish = (result: number): void => {
    code = result;
  };
  const program = newCommand(
    'medtap',
    'Reads network captures of medical-device segments and reports suspicious traffic.',
    EXAMPLES,
  )
    .version(packageVersion(), '-V, --version', 'show the version')
    .addCommand(scanCommand(io, finish))
    .addCommand(logsCommand(io, finish))
    .addCommand(flowsCommand(io, finish))
    .addCommand(devicesCommand(io, finish))
    .addCommand(doctorCommand(io, finish))
    .addCommand(rulesCommand(io, finish));
  try {
    await adopt(program, io).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return reportFailure(error, io);
  }
}
