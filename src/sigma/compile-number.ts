/**
 * Entries over numbers and points in time: equality, comparisons, parts of a time. Wildcards and anchors look at the
 * decimal text of a number, as Sigma lets every type be searched as text.
 */
import {
  anyOf,
  type NumberTest,
  numberTest,
  secondsTest,
  type Test,
  textTest,
} from '../model/column-tests.ts';
import { quote } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { expanded, FAMILY_NAMES, type Family, type ItemContext } from './item-context.ts';
import type { Comparison } from './modifiers.ts';
import { type KnownTest, numberNeeds } from './needs.ts';
import {
  anchored,
  compilePatterns,
  hasWildcards,
  literalText,
  type Pattern,
  parsePattern,
} from './pattern.ts';
import type { Item } from './rule.ts';
import { TIME_PART_RANGE } from './time-parts.ts';

/** `lt` … `gte`, and `minute` … `year` with or without one of them. */
export function compileOrder(
  item: Item,
  values: readonly ScalarNode[],
  name: string,
  family: Family,
  context: ItemContext,
): Test | undefined {
  const { timePart, comparison } = item.modifiers;
  if (timePart !== undefined && family !== 'time') {
    context.complain(item.at, `${timePart} needs a point in time, and ${name} ${FAMILY_NAMES[family]}`);
    return undefined;
  }
  if (family !== 'time' && family !== 'number') {
    context.complain(item.at, `${comparison} needs numbers, and ${name} ${FAMILY_NAMES[family]}`);
    return undefined;
  }
  const numbers: number[] = [];
  for (const value of values) {
    const number = asNumber(value);
    const [low, high] = timePart === undefined ? [-Infinity, Infinity] : TIME_PART_RANGE[timePart];
    if (number === undefined) context.complain(value.at, `${quote(value.text)} is not a number`);
    else if (number < low || number > high || (timePart !== undefined && !Number.isInteger(number))) {
      context.complain(value.at, `${timePart} is a whole number from ${low} to ${high}`);
    } else numbers.push(number);
  }
  if (numbers.length < values.length) return undefined;
  const test = comparison === undefined ? isOneOf(numbers) : anyComparison(comparison, numbers);
  if (timePart === undefined) return numberTest(name, test);
  return secondsTest(name, sec => test(context.partOf(sec, timePart)));
}

function isOneOf(numbers: readonly number[]): NumberTest {
  const [only] = numbers;
  if (numbers.length === 1) return value => value === only;
  const set = new Set(numbers);
  return value => set.has(value);
}

/** A value list is OR, so only the loosest bound counts. */
function anyComparison(comparison: Comparison, numbers: readonly number[]): NumberTest {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  switch (comparison) {
    case 'lt':
      return value => value < high;
    case 'lte':
      return value => value <= high;
    case 'gt':
      return value => value > low;
    case 'gte':
      return value => value >= low;
  }
}

/** Numbers by value; wildcards and anchors by the decimal text. */
export function compileNumber(
  item: Item,
  values: readonly ScalarNode[],
  name: string,
  family: Family,
  context: ItemContext,
): KnownTest | undefined {
  const { anchor, expand, encodings } = item.modifiers;
  if (encodings.length > 0) {
    context.complain(item.at, `${encodings[0]} needs text, and ${name} ${FAMILY_NAMES[family]}`);
    return undefined;
  }
  const numbers: number[] = [];
  const patterns: Pattern[] = [];
  let broken = false;
  for (const value of values) {
    const given = expand ? expanded(value, context) : [parsePattern(value.text)];
    if (given === undefined) broken = true;
    for (const pattern of given ?? []) {
      const number = hasWildcards(pattern) ? undefined : parseNumber(literalText(pattern));
      if (family === 'number' && (anchor !== 'equals' || hasWildcards(pattern)))
        patterns.push(anchored(pattern, anchor));
      else if (number !== undefined && anchor === 'equals') numbers.push(number);
      else {
        broken = true;
        const hint = family === 'time' ? 'use minute … year, or lt … gte with epoch seconds' : undefined;
        context.complain(value.at, `${name} ${FAMILY_NAMES[family]}, never ${quote(value.text)}`, hint);
      }
    }
  }
  if (broken) return undefined;
  const tests: Test[] = [];
  if (numbers.length > 0) tests.push(numberTest(name, isOneOf(numbers)));
  if (patterns.length > 0) tests.push(textTest(name, compilePatterns(patterns, true), true));
  // Points in time are not indexed.
  const known = family === 'number' && patterns.length === 0;
  return { test: anyOf(tests), needs: known ? numberNeeds(name, numbers) : undefined };
}

function asNumber(value: ScalarNode): number | undefined {
  return typeof value.value === 'number' && Number.isFinite(value.value)
    ? value.value
    : parseNumber(value.text);
}

/** Decimal or hexadecimal text as a number. */
function parseNumber(text: string): number | undefined {
  return /^(?:[+-]?\d+(?:\.\d+)?|0x[0-9a-f]+)$/i.test(text) ? Number(text) : undefined;
}
