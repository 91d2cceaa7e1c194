/**
 * Which fields of a message identify a person, and their values for tokens (HL7 v2.8 chapters 3, 4, 6 and 7; the kinds are
 * named after the identifiers of HIPAA, 45 CFR 164.514(b)(2)). Values never enter a record; what does is which fields held
 * something, `PID-5`: those with identifiers, and those that say how a patient is (diagnosis, allergy, free text).
 *
 * Left out on purpose: sex, religion, marital status and dates of death, which identify nobody by themselves, the
 * insurance plan, which is a product, and the number of a doctor without a name. Values of observations and of Z
 * segments are not read: free text is only noticed.
 * Limits: `MAX_REPETITIONS` per field; `MAX_VALUES` per message.
 */
import type { PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import { isPlain, isWrongIn, textIn } from './charset.ts';
import { type Fields, hasValue, parts, type Range, type Separators, unescaped } from './segment.ts';

const MAX_REPETITIONS = 32;
const MAX_COMPONENTS = 12;
const MAX_VALUES = 256;
/** An address has the longest values there are. */
const MAX_VALUE_BYTES = 1024;
const CARET = 0x5e;

/** How a field says what it says (chapter 2A): which of its components make up the value. */
type DataType = 'id' | 'name' | 'person' | 'address' | 'phone' | 'date' | 'text' | 'query';

interface IdentifierField {
  readonly field: number;
  readonly kind: PhiKind;
  readonly type: DataType;
}

/** Fields of one segment: `number kind type`. */
function fields(...lines: readonly `${number} ${PhiKind} ${DataType}`[]): readonly IdentifierField[] {
  return lines.map(line => {
    const [field, kind, type] = line.split(' ');
    return { field: Number(field), kind: kind as PhiKind, type: type as DataType };
  });
}

const FIELDS: ReadonlyMap<string, readonly IdentifierField[]> = new Map([
  [
    'PID',
    fields(
      '2 mrn id',
      '3 mrn id',
      '4 mrn id',
      '5 patient_name name',
      '6 mothers_maiden_name name',
      '7 birth_date date',
      '9 alias name',
      '11 address address',
      '13 phone phone',
      '14 phone phone',
      '18 account id',
      '19 ssn text',
      '20 licence text',
      '21 mrn id',
      '40 phone phone',
    ),
  ],
  ['PD1', fields('4 physician_name person')],
  [
    'MRG',
    fields('1 mrn id', '2 mrn id', '3 account id', '4 mrn id', '5 admission_id id', '7 patient_name name'),
  ],
  [
    'NK1',
    fields(
      '2 relative_name name',
      '4 address address',
      '5 phone phone',
      '6 phone phone',
      '16 birth_date date',
      '30 relative_name name',
      '31 phone phone',
      '32 address address',
      '37 ssn text',
    ),
  ],
  [
    'GT1',
    fields(
      '2 account id',
      '3 relative_name name',
      '4 relative_name name',
      '5 address address',
      '6 phone phone',
      '7 phone phone',
      '8 birth_date date',
      '12 ssn text',
    ),
  ],
  [
    'IN1',
    fields(
      '16 relative_name name',
      '18 birth_date date',
      '19 address address',
      '36 insurance_id text',
      '49 insurance_id id',
    ),
  ],
  [
    'PV1',
    fields(
      '5 admission_id id',
      '7 physician_name person',
      '8 physician_name person',
      '9 physician_name person',
      '17 physician_name person',
      '19 admission_id id',
      '50 admission_id id',
      '52 physician_name person',
    ),
  ],
  ['ORC', fields('2 accession id', '3 accession id', '10 operator_name person', '12 physician_name person')],
  [
    'OBR',
    fields(
      '2 accession id',
      '3 accession id',
      '10 operator_name person',
      '16 physician_name person',
      '28 physician_name person',
    ),
  ],
  ['OBX', fields('16 operator_name person')],
  ['PRT', fields('5 physician_name person')],
  ['QRD', fields('8 mrn person')],
  ['QPD', fields('3 mrn query')],
]);

/** Fields that tell of a patient and hold no identifier. */
const TELLING: ReadonlyMap<string, readonly number[]> = new Map([
  ['PV1', [3]],
  ['DG1', [3]],
  ['AL1', [3]],
  ['NTE', [3]],
]);

/** Kind of an identifier that a query asks for, by the field it names (`@PID.5.1`, chapter 5). */
const KIND_BY_QUERY_FIELD: ReadonlyMap<string, PhiKind> = new Map(
  (FIELDS.get('PID') ?? []).map(({ field, kind }) => [`@PID.${field}`, kind]),
);

/** Identifier type codes of CX.5 (table 0203) that name another kind than the field they stand in. */
const KIND_BY_TYPE_CODE: ReadonlyMap<string, PhiKind> = new Map<string, PhiKind>([
  ['MR', 'mrn'],
  ['SS', 'ssn'],
  ['DL', 'licence'],
  ['AN', 'account'],
  ['MA', 'insurance_id'],
  ['MC', 'insurance_id'],
  ['HC', 'insurance_id'],
]);

/** Identifiers of one message, by kind. */
export interface Identifiers {
  readonly values: Map<PhiKind, (Uint8Array | string)[]>;
  /** Fields that held an identifier or tell of a patient: `PID-5`. */
  readonly fields: Set<string>;
  /** MSH-18 of the message. */
  readonly charset: string | undefined;
  /** A value was wrong in the declared character set. */
  wrongCharset: boolean;
  count: number;
}

/** Nothing found yet. */
export function newIdentifiers(charset?: string): Identifiers {
  return { values: new Map(), fields: new Set(), charset, wrongCharset: false, count: 0 };
}

/** Whether segments of this name are read for identifiers. */
export function holdsIdentifiers(segment: string): boolean {
  return FIELDS.has(segment) || TELLING.has(segment);
}

/** Notes that a field tells of a patient, whatever it says. */
export function noteField(identifiers: Identifiers, segment: string, field: number): void {
  identifiers.fields.add(`${segment}-${field}`);
}

/** Adds the identifiers of a segment whose fields were found. */
export function collectIdentifiers(
  identifiers: Identifiers,
  segment: string,
  found: Fields,
  separators: Separators,
): void {
  const { bytes } = found;
  for (const { field, kind, type } of FIELDS.get(segment) ?? []) {
    if (found.length(field) === 0) continue;
    const before = identifiers.count;
    for (const repetition of parts(bytes, found.at(field)!, separators.repetition, MAX_REPETITIONS)) {
      if (!hasValue(bytes, repetition)) continue;
      const components = parts(bytes, repetition, separators.component, MAX_COMPONENTS);
      collectValue(identifiers, kind, type, bytes, components, separators);
    }
    if (identifiers.count > before) noteField(identifiers, segment, field);
  }
  for (const field of TELLING.get(segment) ?? [])
    if (found.has(field)) noteField(identifiers, segment, field);
}

/** The identifiers as `flow.phi` takes them; the order of kinds is that of the fields read. */
export function phiItems(identifiers: Identifiers): PhiItem[] {
  return [...identifiers.values].map(([kind, values]) => ({ kind, values }));
}

function collectValue(
  identifiers: Identifiers,
  kind: PhiKind,
  type: DataType,
  bytes: Uint8Array,
  components: readonly Range[],
  separators: Separators,
): void {
  const value = (number: number) => componentValue(bytes, components, number, separators);
  switch (type) {
    case 'id': {
      // CX: identifier, check digit, its scheme, authority, type code.
      const code = value(5);
      const named = code && KIND_BY_TYPE_CODE.get(String.fromCharCode(...code.subarray(0, 8)));
      add(identifiers, named ?? kind, value(1));
      return;
    }
    case 'name':
      // XPN: family, given, further given names: what a DICOM name is reduced to as well.
      add(identifiers, kind, joined([value(1), value(2), value(3)]));
      return;
    case 'person':
      // XCN: number, family, given, further given names. A query for a patient (QRD-8) names the number too.
      if (kind === 'mrn') add(identifiers, kind, value(1));
      add(identifiers, kind === 'mrn' ? 'patient_name' : kind, joined([value(2), value(3), value(4)]));
      return;
    case 'query': {
      // QIP: the field asked for, what it must be.
      const asked = value(1) && String.fromCharCode(...value(1)!.subarray(0, 16));
      const of = asked && KIND_BY_QUERY_FIELD.get(/^@PID\.\d+/.exec(asked)?.[0] ?? '');
      if (of) add(identifiers, of, value(2));
      return;
    }
    case 'address':
      // XAD: street, other designation, city, state, postal code. State and country alone identify nobody.
      if (value(1) ?? value(2) ?? value(3) ?? value(5)) {
        add(identifiers, kind, joined([value(1), value(2), value(3), value(4), value(5)]));
      }
      return;
    case 'phone':
      // XTN: number, use, equipment, e-mail, country, area, local number … unformatted number (12th, since 2.7).
      add(identifiers, kind, value(1) ?? value(12) ?? joined([value(6), value(7)]));
      add(identifiers, 'email', value(4));
      return;
    case 'date':
      // Year, month and day of a time stamp, as in a DICOM date.
      add(identifiers, kind, dateOf(value(1)));
      return;
    case 'text':
      add(identifiers, kind, value(1));
      return;
  }
}

/** The date in a time stamp; undefined when it does not begin with a year. */
function dateOf(value: Uint8Array | undefined): Uint8Array | undefined {
  const date = value?.subarray(0, 8);
  const isYear = date !== undefined && date.length >= 4 && date.subarray(0, 4).every(isDigit);
  return isYear ? date : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Value of a component, its first subcomponent; undefined when it is empty or null. */
function componentValue(
  bytes: Uint8Array,
  components: readonly Range[],
  number: number,
  separators: Separators,
): Uint8Array | undefined {
  const component = components[number - 1];
  if (component === undefined) return undefined;
  const first = parts(bytes, component, separators.subcomponent, 1)[0];
  return first && hasValue(bytes, first) ? unescaped(bytes, first, separators) : undefined;
}

/** Values with a caret between them, missing ones at the end left out; undefined when there is none. */
function joined(values: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const last = values.findLastIndex(value => value !== undefined);
  if (last < 0) return undefined;
  let length = last;
  for (const value of values) length += value?.length ?? 0;
  const result = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i <= last; i++) {
    if (i > 0) result[at++] = CARET;
    const value = values[i];
    if (value === undefined) continue;
    result.set(value, at);
    at += value.length;
  }
  return result;
}

function add(identifiers: Identifiers, kind: PhiKind, value: Uint8Array | undefined): void {
  if (value === undefined || value.length === 0) return;
  // Counted even when it is known or one too many: the field held something.
  identifiers.count++;
  if (identifiers.count > MAX_VALUES) return;
  const kept = value.subarray(0, MAX_VALUE_BYTES);
  const { charset } = identifiers;
  const plain = isPlain(kept);
  if (!plain && charset !== undefined && isWrongIn(charset, kept)) identifiers.wrongCharset = true;
  const shown = plain ? kept : textIn(charset, kept);
  const list = identifiers.values.get(kind);
  if (list === undefined) identifiers.values.set(kind, [shown]);
  else if (!list.some(known => isSame(known, shown))) list.push(shown);
}

function isSame(a: Uint8Array | string, b: Uint8Array | string): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
