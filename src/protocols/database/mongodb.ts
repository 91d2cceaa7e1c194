/**
 * MongoDB (MongoDB manual, "Wire Protocol"): one `mongodb` record per command, its database and collection, how clients
 * name themselves and log in, and how it ended. Contents of documents are not recorded. PLAIN logins become
 * `credentials` records; of SCRAM only the user is read. Recognised by OP_QUERY on a command collection or by OP_MSG.
 *
 * Not decoded: compressed messages, document sequences. TLS stands around MongoDB, it never begins within.
 * Limits: `MAX_DECODED` bytes of a message, `MAX_WAITING` commands wait for their answer.
 */
import { u32le } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { type BsonDocument, type BsonValue, readBson } from './bson.ts';

const HEAD = 16;
const MAX_DECODED = 65_536;
/** Servers take no more. */
const MAX_MESSAGE = 48_000_000;
const MAX_WAITING = 256;
const PROBE_BYTES = 64;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;

/** Not a stream of Zeek's. */
export const mongodbStream = flowStream('mongodb', 'One line per MongoDB command.', {
  command: f.string('Command, e.g. hello, find or saslStart.', 'text'),
  database: f.string('Database it is for.', 'text'),
  collection: f.string('Collection it is for.', 'text'),
  mechanism: f.string('Mechanism of a login, e.g. SCRAM-SHA-256.', 'text'),
  account: f.string('User of a login, only when it is on the list of default accounts.'),
  user: f.token('User of a login as a token, when it is not on that list.', 'secret'),
  application: f.string('Program of the client, as it says.', 'text'),
  driver: f.string('Library of the client and its version, as it says.', 'text'),
  success: f.bool('Whether the server did it; absent when that was not seen.'),
  error: f.string('Message of the error.', 'text'),
});

type Row = RecordOf<typeof mongodbStream>;

interface Waiting {
  readonly row: Row;
  readonly login: { readonly user: string; readonly secret: string } | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  readonly waiting: Map<number, Waiting>;
}

function probe({ orig }: Opening): Verdict {
  const { length } = orig;
  if (length < HEAD + 8) {
    // Operation codes of both kinds share their upper bytes.
    if (length >= HEAD && (orig[13] !== 7 || orig[14] !== 0 || orig[15] !== 0)) return 'no';
    return length >= 4 && u32le(orig, 0) > MAX_MESSAGE ? 'no' : 'unsure';
  }
  const size = u32le(orig, 0);
  if (size < HEAD + 10 || size > MAX_MESSAGE || u32le(orig, 8) !== 0) return 'no';
  const operation = u32le(orig, 12);
  const flags = u32le(orig, HEAD);
  if (operation === OP_MSG) {
    if ((flags & ~0x0001_0003) !== 0 || orig[HEAD + 4] !== 0) return 'no';
    if (length < HEAD + 9) return 'unsure';
    const document = u32le(orig, HEAD + 5);
    return document >= 5 && document <= size - HEAD - 5 ? 'match' : 'no';
  }
  if (operation !== OP_QUERY || flags > 0xff) return 'no';
  const name = latin1(orig, HEAD + 4, Math.min(length, PROBE_BYTES));
  if (/^[\x21-\x7e]{1,40}\.\$cmd\0/.test(name)) return 'match';
  return /^[\x21-\x7e]*$/.test(name) && length < PROBE_BYTES ? 'unsure' : 'no';
}

function open(flow: FlowContext): State {
  const lost = () => passSegment(() => flow.weird('mongodb_bad_message'));
  const state: State = {
    flow,
    sides: [
      {
        keep: MAX_DECODED,
        sizeOf,
        take: (bytes, at, end) => takeRequest(state, bytes, at, end),
        lost: lost(),
      },
      {
        keep: MAX_DECODED,
        sizeOf,
        take: (bytes, at, end) => takeAnswer(state, bytes, at, end),
        lost: lost(),
      },
    ],
    waiting: new Map(),
  };
  return state;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEAD) return NEED_MORE;
  const size = u32le(bytes, at);
  const operation = u32le(bytes, at + 12);
  const known = operation === OP_REPLY || (operation >= 2001 && operation <= OP_MSG);
  return known && size >= HEAD && size <= MAX_MESSAGE ? size : NO_PDU;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  return feedPdus(state.sides[direction], bytes, from, to);
}

function takeRequest(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  const id = u32le(bytes, at + 4);
  const operation = u32le(bytes, at + 12);
  if (operation === OP_COMPRESSED) state.flow.weird('mongodb_compressed');
  if (operation === OP_MSG && end - at > HEAD + 5 && bytes[at + HEAD + 4] === 0) {
    take(state, id, readBson(bytes, at + HEAD + 5, end), undefined);
  } else if (operation === OP_QUERY && end - at > HEAD + 4) {
    const nameEnd = bytes.subarray(0, end).indexOf(0, at + HEAD + 4);
    if (nameEnd < 0) return true;
    const name = utf8(bytes, at + HEAD + 4, nameEnd);
    const database = name.slice(0, Math.max(name.indexOf('.'), 0));
    if (name.endsWith('.$cmd')) take(state, id, readBson(bytes, nameEnd + 9, end), database);
    else {
      const { now: ts, frame } = state.flow;
      const collection = name.slice(database.length + 1);
      wait(state, id, { row: { ts, frame, command: 'query', database, collection }, login: undefined });
    }
  }
  return true;
}

const textOf = (value: BsonValue): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const partOf = (value: BsonValue): BsonDocument | undefined => (value instanceof Map ? value : undefined);

/** A command: its name is that of the first element. */
function take(
  state: State,
  id: number,
  document: BsonDocument | undefined,
  database: string | undefined,
): void {
  const first = document?.entries().next().value;
  if (document === undefined || first === undefined) return;
  const { flow } = state;
  const [command, subject] = first;
  const client = partOf(document.get('client'));
  const driver = partOf(client?.get('driver'));
  const names = [textOf(driver?.get('name')), textOf(driver?.get('version'))].filter(
    name => name !== undefined,
  );
  const row: Row = {
    ts: flow.now,
    frame: flow.frame,
    command,
    database: textOf(document.get('$db')) ?? database,
    collection: textOf(subject),
    application: textOf(partOf(client?.get('application'))?.get('name')),
    driver: names.length > 0 ? names.join(' ') : undefined,
  };
  const start = command === 'saslStart' ? document : partOf(document.get('speculativeAuthenticate'));
  const login = start === undefined ? undefined : readLogin(start);
  const user = login?.user ?? (command === 'authenticate' ? textOf(document.get('user')) : undefined);
  row.mechanism = textOf((start ?? document).get('mechanism'));
  if (user !== undefined && user !== '') {
    row.account = knownAccount(user);
    row.user = row.account === undefined ? flow.token('user', user) : undefined;
  }
  const { secret } = login ?? {};
  wait(state, id, { row, login: user === undefined || secret === undefined ? undefined : { user, secret } });
}

/** `n,,n=user,r=…` of SCRAM (RFC 5802 section 7), or account and password of PLAIN (RFC 4616). */
function readLogin(start: BsonDocument): { user: string; secret?: string } | undefined {
  const payload = start.get('payload');
  const text = payload instanceof Uint8Array ? utf8(payload) : (textOf(payload) ?? '');
  if (start.get('mechanism') === 'PLAIN') {
    const [, user, secret] = text.split('\0');
    return user === undefined || secret === undefined ? undefined : { user, secret };
  }
  const user = /(?:^|,)n=([^,]+)/.exec(text)?.[1];
  return user === undefined ? undefined : { user: user.replaceAll('=2C', ',').replaceAll('=3D', '=') };
}

function wait(state: State, id: number, waiting: Waiting): void {
  if (state.waiting.size >= MAX_WAITING) {
    state.flow.weird('mongodb_too_many_commands');
    finish(state);
  }
  // A number used again: the command before it got no answer.
  const before = state.waiting.get(id);
  if (before !== undefined) complete(state, before);
  state.waiting.set(id, waiting);
}

function takeAnswer(state: State, bytes: Uint8Array, at: number, end: number): boolean {
  const operation = u32le(bytes, at + 12);
  const id = u32le(bytes, at + 8);
  const waiting = state.waiting.get(id);
  if (waiting === undefined) return true;
  state.waiting.delete(id);
  const body = operation === OP_MSG ? at + HEAD + 5 : at + HEAD + 20;
  const document = readBson(bytes, Math.min(body, end), end);
  const ok = document?.get('ok');
  if (ok !== undefined) waiting.row.success = ok === 1 || ok === true;
  if (waiting.row.success === false) waiting.row.error = textOf(document?.get('errmsg'));
  const version = textOf(document?.get('version'));
  if (waiting.row.command?.toLowerCase() === 'buildinfo' && version !== undefined) {
    state.flow.software({ side: RESP, type: 'MONGODB::SERVER', text: `MongoDB ${version}` });
  }
  complete(state, waiting);
  return true;
}

function complete({ flow }: State, { row, login }: Waiting): void {
  flow.emit(mongodbStream, row);
  if (login !== undefined) {
    flow.credentials({ protocol: 'mongodb', ...login, secretKind: 'password', success: row.success });
  }
}

/** Emits what got no answer. */
function finish(state: State): void {
  for (const waiting of state.waiting.values()) complete(state, waiting);
  state.waiting.clear();
}

/** MongoDB. */
export const mongodb = defineProtocol<State>({
  name: 'mongodb',
  transports: ['tcp'],
  ports: [27_017],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_DECODED + 1,
  streams: [mongodbStream],
  probe,
  open,
  feed,
  gap: () => undefined,
  close: finish,
});
