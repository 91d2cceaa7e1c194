/**
 * A parsed filter bound to the fields of one stream: the test that its operators and values ask for, or the problems
 * that speak against it. How values compare:
 *
 * | field          | operators                                      | values                                        |
 * | -------------- | ---------------------------------------------- | --------------------------------------------- |
 * | text, enum     | == != contains startswith endswith matches in  | text, case-insensitive but for `matches`      |
 * | addr           | the same                                       | == addresses; `in` ranges                     |
 * | token          | the same                                       | its name as shown: `mrn#1`                    |
 * | numbers        | == != < <= > >= in                             | numbers, sizes (`10MB`)                       |
 * | interval       | the same                                       | seconds, durations (`5m`)                     |
 * | time           | the same                                       | ISO 8601 or epoch seconds                     |
 * | bool           | == != and the field alone                      | true, false                                   |
 *
 * A set or vector holds when any element does. An absent field holds for `!=` and whatever `not` negates, as in rules.
 */
import { nearest, type Problem } from '../errors.ts';
import {
  absentTest,
  anyOf,
  boolTest,
  complement,
  intersection,
  type Mask,
  momentTest,
  numberTest,
  type Test,
  textTest,
  union,
} from '../model/column-tests.ts';
import { closedValues } from '../model/device.ts';
import { compileRegex } from '../model/regex.ts';
import type { Field, FieldType, Moment, StreamSchema } from '../model/schema.ts';
import { addressTest } from '../net/address-test.ts';
import { type Cidr, parseAddress, parseCidr } from '../net/cidr.ts';
import type { Expression, FieldTest } from './parse.ts';
import { readCount, readDuration, readMoment } from './values.ts';
import { FilterError, problemAt, unquoted, type Word } from './words.ts';

type Family = 'text' | 'addr' | 'token' | 'number' | 'interval' | 'time' | 'bool';

function familyOf(type: FieldType): Family {
  switch (type) {
    case 'addr':
    case 'time':
    case 'bool':
    case 'interval':
      return type;
    case 'vector[interval]':
      return 'interval';
    case 'token':
    case 'set[token]':
      return 'token';
    case 'enum':
    case 'string':
    case 'set[string]':
    case 'vector[string]':
      return 'text';
    default:
      return 'number';
  }
}

/** How messages put it: “duration holds durations”. */
const FAMILY_WORDS: Readonly<Record<Family, string>> = {
  text: 'holds text',
  addr: 'holds addresses',
  token: 'holds tokens',
  number: 'holds numbers',
  interval: 'holds durations',
  time: 'is a point in time',
  bool: 'is true or false',
};

const VALUE_HINTS: Readonly<Record<Family, string>> = {
  text: '',
  token: '',
  addr: 'for example 10.20.30.17 or fe80::1',
  number: 'for example 443, 10MB or 0x1f',
  interval: 'for example 90, 5m or 1h30m',
  time: 'for example 2026-11-18T12:00:00Z, 2026-11-18 or 1795003200.5',
  bool: 'write true or false',
};

/** What a filter is compiled against. */
export interface CompileContext {
  readonly expression: string;
  readonly schema: StreamSchema;
  /** IANA zone of times without one. */
  readonly timezone: string;
}

/** The test of a whole expression, whose fields must all be in the schema; or everything wrong with it. */
export function compileExpression(
  expression: Expression,
  context: CompileContext,
): { readonly test: Test } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const build = (part: Expression): Test => {
    switch (part.kind) {
      case 'not': {
        const test = build(part.part);
        return (batch, within) => complement(test(batch, within));
      }
      case 'and':
        return allOf(part.parts.map(build));
      case 'or':
        return someOf(part.parts.map(build));
      case 'test':
        try {
          return compileTest(part, context);
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
          problems.push(problemAt(context.expression, error.at, error.message, error.hint));
          return () => false;
        }
    }
  };
  const test = build(expression);
  return problems.length > 0 ? { problems } : { test };
}

/** Later parts are asked only about the rows that are left. */
function allOf(tests: readonly Test[]): Test {
  return (batch, within) => {
    let mask: Mask = true;
    for (const test of tests) {
      mask = intersection(mask, test(batch, mask === true ? within : mask));
      if (mask === false) break;
    }
    return mask;
  };
}

function someOf(tests: readonly Test[]): Test {
  return (batch, within) => {
    let mask: Mask = false;
    for (const test of tests) {
      mask = union(mask, test(batch, within));
      if (mask === true) break;
    }
    return mask;
  };
}

function compileTest(test: FieldTest, context: CompileContext): Test {
  const name = test.field.text;
  const field = context.schema.fields[name]!;
  const family = familyOf(field.type);
  if (test.operator === 'exists') return not(absentTest(name));
  if (test.operator === 'true') {
    if (family === 'bool') return boolTest(name, true);
    throw new FilterError(
      test.at,
      `${name} ${FAMILY_WORDS[family]}; alone it says nothing`,
      `write ${name} exists`,
    );
  }
  if (test.operator === '!=') return not(compileTest({ ...test, operator: '==' }, context));
  switch (family) {
    case 'bool':
      return compileBool(test, name);
    case 'number':
      return compileNumber(test, name, family, readCount);
    case 'interval':
      return compileNumber(test, name, family, readDuration);
    case 'time':
      return compileTime(test, name, context.timezone);
    default:
      return compileText(test, field, family);
  }
}

function not(test: Test): Test {
  return (batch, within) => complement(test(batch, within));
}

function compileBool(test: FieldTest, name: string): Test {
  if (test.operator !== '==') throw misfit(test, name, 'bool', `write ${name} or not ${name}`);
  const word = test.values[0]!;
  const text = word.text.toLowerCase();
  if (text !== 'true' && text !== 'false') throw badValue(word, name, 'bool');
  return boolTest(name, text === 'true');
}

function compileNumber(
  test: FieldTest,
  name: string,
  family: Family,
  read: (text: string) => number | undefined,
): Test {
  const values = test.values.map(word => {
    const value = read(word.text);
    if (value === undefined) throw badValue(word, name, family);
    return value;
  });
  const [first] = values as [number];
  switch (test.operator) {
    case '==':
    case 'in': {
      const set = new Set(values);
      return numberTest(name, value => set.has(value));
    }
    case '<':
      return numberTest(name, value => value < first);
    case '<=':
      return numberTest(name, value => value <= first);
    case '>':
      return numberTest(name, value => value > first);
    case '>=':
      return numberTest(name, value => value >= first);
    default:
      throw misfit(test, name, family, 'numbers compare with == != < <= > >= and in {a, b}');
  }
}

function compileTime(test: FieldTest, name: string, timezone: string): Test {
  const moments = test.values.map(word => {
    const moment = readMoment(word.text, timezone);
    if (moment === undefined) throw badValue(word, name, 'time');
    return moment;
  });
  const [first] = moments as [Moment];
  /** Negative when the row's time is earlier. */
  const order = (sec: number, nsec: number, to: Moment): number => sec - to.sec || nsec - to.nsec;
  switch (test.operator) {
    case '==':
    case 'in':
      return anyOf(moments.map(moment => momentTest(name, (sec, nsec) => order(sec, nsec, moment) === 0)));
    case '<':
      return momentTest(name, (sec, nsec) => order(sec, nsec, first) < 0);
    case '<=':
      return momentTest(name, (sec, nsec) => order(sec, nsec, first) <= 0);
    case '>':
      return momentTest(name, (sec, nsec) => order(sec, nsec, first) > 0);
    case '>=':
      return momentTest(name, (sec, nsec) => order(sec, nsec, first) >= 0);
    default:
      throw misfit(test, name, 'time', 'times compare with == != < <= > >=');
  }
}

function compileText(test: FieldTest, field: Field, family: Family): Test {
  const name = test.field.text;
  const { operator, values } = test;
  if (operator === 'matches') return compileMatches(values[0]!, name);
  const [text = ''] = values.map(plain).map(value => value.toLowerCase());
  switch (operator) {
    case '==':
    case 'in':
      return compileEqual(test, field, family);
    case 'contains':
      return textTest(name, value => value.includes(text), true);
    case 'startswith':
      return textTest(name, value => value.startsWith(text), true);
    case 'endswith':
      return textTest(name, value => value.endsWith(text), true);
    default:
      throw misfit(test, name, family, 'text compares with == != contains startswith endswith matches in');
  }
}

function compileMatches(word: Word, name: string): Test {
  // Between quotes a backslash belongs to the regular expression, but for the one that keeps the quote from closing.
  const compiled = compileRegex(word.kind === 'text' ? word.text.replace(/\\(["'])/g, '$1') : word.text, '');
  if (typeof compiled !== 'function') throw new FilterError(word.at, compiled.message, compiled.hint);
  return textTest(name, compiled, false);
}

/** Equality with one value or one of a set; what reads like a range of addresses is one. */
function compileEqual(test: FieldTest, field: Field, family: Family): Test {
  const name = test.field.text;
  const ranges: Cidr[] = [];
  const texts = new Set<string>();
  for (const word of test.values) {
    const text = plain(word);
    const range = word.kind === 'word' && text.includes('/') ? parseCidr(text) : undefined;
    if (range !== undefined && test.operator === 'in') ranges.push(range);
    else if (family === 'addr') texts.add(addressOf(word, text, name, test.operator));
    else texts.add(checkClosed(word, text, name).toLowerCase());
  }
  if (test.operator === 'in' && !test.set && ranges.length === 0 && field.type !== 'addr') {
    throw new FilterError(
      test.values[0]!.at,
      'after in stands a set or a range',
      'for example {a, b} or 10.0.0.0/8',
    );
  }
  const tests: Test[] = [];
  if (texts.size > 0) tests.push(textTest(name, value => texts.has(value), true));
  if (ranges.length > 0) tests.push(textTest(name, addressTest(ranges), false));
  return anyOf(tests);
}

function addressOf(word: Word, text: string, name: string, operator: string): string {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  if (operator === '==' && parseCidr(text) !== undefined) {
    throw new FilterError(word.at, `"${text}" is a range, not an address`, `write ${name} in ${text}`);
  }
  throw badValue(
    word,
    name,
    'addr',
    operator === 'in' ? 'for example 10.0.0.0/8 or 2001:db8::/32' : undefined,
  );
}

/** Slips in fields whose values are all known would find nothing, silently. */
function checkClosed(word: Word, text: string, name: string): string {
  const known = closedValues(name);
  if (known === undefined || known.includes(text.toLowerCase())) return text;
  const near = nearest(text, known);
  const hint = near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`;
  throw new FilterError(word.at, `${name} is never "${text}"`, hint);
}

function plain(word: Word): string {
  return word.kind === 'text' ? unquoted(word) : word.text;
}

function misfit(test: FieldTest, name: string, family: Family, hint: string): FilterError {
  return new FilterError(
    test.at,
    `${test.operator} does not go with ${name}, which ${FAMILY_WORDS[family]}`,
    hint,
  );
}

function badValue(word: Word, name: string, family: Family, hint = VALUE_HINTS[family]): FilterError {
  const text = word.text.length > 40 ? `${word.text.slice(0, 40)}…` : word.text;
  return new FilterError(word.at, `${name} ${FAMILY_WORDS[family]}, never "${text}"`, hint);
}
