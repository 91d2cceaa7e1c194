/**
 * MySQL and MariaDB (MySQL Internals, "Client/Server Protocol"): one `mysql` record per command with how it ended, as
 * Zeek's base/protocols/mysql. Recognised by the server's greeting. A login without a password, or with one in clear
 * (`mysql_clear_password`), becomes a `credentials` record. After a request for TLS the flow is handed over. After a
 * gap, reading goes on with the next segment.
 *
 * Rows of results and values of prepared statements are not read; a compressed connection is left alone.
 * Limits: `MAX_TEXT` bytes of a command, `MAX_ANSWER` of an answer.
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
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { accountName } from '../account-names.ts';
import { feedPdus, NEED_MORE, type Pdus } from '../pdus.ts';
import {
  CLIENT_COMPRESS,
  CLIENT_QUERY_ATTRIBUTES,
  CLIENT_SSL,
  readAffected,
  readError,
  readGreeting,
  readLogin,
  skipAttributes,
  zeroEnded,
} from './mysql-packets.ts';

/** Three bytes of length and one of number. */
const HEAD = 4;
const MAX_TEXT = 65_536;
const MAX_ANSWER = 4096;
const PROBE_BYTES = 128;
/** First bytes of answers. */
const OK = 0x00;
const MORE_DATA = 0x01;
const SWITCH = 0xfe;
const ERROR = 0xff;
const CLEAR_PASSWORD = 'mysql_clear_password';
/** A login without anything behind its fixed part asks for TLS. */
const SSL_REQUEST = 32;

/** Zeek's `mysql.log`. */
export const mysqlStream = flowStream('mysql', 'One line per MySQL command.', {
  cmd: f.string('login, query, init_db, quit, change_user …'),
  arg: f.string(
    'Query, database or account; `<user>` for an account that may be a person’s. Literals of queries are written as `?`.',
    'text',
  ),
  success: f.bool('Whether the server did it; absent when that was not seen.'),
  rows: f.count('Rows that were changed.'),
  response: f.string('Message of an error.', 'text'),
  user: f.token('The account, when it is not shown.', 'secret'),
});

/** Names of commands by number. */
const COMMANDS = (
  'sleep quit init_db query field_list create_db drop_db refresh shutdown statistics process_info connect ' +
  'process_kill debug ping time delayed_insert change_user binlog_dump table_dump connect_out register_slave ' +
  'stmt_prepare stmt_execute stmt_send_long_data stmt_close stmt_reset set_option stmt_fetch daemon ' +
  'binlog_dump_gtid reset_connection'
).split(' ');
const QUERY = 3;
const CHANGE_USER = 17;
/** init_db, field_list, create_db, drop_db, stmt_prepare: their argument is text. */
const WITH_TEXT: ReadonlySet<number> = new Set([2, 4, 5, 6, 22]);
/** Nothing is said to quit, stmt_send_long_data and stmt_close; statistics gets a text. */
const UNANSWERED: ReadonlySet<number> = new Set([1, 9, 24, 25]);

type Row = RecordOf<typeof mysqlStream>;

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  phase: 'greeting' | 'login' | 'authentication' | 'commands' | 'tls' | 'compressed';
  /** Flags of client and server. */
  client: number;
  server: number;
  /** The command that waits for its answer. */
  row: Row | undefined;
  user: string;
  /** The password, once it was sent in clear; empty when there is none. */
  secret: string | undefined;
  plugin: string | undefined;
}

function probe({ resp }: Opening): Verdict {
  const { length } = resp;
  if (length > 2 && (resp[2] !== 0 || resp[1]! > 3)) return 'no';
  if (length > 3 && resp[3] !== 0) return 'no';
  if (length > 4 && resp[4] !== 10 && resp[4] !== 9) return 'no';
  if (length <= 5) return 'unsure';
  const end = resp.indexOf(0, 5);
  const version = latin1(resp, 5, end < 0 ? length : end);
  if (version.length > 64 || !/^\d[\x20-\x7e]*$/.test(version)) return 'no';
  if (end < 0) return 'unsure';
  // Behind the version stand thread and challenge at least.
  return /^\d+\./.test(version) && sizeOf(resp, 0, length) >= end + 13 ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const state: State = {
    flow,
    sides: [
      { keep: HEAD + MAX_TEXT, sizeOf, take: (bytes, at, end) => takeRequest(state, bytes, at, end) },
      { keep: HEAD + MAX_ANSWER, sizeOf, take: (bytes, at, end) => takeAnswer(state, bytes, at, end) },
    ],
    phase: 'greeting',
    client: 0,
    server: 0,
    row: undefined,
    user: '',
    secret: undefined,
    plugin: undefined,
  };
  return state;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEAD) return NEED_MORE;
  return HEAD + bytes[at]! + bytes[at + 1]! * 256 + bytes[at + 2]! * 65_536;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.phase === 'tls') return HANDOVER;
  if (state.phase === 'compressed') return DONE;
  return feedPdus(
    state.sides[direction],
    bytes,
    from,
    direction === ORIG ? loginEnd(state, bytes, from, to) : to,
  );
}

/** While the login is awaited, its end: what comes behind a request for TLS is not ours. */
function loginEnd({ phase }: State, bytes: Uint8Array, from: number, to: number): number {
  const size = phase === 'login' ? sizeOf(bytes, from, to) : NEED_MORE;
  return size === NEED_MORE ? to : Math.min(from + size, to);
}

function takeRequest(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  const body = at + HEAD;
  if (state.phase === 'login') takeLogin(state, bytes, body, end);
  else if (state.phase === 'authentication') {
    if (state.plugin === CLEAR_PASSWORD) state.secret = zeroEnded(bytes, body, end).text;
  } else if (state.phase === 'commands' && bytes[at + 3] === 0 && body < end) {
    takeCommand(state, bytes, body, end);
  }
  return true;
}

function takeLogin(state: State, bytes: Uint8Array, body: number, end: number): void {
  const login = readLogin(bytes, body, end);
  if (login === undefined) {
    state.flow.weird('mysql_bad_login');
    return;
  }
  state.client = login.capabilities;
  if ((login.capabilities & CLIENT_SSL) !== 0 && end - body <= SSL_REQUEST) {
    state.phase = 'tls';
    return;
  }
  begin(state, 'login');
  named(state, login.user);
  state.plugin = login.plugin;
  state.secret = login.proof.length === 0 ? '' : undefined;
  if (login.plugin === CLEAR_PASSWORD) state.secret = latin1(login.proof).replace(/\0+$/, '');
  state.phase = 'authentication';
}

function takeCommand(state: State, bytes: Uint8Array, body: number, end: number): void {
  const command = bytes[body]!;
  const name = COMMANDS[command];
  if (name === undefined) {
    state.flow.weird('mysql_unknown_command');
    return;
  }
  const row = begin(state, name);
  if (command === QUERY) {
    const attributes = (state.client & state.server & CLIENT_QUERY_ATTRIBUTES) !== 0;
    row.arg = utf8(bytes, attributes ? skipAttributes(bytes, body + 1, end) : body + 1, end);
  } else if (WITH_TEXT.has(command)) row.arg = zeroEnded(bytes, body + 1, end).text;
  else if (command === CHANGE_USER) {
    named(state, zeroEnded(bytes, body + 1, end).text);
    state.secret = undefined;
    state.phase = 'authentication';
  }
  if (UNANSWERED.has(command)) finish(state);
}

/** A new command; the one before it got no answer. */
function begin(state: State, cmd: string): Row {
  finish(state);
  const { now: ts, frame } = state.flow;
  const row: Row = { ts, frame, cmd };
  state.row = row;
  return row;
}

function named(state: State, user: string): void {
  const account = accountName(state.flow, user);
  state.user = user;
  if (state.row === undefined) return;
  state.row.arg = account?.shown;
  state.row.user = account?.user;
}

function finish(state: State): void {
  if (state.row !== undefined) state.flow.emit(mysqlStream, state.row);
  state.row = undefined;
}

function takeAnswer(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  const body = at + HEAD;
  if (body >= end) return true;
  if (state.phase === 'greeting') takeGreeting(state, bytes, body, end);
  else if (state.phase === 'authentication') takeAuthentication(state, bytes, body, end);
  else takeOutcome(state, bytes, body, end);
  return true;
}

function takeGreeting(state: State, bytes: Uint8Array, body: number, end: number): void {
  const greeting = readGreeting(bytes, body, end);
  state.phase = 'login';
  if (greeting === undefined) return;
  state.server = greeting.capabilities;
  const { version } = greeting;
  const name = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  state.flow.software({ side: RESP, type: 'MYSQL::SERVER', text: `${name} ${version}` });
}

function takeAuthentication(state: State, bytes: Uint8Array, body: number, end: number): void {
  const first = bytes[body]!;
  if (first === MORE_DATA) return;
  if (first === SWITCH) {
    state.plugin = zeroEnded(bytes, body + 1, end).text;
    return;
  }
  const success = first === OK;
  const { flow, user, secret } = state;
  if (secret !== undefined) {
    flow.credentials({ protocol: 'mysql', user, secret, secretKind: 'password', success });
  }
  state.secret = undefined;
  const compressed = success && (state.client & state.server & CLIENT_COMPRESS) !== 0;
  state.phase = compressed ? 'compressed' : 'commands';
  takeOutcome(state, bytes, body, end);
}

/** First packet of an answer: OK, an error, or the beginning of a result. */
function takeOutcome(state: State, bytes: Uint8Array, body: number, end: number): void {
  const { row } = state;
  if (row === undefined) return;
  const first = bytes[body]!;
  row.success = first !== ERROR;
  if (first === ERROR) row.response = readError(bytes, body, end);
  else row.rows = first === OK ? readAffected(bytes, body, end) : 0;
  finish(state);
}

/** Zeek's `mysql`. */
export const mysql = defineProtocol<State>({
  name: 'mysql',
  transports: ['tcp'],
  ports: [3306],
  probeBytes: PROBE_BYTES,
  maxPending: HEAD + MAX_TEXT + 1,
  streams: [mysqlStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap: finish,
  close: finish,
});
