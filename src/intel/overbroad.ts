/**
 * Indicators that match more than anybody can mean. Too broad to be used: the whole address space, more than a /8 (IPv6: a
 * /16), a top-level domain, a public suffix or hosting domain under which anybody can register. Doubtful, but used: private,
 * loopback, link-local and multicast addresses, which are somebody else's network.
 *
 * The public suffixes are the usual shapes (`co.uk`, `com.au`) and the hosting domains that lists of indicators name most, not
 * the whole Public Suffix List.
 */
import type { IntelKind } from '../model/intel.ts';
import { addressTest } from '../net/address-test.ts';
import { parseCidr } from '../net/cidr.ts';

const SECOND_LEVEL =
  /^(?:com?|net|org|gov|edu|ac|or|ne|go|gob|ltd|plc|mil|nhs|sch|id|web|gen|nom)\.[a-z]{2}$/;

const HOSTING = new Set([
  'amazonaws.com',
  'appspot.com',
  'azurewebsites.net',
  'blogspot.com',
  'cloudapp.net',
  'cloudflare.com',
  'cloudfront.net',
  'ddns.net',
  'duckdns.org',
  'dyndns.org',
  'firebaseapp.com',
  'github.com',
  'github.io',
  'gitlab.io',
  'google.com',
  'googleusercontent.com',
  'herokuapp.com',
  'hopto.org',
  'microsoft.com',
  'netlify.app',
  'ngrok.io',
  'no-ip.org',
  'pages.dev',
  'sharepoint.com',
  'vercel.app',
  'web.app',
  'weebly.com',
  'windows.net',
  'wixsite.com',
  'wordpress.com',
  'workers.dev',
]);

const parse = (range: string) => parseCidr(range)!;
/** First octets below which some address is doubtful; most indicators are told apart by them. */
const DOUBTFUL_OCTETS = new Set([0, 10, 127, 169, 172, 192]);
const DOUBTFUL: readonly (readonly [string, (address: string) => boolean])[] = [
  ['private', addressTest(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].map(parse))],
  ['loopback', addressTest(['127.0.0.0/8', '::1/128'].map(parse))],
  ['link-local', addressTest(['169.254.0.0/16', 'fe80::/10'].map(parse))],
  ['unspecified', addressTest(['0.0.0.0/8', '::/128'].map(parse))],
  ['a group', addressTest(['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'].map(parse))],
];

/** Why an indicator is not used; undefined when it is. */
export function tooBroad(kind: IntelKind, text: string): string | undefined {
  if (kind === 'subnet') {
    const prefix = Number(text.slice(text.indexOf('/') + 1));
    return prefix < (text.includes(':') ? 16 : 8) ? 'too large a range' : undefined;
  }
  if (kind !== 'domain') return undefined;
  if (!text.includes('.')) return 'a top-level domain';
  if (SECOND_LEVEL.test(text)) return 'a public suffix';
  return HOSTING.has(text) ? 'a domain of which anybody has a part' : undefined;
}

/** Why an indicator that is used is probably not meant. */
export function doubtful(kind: IntelKind, text: string): string | undefined {
  if (kind !== 'addr' && kind !== 'subnet') return undefined;
  const octet = Number.parseInt(text, 10);
  if (!text.includes(':') && octet < 224 && !DOUBTFUL_OCTETS.has(octet)) return undefined;
  const address = text.replace(/\/.*/, '');
  return DOUBTFUL.find(([, holds]) => holds(address))?.[0];
}
