/**
 * Microsoft SQL Server (MS-TDS): one `tds` record per login and request, of which only the kind is told. A login that is
 * not encrypted carries its password barely hidden and becomes a `credentials` record; a login by Windows becomes an `ntlm`
 * or `kerberos` record. Recognised by PRELOGIN or LOGIN7.
 *
 * Not decoded: text of queries, results. TDS wraps the handshake of TLS into its own packets (section 2.2.6.5) and leaves
 * the encrypted records bare, so that there is no place at which the flow could be handed over as TLS: that TLS begins is
 * recorded, its hello is not, and the flow is left alone. Limit: a packet holds at most 32,767 bytes by the specification;
 * of messages over several packets the first is read.
 */
import { u16be, u32le } from '../../bytes/read.ts';
import { knownAccount } from '../../model/accounts.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { Logins, ntlmStream } from '../gssapi/gssapi.ts';
import { kerberosStream } from '../gssapi/kerberos-log.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { readAnswer, readEncryption, readLogin } from './tds-login.ts';

const HEAD = 8;
const MAX_PACKET = 32_767;
const PROBE_BYTES = 32;
/** Packet types (section 2.2.3.1.1). */
const ANSWER = 4;
const LOGIN7 = 16;
const SSPI = 17;
const PRELOGIN = 18;
const KINDS: Readonly<Record<number, string>> = {
  1: 'sql_batch',
  2: 'old_login',
  3: 'rpc',
  6: 'attention',
  7: 'bulk_load',
  14: 'transaction',
};
const LAST_PACKET = 1;
const TLS_HANDSHAKE = 0x16;

/** Not a stream of Zeek's. */
export const tdsStream = flowStream('tds', 'One line per login and request of Microsoft SQL Server.', {
  command: f.string(
    'login, sql_batch, rpc, bulk_load, transaction, attention, old_login, or tls when all that follows is encrypted.',
  ),
  version: f.string('Version of the protocol, in a login.'),
  encryption: f.string('What the server said of encryption: off, on, not_supported or required.'),
  account: f.string('User, only when it is on the list of default accounts.'),
  user: f.token('User as a token, when it is not on that list.', 'secret'),
  integrated: f.bool('Windows logs in instead of a name and a password.'),
  hostname: f.string('Name of the client’s computer, as it says.', 'text'),
  application: f.string('Program of the client, as it says.', 'text'),
  library: f.string('Library of the client, as it says.', 'text'),
  server: f.string('Server as the client names it.', 'text'),
  database: f.string('Database the client wants.', 'text'),
  success: f.bool('Whether the server did it; absent when that was not seen.'),
  error: f.count('Number of the error.'),
  error_msg: f.string('Message of the error.', 'text'),
});

type Row = RecordOf<typeof tdsStream>;

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  row: Row | undefined;
  readonly logins: Logins;
  login: { readonly user: string; readonly secret: string } | undefined;
  encryption: string | undefined;
  /** The last packet of this direction did not end its message. */
  readonly continued: [boolean, boolean];
}

function probe({ orig, portHint }: Opening): Verdict {
  const { length } = orig;
  if (length > 0 && orig[0] !== PRELOGIN && orig[0] !== LOGIN7) return 'no';
  if (length > 1 && orig[1]! > 1) return 'no';
  if (length < HEAD + 8) return 'unsure';
  const size = u16be(orig, 2);
  if (size < HEAD + 8 || size > MAX_PACKET || orig[7] !== 0) return 'no';
  if (orig[0] === LOGIN7) return u32le(orig, HEAD) >= 86 && orig[HEAD + 7]! >> 4 === 7 ? 'match' : 'no';
  // The version comes first, its value behind the list of options.
  const first = u16be(orig, HEAD + 1);
  const listed = orig[HEAD] === 0 && first % 5 === 1 && first < size && u16be(orig, HEAD + 3) === 6;
  return listed && (portHint || orig[HEAD + 5] === 1) ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const lost = () => passSegment(() => flow.weird('tds_bad_packet'));
  const state: State = {
    flow,
    sides: [
      { keep: MAX_PACKET, sizeOf, take: (bytes, at, end) => take(state, ORIG, bytes, at, end), lost: lost() },
      { keep: MAX_PACKET, sizeOf, take: (bytes, at, end) => take(state, RESP, bytes, at, end), lost: lost() },
    ],
    row: undefined,
    logins: new Logins(flow),
    login: undefined,
    encryption: undefined,
    continued: [false, false],
  };
  return state;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  const type = bytes[at]!;
  if (
    type > 0 &&
    type !== ANSWER &&
    type !== LOGIN7 &&
    type !== PRELOGIN &&
    type !== SSPI &&
    !(type in KINDS)
  )
    return NO_PDU;
  if (type === 0) return NO_PDU;
  if (end - at < HEAD) return NEED_MORE;
  const size = u16be(bytes, at + 2);
  return size >= HEAD && size <= MAX_PACKET ? size : NO_PDU;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  return feedPdus(state.sides[direction], bytes, from, to);
}

function take(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): boolean {
  const first = !state.continued[direction];
  state.continued[direction] = (bytes[at + 1]! & LAST_PACKET) === 0;
  const type = bytes[at]!;
  const body = at + HEAD;
  if (type === PRELOGIN) {
    if (body >= end || bytes[body] !== TLS_HANDSHAKE) return true;
    state.flow.addService('ssl');
    begin(state, 'tls').encryption = state.encryption;
    finish(state);
    state.logins.close();
    return false;
  }
  if (!first) return true;
  if (direction === RESP) takeAnswer(state, bytes, body, end);
  else if (type === LOGIN7) takeLogin(state, bytes, body, end);
  else if (type === SSPI) state.logins.take(bytes, body, end);
  else if (KINDS[type] !== undefined) begin(state, KINDS[type]);
  return true;
}

/** A new request; the one before it got no answer. */
function begin(state: State, command: string): Row {
  finish(state);
  const { now: ts, frame } = state.flow;
  const row: Row = { ts, frame, command };
  state.row = row;
  return row;
}

function takeLogin(state: State, bytes: Uint8Array, body: number, end: number): void {
  const login = readLogin(bytes, body, end);
  if (login === undefined) {
    state.flow.weird('tds_bad_login');
    return;
  }
  const { user, password, integrated } = login;
  const account = knownAccount(user);
  const shown = (text: string): string | undefined => (text === '' ? undefined : text);
  Object.assign(begin(state, 'login'), {
    version: login.version,
    encryption: state.encryption,
    account,
    user: user === '' || account !== undefined ? undefined : state.flow.token('user', user),
    integrated,
    hostname: shown(login.host),
    application: shown(login.application),
    library: shown(login.library),
    server: shown(login.server),
    database: shown(login.database),
  } satisfies Row);
  if (integrated) state.logins.take(bytes, ...login.token);
  else state.login = { user, secret: password };
}

function takeAnswer(state: State, bytes: Uint8Array, body: number, end: number): void {
  const { row, flow } = state;
  if (row === undefined) {
    // Only PRELOGIN is answered before there is a request.
    state.encryption ??= readEncryption(bytes, body, end);
    return;
  }
  const { success, error, message, program, token } = readAnswer(bytes, body, end);
  if (token !== undefined) {
    state.logins.take(bytes, ...token);
    // The server asks back: the login goes on.
    if (success === undefined) return;
  }
  Object.assign(row, { success, error, error_msg: message } satisfies Row);
  if (program !== undefined) flow.software({ side: RESP, type: 'MSSQL::SERVER', text: program });
  if (row.integrated === true && success !== undefined) state.logins.finish(success);
  finish(state);
}

function finish(state: State): void {
  const { flow, row, login } = state;
  state.row = undefined;
  state.login = undefined;
  if (row === undefined) return;
  flow.emit(tdsStream, row);
  if (login === undefined) return;
  flow.credentials({ protocol: 'tds', ...login, secretKind: 'password', success: row.success });
}

/** SQL Server. */
export const tds = defineProtocol<State>({
  name: 'tds',
  transports: ['tcp'],
  ports: [1433],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_PACKET + 1,
  streams: [tdsStream, ntlmStream, kerberosStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap(state, direction) {
    state.continued[direction] = false;
    finish(state);
  },
  close(state) {
    finish(state);
    state.logins.close();
  },
});
