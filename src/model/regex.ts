/**
 * Regular expressions of rules (Sigma Modifiers Appendix 2.1, "Regular Expression": found anywhere in the value,
 * case-sensitive unless `re|i`) and of filters. Matching is by RE2 and so linear in the text; what RE2 does not have
 * (look-around, back-references) is an error. A pattern that is only a literal, perhaps anchored, runs as plain code.
 * Limits: length of the pattern, size of its program.
 */
import { RE2JS, RE2JSException } from 're2js';
import type { TextTest } from './column-tests.ts';

const MAX_LENGTH = 4096;
/** RE2 instructions; matching costs at most this per character. */
const MAX_PROGRAM = 2000;

/** Why a pattern was refused. */
export interface RegexProblem {
  readonly message: string;
  readonly hint: string | undefined;
}

/** Compiles a pattern with the flags `i`, `m`, `s` in any order. */
export function compileRegex(pattern: string, flags: string): TextTest | RegexProblem {
  if (pattern.length > MAX_LENGTH) return tooLarge();
  const plain = flags === '' ? compileLiteral(pattern) : undefined;
  if (plain !== undefined) return plain;
  const bits =
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0);
  try {
    const compiled = RE2JS.compile(pattern, bits);
    if (compiled.programSize() > MAX_PROGRAM) return tooLarge();
    return text => compiled.test(text);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const message = error.message
      .replace(/^error parsing regexp: /, '')
      .replace(/\s+/g, ' ')
      .slice(0, 120);
    return { message: `bad regular expression: ${message}`, hint: hintFor(pattern) };
  }
}

function tooLarge(): RegexProblem {
  return {
    message: 'the regular expression is too large',
    hint: 'split it into several values or selections',
  };
}

function hintFor(pattern: string): string | undefined {
  if (/\(\?(?:[=!>]|<[=!])/.test(pattern)) {
    return 'look-around is not available: matching is linear-time (RE2); use a second test and "and not"';
  }
  if (/\\[1-9]/.test(pattern)) return 'back-references are not available: matching is linear-time (RE2)';
  if (/\{\d{4,}/.test(pattern)) return 'a repetition is at most 1000';
  return undefined;
}

/** A test for patterns without operators besides `^` in front and `$` behind; undefined for all others. */
function compileLiteral(pattern: string): TextTest | undefined {
  const parts = /^(\^?)((?:[^\\^$.*+?()[\]{}|]|\\[^\w\s])*)(\$?)$/.exec(pattern);
  if (parts === null) return undefined;
  const literal = parts[2]!.replace(/\\(.)/g, '$1');
  if (parts[1] === '')
    return parts[3] === '' ? text => text.includes(literal) : text => text.endsWith(literal);
  return parts[3] === '' ? text => text.startsWith(literal) : text => text === literal;
}
