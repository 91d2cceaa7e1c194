/**
 * Request targets and other URIs made fit to record (RFC 3986): percent-decoding as Zeek does it for `uri`, and
 * removal of what must not be written, in the user information part, in query parameters and in paths that name a patient.
 *
 * Which parameters are patient identifiers: those of `announcing-words.ts`, and the search parameters of the FHIR Patient resource
 * (FHIR R4 section 8.1.13) when the path names it, or a parameter leads to it (`subject:Patient.family`). A wildcard alone identifies nobody and stays.
 * Parameters of a URI inside a parameter are found too, whether percent-encoded or not.
 */
import { utf8 } from '../../bytes/text.ts';
import { IDENTIFIER_KINDS, type PhiKind, type TokenKind } from '../../model/identifiers.ts';
import type { PhiItem } from '../../model/protocol.ts';
import { type AnnouncedSecret, announcedBy, plainName } from '../announcing-words.ts';
import { hideSecrets } from '../secret-text.ts';

// Too general to mean a person anywhere else.
const FHIR_PATIENT_PARAMETERS = new Map<string, PhiKind>([
  ['name', 'patient_name'],
  ['family', 'patient_name'],
  ['given', 'patient_name'],
  ['phonetic', 'patient_name'],
  ['identifier', 'mrn'],
  ['phone', 'phone'],
  ['telecom', 'phone'],
  ['email', 'email'],
  ['address', 'address'],
  ['addresscity', 'address'],
  ['addresspostalcode', 'address'],
  ['id', 'mrn'],
  ['deathdate', 'death_date'],
]);
/** Parameters of the patient that another resource refers to: `patient.name`, `subject:Patient.identifier`. */
const CHAINED =
  /^(?:has)?(?:patient|subject|beneficiary)(?:patient)?(name|family|given|phonetic|identifier|phone|telecom|email|address|id)$/;
/** What changes how a parameter is compared (FHIR R4 section 3.1.1.4.5). */
const MODIFIER =
  /:(?:exact|contains|text|not|in|not-in|above|below|identifier|of-type|type|i|iterate|starts-with|ends-with)$/i;
/** Parameters beside which `name` is a person's. */
const AMONG_PERSONS =
  /[?&;](?:[a-z]{1,16}[[_.-])?(?:first|given|last|family|sur|vor|middle|maiden)_?-?name\]?=|[?&;](?:dob|birth_?-?(?:date|day)|date_?of_?birth|geburtsdatum|geb|mrn|patient_?-?id)=/i;
const NETWORK_ADDRESS = /^[\da-fx.:/-]+$/i;
/** A token parameter is a system and a value (FHIR R4 section 3.1.1.5.6). */
const TOKEN_SYSTEM = /^[^|]*\|/;

const FHIR_PATIENT_PATH = /\/Patient(?:\/_search)?\?/;
/** A patient by number or name in the path, as FHIR and many others have it (FHIR R4 section 3.1.0.1). */
const PATIENT_IN_PATH = /(\/patients?\/)(?![_$?])([^/?#&;=%<]{1,128})(?=[/?#]|$)/gi;
const WILDCARD = /^[*?^ ]*$/;
/** Encodings within encodings that are undone. */
const MAX_DECODING = 4;

// What begins a parameter, its name, and `=`, each as it is or percent-encoded once or more.
const PARAMETER = /(?:[?&;#]|%(?:25)*(?:3f|26|3b|23))([^=&;?#%]{1,64})(?:=|%((?:25)*)3d)/gi;
/** Where a value may end. */
const STOP = /[&#%]/g;
/** User information of the URI itself, up to the last `@` before its path (RFC 3986 section 3.2.1). */
const USERINFO = /^([a-z][a-z0-9+.-]{0,31}:\/\/)([^/?#]{1,512})(@)/i;
/** The same of a URI within a parameter, as it is or percent-encoded. */
const NESTED_USERINFO =
  /(:\/\/|%(?:25)*3a(?:%(?:25)*2f){2})((?:(?!%(?:25)*(?:2f|3f|26|23))[^/?#&]){1,512})(@|%(?:25)*40)/gi;

/** Secrets of one kind. */
export interface SecretItem {
  readonly kind: SecretKind;
  readonly values: readonly string[];
}

type SecretKind = AnnouncedSecret;

/** A URI without its secrets, and what was taken out. */
export interface CleanUri {
  readonly text: string;
  /** Patient identifiers by kind, in order of appearance. */
  readonly phi: readonly PhiItem[];
  /** Secrets by kind: `password`, `secret`, `person`, and `user` from the user information. */
  readonly secrets: readonly SecretItem[];
}

const NOTHING: readonly never[] = [];

/** URIs with nothing to take out, with their text: the same few are asked for again and again. */
const CLEAN = new Map<string, string>();
const CLEAN_DECODED = new Map<string, string>();
/** As many are remembered, up to this length. */
const MAX_REMEMBERED = 2048;
const MAX_REMEMBERED_LENGTH = 512;

const isPatient = (kind: string): kind is PhiKind => kind in IDENTIFIER_KINDS;

/** Collects values by kind. */
class Taken<Kind extends TokenKind> {
  readonly #byKind = new Map<Kind, string[]>();

  add(kind: Kind, value: string): void {
    const values = this.#byKind.get(kind);
    if (values) values.push(value);
    else this.#byKind.set(kind, [value]);
  }

  items(): readonly { readonly kind: Kind; readonly values: readonly string[] }[] {
    return this.#byKind.size === 0
      ? NOTHING
      : Array.from(this.#byKind, ([kind, values]) => ({ kind, values }));
  }
}

/**
 * Takes secrets and identifiers out of a URI given as one character per byte. `decode` also undoes percent-encoding
 * (Zeek's `uri`); without it the text keeps its encoding (Zeek's `referrer`).
 */
export function cleanUri(raw: string, decode: boolean): CleanUri {
  if (!raw.includes('=') && !raw.includes('@') && !raw.includes('%') && !/\/patients?\//i.test(raw)) {
    return { text: bytesToText(raw), phi: NOTHING, secrets: NOTHING };
  }
  const clean = decode ? CLEAN_DECODED : CLEAN;
  const known = clean.get(raw);
  if (known !== undefined) return { text: known, phi: NOTHING, secrets: NOTHING };
  const phi = new Taken<PhiKind>();
  const secrets = new Taken<SecretKind>();
  let text = takeUserinfo(raw, USERINFO, secrets);
  text = takeUserinfo(text, NESTED_USERINFO, secrets);
  text = takePath(text, phi);
  text = takeParameters(text, 1, phi, secrets);
  // Once more after decoding, for names that were encoded themselves.
  if (decode) text = takeParameters(unescapeBytes(text), 0, phi, secrets);
  // Last what is announced within paths and values: `lastname eq '…'`.
  const taken = bytesToText(text);
  const hidden = hideSecrets(taken);
  const result = { text: hidden, phi: phi.items(), secrets: secrets.items() };
  // What held a secret is not kept.
  if (raw.length > MAX_REMEMBERED_LENGTH || hidden !== taken) return result;
  if (result.phi.length > 0 || result.secrets.length > 0) return result;
  if (clean.size >= MAX_REMEMBERED) clean.clear();
  clean.set(raw, hidden);
  return result;
}

function takeUserinfo(uri: string, pattern: RegExp, secrets: Taken<SecretKind>): string {
  return uri.replace(pattern, (whole, before: string, userinfo: string, at: string) => {
    if (userinfo === '<userinfo>') return whole;
    const text = unescaped(userinfo, before.endsWith('/') ? 1 : MAX_DECODING);
    const colon = text.indexOf(':');
    secrets.add('user', colon < 0 ? text : text.slice(0, colon));
    if (colon >= 0) secrets.add('password', text.slice(colon + 1));
    return `${before}<userinfo>${at}`;
  });
}

function takePath(uri: string, phi: Taken<PhiKind>): string {
  return uri.replace(PATIENT_IN_PATH, (_, before: string, value: string) => {
    phi.add('mrn', unescaped(value, 1));
    return `${before}<mrn>`;
  });
}

/** Replaces the values of telling parameters by their kind. `rounds` is how often plain values are encoded. */
function takeParameters(
  uri: string,
  rounds: number,
  phi: Taken<PhiKind>,
  secrets: Taken<SecretKind>,
): string {
  const fhir = FHIR_PATIENT_PATH.test(uri);
  const persons = AMONG_PERSONS.test(uri);
  let text = '';
  let done = 0;
  PARAMETER.lastIndex = 0;
  for (let match = PARAMETER.exec(uri); match !== null; match = PARAMETER.exec(uri)) {
    const key = plainName(match[1]!.replace(MODIFIER, ''));
    const chained = CHAINED.exec(key)?.[1];
    const announced = announcedBy(key, 'request') ?? (key === 'name' && persons ? 'person' : undefined);
    const patient =
      (announced !== undefined && isPatient(announced) ? announced : undefined) ??
      (chained !== undefined || fhir ? FHIR_PATIENT_PARAMETERS.get(chained ?? key) : undefined);
    const secret = announced !== undefined && !isPatient(announced) ? announced : undefined;
    const kind = patient ?? secret;
    // The value of any other parameter may be a URI with parameters of its own: go on within it.
    if (kind === undefined) continue;
    const from = PARAMETER.lastIndex;
    const to = valueEnd(uri, from, match[2]);
    PARAMETER.lastIndex = to;
    const raw = uri.slice(from, to);
    if (raw === `<${kind}>`) continue;
    const value = decodeValue(raw, match[2] === undefined ? rounds : rounds + 1 + match[2].length / 2);
    if (patient === undefined ? value === '' : WILDCARD.test(value)) continue;
    if (secret === 'person' && key === 'address' && NETWORK_ADDRESS.test(value)) continue;
    if (patient !== undefined) phi.add(patient, patient === 'mrn' ? value.replace(TOKEN_SYSTEM, '') : value);
    else if (secret !== undefined) secrets.add(secret, value);
    text += `${uri.slice(done, from)}<${kind}>`;
    done = to;
  }
  return text + uri.slice(done);
}

/**
 * Where the value that begins at `from` ends: at `&` or `#`, and for a parameter whose `=` was encoded (`depth` is
 * the run of `25` in it) at one of them encoded as often.
 */
function valueEnd(uri: string, from: number, depth: string | undefined): number {
  STOP.lastIndex = from;
  for (let match = STOP.exec(uri); match !== null; match = STOP.exec(uri)) {
    if (match[0] !== '%') return match.index;
    if (depth === undefined || !uri.startsWith(depth, match.index + 1)) continue;
    const digits = uri.slice(match.index + 1 + depth.length, match.index + 3 + depth.length);
    if (digits === '26' || digits === '23') return match.index;
  }
  return uri.length;
}

/** A form value (`+` is a space) that was percent-encoded `rounds` times. */
function decodeValue(raw: string, rounds: number): string {
  return unescaped(raw.replaceAll('+', ' '), rounds);
}

function unescaped(raw: string, rounds: number): string {
  let value = raw;
  for (let i = 0; i < Math.min(rounds, MAX_DECODING); i++) value = unescapeBytes(value);
  return bytesToText(value);
}

/**
 * Percent-decoding as Zeek's HTTP analyzer does it: `%XX`, the never standardised `%uXXXX`, and anything else after
 * a per cent sign left as it is. One character per byte, before and after.
 */
function unescapeBytes(raw: string): string {
  let text = '';
  let done = 0;
  for (let i = raw.indexOf('%'); i >= 0; i = raw.indexOf('%', Math.max(i + 1, done))) {
    const byte = hexDigits(raw, i + 1, 2);
    const unit = byte < 0 && (raw.charCodeAt(i + 1) | 32) === 0x75 ? hexDigits(raw, i + 2, 4) : -1;
    if (byte < 0 && unit < 0) continue;
    text += raw.slice(done, i);
    if (byte >= 0) text += String.fromCharCode(byte);
    else text += unit > 0xff ? String.fromCharCode(unit >> 8, unit & 0xff) : String.fromCharCode(unit);
    done = byte >= 0 ? i + 3 : i + 6;
  }
  return text + raw.slice(done);
}

/** Value of `count` hexadecimal digits, or -1. */
function hexDigits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const code = text.charCodeAt(i);
    const letter = (code | 32) - 0x57;
    if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else if (letter >= 10 && letter <= 15) value = value * 16 + letter;
    else return -1;
  }
  return value;
}

const ASCII = /^[\x00-\x7f]*$/;

/** One character per byte to text: UTF-8 where it is UTF-8. */
export function bytesToText(raw: string): string {
  if (ASCII.test(raw)) return raw;
  return utf8(Buffer.from(raw, 'latin1'));
}
