/**
 * Raw printing, as on JetDirect's port 9100: one `jetdirect` record per flow with the page language and the PJL commands that
 * reach beyond printing (file system, password, information). Recognised by PJL on any port, by a page language on its own.
 *
 * What is printed is not read beyond its first `MAX_HEAD` bytes. Limit: `MAX_COMMANDS` names of commands.
 */
import { latin1 } from '../../bytes/text.ts';
import { DONE, defineProtocol, type FlowContext, ORIG } from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';

const MAX_HEAD = 4096;
const MAX_COMMANDS = 32;

export const jetdirectStream = flowStream('jetdirect', 'Raw printing (port 9100).', {
  language: f.string('PJL, PostScript, PCL, ZPL, EPL, ESC/POS or PDF, by the first bytes.'),
  job: f.token('Name of the job in PJL, as a token: it often names a patient.', 'phi'),
  commands: f.stringSet(
    'PJL commands beyond printing: FSUPLOAD, FSDOWNLOAD, FSDELETE, DEFAULT, INFO, DMINFO, RDYMSG …',
  ),
});

/** Page languages by their first bytes. */
const LANGUAGES: readonly (readonly [RegExp, string])[] = [
  [/^\x1b%-12345X|^@PJL/, 'PJL'],
  [/^(?:\x04)?%!PS/, 'PostScript'],
  [/^%PDF-/, 'PDF'],
  [/^\x1bE|^\x1b&/, 'PCL'],
  [/^\s*\^XA|^~[A-Z]{2}/, 'ZPL'],
  [/^\s*N\r?\n[a-zA-Z]/, 'EPL'],
  [/^\x1b@/, 'ESC/POS'],
];
/** PJL commands that reach beyond printing. */
const BEYOND =
  /@PJL +(FS[A-Z]{3,12}|DEFAULT|INITIALIZE|INFO|INQUIRE|DINQUIRE|DMINFO|DMCMD|RDYMSG|OPMSG|STMSG|RESET)\b/g;
const JOB_NAME = /@PJL +(?:JOB +NAME|SET +JOBNAME) *= *"([^"\r\n]{1,200})"/;

interface RawState {
  readonly flow: FlowContext;
  readonly start: { readonly ts: Moment; readonly frame: number };
  head: string;
}

export const jetdirect = defineProtocol<RawState>({
  name: 'jetdirect',
  transports: ['tcp'],
  ports: [9100],
  probeBytes: 32,
  maxPending: MAX_HEAD,
  streams: [jetdirectStream],
  probe({ orig, portHint }) {
    const head = latin1(orig.subarray(0, 32));
    if (head === '') return 'unsure';
    if (head.startsWith('\x1b%-12345X@PJL') || (portHint && languageOf(head) !== undefined)) return 'match';
    const begun = '\x1b%-12345X@PJL'.startsWith(head) || (portHint && head.length < 16);
    return begun ? 'unsure' : 'no';
  },
  open: flow => ({ flow, start: { ts: flow.now, frame: flow.frame }, head: '' }),
  feed(state, direction, bytes, from, to) {
    if (direction !== ORIG) return to - from;
    state.head += latin1(bytes, from, Math.min(to, from + MAX_HEAD - state.head.length));
    if (state.head.length < MAX_HEAD) return to - from;
    emitRaw(state);
    return DONE;
  },
  close: emitRaw,
});

function languageOf(head: string): string | undefined {
  return LANGUAGES.find(([pattern]) => pattern.test(head))?.[1];
}

function emitRaw({ flow, start, head }: RawState): void {
  const commands = [...new Set([...head.matchAll(BEYOND)].map(match => match[1]!))].sort();
  if (commands.length > MAX_COMMANDS) flow.weird('jetdirect_command_limit');
  const job = JOB_NAME.exec(head)?.[1];
  flow.emit(jetdirectStream, {
    ...start,
    language: languageOf(head),
    job: job === undefined ? undefined : flow.token('job_name', Buffer.from(job, 'latin1')),
    commands: commands.length === 0 ? undefined : commands.slice(0, MAX_COMMANDS),
  });
}
