/**
 * Secrets in text that programs write for people: log lines, command lines. What stands behind a word that announces a secret
 * (`password=…`, `token: …`), in the user information of a URL, behind an authorization scheme, and behind `-p` of programs
 * that take a password there is replaced. A secret that nothing announces cannot be told.
 *
 * Limit: texts are as long as their callers allow; the work is linear in them.
 */

const NAMED =
  /((?:pass(?:word|wd|phrase|code)?|pwd|passwort|kennwort|secret|token|api[_-]?key|access[_-]?key|community|jwt|session(?:_?id)?)["']?\s{0,3}[:=]\s{0,3})("[^"]{0,512}"|'[^']{0,512}'|[^\s,;&"'}\])]{1,512})/gi;
const SCHEME = /\b((?:basic|bearer|digest|negotiate|ntlm)\s{1,3})([A-Za-z0-9+/._~=-]{6,4096})/gi;
const USER_INFORMATION = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,64}:)([^\s@/]{1,256})(?=@)/gi;
const OPTION =
  /(\b(?:mysql\w{0,10}|mariadb|sshpass|smbclient|ldapsearch|mongo\w{0,6})\b[^\n]{0,200}?\s-(?:p|w)\s?)([^\s-]\S{0,255})/gi;
/** Most texts have none of these, and are told so quickly. */
const ANNOUNCED =
  /pass|pwd|kennwort|secret|token|key|community|jwt|session|basic|bearer|digest|negotiate|ntlm|:\/\/|\s-[pw]/i;

/** The text with every announced secret replaced by `<secret>`. */
export function hideSecrets(text: string): string {
  if (!ANNOUNCED.test(text)) return text;
  return text
    .replace(USER_INFORMATION, '$1<secret>')
    .replace(SCHEME, '$1<secret>')
    .replace(NAMED, '$1<secret>')
    .replace(OPTION, '$1<secret>');
}
