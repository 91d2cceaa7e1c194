/**
 * Which fields of a message identify a person, and their values for tokens (HL7 v2.8 chapters 3, 4, 6 and 7; the kinds are
 * named after the identifiers of HIPAA, 45 CFR 164.514(b)(2)). Values never enter a record; what does is which fields held
 * something, `PID-5`: those with identifiers, and those that say how a patient is (diagnosis, allergy, free text).
 *
 * Left out on purpose: sex, religion, marital status and dates of death, which identify nobody by themselves, the
 * insurance plan, which is a product, and the number of a doctor without a name. Values of observations and of Z
 * segments are not read: free text is only noticed.
 * How values are read out of fields is in `person-fields.ts`.
 */

import type { Fields, Separators } from '../delimited.ts';
import {
  collectFields,
  fields,
  type IdentifierField,
  type Identifiers,
  noteField,
} from '../person-fields.ts';

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

/** Whether segments of this name are read for identifiers. */
export function holdsIdentifiers(segment: string): boolean {
  return FIELDS.has(segment) || TELLING.has(segment);
}

/** Adds the identifiers of a segment whose fields were found. */
export function collectIdentifiers(
  identifiers: Identifiers,
  segment: string,
  found: Fields,
  separators: Separators,
): void {
  const table = FIELDS.get(segment);
  if (table !== undefined) collectFields(identifiers, segment, table, found, separators);
  for (const field of TELLING.get(segment) ?? [])
    if (found.has(field)) noteField(identifiers, segment, field);
}
