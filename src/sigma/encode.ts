/**
 * Encodings that modifiers apply to values (Sigma Modifiers Appendix 2.1, "Encoding" and "windash"): a value becomes
 * one or, for `base64offset` and `windash`, several. Text is UTF-8 unless a UTF-16 modifier stands before.
 *
 * UTF-16 without base64 gives the text that a decoder reading single bytes would show (NUL after each letter). After
 * `base64` letter case carries meaning; comparison stays case-insensitive unless `cased` is given, as everywhere.
 * Limit: the number of variants.
 */
import type { Encoding } from './modifiers.ts';
import { hasWildcards, literalText, mapLiterals, type Pattern } from './pattern.ts';

const MAX_VARIANTS = 625;
/** Hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'];
const BOM = '\u00ff\u00fe';

/** Why a value cannot be encoded. */
export interface EncodeProblem {
  readonly message: string;
  readonly hint?: string;
}

/** Applies encodings in order. A problem when one cannot be applied to this value. */
export function encode(pattern: Pattern, encodings: readonly Encoding[]): readonly Pattern[] | EncodeProblem {
  let variants: readonly Pattern[] = [pattern];
  // Between two encodings a text stands for bytes, one unit each, once it went through UTF-16.
  let binary = false;
  for (const encoding of encodings) {
    if (encoding === 'windash') {
      const many = variants.flatMap(windash);
      if (many.length > MAX_VARIANTS)
        return { message: `windash makes more than ${MAX_VARIANTS} variants of this value` };
      variants = many;
    } else if (encoding === 'base64' || encoding === 'base64offset') {
      if (variants.some(hasWildcards)) {
        return { message: `${encoding} cannot encode wildcards`, hint: 'escape * and ? with a backslash' };
      }
      const bytes = variants.map(variant => Buffer.from(literalText(variant), binary ? 'latin1' : 'utf8'));
      const encoded = encoding === 'base64' ? bytes.map(base64) : bytes.flatMap(base64Offsets);
      if (encoded.includes('')) return { message: `this value is too short for ${encoding}` };
      variants = encoded.map(text => [text]);
      binary = false;
    } else {
      variants = variants.map(variant => utf16(variant, encoding));
      binary = true;
    }
  }
  return variants;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

/**
 * The parts of the Base64 text that do not depend on what stands before and after the value, for the three ways the
 * value can lie on the 3-byte grid.
 */
function base64Offsets(bytes: Buffer): string[] {
  return [0, 1, 2].map(shift => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // Characters that hold bits of the bytes before, and, when the grid is not filled, of the bytes after.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(from, to);
  });
}

function utf16(pattern: Pattern, encoding: 'utf16le' | 'utf16be' | 'utf16'): Pattern {
  const units = mapLiterals(pattern, literal => {
    const bytes = Buffer.from(literal, 'utf16le');
    if (encoding === 'utf16be') bytes.swap16();
    return bytes.toString('latin1');
  });
  if (encoding !== 'utf16') return units;
  const first = units[0];
  return typeof first === 'string' ? [BOM + first, ...units.slice(1)] : [BOM, ...units];
}

/** All variants in which dashes that begin a word are each of the five characters. */
function windash(pattern: Pattern): Pattern[] {
  let variants: Pattern[] = [[]];
  for (const part of pattern) {
    if (typeof part !== 'string') {
      variants = variants.map(variant => [...variant, part]);
      continue;
    }
    const pieces = part.split(/(?<![\w])[-/\u2013\u2014\u2015](?=\w)/);
    variants = variants.flatMap(variant =>
      joined(pieces).map(text => (text === '' ? variant : [...variant, text])),
    );
    if (variants.length > MAX_VARIANTS) return variants;
  }
  return variants;
}

/** The pieces put together with every choice of dashes between them; stops growing past the limit. */
function joined(pieces: readonly string[]): string[] {
  let texts = [pieces[0]!];
  for (const piece of pieces.slice(1)) {
    texts = texts.flatMap(text => DASHES.map(dash => text + dash + piece));
    if (texts.length > MAX_VARIANTS) return texts;
  }
  return texts;
}
