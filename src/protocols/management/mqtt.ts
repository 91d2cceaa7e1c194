/**
 * MQTT 3.1, 3.1.1 and 5.0 (OASIS): connections, publications and subscriptions as Zeek's `mqtt_connect`,
 * `mqtt_publish` and `mqtt_subscribe`; user and password of a connection as `credentials`. Recognised by the CONNECT
 * packet on any port.
 *
 * Payloads are measured and never shown; medical documents in them are read (`clinical/payloads.ts`). Properties of version 5 and AUTH
 * exchanges are passed over. A flow picked up in its middle is read from its first whole packet on MQTT's port.
 * Limits: `MAX_TOPICS` topics of a subscription, `MAX_PENDING` packets that wait for an acknowledgement, `KEEP` bytes of
 * a packet.
 */
import { startsWith, u8 } from '../../bytes/read.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { payloadStreams, readPayload } from '../clinical/payloads.ts';
import { feedPdus, type Pdus, passSegment } from '../pdus.ts';
import { BodyReader, bodyAt, packetSize, TYPE } from './mqtt-packet.ts';

const MAX_TOPICS = 100;
const MAX_PENDING = 256;
/** Topics, client names and most documents fit; what is behind is passed over. */
const KEEP = 65_536;
const PROBE_BYTES = 256;
const CONNACK = 0x20;

export const mqttConnect = flowStream('mqtt_connect', 'MQTT connections, as Zeek’s mqtt_connect.log.', {
  proto_name: f.string('Name in the CONNECT packet: MQTT, MQIsdp for 3.1.', 'text'),
  proto_version: f.string('3.1, 3.1.1 or 5.0.'),
  client_id: f.string('Client identifier.', 'text'),
  connect_status: f.string('What the broker answered.'),
  will_topic: f.string('Topic of the last will.', 'text'),
  clean_session: f.bool('The client asked for a new session.'),
  keep_alive: f.interval('Seconds of silence after which the broker takes the client for gone.'),
  anonymous: f.bool('Neither user nor password was sent.'),
});

export const mqttPublish = flowStream('mqtt_publish', 'MQTT publications, as Zeek’s mqtt_publish.log.', {
  from_client: f.bool('The client published; else the broker delivered.'),
  retain: f.bool('The broker is to keep the message.'),
  qos: f.string('at most once, at least once or exactly once.'),
  status: f.string('ok, or how far the delivery came: incomplete_qos.'),
  topic: f.string('Topic.', 'text'),
  payload_len: f.count('Bytes of the payload.'),
});

export const mqttSubscribe = flowStream(
  'mqtt_subscribe',
  'MQTT subscriptions, as Zeek’s mqtt_subscribe.log.',
  {
    action: f.enum('MQTT::SUBSCRIBE or MQTT::UNSUBSCRIBE.'),
    topics: f.strings('Topics or topic filters.', 'text'),
    qos_levels: f.strings('Quality of service asked for, per topic.'),
    granted_qos_level: f.count('Quality of service granted for the last topic.'),
    ack: f.bool('The broker acknowledged.'),
  },
);

const VERSIONS: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };
const QOS = ['at most once', 'at least once', 'exactly once', 'reserved'];
/** Return codes of CONNACK in 3.1.1 (table 3.1), in Zeek's words. */
const STATUS = [
  'Connection Accepted',
  'Refused: unacceptable protocol version',
  'Refused: identifier rejected',
  'Refused: server unavailable',
  'Refused: bad user name or password',
  'Refused: not authorized',
];

interface Connecting {
  readonly record: Record<string, string | boolean | number | undefined>;
  readonly ts: Moment;
  readonly frame: number;
  readonly login:
    | { readonly user: Uint8Array | undefined; readonly secret: Uint8Array | undefined }
    | undefined;
}

interface Publishing {
  readonly ts: Moment;
  readonly frame: number;
  readonly fromClient: boolean;
  readonly retain: boolean;
  readonly qos: number;
  readonly topic: string;
  readonly length: number;
}

interface Subscribing {
  readonly ts: Moment;
  readonly frame: number;
  readonly action: string;
  readonly topics: string[];
  readonly levels: string[];
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  version: number;
  connecting: Connecting | undefined;
  /** Publications by sender and packet identifier, waiting for PUBACK or PUBCOMP. */
  readonly publishing: Map<string, Publishing>;
  readonly subscribing: Map<number, Subscribing>;
}

function probe({ orig, resp, fromStart, portHint }: Opening): Verdict {
  const first = orig.length > 0 ? probeConnect(orig) : 'no';
  if (first !== 'no') return first;
  if (!portHint) return orig.length === 0 && resp[0] === CONNACK ? 'unsure' : 'no';
  // In the middle, or one side only: a whole packet of a kind whose bytes say something.
  if (orig.length === 0 && resp.length > 1 && resp[0] === CONNACK && resp[1]! <= 3) return 'match';
  return !fromStart && (isPacket(orig) || isPacket(resp)) ? 'match' : 'no';
}

/** A ping, or a publication whose topic fits into it. */
function isPacket(bytes: Uint8Array): boolean {
  if (bytes.length < 2) return false;
  if ((bytes[0] === 0xc0 || bytes[0] === 0xd0) && bytes[1] === 0) return true;
  if (bytes[0]! >>> 4 !== TYPE.publish || (bytes[0]! & 0x06) === 0x06) return false;
  const size = packetSize(bytes, 0, bytes.length);
  if (size <= 0) return false;
  const topic = new BodyReader(bytes, bodyAt(bytes, 0), Math.min(size, bytes.length)).text();
  return topic.length > 0 && /^[\x20-\x7e]+$/.test(topic);
}

function probeConnect(orig: Uint8Array): Verdict {
  if (orig[0] !== 0x10) return 'no';
  if (orig.length < 2) return 'unsure';
  const size = packetSize(orig, 0, orig.length);
  if (size < 0) return 'no';
  const at = size === 0 ? orig.length : bodyAt(orig, 0);
  for (const [name, length] of [
    ['MQTT', 4],
    ['MQIsdp', 6],
  ] as const) {
    const head = `\0${String.fromCharCode(length)}${name}`;
    const seen = Math.min(orig.length - at, head.length);
    if (!startsWith(orig, at, orig.length, head.slice(0, seen))) continue;
    if (seen < head.length) return 'unsure';
    if (orig.length === at + head.length) return 'unsure';
    return VERSIONS[orig[at + head.length]! & 0x7f] === undefined ? 'no' : 'match';
  }
  return 'no';
}

function open(flow: FlowContext): State {
  const state: State = {
    flow,
    readers: [reader(ORIG), reader(1)],
    version: 4,
    connecting: undefined,
    publishing: new Map(),
    subscribing: new Map(),
  };
  function reader(direction: Direction): Pdus {
    return {
      keep: KEEP,
      sizeOf: packetSize,
      take: (bytes, at, end, size) => takePacket(state, direction, bytes, at, end, size),
      lost: passSegment(() => flow.weird('mqtt_invalid_packet')),
    };
  }
  return state;
}

function takePacket(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
): boolean {
  const first = u8(bytes, at);
  const start = bodyAt(bytes, at);
  const body = new BodyReader(bytes, start, end);
  const length = size - (start - at);
  switch (first >>> 4) {
    case TYPE.connect:
      connect(state, body);
      break;
    case TYPE.connack:
      connack(state, body);
      break;
    case TYPE.publish:
      publish(state, direction, first, body, length, size === end - at);
      break;
    case TYPE.puback:
    case TYPE.pubcomp:
      settle(state, direction === ORIG ? 1 : ORIG, body.u16be());
      break;
    case TYPE.subscribe:
      subscribe(state, body, 'MQTT::SUBSCRIBE');
      break;
    case TYPE.unsubscribe:
      subscribe(state, body, 'MQTT::UNSUBSCRIBE');
      break;
    case TYPE.suback:
    case TYPE.unsuback:
      acknowledge(state, body, bytes, end, size === end - at);
      break;
    default:
      return true;
  }
  if (body.broken && size <= KEEP) state.flow.weird('mqtt_truncated_packet');
  return true;
}

function connect(state: State, body: BodyReader): void {
  const name = body.text();
  const version = body.u8() & 0x7f;
  const flags = body.u8();
  const keepAlive = body.u16be();
  state.version = version;
  if (version === 5) body.skipProperties();
  const clientId = body.text();
  let willTopic: string | undefined;
  if ((flags & 0x04) !== 0) {
    if (version === 5) body.skipProperties();
    willTopic = body.text();
    body.data();
  }
  const user = (flags & 0x80) === 0 ? undefined : body.data().slice();
  const secret = (flags & 0x40) === 0 ? undefined : body.data().slice();
  if (state.connecting !== undefined) emitConnect(state, undefined);
  state.connecting = {
    ts: state.flow.now,
    frame: state.flow.frame,
    record: {
      proto_name: name,
      proto_version: VERSIONS[version] ?? `${version}`,
      client_id: clientId,
      will_topic: willTopic,
      clean_session: (flags & 0x02) !== 0,
      keep_alive: keepAlive,
      anonymous: user === undefined && secret === undefined,
    },
    login: user === undefined && secret === undefined ? undefined : { user, secret },
  };
}

function connack(state: State, body: BodyReader): void {
  body.u8();
  const code = body.u8();
  if (!body.broken) emitConnect(state, code);
}

/** @param code the broker's answer; undefined when none was seen */
function emitConnect(state: State, code: number | undefined): void {
  const asked = state.connecting;
  if (asked === undefined) return;
  state.connecting = undefined;
  const { flow } = state;
  const { ts, frame, record, login } = asked;
  flow.emit(mqttConnect, {
    ...record,
    ts,
    frame,
    connect_status: code === undefined ? undefined : status(code),
  });
  if (login === undefined) return;
  const { user, secret } = login;
  const success = code === undefined ? undefined : code === 0;
  flow.credentials({ protocol: 'mqtt', user, secret, secretKind: 'password', success, ts, frame });
}

function status(code: number): string {
  return STATUS[code] ?? `Refused: code ${code}`;
}

function publish(
  state: State,
  direction: Direction,
  first: number,
  body: BodyReader,
  length: number,
  whole: boolean,
): void {
  const { flow } = state;
  const qos = (first >>> 1) & 3;
  const topic = body.text();
  const identifier = qos === 0 ? 0 : body.u16be();
  if (state.version === 5) body.skipProperties();
  const entry: Publishing = {
    ts: flow.now,
    frame: flow.frame,
    fromClient: direction === ORIG,
    retain: (first & 1) !== 0,
    qos,
    topic,
    length: Math.max(0, length - body.taken),
  };
  if (body.broken) return;
  if (qos === 3) flow.weird('mqtt_invalid_qos');
  // A repeated delivery (DUP) holds the same again.
  if ((first & 0x08) === 0)
    readPayload(flow, { source: 'MQTT', side: direction }, body.bytes, body.at, body.end, whole);
  if (qos === 0 || qos === 3) return emitPublish(state, entry, 'ok');
  const key = `${direction} ${identifier}`;
  const earlier = state.publishing.get(key);
  if (earlier !== undefined) {
    // The same again (DUP), or an identifier used anew before it was acknowledged.
    state.publishing.delete(key);
    emitPublish(state, earlier, 'incomplete_qos');
  } else if (state.publishing.size >= MAX_PENDING) {
    const [oldest, waiting] = state.publishing.entries().next().value!;
    state.publishing.delete(oldest);
    emitPublish(state, waiting, 'incomplete_qos');
    flow.weird('mqtt_pending_limit');
  }
  state.publishing.set(key, entry);
}

function settle(state: State, sender: Direction, identifier: number): void {
  const key = `${sender} ${identifier}`;
  const entry = state.publishing.get(key);
  if (entry === undefined) return;
  state.publishing.delete(key);
  emitPublish(state, entry, 'ok');
}

function emitPublish({ flow }: State, entry: Publishing, outcome: string): void {
  const { ts, frame, fromClient, retain, qos, topic, length } = entry;
  flow.emit(mqttPublish, {
    ts,
    frame,
    from_client: fromClient,
    retain,
    qos: QOS[qos]!,
    status: outcome,
    topic,
    payload_len: length,
  });
}

function subscribe(state: State, body: BodyReader, action: string): void {
  const { flow } = state;
  const identifier = body.u16be();
  if (state.version === 5) body.skipProperties();
  const topics: string[] = [];
  const levels: string[] = [];
  while (body.left > 0 && !body.broken) {
    const topic = body.text();
    const level = action === 'MQTT::SUBSCRIBE' ? body.u8() & 3 : 0;
    if (body.broken) break;
    if (topics.length === MAX_TOPICS) {
      flow.weird('mqtt_topic_limit');
      break;
    }
    topics.push(topic);
    if (action === 'MQTT::SUBSCRIBE') levels.push(`${level}`);
  }
  const entry = { ts: flow.now, frame: flow.frame, action, topics, levels };
  const earlier = state.subscribing.get(identifier);
  if (earlier !== undefined) emitSubscribe(state, earlier, undefined, false);
  if (state.subscribing.size >= MAX_PENDING) {
    flow.weird('mqtt_pending_limit');
    return emitSubscribe(state, entry, undefined, false);
  }
  state.subscribing.set(identifier, entry);
}

function acknowledge(state: State, body: BodyReader, bytes: Uint8Array, end: number, whole: boolean): void {
  const identifier = body.u16be();
  const entry = state.subscribing.get(identifier);
  if (entry === undefined || body.broken) return;
  state.subscribing.delete(identifier);
  if (state.version === 5) body.skipProperties();
  const granted =
    whole && body.left > 0 && entry.action === 'MQTT::SUBSCRIBE' ? u8(bytes, end - 1) : undefined;
  emitSubscribe(state, entry, granted, true);
}

function emitSubscribe({ flow }: State, entry: Subscribing, granted: number | undefined, ack: boolean): void {
  const { ts, frame, action, topics, levels } = entry;
  flow.emit(mqttSubscribe, {
    ts,
    frame,
    action,
    topics,
    qos_levels: levels.length === 0 ? undefined : levels,
    granted_qos_level: granted,
    ack,
  });
}

function close(state: State): void {
  emitConnect(state, undefined);
  for (const entry of state.publishing.values()) emitPublish(state, entry, 'incomplete_qos');
  for (const entry of state.subscribing.values()) emitSubscribe(state, entry, undefined, false);
  state.publishing.clear();
  state.subscribing.clear();
}

export const mqtt = defineProtocol<State>({
  name: 'mqtt',
  transports: ['tcp'],
  ports: [1883],
  probeBytes: PROBE_BYTES,
  maxPending: KEEP * 2,
  streams: [mqttConnect, mqttPublish, mqttSubscribe, ...payloadStreams],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: () => undefined,
  close,
});
