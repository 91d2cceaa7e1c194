/**
 * Sigma strings: `*` stands for any characters, also none, `?` for exactly one UTF-16 unit, `\` escapes `*`, `?` and
 * itself and is a plain backslash before anything else (Sigma Rules Specification 2.1, "Escape Character").
 *
 * A pattern becomes plain string code: equality, prefix, suffix, search, or a left-to-right glob. No regular
 * expressions and no backtracking over more than one piece: linear in the text for a given pattern.
 * Folding is `toLowerCase`, on the pattern here and on the text by the caller, once per distinct text.
 */
import type { TextTest } from '../model/column-tests.ts';
import type { Anchor } from './modifiers.ts';

/** `*`: any characters, also none. */
export const ANY = Symbol('*');
/** `?`: one UTF-16 unit. */
export const ONE = Symbol('?');
/** Literal text (never empty, never two in a row), `*` and `?` in order. */
export type Pattern = readonly (string | typeof ANY | typeof ONE)[];

/** Splits a Sigma string into literal text and wildcards. */
export function parsePattern(text: string): Pattern {
  const parts: (string | typeof ANY | typeof ONE)[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const following = text[i + 1];
    if (char === '\\' && (following === '*' || following === '?' || following === '\\')) {
      literal += following;
      i++;
    } else if (char === '*' || char === '?') {
      flush();
      if (char === '?') parts.push(ONE);
      else if (parts[parts.length - 1] !== ANY) parts.push(ANY);
    } else {
      literal += char;
    }
  }
  flush();
  return parts;
}

/** Whether the pattern is more than literal text. */
export function hasWildcards(pattern: Pattern): boolean {
  return pattern.some(part => typeof part !== 'string');
}

/** Text of a pattern without wildcards. */
export function literalText(pattern: Pattern): string {
  return pattern.filter(part => typeof part === 'string').join('');
}

/** The pattern with wildcards put around it, as the anchoring modifier says. */
export function anchored(pattern: Pattern, anchor: Anchor): Pattern {
  const parts = [...pattern];
  if ((anchor === 'contains' || anchor === 'endswith') && parts[0] !== ANY) parts.unshift(ANY);
  if ((anchor === 'contains' || anchor === 'startswith') && parts[parts.length - 1] !== ANY) parts.push(ANY);
  return parts;
}

/** Applies `change` to the literal parts; wildcards stay. */
export function mapLiterals(pattern: Pattern, change: (literal: string) => string): Pattern {
  return pattern.map(part => (typeof part === 'string' ? change(part) : part));
}

/**
 * A test that holds when any of the patterns matches the whole text. With `folded`, patterns are folded here and the
 * caller folds the text.
 */
export function compilePatterns(patterns: readonly Pattern[], folded: boolean): TextTest {
  const literals = new Set<string>();
  const tests: TextTest[] = [];
  for (const given of patterns) {
    const pattern = folded ? mapLiterals(given, literal => literal.toLowerCase()) : given;
    if (hasWildcards(pattern)) tests.push(compileGlob(pattern));
    else literals.add(literalText(pattern));
  }
  if (tests.length === 0 && literals.size === 1) {
    const [only] = literals;
    return text => text === only;
  }
  if (tests.length === 0) return text => literals.has(text);
  if (tests.length === 1 && literals.size === 0) return tests[0]!;
  return text => literals.has(text) || tests.some(test => test(text));
}

/** The common shapes as one string operation each; everything else piece by piece. */
function compileGlob(pattern: Pattern): TextTest {
  const [first, second, third] = pattern;
  if (pattern.length === 1 && first === ANY) return () => true;
  if (pattern.length === 2 && typeof first === 'string' && second === ANY)
    return text => text.startsWith(first);
  if (pattern.length === 2 && first === ANY && typeof second === 'string')
    return text => text.endsWith(second);
  if (pattern.length === 3 && first === ANY && typeof second === 'string' && third === ANY) {
    return text => text.includes(second);
  }
  return compilePieces(pattern);
}

/** What stands between two `*`: literals and `?`, with a fixed length. */
interface Piece {
  readonly length: number;
  readonly literals: readonly { readonly at: number; readonly text: string }[];
}

function compilePieces(pattern: Pattern): TextTest {
  const pieces: Piece[] = [];
  let length = 0;
  let literals: { at: number; text: string }[] = [];
  for (const part of [...pattern, ANY]) {
    if (part === ANY) {
      pieces.push({ length, literals });
      length = 0;
      literals = [];
    } else if (part === ONE) {
      length++;
    } else {
      literals.push({ at: length, text: part as string });
      length += (part as string).length;
    }
  }
  const head = pieces[0]!;
  if (pieces.length === 1) return text => text.length === head.length && fitsAt(text, head, 0);
  const tail = pieces[pieces.length - 1]!;
  const middle = pieces.slice(1, -1);
  // Taking the first place for each piece in turn is enough: a later one never leaves more room for the rest.
  return text => {
    const end = text.length - tail.length;
    if (end < head.length || !fitsAt(text, head, 0) || !fitsAt(text, tail, end)) return false;
    let from = head.length;
    for (const piece of middle) {
      const at = find(text, piece, from, end);
      if (at < 0) return false;
      from = at + piece.length;
    }
    return true;
  };
}

function fitsAt(text: string, piece: Piece, at: number): boolean {
  return piece.literals.every(literal => text.startsWith(literal.text, at + literal.at));
}

/** First place in `from … end` where the piece stands, or -1. Jumps from one occurrence of its first literal to the next. */
function find(text: string, piece: Piece, from: number, end: number): number {
  const first = piece.literals[0];
  if (first === undefined) return from + piece.length <= end ? from : -1;
  for (let at = from; at + piece.length <= end; at++) {
    const found = text.indexOf(first.text, at + first.at);
    if (found < 0 || found - first.at + piece.length > end) return -1;
    at = found - first.at;
    if (fitsAt(text, piece, at)) return at;
  }
  return -1;
}
