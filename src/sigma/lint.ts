/**
 * What is right in form and yet cannot be meant: a condition that never or always holds, a selection that makes no
 * difference to it, a rule without tests. For `rules check`; none of it keeps a rule from being applied.
 *
 * The truth table of a condition is worked out over its selections. Two selections that want different values of one
 * field cannot both hold. Limit: conditions of up to `MAX_SELECTIONS` selections.
 */
import type { Problem } from '../errors.ts';
import type { StreamSchema } from '../model/schema.ts';
import { quote } from '../yaml/source.ts';
import { type FieldMapping, streamName } from './field-mapping.ts';
import { lintSelection } from './lint-selection.ts';
import { hasWildcards, parsePattern } from './pattern.ts';
import type { Target } from './references.ts';
import type { Condition, Item, Rule, SelectionBody } from './rule.ts';

const MAX_SELECTIONS = 12;

/** What a rule is looked at with. */
export interface LintContext {
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
  /** What is missing of its tests. */
  missingTests(rule: Target): readonly string[];
}

/** Warnings about a rule or correlation. */
export function lintRule(rule: Target, context: LintContext): readonly Problem[] {
  const warn = (at: number, message: string, hint?: string): Problem =>
    rule.source.problem(at, message, { warning: true, hint });
  const untested = context
    .missingTests(rule)
    .map(why => warn(rule.at, `the rule has ${why}`, 'docs/rules-guide.md says how to write them'));
  if (rule.kind === 'correlation') return untested;
  const schema = context.schemas.get(streamName(rule, context.mapping) ?? '');
  const inside = rule.selections.flatMap(selection => lintSelection(selection, schema, warn));
  return [...lintCondition(rule, context, warn), ...inside, ...untested];
}

function lintCondition(
  rule: Rule,
  { schemas, mapping }: LintContext,
  warn: (at: number, message: string, hint?: string) => Problem,
): readonly Problem[] {
  const used = new Set<string>();
  collectNames(rule.condition, used);
  const selections = rule.selections.filter(selection => used.has(selection.name));
  if (selections.length > MAX_SELECTIONS) return [];
  const schema = schemas.get(streamName(rule, mapping) ?? '');
  const wanted = selections.map(({ body }) => valuesByField(body, schema));
  const clashes = selections.flatMap((_, i) =>
    selections.flatMap((__, j) =>
      i < j && areDisjoint(wanted[i]!, wanted[j]!) ? [(1 << i) | (1 << j)] : [],
    ),
  );
  const bits = new Map(selections.map(({ name }, i) => [name, 1 << i]));
  const rows = Array.from({ length: 1 << selections.length }, (_, row) => row);
  const possible = rows.filter(row => !clashes.some(clash => (row & clash) === clash));
  const isPossible = new Set(possible);
  const isTrue = (row: number): boolean => holds(rule.condition, row, bits);
  const first = selections[0]?.at ?? rule.at;
  if (!possible.some(isTrue)) {
    const hint = clashes.length > 0 ? 'it wants two values of one field at once' : undefined;
    return [warn(first, 'the condition can never hold', hint)];
  }
  if (possible.every(isTrue)) return [warn(first, 'the condition always holds')];
  return selections.flatMap(({ name, at }, i) => {
    const bit = 1 << i;
    const matters = possible.some(row => isPossible.has(row ^ bit) && isTrue(row) !== isTrue(row ^ bit));
    return matters ? [] : [warn(at, `the selection ${quote(name)} makes no difference to the condition`)];
  });
}

function collectNames(condition: Condition, names: Set<string>): void {
  if (condition.kind === 'selection') names.add(condition.name);
  else if (condition.kind === 'not') collectNames(condition.part, names);
  else for (const part of condition.parts) collectNames(part, names);
}

function holds(condition: Condition, row: number, bits: ReadonlyMap<string, number>): boolean {
  switch (condition.kind) {
    case 'selection':
      return (row & bits.get(condition.name)!) !== 0;
    case 'not':
      return !holds(condition.part, row, bits);
    case 'and':
      return condition.parts.every(part => holds(part, row, bits));
    case 'or':
      return condition.parts.some(part => holds(part, row, bits));
  }
}

/** The values, in lower case, that a selection wants of each field it compares as a whole. */
function valuesByField(
  body: SelectionBody,
  schema: StreamSchema | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const items = body.kind === 'item' ? [body] : body.kind === 'all' ? body.parts.filter(isItem) : [];
  return new Map(
    items.flatMap(({ field, modifiers, values }) => {
      const type =
        field &&
        (Object.hasOwn(schema?.fields ?? {}, field.text) ? schema?.fields[field.text]?.type : undefined);
      const whole =
        modifiers.names.length === 0 &&
        values.every(value => value.value !== null && !hasWildcards(parsePattern(value.text)));
      // A list may hold both values; a number may be written in two ways.
      const single = type === 'string' || type === 'enum' || type === 'bool';
      return field !== undefined && whole && single
        ? [[field.text, new Set(values.map(value => value.text.toLowerCase()))] as const]
        : [];
    }),
  );
}

function isItem(body: SelectionBody): body is Item {
  return body.kind === 'item';
}

function areDisjoint(
  a: ReadonlyMap<string, ReadonlySet<string>>,
  b: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  return [...a].some(([field, values]) => {
    const others = b.get(field);
    return others !== undefined && ![...values].some(value => others.has(value));
  });
}
