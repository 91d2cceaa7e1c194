/**
 * What payload signatures (`signatures/`, docs/signatures.md) put into records: the stream `signature` and the closed list
 * of what a signature may say it means. How bad that is, a rule decides.
 */
import { f, flowStream } from './schema.ts';

/** What it means that a signature matched. */
export const SIGNATURE_KINDS = ['backdoor', 'malware', 'exploit', 'tool', 'service', 'other'] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

/** After Zeek's `signatures.log`; never a byte of payload. */
export const signature = flowStream('signature', 'Payload that a signature describes, by its bytes.', {
  sig_id: f.string('Identifier of the signature.'),
  name: f.string('What it finds, in words.'),
  kind: f.enum('What a match means: backdoor, malware, exploit, tool, service or other.'),
  proto: f.enum('Transport protocol: tcp or udp.'),
  service: f.string('Application protocols recognised by then; absent when none was.'),
  is_orig: f.bool('The originator sent it.'),
  offset: f.count('Where it begins: bytes from the beginning of the stream of its side, or of the datagram.'),
  tags: f.stringSet('Tags of the signature, such as attack.t1210.'),
});
