/**
 * Character sets of a data set (Specific Character Set, PS3.3 section C.12.1.1.2): which decoder of the platform reads the
 * text of names and identifiers, so that separators inside multi-byte characters are none and the same name has the same
 * token in any coding. Decoded text goes into tokens only.
 *
 * UTF-8 and the default repertoire need no decoder here. Not supported: JIS X 0212, and several code extensions in one value
 * beyond what one decoder reads; what cannot be decoded is UTF-8 or Latin-1.
 */
const DECODERS: ReadonlyMap<string, string> = new Map([
  ['100', 'iso-8859-1'],
  ['101', 'iso-8859-2'],
  ['109', 'iso-8859-3'],
  ['110', 'iso-8859-4'],
  ['144', 'iso-8859-5'],
  ['127', 'iso-8859-6'],
  ['126', 'iso-8859-7'],
  ['138', 'iso-8859-8'],
  ['148', 'iso-8859-9'],
  ['203', 'iso-8859-15'],
  ['166', 'windows-874'],
  ['13', 'shift_jis'],
  // With code extensions.
  ['87', 'iso-2022-jp'],
  ['149', 'euc-kr'],
  ['58', 'gbk'],
  ['GB18030', 'gb18030'],
  ['GBK', 'gbk'],
]);
/** Code extensions that bring escape sequences; they decide over the character set they extend. */
const MULTI_BYTE = new Set(['87', '149', '58']);
/** Designations of G1 that EUC decoders take for granted: `ESC $ ) C`, `ESC $ ) A`. */
const G1_DESIGNATION = /\x1b\$\)[CA]/g;
/** Values of one Specific Character Set that are looked at. */
const MAX_TERMS = 8;

/** Label of the decoder for the value of Specific Character Set; undefined when the bytes are to be left alone. */
export function decoderLabel(characterSet: string | undefined): string | undefined {
  if (characterSet === undefined) return undefined;
  const terms = characterSet
    .split('\\', MAX_TERMS)
    .map(term => term.trim().replace(/^ISO(?:_IR| 2022 IR)\s*/, ''));
  const term = terms.findLast(each => MULTI_BYTE.has(each)) ?? terms.find(each => each !== '');
  return term === undefined ? undefined : DECODERS.get(term);
}

/** Text under a decoder; undefined when the bytes are ASCII, or no text of that character set. */
export function decodeText(label: string, bytes: Uint8Array): string | undefined {
  if (bytes.every(byte => byte < 0x80 && byte !== 0x1b)) return undefined;
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(withoutDesignations(label, bytes));
    return text;
  } catch {
    return undefined;
  }
}

function withoutDesignations(label: string, bytes: Uint8Array): Uint8Array {
  if (label !== 'euc-kr' && label !== 'gbk') return bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return Buffer.from(text.replace(G1_DESIGNATION, ''), 'latin1');
}
