/**
 * AMQP 0-9-1 and 1.0: one `amqp` record per connection — who speaks, how it logs in, and how much goes through which
 * queues. Recognised by the protocol header; in its middle, on its port, by a whole frame of 0-9-1.
 *
 * Messages are counted and never shown; medical documents in them are read as far as their first frame goes
 * (`clinical/payloads.ts`). Transfers of 1.0 are counted, its links are not decoded.
 * Limits: `KEEP` bytes of a frame, `MAX_NAMES` queues and exchanges.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { startsWith, u8 } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { payloadStreams, readPayload } from '../clinical/payloads.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import {
  FRAME_HEADER,
  frameSize,
  frameSize10,
  PROTOCOL_HEADER,
  readDescribed,
  readEntries,
  readLong,
  readShort,
  readTable,
} from './amqp-frames.ts';

const KEEP = 65_536;
const MAX_NAMES = 32;
const FRAME_MARK = 0xce;

export const amqpStream = flowStream('amqp', 'AMQP connections to message brokers.', {
  version: f.string('0-9-1 or 1.0.'),
  server: f.string('Product and version of the broker.', 'text'),
  client: f.string('Product and version of the client, or its container of 1.0.', 'text'),
  mechanism: f.string('SASL mechanism of the login.'),
  vhost: f.string('Virtual host that was opened, or host name of 1.0.', 'text'),
  success: f.bool('The broker opened the connection; absent when that could not be seen.'),
  queues: f.stringSet('Queues that were declared or consumed, at most 32.', 'text'),
  exchanges: f.stringSet('Exchanges that messages went to or came from, at most 32.', 'text'),
  published: f.count('Messages the client sent.'),
  delivered: f.count('Messages the broker sent.'),
  reply_code: f.count('Code of the close, 200 when nothing was wrong.'),
  reply_text: f.string('Reason of the close.', 'text'),
});

const METHOD_FRAME = 1;
const HEADER_FRAME = 2;
const BODY_FRAME = 3;
const FRAME_END = 1;
/** Class and method of 0-9-1 as one number. */
const METHOD = {
  start: 0x000a_000a,
  startOk: 0x000a_000b,
  open: 0x000a_0028,
  openOk: 0x000a_0029,
  close: 0x000a_0032,
  queueDeclare: 0x0032_000a,
  consume: 0x003c_0014,
  publish: 0x003c_0028,
  deliver: 0x003c_003c,
  getOk: 0x003c_0047,
} as const;

/** Descriptors of 1.0 (part 2 section 2.7, part 5 section 5.3.3). */
const OPEN = 0x10;
const TRANSFER = 0x14;
const SASL_INIT = 0x41;
const SASL_OUTCOME = 0x44;

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  readonly start: { readonly ts: Moment; readonly frame: number };
  modern: boolean;
  server: string | undefined;
  client: string | undefined;
  mechanism: string | undefined;
  login: { readonly user: Uint8Array; readonly secret: Uint8Array } | undefined;
  vhost: string | undefined;
  success: boolean | undefined;
  readonly queues: Set<string>;
  readonly exchanges: Set<string>;
  /** Length of the body whose header was read last. */
  readonly content: [number | undefined, number | undefined];
  published: number;
  delivered: number;
  replyCode: number | undefined;
  replyText: string | undefined;
}

function probe({ orig, resp, portHint, fromStart }: Opening): Verdict {
  const seen = Math.min(4, orig.length);
  if (seen > 0 && startsWith(orig, 0, orig.length, 'AMQP'.slice(0, seen))) {
    if (orig.length < PROTOCOL_HEADER) return 'unsure';
    const old = orig[5] === 0 && orig[6] === 9 && orig[7] === 1;
    return old || orig[5] === 1 ? 'match' : 'no';
  }
  if (orig.length === 0 && resp.length === 0) return 'unsure';
  if (!portHint || fromStart) return 'no';
  const sides = [probeFrame(orig), probeFrame(resp)];
  return sides.find(side => side === 'match') ?? sides.find(side => side === 'unsure') ?? 'no';
}

/** A whole frame with its end mark, or what may become one. */
function probeFrame(bytes: Uint8Array): Verdict {
  if (bytes.length === 0) return 'no';
  const size = frameSize(bytes, 0, bytes.length);
  if (size === NO_PDU) return 'no';
  if (size === NEED_MORE || size > bytes.length) return 'unsure';
  return bytes[size - 1] === FRAME_MARK ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: KEEP,
    sizeOf: (bytes, at, end) => (state.modern ? frameSize10(bytes, at, end) : frameSize(bytes, at, end)),
    take(bytes, at, end, size) {
      takeFrame(state, direction, bytes, at, end, size);
      return true;
    },
    lost: passSegment(() => flow.weird('amqp_invalid_frame')),
  });
  const state: State = {
    flow,
    readers: [reader(ORIG), reader(RESP)],
    start: { ts: flow.now, frame: flow.frame },
    modern: false,
    server: undefined,
    client: undefined,
    mechanism: undefined,
    login: undefined,
    vhost: undefined,
    success: undefined,
    queues: new Set(),
    exchanges: new Set(),
    content: [undefined, undefined],
    published: 0,
    delivered: 0,
    replyCode: undefined,
    replyText: undefined,
  };
  return state;
}

function takeFrame(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
): void {
  if (u8(bytes, at) === 0x41 && startsWith(bytes, at, end, 'AMQP')) {
    state.modern = u8(bytes, at + 5) === 1;
    return;
  }
  const c = new Cursor(bytes, at + (state.modern ? u8(bytes, at + 4) * 4 : FRAME_HEADER), end);
  if (state.modern) performative(state, direction, c);
  else if (u8(bytes, at) === METHOD_FRAME) method(state, c);
  else takeContent(state, direction, bytes, at, end, size);
}

/** A content header, which says how long the body will be, or the first frame of that body. */
function takeContent(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
): void {
  const type = u8(bytes, at);
  const c = new Cursor(bytes, at + FRAME_HEADER, end);
  if (type === HEADER_FRAME) {
    c.skip(4);
    const high = c.u32be();
    const length = high * 2 ** 32 + c.u32be();
    state.content[direction] = c.broken ? undefined : length;
  } else if (type === BODY_FRAME && state.content[direction] !== undefined) {
    const to = Math.min(end, at + size - FRAME_END);
    const whole = to - c.at === state.content[direction];
    state.content[direction] = undefined;
    readPayload(state.flow, { source: 'AMQP', side: direction }, bytes, c.at, to, whole);
  }
}

function method(state: State, c: Cursor): void {
  const code = c.u32be();
  switch (code) {
    case METHOD.start:
      c.skip(2);
      state.server = product(readTable(c));
      break;
    case METHOD.startOk:
      state.client = product(readTable(c));
      startOk(state, c);
      break;
    case METHOD.open:
      state.vhost = readShort(c);
      break;
    case METHOD.openOk:
      succeeded(state, true);
      break;
    case METHOD.close:
      state.replyCode = c.u16be();
      state.replyText = readShort(c);
      // A close before the connection was opened is the broker's refusal.
      if (state.success === undefined && state.login !== undefined) succeeded(state, false);
      break;
    case METHOD.queueDeclare:
    case METHOD.consume:
      c.u16be();
      note(state, state.queues, readShort(c));
      break;
    case METHOD.publish:
      c.u16be();
      state.published++;
      note(state, state.exchanges, readShort(c));
      break;
    case METHOD.deliver:
      readShort(c);
      c.skip(8 + 1);
      state.delivered++;
      note(state, state.exchanges, readShort(c));
      break;
    case METHOD.getOk:
      state.delivered++;
      break;
    default:
      return;
  }
  if (c.broken) state.flow.weird('amqp_truncated_method');
}

/** Mechanism and response; PLAIN is `NUL user NUL secret`, AMQPLAIN a table. */
function startOk(state: State, c: Cursor): void {
  state.mechanism = readShort(c);
  const response = readLong(c).slice();
  if (state.mechanism === 'PLAIN') state.login = plain(response);
  else if (state.mechanism === 'AMQPLAIN') {
    const entries = readEntries(new Cursor(response));
    state.login = {
      user: entries.get('LOGIN') ?? response.subarray(0, 0),
      secret: entries.get('PASSWORD') ?? response.subarray(0, 0),
    };
  }
}

function plain(response: Uint8Array): State['login'] {
  const first = response.indexOf(0);
  const second = response.indexOf(0, first + 1);
  if (first < 0 || second < 0) return undefined;
  return { user: response.subarray(first + 1, second), secret: response.subarray(second + 1) };
}

function performative(state: State, direction: Direction, c: Cursor): void {
  const described = readDescribed(c);
  if (described === undefined) return;
  const { code, fields } = described;
  if (code === SASL_INIT) {
    state.mechanism = latin1(fields[0] ?? new Uint8Array(0));
    if (state.mechanism === 'PLAIN' && fields[1] !== undefined) state.login = plain(fields[1].slice());
  } else if (code === SASL_OUTCOME) succeeded(state, (fields[0]?.[0] ?? 0) === 0);
  else if (code === OPEN) {
    const name = fields[0] === undefined ? undefined : utf8(fields[0]);
    if (direction !== ORIG) state.server = name;
    else {
      state.client = name;
      state.vhost = fields[1] === undefined ? undefined : utf8(fields[1]);
    }
  } else if (code === TRANSFER) {
    if (direction === ORIG) state.published++;
    else state.delivered++;
  }
}

function product(table: ReadonlyMap<string, Uint8Array>): string | undefined {
  const name = table.get('product');
  if (name === undefined) return undefined;
  const version = table.get('version');
  return version === undefined ? utf8(name) : `${utf8(name)} ${utf8(version)}`;
}

function note(state: State, names: Set<string>, name: string): void {
  if (name === '' || names.has(name)) return;
  if (names.size === MAX_NAMES) return state.flow.weird('amqp_name_limit');
  names.add(name);
}

function succeeded(state: State, success: boolean): void {
  state.success = success;
  login(state);
}

function login(state: State): void {
  const { login: seen, success } = state;
  if (seen === undefined) return;
  state.login = undefined;
  state.flow.credentials({ protocol: 'amqp', ...seen, secretKind: 'password', success });
}

function close(state: State): void {
  login(state);
  const { flow, start, queues, exchanges, server, client } = state;
  if (server !== undefined && !state.modern)
    flow.software({ side: RESP, type: 'AMQP::BROKER', text: server });
  if (client !== undefined && !state.modern)
    flow.software({ side: ORIG, type: 'AMQP::CLIENT', text: client });
  flow.emit(amqpStream, {
    ...start,
    version: state.modern ? '1.0' : '0-9-1',
    server,
    client,
    mechanism: state.mechanism,
    vhost: state.vhost,
    success: state.success,
    queues: queues.size === 0 ? undefined : [...queues].sort(),
    exchanges: exchanges.size === 0 ? undefined : [...exchanges].sort(),
    published: state.published,
    delivered: state.delivered,
    reply_code: state.replyCode,
    reply_text: state.replyText,
  });
}

export const amqp = defineProtocol<State>({
  name: 'amqp',
  transports: ['tcp'],
  ports: [5672],
  probeBytes: 2048,
  maxPending: KEEP * 2,
  streams: [amqpStream, ...payloadStreams],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: () => undefined,
  close,
});
