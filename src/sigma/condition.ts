/**
 * The condition of a rule (Sigma Rules Specification 2.1, "Condition"):
 *
 *     expression = and { "or" and }          least binding
 *     and        = not { "and" not }
 *     not        = { "not" } primary
 *     primary    = "(" expression ")" | quantifier "of" target | name
 *     quantifier = "1" | "any" | "all"
 *     target     = "them" | name pattern with "*"
 *
 * `them` and patterns leave out names with a leading underscore, unless the pattern starts with one. Words of the
 * grammar may be upper-case. Aggregation after `|` (Sigma 1) is refused: correlations took its place.
 * Limits: length, nesting.
 */
import { nearest, type Problem } from '../errors.ts';
import { quote, type SourceText } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import type { Condition } from './rule.ts';

const MAX_LENGTH = 8192;
const MAX_DEPTH = 64;
const RESERVED = new Set(['and', 'or', 'not', 'of', 'them']);
const QUANTIFIERS = new Set(['1', 'any', 'all']);

/** A condition, or why it is none. */
export interface ParsedCondition {
  /** Undefined when there are problems. */
  readonly condition: Condition | undefined;
  /** Names of the selections it refers to. */
  readonly used: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

interface Word {
  readonly text: string;
  /** The text when it is a word of the grammar, in lower case. */
  readonly lower: string;
  readonly index: number;
}

/** Thrown inside this file only, to leave a broken condition at its first error. */
class ConditionError extends Error {
  readonly index: number;
  readonly hint: string | undefined;

  constructor(index: number, message: string, hint?: string) {
    super(message);
    this.index = index;
    this.hint = hint;
  }
}

/** Whether a selection may have this name: the words of the grammar are taken. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}

/** Parses one condition over the selections of its rule. */
export function parseCondition(
  node: ScalarNode,
  names: readonly string[],
  source: SourceText,
): ParsedCondition {
  const used = new Set<string>();
  try {
    if (node.text.length > MAX_LENGTH)
      throw new ConditionError(0, `a condition is at most ${MAX_LENGTH} characters long`);
    const words = readWords(node.text);
    return { condition: parseWords(words, node.text.length, names, used), used, problems: [] };
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const problem = source.problem(source.within(node, error.index), error.message, { hint: error.hint });
    return { condition: undefined, used, problems: [problem] };
  }
}

function readWords(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/[()|]|[^\s()|]+/g)) {
    if (match[0] === '|') {
      throw new ConditionError(
        match.index,
        'aggregation after "|" is no longer part of Sigma',
        'write a correlation document instead (Sigma 2, correlation: type: event_count)',
      );
    }
    words.push({ text: match[0], lower: match[0].toLowerCase(), index: match.index });
  }
  return words;
}

function parseWords(
  words: readonly Word[],
  end: number,
  names: readonly string[],
  used: Set<string>,
): Condition {
  let next = 0;
  const peek = (): Word | undefined => words[next];

  const chain = (kind: 'or' | 'and', part: (depth: number) => Condition, depth: number): Condition => {
    const parts = [part(depth)];
    while (peek()?.lower === kind) {
      next++;
      parts.push(part(depth));
    }
    return parts.length === 1 ? parts[0]! : { kind, parts };
  };
  const expression = (depth: number): Condition => chain('or', conjunction, depth);
  const conjunction = (depth: number): Condition => chain('and', negation, depth);

  const negation = (depth: number): Condition => {
    const word = peek();
    if (depth > MAX_DEPTH) throw new ConditionError(word?.index ?? end, `nested more than ${MAX_DEPTH} deep`);
    if (word?.lower !== 'not') return primary(depth);
    next++;
    return { kind: 'not', part: negation(depth + 1) };
  };

  const primary = (depth: number): Condition => {
    const word = peek();
    if (word === undefined)
      throw new ConditionError(end, 'the condition ends where a selection was expected');
    next++;
    if (word.text === '(') {
      const inner = expression(depth + 1);
      if (peek()?.text !== ')') throw new ConditionError(word.index, 'this bracket is never closed');
      next++;
      return inner;
    }
    if (peek()?.lower === 'of') return quantified(word);
    if (word.text === ')' || RESERVED.has(word.lower)) {
      throw new ConditionError(word.index, `a selection was expected, not ${quote(word.text)}`);
    }
    return selection(word);
  };

  const quantified = (word: Word): Condition => {
    if (!QUANTIFIERS.has(word.lower)) {
      throw new ConditionError(
        word.index,
        `${quote(word.text)} of is not known`,
        'use 1 of, any of or all of',
      );
    }
    next++;
    const target = peek();
    if (target === undefined || target.text === '(' || target.text === ')') {
      throw new ConditionError(target?.index ?? end, 'after "of" a name pattern or "them" was expected');
    }
    next++;
    const found = names.filter(target.lower === 'them' ? isPublicName : patternTest(target.text));
    if (found.length === 0) {
      throw new ConditionError(
        target.index,
        `no selection matches ${quote(target.text)}`,
        selectionsHint(names),
      );
    }
    for (const name of found) used.add(name);
    const parts = found.map(name => ({ kind: 'selection', name }) as const);
    return parts.length === 1 ? parts[0]! : { kind: word.lower === 'all' ? 'and' : 'or', parts };
  };

  const selection = (word: Word): Condition => {
    if (!names.includes(word.text)) {
      const near = nearest(word.text, names);
      const hint = near === undefined ? selectionsHint(names) : `did you mean ${near}?`;
      throw new ConditionError(word.index, `no selection named ${quote(word.text)}`, hint);
    }
    used.add(word.text);
    return { kind: 'selection', name: word.text };
  };

  const result = expression(0);
  const rest = peek();
  if (rest?.text === ')') throw new ConditionError(rest.index, 'this bracket was never opened');
  if (rest !== undefined)
    throw new ConditionError(rest.index, `"and" or "or" is missing before ${quote(rest.text)}`);
  return result;
}

function selectionsHint(names: readonly string[]): string {
  return names.length === 0
    ? 'the rule has no selections'
    : `selections here: ${names.slice(0, 20).map(quote).join(', ')}`;
}

function isPublicName(name: string): boolean {
  return !name.startsWith('_');
}

/** Names that fit a pattern in which `*` stands for any number of characters. */
function patternTest(pattern: string): (name: string) => boolean {
  const pieces = pattern.split('*');
  return name => (isPublicName(name) || pattern.startsWith('_')) && fits(name, pieces);
}

function fits(name: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  const last = pieces[pieces.length - 1]!;
  if (pieces.length === 1) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = name.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return from <= name.length - last.length;
}
