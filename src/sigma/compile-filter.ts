/**
 * Filters bound to the rules whose matches they suppress. A filter that names a rule must fit its stream; one for `any`
 * applies to the rules of its `logsource`, or without one to those whose records have its fields.
 */
import { type Problem, UserError } from '../errors.ts';
import type { StreamSchema } from '../model/schema.ts';
import { zoneOffset } from '../model/time-zone.ts';
import { quote } from '../yaml/source.ts';
import { type CompileOptions, compileSelections, type LeftOut, leftOut } from './compile.ts';
import type { CompiledRule, Node } from './evaluate.ts';
import { NO_MAPPING, streamName } from './field-mapping.ts';
import { indexReferences, isProblem, type References, type Target } from './references.ts';
import type { Filter } from './rule.ts';

/** A filter that applies to at least one rule. */
export interface CompiledFilter {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly file: string;
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  /** The last day on which it holds, as written. */
  readonly expires: string | undefined;
  /** Seconds since 1970 from which it no longer holds: the end of that day on the site's clock. */
  readonly until: number;
  /** By id of the rule: what is suppressed of its matches. */
  readonly suppressed: ReadonlyMap<string, Node>;
}

/** The filters that apply here, and what became of the others. */
export interface CompiledFilters {
  readonly filters: readonly CompiledFilter[];
  readonly inapplicable: readonly LeftOut[];
  readonly rejected: readonly LeftOut[];
  readonly warnings: readonly Problem[];
}

/** What filters are bound to. */
export interface FilterTargets {
  /** All rules and correlations that were read, also those that do not apply. */
  readonly documents: readonly Target[];
  readonly rules: readonly CompiledRule[];
}

/**
 * Compiles filters for rules that were compiled before.
 * @throws UserError with every problem of the strict ones
 */
export function compileFilters(
  filters: readonly Filter[],
  { documents, rules }: FilterTargets,
  options: CompileOptions,
): CompiledFilters {
  const references = indexReferences(documents);
  const byId = new Map(rules.map(rule => [rule.info.id, rule]));
  const result: CompiledFilter[] = [];
  const inapplicable: LeftOut[] = [];
  const rejected: LeftOut[] = [];
  const warnings: Problem[] = [];
  const errors: Problem[] = [];
  for (const filter of filters) {
    const one =
      filter.rules === 'any' ? bindAny(filter, rules, options) : bindNamed(filter, references, byId, options);
    if (one.errors.length > 0) {
      if (filter.strict) errors.push(...one.errors);
      else rejected.push(leftOut(filter, one.errors));
    } else if (one.suppressed.size === 0) {
      const message = 'no rule that applies here is one that this filter is about';
      inapplicable.push(leftOut(filter, [...one.missing, filter.source.problem(filter.at, message)]));
    } else {
      warnings.push(...one.warnings);
      result.push(compiledFilter(filter, one.suppressed, options.timezone ?? 'UTC'));
    }
  }
  if (errors.length > 0) throw new UserError(errors);
  return { filters: result, inapplicable, rejected, warnings };
}

interface Bound {
  readonly suppressed: Map<string, Node>;
  readonly errors: Problem[];
  readonly warnings: Problem[];
  /** Why it does not apply to some of its rules. */
  readonly missing: Problem[];
}

function bindNamed(
  filter: Filter,
  references: References,
  byId: ReadonlyMap<string, CompiledRule>,
  options: CompileOptions,
): Bound {
  const bound: Bound = { suppressed: new Map(), errors: [], warnings: [], missing: [] };
  for (const name of filter.rules === 'any' ? [] : filter.rules) {
    const target = references.find(name, filter);
    if (isProblem(target)) {
      bound.errors.push(target);
      continue;
    }
    if (target.kind === 'correlation') {
      const message = `${quote(name.text)} is a correlation`;
      bound.errors.push(filter.source.problem(name.at, message, { hint: 'filter the rules it refers to' }));
      continue;
    }
    const rule = byId.get(target.id);
    if (rule === undefined) {
      bound.missing.push(filter.source.problem(name.at, `the rule ${quote(name.text)} does not apply here`));
      continue;
    }
    const stream = streamOf(filter, options);
    if (stream !== undefined && stream !== rule.stream) {
      const message = `the rule ${quote(name.text)} reads ${rule.stream}, not ${quote(stream)}`;
      bound.errors.push(filter.source.problem(filter.logsource!.at, message));
      continue;
    }
    const { node, errors, inapplicable, warnings } = bindTo(filter, rule.schema, options);
    bound.errors.push(...errors, ...inapplicable);
    bound.warnings.push(...warnings);
    if (node !== undefined) bound.suppressed.set(target.id, node);
  }
  return bound;
}

function streamOf({ logsource }: Filter, { mapping }: CompileOptions): string | undefined {
  return logsource && streamName({ logsource }, mapping ?? NO_MAPPING);
}

/** Streams without its fields are none of its business. */
function bindAny(filter: Filter, rules: readonly CompiledRule[], options: CompileOptions): Bound {
  const bound: Bound = { suppressed: new Map(), errors: [], warnings: [], missing: [] };
  const byStream = new Map<string, Node | undefined>();
  const wanted = streamOf(filter, options);
  for (const { stream, schema, info } of rules) {
    if (wanted !== undefined && stream !== wanted) continue;
    if (!byStream.has(stream)) {
      const { node, errors, inapplicable, warnings } = bindTo({ ...filter, strict: false }, schema, options);
      byStream.set(stream, node);
      bound.errors.push(...errors);
      bound.missing.push(...inapplicable);
      if (node !== undefined) bound.warnings.push(...warnings);
    }
    const node = byStream.get(stream);
    if (node !== undefined) bound.suppressed.set(info.id, node);
  }
  return bound;
}

function bindTo(
  filter: Pick<Filter, 'source' | 'strict' | 'selections' | 'condition' | 'remaining'>,
  schema: StreamSchema,
  options: CompileOptions,
) {
  const bound = compileSelections(filter, schema, options);
  const node = bound.condition;
  return {
    ...bound,
    node: node !== undefined && filter.remaining ? ({ kind: 'not', part: node } as const) : node,
  };
}

function compiledFilter(
  filter: Filter,
  suppressed: ReadonlyMap<string, Node>,
  timezone: string,
): CompiledFilter {
  const { id, name, title, source, reason, owner, expires } = filter;
  const until = expires === undefined ? Number.POSITIVE_INFINITY : endOfDay(expires, timezone);
  return { id, name, title, file: source.file, reason, owner, expires, until, suppressed };
}

function endOfDay(day: string, timezone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000 + 86_400;
  const offset = zoneOffset(timezone) ?? (() => 0);
  // The offset at that midnight, from a first guess that is at most a day off.
  return midnight - offset(midnight - offset(midnight));
}
