/**
 * Correlations bound to the rules they refer to: every name is found, and every field to group by or to look at exists
 * in the records of every rule. As with rules, what is wrong with strict documents is thrown at once, and a foreign one
 * is kept out on its own; a correlation of rules that do not apply here does not apply either.
 *
 * The records of a correlation that others refer to have its `group-by` as their only fields.
 */
import { type Problem, UserError } from '../errors.ts';
import type { RuleInfo } from '../model/finding.ts';
import type { Field } from '../model/schema.ts';
import { didYouMean } from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import { type CompiledRules, checkBraces, describe, type LeftOut, leftOut } from './compile.ts';
import type { CompiledRule } from './evaluate.ts';
import { FAMILY_NAMES, familyOf } from './item-context.ts';
import { indexReferences, isProblem, orderCorrelations, type References, type Target } from './references.ts';
import type { Condition, Correlation, CorrelationType, Rule, Threshold } from './rule.ts';

/** One of the rules a correlation refers to. */
export interface Member {
  /** Id of the rule or correlation. */
  readonly id: string;
  /** For each field to group by, its name in the records of this rule. */
  readonly groupBy: readonly string[];
  /** What value types look at, in the records of this rule. */
  readonly fields: readonly string[];
}

/** A correlation ready to be evaluated. */
export interface CompiledCorrelation {
  readonly info: RuleInfo;
  readonly type: CorrelationType;
  readonly members: readonly Member[];
  /** Names of the fields to group by. */
  readonly groupBy: readonly string[];
  /** For each of them, the fields of records that it stands for, through all correlations between. */
  readonly groupFields: readonly ReadonlySet<string>[];
  /** Whole seconds. */
  readonly timespan: number;
  readonly thresholds: readonly Threshold[];
  /** Over the numbers of members; undefined: all of them. */
  readonly condition: Presence | undefined;
  readonly percentile: number;
}

/** Which members must occur. */
export type Presence =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Presence[] }
  | { readonly kind: 'not'; readonly part: Presence }
  | { readonly kind: 'member'; readonly index: number };

/** The correlations that apply here, and what became of the others. */
export interface CompiledCorrelations {
  /** Each after those it refers to. */
  readonly correlations: readonly CompiledCorrelation[];
  /** Ids of rules and correlations that only serve others and report nothing themselves. */
  readonly silent: ReadonlySet<string>;
  readonly inapplicable: readonly LeftOut[];
  readonly rejected: readonly LeftOut[];
}

/** What can be referred to, with the fields of its records. */
interface Source {
  readonly streams: readonly string[];
  readonly names: readonly string[];
  field(name: string): Field | undefined;
  /** Its own name for a field. */
  fieldName(name: string): string;
  /** The fields of records that a field of this stands for. */
  recordFields(name: string): Iterable<string>;
}

/**
 * Compiles correlations of rules that were compiled before.
 * @param rules all rules that were read, also those that do not apply
 * @throws UserError with every problem of the strict ones
 */
export function compileCorrelations(
  correlations: readonly Correlation[],
  rules: readonly Rule[],
  compiled: Pick<CompiledRules, 'rules'>,
): CompiledCorrelations {
  const references = indexReferences([...rules, ...correlations]);
  const { order, problems } = orderCorrelations(correlations, references);
  const sources = new Map(compiled.rules.map(rule => [rule.info.id, ruleSource(rule)]));
  const result: CompiledCorrelation[] = [];
  const inapplicable: LeftOut[] = [];
  const rejected: LeftOut[] = [];
  const errors: Problem[] = [];
  const heard = new Set<string>();
  const silent = new Set<string>();
  for (const correlation of order) {
    const circular = problems.get(correlation);
    const one = circular === undefined ? compileOne(correlation, references, sources) : failed([circular]);
    if (one.compiled === undefined) {
      if (correlation.strict) errors.push(...one.errors, ...one.inapplicable);
      else if (one.errors.length > 0) rejected.push(leftOut(correlation, one.errors));
      else inapplicable.push(leftOut(correlation, one.inapplicable));
      continue;
    }
    result.push(one.compiled);
    sources.set(correlation.id, correlationSource(one.compiled, sources));
    for (const { id } of one.compiled.members) (correlation.generate ? heard : silent).add(id);
  }
  if (errors.length > 0) throw new UserError(errors);
  for (const id of heard) silent.delete(id);
  return { correlations: result, silent, inapplicable, rejected };
}

interface OneResult {
  readonly compiled: CompiledCorrelation | undefined;
  readonly errors: readonly Problem[];
  readonly inapplicable: readonly Problem[];
}

function failed(errors: readonly Problem[], inapplicable: readonly Problem[] = []): OneResult {
  return { compiled: undefined, errors, inapplicable };
}

function compileOne(
  correlation: Correlation,
  references: References,
  sources: ReadonlyMap<string, Source>,
): OneResult {
  const { source } = correlation;
  const errors: Problem[] = [];
  const inapplicable: Problem[] = [];
  const members: { readonly rule: Located; readonly target: Target; readonly from: Source }[] = [];
  for (const rule of correlation.rules) {
    const target = references.find(rule, correlation);
    if (isProblem(target)) {
      errors.push(target);
      continue;
    }
    const from = sources.get(target.id);
    if (from !== undefined) members.push({ rule, target, from });
    else inapplicable.push(source.problem(rule.at, `the rule ${quote(rule.text)} does not apply here`));
  }
  const targets = new Set(members.map(member => member.target.id));
  if (targets.size < members.length)
    errors.push(source.problem(correlation.at, 'two names in rules mean the same rule'));
  if (errors.length + inapplicable.length > 0) return failed(errors, inapplicable);

  const missing = correlation.strict ? errors : inapplicable;
  const lacking = new Set<number>();
  /** The name in the records of one rule of a field or alias; a missing one is a problem. */
  const resolve = (name: Located, { rule, from }: (typeof members)[number]): string => {
    const alias = correlation.aliases.find(each => each.name.text === name.text);
    const meant = alias?.fields.find(each => each.rule.text === rule.text)?.field ?? name;
    const own = from.fieldName(meant.text);
    // One word for a field, though several rules lack it.
    if (from.field(own) === undefined && !lacking.has(meant.at)) {
      lacking.add(meant.at);
      const hint = didYouMean(meant.text, from.names) ?? 'an alias gives the field another name per rule';
      const message = `the records of ${quote(rule.text)} have no field ${quote(meant.text)}`;
      missing.push(source.problem(meant.at, message, { hint }));
    }
    return own;
  };
  const compiledMembers = members.map(member => ({
    id: member.target.id,
    groupBy: correlation.groupBy.map(name => resolve(name, member)),
    fields: correlation.fields.map(name => resolve(name, member)),
  }));
  if (missing.length > 0) {
    if (correlation.strict) checkMessage(correlation, members, errors);
    return failed(errors, inapplicable);
  }
  checkNumeric(correlation, compiledMembers, sources, errors);
  const streams = [...new Set(members.flatMap(member => member.from.streams))].sort();
  checkMessage(correlation, members, errors);
  if (errors.length > 0) return failed(errors);
  const indexes = new Map(correlation.rules.map((rule, index) => [rule.text, index]));
  const compiled: CompiledCorrelation = {
    info: {
      ...describe(correlation, streams.join(', ')),
      groupBy: correlation.groupBy.map(field => field.text),
    },
    type: correlation.type,
    members: compiledMembers,
    groupBy: correlation.groupBy.map(field => field.text),
    groupFields: correlation.groupBy.map(
      (_, i) =>
        new Set(
          compiledMembers.flatMap(({ id, groupBy }) => [...sources.get(id)!.recordFields(groupBy[i]!)]),
        ),
    ),
    timespan: correlation.timespan,
    thresholds: correlation.thresholds,
    condition: correlation.condition && presence(correlation.condition, indexes),
    percentile: correlation.percentile,
  };
  return { compiled, errors: [], inapplicable: [] };
}

function checkNumeric(
  { type, fields, source }: Correlation,
  members: readonly Member[],
  sources: ReadonlyMap<string, Source>,
  errors: Problem[],
): void {
  if (type === 'value_count') return;
  for (const [i, field] of fields.entries()) {
    for (const member of members) {
      const found = sources.get(member.id)?.field(member.fields[i]!);
      if (found === undefined || (familyOf(found.type) === 'number' && !found.type.startsWith('vector')))
        continue;
      const message = `${type} needs numbers: ${member.fields[i]} ${FAMILY_NAMES[familyOf(found.type)]}`;
      errors.push(source.problem(field.at, message));
    }
  }
}

/** Fields in the message and in `level-by` must be known whichever rule the record is of. */
function checkMessage(
  correlation: Correlation,
  members: readonly { readonly rule: Located; readonly from: Source }[],
  errors: Problem[],
): void {
  const { message, levelBy } = correlation.extension;
  const { source } = correlation;
  const check = (name: string, at: number): void => {
    if (correlation.groupBy.some(field => field.text === name)) return;
    const without = members.find(member => member.from.field(name) === undefined);
    if (without === undefined) return;
    const hint = 'a correlation may name its group-by, and fields that the records of all its rules have';
    const text = `the records of ${quote(without.rule.text)} have no field ${quote(name)}`;
    errors.push(source.problem(at, text, { hint }));
  };
  for (const { field } of levelBy) check(field.text, field.at);
  if (message === undefined) return;
  checkBraces(message, source, {
    field: check,
    wrong: (at, text, hint) => errors.push(source.problem(at, text, { hint })),
  });
}

function ruleSource({ stream, schema, fieldName }: CompiledRule): Source {
  return {
    streams: [stream],
    names: schema.names,
    field: name => (Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined),
    fieldName,
    recordFields: name => [name],
  };
}

function correlationSource(compiled: CompiledCorrelation, sources: ReadonlyMap<string, Source>): Source {
  const { groupBy, members, groupFields } = compiled;
  const own = members.map(member => sources.get(member.id)!);
  return {
    streams: [...new Set(own.flatMap(source => source.streams))],
    names: groupBy,
    fieldName: name => name,
    field(name) {
      const at = groupBy.indexOf(name);
      return at < 0 ? undefined : own[0]!.field(members[0]!.groupBy[at]!);
    },
    recordFields: name => groupFields[groupBy.indexOf(name)] ?? [],
  };
}

function presence(condition: Condition, indexes: ReadonlyMap<string, number>): Presence {
  switch (condition.kind) {
    case 'selection':
      return { kind: 'member', index: indexes.get(condition.name)! };
    case 'not':
      return { kind: 'not', part: presence(condition.part, indexes) };
    default:
      return { kind: condition.kind, parts: condition.parts.map(part => presence(part, indexes)) };
  }
}
