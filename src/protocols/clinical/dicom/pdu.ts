/**
 * The headers of the DICOM upper layer (PS3.8 section 9.3): which PDUs there are, what is wrong with one, and how a
 * flow is recognised by them. Pure.
 *
 * An association request is known by DICOM's application context name within its first bytes. In the middle of a flow
 * a P-DATA-TF with a command set is known by its nested lengths, which must agree: of PDU, PDV and command group.
 */
import { indexOf, startsWith, u8, u16be, u32be, u32le } from '../../../bytes/read.ts';
import type { Opening, Verdict } from '../../../model/protocol.ts';
import { ITEMS_AT } from './association.ts';

/** PDU type of A-ASSOCIATE-RQ (PS3.8 section 9.3.2). */
export const ASSOCIATE_RQ = 1;
/** PDU type of A-ASSOCIATE-AC (section 9.3.3). */
export const ASSOCIATE_AC = 2;
/** PDU type of A-ASSOCIATE-RJ (section 9.3.4). */
export const ASSOCIATE_RJ = 3;
/** PDU type of P-DATA-TF (section 9.3.5). */
export const P_DATA_TF = 4;
/** PDU type of A-RELEASE-RQ (section 9.3.6). */
export const RELEASE_RQ = 5;
/** PDU type of A-RELEASE-RP (section 9.3.7). */
export const RELEASE_RP = 6;
/** PDU type of A-ABORT (section 9.3.8). */
export const ABORT = 7;

/** PDV message control header (PS3.8 annex E.2): the fragment is of a command set, not of a data set. */
export const IS_COMMAND = 1;
/** PDV message control header: the fragment is the last of its command set or data set. */
export const IS_LAST = 2;

/** Bytes before the variable field of a PDU: type, reserved, length. */
export const PDU_HEADER = 6;
/** Bytes before the fragment in a PDV: length, presentation context, message control header. */
export const PDV_HEADER = 6;

/** Variable field of A-ASSOCIATE-RQ and -AC: 128 contexts of 40 transfer syntaxes fit. */
export const MAX_ASSOCIATION = 256 * 1024;
/** Command sets kept; real ones have a few hundred bytes. */
export const MAX_COMMAND = 16 * 1024;
/** No sender needs a larger P-DATA-TF; a longer one means that this is not a PDU header. */
export const MAX_PDU = 0x1000_0000;

/** Length of A-ASSOCIATE-RJ, A-RELEASE-RQ and -RP, and A-ABORT. */
const SHORT_PDU = 4;
/** PDU types a direction can begin with. */
const BEGINNINGS = new Set([ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, ABORT]);

/** PS3.7 annex A.2.1: the one application context name of DICOM. */
const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
/** Bytes that show the application context name: it stands first among the items. */
export const PROBE_BYTES = 150;
/** Bytes of a P-DATA-TF needed to tell that it holds a command set. */
export const COMMAND_PDU = 28;

/** Whether a direction that begins with this PDU can be read from its beginning. */
export function isBeginning(type: number): boolean {
  return BEGINNINGS.has(type);
}

/** What is wrong with the header of a PDU that is no P-DATA-TF. */
export function pduProblem(type: number, length: number): string | undefined {
  if (type === ASSOCIATE_RQ || type === ASSOCIATE_AC) {
    if (length > MAX_ASSOCIATION) return 'dicom_association_too_large';
    return length < ITEMS_AT ? 'dicom_invalid_pdu_length' : undefined;
  }
  if (type === ASSOCIATE_RJ || type === RELEASE_RQ || type === RELEASE_RP || type === ABORT) {
    return length === SHORT_PDU ? undefined : 'dicom_invalid_pdu_length';
  }
  return 'dicom_unknown_pdu_type';
}

/** Recognises DICOM by the first bytes of either direction. */
export function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig, opening.fromStart);
  const resp = probeSide(opening.resp, opening.fromStart);
  if (orig === 'match' || resp === 'match') return 'match';
  return orig === 'no' || resp === 'no' ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array, fromStart: boolean): Verdict {
  const request = probeRequest(bytes);
  if (request !== 'no' || fromStart) return request;
  if (bytes.length < COMMAND_PDU) return u8(bytes, 0) === P_DATA_TF ? 'unsure' : 'no';
  return isCommandPdu(bytes, 0) ? 'match' : 'no';
}

function probeRequest(bytes: Uint8Array): Verdict {
  const seen = bytes.length;
  if (seen === 0) return 'unsure';
  if (u8(bytes, 0) !== ASSOCIATE_RQ || (seen > 1 && u8(bytes, 1) !== 0)) return 'no';
  if (seen < PDU_HEADER + 2) return 'unsure';
  const length = u32be(bytes, 2);
  if (length < ITEMS_AT || length > MAX_ASSOCIATION || (u16be(bytes, 6) & 1) === 0) return 'no';
  const end = Math.min(seen, PROBE_BYTES);
  const first = APPLICATION_CONTEXT.charCodeAt(0);
  for (let at = indexOf(bytes, first, PDU_HEADER, end); at >= 0; at = indexOf(bytes, first, at + 1, end)) {
    if (startsWith(bytes, at, end, APPLICATION_CONTEXT)) return 'match';
  }
  return seen < PROBE_BYTES ? 'unsure' : 'no';
}

/**
 * Whether a P-DATA-TF that begins with a command set starts here: lengths of PDU, PDV and command group agree, and the
 * group length element is followed by another one of group 0000. Needs `COMMAND_PDU` bytes.
 */
export function isCommandPdu(bytes: Uint8Array, at: number): boolean {
  if (u16be(bytes, at) !== P_DATA_TF << 8) return false;
  const pduLength = u32be(bytes, at + 2);
  const pdvLength = u32be(bytes, at + 6);
  const control = u8(bytes, at + 11);
  if (
    pduLength > MAX_PDU ||
    pduLength < pdvLength + 4 ||
    pdvLength > MAX_COMMAND ||
    (u8(bytes, at + 10) & 1) === 0
  )
    return false;
  if (control !== IS_COMMAND && control !== (IS_COMMAND | IS_LAST)) return false;
  // Element (0000,0000), length 4: the length of the rest of the group.
  if (u32be(bytes, at + 12) !== 0 || u32be(bytes, at + 16) !== 0x04000000) return false;
  const carried = pdvLength - 2 - 12;
  const groupLength = u32le(bytes, at + 20);
  if ((control & IS_LAST) === 0 ? groupLength < carried : groupLength !== carried) return false;
  return u16be(bytes, at + 24) === 0;
}
