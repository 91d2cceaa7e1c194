/**
 * What else is wrong when something is: every stage ends a run with its own errors, and an author wants those of all stages at once.
 * Documents that are right so far go through the later stages; what depends on a broken one is not blamed for it.
 */
import { type Problem, UserError } from '../errors.ts';
import type { StreamSchema } from '../model/schema.ts';
import { type CompileOptions, compileRules } from './compile.ts';
import { compileCorrelations } from './compile-correlation.ts';
import { compileFilters } from './compile-filter.ts';
import type { CompiledRule } from './evaluate.ts';
import type { Readable } from './load.ts';
import { indexReferences, isProblem, referenceErrors, type Target } from './references.ts';
import type { Correlation, Filter, Rule } from './rule.ts';
import { applyOverrides, type SiteConfig } from './site-config.ts';
import { neededBy } from './test-needs.ts';

/** The errors of all later stages. */
export function allErrors(
  { documents, broken, references: named }: Readable,
  schemas: ReadonlyMap<string, StreamSchema>,
  options: CompileOptions,
  config: SiteConfig | undefined,
): readonly Problem[] {
  const rules = documents.filter((each): each is Rule => each.kind === 'rule');
  const correlations = documents.filter((each): each is Correlation => each.kind === 'correlation');
  const filters = documents.filter((each): each is Filter => each.kind === 'filter');
  const targets = [...rules, ...correlations];
  const errors: Problem[] = [...referenceErrors(targets, filters, broken)];

  const compiled: CompiledRule[] = [];
  for (const rule of rules)
    errors.push(...errorsOf(() => compiled.push(...compileRules([rule], schemas, options).rules)));

  const usable = new Set<Target>(rules.filter(rule => compiled.some(each => each.info.id === rule.id)));
  const references = indexReferences(targets);
  for (const { source, name } of named) {
    const found = isBroken(broken, name.text) ? undefined : references.find(name, { source });
    if (found !== undefined && isProblem(found)) errors.push(found);
  }
  const whole = correlations.filter(correlation => {
    const needed = neededBy(correlation, { rules, correlations });
    const members = needed.correlations.flatMap(each => each.rules.map(name => references.find(name, each)));
    return !members.some(isProblem) && needed.rules.every(rule => usable.has(rule));
  });
  errors.push(...errorsOf(() => compileCorrelations(whole, rules, { rules: compiled })));

  const bound = filters.flatMap(filter => {
    if (filter.rules === 'any') return [filter];
    const known = filter.rules.filter(name => {
      const found = references.find(name, filter);
      return !isProblem(found) && (found.kind === 'correlation' || usable.has(found));
    });
    return known.length === 0 ? [] : [{ ...filter, rules: known }];
  });
  errors.push(...errorsOf(() => compileFilters(bound, { documents: targets, rules: compiled }, options)));

  if (config !== undefined) {
    const overrides = config.overrides.filter(({ rule }) => !isBroken(broken, rule.text));
    const nothing = { rules: [], correlations: [], silent: new Set<string>() };
    errors.push(...errorsOf(() => applyOverrides(nothing, targets, { ...config, overrides })));
  }
  return errors;
}

function isBroken(broken: ReadonlySet<string>, name: string): boolean {
  return broken.has(name) || broken.has(name.toLowerCase());
}

/** What the user did wrong in a stage. */
function errorsOf(stage: () => unknown): readonly Problem[] {
  try {
    stage();
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
}
