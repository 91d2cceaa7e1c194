/**
 * Addresses of people in mail and telephony (RFC 5322 section 3.4, RFC 3261 section 20.10): which parts of them may name a person.
 */
import { knownAccount } from '../model/accounts.ts';
import type { FlowContext } from '../model/protocol.ts';

/** Characters of one address that are looked at for names. */
const MAX_ADDRESS = 512;
/** An extension within a house is a number among others, and would be masked wherever it turns up. */
const EXTENSION = /^\d{1,6}$/;

/**
 * Makes sure that writers mask the person behind an address or a list of them, wherever the name turns up: the name
 * shown and the part before the @. The domain stays, and so do addresses of functions (`model/accounts.ts`).
 */
export function protectPersons(flow: FlowContext, addresses: string): void {
  const text = addresses.slice(0, MAX_ADDRESS);
  for (const [, local] of text.matchAll(/([^\s<>"(),;:@]{1,64})@[A-Za-z0-9[]/g)) {
    if (knownAccount(local!) === undefined && !EXTENSION.test(local!)) flow.token('user', local!);
  }
  const shown = /^\s*"?([^"<>@]{4,128}?)"?\s*<[^>]*>/.exec(text)?.[1] ?? /\(([^()]{4,128})\)/.exec(text)?.[1];
  if (shown !== undefined) flow.token('person_name', shown);
}
