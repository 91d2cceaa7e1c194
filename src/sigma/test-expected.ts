/** How many matches a rule test expects: a number, or comparisons that all must hold. */
import { COMPARISONS } from '../model/correlation.ts';
import { checkKeys, complain, type Reader } from '../yaml/reader.ts';
import type { MapEntry, MapNode } from '../yaml/tree.ts';
import type { Threshold } from './rule.ts';
import { fits } from './window-aggregates.ts';

/** Numbers that a count must fit, all of them; as written for messages. */
export interface Expected {
  readonly thresholds: readonly Threshold[];
  readonly text: string;
}

/** Whether a number is what is expected. */
export function isExpected({ thresholds }: Expected, count: number): boolean {
  return thresholds.every(threshold => fits(threshold, count));
}

/** @param total records of the test; undefined for those of captures */
export function readMatch(reader: Reader, map: MapNode, total: number | undefined): Expected {
  const entry = map.entries.get('match');
  if (entry !== undefined) return readExpected(reader, entry, total);
  if (total === undefined) complain(reader, map.at, 'the test says of captures, but not how many match');
  return exactly(total ?? 0);
}

function exactly(value: number): Expected {
  return { thresholds: [{ comparison: 'eq', value }], text: String(value) };
}

export function readExpected(
  reader: Reader,
  { key, value: node }: MapEntry,
  total: number | undefined,
): Expected {
  const isCount = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= (total ?? Infinity);
  if (node.kind === 'map') {
    checkKeys(reader, node, COMPARISONS, key);
    const thresholds = COMPARISONS.flatMap(comparison => {
      const bound = node.entries.get(comparison)?.value;
      if (bound === undefined) return [];
      const value = bound.kind === 'scalar' ? bound.value : undefined;
      if (isCount(value)) return [{ comparison, value }];
      complain(reader, bound.at, `${comparison} takes a whole number`);
      return [];
    });
    if (node.entries.size === 0) complain(reader, node.at, `${key} expects nothing`);
    return { thresholds, text: thresholds.map(each => `${each.comparison} ${each.value}`).join(' and ') };
  }
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (isCount(value)) return exactly(value);
  const range =
    total === undefined ? 'a whole number' : `a whole number from 0 to ${total}, the number of records`;
  complain(reader, node.at, `${key} is ${range}`, `or a comparison: {gte: 2}`);
  return exactly(0);
}
