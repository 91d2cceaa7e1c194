/**
 * One observation or dose of a message (OBX; RXO, RXE, RXG, RXD, RXA): whose device, whether its code is of IEEE 11073
 * (MDC), whether it is free text, and a digest of what it says, so that the same message with other values can be told.
 * The value itself is never kept.
 *
 * The digest is 64 bits of two multiplicative hashes over code, sub-identifier, value and units (OBX-3 to 6), or over all of
 * a dose: what a man in the middle changes. It is no cryptographic one (this runs for every byte of observations); what
 * leaves the decoder is a keyed token of it. Whoever can choose values freely could make two that collide; that is
 * beyond changing a heart rate.
 */
import { latin1 } from '../../../bytes/text.ts';
import type { Fields, Separators } from '../delimited.ts';
import { type Identifiers, noteField } from '../person-fields.ts';
import { type Equipment, readAttribute, readObservedEquipment } from './equipment.ts';
import { collectIdentifiers } from './identifiers.ts';

const LAST_DIGESTED_FIELD = 6;

/** What the observations of one message have in common. */
export interface Observations {
  count: number;
  doses: number;
  /** Observations coded in MDC. */
  mdc: number;
  high: number;
  low: number;
}

/** None yet. */
export function newObservations(): Observations {
  return { count: 0, doses: 0, mdc: 0, high: 0x811c9dc5 | 0, low: 0x2545f491 | 0 };
}

/** Segments that order, give or dispense a medicine (chapter 4A): all of them is digested. */
export function isDose(segment: string): boolean {
  return segment.charCodeAt(0) === 0x52 && segment.charCodeAt(1) === 0x58;
}

/** Takes in the bytes of a dose. */
export function readDose(observations: Observations, fields: Fields): void {
  observations.doses++;
  digest(observations, fields.bytes, fields.start(0), fields.end(fields.count - 1));
}

/** Takes in an observation whose fields were found. */
export function readObservation(
  observations: Observations,
  equipment: Equipment,
  identifiers: Identifiers,
  fields: Fields,
  separators: Separators,
): void {
  const { bytes } = fields;
  observations.count++;
  if (fields.count > 3) {
    digest(observations, bytes, fields.start(3), fields.end(Math.min(LAST_DIGESTED_FIELD, fields.count - 1)));
    const code = mdcName(bytes, fields.start(3), fields.end(3), separators.component);
    if (code > 0) {
      observations.mdc++;
      // Names of equipment begin with MDC_ID, MDC_ATTR or MDC_DEV: the rest of the world is not made into text.
      const initial = bytes[code + 4];
      if (initial === 0x49 || initial === 0x41 || initial === 0x44) {
        readAttribute(
          equipment,
          nameAt(bytes, code, fields.end(3), separators.component),
          fields,
          separators,
        );
      }
    }
  }
  if (isFreeText(bytes, fields) && fields.has(5)) noteField(identifiers, 'OBX', 5);
  if (fields.length(16) > 0) collectIdentifiers(identifiers, 'OBX', fields, separators);
  readObservedEquipment(equipment, fields, separators);
}

/** A digest of everything taken in, as 16 hexadecimal digits; undefined when nothing was. */
export function digestOf({ count, doses, high, low }: Observations): string | undefined {
  if (count + doses === 0) return undefined;
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

function digest(observations: Observations, bytes: Uint8Array, from: number, to: number): void {
  let { high, low } = observations;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    high = Math.imul(high ^ byte, 0x01000193);
    low = (Math.imul(low, 0x5bd1e995) + byte) | 0;
  }
  // Where one observation ends and the next begins counts too.
  observations.high = Math.imul(high ^ 0x100, 0x01000193);
  observations.low = Math.imul(low, 0x5bd1e995) ^ 0x100;
}

/** Where `MDC_…` begins as the second component of a code (CWE), or -1. */
function mdcName(bytes: Uint8Array, from: number, to: number, component: number): number {
  let at = from;
  while (at < to && bytes[at] !== component) at++;
  at++;
  return at + 4 < to &&
    bytes[at] === 0x4d &&
    bytes[at + 1] === 0x44 &&
    bytes[at + 2] === 0x43 &&
    bytes[at + 3] === 0x5f
    ? at
    : -1;
}

const MAX_NAME = 40;

function nameAt(bytes: Uint8Array, at: number, to: number, component: number): string {
  let end = at;
  while (end < to && end < at + MAX_NAME && bytes[end] !== component) end++;
  return latin1(bytes, at, end);
}

/** OBX-2: text, formatted text, an embedded document, a pointer to one. */
function isFreeText(bytes: Uint8Array, fields: Fields): boolean {
  if (fields.length(2) !== 2) return false;
  const at = fields.start(2);
  const code = (bytes[at]! << 8) | bytes[at + 1]!;
  return code === 0x5458 || code === 0x4654 || code === 0x4544 || code === 0x5250;
}
