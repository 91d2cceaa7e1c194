/**
 * Which rules lack tests, and which: the same for `rules test`, which fails for it, and `rules check`, which warns of it. A rule needs
 * a test in which it must fire and one in which it must not; known gaps count as neither. A rule that only serves correlations
 * needs none of its own when a correlation with tests is built on it: those run it.
 */
import type { Problem } from '../errors.ts';
import type { StreamSchema } from '../model/schema.ts';
import type { FieldMapping } from './field-mapping.ts';
import { type LoadedRules, testFileOf } from './load.ts';
import { indexReferences, isProblem, type Target } from './references.ts';
import type { Filter } from './rule.ts';
import { type RuleTest, readTests, type Subjects } from './rule-test-file.ts';
import { isExpected } from './test-expected.ts';

/** A rule or correlation with all that it refers to. */
export type Needed = Pick<LoadedRules, 'rules' | 'correlations'>;

/** The tests beside one rule file. */
export interface Suite {
  readonly subjects: Subjects;
  readonly tests: readonly RuleTest[];
  /** What is wrong with the test file; then some of its tests may be missing here. */
  readonly problems: readonly Problem[];
}

/** The tests beside the files that `isTested`. */
export function readSuites(
  loaded: LoadedRules,
  isTested: (file: string) => boolean,
  schemas: ReadonlyMap<string, StreamSchema>,
  mapping: FieldMapping,
): readonly Suite[] {
  const targets = [...loaded.rules, ...loaded.correlations];
  return subjectsOf(targets, loaded.filters)
    .filter(({ file }) => isTested(file))
    .map(subjects => {
      const problems: Problem[] = [];
      const context = { targets, filters: loaded.filters, schemas, mapping };
      return { subjects, tests: readTests(subjects, context, problems), problems };
    });
}

function subjectsOf(targets: readonly Target[], filters: readonly Filter[]): readonly Subjects[] {
  const byFile = new Map<string, { readonly rules: Target[]; readonly filters: Filter[] }>();
  const of = (file: string) => {
    const known = byFile.get(file);
    if (known !== undefined) return known;
    const fresh = { rules: [], filters: [] };
    byFile.set(file, fresh);
    return fresh;
  };
  for (const target of targets) of(target.source.file).rules.push(target);
  for (const filter of filters) of(filter.source.file).filters.push(filter);
  return [...byFile].map(([file, subjects]) => ({ file, ...subjects }));
}

/** What is missing of the tests of each rule that does not have those it needs. */
export function missingTests(
  suites: readonly Suite[],
  loaded: Needed,
): ReadonlyMap<Target, readonly string[]> {
  const exercised = exercisedThroughCorrelations(suites, loaded);
  const missing = new Map<Target, readonly string[]>();
  for (const { subjects, tests } of suites)
    for (const rule of subjects.rules) {
      if (exercised.has(rule)) continue;
      const whys = missingOf(
        tests.filter(test => test.rule === rule),
        subjects.file,
      );
      if (whys.length > 0) missing.set(rule, whys);
    }
  return missing;
}

function missingOf(tests: readonly RuleTest[], file: string): readonly string[] {
  if (tests.length === 0) return [`no tests in ${testFileOf(file)}`];
  const kept = tests.filter(test => test.todo === undefined);
  const fires = kept.some(({ match }) => !isExpected(match, 0));
  const holdsBack = kept.some(({ match }) => isExpected(match, 0) && !isExpected(match, 1));
  return [
    ...(fires ? [] : ['no test in which it must fire']),
    ...(holdsBack ? [] : ['no test in which it must not fire']),
  ];
}

/** Rules that report nothing themselves, of correlations with tests. */
function exercisedThroughCorrelations(suites: readonly Suite[], loaded: Needed): ReadonlySet<Target> {
  const references = indexReferences([...loaded.rules, ...loaded.correlations]);
  const heard = new Set(
    loaded.correlations
      .filter(({ generate }) => generate)
      .flatMap(each => each.rules.map(name => references.find(name, each))),
  );
  const tested = new Set(suites.flatMap(({ tests }) => tests.map(test => test.rule)));
  const exercised = new Set<Target>();
  for (const target of tested) {
    if (target.kind !== 'correlation') continue;
    const needed = neededBy(target, loaded);
    for (const each of [...needed.rules, ...needed.correlations])
      if (each !== target && !heard.has(each)) exercised.add(each);
  }
  return exercised;
}

/** What must be compiled to run one rule or correlation. */
export function neededBy(target: Target, loaded: Needed): Needed {
  const references = indexReferences([...loaded.rules, ...loaded.correlations]);
  const needed = new Set<Target>([target]);
  for (const each of needed) {
    if (each.kind !== 'correlation') continue;
    for (const name of each.rules) {
      const found = references.find(name, each);
      if (!isProblem(found)) needed.add(found);
    }
  }
  return {
    rules: loaded.rules.filter(rule => needed.has(rule)),
    correlations: loaded.correlations.filter(correlation => needed.has(correlation)),
  };
}
