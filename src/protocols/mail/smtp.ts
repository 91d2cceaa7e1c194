/**
 * SMTP (RFC 5321, RFC 3030, RFC 4954) and the messages it carries (`mime.ts`): one `smtp` record per message or attempt at
 * one, as Zeek's base/protocols/smtp, and a `credentials` record per login. Recognised by the greeting
 * of the server or by EHLO, HELO, LHLO.
 *
 * After STARTTLS the flow is handed over. Addresses stay as they are for rules; what may name a person in them is
 * masked by writers (`persons.ts`). Limits: `MAX_LINE`,
 * `MAX_PENDING`, `MAX_CHUNK`, and those of `smtp-record.ts` and `mime.ts`.
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
import { FlowFiles, fileStreams } from '../files/transfer.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import { pathOf } from './addresses.ts';
import { MimeMessage } from './mime.ts';
import { SaslDialogue } from './sasl.ts';
import { MailMessage, smtpStream } from './smtp-record.ts';

/** RFC 5321 section 4.5.3.1.6 allows 1000 bytes, RFC 4954 section 4 12288 for logins. */
const MAX_LINE = 12_288;
/** Commands that may wait for their reply. */
const MAX_PENDING = 100;
/** RFC 3030: a chunk may be of any size; beyond this it is a mistake. */
const MAX_CHUNK = 0xffff_ffff;
const PROBE_BYTES = 1024;

/** What the client's next bytes are. */
const PHASE = { commands: 0, asked: 1, data: 2, chunk: 3 } as const;

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [LineReader, LineReader];
  phase: (typeof PHASE)[keyof typeof PHASE];
  /** Commands that wait for their reply. */
  pending: string[];
  /** The server has said something. */
  greeted: boolean;
  helo: string | undefined;
  message: MailMessage | undefined;
  readonly files: FlowFiles;
  /** The message whose bytes are coming. */
  body: MimeMessage | undefined;
  transferred: number;
  /** A login under way. */
  sasl: SaslDialogue | undefined;
  /** Bytes of the chunk that are still to come, and whether it is the last. */
  chunkLeft: number;
  lastChunk: boolean;
  /** Bytes of the chunk that go by unseen. */
  skipped: number;
  sealed: boolean;
}

/** Waits for a reply as a command does; no command is called so. */
const END_OF_MESSAGE = 'end of message';

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  const greeting = resp.length === 0 ? '' : latin1(resp, 0, Math.min(resp.length, 512));
  if (greeting !== '' && !/^(?:2?$|22$|220|[2-5]\d\d[ -])/.test(greeting)) return 'no';
  const command = latin1(orig, 0, Math.min(orig.length, 64));
  if (/^(?:EHLO|HELO|LHLO) ?[^\r\n]*\r?\n/i.test(command)) return 'match';
  if (!fromStart && portHint && /^(?:MAIL FROM|RCPT TO):/i.test(command)) return 'match';
  if (command === '') return /^220[ -][^\r\n]*SMTP/i.test(greeting) ? 'match' : 'unsure';
  return isHello(command) ? (orig.length < 64 ? 'unsure' : 'match') : 'no';
}

/** The beginning of a line that could still become EHLO, HELO or LHLO. */
function isHello(command: string): boolean {
  const verb = command.slice(0, 4).toUpperCase();
  return ['EHLO', 'HELO', 'LHLO'].some(hello => hello.startsWith(verb)) && !command.includes('\n');
}

function open(flow: FlowContext): State {
  return {
    flow,
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    phase: PHASE.commands,
    pending: [],
    greeted: false,
    helo: undefined,
    message: undefined,
    files: new FlowFiles(flow, 'SMTP'),
    body: undefined,
    transferred: 0,
    sasl: undefined,
    chunkLeft: 0,
    lastChunk: false,
    skipped: 0,
    sealed: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  const reader = state.lines[direction];
  let at = from;
  while (at < to && !state.sealed) {
    if (direction === ORIG && state.phase === PHASE.chunk) {
      at = takeChunk(state, bytes, at, to);
      continue;
    }
    at = readLine(reader, bytes, at, to);
    if (!reader.found) break;
    if (direction === RESP) takeReply(state, utf8(bytes, reader.from, reader.to));
    else takeClientLine(state, bytes, reader, at);
  }
  return at - from;
}

function messageOf(state: State): MailMessage {
  state.message ??= new MailMessage(state.flow, state.transferred + 1, state.helo);
  return state.message;
}

/** Emits the message under way and begins another. */
function flush(state: State): void {
  const { message } = state;
  if (message === undefined || !message.active) return;
  message.emit();
  state.message = new MailMessage(state.flow, state.transferred + 1, state.helo);
}

/** @param next where the next line begins */
function takeClientLine(state: State, bytes: Uint8Array, reader: LineReader, next: number): void {
  const { from, to, cut } = reader;
  if (state.phase === PHASE.asked) startData(state);
  if (state.phase === PHASE.data) {
    takeDataLine(state, bytes, reader, next);
    return;
  }
  if (cut) state.flow.weird('smtp_line_limit');
  const line = utf8(bytes, from, to);
  const { sasl } = state;
  if (sasl !== undefined && sasl.login === undefined && !line.includes(' ')) sasl.answer(line);
  else takeCommand(state, line);
}

function takeCommand(state: State, line: string): void {
  const [, verb = '', argument = ''] = /^\s*(\S{1,16})\s*(.*)$/s.exec(line) ?? [];
  const command = verb.toUpperCase();
  if (command === '') return;
  if (state.pending.length >= MAX_PENDING) {
    state.flow.weird('smtp_pending_command_limit');
    state.pending = [];
  }
  state.pending.push(command);
  // MAIL begins a message, also when the end of the one before was not seen.
  if (command === 'MAIL') flush(state);
  const message = messageOf(state);
  switch (command) {
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
      state.helo = argument;
      message.helo = argument;
      break;
    case 'MAIL':
      message.active = true;
      if (/^from:/i.test(argument)) message.sender = pathOf(argument.slice(5));
      break;
    case 'RCPT':
      message.active = true;
      if (/^to:/i.test(argument)) message.addRecipient(pathOf(argument.slice(3)));
      break;
    case 'DATA':
      state.phase = PHASE.asked;
      break;
    case 'BDAT':
      startChunk(state, argument);
      break;
    case 'AUTH': {
      const [mechanism = '', initial] = argument.split(/\s+/);
      state.sasl = new SaslDialogue(mechanism, initial);
      break;
    }
  }
}

function startData(state: State): void {
  const { flow, files } = state;
  state.phase = PHASE.data;
  if (flow.recorded)
    state.body ??= new MimeMessage(flow, files, (name, value) => state.message?.takeField(name, value));
}

/** RFC 5321 section 4.5.2: a dot at the beginning is doubled, and alone it ends the message. */
function takeDataLine(state: State, bytes: Uint8Array, { from, to, cut }: LineReader, next: number): void {
  const dotted = to > from && bytes[from] === 0x2e;
  if (dotted && to === from + 1) {
    endMessage(state);
    if (state.pending.length < MAX_PENDING) state.pending.push(END_OF_MESSAGE);
  } else state.body?.feed(bytes, dotted ? from + 1 : from, cut ? to : next);
}

function endMessage(state: State): void {
  state.phase = PHASE.commands;
  const { body } = state;
  state.body = undefined;
  if (body === undefined) return;
  body.end();
  if (state.message !== undefined) state.message.fuids = body.fuids;
}

/** RFC 3030 section 2. */
function startChunk(state: State, argument: string): void {
  const match = /^(\d+)(?:\s+(LAST))?\s*$/i.exec(argument);
  if (match === null) {
    state.flow.weird('smtp_invalid_bdat_command');
    return;
  }
  const size = Number(match[1]);
  if (size > MAX_CHUNK) {
    state.flow.weird('smtp_huge_bdat_chunk');
    return;
  }
  startData(state);
  state.phase = PHASE.chunk;
  state.chunkLeft = size;
  state.lastChunk = match[2] !== undefined;
  if (state.lastChunk) state.pending[state.pending.length - 1] = END_OF_MESSAGE;
  if (size === 0) endChunk(state);
}

/** Takes what is there of a chunk; the result is beyond `to` when the rest of it is of no interest. */
function takeChunk(state: State, bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + state.chunkLeft);
  state.body?.feed(bytes, from, end);
  state.chunkLeft -= end - from;
  if (state.chunkLeft === 0) endChunk(state);
  else if (state.body?.wanted === 0) {
    state.skipped = state.chunkLeft;
    state.chunkLeft = 0;
    return to + state.skipped;
  }
  return end;
}

/** The rest of a chunk has gone by. */
function passed(state: State, _: Direction, missing: number): void {
  const { body, skipped } = state;
  state.skipped = 0;
  body?.pass(skipped - missing);
  body?.miss(missing);
  endChunk(state);
}

function endChunk(state: State): void {
  if (state.lastChunk) endMessage(state);
  state.phase = PHASE.commands;
}

function takeReply(state: State, line: string): void {
  const match = /^(\d{3})(?:([ -])(.*))?$/s.exec(line);
  if (match === null) return;
  const code = Number(match[1]);
  const message = messageOf(state);
  message.lastReply = `${code} ${match[3] ?? ''}`;
  if (match[2] === '-') return;
  // RFC 5321 section 3.1: the greeting answers no command, even when commands came already.
  const greeting = !state.greeted && (code === 220 || code === 554);
  if (!state.greeted && code === 220) noteServer(state, match[3] ?? '');
  state.greeted = true;
  if (greeting) return;
  const command = state.pending[0];
  if (command === 'AUTH' && code >= 300 && code < 400) return;
  state.pending.shift();
  switch (command) {
    case 'DATA':
      if (state.phase !== PHASE.asked) break;
      if (code === 354) startData(state);
      else state.phase = PHASE.commands;
      break;
    case 'AUTH':
      reportLogin(state, code < 400);
      break;
    case END_OF_MESSAGE:
      state.transferred++;
      flush(state);
      break;
    case 'STARTTLS':
    case 'X-ANONYMOUSTLS':
      if (code >= 300) break;
      message.tls = true;
      message.active = true;
      state.sealed = true;
      break;
  }
}

/** Software that the greeting names behind the name of the host. */
function noteServer(state: State, greeting: string): void {
  const program = /^\S+\s+E?SMTP\s+([A-Za-z][^;(]{1,100})/.exec(greeting)?.[1];
  if (program !== undefined) {
    state.flow.software({ side: RESP, type: 'SMTP::MAIL_SERVER', text: program.trim() });
  }
}

function reportLogin(state: State, success: boolean | undefined): void {
  const login = state.sasl?.login;
  state.sasl = undefined;
  if (login !== undefined) state.flow.credentials({ protocol: 'smtp', ...login, success });
}

/** What waits for a reply will not get it. */
function gap(state: State, direction: Direction, length: number): void {
  resetLine(state.lines[direction]);
  if (direction === RESP) {
    state.pending = [];
  } else if (state.phase === PHASE.chunk) {
    const missing = Math.min(length, state.chunkLeft);
    state.body?.miss(missing);
    state.chunkLeft -= missing;
    if (state.chunkLeft === 0) endChunk(state);
  } else state.body?.miss(length);
}

function close(
  state: State,
  owed: readonly [number, number] = [0, 0],
  missed: readonly [number, number] = [0, 0],
): void {
  reportLogin(state, undefined);
  if (state.skipped > 0) {
    state.body?.pass(state.skipped - owed[ORIG] - missed[ORIG]);
    state.body?.miss(missed[ORIG]);
  }
  endMessage(state);
  flush(state);
}

export const smtp = defineProtocol<State>({
  name: 'smtp',
  transports: ['tcp'],
  ports: [25, 465, 587, 2525],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + 3,
  streams: [smtpStream, ...fileStreams],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  passed,
  close,
});
