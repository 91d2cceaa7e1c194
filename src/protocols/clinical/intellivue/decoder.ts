/**
 * Philips IntelliVue Data Export over UDP (Philips Data Export Interface Programming Guide): who associates with a patient
 * monitor, what is polled, read and written, and what the monitor says of itself. Monitors answer on port 24105 and announce
 * themselves by broadcast to port 24005; recognised by content on any port.
 *
 * Polls come every second and go on for days, so there is one `intellivue` record per flow, operation and object, with
 * counts, given out when the flow ends. Requests and answers are counted by what they themselves say; only errors are
 * paired with requests by invoke id. Identifiers of patient demographics become tokens, once per patient; measurements are
 * not read.
 *
 * Limits: `MAX_LINES` records of a flow at once, `MAX_INVOKED` requests that an error may refer to, `MAX_NAMES` names of a
 * list; the depth of poll results is three lists (`MAX_OBSERVATIONS` entries).
 */
import { Cursor } from '../../../bytes/cursor.ts';
import { secondsBetween } from '../../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  otherSide,
  type Verdict,
} from '../../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../../model/schema.ts';
import { type Facts, newFacts, phiItems, readAttributes } from '../mds-attributes.ts';
import * as message from './message.ts';
import {
  attributeName,
  CONNECT_INDICATION,
  EXTENDED_POLL,
  errorName,
  eventName,
  MDS,
  MDS_CREATE,
  objectName,
  PATIENT_DEMOGRAPHICS,
  POLL,
} from './names.ts';

const MAX_LINES = 64;
const MAX_INVOKED = 256;
const MAX_NAMES = 32;
const MAX_OBSERVATIONS = 64;
const PROBE_BYTES = 1500;

export const intellivueStream = flowStream(
  'intellivue',
  'One line per flow, operation and object of IntelliVue Data Export, with counts.',
  {
    is_orig: f.bool('The originator asked, or sent the event.'),
    operation: f.enum(
      'associate, release, abort, event, poll, extended_poll, action, get, set or confirmed_set.',
    ),
    object: f.string(
      'Class of the object that is polled, read or written: numeric, waveform, patient_demographics …',
    ),
    event: f.string('Event that was reported: mds_create, connect_indication or a number.'),
    attributes: f.stringSet('Attributes that were written, at most 32.'),
    requests: f.count('Requests, or events.'),
    responses: f.count('Answers; of associations those that accept. One in parts counts once.'),
    errors: f.count('Errors; of associations refusals.'),
    error_names: f.stringSet('Names of the errors, at most 32.'),
    duration: f.interval('From the first to the last message.'),
    bed: f.string('Bed label that the monitor gave.', 'text'),
    system_id: f.string('Number of the monitor, in hexadecimal.', 'text'),
    claimed_host: f.addr('Address that the monitor says it has.'),
    claimed_mac: f.string('MAC address that the monitor says it has.'),
    claimed_host_differs: f.bool('The message came from another address.'),
  },
);

interface Line {
  readonly ts: Moment;
  readonly frame: number;
  readonly asker: Direction;
  readonly operation: string;
  readonly object: string | undefined;
  readonly event: string | undefined;
  last: Moment;
  requests: number;
  responses: number;
  errors: number;
  readonly attributes: Set<string>;
  readonly errorNames: Set<string>;
  bed: string | undefined;
  systemId: string | undefined;
  host: string | undefined;
  mac: string | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly lines: Map<string, Line>;
  /** Whose error it would be, by invoke id and direction of the request. */
  readonly invoked: Map<number, Line>;
  /** Digest of the last patient whose identifiers were told. */
  told: string | undefined;
}

function probe({ orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  const found = message.decodeMessage(bytes, 0, bytes.length);
  if (found === undefined) return 'no';
  if (found.kind === 'operation') return found.exact || portHint ? 'match' : 'no';
  if (!found.exact) return 'no';
  return portHint || message.isTelling(bytes, 0, bytes.length, found.type) ? 'match' : 'no';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  const found = message.decodeMessage(bytes, from, to);
  if (found === undefined) return state.flow.weird('intellivue_invalid_message');
  if (!found.exact) state.flow.weird('intellivue_length_mismatch');
  if (found.kind === 'association') associationMessage(state, direction, found.type);
  else operationMessage(state, direction, bytes, found);
}

function associationMessage(state: State, direction: Direction, type: number): void {
  const peer = otherSide(direction);
  switch (type) {
    case message.CONNECT:
      count(state, direction, 'associate', undefined, undefined, 'requests');
      return;
    case message.ACCEPT:
      count(state, peer, 'associate', undefined, undefined, 'responses');
      return;
    case message.REFUSE:
      count(state, peer, 'associate', undefined, undefined, 'errors');
      return;
    case message.FINISH:
      count(state, direction, 'release', undefined, undefined, 'requests');
      return;
    case message.DISCONNECT:
      count(state, peer, 'release', undefined, undefined, 'responses');
      return;
    default:
      count(state, direction, 'abort', undefined, undefined, 'requests');
  }
}

function operationMessage(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  found: message.Operation,
): void {
  const peer = otherSide(direction);
  const asks = found.operation === message.INVOKE;
  const asker = asks ? direction : peer;
  if (found.operation === message.ERROR) return failed(state, asker, found);
  const c = new Cursor(bytes, found.from, found.to);
  const line = command(state, c, asker, asks, found);
  if (c.broken) state.flow.weird('intellivue_truncated');
  if (line === undefined || !asks) return;
  if (state.invoked.size >= MAX_INVOKED) state.invoked.delete(state.invoked.keys().next().value!);
  state.invoked.set(invokedKey(asker, found.invokeId), line);
}

const invokedKey = (asker: Direction, invokeId: number): number => asker * 0x10000 + invokeId;

function failed(state: State, asker: Direction, { invokeId, command: code }: message.Operation): void {
  const line =
    state.invoked.get(invokedKey(asker, invokeId)) ?? lineOf(state, asker, 'action', undefined, undefined);
  if (line === undefined) return;
  line.last = state.flow.now;
  line.errors++;
  if (line.errorNames.size < MAX_NAMES) line.errorNames.add(errorName(code));
}

/** Every argument and result begins with the object it is about: class, context and handle. */
function command(
  state: State,
  c: Cursor,
  asker: Direction,
  asks: boolean,
  found: message.Operation,
): Line | undefined {
  const object = c.u16be();
  c.skip(4);
  if (c.broken) return undefined;
  // Parts of an answer (5) come before the answer itself (2), which is the one that is counted.
  const counted = asks ? 'requests' : found.operation === message.RESULT ? 'responses' : undefined;
  switch (found.command) {
    case message.EVENT:
    case message.CONFIRMED_EVENT:
      return event(state, c, asker, asks, counted);
    case message.ACTION:
      return action(state, c, asker, asks, counted);
    case message.GET: {
      const line = count(state, asker, 'get', objectName(object), undefined, counted);
      if (!asks) learn(state, c, asker, line);
      return line;
    }
    default: {
      const operation = found.command === message.SET ? 'set' : 'confirmed_set';
      const line = count(state, asker, operation, objectName(object), undefined, counted);
      if (asks && line !== undefined) written(c, line);
      return line;
    }
  }
}

function event(
  state: State,
  c: Cursor,
  asker: Direction,
  asks: boolean,
  counted: Counter | undefined,
): Line | undefined {
  c.u32be();
  const type = c.u16be();
  c.u16be();
  if (c.broken) return undefined;
  const line = count(state, asker, 'event', undefined, eventName(type), counted);
  if (!asks) return line;
  if (type === MDS_CREATE) c.skip(6);
  // The side that reports events is the monitor, hence what it says is about the asker.
  if (type === MDS_CREATE || type === CONNECT_INDICATION) learn(state, c, otherSide(asker), line);
  return line;
}

function action(
  state: State,
  c: Cursor,
  asker: Direction,
  asks: boolean,
  counted: Counter | undefined,
): Line | undefined {
  if (asks) c.u32be();
  const type = c.u16be();
  c.u16be();
  if (c.broken) return undefined;
  if (type !== POLL && type !== EXTENDED_POLL)
    return count(state, asker, 'action', `0x${type.toString(16)}`, undefined, counted);
  c.u16be();
  if (!asks) c.skip((type === EXTENDED_POLL ? 2 : 0) + 12);
  const partition = c.u16be();
  const polled = c.u16be();
  c.u16be();
  if (c.broken) return undefined;
  const operation = type === POLL ? 'poll' : 'extended_poll';
  const object = partition === OBJECT_PARTITION ? objectName(polled) : `${partition}:${polled}`;
  const line = count(state, asker, operation, object, undefined, counted);
  if (!asks && (polled === MDS || polled === PATIENT_DEMOGRAPHICS)) pollResult(state, c, asker, line);
  return line;
}

const OBJECT_PARTITION = 1;

/** Contexts, in each observations, in each a handle and attributes. */
function pollResult(state: State, c: Cursor, asker: Direction, line: Line | undefined): void {
  const facts = newFacts();
  let left = MAX_OBSERVATIONS;
  const contexts = c.u16be();
  c.u16be();
  for (let i = 0; i < contexts && left > 0 && !c.broken; i++) {
    c.u16be();
    const observations = c.u16be();
    c.u16be();
    for (let j = 0; j < observations && left-- > 0 && !c.broken; j++) {
      c.u16be();
      if (!readAttributes(c, facts)) {
        c.broken = true;
        break;
      }
    }
  }
  tell(state, facts, asker, line);
}

/** Reads the attributes that follow. `asker` is the side that is not the monitor. */
function learn(state: State, c: Cursor, asker: Direction, line: Line | undefined): void {
  const facts = newFacts();
  if (!readAttributes(c, facts)) state.flow.weird('intellivue_truncated');
  tell(state, facts, asker, line);
}

function tell(state: State, facts: Facts, asker: Direction, line: Line | undefined): void {
  const { flow } = state;
  const side = otherSide(asker);
  if (facts.identity.length > 0)
    flow.identity({ side, attribute: 'type', value: 'patient-monitor', confidence: MAKERS_WORD });
  for (const { attribute, value } of facts.identity)
    flow.identity({ side, attribute, value, confidence: attribute === 'location' ? undefined : MAKERS_WORD });
  if (line !== undefined) {
    line.bed ??= facts.bed;
    line.systemId ??= facts.systemId;
    line.host ??= facts.host;
    line.mac ??= facts.mac;
  }
  const items = phiItems(facts);
  const [first] = items;
  if (first === undefined) return;
  const { digest } = flow.token(first.kind, first.values[0]!);
  if (digest === state.told) return;
  state.told = digest;
  flow.phi({ protocol: 'intellivue', carrier: 'patient demographics', items });
}

/** Confidence of what the maker of the monitor filled in. */
const MAKERS_WORD = 0.9;

/** Attributes of a set: scope, a list of operator and attribute each. */
function written(c: Cursor, line: Line): void {
  c.u32be();
  const entries = c.u16be();
  c.u16be();
  for (let i = 0; i < Math.min(entries, MAX_NAMES) && !c.broken; i++) {
    c.u16be();
    const id = c.u16be();
    c.skip(c.u16be());
    if (!c.broken && line.attributes.size < MAX_NAMES) line.attributes.add(attributeName(id));
  }
}

type Counter = 'requests' | 'responses' | 'errors';

function count(
  state: State,
  asker: Direction,
  operation: string,
  object: string | undefined,
  eventType: string | undefined,
  counter: Counter | undefined,
): Line | undefined {
  const line = lineOf(state, asker, operation, object, eventType);
  if (line === undefined) return undefined;
  line.last = state.flow.now;
  if (counter !== undefined) line[counter]++;
  return line;
}

function lineOf(
  { flow, lines }: State,
  asker: Direction,
  operation: string,
  object: string | undefined,
  eventType: string | undefined,
): Line | undefined {
  const key = `${asker} ${operation} ${object} ${eventType}`;
  const known = lines.get(key);
  if (known !== undefined) return known;
  if (lines.size >= MAX_LINES) {
    flow.weird('intellivue_operation_limit');
    return undefined;
  }
  const { now, frame } = flow;
  const line: Line = {
    ts: now,
    frame,
    asker,
    operation,
    object,
    event: eventType,
    last: now,
    requests: 0,
    responses: 0,
    errors: 0,
    attributes: new Set(),
    errorNames: new Set(),
    bed: undefined,
    systemId: undefined,
    host: undefined,
    mac: undefined,
  };
  lines.set(key, line);
  return line;
}

function close({ flow, lines }: State): void {
  for (const line of lines.values()) {
    const monitor = line.operation === 'event' ? line.asker : otherSide(line.asker);
    const host = monitor === ORIG ? flow.origHost : flow.respHost;
    flow.emit(intellivueStream, {
      ts: line.ts,
      frame: line.frame,
      is_orig: line.asker === ORIG,
      operation: line.operation,
      object: line.object,
      event: line.event,
      attributes: line.attributes.size > 0 ? [...line.attributes].sort() : undefined,
      requests: line.requests,
      responses: line.responses,
      errors: line.errors,
      error_names: line.errorNames.size > 0 ? [...line.errorNames].sort() : undefined,
      duration: secondsBetween(line.ts, line.last),
      bed: line.bed,
      system_id: line.systemId,
      claimed_host: line.host,
      claimed_mac: line.mac,
      claimed_host_differs: line.host === undefined ? undefined : line.host !== host,
    });
  }
  lines.clear();
}

export const intellivue = defineProtocol<State>({
  name: 'intellivue',
  transports: ['udp'],
  ports: [24_105, 24_005],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [intellivueStream],
  probe,
  open: flow => ({ flow, lines: new Map(), invoked: new Map(), told: undefined }),
  feed(state, direction, bytes, from, to) {
    feed(state, direction, bytes, from, to);
    return to - from;
  },
  close,
});
