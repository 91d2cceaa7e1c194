/**
 * Where the command line meets the stages as far as rules are concerned: loaded and compiled for a site, checked, tested,
 * converted, begun. `engine.ts` is the same for captures. Each part is loaded when it is first needed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, UserError } from '../errors.ts';
import type { Inventory } from '../model/device.ts';
import type { RuleInfo } from '../model/finding.ts';
import { ENRICHED_STREAMS } from '../pipeline/streams.ts';
import type { LeftOut } from '../sigma/compile.ts';
import type { CompiledCorrelation } from '../sigma/compile-correlation.ts';
import type { CompiledFilter } from '../sigma/compile-filter.ts';
import type { Converted } from '../sigma/convert.ts';
import type { CompiledRule } from '../sigma/evaluate.ts';
import type { FieldMapping } from '../sigma/field-mapping.ts';
import type { RulePath } from '../sigma/load.ts';
import type { Target } from '../sigma/references.ts';
import type { RuleTestResult } from '../sigma/rule-test.ts';
import type { Override } from '../sigma/site-config.ts';
import type { RuleTemplate } from '../sigma/template.ts';
import { readInventory } from './engine.ts';
import { SHIPPED, SHIPPED_FOLDER } from './shipped.ts';

export type { RuleTestResult };

/** Rules ready to be applied, and what was left out of the packs they come from. */
export interface RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly correlations: readonly CompiledCorrelation[];
  /** Ids of rules and correlations that only serve correlations. */
  readonly silent: ReadonlySet<string>;
  readonly filters: readonly CompiledFilter[];
  /** Of rules, then of correlations. */
  readonly infos: readonly RuleInfo[];
  /** All of them as their authors wrote them, those that the site disabled included. */
  readonly written: readonly RuleInfo[];
  /** Compiled, as written, those that the site disabled included. */
  readonly all: {
    readonly rules: readonly CompiledRule[];
    readonly correlations: readonly CompiledCorrelation[];
  };
  /** What the site changed, by id. */
  readonly overrides: ReadonlyMap<string, Override>;
  /** Ids of those that only serve correlations. */
  readonly serving: ReadonlySet<string>;
  /** About a product, stream or field that is not here. */
  readonly inapplicable: readonly LeftOut[];
  /** Wrong in themselves. */
  readonly rejected: readonly LeftOut[];
  readonly warnings: readonly Problem[];
  /** Hash of the text of all rule files, whatever their names. */
  readonly sha256: string;
}

/**
 * Loads and compiles rules. No paths: the shipped ones.
 * @param config the site's `medtap.yml`
 * @throws UserError with every problem of all files
 */
export async function loadRuleSet(
  paths: readonly string[],
  inventory: Inventory,
  config?: string,
): Promise<RuleSet> {
  const [
    { distinct, inPlace, loadRules },
    { compileRules, fieldErrors },
    { compileCorrelations },
    { compileFilters },
    { allErrors },
    site,
    mapping,
    { RuleCache },
  ] = await Promise.all([
    import('../sigma/load.ts'),
    import('../sigma/compile.ts'),
    import('../sigma/compile-correlation.ts'),
    import('../sigma/compile-filter.ts'),
    import('../sigma/all-errors.ts'),
    import('../sigma/site-config.ts'),
    shippedMapping(),
    import('./rule-cache.ts'),
  ]);
  const read = config === undefined ? undefined : site.readSiteConfig(config);
  const changes = read?.config;
  let lists: ReturnType<typeof site.mergeLists>;
  const siteErrors = [...(read?.errors ?? [])];
  try {
    lists = site.mergeLists(inventory.file === undefined ? undefined : inventory.lists, changes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    siteErrors.push(...error.problems);
  }
  const options = { lists, timezone: inventory.timezone, mapping };
  let cache: InstanceType<typeof RuleCache> | undefined;
  const loaded = withErrors(
    () =>
      loadRules(
        rulePaths(paths),
        (uses, readable) => [
          ...fieldErrors(uses, ENRICHED_STREAMS, options),
          ...allErrors(readable, ENRICHED_STREAMS, options, changes),
        ],
        files => {
          cache = new RuleCache(process.env, files);
          return cache;
        },
      ),
    problems => [...problems, ...siteErrors],
  );
  cache?.save();
  const documents = [...loaded.rules, ...loaded.correlations];
  const stages = () => {
    const compiled = compileRules(loaded.rules, ENRICHED_STREAMS, options);
    const correlated = compileCorrelations(loaded.correlations, loaded.rules, compiled);
    const filtered = compileFilters(loaded.filters, { documents, rules: compiled.rules }, options);
    const applied = site.applyOverrides({ rules: compiled.rules, ...correlated }, documents, changes);
    if (siteErrors.length > 0) throw new UserError(siteErrors);
    return { compiled, correlated, filtered, applied };
  };
  const { compiled, correlated, filtered, applied } = withErrors(stages, problems => {
    const readable = {
      documents: [...documents, ...loaded.filters],
      broken: new Set<string>(),
      references: [],
    };
    const further = allErrors(readable, ENRICHED_STREAMS, options, changes);
    return inPlace(distinct([...problems, ...further, ...siteErrors]));
  });
  const left = [compiled, correlated, filtered];
  const all = [...compiled.rules, ...correlated.correlations].map(each => each.info);
  return {
    rules: applied.rules,
    correlations: applied.correlations,
    silent: applied.silent,
    filters: filtered.filters,
    infos: [...applied.rules, ...applied.correlations].map(each => each.info),
    written: all,
    all: { rules: compiled.rules, correlations: correlated.correlations },
    overrides: applied.overrides,
    serving: correlated.silent,
    inapplicable: left.flatMap(each => each.inapplicable),
    rejected: [...loaded.rejected, ...left.flatMap(each => each.rejected)],
    warnings: [
      ...loaded.warnings,
      ...compiled.warnings,
      ...filtered.warnings,
      ...applied.warnings,
      ...site.unusedLists(changes, [...loaded.rules, ...loaded.filters]),
    ],
    sha256: hashFiles(
      new Set([
        ...[...all, ...filtered.filters].map(each => each.file),
        ...(config === undefined ? [] : [config]),
      ]),
    ),
  };
}

/** What `make` returns; when it throws what the user did wrong, that with more of it. */
function withErrors<T>(make: () => T, more: (problems: readonly Problem[]) => readonly Problem[]): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof UserError ? new UserError(more(error.problems)) : error;
  }
}

/** How generic log sources and other people's field names reach our streams. */
async function shippedMapping(): Promise<FieldMapping> {
  const { readFieldMapping } = await import('../sigma/field-mapping.ts');
  const folder = join(SHIPPED_FOLDER, 'pipelines');
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.pipeline.yml'))
    .sort()
    .map(name => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
  return readFieldMapping(files, ENRICHED_STREAMS);
}

/**
 * What is right in form and yet cannot be meant, also of test files that belong to no rule. No paths: the shipped rules.
 * Of somebody else's rules only those are looked at that have a test file beside them.
 * @param context rules that those refer to
 * @throws UserError
 */
export async function lintRules(
  paths: readonly string[],
  context: readonly string[] = [],
): Promise<readonly Problem[]> {
  const [{ loadRules, orphanTests, ruleFiles, testFileOf }, { lintRule }, needs, mapping] = await Promise.all(
    [
      import('../sigma/load.ts'),
      import('../sigma/lint.ts'),
      import('../sigma/test-needs.ts'),
      shippedMapping(),
    ],
  );
  const own = rulePaths(paths);
  const further = context.length === 0 ? [] : rulePaths(context);
  const loaded = loadRules([...own, ...further.filter(({ path }) => !own.some(each => each.path === path))]);
  const files = new Set(own.flatMap(({ path }) => ruleFiles(path, [])));
  const suites = needs.readSuites(loaded, file => files.has(file), ENRICHED_STREAMS, mapping);
  const missing = needs.missingTests(suites, loaded);
  // Where a test file is wrong, `rules test` says so, and no more can be told.
  const unclear = new Set(suites.filter(each => each.problems.length > 0).map(each => each.subjects.file));
  const missingTests = (rule: Target): readonly string[] =>
    unclear.has(rule.source.file) ? [] : (missing.get(rule) ?? []);
  const problems = [...loaded.rules, ...loaded.correlations]
    .filter(rule => files.has(rule.source.file))
    .filter(rule => rule.strict || existsSync(testFileOf(rule.source.file)))
    .flatMap(rule => lintRule(rule, { schemas: ENRICHED_STREAMS, mapping, missingTests }));
  return [...problems, ...own.flatMap(({ path }) => orphanTests(path))];
}

/** A JSON Schema of rule documents, for editors, with the fields of every stream. */
export async function rulesSchema(): Promise<string> {
  const { rulesJsonSchema } = await import('../sigma/json-schema.ts');
  return `${JSON.stringify(rulesJsonSchema(ENRICHED_STREAMS, await shippedMapping()), null, 1)}\n`;
}

/**
 * Runs the tests beside rules. No paths: the shipped ones.
 * @param context rules that those refer to; their own tests are not run
 * @throws UserError
 */
export async function testRules(
  paths: readonly string[],
  context: readonly string[] = [],
): Promise<readonly RuleTestResult[]> {
  const { runRuleTests } = await import('../sigma/rule-test.ts');
  const { TestCaptures } = await import('../pipeline/test-captures.ts');
  const captures = new TestCaptures(readInventory);
  try {
    return await runRuleTests(rulePaths(paths), ENRICHED_STREAMS, {
      mapping: await shippedMapping(),
      context: context.length === 0 ? [] : rulePaths(context),
      capture: (files, inventory) => captures.records(files, inventory),
    });
  } finally {
    captures.close();
  }
}

/** The text of a new rule and of its test, and the name of the JSON Schema they point to. */
export async function newRule({
  stream,
  ...about
}: Omit<RuleTemplate, 'schema'> & { readonly stream: string }): Promise<{
  readonly rule: string;
  readonly test: string;
  readonly schemaFile: string;
}> {
  const { ruleTemplate, SCHEMA_FILE, testTemplate } = await import('../sigma/template.ts');
  const template = { ...about, schema: ENRICHED_STREAMS.get(stream)! };
  return { rule: ruleTemplate(template), test: testTemplate(template), schemaFile: SCHEMA_FILE };
}

/**
 * Converts rule files to another form.
 * @param paths where the rules are that filters name, besides the shipped ones
 */
export async function ruleConverter(
  to: 'sigma' | 'medtap',
  paths: readonly string[],
  newId: () => string,
): Promise<(file: string) => Converted> {
  const [{ convertFile }, { loadRules }, mapping] = await Promise.all([
    import('../sigma/convert.ts'),
    import('../sigma/load.ts'),
    shippedMapping(),
  ]);
  const { streamName } = await import('../sigma/field-mapping.ts');
  let streams: Map<string, string | undefined> | undefined;
  /** Files that are wrong tell nothing; they are reported when they are converted. */
  const readStreams = () => {
    const known = new Map<string, string | undefined>();
    for (const path of rulePaths([SHIPPED, ...paths]))
      try {
        for (const rule of loadRules([path]).rules)
          for (const name of [rule.name, rule.id]) known.set(name, streamName(rule, mapping));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    return known;
  };
  const streamOf = (rule: string) => {
    streams ??= readStreams();
    return streams.get(rule) ?? streams.get(rule.toLowerCase());
  };
  return file => convertFile(to, file, { schemas: ENRICHED_STREAMS, mapping, newId, streamOf });
}

/** Rule files at a path. @throws UserError */
export async function ruleFilesAt(path: string): Promise<readonly string[]> {
  const { ruleFiles } = await import('../sigma/load.ts');
  const problems: Problem[] = [];
  const files = ruleFiles(path === SHIPPED ? SHIPPED_FOLDER : path, problems);
  if (problems.length > 0) throw new UserError(problems);
  return files;
}

function rulePaths(paths: readonly string[]): readonly RulePath[] {
  const wanted = paths.length > 0 ? [...new Set(paths)] : [SHIPPED];
  return wanted.map(path =>
    path === SHIPPED ? { path: SHIPPED_FOLDER, foreign: false } : { path, foreign: true },
  );
}

function hashFiles(files: ReadonlySet<string>): string {
  const digests = [...files].map(file => createHash('sha256').update(readFileSync(file)).digest('hex'));
  return createHash('sha256').update(digests.sort().join('\n')).digest('hex');
}
