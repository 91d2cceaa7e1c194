/**
 * Web forms as `application/x-www-form-urlencoded` (WHATWG URL, section 5) or as a JSON object (RFC 8259): whether a form is a
 * login, and the identifiers and secrets in one that is encoded like a URI. Fields are told by their names, as programs and
 * appliances use them.
 *
 * Limit: `MAX_FORM_FIELDS`; a JSON text that is longer than what is kept of a body is not read.
 */

import { latin1, utf8 } from '../../bytes/text.ts';
import type { SecretKind } from '../../model/identifiers.ts';
import { bytesToText, type CleanUri, cleanUri } from './uri.ts';

const MAX_FORM_FIELDS = 200;

const USER =
  /^(?:user(?:name|id|_?login)?|login(?:name|_?user)?|uname|usr|account|email|log|j_username|name)$/;
const PASSWORD =
  /^(?:pass(?:word|wd|phrase)?|pwd|passwd|user_?pass(?:word)?|login_?pass(?:word)?|psw|j_password|txtpwd|pw|pin|passwort|kennwort)$/;

/** User and password of a form. */
export interface FormLogin {
  readonly user: string | undefined;
  readonly secret: string;
  readonly secretKind: SecretKind;
}

/** What a form holds that must not be shown, and the login it may be. */
export interface Form {
  readonly clean: CleanUri;
  readonly login: FormLogin | undefined;
}

/** Reads the beginning of a form; `target` is where it goes, which says what some of its fields mean. */
export function readForm(bytes: Uint8Array, target = ''): Form {
  const text = latin1(bytes);
  const path = /\/Patient\/_search$/.exec(target.split('?', 1)[0]!)?.[0] ?? '';
  return { clean: cleanUri(`${path}?${text}`, true), login: loginOf(fieldsOf(text)) };
}

/** Reads the login in the query of a request target. */
export function readQueryLogin(target: string): FormLogin | undefined {
  const query = target.indexOf('?');
  return query < 0 ? undefined : loginOf(fieldsOf(target.slice(query + 1).split('#', 1)[0]!));
}

function fieldsOf(text: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const field of text.split('&', MAX_FORM_FIELDS)) {
    const equals = field.indexOf('=');
    if (equals >= 0) fields.push([decodeField(field.slice(0, equals)), decodeField(field.slice(equals + 1))]);
  }
  return fields;
}

/** Reads the login in a JSON object, also one object deeper. */
export function readJsonLogin(bytes: Uint8Array): FormLogin | undefined {
  const object = parseObject(utf8(bytes));
  if (object === undefined) return undefined;
  const inner = Object.values(object).filter(value => typeof value === 'object' && value !== null);
  const fields = [object, ...inner].flatMap(candidate => Object.entries(candidate)).slice(0, MAX_FORM_FIELDS);
  return loginOf(fields.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // What breaks off, or is none, has no fields.
    return undefined;
  }
}

function loginOf(fields: readonly (readonly [string, string])[]): FormLogin | undefined {
  let user: string | undefined;
  let secret: string | undefined;
  let secretKind: SecretKind = 'password';
  for (const [label, value] of fields) {
    // `ctl00$Login$UserName` and `user[name]` end in what they are.
    const name = label
      .toLowerCase()
      .replace(/\]$/, '')
      .replace(/^.*[$:.[]/, '');
    if (PASSWORD.test(name)) {
      secret ??= value;
      if (name === 'pin') secretKind = 'pin';
    } else if (USER.test(name)) user ??= value;
  }
  return secret === undefined ? undefined : { user, secret, secretKind };
}

function decodeField(value: string): string {
  if (!value.includes('+') && !value.includes('%')) return bytesToText(value);
  return bytesToText(
    value
      .replaceAll('+', ' ')
      .replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  );
}
