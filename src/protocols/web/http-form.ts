/**
 * Web forms as `application/x-www-form-urlencoded` (WHATWG URL, section 5): whether a form is a login, and the identifiers
 * and secrets in it. Fields are told by their names, as programs and appliances use them.
 *
 * Limit: `MAX_FORM_FIELDS`.
 */
import { latin1 } from '../../bytes/text.ts';
import { bytesToText, type CleanUri, cleanUri } from './uri.ts';

const MAX_FORM_FIELDS = 200;

const USER =
  /^(?:user(?:name|id|_?login)?|login(?:name|_?user)?|uname|usr|account|email|log|j_username|name)$/;
const PASSWORD =
  /^(?:pass(?:word|wd|phrase)?|pwd|passwd|user_?pass(?:word)?|login_?pass(?:word)?|psw|j_password|pw|pin)$/;

/** User and password of a form. */
export interface FormLogin {
  readonly user: string | undefined;
  readonly secret: string;
  readonly secretKind: string;
}

/** What a form holds that must not be shown, and the login it may be. */
export interface Form {
  readonly clean: CleanUri;
  readonly login: FormLogin | undefined;
}

/** Reads the beginning of a form. */
export function readFormLogin(bytes: Uint8Array): Form {
  const text = latin1(bytes);
  let user: string | undefined;
  let secret: string | undefined;
  let secretKind = 'password';
  for (const field of text.split('&', MAX_FORM_FIELDS)) {
    const equals = field.indexOf('=');
    if (equals < 0) continue;
    // `ctl00$Login$UserName` and `user[name]` end in what they are.
    const name = decodeField(field.slice(0, equals))
      .toLowerCase()
      .replace(/\]$/, '')
      .replace(/^.*[$:.[]/, '');
    if (PASSWORD.test(name)) {
      secret ??= decodeField(field.slice(equals + 1));
      if (name === 'pin') secretKind = 'pin';
    } else if (USER.test(name)) user ??= decodeField(field.slice(equals + 1));
  }
  const login = secret === undefined ? undefined : { user, secret, secretKind };
  return { clean: cleanUri(`?${text}`, true), login };
}

function decodeField(value: string): string {
  return bytesToText(
    value
      .replaceAll('+', ' ')
      .replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  );
}
