/**
 * X.509 certificates as handshakes show them (RFC 5280): Zeek's `x509` record, with what matters of time and trust for a
 * rule: expired or not yet valid when it was seen, signed with its own key. Chains are not validated: a capture does not say
 * which authorities its hosts trust.
 *
 * OpenSSL reads the certificate (`X509Certificate`); what Node does not give of it (version, algorithms, path length, the
 * parts of names in RFC 2253 form) is read as BER. What OpenSSL refuses gives no record but a fingerprint.
 *
 * Limits: `MAX_NAMES` alternative names; `MAX_CACHED` certificates are remembered, since the same ones come again and again.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { u32be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import { ipv4Text, ipv6Text } from '../../net/address.ts';
import {
  BerReader,
  BOOLEAN,
  context,
  contextPrimitive,
  INTEGER,
  OCTET_STRING,
  OID,
  SEQUENCE,
  SET,
} from '../ber.ts';

/** Alternative names kept of one certificate. */
const MAX_NAMES = 256;
/** Certificates remembered; when full the memory starts anew. */
const MAX_CACHED = 512;

/** Zeek's `x509.log`, per flow, with validity against capture time. */
export const x509Stream = flowStream('x509', 'One line per certificate and flow that shows it.', {
  fingerprint: f.string('SHA-256 of the certificate.'),
  fingerprint_sha1: f.string('SHA-1 of the certificate, by which lists of indicators name it.'),
  'certificate.version': f.count('Version, 1 to 3.'),
  'certificate.serial': f.string('Serial number, hexadecimal.'),
  'certificate.subject': f.string('Subject, most specific part first.', 'text'),
  'certificate.issuer': f.string('Issuer, most specific part first.', 'text'),
  'certificate.not_valid_before': f.time('Begin of validity.'),
  'certificate.not_valid_after': f.time('End of validity.'),
  'certificate.key_alg': f.string('Algorithm of the key.'),
  'certificate.sig_alg': f.string('Algorithm of the signature.'),
  'certificate.key_type': f.string('rsa, dsa or ecdsa; the algorithm for others.'),
  'certificate.key_length': f.count('Bits of the key.'),
  'certificate.exponent': f.string('Exponent of an RSA key.'),
  'certificate.curve': f.string('Curve of an elliptic key.'),
  'san.dns': f.strings('Alternative names: hosts.', 'text'),
  'san.uri': f.strings('Alternative names: URIs.', 'text'),
  'san.email': f.strings('Alternative names: mail addresses.', 'text'),
  'san.ip': f.strings('Alternative names: addresses.'),
  'basic_constraints.ca': f.bool('It may sign certificates.'),
  'basic_constraints.path_len': f.count('Authorities that may stand below it.'),
  host_cert: f.bool('It is the host’s own, not one of its authorities.'),
  client_cert: f.bool('The client sent it.'),
  expired: f.bool('Its validity had ended when it was seen.'),
  not_yet_valid: f.bool('Its validity had not begun when it was seen.'),
  self_signed: f.bool('It is signed with its own key.'),
});

/** What a certificate says; not to be changed, as it is shared by all flows that show it. */
export interface Certificate {
  readonly fingerprint: string;
  /** Absent when it could not be read. */
  readonly fields: Readonly<RecordOf<typeof x509Stream>> | undefined;
  readonly x509: X509Certificate | undefined;
}

const cache = new Map<string, Certificate>();

/** Reads one certificate in DER. Never throws. */
export function readCertificate(der: Uint8Array): Certificate {
  const fingerprint = createHash('sha256').update(der).digest('hex');
  const known = cache.get(fingerprint);
  if (known !== undefined) return known;
  const certificate = readUnknown(der, fingerprint);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(fingerprint, certificate);
  return certificate;
}

function readUnknown(der: Uint8Array, fingerprint: string): Certificate {
  try {
    const x509 = new X509Certificate(der);
    return {
      fingerprint,
      x509,
      fields: {
        fingerprint,
        fingerprint_sha1: createHash('sha1').update(der).digest('hex'),
        ...keyFields(x509),
        ...readFields(der),
        ...trustFields(x509),
      },
    };
  } catch {
    // OpenSSL says no: what it refuses is not worth a second opinion.
    return { fingerprint, x509: undefined, fields: undefined };
  }
}

/** The record of a certificate as of a moment. */
export function certificateRecord(
  { fields }: Certificate,
  now: Moment,
  place: { readonly host: boolean; readonly client: boolean },
): RecordOf<typeof x509Stream> | undefined {
  if (fields === undefined) return undefined;
  const before = fields['certificate.not_valid_before'];
  const after = fields['certificate.not_valid_after'];
  return {
    ...fields,
    host_cert: place.host,
    client_cert: place.client,
    expired: after === undefined ? undefined : now.sec > after.sec,
    not_yet_valid: before === undefined ? undefined : now.sec < before.sec,
  };
}

/** What may be an address where a name is expected. */
const ADDRESS = /^\d[\d.]*$|^[\da-f]*:[\da-f:.]*$/i;

/** Whether the certificate is for the name a client asked for. */
export function isFor({ x509 }: Certificate, name: string): boolean | undefined {
  if (x509 === undefined || name.includes('\0')) return undefined;
  try {
    return x509.checkHost(name) !== undefined || (ADDRESS.test(name) && x509.checkIP(name) !== undefined);
  } catch {
    // Node throws for an address that is none.
    return false;
  }
}

function trustFields(x509: X509Certificate): Pick<RecordOf<typeof x509Stream>, 'self_signed'> {
  return { self_signed: x509.checkIssued(x509) && x509.subject === x509.issuer && verifies(x509) };
}

function verifies(x509: X509Certificate): boolean {
  try {
    return x509.verify(x509.publicKey);
  } catch {
    // A key of a kind that OpenSSL does not know.
    return false;
  }
}

function keyFields(x509: X509Certificate): RecordOf<typeof x509Stream> {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = x509.publicKey;
    const curve = details?.namedCurve;
    return {
      'certificate.key_type': type === 'ec' ? 'ecdsa' : type === 'rsa-pss' ? 'rsa' : type,
      'certificate.key_length':
        details?.modulusLength ?? (curve === undefined ? undefined : curveBits(curve)),
      'certificate.exponent': details?.publicExponent?.toString(),
      'certificate.curve': curve,
    };
  } catch {
    // A key of a kind that OpenSSL does not know.
    return {};
  }
}

/** Bits of a curve, from its name. */
function curveBits(curve: string): number | undefined {
  const digits = /\d{3}/.exec(curve)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

// RFC 5280 section 4.1: tbsCertificate, signatureAlgorithm, signature.
function readFields(der: Uint8Array): RecordOf<typeof x509Stream> {
  const certificate = new BerReader(der, 0, der.length).enter(SEQUENCE);
  const tbs = certificate.enter(SEQUENCE);
  const version = tbs.enter(context(0));
  const fields: RecordOf<typeof x509Stream> = {
    'certificate.version': version.accept(INTEGER) ? Math.max(0, version.integer() ?? 0) + 1 : 1,
  };
  if (tbs.accept(INTEGER)) fields['certificate.serial'] = serialText(tbs.contents());
  tbs.accept(SEQUENCE);
  fields['certificate.issuer'] = nameText(tbs.enter(SEQUENCE));
  const validity = tbs.enter(SEQUENCE);
  if (validity.next()) fields['certificate.not_valid_before'] = readTime(validity);
  if (validity.next()) fields['certificate.not_valid_after'] = readTime(validity);
  fields['certificate.subject'] = nameText(tbs.enter(SEQUENCE));
  fields['certificate.key_alg'] = algorithm(tbs.enter(SEQUENCE).enter(SEQUENCE));
  fields['certificate.sig_alg'] = algorithm(certificate.enter(SEQUENCE));
  while (tbs.next()) if (tbs.tag === context(3)) readExtensions(fields, tbs.inside().enter(SEQUENCE));
  return fields;
}

/** A serial number as Zeek writes it: hexadecimal, without the byte that only keeps it positive. */
export function serialText(bytes: Uint8Array): string {
  const from = bytes.length > 1 && bytes[0] === 0 ? 1 : 0;
  return hex(bytes, from).toUpperCase();
}

/** UTCTime (of 1950 to 2049) or GeneralizedTime, RFC 5280 section 4.1.2.5. */
function readTime(value: BerReader): Moment | undefined {
  const match = /^(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?Z$/.exec(value.text());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(digits => Number(digits ?? 0));
  const whole = match[1]!.length === 4 ? year! : year! + (year! < 50 ? 2000 : 1900);
  return { sec: Math.floor(Date.UTC(whole, month! - 1, day, hour, minute, second) / 1000), nsec: 0 };
}

const ATTRIBUTES = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

/** A distinguished name as RFC 2253 writes it. */
function nameText(name: BerReader): string {
  const parts: string[] = [];
  while (name.accept(SET) && parts.length < MAX_NAMES) {
    const set = name.inside();
    const values: string[] = [];
    while (set.accept(SEQUENCE)) {
      const attribute = set.inside();
      const type = attribute.accept(OID) ? (attribute.oid() ?? '') : '';
      if (attribute.next()) values.push(`${ATTRIBUTES.get(type) ?? type}=${escaped(stringOf(attribute))}`);
    }
    parts.push(values.reverse().join('+'));
  }
  return parts.reverse().join(',');
}

const BMP_STRING = 0x1e;
const TELETEX_STRING = 0x14;

function stringOf(value: BerReader): string {
  if (value.tag === TELETEX_STRING) return Buffer.from(value.contents()).toString('latin1');
  if (value.tag !== BMP_STRING) return value.text();
  const bytes = Buffer.from(value.contents());
  return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : utf8(bytes);
}

/** RFC 2253 section 2.4; bytes beyond ASCII as `\XX`, as OpenSSL writes them. */
function escaped(value: string): string {
  const special = value.replace(/[,+"\\<>;]/g, character => `\\${character}`);
  const ends = special.replace(/^[ #]/, start => `\\${start}`).replace(/(?<!\\) $/, '\\ ');
  return ends.replace(/[^\x20-\x7e]/gu, character =>
    Array.from(Buffer.from(character), byte => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

const ALGORITHMS = new Map([
  ['1.2.840.113549.1.1.1', 'rsaEncryption'],
  ['1.2.840.113549.1.1.2', 'md2WithRSAEncryption'],
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.2.840.113549.1.1.10', 'rsassaPss'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
  ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
  ['1.3.14.3.2.29', 'sha1WithRSA'],
  ['1.2.840.10040.4.1', 'dsaEncryption'],
  ['1.2.840.10040.4.3', 'dsaWithSHA1'],
  ['2.16.840.1.101.3.4.3.2', 'dsa_with_SHA256'],
  ['1.2.840.10045.2.1', 'id-ecPublicKey'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
  ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512'],
  ['1.2.840.113549.1.3.1', 'dhKeyAgreement'],
  ['1.3.101.110', 'X25519'],
  ['1.3.101.112', 'ED25519'],
  ['1.3.101.113', 'ED448'],
  ['2.16.840.1.101.3.4.3.17', 'ML-DSA-44'],
  ['2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
  ['2.16.840.1.101.3.4.3.19', 'ML-DSA-87'],
]);

function algorithm(identifier: BerReader): string | undefined {
  const oid = identifier.accept(OID) ? identifier.oid() : undefined;
  return oid === undefined ? undefined : (ALGORITHMS.get(oid) ?? oid);
}

const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';

function readExtensions(fields: RecordOf<typeof x509Stream>, list: BerReader): void {
  while (list.accept(SEQUENCE)) {
    const extension = list.inside();
    const type = extension.accept(OID) ? extension.oid() : undefined;
    extension.accept(BOOLEAN);
    if (!extension.accept(OCTET_STRING)) continue;
    const value = extension.inside().enter(SEQUENCE);
    if (type === SUBJECT_ALT_NAME) readNames(fields, value);
    else if (type === BASIC_CONSTRAINTS) {
      fields['basic_constraints.ca'] = value.accept(BOOLEAN) && value.boolean();
      if (value.accept(INTEGER)) fields['basic_constraints.path_len'] = value.unsigned();
    }
  }
}

/** RFC 5280 section 4.2.1.6: rfc822Name, dNSName, uniformResourceIdentifier and iPAddress. */
function readNames(fields: RecordOf<typeof x509Stream>, names: BerReader): void {
  const found: Record<'san.email' | 'san.dns' | 'san.uri' | 'san.ip', string[]> = {
    'san.email': [],
    'san.dns': [],
    'san.uri': [],
    'san.ip': [],
  };
  for (let i = 0; i < MAX_NAMES && names.next(); i++) {
    if (names.tag === contextPrimitive(1)) found['san.email'].push(names.text());
    else if (names.tag === contextPrimitive(2)) found['san.dns'].push(names.text());
    else if (names.tag === contextPrimitive(6)) found['san.uri'].push(names.text());
    else if (names.tag === contextPrimitive(7)) found['san.ip'].push(addressText(names.contents()));
  }
  for (const [field, values] of Object.entries(found))
    if (values.length > 0) fields[field as keyof typeof found] = values;
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return ipv4Text(u32be(bytes, 0));
  if (bytes.length !== 16) return hex(bytes);
  return ipv6Text(u32be(bytes, 0), u32be(bytes, 4), u32be(bytes, 8), u32be(bytes, 12));
}
