/**
 * How the beginning of an HL7 v2 message is recognised: a header segment (MSH, or FHS and BHS before a batch) that
 * defines its separators, with or without the start block of MLLP in front. Pure.
 */
import { latin1, textEnd } from '../../../bytes/text.ts';
import type { Opening, Verdict } from '../../../model/protocol.ts';
import { NAME_BYTES, readSeparators } from './segment.ts';

/** Begins an MLLP frame. */
export const START_BLOCK = 0x0b;
/** First segments there can be: a message, a file of batches, a batch. */
export const HEADERS = ['MSH', 'FHS', 'BHS'];
/** Bytes looked at in a flow that was picked up in its middle. */
export const PROBE_BYTES = 2048;

/** Recognises HL7 by the first bytes of either direction. */
export function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig, opening.fromStart);
  const resp = probeSide(opening.resp, opening.fromStart);
  if (orig === 'match' || resp === 'match') return 'match';
  return orig === 'no' || resp === 'no' ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array, fromStart: boolean): Verdict {
  const verdict = probeHeader(bytes, bytes[0] === START_BLOCK ? 1 : 0);
  if (verdict !== 'no' || fromStart) return verdict;
  // In the middle of a flow only a frame counts: an MSH in some text is no evidence.
  const end = textEnd(bytes);
  for (let at = bytes.indexOf(START_BLOCK); at >= 0 && at < end; at = bytes.indexOf(START_BLOCK, at + 1)) {
    if (probeHeader(bytes, at + 1, end) === 'match') return 'match';
  }
  return end < bytes.length ? 'no' : 'unsure';
}

/** Whether a header segment can begin with this byte. */
export function mayBegin(byte: number): boolean {
  return byte === 0x4d || byte === 0x46 || byte === 0x42;
}

/** Whether a header segment begins at `at`; `unsure` when the bytes before `to` are too few to tell. */
export function probeHeader(bytes: Uint8Array, at: number, to = bytes.length): Verdict {
  if (at < to && !mayBegin(bytes[at]!)) return 'no';
  const name = latin1(bytes, at, Math.min(at + NAME_BYTES, to));
  if (!HEADERS.some(header => header.startsWith(name))) return 'no';
  if (name.length < NAME_BYTES) return 'unsure';
  const separators = readSeparators(bytes, at, to);
  if (separators === undefined) return 'no';
  return separators === 'unfinished' ? 'unsure' : 'match';
}
