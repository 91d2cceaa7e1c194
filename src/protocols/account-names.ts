/**
 * Which account names may be shown. Computers (`PACS01$`), services (`host/pacs01`) and the
 * accounts that systems ship with belong to nobody; every other name may be a person's and becomes a token.
 */
import { knownAccount } from '../model/accounts.ts';
import type { FlowContext } from '../model/protocol.ts';
import type { Token } from '../model/schema.ts';

/** Stands for the name of a person where a text needs a name. */
export const A_USER = '<user>';

/** Longest name that is looked at. */
const MAX_NAME = 512;

export interface AccountName {
  /** The name, or `A_USER`. */
  readonly shown: string;
  /** The name as a token, when it is not shown. */
  readonly user: Token | undefined;
}

/** Decides how an account's name is shown; absent for an anonymous login. */
export function accountName(flow: FlowContext, name: string): AccountName | undefined {
  if (name === '') return undefined;
  const cut = name.slice(0, MAX_NAME);
  if (isImpersonal(cut)) return { shown: cut, user: undefined };
  return { shown: A_USER, user: flow.token('user', cut) };
}

function isImpersonal(name: string): boolean {
  return name.endsWith('$') || /^[A-Za-z][A-Za-z0-9_]{1,20}\//.test(name) || knownAccount(name) !== undefined;
}
