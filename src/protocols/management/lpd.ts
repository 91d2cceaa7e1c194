/**
 * LPD (RFC 1179): one `lpd` record per job or command. Labels and wristbands are printed this way: names of jobs and users
 * are tokens, names of files are text. Recognised on its port only: a command is one byte and a name. What is printed is
 * skipped.
 *
 * Limits: `MAX_LINE`, `MAX_CONTROL` bytes of a control file.
 */
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type Token } from '../../model/schema.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';

const MAX_LINE = 256;
const MAX_CONTROL = 8192;

export const lpdStream = flowStream('lpd', 'Jobs and commands for line printer daemons (RFC 1179).', {
  command: f.enum('print, receive, state, state_long or remove.'),
  queue: f.string('Queue.', 'text'),
  host: f.string('Host that the control file names.', 'text'),
  user: f.token('User that the control file names.', 'secret'),
  job: f.token('Name of the job, as a token: it often names a patient.', 'phi'),
  file: f.string('Name of the file.', 'text'),
  size: f.count('Bytes of the data files, as announced.'),
});

const COMMANDS: Readonly<Record<number, string>> = {
  1: 'print',
  2: 'receive',
  3: 'state',
  4: 'state_long',
  5: 'remove',
};
const RECEIVE = 2;

interface Job {
  readonly ts: Moment;
  readonly frame: number;
  readonly command: string;
  readonly queue: string;
  host: string | undefined;
  user: Token | undefined;
  job: Token | undefined;
  file: string | undefined;
  size: number;
}

interface LpdState {
  readonly flow: FlowContext;
  readonly line: LineReader;
  job: Job | undefined;
  /** Bytes of a control file that are still to come, with the zero behind it. */
  control: number;
}

/** A command byte, a queue of printable characters, a line end. */
function probeLpd({ orig, portHint }: Opening): Verdict {
  if (!portHint) return 'no';
  if (orig.length === 0) return 'unsure';
  if (COMMANDS[orig[0]!] === undefined) return 'no';
  const end = orig.indexOf(0x0a);
  const text = latin1(orig, 1, end < 0 ? orig.length : end);
  if (!/^[!-~][ -~]*$|^$/.test(text)) return 'no';
  return end > 1 ? 'match' : orig.length > MAX_LINE ? 'no' : 'unsure';
}

function feedLpd(state: LpdState, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (direction !== ORIG) return to - from;
  let at = from;
  while (at < to) {
    if (state.control > 0) {
      // The control file is short; waiting for it whole saves a second way to read it.
      if (to - at < state.control) break;
      readControl(state, latin1(bytes, at, at + state.control - 1));
      at += state.control;
      state.control = 0;
      continue;
    }
    at = readLine(state.line, bytes, at, to);
    if (!state.line.found) break;
    if (state.line.cut) state.flow.weird('lpd_line_too_long');
    const skipped = command(state, latin1(bytes, state.line.from, state.line.to));
    if (skipped < 0) return DONE;
    at += skipped;
  }
  return at - from;
}

/** Handles a line; the result is how many bytes behind it are of no interest, or DONE. */
function command(state: LpdState, line: string): number {
  const code = line.charCodeAt(0);
  const { flow, job } = state;
  if (job?.command !== 'receive') {
    const name = COMMANDS[code];
    if (name === undefined) {
      flow.weird('lpd_unknown_command');
      return DONE;
    }
    const { now, frame } = flow;
    const queue = line.slice(1).split(' ')[0]!;
    state.job = {
      ts: now,
      frame,
      command: name,
      queue,
      host: undefined,
      user: undefined,
      job: undefined,
      file: undefined,
      size: 0,
    };
    if (code !== RECEIVE) finish(state);
    return 0;
  }
  // Subcommands of a job (section 6): 1 abort, 2 control file, 3 data file, each with size and name.
  const size = Number(/^.(\d{1,12}) /.exec(line)?.[1] ?? Number.NaN);
  if (code === 1) return 0;
  if ((code !== 2 && code !== 3) || Number.isNaN(size)) {
    flow.weird('lpd_unknown_command');
    return DONE;
  }
  if (code === 3) {
    job.size += size;
    // A size of 0 is "until the end of the flow" to some senders.
    return size === 0 ? DONE : size + 1;
  }
  if (size > MAX_CONTROL) {
    flow.weird('lpd_control_file_limit');
    return size + 1;
  }
  state.control = size + 1;
  return 0;
}

/** Lines of a control file (section 7), each a letter and its value. */
function readControl(state: LpdState, text: string): void {
  const { job, flow } = state;
  if (job === undefined) return;
  for (const line of text.split('\n')) {
    const value = line.slice(1);
    if (value === '') continue;
    if (line[0] === 'H') job.host = value;
    else if (line[0] === 'P') job.user = flow.token('user', value);
    else if (line[0] === 'J') job.job = flow.token('job_name', Buffer.from(value, 'latin1'));
    else if (line[0] === 'N') job.file = value;
  }
}

function finish(state: LpdState): void {
  const { job, flow } = state;
  if (job === undefined) return;
  state.job = undefined;
  const { size, ...rest } = job;
  flow.emit(lpdStream, { ...rest, size: job.command === 'receive' ? size : undefined });
}

export const lpd = defineProtocol<LpdState>({
  name: 'lpd',
  transports: ['tcp'],
  ports: [515],
  probeBytes: MAX_LINE,
  maxPending: MAX_CONTROL * 2,
  streams: [lpdStream],
  probe: probeLpd,
  open: flow => ({ flow, line: lineReader(MAX_LINE), job: undefined, control: 0 }),
  feed: (state, direction, bytes, from, to) => {
    const consumed = feedLpd(state, direction, bytes, from, to);
    if (consumed === DONE) finish(state);
    return consumed;
  },
  gap(state) {
    resetLine(state.line);
    state.control = 0;
  },
  close: finish,
});
