/**
 * Answers of the Online Certificate Status Protocol (RFC 6960 section 4.2): what an authority says of certificates, in HTTP
 * bodies and stapled to TLS handshakes. Signatures are not verified.
 *
 * Limit: `MAX_ANSWERS` of one response.
 */
import { hex } from '../../bytes/text.ts';
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import {
  BerReader,
  context,
  contextPrimitive,
  ENUMERATED,
  INTEGER,
  OCTET_STRING,
  OID,
  SEQUENCE,
} from '../ber.ts';
import { serialText } from './x509.ts';

const MAX_ANSWERS = 16;

/** Zeek's `ocsp.log`, with the flow that carried it. */
export const ocspStream = flowStream('ocsp', 'One line per certificate that an OCSP response tells about.', {
  id: f.string('Identifier of the response as a file, as in files.'),
  hashAlgorithm: f.string('Algorithm of the hashes.'),
  issuerNameHash: f.string('Hash of the issuer’s name.'),
  issuerKeyHash: f.string('Hash of the issuer’s key.'),
  serialNumber: f.string('Serial number of the certificate.'),
  certStatus: f.string('good, revoked or unknown.'),
  revoketime: f.time('When it was revoked.'),
  revokereason: f.string('Why it was revoked.'),
  thisUpdate: f.time('When the answer was known to be right.'),
  nextUpdate: f.time('When a newer answer is to be expected.'),
});

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';

const HASHES = new Map([
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

// RFC 5280 section 5.3.1, as OpenSSL names them.
const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

/** Gives out a record per answer in a response; `id` is its `fuid`. */
export function reportOcsp(flow: FlowContext, bytes: Uint8Array, id: string): void {
  const response = new BerReader(bytes, 0, bytes.length).enter(SEQUENCE);
  // Without the status 0 there is no answer.
  if (!response.accept(ENUMERATED) || response.integer() !== 0) return;
  const typed = response.enter(context(0)).enter(SEQUENCE);
  if (!typed.accept(OID) || typed.oid() !== BASIC_RESPONSE || !typed.accept(OCTET_STRING)) return;
  const data = typed.inside().enter(SEQUENCE).enter(SEQUENCE);
  data.accept(context(0));
  // The responder, and when it answered.
  data.next();
  data.next();
  const answers = data.enter(SEQUENCE);
  for (let i = 0; i < MAX_ANSWERS && answers.accept(SEQUENCE); i++) {
    const record = readAnswer(answers.inside());
    if (record !== undefined) flow.emit(ocspStream, { ...record, id });
  }
}

function readAnswer(answer: BerReader): RecordOf<typeof ocspStream> | undefined {
  const certificate = answer.enter(SEQUENCE);
  const record: RecordOf<typeof ocspStream> = {};
  const algorithm = certificate.enter(SEQUENCE);
  if (algorithm.accept(OID)) record.hashAlgorithm = HASHES.get(algorithm.oid() ?? '') ?? algorithm.oid();
  if (certificate.accept(OCTET_STRING)) record.issuerNameHash = hex(certificate.contents()).toUpperCase();
  if (certificate.accept(OCTET_STRING)) record.issuerKeyHash = hex(certificate.contents()).toUpperCase();
  if (!certificate.accept(INTEGER)) return undefined;
  record.serialNumber = serialText(certificate.contents());
  if (answer.accept(contextPrimitive(0))) record.certStatus = 'good';
  else if (answer.accept(context(1))) {
    record.certStatus = 'revoked';
    const revoked = answer.inside();
    record.revoketime = timeIn(revoked);
    const reason = revoked.enter(context(0));
    if (reason.accept(ENUMERATED)) record.revokereason = REASONS[reason.integer() ?? -1];
  } else if (answer.accept(contextPrimitive(2))) record.certStatus = 'unknown';
  record.thisUpdate = timeIn(answer);
  record.nextUpdate = timeIn(answer.enter(context(0)));
  return record;
}

function timeIn(reader: BerReader): Moment | undefined {
  return reader.next() ? reader.generalizedTime() : undefined;
}
