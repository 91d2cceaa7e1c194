/**
 * One HL7 v2 message, segment by segment (chapter 2): header fields from MSH, acknowledgement from MSA, identifiers
 * from PID, NK1, GT1 and IN1. Other segments are only counted. It knows nothing of framing or streams.
 * Limits: `MAX_SEGMENTS_READ` segments of a message are looked into.
 */
import type { FlowContext } from '../../../model/protocol.ts';
import type { Moment, RecordOf } from '../../../model/schema.ts';
import {
  collectIdentifiers,
  holdsIdentifiers,
  type Identifiers,
  LAST_IDENTIFIER_FIELD,
  newIdentifiers,
  phiItems,
} from './identifiers.ts';
import { hl7Stream } from './schema.ts';
import {
  componentText,
  fieldRanges,
  hasValue,
  parts,
  type Range,
  readSeparators,
  type Separators,
  unescaped,
} from './segment.ts';

/** Segments with identifiers or acknowledgements read of one message. */
const MAX_SEGMENTS_READ = 256;
/** MSH-18, the last header field read. */
const LAST_HEADER_FIELD = 18;
const LAST_ACK_FIELD = 2;
/** Longest control identifier (199 since version 2.7). */
const MAX_CONTROL_ID_BYTES = 199;

type Hl7Record = RecordOf<typeof hl7Stream>;

/** A message that is being read. */
export interface Message {
  readonly record: Hl7Record;
  readonly separators: Separators;
  readonly identifiers: Identifiers;
  /** MSH-10 as bytes. */
  readonly controlId: Uint8Array | undefined;
  /** MSA-2 as bytes. */
  acknowledges: Uint8Array | undefined;
  segments: number;
  segmentsRead: number;
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
  return segment === 'MSH' || segment === 'MSA' || holdsIdentifiers(segment);
}

/** Opens a message by its MSH segment, `bytes[0, length)`; undefined when that defines no separators. */
export function openMessage(bytes: Uint8Array, length: number, arrival: Arrival): Message | undefined {
  const separators = readSeparators(bytes, 0, length);
  if (separators === undefined || separators === 'unfinished') return undefined;
  const fields = fieldRanges(bytes, length, separators.field, LAST_HEADER_FIELD, true);
  const text = (field: number, component = 1) => componentText(bytes, fields[field], separators, component);
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
      processing_id: text(11),
      version: text(12),
      charset: text(18),
    },
    separators,
    identifiers: newIdentifiers(),
    controlId: wholeField(bytes, fields[10], separators),
    acknowledges: undefined,
    segments: 0,
    segmentsRead: 0,
    bytes: 0,
  };
}

/** Reads a segment of the message after MSH, `bytes[0, length)`. */
export function readSegment(message: Message, segment: string, bytes: Uint8Array, length: number): void {
  if (++message.segmentsRead > MAX_SEGMENTS_READ) return;
  const { separators, identifiers, record } = message;
  if (segment === 'MSA') {
    const fields = fieldRanges(bytes, length, separators.field, LAST_ACK_FIELD, false);
    record.ack_code = componentText(bytes, fields[1], separators, 1);
    message.acknowledges = wholeField(bytes, fields[2], separators);
  } else if (holdsIdentifiers(segment)) {
    const fields = fieldRanges(bytes, length, separators.field, LAST_IDENTIFIER_FIELD, false);
    collectIdentifiers(identifiers, segment, bytes, fields, separators);
  }
}

/** Emits the record of a message that is over, and what it said about patients. */
export function emitMessage(flow: FlowContext, message: Message, ackDelay: number | undefined): void {
  const { record, identifiers, controlId, acknowledges } = message;
  const items = phiItems(identifiers);
  flow.emit(hl7Stream, {
    ...record,
    control_id: controlId && flow.token('control_id', controlId),
    acked_control_id: acknowledges && flow.token('control_id', acknowledges),
    ack_delay: ackDelay,
    segments: message.segments,
    message_bytes: message.bytes,
    pid_kinds: items.length > 0 ? items.map(item => item.kind).sort() : undefined,
  });
  if (message.segmentsRead > MAX_SEGMENTS_READ) flow.weird('hl7_too_many_segments');
  if (items.length === 0) return;
  const { message_type: type = 'unknown', trigger_event: trigger } = record;
  flow.phi({ protocol: 'hl7', carrier: trigger === undefined ? type : `${type}^${trigger}`, items });
}

/** Codes of table 0076, 0003 and 0354; anything else could be free text and is not shown. */
function code(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9_]{1,20}$/.test(text) ? text : undefined;
}

function wholeField(
  bytes: Uint8Array,
  range: Range | undefined,
  separators: Separators,
): Uint8Array | undefined {
  const first = range && parts(bytes, range, separators.component, 1)[0];
  if (first === undefined || !hasValue(bytes, first)) return undefined;
  return unescaped(bytes, first, separators).slice(0, MAX_CONTROL_ID_BYTES);
}
