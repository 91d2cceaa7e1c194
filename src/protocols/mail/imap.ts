/**
 * IMAP (RFC 3501, RFC 4959): logins become `credentials` records, and one `imap` record per flow says what was done.
 * Recognised by the greeting of the server, or a tagged command together with an answer.
 *
 * Whole messages, fetched or appended, are read as those of SMTP: their files, and medical documents among these. After STARTTLS
 * the flow is handed over. Not decoded: single parts of messages, which are skipped unseen. Limits: `MAX_LINE`, `MAX_PENDING`,
 * `MAX_LITERAL`, those of `mime.ts`.
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
import { literalSize, wordsOf } from './imap-tokens.ts';
import { MimeMessage } from './mime.ts';
import { SaslDialogue, type SaslLogin } from './sasl.ts';

/** RFC 7162 section 4 asks clients to stay below 8192 bytes. */
const MAX_LINE = 8192;
/** Commands that may wait for their answer. */
const MAX_PENDING = 100;
/** Longest literal that is read as part of a login. */
const MAX_LITERAL = 1024;
const PROBE_BYTES = 512;
/** What an answer or a command says before the literal that is a whole message. */
const WHOLE_MESSAGE = /[ (](?:BODY\[\](?:<0>)?|RFC822) ~?\{\d{1,10}\}$/i;
const APPENDED = /^[^\s]{1,64} APPEND .{0,1024}\{\d{1,10}\+?\}$/is;

export const imapStream = flowStream('imap', 'One line per IMAP connection.', {
  user: f.token('User who logged in, or tried to last.', 'secret'),
  mechanism: f.string('How: LOGIN, or the name of a SASL mechanism.', 'text'),
  success: f.bool('Whether the server accepted the login; absent when that could not be seen.'),
  tls: f.bool('The connection went on encrypted.'),
  commands: f.count('Commands of the client.'),
  fetched: f.count('FETCH commands the server carried out.'),
  appended: f.count('APPEND commands the server carried out.'),
  greeting: f.string('First line of the server.', 'text'),
});

/** A message that is being read, of which `left` bytes are to come; `skipping` of them come by unseen. */
interface Mail {
  readonly message: MimeMessage;
  left: number;
  skipping: number;
}

/** A command whose answer is awaited. */
interface Command {
  readonly verb: string;
  /** Arguments of LOGIN. */
  readonly words: string[];
}

interface State {
  readonly flow: FlowContext;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  readonly lines: readonly [LineReader, LineReader];
  /** By tag. */
  readonly pending: Map<string, Command>;
  /** A command whose line goes on behind a literal. */
  open: Command | undefined;
  /** Bytes of a literal of a login that are still to come. */
  literal: number;
  /** The line under way goes on behind a literal, in either direction. */
  readonly continued: [boolean, boolean];
  readonly files: FlowFiles;
  readonly mails: [Mail | undefined, Mail | undefined];
  userToken: Token | undefined;
  sasl: SaslDialogue | undefined;
  mechanism: string | undefined;
  success: boolean | undefined;
  greeting: string | undefined;
  commands: number;
  fetched: number;
  appended: number;
  sealed: boolean;
}

const GREETING = /^\* (?:OK|PREAUTH|BYE)[ \r\n[]/;
const FIRST_COMMAND =
  /^[A-Za-z0-9.]{1,16} (?:(?:UID )?FETCH|CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|ID|NOOP|LOGOUT|SELECT|EXAMINE|LIST|LSUB|STATUS|IDLE)[ \r]/i;

function probe({ orig, resp, fromStart }: Opening): Verdict {
  const reply = latin1(resp, 0, Math.min(resp.length, 64));
  if (GREETING.test(reply) && fromStart) return 'match';
  const answered = /^(?:\* |[A-Za-z0-9.]{1,16} (?:OK|NO|BAD) )/.test(reply);
  if (reply.length >= 12 && !answered) return 'no';
  const command = latin1(orig, 0, Math.min(orig.length, 64));
  if (FIRST_COMMAND.test(command)) return answered ? 'match' : 'unsure';
  if (command !== '' && (command.length >= 32 || !/^[A-Za-z0-9.]{1,16}(?: [A-Za-z]*)?\r?$/.test(command)))
    return 'no';
  return reply === '' || /^[*A-Za-z0-9.]/.test(reply) ? 'unsure' : 'no';
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    pending: new Map(),
    open: undefined,
    literal: 0,
    continued: [false, false],
    files: new FlowFiles(flow, 'IMAP'),
    mails: [undefined, undefined],
    userToken: undefined,
    sasl: undefined,
    mechanism: undefined,
    success: undefined,
    greeting: undefined,
    commands: 0,
    fetched: 0,
    appended: 0,
    sealed: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  const reader = state.lines[direction];
  let at = from;
  while (at < to && !state.sealed) {
    const mail = state.mails[direction];
    if (mail !== undefined) {
      at = takeMail(state, direction, mail, bytes, at, to);
      continue;
    }
    if (direction !== RESP && state.literal > 0) {
      if (to - at < state.literal) break;
      state.open?.words.push(latin1(bytes, at, at + state.literal));
      at += state.literal;
      state.literal = 0;
      continue;
    }
    at = readLine(reader, bytes, at, to);
    if (!reader.found) break;
    if (reader.cut) state.flow.weird('imap_line_limit');
    const line = utf8(bytes, reader.from, reader.to);
    const size = literalSize(line.slice(-16));
    if (direction === RESP) takeAnswer(state, line, size !== undefined);
    else takeClientLine(state, line, size !== undefined);
    if (size === undefined) continue;
    if (size > 0 && (direction === RESP ? WHOLE_MESSAGE : APPENDED).test(line)) {
      const message = new MimeMessage(state.flow, state.files, () => undefined, direction);
      state.mails[direction] = { message, left: size, skipping: 0 };
    } else at += takeLiteral(state, direction, size);
  }
  return at - from;
}

/** Takes what there is of a message; beyond `to` when nobody needs the rest. */
function takeMail(
  state: State,
  direction: Direction,
  mail: Mail,
  bytes: Uint8Array,
  at: number,
  to: number,
): number {
  const there = Math.min(mail.left, to - at);
  mail.message.feed(bytes, at, at + there);
  mail.left -= there;
  if (mail.left === 0) endMail(state, direction);
  else if (mail.message.wanted === 0) mail.skipping = mail.left;
  return at + there + mail.skipping;
}

function passed(state: State, direction: Direction, missing: number): void {
  const mail = state.mails[direction];
  if (mail === undefined) return;
  mail.message.pass(mail.skipping - missing);
  mail.message.miss(missing);
  endMail(state, direction);
}

function endMail(state: State, direction: Direction): void {
  state.mails[direction]?.message.end();
  state.mails[direction] = undefined;
}

/** How many bytes of a literal to skip: all of them, unless it belongs to a login. */
function takeLiteral(state: State, direction: Direction, size: number): number {
  if (direction === RESP || state.open === undefined || size > MAX_LITERAL) return size;
  if (size === 0) state.open.words.push('');
  state.literal = size;
  return 0;
}

function takeClientLine(state: State, line: string, goesOn: boolean): void {
  const { sasl } = state;
  if (state.continued[0]) {
    state.continued[0] = goesOn;
    state.open?.words.push(...wordsOf(line));
  } else if (sasl !== undefined && sasl.login === undefined && !line.includes(' ')) sasl.answer(line);
  else takeCommand(state, line, goesOn);
  if (!goesOn) state.open = undefined;
}

function takeCommand(state: State, line: string, goesOn: boolean): void {
  const [, tag, verb = '', rest = ''] =
    /^([^\s"(){%*+\\]{1,64}) (?:UID )?([A-Za-z]{1,16})\s*(.*)$/is.exec(line) ?? [];
  if (tag === undefined) return;
  state.commands++;
  state.continued[0] = goesOn;
  const name = verb.toUpperCase();
  const command: Command = { verb: name, words: name === 'LOGIN' ? wordsOf(rest) : [] };
  if (name === 'LOGIN') state.open = command;
  if (name === 'AUTHENTICATE') {
    const [mechanism = '', initial] = rest.split(/\s+/);
    state.mechanism = mechanism.toUpperCase();
    state.sasl = new SaslDialogue(mechanism, initial);
  }
  if (state.pending.size >= MAX_PENDING) {
    state.flow.weird('imap_pending_command_limit');
    state.pending.clear();
  }
  state.pending.set(tag, command);
}

function takeAnswer(state: State, line: string, goesOn: boolean): void {
  const behind = state.continued[1];
  state.continued[1] = goesOn;
  if (behind) return;
  if (state.greeting === undefined) {
    state.greeting = line.slice(0, 512);
    noteServer(state, state.greeting);
  }
  const [, tag, status] = /^([^\s"(){%*+\\]{1,64}) (OK|NO|BAD)(?: |$)/i.exec(line) ?? [];
  const command = tag === undefined ? undefined : state.pending.get(tag);
  if (tag === undefined || command === undefined) return;
  state.pending.delete(tag);
  complete(state, command, status!.toUpperCase() === 'OK');
}

function complete(state: State, command: Command, accepted: boolean): void {
  switch (command.verb) {
    case 'LOGIN':
      reportLogin(state, command, accepted);
      break;
    case 'AUTHENTICATE':
      endSasl(state, accepted);
      break;
    case 'STARTTLS':
      state.sealed = accepted;
      break;
    case 'FETCH':
      if (accepted) state.fetched++;
      break;
    case 'APPEND':
      if (accepted) state.appended++;
      break;
  }
}

function reportLogin(state: State, { words }: Command, accepted: boolean | undefined): void {
  const [user, secret] = words;
  state.mechanism = 'LOGIN';
  if (secret !== undefined) report(state, { user, secret, secretKind: 'password' }, accepted);
}

function endSasl(state: State, accepted: boolean | undefined): void {
  const login = state.sasl?.login;
  state.sasl = undefined;
  if (accepted !== undefined) state.success = accepted;
  if (login !== undefined) report(state, login, accepted);
}

function report(state: State, login: SaslLogin, success: boolean | undefined): void {
  state.success = success;
  if (login.user) state.userToken = state.flow.token('user', login.user);
  state.flow.credentials({ protocol: 'imap', ...login, success });
}

/** `* OK [CAPABILITY …] Dovecot ready.` */
function noteServer(state: State, greeting: string): void {
  const program = /(Dovecot|Courier-IMAP|Cyrus IMAP|Microsoft Exchange)(?: v?(\d[\w.-]{0,32}))?/i.exec(
    greeting,
  );
  if (program === null) return;
  const text = program[2] === undefined ? program[1]! : `${program[1]}/${program[2]}`;
  state.flow.software({ side: RESP, type: 'IMAP::SERVER', text });
}

/** A line under way is lost, and so is what was in it. */
function gap(state: State, direction: Direction, length: number): void {
  const mail = state.mails[direction];
  if (mail !== undefined) {
    mail.message.miss(Math.min(length, mail.left));
    mail.left -= length;
    if (mail.left > 0) return;
    endMail(state, direction);
    if (mail.left === 0) return;
  }
  resetLine(state.lines[direction]);
  state.continued[direction] = false;
  if (direction === RESP) return;
  state.open = undefined;
  state.literal = 0;
}

function close(state: State): void {
  for (const direction of [ORIG, RESP] as const) endMail(state, direction);
  for (const command of state.pending.values()) {
    if (command.verb === 'LOGIN') reportLogin(state, command, undefined);
  }
  endSasl(state, undefined);
  state.flow.emit(imapStream, {
    ...state.begin,
    user: state.userToken,
    mechanism: state.mechanism,
    success: state.success,
    tls: state.sealed,
    commands: state.commands,
    fetched: state.fetched,
    appended: state.appended,
    greeting: state.greeting,
  });
}

export const imap = defineProtocol<State>({
  name: 'imap',
  transports: ['tcp'],
  ports: [143],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + MAX_LITERAL,
  streams: [imapStream, ...fileStreams],
  leadsOn: true,
  probe,
  open,
  feed,
  passed,
  gap,
  close,
});
