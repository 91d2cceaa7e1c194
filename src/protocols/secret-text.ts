/**
 * Secrets and patients in text that programs write for people: log lines, command lines, paths, topics, keys. What stands
 * behind a name that announces it (`announcing-words.ts`: `password=…`, `"patientName":"…"`, `MRN: …`, `lastname eq '…'`,
 * `<dob>…</dob>`), behind a patient in a path (`/Patient/4711`, `patient:name:…`), in the user information of a URL, behind an authorization
 * scheme, and behind `-p` of programs that take a password there is replaced by its kind. Percent-encoded text is looked at decoded
 * too. What nothing announces cannot be told.
 *
 * Limit: texts are as long as their callers allow; the work is linear in them.
 */
import { IDENTIFIER_KINDS } from '../model/identifiers.ts';
import { announcedBy, plainName } from './announcing-words.ts';

const SCHEME = /\b((?:basic|bearer|digest|negotiate|ntlm)\s{1,3})([A-Za-z0-9+/._~=-]{6,4096})/gi;
const USER_INFORMATION = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,64}:)([^\s@/]{1,256})(?=@)/gi;
const OPTION =
  /(\b(?:mysql\w{0,10}|mariadb|sshpass|smbclient|ldapsearch|mongo\w{0,6})\b[^\n]{0,200}?\s-(?:p|w)\s?)([^\s-]\S{0,255})/gi;
/** Most texts have none of these, and are told so quickly. */
const ANNOUNCED =
  /pass|pwd|psw|kennwort|secret|token|key|community|jwt|sess|pin|otp|credential|basic|bearer|digest|negotiate|ntlm|:\/\/|\s-[pw]|pat|\bpt|mrn|medrec|medical|hospital|krank|birth|bdate|dob|geb|name|ssn|svn|social|sozial|versich|kvn|insurance|policy|subscriber|benefic|nhs|accession|visit|encounter|admission|fall|aufnahme|0010|0008|identified|born/i;

/** Between a name and its value: `=`, `: `, `":"`, `==`, `=>`, `:=`, `)=(`, or an operator of OData, SQL and SCIM. */
const OPERATOR =
  /!?[:=][=>]?|\s[<>]=?\s|->|<>|[!=]?~\*?|\s(?:eq|ne|co|sw|like|ilike|rlike|between|identified by)\s|\sin\s?(?=\()|,(?=\s?['"])|\bpassword(?=\s{1,3}')/gi;
/** Names of up to four words right in front of an operator. */
export const NAME_BEFORE =
  /((?:[A-Za-z0-9]{1,40}[ _.[-]{1,2}){0,3}[A-Za-z0-9]{1,64})\.?\]?(?:\\{0,3}["'`\])]){0,2}[ \t]{0,16}$/;
/** What such names are made of: looked for from behind, so that the pattern is not tried from every place before. */
const OF_NAME = new Uint8Array(128);
for (const sign of ' _.[-\\]"\'`)\t') OF_NAME[sign.charCodeAt(0)] = 1;
for (let code = 0; code < 128; code++) if (/[A-Za-z0-9]/.test(String.fromCharCode(code))) OF_NAME[code] = 1;
const WORD_BREAK = /[ _.[-]+/g;
const LOOK_BACK = 200;
/** Length of the shortest operator that itself announces a password. */
const PASSWORD_OPERATOR = 'password'.length;

const BLANKS = /[ \t]{0,3}/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|\\[\s\S])*"?/y;
const SINGLE_QUOTED = /'(?:[^'\\]|\\[\s\S]|'')*'?/y;
const ESCAPED_QUOTED = /\\{1,3}"[^"\\]*(?:\\{1,3}")?/y;
const IN_BRACKETS = /\([^()]*\)?|\[[^[\]{}]*\]?|\{[^{}]*\}?|<[^<>\s/]{1,256}>/y;
/** Numbers in groups. */
const GROUPS = /[+(]?\d[\d ().-]*\d/y;
/** Secrets may hold any sign that others follow. */
const BARE_SECRET =
  /(?:[^\s,;&"'`}\])<>|]|["'`}\])>|](?=[\p{L}\p{N}!@#$%*])|<(?!\/)|[,;&](?!\s|$|["'\w.-]{1,40}\s?[=:]))+/uy;
/** The other words of an address. */
const MORE_ADDRESS = /,?\s(?!\p{L}{1,40}\s?[:=])[\p{L}\p{N}\p{M}'’./-]{1,64}/uy;
/** A separator ends a value when a blank or another name follows. */
const BARE = /(?:[^\s,;&"'`}\])<>|]|[,;&](?!\s|$|["'\w.-]{1,40}\s?[=:]))+/y;
const DATE = /\d{1,2}[. /-]{1,2}(?:\d{1,2}|[A-Za-z]{3,9})[. /-]{1,2}\d{2,4}|[A-Za-z]{3,9}\s\d{1,2},?\s\d{4}/y;
/** The other words of a name: `Doe, Jane`; none that is itself in front of a value. */
const MORE_NAME = /(?:,\s?|\s)(?!\p{L}{1,40}\s?[:=])\p{Lu}[\p{L}\p{M}'’.-]{0,40}(?![\p{L}\p{M}\p{N}=:/_])/uy;
const KINDS = [
  ...Object.keys(IDENTIFIER_KINDS),
  'password',
  'secret',
  'person',
  'person_name',
  'user',
  'userinfo',
  'withheld',
].join('|');
/** A kind that stands there already, or the beginning of a closing tag. */
const HIDDEN = new RegExp(`["']?<(?:${KINDS})(?:#\\d+)?>|["']?\\?["']|</`, 'y');
/** A value that leads to one that is hidden: `name:` before `<patient_name>`. */
const LEADS_ON = /[:=/]$/;
const KIND = new RegExp(`^(?:${KINDS})$`);
const WILDCARD = /^[*?%^ '"()]*$|^["']?(?:null|none|yes|no|true|false|undefined|nil)["']?$/i;

const OBJECT = /\[?\s{0,3}\{\s{0,8}\\{0,3}["']/y;

const ELEMENT = /(<(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?:\s[^<>]{0,256})?>)([^<]+)(?=<\/|($))/g;
/** A patient in a path, topic or key, and what of the patient. */
const IN_PATH =
  /((?:^|[/\s"'(=:,>.])patients?[/:])(?:(name|id|mrn|dob|birthdate|lastname|firstname|familyname|givenname|ssn)([/:]))?(?![_$?*+#\s/:])([^/?#&;=%<>\s"',:]{1,256})/gi;
/** What stands behind `patient/` and is no patient. */
const NO_PATIENT =
  /^(?:monitors?|monitoring|data|vitals?|lists?|status|search|export|import|new|index(?:\.\w+)?|events?|alarms?|name|id|mrn|dob|waveforms?|[A-Z]\w+\.(?:read|write|c?r?u?d?s?))$/;
const SPOKEN =
  /\b((?:with|using|and|new|the)\s(?:password|passwd|passphrase|passcode|pin|secret|token)\s{1,3})(?!(?:for|from|is|has|was|auth|authentication|login|change|and|or|of|in|on|to|at|by|with|expired|failed|invalid|policy|file|based)\b)(?![:=<])([^\s,;<]+)/gi;
const TOKEN_WORD = /\b(token\s{1,3})(?=[A-Za-z._~+/=-]{0,128}\d)([A-Za-z0-9+/._~=-]{8,4096})/gi;

/** Words that announce a number without any sign between. */
const SPACED =
  /\b(mrn|dob|ssn|geb\.|geburtsdatum|geboren am|born(?: on)?|date of birth|pat(?:ient(?:en)?)?[ .-]{1,2}(?:id|nr|number|no)\.?|medical record (?:number|no\.?)|nhs (?:number|no\.?)|versicherten(?:nr|nummer)\.?|fall(?:nr|nummer)\.?)([ #-]{1,3})([a-z]{0,3}\d[\w./-]*(?: \d[\d.-]*)*)/gi;
const PATIENT_NAME =
  /\b(patient(?:in)?\s)("[^"\n]{1,128}"|\p{Lu}[\p{L}'’-]{1,40},\s\p{Lu}[\p{L}'’-]{0,40})/giu;
const OPTION_LONG =
  /((?:^|\s)--?(?:password|passwd|passphrase|pass|token|secret|api-?key)\s{1,3})([^\s-]\S{0,4096})/gi;
/** A segment of a path that announces the next, and one that is a patient of a topic with dots. */
const SEGMENT = /(?<=^|[/\s"'>])([A-Za-z][\w-]{1,40})\/(?=[^/?#&;=%<>\s"',:+*]{1,256})/g;
const SEGMENT_VALUE = /[^/?#&;=%<>\s"',:+*]{1,256}/y;
const DOTTED = /\b(patients?[.|])(\d[\w-]*)/gi;
const GROUPED: ReadonlySet<string> = new Set(['ssn', 'other_id', 'insurance_id', 'phone']);

/** Secrets are not told apart in text. */
const shownKind = (kind: string): string => (kind === 'password' ? 'secret' : kind);

/** The text with everything announced replaced by its kind. */
export function hideSecrets(text: string): string {
  const shown = hide(text);
  if (!/%[0-9a-f]{2}/i.test(shown)) return shown;
  const decoded = decodeOnce(decodeOnce(shown));
  const hidden = hide(decoded);
  return hidden === decoded ? shown : hidden;
}

const decodeOnce = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2}){1,64}/gi, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString());

function hide(text: string): string {
  if (!ANNOUNCED.test(text)) return text;
  let shown = text;
  for (const { needs, hide: hideOne } of HIDING)
    if (needs === undefined || needs(shown)) shown = hideOne(shown);
  return shown;
}

/** One thing that is hidden, and what a text without which is not changed by it, told more cheaply. */
interface Hiding {
  readonly needs?: (text: string) => boolean;
  readonly hide: (text: string) => string;
}

const hasPatient = (text: string): boolean => /patient/i.test(text);
const hasSlash = (text: string): boolean => text.includes('/');

/** Everything that is hidden, in order. */
export const HIDING: readonly Hiding[] = [
  { needs: text => text.includes('://'), hide: text => text.replace(USER_INFORMATION, '$1<secret>') },
  { hide: text => text.replace(SCHEME, hideScheme) },
  {
    hide: text =>
      text.replace(SPACED, (_, word: string, gap: string) => `${word}${gap}<${spacedKind(word)}>`),
  },
  { needs: hasPatient, hide: text => text.replace(PATIENT_NAME, hidePatientName) },
  { needs: text => text.includes('-'), hide: text => text.replace(OPTION_LONG, '$1<secret>') },
  { needs: hasPatient, hide: text => text.replace(DOTTED, '$1<mrn>') },
  { needs: hasPatient, hide: text => text.replace(IN_PATH, hidePath) },
  { needs: text => text.includes('<'), hide: text => text.replace(ELEMENT, hideElement) },
  { needs: hasSlash, hide: hideSegments },
  { hide: hideNamed },
  { needs: text => text.includes('-'), hide: text => text.replace(OPTION, '$1<secret>') },
  { hide: text => text.replace(SPOKEN, '$1<secret>') },
  { needs: text => /token/i.test(text), hide: text => text.replace(TOKEN_WORD, '$1<secret>') },
];

/** `Basic Grayscale` is no login: a word that no text is the Base64 of. */
function hideScheme(whole: string, scheme: string, value: string): string {
  const isWord = /^basic/i.test(scheme) && /^[A-Z]?[a-z]{1,32}$/.test(value);
  if (isWord && !/^[ -~]*$/.test(Buffer.from(value, 'base64').toString('latin1'))) return whole;
  return `${scheme}<secret>`;
}

function spacedKind(word: string): string {
  return announcedBy(plainName(word), 'text') ?? 'birth_date';
}

/** Only what begins with a capital as written, which the pattern cannot say for one part of it. */
function hidePatientName(whole: string, before: string, name: string): string {
  return /^"?\p{Lu}/u.test(name) ? `${before}<patient_name>` : whole;
}

/** `ward/mrn/4711`. */
function hideSegments(text: string): string {
  let shown = '';
  let done = 0;
  SEGMENT.lastIndex = 0;
  for (let match = SEGMENT.exec(text); match !== null; match = SEGMENT.exec(text)) {
    const kind = announcedBy(plainName(match[1]!), 'text');
    if (kind === undefined || kind === 'password' || kind === 'secret' || /^patients?$/i.test(match[1]!))
      continue;
    const from = SEGMENT.lastIndex;
    const to = from + lengthAt(SEGMENT_VALUE, text, from);
    if (NO_PATIENT.test(text.slice(from, to))) continue;
    shown += `${text.slice(done, from)}<${kind}>`;
    done = to;
    SEGMENT.lastIndex = to;
  }
  return done === 0 ? text : shown + text.slice(done);
}

function hidePath(
  whole: string,
  before: string,
  what: string | undefined,
  sign: string | undefined,
  value: string,
): string {
  if (NO_PATIENT.test(value)) return whole;
  const kind = announcedBy(`patient${plainName(what ?? 'id')}`, 'text') ?? 'mrn';
  return `${before}${what ?? ''}${sign ?? ''}<${kind}>`;
}

function hideElement(whole: string, tag: string, name: string, value: string, end?: string): string {
  if (end !== undefined && KIND.test(name)) return whole;
  const kind = announcedBy(plainName(name), 'text');
  return kind === undefined || value.trim() === '' ? whole : `${tag}<${shownKind(kind)}>`;
}

function hideNamed(text: string): string {
  let shown = '';
  let done = 0;
  let looked = 0;
  /** Where an object that is a patient ends. */
  let patientTo = 0;
  OPERATOR.lastIndex = 0;
  for (let match = OPERATOR.exec(text); match !== null; match = OPERATOR.exec(text)) {
    const after = OPERATOR.lastIndex;
    const kind = kindBefore(text, looked, match.index, match[0], match.index < patientTo);
    // No name reaches over an operator.
    looked = after;
    if (kind === undefined) continue;
    const from = after + lengthAt(BLANKS, text, after);
    // An object: its members are looked at one by one, as those of a patient.
    if (kind === 'mrn' && lengthAt(OBJECT, text, from) > 0) {
      if (from >= patientTo) patientTo = text.indexOf('}', from);
      if (patientTo < 0) patientTo = text.length;
      continue;
    }
    const to = valueEnd(text, from, kind);
    if (
      to === from ||
      lengthAt(HIDDEN, text, from) > 0 ||
      (lengthAt(HIDDEN, text, to) > 0 && LEADS_ON.test(text.slice(to - 1, to))) ||
      (to - from <= 64 && WILDCARD.test(text.slice(from, to)))
    )
      continue;
    shown += `${text.slice(done, from)}<${shownKind(kind)}>`;
    done = to;
    looked = to;
    OPERATOR.lastIndex = to;
  }
  return done === 0 ? text : shown + text.slice(done);
}

/** What the words in front of `at` announce: the longest run of them that does. */
function kindBefore(
  text: string,
  looked: number,
  at: number,
  operator: string,
  ofPatient: boolean,
): string | undefined {
  if (operator.length >= PASSWORD_OPERATOR && /by|^password/i.test(operator)) return 'secret';
  const from = Math.max(looked, at - LOOK_BACK);
  const name = nameBefore(text, from, at);
  if (name === null) return undefined;
  // `(lastname)=(Doe)` of databases; other brackets close a thought.
  if (name[0].endsWith(')') && !text.startsWith('=(', at)) return undefined;
  // `contains(lastName,'Doe')` of OData; otherwise a comma separates.
  if (operator === ',' && !/\([\w./]{1,64}$/.test(text.slice(from, at))) return undefined;
  const whole = name[1]!;
  if (ofPatient) {
    const kind = announcedBy(`patient${plainName(whole)}`, 'text');
    if (kind !== undefined) return kind;
  }
  for (let start = 0; ; start = WORD_BREAK.lastIndex) {
    const kind = announcedBy(plainName(whole.slice(start)), 'text');
    if (kind !== undefined) return kind;
    WORD_BREAK.lastIndex = start;
    if (!WORD_BREAK.test(whole)) return undefined;
  }
}

/** The name that ends at `at`, as `NAME_BEFORE` finds it in what is between. */
export function nameBefore(text: string, from: number, at: number): RegExpExecArray | null {
  let start = at;
  while (start > from && OF_NAME[text.charCodeAt(start - 1)] === 1) start--;
  return start === at ? null : NAME_BEFORE.exec(text.slice(start, at));
}

function valueEnd(text: string, from: number, kind: string): number {
  for (const quoted of [DOUBLE_QUOTED, SINGLE_QUOTED, ESCAPED_QUOTED, IN_BRACKETS]) {
    const length = lengthAt(quoted, text, from);
    if (length > 0) return from + length;
  }
  if (kind === 'birth_date') {
    const length = lengthAt(DATE, text, from);
    if (length > 0) return from + length;
  }
  if (GROUPED.has(kind)) {
    const length = lengthAt(GROUPS, text, from);
    if (length > 0) return from + length;
  }
  const secret = kind === 'password' || kind === 'secret';
  const to = from + lengthAt(secret ? BARE_SECRET : BARE, text, from);
  if (kind === 'address') return wordsTo(MORE_ADDRESS, 8, text, to);
  if (to === from || (kind !== 'patient_name' && kind !== 'person' && kind !== 'mrn')) return to;
  return wordsTo(MORE_NAME, 3, text, to);
}

/** Where up to `most` further words of a value end. */
function wordsTo(pattern: RegExp, most: number, text: string, from: number): number {
  let to = from;
  for (let words = 0; words < most; words++) {
    const length = lengthAt(pattern, text, to);
    if (length === 0) break;
    to += length;
  }
  return to;
}

/** Characters that a sticky pattern takes at a place. */
function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}

const OTHER_TOKENS =
  '--[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$)|`[^`]*`?|\\$([A-Za-z_]{0,32})\\$[\\s\\S]*?(?:\\$\\1\\$|$)|\\b0x[0-9a-f]{2,}\\b|\\b\\d{4,}\\b';
/** Literals of SQL, comments and quoted names. A backslash escapes in MySQL, and in PostgreSQL behind `E` only. */
const WITH_ESCAPES = new RegExp(
  `'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'?|"(?:[^"\\\\]|\\\\[\\s\\S]|"")*"?|${OTHER_TOKENS}`,
  'gi',
);
const STANDARD = new RegExp(
  `\\be'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|${OTHER_TOKENS}`,
  'gi',
);
const COMPARED = /(?:[=<>(,]|like|by|in|values)\s{0,3}$/i;

/**
 * A query with its string literals as `'?'` and numbers of four digits or more as `?`, as digests of queries have them,
 * and what names announce hidden. In double quotes stand names (standard) or literals (MySQL): one word stays unless it is compared.
 */
export function hideLiterals(query: string, dialect: 'mysql' | 'postgresql' = 'mysql'): string {
  const shown = query.replace(dialect === 'mysql' ? WITH_ESCAPES : STANDARD, (literal, _tag, at: number) => {
    if (/^(?:--|\/\*|`)/.test(literal)) return literal;
    if (/^\d/.test(literal)) return '?';
    if (!/^"\w{1,64}"$/.test(literal)) return "'?'";
    return COMPARED.test(query.slice(Math.max(0, at - 16), at)) && dialect === 'mysql' ? "'?'" : literal;
  });
  return hideSecrets(shown);
}
