/**
 * Values of elements that identify a person, made comparable: separated, without padding and wildcards, names reduced to
 * what an HL7 name is reduced to as well, so that the same person has the same token in both.
 *
 * Values go into tokens, never into records. Limits: `MAX_VALUES` per element.
 */
import { utf8OrLatin1 } from '../../../bytes/text.ts';
import { decodeText } from './charset.ts';

/** Values kept of one element, and of one data set. */
export const MAX_VALUES = 256;

/** PS3.4 section C.2.2.2: an empty key or one of wildcards only matches everything. */
export function restricts(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isFiller(bytes[i]!)) return true;
  return false;
}

/** Whether a key holds a wildcard. */
export function hasWildcard(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === 0x2a || bytes[i] === 0x3f) return true;
  return false;
}

/** NUL, space, `*` and `?`. */
function isFiller(byte: number): boolean {
  return byte === 0 || byte === 0x20 || byte === 0x2a || byte === 0x3f;
}

/**
 * The values of an element that say something (PS3.5 section 6.4: backslashes separate them).
 * @param isName they are names of persons
 * @param decoder label of the decoder of the data set's character set, if it has one
 */
export function identifierValues(
  bytes: Uint8Array,
  from: number,
  to: number,
  isName: boolean,
  decoder: string | undefined,
): string[] {
  const part = bytes.subarray(from, to);
  const decoded = decoder === undefined ? undefined : decodeText(decoder, part);
  // What no character set explains is taken as HL7 takes it, so that the same name has the same token in both.
  const text = decoded ?? utf8OrLatin1(part);
  const values: string[] = [];
  for (const each of text.split('\\', MAX_VALUES)) {
    const value = isName ? personName(each) : trimmed(each);
    if (value !== '') values.push(value);
  }
  return values;
}

/** Without padding and, in a query, without the wildcards around what is known. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isFiller(text.charCodeAt(from))) from++;
  while (to > from && isFiller(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/**
 * Family, given and middle name of the first component group that is there (PS3.5 section 6.2.1): `FAMILY^GIVEN^MIDDLE`
 * without trailing carets.
 */
function personName(text: string): string {
  const group = text.split('=', 3).find(each => each !== '') ?? '';
  const name = group.split('^', 3).join('^');
  let to = name.length;
  while (to > 0 && (name[to - 1] === '^' || isFiller(name.charCodeAt(to - 1)))) to--;
  return trimmed(name.slice(0, to));
}
