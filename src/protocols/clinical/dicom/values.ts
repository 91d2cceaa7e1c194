/**
 * Text values of DICOM, cut to size: padding off (PS3.5 section 6.2: spaces, or a NUL for UIDs), at most 64 characters
 * as the longest of the short text representations allows.
 */
import { latin1, utf8 } from '../../../bytes/text.ts';

const MAX_TEXT_BYTES = 64;
const SPACE = 0x20;

/** Text without padding; undefined when nothing is left. */
export function paddedText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let start = from;
  let end = to;
  while (start < end && bytes[start]! <= SPACE) start++;
  while (end > start && bytes[end - 1]! <= SPACE) end--;
  if (start === end) return undefined;
  return utf8(bytes, start, Math.min(end, start + MAX_TEXT_BYTES));
}

/** A UID as it stands, at most 65 characters so that an overlong one can be told; undefined when empty. */
export function uidText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let end = to;
  while (end > from && (bytes[end - 1] === 0 || bytes[end - 1] === SPACE)) end--;
  if (end === from) return undefined;
  return latin1(bytes, from, Math.min(end, from + MAX_TEXT_BYTES + 1));
}

/** PS3.5 section 9.1: digits and dots, at most 64. Anything else may be meant for whoever makes file names of it. */
export function isUid(text: string): boolean {
  return /^[0-9.]{1,64}$/.test(text);
}

/** A path separator, which no UID has: it aims at files of the receiver (ICSMA-22-174-01). */
export function hasPath(uid: string): boolean {
  return /[/\\]/.test(uid);
}

/** An application entity title that leads out of a folder; a single slash is allowed in one (PS3.5 section 6.2). */
export function hasParentPath(title: string): boolean {
  return /(?:^|[/\\])\.\.[/\\]|^[/\\]/.test(title);
}
