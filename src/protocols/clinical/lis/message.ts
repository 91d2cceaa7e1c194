/**
 * One message of ASTM E1394 (LIS02-A2), record by record: header (H), patients (P), orders (O), results (R), comments (C),
 * queries (Q), records of the manufacturer (M), scientific ones (S), terminator (L). Fields are numbered as in the standard:
 * the letter is field 1. The header defines the separators; they may be others in every message.
 *
 * Values of results are not read. The access password of a header (H-4) is reported as a login. Limits: those of
 * `person-fields.ts`; `MAX_INSTRUMENTS`.
 */
import type { FlowContext } from '../../../model/protocol.ts';
import { ORIG, RESP } from '../../../model/protocol.ts';
import type { Moment, RecordOf } from '../../../model/schema.ts';
import { componentText, Fields, parts, type Separators, unescaped } from '../delimited.ts';
import {
  collectFields,
  fields as fieldsOf,
  type IdentifierField,
  type Identifiers,
  newIdentifiers,
  phiItems,
} from '../person-fields.ts';
import { lisStream } from './schema.ts';

const MAX_INSTRUMENTS = 16;
const MAX_SENDER = 128;
const MAX_CONTROL_ID_BYTES = 64;
const LETTER_H = 0x48;
const CR = 0x0d;
/** The letter, the field separator, the three others and what follows them. */
export const HEADER_BYTES = 6;

const PERSONS: ReadonlyMap<string, readonly IdentifierField[]> = new Map([
  [
    'P',
    fieldsOf(
      '3 mrn ids',
      '4 mrn ids',
      '5 mrn ids',
      '6 patient_name name',
      '7 mothers_maiden_name name',
      '8 birth_date date',
      '11 address address',
      '13 phone text',
      '14 physician_name staff',
    ),
  ],
  ['O', fieldsOf('3 specimen_id text', '11 operator_name staff', '17 physician_name staff', '18 phone text')],
  ['R', fieldsOf('11 operator_name staff')],
  ['Q', fieldsOf('3 specimen_id ids', '4 specimen_id ids', '10 physician_name staff')],
]);

type Counter = 'patients' | 'orders' | 'results' | 'comments' | 'queries' | 'manufacturer' | 'scientific';

const COUNTERS: Readonly<Record<string, Counter>> = {
  P: 'patients',
  O: 'orders',
  R: 'results',
  C: 'comments',
  Q: 'queries',
  M: 'manufacturer',
  S: 'scientific',
};

/** What the frames around a message showed. */
export interface Framing {
  framed: boolean;
  frames: number;
  retransmissions: number;
  checksumErrors: number;
  naks: number;
}

/** A message that is being read. */
export interface LisMessage {
  readonly record: RecordOf<typeof lisStream>;
  readonly separators: Separators;
  readonly identifiers: Identifiers;
  readonly counts: Record<Counter, number>;
  readonly instruments: Set<string>;
  readonly password: Uint8Array | undefined;
  readonly controlId: Uint8Array | undefined;
  bytes: number;
}

/** Whether these bytes begin a header record; `unsure` when they are too few to tell. */
export function probeHeader(bytes: Uint8Array, at: number, to: number): 'match' | 'unsure' | 'no' {
  if (at >= to) return 'unsure';
  if (bytes[at] !== LETTER_H) return 'no';
  const end = Math.min(to, at + HEADER_BYTES - 1);
  for (let i = at + 1; i < end; i++) {
    if (!isPunctuation(bytes[i]!)) return 'no';
    for (let other = at + 1; other < i; other++) if (bytes[other] === bytes[i]) return 'no';
  }
  if (to - at < HEADER_BYTES) return 'unsure';
  const next = bytes[at + HEADER_BYTES - 1];
  return next === bytes[at + 1] || next === CR ? 'match' : 'no';
}

function isPunctuation(byte: number): boolean {
  return (
    (byte >= 0x21 && byte <= 0x2f) ||
    (byte >= 0x3a && byte <= 0x40) ||
    (byte >= 0x5b && byte <= 0x60) ||
    (byte >= 0x7b && byte <= 0x7e)
  );
}

/** Opens a message by its header record, `bytes[0, length)`, which `probeHeader` knows. */
export function openMessage(
  bytes: Uint8Array,
  length: number,
  arrival: { ts: Moment; frame: number; isOrig: boolean },
): LisMessage {
  const separators: Separators = {
    field: bytes[1]!,
    repetition: bytes[2]!,
    component: bytes[3]!,
    escape: bytes[4]!,
    subcomponent: 0,
  };
  const fields = new Fields().read(bytes, 0, length, separators.field);
  const text = (field: number, component = 1) => componentText(fields, field - 1, separators, component);
  const time = text(14);
  return {
    record: {
      ts: arrival.ts,
      frame: arrival.frame,
      is_orig: arrival.isOrig,
      sender: joinedText(fields, 5, separators),
      receiver: joinedText(fields, 10, separators),
      processing_id: text(12),
      version: text(13),
      message_time: time !== undefined && /^\d{4,14}$/.test(time) ? time : undefined,
    },
    separators,
    identifiers: newIdentifiers(),
    counts: { patients: 0, orders: 0, results: 0, comments: 0, queries: 0, manufacturer: 0, scientific: 0 },
    instruments: new Set(),
    password: bytesOf(fields, 4, separators),
    controlId: bytesOf(fields, 3, separators),
    bytes: length,
  };
}

/** Reads a record behind the header, `bytes[0, length)`. True when it ends the message. */
export function readRecord(message: LisMessage, bytes: Uint8Array, length: number): boolean {
  const { separators, counts, identifiers, instruments, record } = message;
  message.bytes += length;
  const letter = String.fromCharCode(bytes[0]!).toUpperCase();
  const fields = new Fields().read(bytes, 0, length, separators.field);
  const counter = COUNTERS[letter];
  if (counter !== undefined) counts[counter]++;
  const table = PERSONS.get(letter);
  if (table !== undefined) collectFields(identifiers, letter, table, fields, separators, 1);
  if (letter === 'R' && instruments.size < MAX_INSTRUMENTS) {
    const instrument = joinedText(fields, 14, separators);
    if (instrument !== undefined) instruments.add(instrument);
  }
  if (letter !== 'L') return false;
  record.complete = true;
  const code = componentText(fields, 2, separators);
  record.termination = code !== undefined && /^[A-Z]$/i.test(code) ? code : undefined;
  return true;
}

/** Components of a field with blanks between; blanks around each are cut. */
function joinedText(fields: Fields, field: number, separators: Separators): string | undefined {
  const all = [1, 2, 3, 4].map(number => componentText(fields, field - 1, separators, number));
  return (
    all
      .filter(part => part !== undefined)
      .join(' ')
      .slice(0, MAX_SENDER) || undefined
  );
}

function bytesOf(fields: Fields, field: number, separators: Separators): Uint8Array | undefined {
  if (!fields.has(field - 1)) return undefined;
  const first = parts(fields.bytes, fields.at(field - 1)!, separators.component, 1)[0]!;
  const value = unescaped(fields.bytes, first, separators).slice(0, MAX_CONTROL_ID_BYTES);
  return value.length > 0 ? value : undefined;
}

/** Emits the record of a message that is over, and what it said about persons and the analyzer. */
export function emitMessage(flow: FlowContext, message: LisMessage, framing: Framing): void {
  const { record, counts, identifiers, instruments, controlId, password, bytes } = message;
  const content = contentOf(counts);
  const items = phiItems(identifiers);
  const { ts, frame, sender } = record;
  flow.emit(lisStream, {
    ...record,
    ...counts,
    content,
    control_id: controlId && flow.token('control_id', controlId),
    complete: record.complete ?? false,
    framed: framing.framed,
    frames: framing.frames,
    retransmissions: framing.retransmissions,
    checksum_errors: framing.checksumErrors,
    naks: framing.naks,
    message_bytes: bytes,
    instruments: instruments.size > 0 ? [...instruments] : undefined,
    phi_fields: identifiers.fields.size > 0 ? [...identifiers.fields].sort() : undefined,
    kinds: items.length > 0 ? items.map(item => item.kind).sort() : undefined,
  });
  if (password !== undefined) {
    const login = { protocol: 'lis', secret: password, secretKind: 'password' } as const;
    flow.credentials(ts === undefined ? login : { ...login, ts });
  }
  if (items.length > 0) flow.phi({ protocol: 'lis', carrier: content, items });
  // Who measures or asks what to measure is the analyzer: its header names it.
  if (content === 'results' || content === 'query') {
    const side = record.is_orig === true ? ORIG : RESP;
    flow.identity({ side, attribute: 'model', value: sender, confidence: 0.5, ts, frame });
  }
}

function contentOf({ results, queries, orders }: Record<Counter, number>): string {
  if (results > 0) return 'results';
  if (queries > 0) return 'query';
  return orders > 0 ? 'orders' : 'other';
}
