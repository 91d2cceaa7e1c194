/**
 * Personal health devices over TCP (ISO/IEEE 11073-20601, optimised exchange protocol): blood-pressure monitors, scales,
 * oximeters and the gateways that pass them on. One `phd` record per association. Numbers are big endian.
 *
 *      E2 00 association request   E3 00 response   E4 00 release   E5 00 released   E6 00 abort   E7 00 data
 *      each followed by the length of the rest; data holds a length, invoke id, choice, length and the message
 *
 * The request names the device (system id, an EUI-64) and its configuration; a response to a read of its attributes gives
 * model, serial number and kinds of device. Measurements are counted, not read.
 *
 * Recognised on any port by an association request for 20601, or in the middle of a flow by data whose three lengths agree.
 * Limits: `KEEP` bytes of a message are looked at.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { u16be } from '../../bytes/read.ts';
import { hex } from '../../bytes/text.ts';
import { secondsBetween } from '../../model/moment.ts';
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
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { newFacts, readAttributes } from './mds-attributes.ts';

const KEEP = 4096;
const HEAD = 4;
const PROBE_BYTES = 32;

const REQUEST = 0xe200;
const RESPONSE = 0xe300;
const RELEASE = 0xe400;
const RELEASED = 0xe500;
const ABORT = 0xe600;
const DATA = 0xe700;

/** First version of the association, and of protocol and nomenclature. */
const VERSION_1 = 0x8000_0000;
const PROTOCOL_20601 = 20_601;
const MANAGER = 0x8000_0000;

const EVENT = 0x0100;
const CONFIRMED_EVENT = 0x0101;
const GET = 0x0103;
const SET = 0x0104;
const CONFIRMED_SET = 0x0105;
const ACTION = 0x0106;
const CONFIRMED_ACTION = 0x0107;
const GET_RESULT = 0x0203;
const ERROR = 0x0300;
const REJECT = 0x0400;
const CHOICES = new Set([
  EVENT,
  CONFIRMED_EVENT,
  GET,
  SET,
  CONFIRMED_SET,
  ACTION,
  CONFIRMED_ACTION,
  0x0201,
  GET_RESULT,
  0x0205,
  0x0207,
  ERROR,
  REJECT,
]);
const CONFIGURATION_REPORT = 0x0d1c;

const RESULTS = [
  'accepted',
  'rejected_permanent',
  'rejected_transient',
  'accepted_unknown_config',
  'rejected_no_common_protocol',
  'rejected_no_common_parameter',
  'rejected_unknown',
  'rejected_unauthorized',
  'rejected_unsupported_assoc_version',
];

/** Specializations by their code in the partition of communication infrastructure (ISO/IEEE 11073-10101). */
const SPECIALIZATIONS: Readonly<Record<number, string>> = {
  4100: 'MDC_DEV_SPEC_PROFILE_PULS_OXIM',
  4102: 'MDC_DEV_SPEC_PROFILE_MIN_ECG',
  4103: 'MDC_DEV_SPEC_PROFILE_BP',
  4104: 'MDC_DEV_SPEC_PROFILE_TEMP',
  4109: 'MDC_DEV_SPEC_PROFILE_RESP_RATE',
  4111: 'MDC_DEV_SPEC_PROFILE_SCALE',
  4113: 'MDC_DEV_SPEC_PROFILE_GLUCOSE',
  4114: 'MDC_DEV_SPEC_PROFILE_COAG',
  4115: 'MDC_DEV_SPEC_PROFILE_INSULIN_PUMP',
  4116: 'MDC_DEV_SPEC_PROFILE_BCA',
  4117: 'MDC_DEV_SPEC_PROFILE_PEAK_FLOW',
  4118: 'MDC_DEV_SPEC_PROFILE_URINE',
  4120: 'MDC_DEV_SPEC_PROFILE_SABTE',
  4137: 'MDC_DEV_SPEC_PROFILE_HF_CARDIO',
  4138: 'MDC_DEV_SPEC_PROFILE_HF_STRENGTH',
  4167: 'MDC_DEV_SPEC_PROFILE_AI_ACTIVITY_HUB',
  4168: 'MDC_DEV_SPEC_PROFILE_AI_MED_MINDER',
};

export const phdStream = flowStream(
  'phd',
  'Associations of personal health devices (ISO/IEEE 11073-20601) over TCP.',
  {
    is_orig: f.bool('The originator is the device (agent); absent when that was not seen.'),
    system_id: f.string('EUI-64 of the device, in hexadecimal.', 'text'),
    manager_id: f.string('EUI-64 of the manager, in hexadecimal.', 'text'),
    config_id: f.count('Configuration of the device; from 16384 on its own.'),
    types: f.strings('Kinds of device, as named in ISO/IEEE 11073-10101.'),
    result: f.enum('Answer to the association request: accepted, rejected_unauthorized …'),
    ended: f.enum('release or abort; absent when the flow ended before.'),
    reports: f.count('Event reports.'),
    confirmed_reports: f.count('Those that are to be confirmed.'),
    config_reports: f.count('Those that describe a configuration.'),
    gets: f.count('Reads of attributes.'),
    sets: f.count('Writes of attributes.'),
    actions: f.count('Actions.'),
    errors: f.count('Errors and rejections.'),
    duration: f.interval('From the first to the last message.'),
  },
);

interface Association {
  readonly ts: Moment;
  readonly frame: number;
  last: Moment;
  agent: Direction | undefined;
  systemId: string | undefined;
  managerId: string | undefined;
  configId: number | undefined;
  types: readonly number[];
  result: string | undefined;
  ended: string | undefined;
  reports: number;
  confirmed: number;
  configs: number;
  gets: number;
  sets: number;
  actions: number;
  errors: number;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  association: Association | undefined;
}

/** A request for 20601 with a list of protocols that ends where the message ends, or nested lengths. */
function probe({ orig, resp, fromStart }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  const n = bytes.length;
  if (n === 0) return 'unsure';
  if (bytes[0] === REQUEST >>> 8) return fits(bytes, n, isRequest);
  if (bytes[0] === DATA >>> 8 && !fromStart) return fits(bytes, n, isData);
  return 'no';
}

function fits(bytes: Uint8Array, n: number, test: (c: Cursor) => boolean): Verdict {
  const c = new Cursor(bytes, 0, n);
  const right = test(c);
  if (c.broken) return n > 1 && bytes[1] !== 0 ? 'no' : 'unsure';
  return right ? 'match' : 'no';
}

function isRequest(c: Cursor): boolean {
  if (c.u16be() !== REQUEST) return false;
  const length = c.u16be();
  if (c.u32be() !== VERSION_1) return false;
  const protocols = c.u16be();
  return c.u16be() === length - 8 && protocols > 0 && protocols < 16 && c.u16be() === PROTOCOL_20601;
}

function isData(c: Cursor): boolean {
  if (c.u16be() !== DATA) return false;
  const length = c.u16be();
  if (c.u16be() !== length - 2) return false;
  c.u16be();
  return CHOICES.has(c.u16be()) && c.u16be() === length - 8;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < REQUEST >>> 8 || first > DATA >>> 8 || (end - at > 1 && bytes[at + 1] !== 0)) return NO_PDU;
  return end - at < HEAD ? NEED_MORE : HEAD + u16be(bytes, at + 2);
}

function open(flow: FlowContext): State {
  const side = (direction: Direction): Pdus => ({
    keep: KEEP,
    sizeOf,
    take(bytes, at, end) {
      message(state, direction, bytes, at, end);
      return true;
    },
    lost: passSegment(() => flow.weird('phd_invalid_message')),
  });
  const state: State = { flow, sides: [side(ORIG), side(RESP)], association: undefined };
  return state;
}

function message(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const choice = u16be(bytes, at);
  const c = new Cursor(bytes, at + HEAD, end);
  if (choice === REQUEST) finish(state);
  state.association ??= newAssociation(state.flow);
  const { association } = state;
  association.last = state.flow.now;
  switch (choice) {
    case REQUEST:
      association.agent = direction;
      request(state.flow, direction, c, association);
      break;
    case RESPONSE:
      response(c, association);
      break;
    case DATA:
      data(state.flow, direction, c, association);
      break;
    case RELEASE:
      association.ended = 'release';
      break;
    case RELEASED:
      finish(state);
      break;
    case ABORT:
      association.ended = 'abort';
      finish(state);
      break;
  }
  if (c.broken) state.flow.weird('phd_truncated');
}

/** Who a side is: versions, encoding, functional units, its role, number and configuration. */
interface Party {
  readonly manager: boolean;
  readonly id: string;
  readonly configId: number;
}

function party(c: Cursor): Party | undefined {
  if (c.u32be() !== VERSION_1) return undefined;
  c.skip(2 + 4 + 4);
  const manager = c.u32be() === MANAGER;
  const id = hex(c.view(c.u16be()));
  const configId = c.u16be();
  return c.broken ? undefined : { manager, id, configId };
}

function request(flow: FlowContext, side: Direction, c: Cursor, association: Association): void {
  c.skip(4);
  c.skip(4);
  const protocol = c.u16be();
  c.u16be();
  if (protocol !== PROTOCOL_20601) return flow.weird('phd_unknown_protocol');
  const device = party(c);
  if (device === undefined) return;
  association.systemId = device.id;
  association.configId = device.configId;
  flow.identity({ side, attribute: 'system_id', value: device.id, confidence: MAKERS_WORD });
}

/** Confidence of what the maker of the device filled in. */
const MAKERS_WORD = 0.9;

function response(c: Cursor, association: Association): void {
  const result = c.u16be();
  const protocol = c.u16be();
  if (c.broken) return;
  association.result = RESULTS[result] ?? `result ${result}`;
  // A rejection has no information on the manager.
  if (protocol === PROTOCOL_20601 && c.u16be() > 0) association.managerId = party(c)?.id;
}

function data(flow: FlowContext, direction: Direction, c: Cursor, association: Association): void {
  c.u16be();
  c.u16be();
  const choice = c.u16be();
  c.u16be();
  if (c.broken) return;
  switch (choice) {
    case EVENT:
    case CONFIRMED_EVENT:
      association.reports++;
      association.agent ??= direction;
      if (choice === CONFIRMED_EVENT) association.confirmed++;
      c.skip(6);
      if (c.u16be() === CONFIGURATION_REPORT) association.configs++;
      return;
    case GET:
      association.gets++;
      return;
    case SET:
    case CONFIRMED_SET:
      association.sets++;
      return;
    case ACTION:
    case CONFIRMED_ACTION:
      association.actions++;
      return;
    case GET_RESULT:
      attributes(flow, direction, c, association);
      return;
    case ERROR:
    case REJECT:
      association.errors++;
  }
}

/** Attributes of the device (object 0). */
function attributes(flow: FlowContext, side: Direction, c: Cursor, association: Association): void {
  if (c.u16be() !== 0) return;
  const facts = newFacts();
  if (!readAttributes(c, facts)) flow.weird('phd_truncated');
  association.agent ??= side;
  association.systemId ??= facts.systemId;
  association.configId ??= facts.configurationId;
  if (facts.types.length > 0) association.types = facts.types;
  for (const { attribute, value } of facts.identity)
    flow.identity({ side, attribute, value, confidence: MAKERS_WORD });
  for (const type of facts.types)
    flow.identity({ side, attribute: 'type', value: specialization(type), confidence: MAKERS_WORD });
}

const specialization = (code: number): string => SPECIALIZATIONS[code] ?? `MDC ${code}`;

function newAssociation({ now, frame }: FlowContext): Association {
  return {
    ts: now,
    frame,
    last: now,
    agent: undefined,
    systemId: undefined,
    managerId: undefined,
    configId: undefined,
    types: [],
    result: undefined,
    ended: undefined,
    reports: 0,
    confirmed: 0,
    configs: 0,
    gets: 0,
    sets: 0,
    actions: 0,
    errors: 0,
  };
}

function finish(state: State): void {
  const { association, flow } = state;
  if (association === undefined) return;
  state.association = undefined;
  const { ts, frame, last, agent } = association;
  flow.emit(phdStream, {
    ts,
    frame,
    is_orig: agent === undefined ? undefined : agent === ORIG,
    system_id: association.systemId,
    manager_id: association.managerId,
    config_id: association.configId,
    types: association.types.length > 0 ? association.types.map(specialization) : undefined,
    result: association.result,
    ended: association.ended,
    reports: association.reports,
    confirmed_reports: association.confirmed,
    config_reports: association.configs,
    gets: association.gets,
    sets: association.sets,
    actions: association.actions,
    errors: association.errors,
    duration: secondsBetween(ts, last),
  });
}

export const phd = defineProtocol<State>({
  name: 'phd',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: KEEP * 2,
  streams: [phdStream],
  probe,
  open,
  feed(state, direction, bytes, from, to) {
    const consumed = feedPdus(state.sides[direction], bytes, from, to);
    if (consumed === DONE) finish(state);
    return consumed;
  },
  // Bytes that waited are gone; the next segment is tried as the beginning of a message.
  gap: () => undefined,
  close: finish,
});
