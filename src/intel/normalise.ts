/**
 * One spelling for each indicator, so that a lookup is a comparison. Defanged text (`hxxp://`, `evil[.]example`, `user[at]…`) is
 * taken as what it means.
 *
 * - addresses and ranges as `net/cidr.ts` writes them, ranges from their first address on
 * - domains in lower case and as Punycode, without `*.` in front and the dot behind: a domain stands for its subdomains too
 * - URLs without scheme, user and fragment, the host in lower case, port 80 and 443 left out, as Zeek has them
 * - hashes and e-mail addresses in lower case; user agents and AE titles as they are
 */
import { domainToASCII } from 'node:url';
import type { IntelKind } from '../model/intel.ts';
import { ipv4Text, ipv4Word } from '../net/address.ts';
import { firstAddress, parseAddress, parseCidr } from '../net/cidr.ts';
import { INTEL_LIMITS } from './limits.ts';

const HEX: Readonly<Record<number, true>> = { 32: true, 40: true, 64: true, 128: true };
const JA4 = /^[tqd]\w\d[di]\d{4}\w{2}_[0-9a-f]{12}_[0-9a-f]{12}$/i;

/** The range of a prefix length that an IPv4 address is in. */
export function ipv4Range(word: number, prefix: number): string {
  const size = 2 ** (32 - prefix);
  return `${ipv4Text(word - (word % size))}/${prefix}`;
}

/** What defanged text means. */
export function refang(text: string): string {
  if (!/[[({]|hxx|meow/i.test(text)) return text;
  return text
    .replace(/^(?:hxxp|h\*\*p|meow)(s?)(?=\[?:)/i, 'http$1')
    .replace(/\[:\/\/\]/g, '://')
    .replace(/[[({](?:\.|dot)[\])}]/gi, '.')
    .replace(/[[({](?:@|at)[\])}]/gi, '@')
    .replace(/\[(:|\/)\]/g, '$1');
}

/** The spelling under which an indicator of a kind is looked up; undefined when it is none. */
export function normalise(kind: IntelKind, text: string): string | undefined {
  if (text === '' || text.length > INTEL_LIMITS.indicatorLength) return undefined;
  switch (kind) {
    case 'addr':
      if (ipv4Word(text) >= 0) return text;
      // The library throws at whatever is no address, which takes long.
      if (!text.includes(':')) return undefined;
      return parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
    case 'subnet': {
      const slash = text.indexOf('/');
      const word = ipv4Word(slash < 0 ? text : text.slice(0, slash));
      if (word >= 0 && /^\/(?:\d|[12]\d|3[0-2])$/.test(text.slice(slash)))
        return ipv4Range(word, Number(text.slice(slash + 1)));
      const cidr = parseCidr(text);
      return cidr && `${firstAddress(cidr)}/${cidr.prefix}`;
    }
    case 'domain':
      return domainName(text);
    case 'url':
      return plainUrl(text);
    case 'email':
      return /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(text) ? text.toLowerCase() : undefined;
    case 'file_hash':
    case 'cert_hash': {
      const hex = text.replace(/:/g, '').toLowerCase();
      return HEX[hex.length] && /^[0-9a-f]+$/.test(hex) ? hex : undefined;
    }
    case 'ja3':
      return /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : undefined;
    case 'ja4':
      return JA4.test(text) ? text.toLowerCase() : undefined;
    case 'ae_title': {
      const title = text.trim();
      return title.length > 0 && title.length <= 16 ? title : undefined;
    }
    case 'software':
      return text;
  }
}

function domainName(text: string): string | undefined {
  const bare = text.replace(/^\*?\./, '').replace(/\.$/, '');
  const ascii = /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  if (
    ascii.length > 253 ||
    !/^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z][a-z0-9-]*[a-z0-9]$/.test(ascii)
  )
    return undefined;
  return ascii;
}

/** Host, port, path and query of a URL, as HTTP requests are looked up. */
export function plainUrl(text: string): string | undefined {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/#.*$/s, '');
  const [, authority, rest] = /^([^/?]+)(.*)$/s.exec(bare) ?? [];
  if (authority === undefined) return undefined;
  const host = authority
    .replace(/^.*@/, '')
    .replace(/:(?:80|443)?$/, '')
    .replace(/\.(?=$|:)/, '')
    .toLowerCase();
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::\d{1,5})?$/.test(host)) return undefined;
  return `${host}${rest === '' ? '/' : rest!.startsWith('?') ? `/${rest}` : rest}`;
}

/** What a text without a type looks like. An MD5 may be a JA3: only a type tells. */
export function guessKind(text: string): IntelKind | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'url';
  if (text.includes('/'))
    return normalise('subnet', text) !== undefined
      ? 'subnet'
      : plainUrl(text) === undefined
        ? undefined
        : 'url';
  if (normalise('addr', text) !== undefined) return 'addr';
  if (normalise('file_hash', text) !== undefined) return 'file_hash';
  if (normalise('ja4', text) !== undefined) return 'ja4';
  if (text.includes('@')) return normalise('email', text) === undefined ? undefined : 'email';
  return normalise('domain', text) === undefined ? undefined : 'domain';
}
