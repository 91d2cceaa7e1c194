/**
 * The `correlation` of a document (Sigma Correlation Rules Specification 2.1): type, rules, group-by, aliases, timespan,
 * condition, generate. Nothing here knows the rules it refers to; that is `compile-correlation.ts`.
 *
 * A condition is a map of comparisons, all of which must hold, or, of `temporal`, text: a boolean expression over the
 * names in `rules`. Without one, every rule must occur. Limits: rules, fields to group by.
 */

import { COMPARISONS } from '../model/correlation.ts';
import {
  asMap,
  checkKeys,
  complain,
  didYouMean,
  type Reader,
  readChoice,
  readMap,
  readText,
  readTexts,
  required,
} from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import type { MapNode, ScalarNode } from '../yaml/tree.ts';
import { parseCondition } from './condition.ts';
import {
  type Alias,
  CORRELATION_TYPES,
  type Correlation,
  type CorrelationType,
  type Described,
  type Threshold,
} from './rule.ts';

/** Keys under `correlation`. */
export const BODY_KEYS = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'generate'];
/** Keys of a condition that compares. */
export const CONDITION_KEYS = [...COMPARISONS, 'field', 'percentile'];
const MAX_RULES = 100;
const MAX_GROUP_BY = 16;
/** Seconds in each unit; month and year are the mean ones of the Gregorian calendar. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
  ['M', 2_629_746],
  ['y', 31_556_952],
]);
/** A hundred years: nothing longer can be meant. */
const MAX_TIMESPAN = 3_155_695_200;

/** What `correlation` adds to the attributes of the document. */
type Body = Omit<Correlation, keyof Described | 'kind'>;

/** Reads the map under `correlation`; undefined when it has problems, which are in `reader` then. */
export function readCorrelation(reader: Reader, map: MapNode, strict: boolean): Body | undefined {
  if (strict) checkKeys(reader, map, BODY_KEYS, 'the correlation');
  const type =
    required(reader, map, 'type', 'the correlation') &&
    readChoice(reader, map, 'type', CORRELATION_TYPES, 'type of correlation');
  const rules = readRuleNames(reader, map);
  const groupBy = readTexts(reader, map, 'group-by');
  if (groupBy.length > MAX_GROUP_BY)
    complain(reader, groupBy[MAX_GROUP_BY]!.at, `more than ${MAX_GROUP_BY} fields to group by`);
  refuseRepeats(reader, groupBy, 'the field');
  const timespan = readTimespan(reader, map);
  const aliases = readAliases(reader, map, rules);
  const generate = readGenerate(reader, map);
  if (type === undefined) {
    checkNumbers(reader, map);
    return undefined;
  }
  const condition = readCorrelationCondition(reader, map, type, rules);
  if (timespan === undefined || rules.length === 0) return undefined;
  return { type, rules, groupBy, aliases, timespan, generate, ...condition };
}

function readRuleNames(reader: Reader, map: MapNode): readonly Located[] {
  if (required(reader, map, 'rules', 'the correlation') === undefined) return [];
  const rules = readTexts(reader, map, 'rules');
  if (rules.length === 0) complain(reader, map.entries.get('rules')!.value.at, 'rules names no rule');
  if (rules.length > MAX_RULES) complain(reader, rules[MAX_RULES]!.at, `more than ${MAX_RULES} rules`);
  refuseRepeats(reader, rules, 'the rule');
  return rules;
}

function refuseRepeats(reader: Reader, names: readonly Located[], what: string): void {
  const seen = new Set<string>();
  for (const { text, at } of names) {
    if (seen.has(text)) complain(reader, at, `${what} ${quote(text)} is named twice`);
    seen.add(text);
  }
}

function readTimespan(reader: Reader, map: MapNode): number | undefined {
  const written = required(reader, map, 'timespan', 'the correlation') && readText(reader, map, 'timespan');
  if (written === undefined) return undefined;
  const parts = /^(\d{1,10})([smhdwMy])$/.exec(written.text);
  const seconds = parts === null ? 0 : Number(parts[1]) * UNITS.get(parts[2]!)!;
  if (seconds > 0 && seconds <= MAX_TIMESPAN) return seconds;
  const hint = 'a whole number and a unit: 30s, 5m, 2h, 1d, 1w, 1M (month), 1y';
  complain(reader, written.at, `${quote(written.text)} is not a timespan`, hint);
  return undefined;
}

function readGenerate(reader: Reader, map: MapNode): boolean {
  const node = map.entries.get('generate')?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return false;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  complain(reader, node.at, 'generate is true or false');
  return false;
}

function readAliases(reader: Reader, map: MapNode, rules: readonly Located[]): readonly Alias[] {
  const node = readMap(reader, map, 'aliases');
  if (node === undefined) return [];
  const names = rules.map(rule => rule.text);
  const aliases: Alias[] = [];
  for (const { key, keyAt, value } of node.entries.values()) {
    const byRule = asMap(reader, value, `the alias ${quote(key)}`);
    if (byRule === undefined) continue;
    const fields: Alias['fields'][number][] = [];
    for (const entry of byRule.entries.values()) {
      const field = readText(reader, byRule, entry.key);
      if (!names.includes(entry.key)) {
        const hint = didYouMean(entry.key, names) ?? `rules here: ${names.join(', ')}`;
        complain(reader, entry.keyAt, `the correlation has no rule ${quote(entry.key)}`, hint);
      } else if (field !== undefined) {
        fields.push({ rule: { text: entry.key, at: entry.keyAt }, field });
      }
    }
    aliases.push({ name: { text: key, at: keyAt }, fields });
  }
  return aliases;
}

type ConditionPart = Pick<Body, 'thresholds' | 'condition' | 'fields' | 'percentile'>;
const NO_CONDITION: ConditionPart = { thresholds: [], condition: undefined, fields: [], percentile: 50 };

function readCorrelationCondition(
  reader: Reader,
  map: MapNode,
  type: CorrelationType,
  rules: readonly Located[],
): ConditionPart {
  const node = map.entries.get('condition')?.value;
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) {
    if (!isTemporal) complain(reader, map.at, `${type} needs a condition`, 'condition: {gte: 10}');
    return NO_CONDITION;
  }
  if (type === 'temporal_ordered') {
    const hint = 'leave the condition out, or use temporal when the order does not matter';
    complain(reader, node.at, 'temporal_ordered asks for all its rules in the order of rules', hint);
    return NO_CONDITION;
  }
  if (node.kind === 'scalar') {
    if (type !== 'temporal') {
      complain(reader, node.at, `the condition of ${type} is a map of comparisons`, 'condition: {gte: 10}');
      return NO_CONDITION;
    }
    return readExpression(reader, node, rules);
  }
  const body = asMap(reader, node, 'condition');
  if (body === undefined) return NO_CONDITION;
  return readComparisons(reader, body, type);
}

function readExpression(reader: Reader, node: ScalarNode, rules: readonly Located[]): ConditionPart {
  const names = rules.map(rule => rule.text);
  const { condition, used, problems } = parseCondition(node, names, reader.source);
  for (const problem of problems) {
    const message = problem.message
      .replace(/\bselection\b/, 'rule')
      .replace(/\ba rule\b/, 'the name of a rule');
    const { hint, ...rest } = problem;
    reader.problems.add({ ...rest, message, ...(hint && { hint: hint.replace('selections', 'rules') }) });
  }
  if (problems.length === 0) {
    for (const { text, at } of rules.filter(rule => !used.has(rule.text))) {
      const message = `the rule ${quote(text)} is not used in the condition`;
      reader.problems.add(reader.source.problem(at, message, { warning: true }));
    }
  }
  return { ...NO_CONDITION, condition };
}

function readComparisons(reader: Reader, map: MapNode, type: CorrelationType): ConditionPart {
  checkKeys(reader, map, CONDITION_KEYS, 'the condition');
  const thresholds: Threshold[] = [];
  for (const comparison of COMPARISONS) {
    const value = readNumber(reader, map, comparison);
    if (value !== undefined) thresholds.push({ comparison, value });
  }
  if (thresholds.length === 0 && !COMPARISONS.some(name => map.entries.has(name)))
    complain(reader, map.at, 'the condition compares with nothing', `one of ${COMPARISONS.join(', ')}`);
  else refuseContradiction(reader, map, thresholds);
  if (type === 'event_count' || type === 'value_count' || type === 'temporal')
    warnOfCertain(reader, map, thresholds);
  const takesField = type.startsWith('value_');
  const fields = readTexts(reader, map, 'field');
  if (takesField && fields.length === 0) complain(reader, map.at, `${type} needs a field in its condition`);
  if (!takesField && map.entries.has('field'))
    complain(reader, map.entries.get('field')!.keyAt, `${type} takes no field`);
  if (fields.length > 1 && type !== 'value_count')
    complain(reader, fields[1]!.at, `${type} looks at one field only`);
  const percentile = readNumber(reader, map, 'percentile');
  if (percentile === undefined) {
    if (type === 'value_percentile' && !map.entries.has('percentile'))
      complain(reader, map.at, 'value_percentile needs a percentile in its condition', 'percentile: 95');
  } else {
    const { keyAt, value } = map.entries.get('percentile')!;
    if (type !== 'value_percentile') complain(reader, keyAt, `${type} takes no percentile`);
    if (percentile < 0 || percentile > 100) complain(reader, value.at, 'a percentile is from 0 to 100');
  }
  return { thresholds, condition: undefined, fields, percentile: percentile ?? 50 };
}

/** Of a condition whose type is not known. */
function checkNumbers(reader: Reader, map: MapNode): void {
  const node = map.entries.get('condition')?.value;
  if (node?.kind !== 'map') return;
  checkKeys(reader, node, CONDITION_KEYS, 'the condition');
  for (const key of COMPARISONS) readNumber(reader, node, key);
}

/** A window holds at least the record that arrives. */
function warnOfCertain(reader: Reader, map: MapNode, thresholds: readonly Threshold[]): void {
  for (const { comparison, value } of thresholds) {
    // `gt: 0` is what people write for "any".
    const certain =
      (comparison === 'gt' && value < 0) || ((comparison === 'gte' || comparison === 'neq') && value < 1);
    if (!certain) continue;
    const message = `${comparison}: ${value} always holds: the number is at least 1`;
    reader.problems.add(
      reader.source.problem(map.entries.get(comparison)!.keyAt, message, { warning: true }),
    );
  }
}

function readNumber(reader: Reader, map: MapNode, key: string): number | undefined {
  const node = map.entries.get(key)?.value;
  if (node === undefined) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'number' && Number.isFinite(node.value))
    return node.value;
  complain(reader, node.at, `${key} takes a number`);
  return undefined;
}

/** No number is above 10 and below 5. */
function refuseContradiction(reader: Reader, map: MapNode, thresholds: readonly Threshold[]): void {
  const wanted = new Map(thresholds.map(({ comparison, value }) => [comparison, value]));
  const low = Math.max(wanted.get('gt') ?? -Infinity, wanted.get('gte') ?? -Infinity);
  const high = Math.min(wanted.get('lt') ?? Infinity, wanted.get('lte') ?? Infinity);
  const open = wanted.get('gt') === low || wanted.get('lt') === high;
  const eq = wanted.get('eq');
  const impossible =
    low > high ||
    (low === high && open) ||
    (eq !== undefined && (eq < low || eq > high || eq === wanted.get('neq')));
  if (impossible) complain(reader, map.at, 'no number fits this condition');
}
