/**
 * What a record must have for a test, and so for a rule, to hold: one of a few texts, pieces of text or numbers in named fields.
 * A rule none of whose needs is in a batch cannot match in it and need not be evaluated (`rule-index.ts`). Needs may be
 * too weak, never too strong: where nothing certain can be said, there are none.
 *
 * Texts are compared in lower case. Not used: ranges of addresses and numbers, presence, comparisons of fields.
 * Limit: `MAX_NEEDS` of one part of a rule; more say nothing.
 */
import type { Test } from '../model/column-tests.ts';
import { closedValues } from '../model/device.ts';
import type { Node } from './evaluate.ts';
import { hasWildcards, literalText, type Pattern } from './pattern.ts';

/** One thing, any of which is enough. */
export type Need =
  | { readonly field: string; readonly kind: 'text' | 'part'; readonly text: string }
  | { readonly field: string; readonly kind: 'number'; readonly number: number };

/** Undefined: nothing is known that a record must have. Empty: no record has it. */
export type Needs = readonly Need[] | undefined;

/** A test, and what a record must have for it to hold. */
export interface KnownTest {
  readonly test: Test;
  readonly needs: Needs;
}

/** Shorter pieces of text are in too many texts, and cannot be looked up. */
export const MIN_PART = 3;
const MAX_NEEDS = 100_000;

/** What text must hold for one of the patterns to match it. */
export function patternNeeds(field: string, patterns: readonly Pattern[], cased: boolean): Needs {
  const needs: Need[] = [];
  for (const pattern of patterns) {
    const whole = !hasWildcards(pattern);
    const literal = whole ? literalText(pattern) : longest(pattern);
    // Where case matters, letters beyond ASCII could become others in lower case, depending on what stands around them.
    if ((!whole && literal.length < MIN_PART) || (cased && !isAscii(literal))) return undefined;
    needs.push({ field, kind: whole ? 'text' : 'part', text: literal.toLowerCase() });
  }
  return bounded(needs);
}

/** What text must hold to end with one of these names, label by label. */
export function nameNeeds(field: string, names: Iterable<string>): Needs {
  const needs = Array.from(names, (name): Need => ({ field, kind: 'part', text: name }));
  return needs.some(need => need.kind === 'part' && need.text.length < MIN_PART) ? undefined : bounded(needs);
}

/** What a number must be. */
export function numberNeeds(field: string, numbers: readonly number[]): Needs {
  return bounded(numbers.map(number => ({ field, kind: 'number', number })));
}

/** Text that is in whatever one of the expressions matches. */
export function regexNeeds(field: string, patterns: readonly string[], flags: string): Needs {
  const needs: Need[] = [];
  for (const pattern of patterns) {
    const text = regexLiteral(pattern, flags.includes('i'));
    if (text === undefined) return undefined;
    needs.push({ field, kind: 'part', text });
  }
  return bounded(needs);
}

/** Either of the needs. */
export function eitherNeeds(all: readonly Needs[]): Needs {
  const known = all.filter(needs => needs !== undefined);
  return known.length < all.length ? undefined : bounded(known.flat());
}

/** What a record must have for a part of a rule to hold. */
export function needsOf(node: Node): Needs {
  switch (node.kind) {
    case 'test':
      return node.needs;
    case 'selection':
      return needsOf(node.part);
    case 'not':
      return undefined;
    case 'or':
      return eitherNeeds(node.parts.map(needsOf));
    case 'and': {
      let best: Needs;
      for (const part of node.parts) {
        const needs = needsOf(part);
        if (needs !== undefined && (best === undefined || weight(needs) < weight(best))) best = needs;
      }
      return best;
    }
  }
}

/** How often needs are met, roughly: the less the better. */
function weight(needs: readonly Need[]): number {
  let most = 0;
  for (const need of needs) most = Math.max(most, needWeight(need));
  return most + needs.length / MAX_NEEDS;
}

function needWeight(need: Need): number {
  if (need.kind === 'number') return 8;
  if (closedValues(need.field) !== undefined || COMMON.has(need.field)) return 100;
  if (need.kind === 'text') return 2;
  return Math.max(1, 10 - need.text.length);
}

/** Fields with few values, each of which most captures have. */
const COMMON = new Set([
  'proto',
  'service',
  'conn_state',
  'method',
  'qtype_name',
  'version',
  'rcode_name',
  'event',
]);

function bounded(needs: readonly Need[]): Needs {
  return needs.length > MAX_NEEDS ? undefined : needs;
}

function longest(pattern: Pattern): string {
  return pattern.reduce<string>(
    (found, part) => (typeof part === 'string' && part.length > found.length ? part : found),
    '',
  );
}

function isAscii(text: string): boolean {
  return /^[\u0000-\u007f]*$/.test(text);
}

/**
 * The longest run of characters that every match of an RE2 expression holds, in lower case; undefined when none is certain. Only
 * what stands outside of groups, classes and alternatives counts.
 * @param folded the expression ignores case: `k` and `s` are left out then, which have relatives beyond ASCII
 */
export function regexLiteral(pattern: string, folded: boolean): string | undefined {
  if (/\\[QpPCE]|\(\?[^:)]*\)/.test(pattern)) return undefined;
  const runs: string[] = [];
  let run = '';
  let depth = 0;
  const cut = (): void => {
    runs.push(run);
    run = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '[') {
      i = classEnd(pattern, i);
      cut();
    } else if (char === '(') {
      depth++;
      cut();
    } else if (char === ')') {
      depth--;
      cut();
    } else if (char === '|' && depth === 0) {
      return undefined;
    } else if (char === '*' || char === '?' || char === '{') {
      // What stands in front may be missing. A count is passed over, whatever it is.
      run = run.slice(0, -1);
      cut();
      if (char === '{') i = Math.max(i, pattern.indexOf('}', i));
    } else if (char === '+' || char === '.' || char === '^' || char === '$' || depth > 0) {
      if (char === '\\') i++;
      cut();
    } else if (char === '\\') {
      const next = pattern[++i] ?? '';
      if (/\w/.test(next)) {
        cut();
        i += escapeLength(pattern, i);
      } else run += next;
    } else if (char > '\u007f' || (folded && /[ks]/i.test(char))) {
      cut();
    } else {
      run += char;
    }
  }
  cut();
  const found = runs.reduce((best, each) => (each.length > best.length ? each : best), '');
  return found.length < MIN_PART ? undefined : found.toLowerCase();
}

/** Characters behind the letter of an escape that belong to it: digits of `\x41`, `\x{1F600}` and `\012`. */
function escapeLength(pattern: string, at: number): number {
  const rest = pattern.slice(at, at + 12);
  return (/^(?:x\{[^}]*\}|x[0-9A-Fa-f]{0,2}|[0-7]{1,3})/.exec(rest)?.[0].length ?? 1) - 1;
}

/** Index of the bracket that ends a class. */
function classEnd(pattern: string, from: number): number {
  let i = from + 1;
  if (pattern[i] === '^') i++;
  if (pattern[i] === ']') i++;
  for (; i < pattern.length && pattern[i] !== ']'; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern.startsWith('[:', i)) i = Math.max(i, pattern.indexOf(':]', i) + 1);
  }
  return i;
}
