/**
 * Values of fields that identify a person, for tokens: how numbers, names, addresses, telephone numbers and dates are written
 * in fields with components (HL7 v2 chapter 2A; the records of laboratories, LIS02-A2, are written alike). Which fields of
 * which segments these are is not known here. Values never enter a record.
 * Limits: `MAX_REPETITIONS` per field; `MAX_VALUES` per message.
 */
import type { PhiKind } from '../../model/identifiers.ts';
import type { PhiItem } from '../../model/protocol.ts';
import { isPlain, isWrongIn, textIn } from './charset.ts';
import { type Fields, hasValue, parts, type Range, type Separators, unescaped } from './delimited.ts';

const MAX_REPETITIONS = 32;
const MAX_COMPONENTS = 12;
const MAX_VALUES = 256;
/** An address has the longest values there are. */
const MAX_VALUE_BYTES = 1024;
const CARET = 0x5e;

/**
 * How a field says what it says (chapter 2A): which of its components make up the value. `staff` and `ids` are of records of
 * laboratories: a person with or without a number, several numbers of one person.
 */
export type DataType =
  | 'id'
  | 'name'
  | 'person'
  | 'address'
  | 'phone'
  | 'date'
  | 'text'
  | 'query'
  | 'staff'
  | 'ids';

export interface IdentifierField {
  readonly field: number;
  readonly kind: PhiKind;
  readonly type: DataType;
}

/** Fields of one segment: `number kind type`. */
export function fields(...lines: readonly `${number} ${PhiKind} ${DataType}`[]): readonly IdentifierField[] {
  return lines.map(line => {
    const [field, kind, type] = line.split(' ');
    return { field: Number(field), kind: kind as PhiKind, type: type as DataType };
  });
}

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

/** Kind of an identifier that a query asks for, by the field it names (`@PID.5.1`, chapter 5). */
const KIND_BY_QUERY_FIELD: ReadonlyMap<string, PhiKind> = new Map(
  Object.entries({
    2: 'mrn',
    3: 'mrn',
    4: 'mrn',
    5: 'patient_name',
    6: 'mothers_maiden_name',
    7: 'birth_date',
    11: 'address',
    13: 'phone',
    18: 'account',
    19: 'ssn',
  } as const).map(([field, kind]) => [`@PID.${field}`, kind]),
);

/** Notes that a field tells of a patient, whatever it says. */
export function noteField(identifiers: Identifiers, segment: string, field: number): void {
  identifiers.fields.add(`${segment}-${field}`);
}

/**
 * Adds the identifiers of a segment whose fields were found.
 * @param offset how much lower a field's index is than its number: 1 where the name of a record is field 1
 */
export function collectFields(
  identifiers: Identifiers,
  segment: string,
  table: readonly IdentifierField[],
  found: Fields,
  separators: Separators,
  offset = 0,
): void {
  const { bytes } = found;
  for (const { field, kind, type } of table) {
    if (found.length(field - offset) === 0) continue;
    const before = identifiers.count;
    for (const repetition of parts(
      bytes,
      found.at(field - offset)!,
      separators.repetition,
      MAX_REPETITIONS,
    )) {
      if (!hasValue(bytes, repetition)) continue;
      const components = parts(bytes, repetition, separators.component, MAX_COMPONENTS);
      collectValue(identifiers, kind, type, bytes, components, separators);
    }
    if (identifiers.count > before) noteField(identifiers, segment, field);
  }
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
    case 'staff':
      add(identifiers, kind, joined([value(2), value(3), value(4)]) ?? value(1));
      return;
    case 'ids':
      for (let number = 1; number <= 3; number++) add(identifiers, kind, value(number));
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
