/**
 * Redis (RESP 2 and 3, redis.io "Redis serialization protocol"): one `redis` record per command and how it was answered,
 * as Zeek's base/protocols/redis. Keys are recorded, values never are; medical documents among
 * them are read (`clinical/payloads.ts`). AUTH and HELLO become `credentials` records.
 * Recognised by a command sent as an array.
 *
 * Answers follow commands in order; CLIENT REPLY and subscriptions are heeded. Limits: `MAX_PENDING` commands wait for
 * their answer (Zeek's `max_pending_commands`), and those of `redis-values.ts`.
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
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { payloadStreams, readPayload } from '../clinical/payloads.ts';
import { MAX_DOCUMENT, RedisReader, type RedisValue } from './redis-values.ts';

const MAX_PENDING = 10_000;
const MAX_NAME = 64;
/** Times the stream may make no sense before it is given up. */
const MAX_LOST = 16;
const PROBE_BYTES = 32;
const MAX_PENDING_BYTES = MAX_DOCUMENT + 4096;

/** Zeek's `redis.log` without values. */
export const redisStream = flowStream('redis', 'One line per Redis command.', {
  'cmd.name': f.string('Command, e.g. GET or CONFIG SET.', 'text'),
  'cmd.key': f.string('Key it is about.', 'text'),
  success: f.bool('Whether the server did it; absent without an answer.'),
  'reply.value': f.string('Status or error of the answer; never data.', 'text'),
});

/** Commands whose first argument is a key or channel. */
const WITH_KEY = new Set(
  (
    'GET SET DEL UNLINK EXISTS EXPIRE EXPIREAT PEXPIRE PEXPIREAT PERSIST TTL PTTL TYPE TOUCH DUMP RESTORE RENAME ' +
    'RENAMENX COPY INCR DECR INCRBY DECRBY INCRBYFLOAT APPEND STRLEN GETRANGE SUBSTR SETRANGE GETSET SETNX SETEX ' +
    'PSETEX GETDEL GETEX MGET MSET MSETNX GETBIT SETBIT BITCOUNT BITPOS BITFIELD SORT KEYS WATCH HGET HSET HSETNX ' +
    'HMGET HMSET HDEL HEXISTS HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HVALS HSCAN HSTRLEN LPUSH RPUSH LPUSHX ' +
    'RPUSHX LPOP RPOP LLEN LINDEX LSET LRANGE LTRIM LREM LINSERT BLPOP BRPOP RPOPLPUSH BRPOPLPUSH LMOVE SADD SREM ' +
    'SMEMBERS SISMEMBER SCARD SPOP SRANDMEMBER SMOVE SINTER SUNION SDIFF SSCAN ZADD ZREM ZCARD ZCOUNT ZINCRBY ' +
    'ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANK ZREVRANK ZSCORE ZSCAN ZREMRANGEBYRANK ' +
    'ZREMRANGEBYSCORE ZPOPMIN ZPOPMAX XADD XLEN XRANGE XREVRANGE XDEL XTRIM XACK PFADD PFCOUNT PFMERGE GEOADD ' +
    'GEODIST GEOHASH GEOPOS GEORADIUS PUBLISH SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE ' +
    'SUNSUBSCRIBE SLAVEOF REPLICAOF SELECT'
  ).split(' '),
);
/** Commands whose first argument says which command they are. */
const CONTAINERS = new Set(
  'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(
    ' ',
  ),
);
/** Nothing answers these in order: what comes are messages. */
const SUBSCRIPTIONS = new Set(
  'SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE'.split(' '),
);

type Row = RecordOf<typeof redisStream>;

interface Pending {
  readonly row: Row;
  readonly login: { readonly user: string | undefined; readonly secret: string } | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [RedisReader, RedisReader];
  pending: Pending[];
  /** First of `pending` without an answer. */
  next: number;
  subscribed: boolean;
  /** CLIENT REPLY: answers are off, or off for so many commands. */
  silent: boolean;
  skipped: number;
  resp3: boolean;
  lost: number;
}

/** Commands a person or script types as a line; together with a typed answer on the port they are enough. */
const TYPED =
  /^(?:PING|INFO|AUTH \S+|(?:CLIENT|CONFIG|MODULE|KEYS|GET|SET|SELECT|SLAVEOF) \S.*|FLUSHALL|COMMAND)\r?\n/i;

function probe({ orig, resp, portHint }: Opening): Verdict {
  const text = latin1(orig, 0, Math.min(orig.length, PROBE_BYTES));
  if (portHint && /^[A-Za-z]/.test(text)) {
    const answer = latin1(resp, 0, Math.min(resp.length, PROBE_BYTES));
    if (answer === '') return 'unsure';
    return TYPED.test(text) && /^(?:\+|-[A-Z]|:\d|[$*]-?\d)/.test(answer) ? 'match' : 'no';
  }
  if (/^\*[1-9]\d{0,6}\r\n\$\d{1,9}\r\n/.test(text)) return 'match';
  return /^(?:\*(?:[1-9]\d{0,6}(?:\r(?:\n(?:\$(?:\d{1,9}\r?)?)?)?)?)?)?$/.test(text) ? 'unsure' : 'no';
}

function open(flow: FlowContext): State {
  const read = (side: Direction) => (bytes: Uint8Array, from: number, to: number) => {
    readPayload(flow, { source: 'REDIS', side }, bytes, from, to);
  };
  const state: State = {
    flow,
    readers: [
      new RedisReader(true, value => takeCommand(state, value), read(ORIG)),
      new RedisReader(false, value => takeAnswer(state, value), read(RESP)),
    ],
    pending: [],
    next: 0,
    subscribed: false,
    silent: false,
    skipped: 0,
    resp3: false,
    lost: 0,
  };
  return state;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const used = state.readers[direction].feed(bytes, from, to);
  if (used >= 0) return used;
  state.flow.weird(direction === ORIG ? 'redis_bad_command' : 'redis_bad_reply');
  state.readers[direction].reset();
  return ++state.lost > MAX_LOST ? DONE : to - from;
}

function takeCommand(state: State, { type, strings }: RedisValue): void {
  const first = strings[0] ?? '';
  if (type !== '*' || first === '' || first.length > MAX_NAME) return;
  const command = first.toUpperCase();
  const word = strings[1] ?? '';
  const container = CONTAINERS.has(command) && word !== '' && word.length <= MAX_NAME;
  const { now: ts, frame } = state.flow;
  const row: Row = {
    ts,
    frame,
    'cmd.name': container ? `${command} ${word.toUpperCase()}` : command,
    'cmd.key': WITH_KEY.has(command) && word !== '' ? word : undefined,
  };
  if (command === 'HELLO' && word === '3') state.resp3 = true;
  const silent = isSilent(state, row['cmd.name']!, strings[2]);
  if (SUBSCRIPTIONS.has(command) && !state.resp3) state.subscribed = true;
  if (command === 'QUIT' || command === 'RESET') state.subscribed = false;
  const login = readLogin(command, strings);
  if (silent || SUBSCRIPTIONS.has(command) || state.subscribed) {
    complete(state, { row, login });
    return;
  }
  if (state.pending.length - state.next >= MAX_PENDING) {
    state.flow.weird('Redis_excessive_pipelining');
    finish(state);
  }
  state.pending.push({ row, login });
}

/** Whether CLIENT REPLY keeps the server from answering this command. */
function isSilent(state: State, name: string, mode: string | undefined): boolean {
  if (name !== 'CLIENT REPLY') {
    const skipped = state.skipped > 0;
    if (skipped) state.skipped--;
    return skipped || state.silent;
  }
  const word = mode?.toUpperCase();
  state.silent = word === 'OFF' || (state.silent && word !== 'ON');
  if (word === 'SKIP') state.skipped = 1;
  return word !== 'ON';
}

/** `AUTH [user] password`, `HELLO version AUTH user password`. */
function readLogin(command: string, strings: readonly string[]): Pending['login'] {
  if (command === 'AUTH' && strings.length >= 2) {
    const named = strings.length > 2;
    return { user: named ? strings[1] : undefined, secret: strings[named ? 2 : 1]! };
  }
  if (command !== 'HELLO') return undefined;
  const at = strings.findIndex(word => word.toUpperCase() === 'AUTH');
  return at > 0 && strings[at + 2] !== undefined
    ? { user: strings[at + 1], secret: strings[at + 2]! }
    : undefined;
}

function takeAnswer(state: State, { type, line }: RedisValue): void {
  if (type === '>' || state.subscribed) return;
  const pending = state.pending[state.next];
  if (pending === undefined) return;
  state.next++;
  if (state.next === state.pending.length) {
    state.pending = [];
    state.next = 0;
  }
  const failed = type === '-' || type === '!';
  pending.row.success = !failed;
  if (failed || type === '+') pending.row['reply.value'] = line;
  complete(state, pending);
}

function complete({ flow }: State, { row, login }: Pending): void {
  flow.emit(redisStream, row);
  if (login === undefined) return;
  const { user, secret } = login;
  flow.credentials({ protocol: 'redis', user, secret, secretKind: 'password', success: row.success });
}

/** Emits what got no answer. */
function finish(state: State): void {
  for (const pending of state.pending.slice(state.next)) complete(state, pending);
  state.pending = [];
  state.next = 0;
}

/** Zeek's `redis`. */
export const redis = defineProtocol<State>({
  name: 'redis',
  transports: ['tcp'],
  ports: [6379],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_PENDING_BYTES,
  streams: [redisStream, ...payloadStreams],
  probe,
  open,
  feed,
  gap(state, direction) {
    state.readers[direction].reset();
    // Which answer belongs to which command is not known any more.
    finish(state);
  },
  close: finish,
});
