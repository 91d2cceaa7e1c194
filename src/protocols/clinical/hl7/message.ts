/**
 * One HL7 v2 message, segment by segment (chapter 2): header fields from MSH, acknowledgement from MSA and ERR, identifiers
 * (`identifiers.ts`), observations and doses (`observation.ts`), devices (`equipment.ts`). Other segments are only
 * counted. It knows nothing of framing or streams.
 * Limits: `MAX_SEGMENTS_READ` segments of a message are looked into for identifiers.
 */
import { type FlowContext, ORIG, RESP } from '../../../model/protocol.ts';
import type { Moment, RecordOf } from '../../../model/schema.ts';
import { componentText, Fields, hasValue, parts, type Separators, unescaped } from '../delimited.ts';
import { type Identifiers, newIdentifiers, phiItems } from '../person-fields.ts';
import { type Equipment, newEquipment, readParticipation } from './equipment.ts';
import { collectIdentifiers, holdsIdentifiers } from './identifiers.ts';
import {
  digestOf,
  isDose,
  newObservations,
  type Observations,
  readDose,
  readObservation,
} from './observation.ts';
import { hl7Stream } from './schema.ts';
import { readSeparators } from './segment.ts';

/** Segments with identifiers or acknowledgements read of one message. */
const MAX_SEGMENTS_READ = 1024;
/** Longest control identifier (199 since version 2.7). */
const MAX_CONTROL_ID_BYTES = 199;

type Hl7Record = RecordOf<typeof hl7Stream>;

/** A message that is being read. */
export interface Message {
  readonly record: Hl7Record;
  readonly separators: Separators;
  readonly identifiers: Identifiers;
  readonly observations: Observations;
  readonly equipment: Equipment;
  /** MSH-21.1. It is not shown: behind a damaged end of the header it is the next segment's. */
  readonly profile: string | undefined;
  /** MSH-10 as bytes. */
  readonly controlId: Uint8Array | undefined;
  /** MSA-2 as bytes. */
  acknowledges: Uint8Array | undefined;
  segments: number;
  segmentsRead: number;
  orders: number;
  local: number;
  bytes: number;
}

/** How and when a message arrived. */
export interface Arrival {
  readonly ts: Moment;
  readonly frame: number;
  readonly isOrig: boolean;
  readonly batch: boolean;
  readonly framed: boolean;
}

/** Whether segments of this name are looked into. */
export function isRead(segment: string): boolean {
  return segment !== '' && segment !== 'BTS' && segment !== 'FTS';
}

/** Opens a message by its MSH segment, `bytes[from, to)`; undefined when that defines no separators. */
export function openMessage(
  bytes: Uint8Array,
  from: number,
  to: number,
  arrival: Arrival,
  fields = new Fields(),
): Message | undefined {
  const separators = readSeparators(bytes, from, to);
  if (separators === undefined || separators === 'unfinished') return undefined;
  fields.read(bytes, from, to, separators.field, true);
  const charset = componentText(fields, 18, separators);
  const text = (field: number, component = 1) => componentText(fields, field, separators, component, charset);
  return {
    record: {
      ts: arrival.ts,
      frame: arrival.frame,
      is_orig: arrival.isOrig,
      batch: arrival.batch,
      framed: arrival.framed,
      message_type: code(text(9)),
      trigger_event: code(text(9, 2)),
      message_structure: code(text(9, 3)),
      sending_app: text(3) ?? text(3, 2),
      sending_app_id: text(3, 2),
      sending_facility: text(4) ?? text(4, 2),
      receiving_app: text(5) ?? text(5, 2),
      receiving_facility: text(6) ?? text(6, 2),
      message_time: timeStamp(text(7)),
      processing_id: text(11),
      version: text(12),
      accept_ack: code(text(15)),
      application_ack: code(text(16)),
      charset,
    },
    profile: text(21),
    separators,
    identifiers: newIdentifiers(charset),
    observations: newObservations(),
    equipment: newEquipment(),
    controlId: wholeField(fields, 10, separators),
    acknowledges: undefined,
    segments: 0,
    segmentsRead: 0,
    orders: 0,
    local: 0,
    bytes: 0,
  };
}

/** Reads a segment of the message after MSH, of which `isRead` holds and whose fields were found. */
export function readSegment(message: Message, segment: string, fields: Fields): void {
  const { separators, record, equipment, identifiers } = message;
  if (segment === 'OBX') {
    readObservation(message.observations, equipment, identifiers, fields, separators);
    return;
  }
  if (++message.segmentsRead > MAX_SEGMENTS_READ) return;
  if (segment === 'OBR') message.orders++;
  if (segment === 'MSA') {
    record.ack_code = componentText(fields, 1, separators);
    record.error_code = componentText(fields, 6, separators);
    message.acknowledges = wholeField(fields, 2, separators);
  } else if (segment === 'ERR') {
    // ERR-1, until version 2.5, ends with the code: segment, sequence, field, code and text.
    const old = componentText(fields, 1, separators, 4)?.split(SUBCOMPONENT, 1)[0];
    record.error_code ??= componentText(fields, 3, separators) ?? old;
    record.error_severity ??= code(componentText(fields, 4, separators));
  } else if (isDose(segment)) {
    readDose(message.observations, fields);
  } else if (holdsIdentifiers(segment)) {
    collectIdentifiers(identifiers, segment, fields, separators);
    if (segment === 'PRT') readParticipation(equipment, fields, separators);
    else if (segment === 'PV1') record.location = location(fields, separators);
  }
}

const SUBCOMPONENT = '&';

/** PV1-3: point of care, room, bed. */
function location(fields: Fields, separators: Separators): string | undefined {
  const place = [1, 2, 3].map(number => componentText(fields, 3, separators, number));
  return place.filter(part => part !== undefined).join(' ') || undefined;
}

/** What is known of the message that this one acknowledges. */
export interface Acknowledged {
  /** Seconds from it to this one. */
  readonly delay: number;
  readonly type: string;
}

/** Emits the record of a message that is over, and what it said about patients and devices. */
export function emitMessage(flow: FlowContext, message: Message, acknowledged?: Acknowledged): void {
  const { record, identifiers, controlId, acknowledges, observations, equipment } = message;
  const items = phiItems(identifiers);
  const type = typeOf(record);
  const values = digestOf(observations);
  const { ts, frame, is_orig: isOrig, location: place } = record;
  record.control_id = controlId && flow.token('control_id', controlId);
  record.acked_control_id = acknowledges && flow.token('control_id', acknowledges);
  record.acked_type = acknowledged?.type;
  record.ack_delay = acknowledged?.delay;
  record.segments = message.segments;
  record.message_bytes = message.bytes;
  record.orders = message.orders;
  record.observations = observations.count;
  record.local_segments = message.local;
  record.values = values === undefined ? undefined : flow.token('hl7_values', values);
  record.ihe_transaction = transaction(message);
  if (equipment.devices.size > 0) record.equipment = [...equipment.devices];
  if (identifiers.fields.size > 0) record.phi_fields = [...identifiers.fields].sort();
  if (items.length > 0) record.pid_kinds = items.map(item => item.kind).sort();
  flow.emit(hl7Stream, record);
  if (message.segmentsRead > MAX_SEGMENTS_READ) flow.weird('hl7_too_many_segments');
  if (identifiers.wrongCharset) flow.weird('hl7_wrong_charset', record.charset);
  // An order names the pump that it is for: who receives it speaks for that.
  const side = (isOrig === true) === (record.message_type !== 'RGV') ? ORIG : RESP;
  for (const said of equipment.said)
    flow.identity({ side, ...said, behind: true, confidence: 0.8, source: 'hl7', ts, frame });
  if (place !== undefined && equipment.devices.size > 0) {
    flow.identity({ side, attribute: 'location', value: place, behind: true, source: 'hl7', ts, frame });
  }
  if (items.length > 0) flow.phi({ protocol: 'hl7', carrier: type, items });
}

/** Message code and trigger event: `ORU^R01`. */
export function typeOf({ message_type: type = 'unknown', trigger_event: trigger }: Hl7Record): string {
  return trigger === undefined ? type : `${type}^${trigger}`;
}

/**
 * The transaction of the IHE device framework (volume 2): what the profile of the message says (MSH-21), else its event, which
 * for results is only one of devices when codes of IEEE 11073 are observed.
 */
function transaction({ record, profile, observations }: Message): string | undefined {
  const named = /^IHE[_ ]PCD[_ ]0?(\d\d)\b/.exec(profile ?? '')?.[1];
  if (named !== undefined) return `PCD-${named}`;
  const type = typeOf(record);
  return type === 'ORU^R01' && observations.mdc === 0 ? undefined : TRANSACTIONS.get(type);
}

const TRANSACTIONS: ReadonlyMap<string, string> = new Map([
  ['ORU^R01', 'PCD-01'],
  ['RGV^O15', 'PCD-03'],
  ['ORU^R40', 'PCD-04'],
  ['ORA^R41', 'PCD-05'],
  ['ORU^R42', 'PCD-10'],
]);

/** Codes of HL7 tables; anything else could be free text and is not shown. */
function code(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9_]{1,20}$/.test(text) ? text : undefined;
}

/** A time stamp (chapter 2A, DTM): from the year to fractions of a second, with its time zone. */
function timeStamp(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4,14}(?:\.\d{1,4})?(?:[+-]\d{4})?$/.test(text) ? text : undefined;
}

function wholeField(fields: Fields, field: number, separators: Separators): Uint8Array | undefined {
  const { bytes } = fields;
  const range = fields.at(field);
  const first = range && parts(bytes, range, separators.component, 1)[0];
  if (first === undefined || !hasValue(bytes, first)) return undefined;
  return unescaped(bytes, first, separators).slice(0, MAX_CONTROL_ID_BYTES);
}
