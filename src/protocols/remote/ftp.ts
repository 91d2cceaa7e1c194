/**
 * The FTP control connection (RFC 959, RFC 2389, RFC 2428, RFC 4217): one `ftp` record per command that moves a
 * file or opens a data channel, as Zeek's base/protocols/ftp, and a `credentials` record per login. Recognised by the
 * greeting of the server together with a command that only FTP has: SMTP, POP3 and FTP look alike otherwise.
 *
 * Data connections are announced, and what they carried is in `files`. After AUTH TLS was accepted the flow is handed
 * over; after other AUTH it is not read. Limits: `MAX_LINE`, `MAX_PENDING`.
 */
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type RecordOf, type Token } from '../../model/schema.ts';
import type { AnnouncedFile } from '../files/announced.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import {
  type Endpoint,
  fileUrl,
  joinPath,
  lastNumber,
  quotedPath,
  type ReplyLine,
  readExtendedPassive,
  readExtendedPort,
  readHostPort,
  readReply,
} from './ftp-names.ts';

/** Zeek's `max_arg_length`. */
const MAX_LINE = 4096;
/** Commands that may wait for their reply; Zeek's `max_pending_commands`. */
const MAX_PENDING = 20;
/** Zeek's limit for the word of a command. */
const MAX_VERB = 100;
const PROBE_BYTES = 1024;
/** How much a greeting says of the server: it is free text, often a word of welcome. */
const GREETING = 0.4;
const IAC = 0xff;

/** Zeek's `ftp.log`. */
export const ftpStream = flowStream('ftp', 'One line per FTP command on a file or for a data channel.', {
  user: f.token('User of the session.', 'secret'),
  command: f.string('Command, e.g. RETR.'),
  arg: f.string('Argument: the URL of the file, or the address of the data channel.', 'text'),
  mime_type: f.string('Type of the file by content; absent when its data channel was not seen.'),
  file_size: f.count('Size of the file, when the server said it.'),
  reply_code: f.count('Code of the last reply to the command.'),
  reply_msg: f.string('Text of the last reply to the command.', 'text'),
  'data_channel.passive': f.bool('The client opens the data channel.'),
  'data_channel.orig_h': f.addr('Host that opens the data channel.'),
  'data_channel.resp_h': f.addr('Host that accepts the data channel.'),
  'data_channel.resp_p': f.port('Port that accepts the data channel.'),
  fuid: f.string('The file in `files`.'),
});

/** Zeek's `logged_commands`. */
const LOGGED = new Set('APPE DELE RETR STOR STOU ACCT PORT PASV EPRT EPSV'.split(' '));
/** Their argument is a path. */
const ON_FILES = new Set('APPE DELE RETR STOR STOU'.split(' '));
/** They use a data channel. */
const TRANSFERS = new Set('APPE RETR STOR STOU LIST NLST MLSD'.split(' '));
/** Commands of FTP that neither SMTP nor POP3 has, or not as the first. */
const OWN_COMMANDS = new Set(
  (
    'USER PASS ACCT AUTH ADAT PBSZ PROT CCC FEAT OPTS HOST LANG CLNT SYST SITE PWD XPWD CWD XCWD CDUP PORT PASV EPRT ' +
    'EPSV TYPE MODE STRU RETR STOR STOU APPE NLST MLSD MLST SIZE MDTM REST RNFR RNTO DELE MKD RMD ABOR REIN ALLO'
  ).split(' '),
);
/** Commands by which a client without its server is told. */
const FTP_ONLY =
  /^(?:AUTH TLS|FEAT|SYST|PWD|XPWD|CWD|PORT [\d,]+|PASV|EPRT|EPSV|TYPE [AI]|MLSD|STOR|SIZE|MDTM|ACCT|SITE)\b/i;
const SHARED_COMMANDS = new Set(['QUIT', 'NOOP', 'HELP', 'STAT', 'LIST']);
/** User names that stand for nobody; Zeek's `guest_ids`. */
const GUESTS = new Set(['anonymous', 'ftp', 'ftpuser', 'guest']);

/** A command that waits for its final reply. */
interface Command {
  readonly verb: string;
  readonly arg: string;
  readonly ts: Moment;
  readonly frame: number;
  reply: ReplyLine | undefined;
  fileSize: number | undefined;
  /** The data channel it uses. */
  readonly channel: AnnouncedFile | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [LineReader, LineReader];
  pending: Command[];
  /** Code that ends the reply under way, when it has several lines. */
  replyOpen: number;
  /** The server has said something; before that a 220 answers no command, even when commands came already. */
  greeted: boolean;
  user: string | undefined;
  userToken: Token | undefined;
  /** What must not be shown when the server repeats it. */
  masks: readonly (readonly [RegExp, string])[];
  directory: string;
  /** The data channel that was agreed on last and is not used yet. */
  channel: AnnouncedFile | undefined;
  /** What comes now: more of this, TLS, or another encryption. */
  phase: 'commands' | 'tls' | 'sealed';
}

function probe(opening: Opening): Verdict {
  const command = firstLine(opening.orig);
  const greeting = firstLine(opening.resp);
  const verb = command.text.split(' ', 1)[0]!.toUpperCase();
  const own =
    command.whole && OWN_COMMANDS.has(verb) && !/^AUTH (?:LOGIN|PLAIN|CRAM|NTLM|XOAUTH)/i.test(command.text);
  if (!opening.fromStart) {
    if (!opening.portHint || !/^(?:\d{0,3}$|\d{3}[ -])/.test(greeting.text)) return 'no';
    if (command.text === '')
      return greeting.whole && /^220[ -].*ftp/i.test(greeting.text) ? 'match' : 'unsure';
    if (command.whole) return own || SHARED_COMMANDS.has(verb) ? 'match' : 'no';
    return /^[A-Za-z]{1,8}(?: |$)/.test(command.text) ? 'unsure' : 'no';
  }
  if (!'220'.startsWith(greeting.text.slice(0, 3)) && !'120'.startsWith(greeting.text.slice(0, 3)))
    return 'no';
  if (/smtp|\bpop3?\b|\bimap/i.test(greeting.text)) return 'no';
  if (command.text === '') return greeting.whole && /\bftp|ftpd\b/i.test(greeting.text) ? 'match' : 'unsure';
  if (!/^[A-Za-z]{1,8}(?: |$)/.test(command.text)) return 'no';
  if (!command.whole) return 'unsure';
  if (!own && !SHARED_COMMANDS.has(verb)) return 'no';
  // The server speaks first: without its greeting, only the client's side of the flow is in the capture.
  if (greeting.text === '') return opening.portHint && hasOnlyFtps(opening.orig) ? 'match' : 'unsure';
  return greeting.text.length >= 3 && (own || opening.portHint) ? 'match' : 'unsure';
}

/** A command that neither POP3 nor IRC has, whose clients begin with USER and PASS as well. */
function hasOnlyFtps(orig: Uint8Array): boolean {
  const lines = latin1(orig, 0, Math.min(orig.length, PROBE_BYTES)).split('\n').slice(0, -1);
  return lines.some(line => FTP_ONLY.test(line));
}

function firstLine(bytes: Uint8Array): { readonly text: string; readonly whole: boolean } {
  const end = bytes.indexOf(0x0a);
  const text = latin1(bytes, 0, end < 0 ? bytes.length : end);
  return { text: text.replace(/\r$/, ''), whole: end >= 0 };
}

function open(flow: FlowContext): State {
  return {
    flow,
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    pending: [],
    replyOpen: 0,
    greeted: false,
    user: undefined,
    userToken: undefined,
    masks: [],
    directory: '.',
    channel: undefined,
    phase: 'commands',
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (handsOver(state)) return HANDOVER;
  const reader = state.lines[direction];
  let at = from;
  while (at < to && !handsOver(state)) {
    at = readLine(reader, bytes, at, to);
    if (!reader.found) break;
    if (reader.cut) state.flow.weird('FTP_line_limit');
    if (direction === ORIG) takeCommand(state, bytes, reader.from, reader.to);
    else takeReply(state, utf8(bytes, reader.from, reader.to));
    if (state.phase === 'sealed') return DONE;
  }
  return at - from;
}

function handsOver({ phase }: State): boolean {
  return phase === 'tls';
}

function takeCommand(state: State, bytes: Uint8Array, from: number, to: number): void {
  let start = from;
  // RFC 959 section 4.1.3: ABOR comes behind Telnet interrupt and synch signals.
  while (start < to && bytes[start]! >= 0xf0) start += bytes[start] === IAC ? 2 : 1;
  const [verb = '', arg = ''] = splitOnce(utf8(bytes, Math.min(start, to), to).trimStart());
  if (verb.length > MAX_VERB) state.flow.weird('FTP_max_command_length_exceeded');
  if (!/^[A-Za-z]{3,8}$/.test(verb)) return;
  if (state.pending.length >= MAX_PENDING) {
    state.flow.weird('FTP_too_many_pending_commands');
    complete(state, state.pending.shift()!);
  }
  const { now, frame } = state.flow;
  state.pending.push({
    verb: verb.toUpperCase(),
    arg,
    ts: now,
    frame,
    reply: undefined,
    fileSize: undefined,
    channel: channelFor(state, verb.toUpperCase(), arg),
  });
  if (verb.toUpperCase() === 'USER') setUser(state, arg);
}

/** The data channel a transfer takes, which now knows the name of its file. */
function channelFor(state: State, verb: string, arg: string): AnnouncedFile | undefined {
  const { channel } = state;
  if (channel === undefined || !TRANSFERS.has(verb)) return undefined;
  state.channel = undefined;
  if (ON_FILES.has(verb)) channel.filename = arg.slice(arg.lastIndexOf('/') + 1);
  return channel;
}

function splitOnce(line: string): [string, string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1).trim()];
}

function setUser(state: State, user: string): void {
  state.user = user;
  state.userToken = user === '' ? undefined : state.flow.token('user', user);
  state.masks = GUESTS.has(user.toLowerCase()) ? [] : mask(user, '<user>');
}

/** Finds a value where a text repeats it as a word; short values are too common to be looked for. */
function mask(value: string, replacement: string): readonly (readonly [RegExp, string])[] {
  if (value.length < 4) return [];
  const escaped = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [[new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, 'gi'), replacement]];
}

function masked(state: State, text: string): string {
  return state.masks.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

function takeReply(state: State, line: string): void {
  const reply = readReply(line);
  if (reply === undefined || (state.replyOpen !== 0 && reply.code !== state.replyOpen)) return;
  state.replyOpen = reply.more ? reply.code : 0;
  if (reply.more) return;
  const greeting = !state.greeted && (reply.code === 220 || reply.code === 120);
  // RFC 959 section 5.4: 120 announces the greeting itself.
  state.greeted = reply.code !== 120;
  if (greeting && reply.code === 220)
    state.flow.identity({ side: RESP, attribute: 'software', value: reply.text, confidence: GREETING });
  const command = state.pending[0];
  if (greeting || command === undefined) return;
  command.reply = reply;
  if (reply.code === 150 && command.verb === 'RETR') command.fileSize = lastNumber(reply.text);
  // RFC 959 section 4.2: 1yz is preliminary, the final reply follows.
  if (reply.code < 200) return;
  state.pending.shift();
  complete(state, command);
}

/** Acts on a command that has its final reply, or will not get one. */
function complete(state: State, command: Command): void {
  const code = command.reply?.code ?? 0;
  switch (command.verb) {
    case 'USER':
      if (code === 230 || code === 232) reportLogin(state, undefined, true);
      break;
    case 'PASS':
      state.masks = [...state.masks.slice(0, 1), ...mask(command.arg, '<password>')];
      reportLogin(state, command.arg, passwordOutcome(code));
      break;
    case 'AUTH':
      // RFC 4217 section 4: 234 begins TLS; 334 and 335 go on with a security exchange (RFC 2228).
      if (code === 234) state.phase = /^(?:TLS|SSL)/i.test(command.arg) ? 'tls' : 'sealed';
      if (code === 334 || code === 335) state.phase = 'sealed';
      break;
    case 'CWD':
    case 'XCWD':
      if (code === 250) state.directory = joinPath(state.directory, command.arg);
      break;
    case 'CDUP':
      if (code === 200 || code === 250) state.directory = joinPath(state.directory, '..');
      break;
    case 'PWD':
    case 'XPWD':
      if (code === 257) state.directory = quotedPath(command.reply?.text ?? '') ?? state.directory;
      break;
  }
  const endpoint = dataChannel(command);
  if (endpoint !== undefined && code >= 200 && code < 300) announce(state, command.verb, endpoint);
  if (LOGGED.has(command.verb)) emit(state, command, endpoint);
  if (state.phase !== 'commands') close(state);
}

/** Behind a translator of addresses the host named may be neither of the two: then it is the one that must listen. */
function announce(state: State, verb: string, { host, port }: Endpoint): void {
  const { flow } = state;
  const listener = isPassive(verb) ? flow.respHost : flow.origHost;
  const known = host === flow.origHost || host === flow.respHost;
  const memo: AnnouncedFile = {};
  flow.expect({ transport: 'tcp', host: known ? host! : listener, port, protocol: 'ftp-data', memo });
  state.channel = memo;
}

function isPassive(verb: string): boolean {
  return verb === 'PASV' || verb === 'EPSV';
}

/** RFC 959 section 5.4: 230 and 202 accept, 332 wants more, 421 only closes. */
function passwordOutcome(code: number): boolean | undefined {
  if (code === 230 || code === 202 || code === 232) return true;
  return code >= 400 && code !== 421 ? false : undefined;
}

function reportLogin(state: State, secret: string | undefined, success: boolean | undefined): void {
  state.flow.credentials({ protocol: 'ftp', user: state.user, secret, secretKind: 'password', success });
}

function emit(state: State, command: Command, channel: Endpoint | undefined): void {
  const { flow } = state;
  const record: RecordOf<typeof ftpStream> = {
    ts: command.ts,
    frame: command.frame,
    user: state.userToken,
    command: command.verb,
    reply_code: command.reply?.code,
    reply_msg: command.reply === undefined ? undefined : masked(state, command.reply.text),
    file_size: command.fileSize,
    mime_type: command.channel?.file?.mimeType,
    fuid: command.channel?.file?.fuid,
  };
  if (command.arg !== '' && command.verb !== 'ACCT') {
    const arg = ON_FILES.has(command.verb)
      ? fileUrl(flow.respHost, state.directory, command.arg)
      : command.arg;
    record.arg = masked(state, arg);
  }
  if (channel !== undefined) {
    const passive = isPassive(command.verb);
    record['data_channel.passive'] = passive;
    record['data_channel.orig_h'] = passive ? flow.origHost : flow.respHost;
    record['data_channel.resp_h'] = channel.host ?? flow.respHost;
    record['data_channel.resp_p'] = channel.port;
  }
  flow.emit(ftpStream, record);
}

function dataChannel(command: Command): Endpoint | undefined {
  const code = command.reply?.code;
  const text = command.reply?.text ?? '';
  if (command.verb === 'PORT') return readHostPort(command.arg);
  if (command.verb === 'EPRT') return readExtendedPort(command.arg);
  if (command.verb === 'PASV' && code === 227) return readHostPort(text);
  return command.verb === 'EPSV' && code === 229 ? readExtendedPassive(text) : undefined;
}

/** Replies may be lost with the bytes: what waits for one will not get it. */
function gap(state: State, direction: Direction): void {
  resetLine(state.lines[direction]);
  state.replyOpen = 0;
  if (direction !== ORIG) close(state);
}

function close(state: State): void {
  const { pending } = state;
  state.pending = [];
  for (const command of pending) complete(state, command);
}

export const ftp = defineProtocol<State>({
  name: 'ftp',
  transports: ['tcp'],
  ports: [21, 2811],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + 3,
  streams: [ftpStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  close,
});
