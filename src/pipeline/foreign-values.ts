/**
 * What other programs' logs show in clear and ours never do: user names that may be a person's, communities, secrets in
 * URIs and messages, medical messages inside syslog. Made here what our decoders would have made of it, before a record
 * is stored.
 */
import { knownAccount } from '../model/accounts.ts';
import type { Fields, StreamSchema, Token, Value } from '../model/schema.ts';
import { hideSecrets } from '../protocols/secret-text.ts';
import { cleanUri } from '../protocols/web/uri.ts';

type TokenOf = (kind: string, value: string) => Token;
type Row = Record<string, Value>;

/** Communities that products ship with (RFC 1157 and common practice). */
const SHIPPED_COMMUNITIES = new Set(['public', 'private']);
const URIS = new Set(['uri', 'referrer', 'location', 'arg', 'soap_action']);
/** HL7 and audit messages of healthcare systems. */
const MEDICAL = /\bMSH\||<AuditMessage/;

/** Fields that name an account, and what is shown of one that may be a person's. */
const ACCOUNTS: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  radius: { username: undefined },
  rdp: { cookie: undefined },
  ntlm: { username: '<user>' },
};

/** Changes a record of another program's log in place. */
export function cleanForeign(schema: StreamSchema, row: Row, token: TokenOf): void {
  const fields: Fields = schema.fields;
  for (const [name, shown] of Object.entries(ACCOUNTS[schema.name] ?? {}))
    hideAccount(row, name, shown, token);
  if (schema.name === 'kerberos') hidePrincipal(row, token);
  if (schema.name === 'snmp') hideCommunity(row, token);
  if (schema.name === 'syslog' && MEDICAL.test(String(row['message'] ?? ''))) delete row['message'];
  for (const [name, value] of Object.entries(row)) {
    const field = fields[name]!;
    if (field.type === 'token' && typeof value === 'string') row[name] = token(name, value);
    else if (field.type === 'set[token]')
      row[name] = (value as readonly string[]).map(item => token(name, item));
    else if (field.class === 'text') row[name] = cleanText(name, value);
  }
}

function cleanText(name: string, value: Value): Value {
  if (Array.isArray(value)) return (value as readonly string[]).map(hideSecrets);
  if (typeof value !== 'string') return value;
  return URIS.has(name) ? cleanUri(value, false).text : hideSecrets(value);
}

function hideAccount(row: Row, name: string, shown: string | undefined, token: TokenOf): void {
  const value = row[name];
  if (typeof value !== 'string' || value === '' || knownAccount(value) !== undefined) return;
  row['user'] = token('user', value);
  if (shown === undefined) delete row[name];
  else row[name] = shown;
}

/** `account/REALM`, as Zeek writes it. */
function hidePrincipal(row: Row, token: TokenOf): void {
  const value = row['client'];
  if (typeof value !== 'string') return;
  const slash = value.lastIndexOf('/');
  const account = slash < 0 ? value : value.slice(0, slash);
  // Computers are no persons: their accounts end with a dollar sign.
  if (account === '' || account.endsWith('$') || knownAccount(account) !== undefined) return;
  row['user'] = token('user', account);
  row['client'] = `<user>${slash < 0 ? '' : value.slice(slash)}`;
}

function hideCommunity(row: Row, token: TokenOf): void {
  const value = row['community'];
  if (typeof value !== 'string' || SHIPPED_COMMUNITIES.has(value)) return;
  row['community_token'] = token('community', value);
  delete row['community'];
}
