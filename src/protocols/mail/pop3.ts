/**
 * POP3 (RFC 1939, RFC 5034, RFC 2595): logins become `credentials` records, and one `pop3` record per flow says what was
 * done. Recognised by the greeting of the server, or a command of POP3 together with its answer.
 *
 * Messages that are fetched are read as those of SMTP: their files, and medical documents among these. After STLS the flow is
 * handed over. Not kept: heads of messages. Limits: `MAX_LINE`, `MAX_PENDING`, those of `mime.ts`.
 */
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type Token } from '../../model/schema.ts';
import { FlowFiles, fileStreams } from '../files/transfer.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import { MimeMessage } from './mime.ts';
import { SASL_MECHANISM, SaslDialogue, type SaslLogin } from './sasl.ts';

/** RFC 2449 section 4 allows 255 and 512 bytes; the lines of messages are longer. */
const MAX_LINE = 4096;
/** Commands that may wait for their reply. */
const MAX_PENDING = 100;
const PROBE_BYTES = 512;
const DOT = 0x2e;
const LINE_END = Uint8Array.of(0x0d, 0x0a);

export const pop3Stream = flowStream('pop3', 'One line per POP3 connection.', {
  user: f.token('User who logged in, or tried to last.', 'secret'),
  mechanism: f.string('How: USER, APOP, or the name of a SASL mechanism.', 'text'),
  success: f.bool('Whether the server accepted the login; absent when that could not be seen.'),
  tls: f.bool('The connection went on encrypted.'),
  commands: f.count('Commands of the client.'),
  retrieved: f.count('Messages fetched.'),
  deleted: f.count('Messages deleted.'),
  greeting: f.string('First line of the server.', 'text'),
});

const COMMANDS = new Set(
  'USER PASS APOP AUTH CAPA STLS QUIT STAT LIST RETR DELE NOOP RSET TOP UIDL UTF8 LANG XTND'.split(' '),
);
/** RFC 1939 section 3: what follows the first line of their reply ends with a dot. */
const LONG_REPLIES = new Set(['CAPA', 'RETR', 'TOP']);
const LISTINGS = new Set(['LIST', 'UIDL', 'AUTH']);

interface Command {
  readonly verb: string;
  readonly argument: string;
}

interface State {
  readonly flow: FlowContext;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  readonly lines: readonly [LineReader, LineReader];
  pending: Command[];
  greeted: boolean;
  /** Lines up to one with a dot belong to the reply under way. */
  inReply: boolean;
  /** The message that this reply holds. */
  mail: MimeMessage | undefined;
  readonly files: FlowFiles;
  user: string | undefined;
  userToken: Token | undefined;
  sasl: SaslDialogue | undefined;
  mechanism: string | undefined;
  success: boolean | undefined;
  greeting: string | undefined;
  commands: number;
  retrieved: number;
  deleted: number;
  sealed: boolean;
}

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  const reply = latin1(resp, 0, Math.min(resp.length, 5));
  const replied = /^(?:\+OK|-ERR)[ \r\n]/.test(reply);
  if (!replied && !'+OK'.startsWith(reply) && !'-ERR'.startsWith(reply)) return 'no';
  const line = latin1(orig, 0, Math.min(orig.length, 16));
  // Others answer +OK too, but do not speak first.
  if (line === '') return fromStart && (/^\+OK ./.test(reply) || (replied && portHint)) ? 'match' : 'unsure';
  const verb = /^[A-Za-z0-9]{3,4}(?=[ \r\n])/.exec(line)?.[0].toUpperCase();
  if (verb === undefined) return /^[A-Za-z0-9]{1,4}$/.test(line) ? 'unsure' : 'no';
  if (!COMMANDS.has(verb)) return 'no';
  if (verb === 'AUTH' && !isSaslLogin(latin1(orig, 4, Math.min(orig.length, 64)))) return 'no';
  return replied ? 'match' : 'unsure';
}

/** Redis has AUTH too. */
function isSaslLogin(behind: string): boolean {
  const mechanism = behind.trim().split(/\s/, 1)[0]!;
  return mechanism === '' || SASL_MECHANISM.test(mechanism);
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    pending: [],
    greeted: false,
    inReply: false,
    mail: undefined,
    files: new FlowFiles(flow, 'POP3'),
    user: undefined,
    userToken: undefined,
    sasl: undefined,
    mechanism: undefined,
    success: undefined,
    greeting: undefined,
    commands: 0,
    retrieved: 0,
    deleted: 0,
    sealed: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  const reader = state.lines[direction];
  let at = from;
  while (at < to && !state.sealed) {
    at = readLine(reader, bytes, at, to);
    if (!reader.found) break;
    if (direction === RESP) takeReplyLine(state, bytes, reader);
    else takeCommand(state, utf8(bytes, reader.from, reader.to), reader.cut);
  }
  return at - from;
}

function takeCommand(state: State, line: string, cut: boolean): void {
  if (cut) state.flow.weird('pop3_line_limit');
  const { sasl } = state;
  if (sasl !== undefined && sasl.login === undefined && !line.includes(' ')) {
    sasl.answer(line);
    return;
  }
  const [, verb = '', argument = ''] = /^\s*(\S{1,8})\s*(.*)$/s.exec(line) ?? [];
  const command = verb.toUpperCase();
  if (!COMMANDS.has(command)) {
    if (command !== '') state.flow.weird('pop3_client_command_unknown');
    return;
  }
  state.commands++;
  if (state.pending.length >= MAX_PENDING) {
    state.flow.weird('pop3_pending_command_limit');
    state.pending = [];
  }
  state.pending.push({ verb: command, argument });
  if (command === 'USER') setUser(state, argument);
  else if (command === 'APOP') setUser(state, argument.split(' ', 1)[0]!);
  else if (command === 'AUTH' && argument !== '') {
    const [mechanism = '', initial] = argument.split(/\s+/);
    state.mechanism = mechanism.toUpperCase();
    state.sasl = new SaslDialogue(mechanism, initial);
  }
}

function setUser(state: State, user: string): void {
  state.user = user;
  state.userToken = user === '' ? undefined : state.flow.token('user', user);
}

function takeReplyLine(state: State, bytes: Uint8Array, { from, to }: LineReader): void {
  if (state.inReply) {
    if (to === from + 1 && bytes[from] === DOT) {
      state.inReply = false;
      endMail(state);
    } else if (state.mail !== undefined) {
      // RFC 1939 section 3: a line that begins with a dot has got another.
      state.mail.feed(bytes, bytes[from] === DOT ? from + 1 : from, to);
      state.mail.feed(LINE_END, 0, LINE_END.length);
    }
    return;
  }
  const line = utf8(bytes, from, Math.min(to, from + 512));
  const status = /^(\+OK|-ERR|\+)(?: |$)/i.exec(line)?.[1]?.toUpperCase();
  if (status === undefined) {
    state.flow.weird('pop3_server_command_unknown');
    return;
  }
  // RFC 5034 section 4: the server waits for the client's next answer.
  if (status === '+') return;
  if (!state.greeted) {
    state.greeted = true;
    // The greeting answers no command, even when one came already; without its beginning a flow has none.
    if (state.pending.length === 0 || /ready|pop3?\b|server|welcome|<[^>]+@/i.test(line)) {
      state.greeting = line;
      noteServer(state, line);
      return;
    }
  }
  const command = state.pending.shift();
  if (command !== undefined) complete(state, command, status === '+OK');
}

function complete(state: State, { verb, argument }: Command, accepted: boolean): void {
  state.inReply = accepted && (LONG_REPLIES.has(verb) || (LISTINGS.has(verb) && argument === ''));
  switch (verb) {
    case 'PASS':
      state.mechanism = 'USER';
      report(state, { user: state.user, secret: argument, secretKind: 'password' }, accepted);
      break;
    case 'APOP':
      state.mechanism = 'APOP';
      state.success = accepted;
      break;
    case 'AUTH':
      endSasl(state, accepted);
      break;
    case 'STLS':
      state.sealed = accepted;
      break;
    case 'RETR':
      if (!accepted) break;
      state.retrieved++;
      state.mail = new MimeMessage(state.flow, state.files, () => undefined, RESP);
      break;
    case 'DELE':
      if (accepted) state.deleted++;
      break;
  }
}

function endSasl(state: State, accepted: boolean | undefined): void {
  const login = state.sasl?.login;
  state.sasl = undefined;
  if (accepted !== undefined) state.success = accepted;
  if (login === undefined) return;
  if (login.user !== undefined) setUser(state, login.user);
  report(state, login, accepted);
}

function report(state: State, login: SaslLogin, success: boolean | undefined): void {
  state.success = success;
  state.flow.credentials({ protocol: 'pop3', ...login, success });
}

/** `+OK Dovecot (Ubuntu) ready.` */
function noteServer(state: State, greeting: string): void {
  const program = /^\+OK ((?:Dovecot|Courier|Cyrus POP3|Qpopper|qpop)[^<]{0,80})/i.exec(greeting)?.[1];
  if (program !== undefined) {
    const text = program.replace(/\s*(?:ready|server).*$/i, '').trim();
    state.flow.software({ side: RESP, type: 'POP3::SERVER', text });
  }
}

/** Which reply belongs to which command is not known any more. */
function gap(state: State, direction: Direction): void {
  resetLine(state.lines[direction]);
  state.pending = [];
  if (direction === ORIG) return;
  state.inReply = false;
  endMail(state);
}

function endMail(state: State): void {
  state.mail?.end();
  state.mail = undefined;
}

function close(state: State): void {
  endMail(state);
  for (const { verb, argument } of state.pending) {
    if (verb === 'PASS')
      report(state, { user: state.user, secret: argument, secretKind: 'password' }, undefined);
  }
  endSasl(state, undefined);
  state.flow.emit(pop3Stream, {
    ...state.begin,
    user: state.userToken,
    mechanism: state.mechanism,
    success: state.success,
    tls: state.sealed,
    commands: state.commands,
    retrieved: state.retrieved,
    deleted: state.deleted,
    greeting: state.greeting,
  });
}

export const pop3 = defineProtocol<State>({
  name: 'pop3',
  transports: ['tcp'],
  ports: [110],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + 3,
  streams: [pop3Stream, ...fileStreams],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  close,
});
