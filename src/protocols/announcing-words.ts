/**
 * Names that announce what stands behind them: the one vocabulary of parameters, columns, keys and words in front of values
 * that are identifiers of patients, secrets, or of persons. A name is compared without case, separators and brackets
 * (`patient[last_name]`, `PatientLastName`), and without what forms put in front (`txt`, `input` …).
 *
 * Sources: the DICOMweb query keys, by keyword and by tag (PS3.18 section 8.3.4); common spellings in English and German.
 * Not decided here: names that mean a person in one place only (`uri.ts` knows those of FHIR), and values that nothing announces.
 */
import type { PhiKind, TokenKind } from '../model/identifiers.ts';

/** Kinds of what is announced and is no identifier of a patient. */
export type AnnouncedSecret = Extract<TokenKind, 'password' | 'secret' | 'person' | 'user'>;
/** What a name announces. */
export type AnnouncedKind = PhiKind | AnnouncedSecret;

const NUMBER = '(?:id|ids|no|nr|num|number|nummer)';
const NAME =
  '(?:last|first|family|given|middle|sur|full|maiden|birth|vor|nach|geburts|familien|second|other)name[ns]?';
const BIRTH =
  '(?:birthdate|birthdt|birthday|bdate|dateofbirth|dob|dayofbirth|yearofbirth|geb|gebdat|gebdatum|geburtsdatum|geburtstag)';
const PLACE =
  '(?:address|adresse|addr|street|strasse|anschrift|zip|zipcode|postalcode|postcode|plz|city|ort)';

const PATIENT_WORDS: readonly (readonly [PhiKind, string])[] = [
  [
    'patient_name',
    `patient(?:s|en)?name|00100010|(?:pat|pt|patient|patients|patienten)(?:name[ns]?|${NAME}|alias|display)`,
  ],
  [
    'mrn',
    `(?:patient|00100020|otherpatientids|00101000|mrn)|mrn${NUMBER}|medicalrecord${NUMBER}?|medrec${NUMBER}` +
      `|(?:pat|pt|patient|patients|patienten|otherpatient)${NUMBER}|(?:patient|pat)mrn|hospital(?:no|number)|(?:patient|pat)identifier|krankenaktennummer`,
  ],
  ['birth_date', `(?:pat|pt|patient|patients)?${BIRTH}|00100030`],
  ['address', `(?:pat|pt|patient|patients)${PLACE}|00101040`],
  [
    'phone',
    '(?:pat|pt|patient|patients)(?:tele)?phone(?:no|number|numbers|s)?|patienttelephonenumbers|patient(?:mobile|cell)|00102154',
  ],
  ['email', '(?:pat|pt|patient|patients)e?mail(?:address)?'],
  ['ssn', `(?:patient|pat)?(?:ssn|svnr|svnummer|socialsecurity${NUMBER}?|sozialversicherungs${NUMBER})`],
  [
    'insurance_id',
    `(?:versicherten|kv|insurance|subscriber|beneficiary|krankenversicherten)${NUMBER}|kvnr|policyn(?:o|r|um|umber)|medicare${NUMBER}`,
  ],
  ['other_id', `nhs${NUMBER}|passport${NUMBER}`],
  ['accession', `accession${NUMBER}?|00080050`],
  ['admission_id', `(?:visit|encounter|admission|fall|inpatient|aufnahme)${NUMBER}`],
];

const PERSON = new RegExp(`^(?:${NAME}|vollername|realname)$`);
/** They mean a person among the parameters of a request; in a log line they are an address, a process and so on. */
const PERSON_OF_REQUEST =
  /^(?:emails?|emailaddress|mail|phone|phonenumber|telephone|telefon|mobile|pid|subject|address|adresse|anschrift|street|strasse)$/;

const PASSWORD =
  /(?:password|passwd|passphrase|passcode|kennwort|passwort|motdepasse|(?<!by|com|sur|tres)pass|pwd|psw)$|^(?:user|txt|login|j)?pw$|^(?:pin|otp|pincode)$/;
const SECRET = /(?:token|secret|apikey|accesskey|secretkey|privatekey|jwt|sessionid|sessid|credential)$/;
const SECRET_OF_REQUEST = /^(?:auth|authorization|sid|session|sig|ticket|code|key)$|signature$/;
const SECRET_OF_TEXT = /community$|^session$/;

const PATIENT = new RegExp(
  `^(?:txt|input|inp|fld|form|search|query|filter|str|param|the|new|s)?(?:${PATIENT_WORDS.map(([, words]) => `(${words})`).join('|')})$`,
);
/** Names longer than that are none that people gave. */
const MAX_NAME = 64;
const MAX_SETTLED = 4096;
/** What was found out about names; null is nothing. */
const settled = [new Map<string, AnnouncedKind | null>(), new Map<string, AnnouncedKind | null>()];

/** A name without case, separators and brackets. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** What a plain name announces: as a parameter of a request, or anywhere in text, where fewer names say as much. */
export function announcedBy(plain: string, where: 'request' | 'text'): AnnouncedKind | undefined {
  const name = plain.length > MAX_NAME ? plain.slice(-MAX_NAME) : plain;
  const known = settled[where === 'request' ? 0 : 1]!;
  let kind = known.get(name);
  if (kind === undefined) {
    kind = kindOf(name, where) ?? null;
    if (known.size >= MAX_SETTLED) known.clear();
    known.set(name, kind);
  }
  return kind ?? undefined;
}

function kindOf(name: string, where: 'request' | 'text'): AnnouncedKind | undefined {
  const match = PATIENT.exec(name);
  if (match !== null) return PATIENT_WORDS[match.slice(1).findIndex(group => group !== undefined)]![0];
  if (PASSWORD.test(name)) return 'password';
  if (SECRET.test(name)) return 'secret';
  if ((where === 'request' ? SECRET_OF_REQUEST : SECRET_OF_TEXT).test(name)) return 'secret';
  if (PERSON.test(name) || (where === 'request' && PERSON_OF_REQUEST.test(name))) return 'person';
  return undefined;
}
