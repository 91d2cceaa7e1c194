/**
 * Which fields of PID, NK1, GT1 and IN1 identify a person, and their values for tokens (HL7 v2.8 chapters 3 and 6; the
 * kinds are named after the identifiers of HIPAA, 45 CFR 164.514(b)(2)). Values never enter a record.
 *
 * Left out on purpose: sex, religion, marital status and dates of death, which identify nobody by themselves, and the
 * insurance plan, which is a product. Fields of other segments (PV1, OBX, ZXX …) are not read.
 * Limits: `MAX_REPETITIONS` per field; `MAX_VALUES` per message.
 */
import type { PhiItem } from '../../../model/protocol.ts';
import { hasValue, parts, type Range, type Separators, unescaped } from './segment.ts';

const MAX_REPETITIONS = 32;
const MAX_COMPONENTS = 12;
const MAX_VALUES = 256;
const CARET = 0x5e;

/** How a field says what it says (chapter 2A): which of its components make up the value. */
type DataType = 'id' | 'name' | 'address' | 'phone' | 'date' | 'text';

interface IdentifierField {
  readonly field: number;
  readonly kind: string;
  readonly type: DataType;
}

const FIELDS: ReadonlyMap<string, readonly IdentifierField[]> = new Map([
  [
    'PID',
    [
      { field: 2, kind: 'mrn', type: 'id' },
      { field: 3, kind: 'mrn', type: 'id' },
      { field: 4, kind: 'mrn', type: 'id' },
      { field: 5, kind: 'patient_name', type: 'name' },
      { field: 6, kind: 'mothers_maiden_name', type: 'name' },
      { field: 7, kind: 'birth_date', type: 'date' },
      { field: 9, kind: 'alias', type: 'name' },
      { field: 11, kind: 'address', type: 'address' },
      { field: 13, kind: 'phone', type: 'phone' },
      { field: 14, kind: 'phone', type: 'phone' },
      { field: 18, kind: 'account', type: 'id' },
      { field: 19, kind: 'ssn', type: 'text' },
      { field: 20, kind: 'licence', type: 'text' },
    ],
  ],
  [
    'NK1',
    [
      { field: 2, kind: 'relative_name', type: 'name' },
      { field: 4, kind: 'address', type: 'address' },
      { field: 5, kind: 'phone', type: 'phone' },
      { field: 6, kind: 'phone', type: 'phone' },
      { field: 16, kind: 'birth_date', type: 'date' },
      { field: 30, kind: 'relative_name', type: 'name' },
      { field: 31, kind: 'phone', type: 'phone' },
      { field: 32, kind: 'address', type: 'address' },
      { field: 37, kind: 'ssn', type: 'text' },
    ],
  ],
  [
    'GT1',
    [
      { field: 2, kind: 'account', type: 'id' },
      { field: 3, kind: 'relative_name', type: 'name' },
      { field: 4, kind: 'relative_name', type: 'name' },
      { field: 5, kind: 'address', type: 'address' },
      { field: 6, kind: 'phone', type: 'phone' },
      { field: 7, kind: 'phone', type: 'phone' },
      { field: 8, kind: 'birth_date', type: 'date' },
      { field: 12, kind: 'ssn', type: 'text' },
    ],
  ],
  [
    'IN1',
    [
      { field: 16, kind: 'relative_name', type: 'name' },
      { field: 18, kind: 'birth_date', type: 'date' },
      { field: 19, kind: 'address', type: 'address' },
      { field: 36, kind: 'insurance_id', type: 'text' },
      { field: 49, kind: 'insurance_id', type: 'id' },
    ],
  ],
]);

/** Last field of any of these segments that is read. */
export const LAST_IDENTIFIER_FIELD = 49;

/** Identifier type codes of CX.5 (table 0203) that name another kind than the field they stand in. */
const KIND_BY_TYPE_CODE: ReadonlyMap<string, string> = new Map([
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
  readonly values: Map<string, Uint8Array[]>;
  count: number;
}

/** Nothing found yet. */
export function newIdentifiers(): Identifiers {
  return { values: new Map(), count: 0 };
}

/** Whether segments of this name are read for identifiers. */
export function holdsIdentifiers(segment: string): boolean {
  return FIELDS.has(segment);
}

/** Adds the identifiers of a segment, given the ranges of its fields in `bytes`. */
export function collectIdentifiers(
  identifiers: Identifiers,
  segment: string,
  bytes: Uint8Array,
  fields: readonly Range[],
  separators: Separators,
): void {
  for (const { field, kind, type } of FIELDS.get(segment) ?? []) {
    const range = fields[field];
    if (range === undefined || range.from === range.to) continue;
    for (const repetition of parts(bytes, range, separators.repetition, MAX_REPETITIONS)) {
      if (!hasValue(bytes, repetition)) continue;
      const components = parts(bytes, repetition, separators.component, MAX_COMPONENTS);
      collectValue(identifiers, kind, type, bytes, components, separators);
    }
  }
}

/** The identifiers as `flow.phi` takes them; the order of kinds is that of the fields read. */
export function phiItems(identifiers: Identifiers): PhiItem[] {
  return [...identifiers.values].map(([kind, values]) => ({ kind, values }));
}

function collectValue(
  identifiers: Identifiers,
  kind: string,
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
  const result: number[] = [];
  for (const [i, value] of values.slice(0, last + 1).entries()) {
    if (i > 0) result.push(CARET);
    for (const byte of value ?? []) result.push(byte);
  }
  return Uint8Array.from(result);
}

function add(identifiers: Identifiers, kind: string, value: Uint8Array | undefined): void {
  if (value === undefined || value.length === 0 || identifiers.count >= MAX_VALUES) return;
  identifiers.count++;
  const list = identifiers.values.get(kind);
  if (list) list.push(value);
  else identifiers.values.set(kind, [value]);
}
