/**
 * Telnet (RFC 854): the login dialogue becomes `credentials` records; nothing of the session is kept. Recognised by
 * option negotiation, or by a server that begins with a login prompt.
 *
 * Telnet has no login of its own, so it is read off the text: what the client types after a prompt for a user or a
 * password (characters one by one or a line at once, with its corrections), and what the server says then. Prompts
 * are looked at when the client answers, so it does not matter how the text was cut into segments. After a login
 * that succeeded nothing more is read. Encrypted and NTLM authentication (RFC 2941) is not seen.
 *
 * Limits: `MAX_TYPED`, `MAX_TEXT`, `MAX_ATTEMPTS`.
 */
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';

/** Bytes kept of a line the client types, and of the line the server writes. */
const MAX_TYPED = 256;
const MAX_TEXT = 512;
/** Logins reported of one flow. */
const MAX_ATTEMPTS = 100;
const PROBE_BYTES = 1024;
/** Text behind a single option that speaks for Telnet on any port. */
const MIN_TEXT = 4;

// RFC 854, "TELNET COMMAND STRUCTURE".
const SE = 240;
const SB = 250;
const WILL = 251;
const DONT = 254;
const IAC = 255;
/** Highest option in common use (RFC 2066 and IANA's registry), and the extended options list (RFC 861). */
const LAST_OPTION = 49;
const EXTENDED_OPTIONS = 255;

const CR = 0x0d;
const LF = 0x0a;
const ESC = 0x1b;
const INTERRUPT = 0x03;
const BACKSPACE = 0x08;
const KILL_LINE = 0x15;
const ERASE_WORD = 0x17;
const DELETE = 0x7f;

const USER_PROMPT =
  /(?:login(?: as)?|user ?name|user ?id|user|account|benutzer(?:name)?|utilisateur|usuario)\s*:\s*$/i;
const PASSWORD_PROMPT =
  /(?:password|passwd|passcode|passphrase|kennwort|passwort|mot de passe|clave)[^:]{0,40}:\s*$/i;
const SHELL_PROMPT = /[$#>%\]]\s*$/;
/** `Last login: Tue …` is no prompt, and `Last failed login` no failure. */
const LAST_LOGIN = /last (?:failed |successful )?login/i;
const REFUSED =
  /incorrect|invalid|fail(?:ed|ure)|denied|rejected|bad (?:password|login|user)|not authorized|too many|falsch/i;
const ACCEPTED = /welcome|logged (?:in|on)|success|login ok|willkommen/i;
const TERMINAL_SEQUENCE = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])/g;

/** Where in the command structure a direction is. */
const WHERE = { text: 0, command: 1, option: 2, sub: 3, subCommand: 4 } as const;
type Where = (typeof WHERE)[keyof typeof WHERE];

/** The line under way in one direction. */
interface Line {
  where: Where;
  readonly bytes: Uint8Array;
  length: number;
  /** The last character was a carriage return; a line feed or NUL after it belongs to it. */
  afterReturn: boolean;
}

type Asked = 'nothing' | 'user' | 'password';

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [Line, Line];
  /** What the last prompt wants. */
  asked: Asked;
  user: Uint8Array | undefined;
  /** Last line typed without a recognised prompt; the user when a password prompt follows. */
  lastTyped: Uint8Array | undefined;
  /** A password was typed and the server has not shown yet what it thinks of it. */
  attempt: { readonly user: Uint8Array | undefined; readonly secret: Uint8Array } | undefined;
  attempts: number;
  /** The server has written since its last line was looked at for a prompt. */
  unread: boolean;
  done: boolean;
}

function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig, opening.portHint);
  const resp = probeSide(opening.resp, opening.portHint);
  if (orig === 'match' || resp === 'match') return 'match';
  if (opening.orig.length === 0 && opening.fromStart && isLoginPrompt(opening.resp)) return 'match';
  if (orig === 'no' && resp === 'no') return 'no';
  // A greeting may come in pieces before its prompt.
  const text = isText(opening.orig) && isText(opening.resp);
  return orig === 'unsure' && resp === 'unsure'
    ? 'unsure'
    : opening.orig.length === 0 && text
      ? 'unsure'
      : 'no';
}

/** Option negotiation at the very beginning; one is enough on Telnet's port, elsewhere it takes two or text behind. */
function probeSide(bytes: Uint8Array, portHint: boolean): Verdict {
  if (bytes.length === 0) return 'unsure';
  let commands = 0;
  let at = 0;
  while (at < bytes.length && bytes[at] === IAC) {
    if (commands > 0 && (portHint || commands > 1)) return 'match';
    if (at + 2 >= bytes.length) return 'unsure';
    const command = bytes[at + 1]!;
    if (command < SB || command > DONT || !isOption(bytes[at + 2]!)) return 'no';
    commands++;
    at += 3;
    if (command !== SB) continue;
    at = endOfSub(bytes, at);
    if (at < 0) return commands > 1 || portHint ? 'match' : 'unsure';
    // A subnegotiation from its beginning to its end says as much as two commands.
    commands++;
  }
  if (commands === 0) return 'no';
  const behind = bytes.subarray(at);
  if (commands > 1 || portHint) return 'match';
  return !isText(behind) ? 'no' : behind.length >= MIN_TEXT ? 'match' : 'unsure';
}

/** Position behind the subnegotiation that began before `at`, or -1 when it has not ended. */
function endOfSub(bytes: Uint8Array, at: number): number {
  for (let i = at; i + 1 < bytes.length; i++) if (bytes[i] === IAC && bytes[i + 1] === SE) return i + 2;
  return -1;
}

function isOption(option: number): boolean {
  return option <= LAST_OPTION || option === EXTENDED_OPTIONS;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte >= 0x20 || (byte >= 7 && byte <= CR) || byte === ESC || byte === 0);
}

function isLoginPrompt(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && isText(bytes) && /(?:login|user ?name|password):\s*$/i.test(latin1(bytes).slice(-80))
  );
}

function newLine(size: number): Line {
  return { where: WHERE.text, bytes: new Uint8Array(size), length: 0, afterReturn: false };
}

function open(flow: FlowContext): State {
  return {
    flow,
    lines: [newLine(MAX_TYPED), newLine(MAX_TEXT)],
    asked: 'nothing',
    user: undefined,
    lastTyped: undefined,
    attempt: undefined,
    attempts: 0,
    unread: false,
    done: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const line = state.lines[direction];
  for (let i = from; i < to && !state.done; i++) {
    const byte = bytes[i]!;
    if (line.where === WHERE.text) {
      if (byte === IAC) {
        line.where = WHERE.command;
        continue;
      }
    } else {
      // A doubled IAC is the byte 255 itself.
      const doubled = line.where === WHERE.command && byte === IAC;
      line.where = doubled ? WHERE.text : afterCommand(line.where, byte);
      if (!doubled) continue;
    }
    if (direction === ORIG) type(state, line, byte);
    else write(state, line, byte);
  }
  return state.done ? DONE : to - from;
}

/** Steps through a command; RFC 854 and, for subnegotiations, RFC 855. */
function afterCommand(where: Where, byte: number): Where {
  switch (where) {
    case WHERE.command:
      return byte === SB ? WHERE.sub : byte >= WILL && byte <= DONT ? WHERE.option : WHERE.text;
    case WHERE.sub:
      return byte === IAC ? WHERE.subCommand : WHERE.sub;
    case WHERE.subCommand:
      return byte === SE ? WHERE.text : WHERE.sub;
    default:
      return WHERE.text;
  }
}

/** One character from the server. */
function write(state: State, line: Line, byte: number): void {
  state.unread = true;
  if (byte === CR || byte === LF) {
    judge(state, textOf(line));
    line.length = 0;
  } else if (byte === BACKSPACE) {
    line.length = Math.max(0, line.length - 1);
  } else if (byte !== 0) {
    // Only the end of a long line can be a prompt.
    if (line.length === line.bytes.length) {
      line.bytes.copyWithin(0, MAX_TEXT / 2);
      line.length = MAX_TEXT / 2;
    }
    line.bytes[line.length++] = byte;
  }
}

/** One character from the client. */
function type(state: State, line: Line, byte: number): void {
  if (state.unread) lookForPrompt(state);
  const second = line.afterReturn && (byte === LF || byte === 0);
  line.afterReturn = byte === CR;
  if (second || state.done) return;
  if (byte === CR || byte === LF) endTyped(state, line);
  else if (byte === BACKSPACE || byte === DELETE) line.length = Math.max(0, line.length - 1);
  else if (byte === KILL_LINE || byte === INTERRUPT) line.length = 0;
  else if (byte === ERASE_WORD) line.length = wordStart(line);
  else if (byte >= 0x20 && line.length < MAX_TYPED) line.bytes[line.length++] = byte;
}

function wordStart(line: Line): number {
  let at = line.length;
  while (at > 0 && line.bytes[at - 1] === 0x20) at--;
  while (at > 0 && line.bytes[at - 1] !== 0x20) at--;
  return at;
}

function endTyped(state: State, line: Line): void {
  const typed = line.bytes.slice(0, line.length);
  line.length = 0;
  if (state.asked === 'user') {
    state.user = typed;
  } else if (state.asked === 'password') {
    state.attempt = { user: state.user ?? state.lastTyped, secret: typed };
  } else if (typed.length > 0) {
    state.lastTyped = typed;
  }
  // The prompt is answered; what the client types ahead is no answer to it.
  state.asked = 'nothing';
  state.lines[RESP].length = 0;
  state.unread = false;
}

/** The client answers: what does the line the server left unfinished ask for? */
function lookForPrompt(state: State): void {
  state.unread = false;
  const text = textOf(state.lines[RESP]);
  const password = PASSWORD_PROMPT.test(text);
  if (password || (USER_PROMPT.test(text) && !LAST_LOGIN.test(text))) {
    // Asked again: the attempt before was refused.
    resolve(state, false);
    state.asked = password ? 'password' : 'user';
  } else if (SHELL_PROMPT.test(text)) {
    resolve(state, true);
  }
}

/** The server finished a line: does it say what became of the attempt? */
function judge(state: State, text: string): void {
  if (state.attempt === undefined) return;
  if (LAST_LOGIN.test(text)) resolve(state, true);
  else if (REFUSED.test(text)) resolve(state, false);
  else if (ACCEPTED.test(text)) resolve(state, true);
}

function textOf(line: Line): string {
  return latin1(line.bytes, 0, line.length).replace(TERMINAL_SEQUENCE, '');
}

/** Reports the attempt that waits, when there is one. */
function resolve(state: State, success: boolean | undefined): void {
  const { attempt, flow } = state;
  if (attempt === undefined) return;
  state.attempt = undefined;
  flow.credentials({ protocol: 'telnet', ...attempt, secretKind: 'password', success });
  if (success === true) state.done = true;
  if (++state.attempts < MAX_ATTEMPTS) return;
  flow.weird('telnet_login_limit');
  state.done = true;
}

function gap(state: State, direction: Direction): void {
  const line = state.lines[direction];
  line.where = WHERE.text;
  line.length = 0;
  line.afterReturn = false;
}

function close(state: State): void {
  if (state.done) return;
  if (state.unread) lookForPrompt(state);
  resolve(state, undefined);
}

export const telnet = defineProtocol<State>({
  name: 'telnet',
  transports: ['tcp'],
  ports: [23, 2323],
  probeBytes: PROBE_BYTES,
  maxPending: PROBE_BYTES,
  streams: [],
  probe,
  open,
  feed,
  gap,
  close,
});
