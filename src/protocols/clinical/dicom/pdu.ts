/**
 * The headers of the DICOM upper layer (PS3.8 section 9.3): which PDUs there are, what is wrong with one, and how a
 * flow is recognised by them. Pure.
 *
 * An association is known by DICOM's application context name within the first bytes of its request, or of its
 * acceptance when only that direction was captured. In the middle of a flow a P-DATA-TF is known by nested lengths that
 * agree: of PDU, PDV and command group, or of PDU and its only PDV. At a port of DICOM the flow may begin inside a PDU: the
 * next one is looked for.
 */
import { indexOf, startsWith, u8, u16be, u32be, u32le } from '../../../bytes/read.ts';
import { type Direction, type Opening, ORIG, RESP, type Verdict } from '../../../model/protocol.ts';
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

/** Variable field of A-ASSOCIATE-RQ and -AC that is kept: 128 contexts of 40 transfer syntaxes fit. */
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
const ASSOCIATION_BYTES = 150;
/** Bytes in which the next PDU is looked for: the longest that most programs send, and a header. */
export const PROBE_BYTES = 16 * 1024 + 64;
/** Bytes of a P-DATA-TF needed to tell that it holds a command set. */
const COMMAND_PDU = 28;
/** Bytes of a P-DATA-TF needed to tell that it holds one fragment of a data set. */
const DATA_PDU = 12;
/** Bytes needed to tell a P-DATA-TF that follows something else. */
export const DATA_TF_BYTES: number = COMMAND_PDU;

/** Whether a direction that begins with this PDU can be read from its beginning. */
export function isBeginning(type: number): boolean {
  return BEGINNINGS.has(type);
}

/** What is wrong with the header of a PDU that is no P-DATA-TF; one that is too large is none of this. */
export function pduProblem(type: number, length: number): string | undefined {
  if (type === ASSOCIATE_RQ || type === ASSOCIATE_AC) {
    return length < ITEMS_AT ? 'dicom_invalid_pdu_length' : undefined;
  }
  if (type === ASSOCIATE_RJ || type === RELEASE_RQ || type === RELEASE_RP || type === ABORT) {
    return length === SHORT_PDU ? undefined : 'dicom_invalid_pdu_length';
  }
  return 'dicom_unknown_pdu_type';
}

/** Recognises DICOM by the first bytes of either direction. */
export function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig, opening);
  const resp = probeSide(opening.resp, opening);
  if (orig === 'match' || resp === 'match') return 'match';
  return orig === 'no' || resp === 'no' ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array, { fromStart, portHint }: Opening): Verdict {
  const association = probeAssociation(bytes);
  if (association !== 'no' || fromStart) return association;
  if (portHint) return hasDataTf(bytes) ? 'match' : bytes.length < PROBE_BYTES ? 'unsure' : 'no';
  if (isDataTf(bytes, 0, bytes.length)) return 'match';
  return bytes.length < COMMAND_PDU && u8(bytes, 0) === P_DATA_TF ? 'unsure' : 'no';
}

/** Who accepts an association is the server, who asks for one is not. */
export function server({ orig, resp }: Opening): Direction | undefined {
  if (probeAssociation(orig) === 'match') return u8(orig, 0) === ASSOCIATE_RQ ? RESP : ORIG;
  if (probeAssociation(resp) === 'match') return u8(resp, 0) === ASSOCIATE_RQ ? ORIG : RESP;
  return undefined;
}

function hasDataTf(bytes: Uint8Array): boolean {
  const end = bytes.length - DATA_PDU + 1;
  for (let at = indexOf(bytes, P_DATA_TF, 0, end); at >= 0; at = indexOf(bytes, P_DATA_TF, at + 1, end)) {
    if (isDataTf(bytes, at, bytes.length)) return true;
  }
  return false;
}

/** A request, or an acceptance: both begin alike. */
function probeAssociation(bytes: Uint8Array): Verdict {
  const seen = bytes.length;
  if (seen === 0) return 'unsure';
  const type = u8(bytes, 0);
  if ((type !== ASSOCIATE_RQ && type !== ASSOCIATE_AC) || (seen > 1 && u8(bytes, 1) !== 0)) return 'no';
  if (seen < PDU_HEADER + 2) return 'unsure';
  const length = u32be(bytes, 2);
  if (length < ITEMS_AT || length > MAX_PDU || (u16be(bytes, 6) & 1) === 0) return 'no';
  const end = Math.min(seen, ASSOCIATION_BYTES);
  const first = APPLICATION_CONTEXT.charCodeAt(0);
  for (let at = indexOf(bytes, first, PDU_HEADER, end); at >= 0; at = indexOf(bytes, first, at + 1, end)) {
    if (startsWith(bytes, at, end, APPLICATION_CONTEXT)) return 'match';
  }
  return seen < ASSOCIATION_BYTES ? 'unsure' : 'no';
}

/** Whether a P-DATA-TF starts here, as far as one can be told from any other bytes. */
export function isDataTf(bytes: Uint8Array, at: number, end: number): boolean {
  const left = end - at;
  if (left < DATA_PDU || u16be(bytes, at) !== P_DATA_TF << 8) return false;
  return isDataPdu(bytes, at) || (left >= COMMAND_PDU && isCommandPdu(bytes, at));
}

/** Whether a P-DATA-TF starts here that holds one fragment of a data set and nothing else: its lengths agree. */
function isDataPdu(bytes: Uint8Array, at: number): boolean {
  const pduLength = u32be(bytes, at + 2);
  return (
    pduLength > PDV_HEADER &&
    pduLength <= MAX_PDU &&
    u32be(bytes, at + 6) === pduLength - 4 &&
    (u8(bytes, at + 10) & 1) === 1 &&
    (u8(bytes, at + 11) & ~IS_LAST) === 0
  );
}

/**
 * Whether a P-DATA-TF that begins with a command set starts here: lengths of PDU, PDV and command group agree, and the
 * group length element is followed by another one of group 0000. Needs `COMMAND_PDU` bytes.
 */
function isCommandPdu(bytes: Uint8Array, at: number): boolean {
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
