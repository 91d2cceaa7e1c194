/** Names of HL7 v2 segments, and the separators that a header segment defines (chapter 2, sections 2.5.3 and 2.5.4). Pure. */
import { isSeparator, type Separators } from '../delimited.ts';

/** Bytes of a segment name. */
export const NAME_BYTES = 3;
/** Longest text of a header field that is shown. */
/** Encoding characters of MSH-2: four, five since version 2.7, two or three in old or careless headers. */
const MIN_ENCODING_CHARACTERS = 2;
const MAX_ENCODING_CHARACTERS = 5;

/** Names of the segments that matter to the decoder. */
const NAMES: ReadonlyMap<number, string> = new Map(
  (
    'MSH FHS BHS BTS FTS MSA ERR PID PD1 NK1 GT1 IN1 MRG PV1 ORC OBR OBX PRT QRD QPD DG1 AL1 NTE ' +
    'RXO RXE RXG RXD RXA'
  )
    .split(' ')
    .map(name => [nameCode(new TextEncoder().encode(name), 0), name]),
);

function nameCode(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** Name of the segment that begins at `at` when it is one that matters, else an empty text; makes no text of others. */
export function segmentName(bytes: Uint8Array, at: number): string {
  return NAMES.get(nameCode(bytes, at)) ?? '';
}

/**
 * Separators of a header segment (MSH, FHS or BHS): the byte after its name, then the encoding characters.
 * `undefined` when that is no header; `unfinished` when the bytes end too early to tell.
 */
export function readSeparators(
  bytes: Uint8Array,
  from: number,
  to: number,
): Separators | 'unfinished' | undefined {
  const at = from + NAME_BYTES;
  if (to <= at) return 'unfinished';
  const field = bytes[at]!;
  if (!isSeparator(field)) return undefined;
  let end = at + 1;
  while (end < to && bytes[end] !== field && end - at <= MAX_ENCODING_CHARACTERS + 1) {
    if (!isSeparator(bytes[end]!)) return undefined;
    end++;
  }
  const count = end - at - 1;
  if (end === to && count <= MAX_ENCODING_CHARACTERS) return 'unfinished';
  if (count > MAX_ENCODING_CHARACTERS || bytes[end] !== field || count < MIN_ENCODING_CHARACTERS)
    return undefined;
  return {
    field,
    component: bytes[at + 1]!,
    repetition: bytes[at + 2]!,
    escape: count > 2 ? bytes[at + 3]! : 0,
    subcomponent: count > 3 ? bytes[at + 4]! : 0,
  };
}
