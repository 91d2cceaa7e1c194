/**
 * Which elements of a FHIR resource identify a person, and as what (R4 and R5: Patient, RelatedPerson, Person, Practitioner,
 * and references to them from everywhere; business identifiers of encounters, orders, specimens, coverage). Pure: parts of a
 * data type go in, kinds and values come out. Values are written as HL7 v2 and DICOM decoders give theirs, so that the same
 * person has the same token in all three.
 *
 * Left out on purpose: gender, marital status, narrative text, extensions, values of observations and answers.
 */
import type { PhiKind } from '../../../model/identifiers.ts';

/** What was found at one place of a resource. */
export interface Found {
  /** Data type, or element where the type says nothing. */
  readonly what:
    | 'name'
    | 'identifier'
    | 'telecom'
    | 'address'
    | 'photo'
    | 'birth'
    | 'death'
    | 'id'
    | 'subscriber';
  /** Element that holds it, when that is not the resource itself: `contact`. */
  readonly owner: string;
  readonly parts: Parts;
}

/** Members of one object by name; repeated ones in order. */
export type Parts = ReadonlyMap<string, readonly string[]>;

export interface Item {
  readonly kind: PhiKind;
  readonly value: string;
}

/** Persons of their own: kind of their names, and of their numbers. */
const PERSONS: Readonly<
  Record<string, { readonly name: PhiKind; readonly number?: PhiKind; readonly private: boolean }>
> = {
  Patient: { name: 'patient_name', number: 'mrn', private: true },
  Person: { name: 'patient_name', number: 'mrn', private: true },
  RelatedPerson: { name: 'relative_name', number: 'other_id', private: true },
  // Addresses and numbers of practitioners are those of their work.
  Practitioner: { name: 'physician_name', private: false },
};

/** Resources whose business identifiers stand for one patient's stay, order, specimen … */
const NUMBERS: Readonly<Record<string, PhiKind>> = {
  Encounter: 'admission_id',
  EpisodeOfCare: 'admission_id',
  ImagingStudy: 'study_id',
  ServiceRequest: 'accession',
  DiagnosticReport: 'accession',
  Specimen: 'specimen_id',
  Account: 'account',
  Coverage: 'insurance_id',
};

/** Identifier type codes (v2 table 0203) that name another kind than the resource does. */
const BY_CODE: Readonly<Record<string, PhiKind>> = {
  MR: 'mrn',
  PI: 'mrn',
  SS: 'ssn',
  DL: 'licence',
  PPN: 'other_id',
  NI: 'other_id',
  AN: 'account',
  VN: 'admission_id',
  MB: 'insurance_id',
  MA: 'insurance_id',
  MC: 'insurance_id',
  HC: 'insurance_id',
  SN: 'insurance_id',
  ACSN: 'accession',
};

/** Identifier systems (HL7 terminology, "sid") that do. */
const BY_SYSTEM: readonly (readonly [RegExp, PhiKind])[] = [
  [/\/sid\/us-ssn$|^urn:oid:2\.16\.840\.1\.113883\.4\.1$/, 'ssn'],
  [/\/sid\/us-(?:medicare|mbi)$/, 'insurance_id'],
  [/\/sid\/passport-|:passport/i, 'other_id'],
];

/** What one place of a resource of `type` identifies. */
export function itemsOf(type: string, { what, owner, parts }: Found): readonly Item[] {
  const person = PERSONS[type];
  const isContact = owner === 'contact' && type === 'Patient';
  const own = owner === '';
  switch (what) {
    case 'name': {
      const kind = isContact ? 'relative_name' : own ? person?.name : undefined;
      const isFormer =
        kind === 'patient_name' && /^(?:old|maiden|nickname|anonymous)$/.test(one(parts, 'use') ?? '');
      return items(isFormer ? 'alias' : kind, nameOf(parts));
    }
    case 'identifier':
      return own ? items(kindOfNumber(type, parts), one(parts, 'value')) : [];
    case 'telecom': {
      if (!isContact && !(own && person?.private === true)) return [];
      return items(TELECOM[one(parts, 'system') ?? 'phone'], one(parts, 'value'));
    }
    case 'address':
      return isContact || (own && person?.private === true) ? items('address', addressOf(parts)) : [];
    case 'photo':
      return own && type === 'Patient' ? [{ kind: 'photo', value: 'photo' }] : [];
    case 'birth':
      return own && person !== undefined ? items('birth_date', dateOf(one(parts, 'value'))) : [];
    case 'death':
      return own && type === 'Patient' ? items('death_date', dateOf(one(parts, 'value'))) : [];
    case 'id':
      return type === 'Patient' ? items('mrn', one(parts, 'value')) : [];
    case 'subscriber':
      return items('insurance_id', one(parts, 'value'));
  }
}

const TELECOM: Readonly<Record<string, PhiKind>> = {
  phone: 'phone',
  sms: 'phone',
  pager: 'phone',
  fax: 'fax',
  email: 'email',
};

/** What a number is, by its type code or system, else by the resource it belongs to. */
function kindOfNumber(type: string, parts: Parts): PhiKind | undefined {
  const person = PERSONS[type];
  const general = person === undefined ? NUMBERS[type] : person.number;
  if (general === undefined) return undefined;
  const code = BY_CODE[one(parts, 'code') ?? ''];
  if (code !== undefined) return code;
  const system = one(parts, 'system') ?? '';
  return BY_SYSTEM.find(([pattern]) => pattern.test(system))?.[1] ?? general;
}

/** Elements whose reference is to the patient when it does not say. */
const SUBJECTS = new Set(['subject', 'patient', 'beneficiary', 'for', 'individual']);
const REFERENCE =
  /(?:^|\/)(Patient|Person|RelatedPerson|Practitioner)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/.*)?$/;

/** What a reference gives away: the id, name and number of whom it points to. */
export function itemsOfReference(element: string, parts: Parts): readonly Item[] {
  const [, target = undefined, id] = REFERENCE.exec(one(parts, 'reference') ?? '') ?? [];
  const type = target ?? one(parts, 'type') ?? (SUBJECTS.has(element) ? 'Patient' : '');
  const person = PERSONS[type];
  if (person === undefined) return [];
  return [
    ...items(type === 'Patient' ? 'mrn' : undefined, id),
    ...items(person.number, one(parts, '#identifier')),
    ...items(person.name, one(parts, 'display')),
  ];
}

function one(parts: Parts, name: string): string | undefined {
  return parts.get(name)?.[0];
}

function items(kind: PhiKind | undefined, value: string | undefined): readonly Item[] {
  return kind === undefined || value === undefined || value.trim() === ''
    ? []
    : [{ kind, value: value.trim() }];
}

/** Family and two given names, with carets between: as HL7 v2 and DICOM names are reduced. */
function nameOf(parts: Parts): string | undefined {
  const family = one(parts, 'family');
  const given = parts.get('given') ?? [];
  if (family === undefined && given.length === 0) return one(parts, 'text');
  return [family ?? '', ...given.slice(0, 2)].join('^');
}

/** Street, other designation, town, state, postal code; undefined without anything but a state or country. */
function addressOf(parts: Parts): string | undefined {
  const [street = '', other = ''] = parts.get('line') ?? [];
  const city = one(parts, 'city') ?? '';
  const code = one(parts, 'postalCode') ?? '';
  if (`${street}${other}${city}${code}` === '') return one(parts, 'text');
  return [street, other, city, one(parts, 'state') ?? '', code].join('^').replace(/\^+$/, '');
}

/** Year, month and day without separators; a year alone identifies nobody. */
function dateOf(value: string | undefined): string | undefined {
  const [, year, month, day = ''] = /^(\d{4})-(\d\d)(?:-(\d\d))?/.exec(value ?? '') ?? [];
  return year === undefined ? undefined : `${year}${month}${day}`;
}
