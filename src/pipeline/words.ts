/**
 * Text as words for masking. A word is a run of letters and digits; accents, case and percent escapes are seen through
 * (`M%C3%BCller`, `MÜLLER` and `muller` are one), everything else separates. Each word knows where it stands in the
 * text as written.
 */

export interface Word {
  /** Letters and digits only, without accents, in lower case. */
  readonly plain: string;
  /** `[from, to)` in the text. */
  readonly from: number;
  readonly to: number;
}

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u;
const NOT_PLAIN = /[^\p{L}\p{N}]+/gu;
const PIECES = /(?:%[0-9A-Fa-f]{2})+|[\s\S]/gu;

/** Letters and digits of a text, without accents, in lower case: what makes two writings of a value the same. */
export function plainText(text: string): string {
  return text.normalize('NFKD').replace(NOT_PLAIN, '').toLowerCase();
}

/** The words of a text, in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let start = -1;
  let end = 0;
  let plain = '';
  const finish = (): void => {
    if (start >= 0 && plain !== '') words.push({ plain, from: start, to: end });
    start = -1;
    plain = '';
  };
  for (const match of text.matchAll(PIECES)) {
    const piece = match[0];
    const escaped = piece.length > 1 && piece.startsWith('%');
    // A run of escapes is one piece: within it, only whole characters can be told from separators.
    const characters = escaped ? decodeEscapes(piece) : [{ text: piece, length: piece.length }];
    let at = match.index;
    for (const character of characters) {
      if (WORD_CHARACTER.test(character.text)) {
        if (start < 0) start = at;
        end = at + character.length;
        plain += plainText(character.text);
      } else {
        finish();
      }
      at += character.length;
    }
  }
  finish();
  return words;
}

/** Characters of a run of percent escapes, each with the length of its escapes. */
function decodeEscapes(run: string): { text: string; length: number }[] {
  try {
    const decoded = decodeURIComponent(run);
    return Array.from(decoded, text => ({ text, length: Buffer.byteLength(text) * 3 }));
  } catch {
    // Not UTF-8: one byte, one Latin-1 character.
    return (run.match(/%../g) ?? []).map(code => ({
      text: String.fromCharCode(Number.parseInt(code.slice(1), 16)),
      length: 3,
    }));
  }
}
