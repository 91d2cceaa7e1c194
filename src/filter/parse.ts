/**
 * The grammar of filters:
 *
 *     expression = and { ("or" | "||") and }
 *     and        = not { ("and" | "&&") not }
 *     not        = { "not" | "!" } primary
 *     primary    = "(" expression ")" | field [ ["not"] test ]
 *     test       = comparison value | "in" (value | "{" value { [","] value } "}") | "exists"
 *     comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "startswith" | "endswith" | "matches"
 *
 * Words of the grammar may be upper-case. A field alone holds where it is true. Limits: nesting, values of a set.
 */
import { nearest } from '../errors.ts';
import { FilterError, readWords, type Word } from './words.ts';

const MAX_DEPTH = 64;
const MAX_VALUES = 10_000;

const COMPARISONS = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'contains',
  'startswith',
  'endswith',
  'matches',
] as const;
const WORD_OPERATORS: readonly string[] = ['contains', 'startswith', 'endswith', 'matches', 'in', 'exists'];
const GRAMMAR = new Set([...WORD_OPERATORS, 'and', 'or', 'not']);

/** `true`: the field stands alone. */
export type Operator = (typeof COMPARISONS)[number] | 'in' | 'exists' | 'true';

/** One test of one field. */
export interface FieldTest {
  readonly kind: 'test';
  readonly field: Word;
  readonly operator: Operator;
  /** Offset of the operator. */
  readonly at: number;
  /** The values are those of a set in curly brackets. */
  readonly set: boolean;
  readonly values: readonly Word[];
}

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | FieldTest;

/** Parses a filter. @throws FilterError at its first error */
export function parseFilter(text: string): Expression {
  return new Parser(readWords(text)).whole();
}

class Parser {
  readonly #words: readonly Word[];
  #next = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  whole(): Expression {
    if (this.#peek().kind === 'end')
      throw new FilterError(0, 'the filter is empty', 'for example: service == dns');
    const result = this.#either(0);
    const rest = this.#peek();
    if (rest.kind === 'end') return result;
    if (rest.text === ')') throw new FilterError(rest.at, 'this bracket was never opened');
    if (rest.text === ',')
      throw new FilterError(rest.at, '"and" or "or" was expected', 'a set is written {a, b}');
    throw new FilterError(rest.at, `"and" or "or" is missing before ${shown(rest)}`);
  }

  #peek(): Word {
    return this.#words[this.#next]!;
  }

  /** Takes the next word when it is one of the grammar. */
  #take(...texts: readonly string[]): Word | undefined {
    const word = this.#peek();
    if (word.kind === 'text' || word.kind === 'end' || !texts.includes(word.text.toLowerCase()))
      return undefined;
    this.#next++;
    return word;
  }

  #either(depth: number): Expression {
    const parts = [this.#both(depth)];
    while (this.#take('or', '||')) parts.push(this.#both(depth));
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #both(depth: number): Expression {
    const parts = [this.#negated(depth)];
    while (this.#take('and', '&&')) parts.push(this.#negated(depth));
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #negated(depth: number): Expression {
    if (depth > MAX_DEPTH) throw new FilterError(this.#peek().at, `nested more than ${MAX_DEPTH} deep`);
    if (this.#take('not', '!')) return { kind: 'not', part: this.#negated(depth + 1) };
    const open = this.#take('(');
    if (open === undefined) return this.#test();
    const inner = this.#either(depth + 1);
    if (!this.#take(')')) throw new FilterError(open.at, 'this bracket is never closed');
    return inner;
  }

  #test(): Expression {
    const field = this.#peek();
    if (field.kind !== 'word' || GRAMMAR.has(field.text.toLowerCase())) {
      const hint = field.kind === 'text' ? 'the field comes first: service == "dns"' : undefined;
      const found = field.kind === 'end' ? 'the filter ends here' : `found ${shown(field)}`;
      throw new FilterError(field.at, `a field was expected, ${found}`, hint);
    }
    this.#next++;
    const negated = this.#take('not') !== undefined;
    const test = this.#testOf(field, negated);
    return negated ? { kind: 'not', part: test } : test;
  }

  #testOf(field: Word, negated: boolean): FieldTest {
    const word = this.#peek();
    const { at } = word;
    if (this.#take('exists')) return { kind: 'test', field, operator: 'exists', at, set: false, values: [] };
    if (this.#take('in')) return { kind: 'test', field, operator: 'in', at, ...this.#members() };
    for (const operator of COMPARISONS) {
      if (this.#take(operator)) {
        return { kind: 'test', field, operator, at, set: false, values: [this.#value(operator)] };
      }
    }
    if (!negated && (word.kind === 'end' || word.text === ')' || isJoint(word))) {
      return { kind: 'test', field, operator: 'true', at: field.at, set: false, values: [] };
    }
    throw new FilterError(
      at,
      `an operator was expected after ${field.text}, not ${shown(word)}`,
      operatorHint(word),
    );
  }

  #members(): { readonly set: boolean; readonly values: readonly Word[] } {
    const open = this.#take('{');
    if (open === undefined) return { set: false, values: [this.#value('in')] };
    const values: Word[] = [];
    while (!this.#take('}')) {
      if (this.#peek().kind === 'end')
        throw new FilterError(open.at, 'this set is never closed', 'it ends with }');
      if (values.length >= MAX_VALUES)
        throw new FilterError(this.#peek().at, `more than ${MAX_VALUES} values`);
      if (values.length > 0) this.#take(',');
      values.push(this.#value('in'));
    }
    if (values.length === 0) throw new FilterError(open.at, 'an empty set holds nothing');
    return { set: true, values };
  }

  #value(operator: string): Word {
    const word = this.#peek();
    if (word.kind === 'word' || word.kind === 'text') {
      this.#next++;
      return word;
    }
    const hint =
      word.text === '(' && operator === 'in'
        ? 'a set is written {a, b}'
        : word.kind === 'sign'
          ? 'put values that hold signs in quotes'
          : undefined;
    const found = word.kind === 'end' ? 'the filter ends here' : `found ${shown(word)}`;
    throw new FilterError(word.at, `a value was expected after ${operator}, ${found}`, hint);
  }
}

function isJoint(word: Word): boolean {
  return word.kind !== 'text' && ['and', 'or', '&&', '||'].includes(word.text.toLowerCase());
}

function operatorHint(word: Word): string {
  if (word.text === '=') return 'equality is written ==';
  if (word.text === '~') return 'regular expressions are written with matches';
  const near = word.kind === 'word' ? nearest(word.text, WORD_OPERATORS) : undefined;
  return near === undefined ? `one of ${COMPARISONS.join(' ')} in exists` : `did you mean ${near}?`;
}

function shown(word: Word): string {
  return `"${word.text.length > 40 ? `${word.text.slice(0, 40)}…` : word.text}"`;
}
