/**
 * What files call the kinds of indicators: Zeek, MISP attribute types, STIX object paths, and names that CSV files use. A name
 * that is known and cannot be matched here is `unsupported`; composite MISP values have their parts in order.
 */
import type { IntelKind } from '../model/intel.ts';

/** `-` is a part that is passed over. */
export type NamedKind = IntelKind | '-' | 'host';

const NAMES: Readonly<Record<string, readonly NamedKind[]>> = {
  // Zeek
  'intel::addr': ['addr'],
  'intel::subnet': ['subnet'],
  'intel::domain': ['domain'],
  'intel::url': ['url'],
  'intel::file_hash': ['file_hash'],
  'intel::cert_hash': ['cert_hash'],
  'intel::software': ['software'],
  'intel::email': ['email'],
  'intel::ja3': ['ja3'],
  'intel::ja4': ['ja4'],
  'intel::ae_title': ['ae_title'],
  // MISP, and other names of the same
  'ip-src': ['host'],
  'ip-dst': ['host'],
  'ip-src|port': ['host', '-'],
  'ip-dst|port': ['host', '-'],
  'domain|ip': ['domain', 'addr'],
  'hostname|port': ['host', '-'],
  hostname: ['host'],
  domain: ['host'],
  url: ['url'],
  uri: ['url'],
  link: ['url'],
  md5: ['file_hash'],
  sha1: ['file_hash'],
  sha256: ['file_hash'],
  sha512: ['file_hash'],
  'filename|md5': ['-', 'file_hash'],
  'filename|sha1': ['-', 'file_hash'],
  'filename|sha256': ['-', 'file_hash'],
  'x509-fingerprint-sha1': ['cert_hash'],
  'x509-fingerprint-sha256': ['cert_hash'],
  'ja3-fingerprint-md5': ['ja3'],
  'user-agent': ['software'],
  email: ['email'],
  'email-src': ['email'],
  'email-dst': ['email'],
  'email-reply-to': ['email'],
  // STIX, OTX and plain words
  'ipv4-addr': ['host'],
  'ipv6-addr': ['host'],
  'ipv4-addr:value': ['host'],
  'ipv6-addr:value': ['host'],
  'domain-name': ['host'],
  'domain-name:value': ['host'],
  'url:value': ['url'],
  'email-addr': ['email'],
  'email-addr:value': ['email'],
  ip: ['host'],
  ipv4: ['host'],
  ipv6: ['host'],
  'ip:port': ['host'],
  ip_address: ['host'],
  address: ['host'],
  host: ['host'],
  fqdn: ['host'],
  cidr: ['host'],
  subnet: ['host'],
  network: ['host'],
  hash: ['file_hash'],
  file_hash: ['file_hash'],
  md5_hash: ['file_hash'],
  sha1_hash: ['file_hash'],
  sha256_hash: ['file_hash'],
  'filehash-md5': ['file_hash'],
  'filehash-sha1': ['file_hash'],
  'filehash-sha256': ['file_hash'],
  cert_hash: ['cert_hash'],
  certificate: ['cert_hash'],
  ja3: ['ja3'],
  ja3_fingerprint: ['ja3'],
  ja4: ['ja4'],
  ja4_fingerprint: ['ja4'],
  user_agent: ['software'],
  useragent: ['software'],
  software: ['software'],
  ae_title: ['ae_title'],
  aetitle: ['ae_title'],
};

/** The kinds of the parts of a value of a type; undefined when the type is not known or cannot be matched. */
export function kindsOf(name: string): readonly NamedKind[] | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
}
