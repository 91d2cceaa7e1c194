/**
 * Secrets and patients in text that programs write for people: log lines, command lines, paths, topics, keys. What stands
 * behind a name that announces it (`announcing-words.ts`: `password=…`, `"patientName":"…"`, `MRN: …`, `lastname eq '…'`,
 * `<dob>…</dob>`), behind a patient in a path (`/Patient/4711`, `patient:name:…`), in the user information of a URL, behind an authorization
 * scheme, and behind `-p` of programs that take a password there is replaced by its kind. Percent-encoded text is looked at decoded
 * too. What nothing announces cannot be told.
 *
 * Limit: texts are as long as their callers allow; the work is linear in them.
 */
import { announcedBy, plainName } from './announcing-words.ts';

const SCHEME = /\b((?:basic|bearer|digest|negotiate|ntlm)\s{1,3})([A-Za-z0-9+/._~=-]{6,4096})/gi;
const USER_INFORMATION = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,64}:)([^\s@/]{1,256})(?=@)/gi;
const OPTION =
  /(\b(?:mysql\w{0,10}|mariadb|sshpass|smbclient|ldapsearch|mongo\w{0,6})\b[^\n]{0,200}?\s-(?:p|w)\s?)([^\s-]\S{0,255})/gi;
/** Most texts have none of these, and are told so quickly. */
const ANNOUNCED =
  /pass|pwd|psw|kennwort|secret|token|key|community|jwt|sess|pin|otp|credential|basic|bearer|digest|negotiate|ntlm|:\/\/|\s-[pw]|pat|\bpt|mrn|medrec|medical|hospital|krank|birth|bdate|dob|geb|name|ssn|svn|social|sozial|versich|kvn|insurance|policy|subscriber|benefic|nhs|accession|visit|encounter|admission|fall|aufnahme|0010|0008|identified/i;

/** Between a name and its value: `=`, `: `, `":"`, `==`, `=>`, `:=`, `)=(`, or an operator of OData, SQL and SCIM. */
const OPERATOR =
  /!?[:=][=>]?|\s[<>]=?\s|\s(?:eq|ne|co|sw|like|ilike|rlike|identified by)\s|\bpassword(?=\s{1,3}')/gi;
/** Names of up to four words right in front of an operator. */
const NAME_BEFORE =
  /((?:[A-Za-z0-9]{1,40}[ _.[-]{1,2}){0,3}[A-Za-z0-9]{1,64})\]?(?:\\{0,3}["'`\])]){0,2}[ \t]{0,3}$/;
const WORD_BREAK = /[ _.[-]+/g;
const LOOK_BACK = 200;

const BLANKS = /[ \t]{0,3}/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|\\[\s\S])*"?/y;
const SINGLE_QUOTED = /'(?:[^'\\]|\\[\s\S]|'')*'?/y;
const ESCAPED_QUOTED = /\\{1,3}"[^"\\]*(?:\\{1,3}")?/y;
const IN_BRACKETS = /\([^()]*\)?/y;
/** A separator ends a value when a blank or another name follows. */
const BARE = /(?:[^\s,;&"'`}\])<>|]|[,;&](?!\s|$|["'\w.-]{1,40}\s?[=:]))+/y;
const DATE = /\d{1,2}[. /-]{1,2}(?:\d{1,2}|[A-Za-z]{3,9})[. /-]{1,2}\d{2,4}|[A-Za-z]{3,9}\s\d{1,2},?\s\d{4}/y;
/** The other words of a name: `Doe, Jane`; none that is itself in front of a value. */
const MORE_NAME = /(?:,\s?|\s)(?!\p{L}{1,40}\s?[:=])\p{Lu}[\p{L}\p{M}'’.-]{0,40}(?![\p{L}\p{M}\p{N}=:/_])/uy;
/** A kind that stands there already, or the beginning of a closing tag. */
const HIDDEN = /["']?<[a-z_]{2,24}(?:#\d+)?>|["']?\?["']|<\//y;
const WILDCARD = /^[*?%^ '"()]*$|^["']?(?:null|none|yes|no|true|false|undefined|nil)["']?$/i;

const ELEMENT = /(<(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?:\s[^<>]{0,256})?>)([^<]+)(?=<\/)/g;
/** A patient in a path, topic or key, and what of the patient. */
const IN_PATH =
  /((?:^|[/\s"'(=:,>.])patients?[/:])(?:(name|id|mrn|dob|birthdate|lastname|firstname|familyname|givenname|ssn)([/:]))?(?![_$?*+#\s/:])([^/?#&;=%<>\s"',:]{1,256})/gi;
/** What stands behind `patient/` and is no patient. */
const NO_PATIENT =
  /^(?:monitors?|monitoring|data|vitals?|lists?|status|search|export|import|new|index(?:\.\w+)?|events?|alarms?|name|id|mrn|dob|waveforms?|[A-Z]\w+\.(?:read|write|c?r?u?d?s?))$/;
const SPOKEN =
  /\b((?:with|using|and|new|the)\s(?:password|passwd|passphrase|passcode|pin|secret|token)\s{1,3})(?!(?:for|from|is|has|was|auth|authentication|login|change|and|or|of|in|on|to|at|by|with|expired|failed|invalid|policy|file|based)\b)(?![:=<])([^\s,;<]+)/gi;
const TOKEN_WORD = /\b(token\s{1,3})(?=[A-Za-z._~+/=-]{0,128}\d)([A-Za-z0-9+/._~=-]{8,4096})/gi;

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
  const shown = text
    .replace(USER_INFORMATION, '$1<secret>')
    .replace(SCHEME, '$1<secret>')
    .replace(IN_PATH, hidePath)
    .replace(ELEMENT, hideElement);
  return hideNamed(shown)
    .replace(OPTION, '$1<secret>')
    .replace(SPOKEN, '$1<secret>')
    .replace(TOKEN_WORD, '$1<secret>');
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

function hideElement(whole: string, tag: string, name: string, value: string): string {
  const kind = announcedBy(plainName(name), 'text');
  return kind === undefined || value.trim() === '' ? whole : `${tag}<${shownKind(kind)}>`;
}

function hideNamed(text: string): string {
  let shown = '';
  let done = 0;
  OPERATOR.lastIndex = 0;
  for (let match = OPERATOR.exec(text); match !== null; match = OPERATOR.exec(text)) {
    const after = OPERATOR.lastIndex;
    const kind = kindBefore(text, done, match.index, match[0]);
    if (kind === undefined) continue;
    const from = after + lengthAt(BLANKS, text, after);
    const to = valueEnd(text, from, kind);
    if (
      to === from ||
      lengthAt(HIDDEN, text, from) > 0 ||
      lengthAt(HIDDEN, text, to) > 0 ||
      WILDCARD.test(text.slice(from, Math.min(to, from + 64)))
    )
      continue;
    shown += `${text.slice(done, from)}<${shownKind(kind)}>`;
    done = to;
    OPERATOR.lastIndex = to;
  }
  return done === 0 ? text : shown + text.slice(done);
}

/** What the words in front of `at` announce: the longest run of them that does. */
function kindBefore(text: string, done: number, at: number, operator: string): string | undefined {
  if (/by|^password/i.test(operator)) return 'secret';
  const before = text.slice(Math.max(done, at - LOOK_BACK), at);
  const name = NAME_BEFORE.exec(before);
  if (name === null) return undefined;
  // `(lastname)=(Doe)` of databases; other brackets close a thought.
  if (name[0].endsWith(')') && !text.startsWith('=(', at)) return undefined;
  const whole = name[1]!;
  const starts = [0, ...Array.from(whole.matchAll(WORD_BREAK), each => each.index + each[0].length)];
  for (const start of starts) {
    const kind = announcedBy(plainName(whole.slice(start)), 'text');
    if (kind !== undefined) return kind;
  }
  return undefined;
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
  let to = from + lengthAt(BARE, text, from);
  if (to === from || (kind !== 'patient_name' && kind !== 'person' && kind !== 'mrn')) return to;
  for (let words = 0; words < 3; words++) {
    const length = lengthAt(MORE_NAME, text, to);
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

/** A literal of SQL: a string of any kind. */
const LITERAL =
  /'(?:[^'\\]|\\[\s\S]|'')*'?|"(?:[^"\\]|\\[\s\S]|"")*"?|\$([A-Za-z_]{0,32})\$[\s\S]*?(?:\$\1\$|$)|\b0x[0-9a-f]{2,}\b/gi;

/**
 * A query with its string literals as `'?'`, as digests of queries have them, and what names announce hidden. In
 * double quotes stand names (standard) or literals (MySQL): a name that is one word stays unless it is compared.
 */
export function hideLiterals(query: string): string {
  return hideSecrets(
    query.replace(LITERAL, (literal, _tag, at: number) => {
      if (
        literal.startsWith('"') &&
        /^"\w{1,64}"$/.test(literal) &&
        !/(?:[=<>(,]|like|by|in|values)\s{0,3}$/i.test(query.slice(Math.max(0, at - 16), at))
      )
        return literal;
      return "'?'";
    }),
  );
}
