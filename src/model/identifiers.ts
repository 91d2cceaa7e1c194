/**
 * The closed list of what a token can stand for. `IDENTIFIER_KINDS` are identifiers of patients and the people around them,
 * mapped to the eighteen identifiers that HIPAA's Safe Harbor method removes (45 CFR 164.514(b)(2)(i), letters A to R);
 * decoders report these and no others in `phi` records (the type of `PhiItem.kind`). The rest of `TokenKind` are secrets,
 * users of systems, and numbers that only correlate messages.
 *
 * What the eighteen hold and this list does not: vehicles (L), web addresses (N), network addresses (O, which are in every
 * record by nature), voices and finger prints (P) are not looked for. States, countries, sex and religion are none of them.
 */

/** One kind of identifier. */
export interface IdentifierKind {
  /** Its letter in 45 CFR 164.514(b)(2)(i); `-` where it is none of the eighteen but of a person all the same. */
  readonly hipaa: string;
  /** What it stands for, for the reference. */
  readonly doc: string;
  /** Values are names of several words, each of which gives the person away. */
  readonly isName?: boolean;
}

/** HIPAA's eighteen, in short. */
export const HIPAA_IDENTIFIERS: Readonly<Record<string, string>> = {
  A: 'names',
  B: 'geographic subdivisions smaller than a state',
  C: 'dates related to the individual, except the year',
  D: 'telephone numbers',
  E: 'fax numbers',
  F: 'email addresses',
  G: 'social security numbers',
  H: 'medical record numbers',
  I: 'health plan beneficiary numbers',
  J: 'account numbers',
  K: 'certificate and license numbers',
  L: 'vehicle identifiers, license plates',
  M: 'device identifiers and serial numbers',
  N: 'web addresses (URLs)',
  O: 'IP addresses',
  P: 'biometric identifiers',
  Q: 'full-face photographs',
  R: 'any other unique identifying number, characteristic or code',
};

const KINDS = {
  patient_name: { hipaa: 'A', doc: 'Name of the patient.', isName: true },
  alias: { hipaa: 'A', doc: 'Another name of the patient.', isName: true },
  mothers_maiden_name: { hipaa: 'A', doc: 'Maiden name of the patient’s mother.', isName: true },
  relative_name: { hipaa: 'A', doc: 'Name of next of kin, guarantor, insured or contact.', isName: true },
  address: { hipaa: 'B', doc: 'Street, town and postal code of a patient or relative.' },
  birth_date: { hipaa: 'C', doc: 'Date of birth.' },
  death_date: { hipaa: 'C', doc: 'Date of death.' },
  phone: { hipaa: 'D', doc: 'Telephone number.' },
  fax: { hipaa: 'E', doc: 'Fax number.' },
  email: { hipaa: 'F', doc: 'Email address.' },
  ssn: { hipaa: 'G', doc: 'Social security number.' },
  mrn: {
    hipaa: 'H',
    doc: 'Number under which a patient is known: medical record number, patient identifier.',
  },
  insurance_id: { hipaa: 'I', doc: 'Number of insurance: policy, subscriber, beneficiary.' },
  account: { hipaa: 'J', doc: 'Account number of a patient or guarantor.' },
  licence: { hipaa: 'K', doc: 'Driver’s or other licence.' },
  device_id: {
    hipaa: 'M',
    doc: 'Serial number or UDI of a device that belongs to a patient, such as an implant.',
  },
  photo: { hipaa: 'Q', doc: 'Photograph of the patient; its value is not kept.' },
  other_id: {
    hipaa: 'R',
    doc: 'Another number of a person: passport, number that a state or an organisation gives.',
  },
  accession: { hipaa: 'R', doc: 'Number of an order for examination.' },
  study_id: { hipaa: 'R', doc: 'Number of an examination.' },
  admission_id: { hipaa: 'R', doc: 'Number of a stay or visit.' },
  specimen_id: { hipaa: 'R', doc: 'Number of a specimen.' },
  physician_name: { hipaa: '-', doc: 'Name of a physician.', isName: true },
  operator_name: { hipaa: '-', doc: 'Name of an operator of a device, or of other staff.', isName: true },
} as const satisfies Readonly<Record<string, IdentifierKind>>;

/** Name of a kind of identifier, as in `phi.kinds`. */
export type PhiKind = keyof typeof KINDS;

/** Every kind of identifier by its name. */
export const IDENTIFIER_KINDS: Readonly<Record<PhiKind, IdentifierKind>> = KINDS;

/** Kinds that tell patients apart, the most telling first. */
export const PATIENT_KINDS: readonly PhiKind[] = ['mrn', 'ssn', 'insurance_id', 'account', 'patient_name'];

/** Secrets of logins, as in `credentials.secret_kind`. */
export type SecretKind = 'password' | 'community' | 'bearer' | 'basic' | 'pin';

/** What a token can stand for. */
export type TokenKind =
  | PhiKind
  | SecretKind
  /** A user of a system; not a patient. */
  | 'user'
  /** A person of whom nothing else is known; `person` in addresses of the web. */
  | 'person_name'
  | 'person'
  /** Other secrets: keys and session identifiers in addresses of the web, keys of channels. */
  | 'secret'
  | 'channel_key'
  /** Text that often names a patient, and is not for masking: it consists of ordinary words. */
  | 'subject'
  | 'job_name'
  /** Identifiers of messages and records, and digests of what a message says, which name nobody. */
  | 'control_id'
  | 'hl7_values'
  | 'resource_id';

/** Kinds whose values are not masked elsewhere. */
export const NOT_MASKED: ReadonlySet<string> = new Set<TokenKind>([
  'control_id',
  'hl7_values',
  'resource_id',
  'subject',
  'job_name',
  'photo',
]);

/** Kinds whose values are several words, each of which names the person. */
export const NAME_KINDS: ReadonlySet<string> = new Set(
  Object.entries(IDENTIFIER_KINDS).flatMap(([kind, { isName }]) => (isName === true ? [kind] : [])),
);
