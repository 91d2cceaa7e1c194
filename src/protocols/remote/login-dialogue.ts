/**
 * The login dialogue of terminal sessions (Telnet, rlogin), read off the text: what the client types after a prompt for a user
 * or a password (characters one by one or a line at once, with its corrections), and what the server says then. Prompts are
 * looked at when the client answers, so it does not matter how the text was cut into segments. Each attempt becomes a
 * `credentials` record; after a login that succeeded nothing more is read, and nothing of the session is kept.
 *
 * Limits: `MAX_TYPED`, `MAX_TEXT`, `MAX_ATTEMPTS`.
 */
import { latin1 } from '../../bytes/text.ts';
import { type FlowContext, RESP } from '../../model/protocol.ts';

/** Bytes kept of a line the client types, and of the line the server writes. */
const MAX_TYPED = 256;
const MAX_TEXT = 512;
/** Logins reported of one flow. */
const MAX_ATTEMPTS = 100;

/** How much a banner says of the server: some are warnings of the owner. */
const BANNER = 0.4;

const CR = 0x0d;
const LF = 0x0a;
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

/** The line under way in one direction. */
interface Line {
  readonly bytes: Uint8Array;
  length: number;
}

export class LoginDialogue {
  /** Nothing more is to be read. */
  done = false;
  readonly #flow: FlowContext;
  readonly #protocol: string;
  readonly #typed: Line = { bytes: new Uint8Array(MAX_TYPED), length: 0 };
  readonly #text: Line = { bytes: new Uint8Array(MAX_TEXT), length: 0 };
  /** The client's last character was a carriage return; a line feed or NUL after it belongs to it. */
  #afterReturn = false;
  /** The first line of the server: its banner, when a prompt for a login follows and nothing was typed before. */
  #banner: string | undefined;
  #prompted = false;
  /** What the last prompt wants. */
  #asked: 'nothing' | 'user' | 'password' = 'nothing';
  #user: Uint8Array | string | undefined;
  /** Last line typed without a recognised prompt; the user when a password prompt follows. */
  #lastTyped: Uint8Array | undefined;
  /** A password was typed and the server has not shown yet what it thinks of it. */
  #attempt: { readonly user: Uint8Array | string | undefined; readonly secret: Uint8Array } | undefined;
  #attempts = 0;
  /** The server has written since its last line was looked at for a prompt. */
  #unread = false;

  /**
   * @param protocol as in `credentials`
   * @param user who it is, when the protocol said so before
   */
  constructor(flow: FlowContext, protocol: string, user?: string) {
    this.#flow = flow;
    this.#protocol = protocol;
    this.#user = user;
  }

  /** One character from the server. */
  write(byte: number): void {
    const line = this.#text;
    this.#unread = true;
    if (byte === CR || byte === LF) {
      this.#judge(textOf(line));
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
  type(byte: number): void {
    if (this.#unread) this.#lookForPrompt();
    const line = this.#typed;
    const second = this.#afterReturn && (byte === LF || byte === 0);
    this.#afterReturn = byte === CR;
    if (second || this.done) return;
    if (byte === CR || byte === LF) this.#endTyped();
    else if (byte === BACKSPACE || byte === DELETE) line.length = Math.max(0, line.length - 1);
    else if (byte === KILL_LINE || byte === INTERRUPT) line.length = 0;
    else if (byte === ERASE_WORD) line.length = wordStart(line);
    else if (byte >= 0x20 && line.length < MAX_TYPED) line.bytes[line.length++] = byte;
  }

  /** Bytes of the client are missing: the line under way is lost. */
  loseTyped(): void {
    this.#typed.length = 0;
    this.#afterReturn = false;
  }

  /** Bytes of the server are missing. */
  loseText(): void {
    this.#text.length = 0;
  }

  /** Nothing comes any more: an attempt that waits is reported without its outcome. */
  close(): void {
    if (this.done) return;
    if (this.#unread) this.#lookForPrompt();
    this.#resolve(undefined);
  }

  #endTyped(): void {
    const line = this.#typed;
    const typed = line.bytes.slice(0, line.length);
    line.length = 0;
    if (this.#asked === 'user') {
      this.#user = typed;
    } else if (this.#asked === 'password') {
      this.#attempt = { user: this.#user ?? this.#lastTyped, secret: typed };
    } else if (typed.length > 0) {
      this.#lastTyped = typed;
    }
    // The prompt is answered; what the client types ahead is no answer to it.
    this.#asked = 'nothing';
    this.#text.length = 0;
    this.#unread = false;
  }

  /** The client answers: what does the line the server left unfinished ask for? */
  #lookForPrompt(): void {
    this.#unread = false;
    const text = textOf(this.#text);
    const password = PASSWORD_PROMPT.test(text);
    if (password || (USER_PROMPT.test(text) && !LAST_LOGIN.test(text))) {
      // Asked again: the attempt before was refused.
      this.#resolve(false);
      this.#asked = password ? 'password' : 'user';
      this.#greet();
    } else if (SHELL_PROMPT.test(text)) {
      this.#resolve(true);
    }
  }

  /** Text of a session that was picked up in its middle is no banner. */
  #greet(): void {
    const value = this.#banner;
    if (!this.#prompted && this.#lastTyped === undefined)
      this.#flow.identity({ side: RESP, attribute: 'software', value, confidence: BANNER });
    this.#prompted = true;
  }

  /** The server finished a line: does it say what it is, or what became of the attempt? */
  #judge(text: string): void {
    if (this.#banner === undefined && /[a-z]/i.test(text)) this.#banner = text.replace(/[\0-\x1f]/g, ' ');
    if (this.#attempt === undefined) return;
    if (LAST_LOGIN.test(text)) this.#resolve(true);
    else if (REFUSED.test(text)) this.#resolve(false);
    else if (ACCEPTED.test(text)) this.#resolve(true);
  }

  /** Reports the attempt that waits, when there is one. */
  #resolve(success: boolean | undefined): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    this.#flow.credentials({ protocol: this.#protocol, ...attempt, secretKind: 'password', success });
    if (success === true) this.done = true;
    if (++this.#attempts < MAX_ATTEMPTS) return;
    this.#flow.weird(`${this.#protocol}_login_limit`);
    this.done = true;
  }
}

function wordStart(line: Line): number {
  let at = line.length;
  while (at > 0 && line.bytes[at - 1] === 0x20) at--;
  while (at > 0 && line.bytes[at - 1] !== 0x20) at--;
  return at;
}

function textOf(line: Line): string {
  return latin1(line.bytes, 0, line.length).replace(TERMINAL_SEQUENCE, '');
}
