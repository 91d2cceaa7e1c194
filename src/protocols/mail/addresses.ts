/**
 * Mail addresses in commands and headers (RFC 5321 section 4.1.2, RFC 5322 section 3.4), cut as Zeek does, and the hosts
 * that `Received` headers name. No state.
 */
import { parseAddress } from '../../net/cidr.ts';

/** Addresses taken of one header. */
const MAX_ADDRESSES = 256;

/** The address in the argument of MAIL or RCPT behind its colon; `<>` for none. */
export function pathOf(argument: string): string {
  const text = argument.trim();
  const inBrackets = /^<([^>]*)>/.exec(text)?.[1];
  if (inBrackets === '') return '<>';
  // RFC 5321 section 4.1.1.3: a source route goes before the address.
  return (inBrackets ?? text.split(/\s/, 1)[0]!).replace(/^@[^:]*:/, '');
}

/** The list in a `To` or `Cc` header, split at commas outside of quotes at the beginning of an address. */
export function splitAddresses(value: string): { readonly list: string[]; readonly cut: boolean } {
  const list = new Set<string>();
  let cut = false;
  for (const [part] of value.matchAll(/(?:\s*"[^"]*")?[^,]+/g)) {
    const address = part.trim();
    if (address === '') continue;
    cut = list.size >= MAX_ADDRESSES;
    if (cut) break;
    list.add(address);
  }
  return { list: [...list], cut };
}

/**
 * The host a `Received` header names: the second address in it, or else the first. The first is mostly what the client
 * called itself, the second where it came from.
 */
export function receivedFrom(value: string): string | undefined {
  const hosts: string[] = [];
  for (const [, v6, v4] of value
    .slice(0, 4096)
    .matchAll(/\[IPv6:([0-9A-Fa-f:.]{2,45})\]|(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/g)) {
    const host = parseAddress(v6 ?? v4!.replace(/\b0+(?=\d)/g, ''));
    if (host !== undefined) hosts.push(host);
    if (hosts.length === 2) break;
  }
  return hosts[1] ?? hosts[0];
}
