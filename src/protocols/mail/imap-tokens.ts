/**
 * The words of an IMAP command (RFC 3501 section 4): atoms, quoted strings, and the announcement of a literal at the
 * end of a line. No state.
 */

/** Words taken of one line. */
const MAX_WORDS = 16;

/** Atoms and quoted strings of a line, without a literal announced at its end. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, atom] of line.matchAll(/"((?:[^"\\]|\\.){0,4096})"|([^\s"]+)/g)) {
    if (words.length >= MAX_WORDS) break;
    if (quoted !== undefined) words.push(quoted.replace(/\\(.)/g, '$1'));
    else if (literalSize(atom!) === undefined) words.push(atom!);
  }
  return words;
}

/** Bytes of the literal that a line announces: `{42}`, `{42+}` (RFC 7888) or `~{42}` (RFC 3516). */
export function literalSize(line: string): number | undefined {
  const digits = /\{(\d{1,10})\+?\}$/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
