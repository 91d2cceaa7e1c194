/**
 * Fingerprints of TLS clients and servers by what their hellos offer: JA3 and JA3S (MD5 of the numbers in their order), and
 * JA4 for clients (sorted, so that shuffled extensions do not matter). Values of GREASE (RFC 8701) are left out.
 *
 * Only the client fingerprint of the JA4 family is made here.
 */
import { createHash } from 'node:crypto';
import type { ClientHello, ServerHello } from './ssl-hello.ts';
import { isGrease } from './ssl-names.ts';

const real = (values: readonly number[]): number[] => values.filter(value => !isGrease(value));

/** Salesforce's JA3: version, suites, extensions, groups and point formats. */
export function ja3(hello: ClientHello): string {
  const lists = [hello.ciphers, hello.extensions, hello.groups, hello.pointFormats];
  return md5([hello.version, ...lists.map(list => real(list).join('-'))].join(','));
}

/** Its answer: version, suite and extensions of the ServerHello. */
export function ja3s(hello: ServerHello): string {
  return md5([hello.legacyVersion, hello.cipher, real(hello.extensions).join('-')].join(','));
}

/** The transport as JA4 writes it. */
export type Ja4Transport = 't' | 'q' | 'd';

const JA4_VERSIONS = new Map<number, string>([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
  [0xfeff, 'd1'],
  [0xfefd, 'd2'],
  [0xfefc, 'd3'],
]);

const SERVER_NAME = 0;
const ALPN = 16;

/** FoxIO's JA4 of a client, e.g. `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
export function ja4(hello: ClientHello, transport: Ja4Transport): string {
  const ciphers = real(hello.ciphers);
  const extensions = real(hello.extensions);
  const offered = real(hello.supportedVersions);
  const version = offered.length === 0 ? hello.version : newest(offered, transport);
  const name = extensions.includes(SERVER_NAME) ? 'd' : 'i';
  const counts = [ciphers, extensions]
    .map(list => String(Math.min(list.length, 99)).padStart(2, '0'))
    .join('');
  const start = `${transport}${JA4_VERSIONS.get(version) ?? '00'}${name}${counts}${alpnEnds(hello.protocols[0])}`;
  const kept = extensions.filter(type => type !== SERVER_NAME && type !== ALPN);
  const signatures =
    hello.signatureAlgorithms.length === 0 ? '' : `_${hexList(real(hello.signatureAlgorithms))}`;
  const extensionPart = kept.length === 0 ? '' : hexList(kept.sort(ascending)) + signatures;
  return `${start}_${shortHash(hexList(ciphers.sort(ascending)))}_${shortHash(extensionPart)}`;
}

/** Versions of DTLS count downwards. */
function newest(versions: readonly number[], transport: Ja4Transport): number {
  return transport === 'd' ? Math.min(...versions) : Math.max(...versions);
}

/** First and last character of the first protocol offered; of its hexadecimal form where one of them is neither letter nor digit. */
function alpnEnds(protocol: Uint8Array | undefined): string {
  if (protocol === undefined || protocol.length === 0) return '00';
  const first = protocol[0]!;
  const last = protocol[protocol.length - 1]!;
  const text = String.fromCharCode(first, last);
  if (/^[0-9a-z]{2}$/i.test(text)) return text;
  return first.toString(16).padStart(2, '0')[0]! + last.toString(16).padStart(2, '0')[1]!;
}

const ascending = (a: number, b: number): number => a - b;

function hexList(values: readonly number[]): string {
  return values.map(value => value.toString(16).padStart(4, '0')).join(',');
}

function shortHash(text: string): string {
  return text === '' ? '000000000000' : hashOf('sha256', text).slice(0, 12);
}

function md5(text: string): string {
  return hashOf('md5', text);
}

/** Texts remembered with their hash: the same clients greet the same servers again and again. Dropped whole when full. */
const MAX_CACHED = 2048;
const cache = new Map<string, string>();

function hashOf(algorithm: 'md5' | 'sha256', text: string): string {
  const key = `${algorithm} ${text}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const hash = createHash(algorithm).update(text).digest('hex');
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, hash);
  return hash;
}
