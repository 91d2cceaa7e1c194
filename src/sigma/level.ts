/**
 * The level of a match: the most severe that the rule's `level-by` gives for the values of the record, else the
 * rule's own. A list field counts with each of its elements.
 */
import { LEVELS, type Level, type RuleInfo } from '../model/finding.ts';
import type { Value } from '../model/schema.ts';

/** The level of one matching record. */
export function levelOf(rule: RuleInfo, record: Readonly<Record<string, Value>>): Level {
  const found = new Set<Level>();
  for (const [field, levels] of rule.levelBy) {
    const value = record[field];
    for (const each of Array.isArray(value) ? value : [value]) {
      const level = levels.get(String(each));
      if (level !== undefined) found.add(level);
    }
  }
  return LEVELS.find(level => found.has(level)) ?? rule.level;
}
