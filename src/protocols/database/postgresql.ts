/**
 * PostgreSQL, protocol 3 (PostgreSQL documentation, "Frontend/Backend Protocol"): one `postgresql` record per login,
 * query and request for TLS, as Zeek's base/protocols/postgresql, and statements of the extended protocol too. Recognised
 * by the startup message. A password in clear, or none at all, becomes a `credentials` record. When the server accepts
 * TLS the flow is handed over; with GSSAPI encryption it is left alone.
 *
 * Values of rows are not read. Limits: `MAX_QUERY` bytes of a message; requests are answered in order, one at a time.
 */
import { u32be } from '../../bytes/read.ts';
import { knownAccount } from '../../model/accounts.ts';
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
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import {
  AUTHENTICATED,
  CANCEL_REQUEST,
  CLEAR_PASSWORD,
  GSS_REQUEST,
  methodName,
  PROTOCOL_3,
  readFields,
  readParameters,
  readText,
  SSL_REQUEST,
} from './postgresql-messages.ts';

const MAX_QUERY = 65_536;
/** A startup message is no longer; PostgreSQL's own limit. */
const MAX_STARTUP = 10_000;
const MAX_MESSAGE = 0x3fff_ffff;
const PROBE_BYTES = 16;

/** Zeek's `postgresql.log`; the user stands in `account` or `user`. */
export const postgresqlStream = flowStream('postgresql', 'One line per PostgreSQL login, query or request.', {
  account: f.string('User of the session, only when it is on the list of default accounts.'),
  user: f.token('User of the session as a token, when it is not on that list.', 'secret'),
  database: f.string('Database of the session.', 'text'),
  application_name: f.string('Program of the client, as it says.', 'text'),
  frontend: f.string('ssl_request, startup, simple_query, parse, terminate or cancel_request.'),
  frontend_arg: f.string('Text of the query, its literals written as `?`.', 'text'),
  success: f.bool('Whether the server accepted it; absent when that was not seen.'),
  rows: f.count('Rows the server returned.'),
  backend: f.string('Kinds of answers: ssl_reply, auth_request, auth_ok, error.'),
  backend_arg: f.string('Methods of authentication, fields of errors.', 'text'),
});

type Row = RecordOf<typeof postgresqlStream>;

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  /** A startup message may come; typed messages do. */
  started: boolean;
  /** One byte answers a request for encryption. */
  encryption: 'none' | 'tls' | 'gss';
  handsOver: boolean;
  ends: boolean;
  row: Row | undefined;
  session: Pick<Row, 'account' | 'user' | 'database' | 'application_name'>;
  userName: string;
  /** Last method the server asked for. */
  method: number | undefined;
  password: string | undefined;
}

function probe({ orig, fromStart }: Opening): Verdict {
  const { length } = orig;
  if (!fromStart) return 'no';
  for (let i = 0; i < Math.min(length, 2); i++) if (orig[i] !== 0) return 'no';
  if (length < 8) return 'unsure';
  const size = u32be(orig, 0);
  const code = u32be(orig, 4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return size === 8 ? 'match' : 'no';
  if (code === CANCEL_REQUEST) return size === 16 ? 'match' : 'no';
  if (code >>> 16 !== PROTOCOL_3 || (code & 0xffff) > 2 || size < 9 || size > MAX_STARTUP) return 'no';
  if (length === 8) return 'unsure';
  // Names of parameters are words.
  return orig[8] === 0 || (orig[8]! >= 0x5f && orig[8]! <= 0x7a) ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const lost = () => passSegment(() => flow.weird('postgresql_bad_message'));
  const state: State = {
    flow,
    sides: [
      {
        keep: MAX_QUERY,
        sizeOf: (bytes, at, end) => (state.started ? sizeOf(bytes, at, end) : startupSize(bytes, at, end)),
        take: (bytes, at, end) => takeRequest(state, bytes, at, end),
        lost: lost(),
      },
      {
        keep: MAX_QUERY,
        sizeOf: (bytes, at, end) => (state.encryption === 'none' ? sizeOf(bytes, at, end) : 1),
        take: (bytes, at, end) => takeAnswer(state, bytes, at, end),
        lost: lost(),
      },
    ],
    started: false,
    encryption: 'none',
    handsOver: false,
    ends: false,
    row: undefined,
    session: {},
    userName: '',
    method: undefined,
    password: undefined,
  };
  return state;
}

function startupSize(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return NEED_MORE;
  const size = u32be(bytes, at);
  return size >= 8 && size <= MAX_STARTUP ? size : NO_PDU;
}

/** A letter, and a length that counts itself. */
function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  const type = bytes[at]! | 0x20;
  if ((type < 0x61 || type > 0x7a) && (bytes[at]! < 0x31 || bytes[at]! > 0x33)) return NO_PDU;
  if (end - at < 5) return NEED_MORE;
  const size = u32be(bytes, at + 1);
  return size >= 4 && size <= MAX_MESSAGE ? size + 1 : NO_PDU;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.handsOver) return HANDOVER;
  if (state.ends) return DONE;
  return feedPdus(state.sides[direction], bytes, from, direction === ORIG ? to : answerEnd(state, from, to));
}

/** What comes behind the answer to a request for encryption is not ours. */
function answerEnd({ encryption }: State, from: number, to: number): number {
  return encryption === 'none' ? to : Math.min(from + 1, to);
}

function takeRequest(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  if (!state.started) {
    takeStartup(state, bytes, at, end);
    return true;
  }
  switch (bytes[at]) {
    case 0x51: // Q
      begin(state, 'simple_query').frontend_arg = readText(bytes, at + 5, end).text;
      break;
    case 0x50: // P
      begin(state, 'parse').frontend_arg = readText(bytes, readText(bytes, at + 5, end).next, end).text;
      break;
    case 0x58: // X
      begin(state, 'terminate');
      finish(state);
      break;
    case 0x70: // p
      if (state.method === CLEAR_PASSWORD) state.password = readText(bytes, at + 5, end).text;
      break;
  }
  return true;
}

function takeStartup(state: State, bytes: Uint8Array, at: number, end: number): void {
  const code = u32be(bytes, at + 4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) {
    begin(state, code === SSL_REQUEST ? 'ssl_request' : 'gssenc_request');
    state.encryption = code === SSL_REQUEST ? 'tls' : 'gss';
    return;
  }
  state.started = true;
  if (code === CANCEL_REQUEST) {
    begin(state, 'cancel_request');
    return;
  }
  const parameters = readParameters(bytes, at + 8, end);
  const user = parameters.get('user') ?? '';
  const account = knownAccount(user);
  state.userName = user;
  state.session = {
    account,
    user: user === '' || account !== undefined ? undefined : state.flow.token('user', user),
    database: parameters.get('database'),
    application_name: parameters.get('application_name'),
  };
  begin(state, 'startup');
}

/** A new request; the one before it got no end. */
function begin(state: State, frontend: string): Row {
  finish(state);
  const { now: ts, frame } = state.flow;
  const row: Row = { ts, frame, frontend };
  if (frontend === 'simple_query' || frontend === 'parse') row.rows = 0;
  state.row = row;
  return row;
}

function finish(state: State): void {
  const { row } = state;
  state.row = undefined;
  if (row !== undefined) state.flow.emit(postgresqlStream, { ...state.session, ...row });
}

function takeAnswer(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  const { row } = state;
  if (state.encryption !== 'none') {
    takeEncryption(state, bytes[at]!);
    return true;
  }
  switch (bytes[at]) {
    case 0x52: // R
      if (end >= at + 9) takeAuthentication(state, u32be(bytes, at + 5));
      break;
    case 0x45: // E
      if (row === undefined) break;
      row.success = false;
      add(row, 'error', readFields(bytes, at + 5, end));
      reportLogin(state, false);
      finish(state);
      break;
    case 0x44: // D
      if (row?.rows !== undefined) row.rows++;
      break;
    case 0x53: {
      // S
      const name = readText(bytes, at + 5, end);
      const { text } = readText(bytes, name.next, end);
      if (name.text !== 'server_version') break;
      state.flow.software({ side: RESP, type: 'POSTGRESQL::SERVER', text: `PostgreSQL ${text}` });
      break;
    }
    case 0x5a: // Z
      if (row === undefined) break;
      row.success ??= bytes[at + 5] === 0x49 || bytes[at + 5] === 0x54;
      finish(state);
      break;
  }
  return true;
}

function takeEncryption(state: State, answer: number): void {
  const accepted = answer === 0x53 || answer === 0x47;
  if (state.row !== undefined) {
    state.row.backend = state.encryption === 'tls' ? 'ssl_reply' : 'gssenc_reply';
    state.row.backend_arg = String.fromCharCode(answer);
    state.row.success = accepted;
  }
  finish(state);
  state.handsOver = accepted && state.encryption === 'tls';
  state.ends = accepted && state.encryption === 'gss';
  state.encryption = 'none';
}

function takeAuthentication(state: State, method: number): void {
  const row = state.row ?? begin(state, 'startup');
  if (method === AUTHENTICATED) {
    row.backend = 'auth_ok';
    row.success = true;
    // Nothing was asked for: a login without a password.
    if (state.method === undefined) state.password = '';
    reportLogin(state, true);
    return;
  }
  state.method = method;
  add(row, 'auth_request', methodName(method));
}

function add(row: Row, kind: string, argument: string): void {
  row.backend = row.backend === undefined ? kind : `${row.backend},${kind}`;
  row.backend_arg = row.backend_arg === undefined ? argument : `${row.backend_arg},${argument}`;
}

function reportLogin(state: State, success: boolean): void {
  const { flow, userName: user, password: secret } = state;
  if (secret === undefined) return;
  state.password = undefined;
  flow.credentials({ protocol: 'postgresql', user, secret, secretKind: 'password', success });
}

/** Zeek's `postgresql`. */
export const postgresql = defineProtocol<State>({
  name: 'postgresql',
  transports: ['tcp'],
  ports: [5432],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_QUERY + 1,
  streams: [postgresqlStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap: finish,
  close: finish,
});
