/**
 * `medtap.yml`: what a site changes about rules without touching them. Each change is structured and named by rule;
 * nothing is appended to a condition, and the order of files does not matter.
 *
 *     rules:
 *       legacy-tls: {level: low, reason: analysers of 2014 until they are replaced}
 *       telnet-to-device: {disabled: true, reason: lab segment}
 *     lists:
 *       approved_cloud: [vendor.example]
 *
 * A level takes the place of the rule's own and of its `level-by`. A disabled rule reports nothing; correlations still
 * see its matches. Exceptions for single hosts are filters (`filter-document.ts`).
 */
import { type Problem, UserError } from '../errors.ts';
import { LEVELS, type Level, type RuleInfo } from '../model/finding.ts';
import { readTextFile } from '../yaml/files.ts';
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
} from '../yaml/reader.ts';
import { type Located, ProblemList, quote, type SourceText } from '../yaml/source.ts';
import { type MapNode, parseYaml } from '../yaml/tree.ts';
import type { CompiledCorrelation } from './compile-correlation.ts';
import type { CompiledRule } from './evaluate.ts';
import { type Lists, placeholdersIn } from './expand.ts';
import { indexReferences, isProblem, type Target } from './references.ts';
import type { Rule, SelectionBody } from './rule.ts';

const KEYS = ['rules', 'lists'];
const OVERRIDE_KEYS = ['level', 'disabled', 'reason'];
const LIST_NAME = /^[A-Za-z0-9_.-]+$/;

/** What the file says about one rule. */
export interface Override {
  /** Name or id, as written. */
  readonly rule: Located;
  readonly level: Level | undefined;
  readonly disabled: boolean;
  readonly reason: string | undefined;
}

/** The file as read. */
export interface SiteConfig {
  readonly source: SourceText;
  readonly overrides: readonly Override[];
  readonly warnings: readonly Problem[];
  readonly lists: ReadonlyMap<string, { readonly at: number; readonly values: readonly string[] }>;
}

/** A file as far as it could be read, and every error of it. */
export interface ReadSiteConfig {
  readonly config: SiteConfig | undefined;
  readonly errors: readonly Problem[];
}

/** Reads a file. */
export function readSiteConfig(file: string): ReadSiteConfig {
  const text = readTextFile(file);
  return typeof text === 'string' ? readConfig(file, text) : { config: undefined, errors: [text] };
}

/** Parses the text of a file. @throws UserError with every error of it */
export function parseSiteConfig(file: string, text: string): SiteConfig {
  const { config, errors } = readConfig(file, text);
  if (config === undefined || errors.length > 0) throw new UserError(errors);
  return config;
}

function readConfig(file: string, text: string): ReadSiteConfig {
  const { source, documents, problems } = parseYaml(file, text);
  const reader: Reader = { source, problems: new ProblemList() };
  for (const problem of problems) reader.problems.add(problem);
  if (documents.length > 1) complain(reader, documents[1]!.at, 'the file is one document');
  const [document] = documents;
  const map = document && asMap(reader, document, 'the configuration');
  const config = map && readMaps(reader, map);
  const errors = reader.problems.list.filter(problem => problem.severity !== 'warning');
  const warnings = reader.problems.list.filter(problem => problem.severity === 'warning');
  const { overrides = [], lists = new Map() } = config ?? {};
  return { config: { source, overrides, lists, warnings }, errors };
}

function readMaps(reader: Reader, map: MapNode): Omit<SiteConfig, 'source' | 'warnings'> {
  checkKeys(reader, map, KEYS, 'the configuration');
  const rules = readMap(reader, map, 'rules');
  const overrides = [...(rules?.entries.values() ?? [])].flatMap(({ key, keyAt, value }) => {
    const body = asMap(reader, value, `the entry of ${quote(key)}`);
    return body === undefined ? [] : [readOverride(reader, { text: key, at: keyAt }, body)];
  });
  const lists = readMap(reader, map, 'lists');
  const named = [...(lists?.entries.values() ?? [])].map(({ key, keyAt }) => {
    if (!LIST_NAME.test(key))
      complain(reader, keyAt, `${quote(key)} cannot be the name of a list`, 'letters, digits, _ . and -');
    return [key, { at: keyAt, values: readTexts(reader, lists!, key).map(entry => entry.text) }] as const;
  });
  return { overrides, lists: new Map(named) };
}

function readOverride(reader: Reader, rule: Located, body: MapNode): Override {
  checkKeys(reader, body, OVERRIDE_KEYS, `the entry of ${quote(rule.text)}`);
  const level = readChoice(reader, body, 'level', LEVELS);
  const disabled = body.entries.get('disabled')?.value;
  if (disabled !== undefined && !(disabled.kind === 'scalar' && typeof disabled.value === 'boolean'))
    complain(reader, disabled.at, 'disabled is true or false');
  const isOff = disabled?.kind === 'scalar' && disabled.value === false;
  if (!body.entries.has('level') && (disabled === undefined || isOff)) {
    const hint = 'give it a level, or disabled: true';
    reader.problems.add(reader.source.problem(rule.at, 'the entry changes nothing', { warning: true, hint }));
  }
  return {
    rule,
    level,
    disabled: disabled?.kind === 'scalar' && disabled.value === true,
    reason: readText(reader, body, 'reason')?.text.trim(),
  };
}

/** The lists of inventory and configuration. @throws UserError when both have one of the same name */
export function mergeLists(inventory: Lists | undefined, config: SiteConfig | undefined): Lists | undefined {
  if (config === undefined || config.lists.size === 0) return inventory;
  const problems = [...config.lists].flatMap(([name, { at }]) =>
    inventory?.has(name)
      ? [
          config.source.problem(at, `the inventory has a list ${quote(name)} too`, {
            hint: 'keep one of them',
          }),
        ]
      : [],
  );
  if (problems.length > 0) throw new UserError(problems);
  return new Map([
    ...(inventory ?? []),
    ...[...config.lists].map(([name, { values }]) => [name, values] as const),
  ]);
}

/** Rules and correlations of a run. */
interface Applied {
  readonly rules: readonly CompiledRule[];
  readonly correlations: readonly CompiledCorrelation[];
  /** Ids of those that report nothing themselves. */
  readonly silent: ReadonlySet<string>;
}

/** The same, changed, and what was changed. */
export interface Overridden extends Applied {
  /** By id. */
  readonly overrides: ReadonlyMap<string, Override>;
  readonly warnings: readonly Problem[];
}

/**
 * Applies the configuration to compiled rules.
 * @param documents all rules and correlations that were read
 * @throws UserError with every name that no rule has
 */
export function applyOverrides(
  { rules, correlations, silent }: Applied,
  documents: readonly Target[],
  config: SiteConfig | undefined,
): Overridden {
  const { overrides, warnings } = resolve(documents, config);
  const change = (info: RuleInfo): RuleInfo => {
    const level = overrides.get(info.id)?.level;
    return level === undefined ? info : { ...info, level, levelBy: new Map() };
  };
  const disabled = [...overrides].filter(([, override]) => override.disabled).map(([id]) => id);
  const needed = new Set(correlations.flatMap(correlation => correlation.members.map(member => member.id)));
  const stays = ({ info }: { readonly info: RuleInfo }): boolean =>
    needed.has(info.id) || overrides.get(info.id)?.disabled !== true;
  return {
    rules: rules.filter(stays).map(rule => ({ ...rule, info: change(rule.info) })),
    correlations: correlations.filter(stays).map(each => ({ ...each, info: change(each.info) })),
    silent: new Set([...silent, ...disabled]),
    overrides,
    warnings,
  };
}

function resolve(
  documents: readonly Target[],
  config: SiteConfig | undefined,
): Pick<Overridden, 'overrides' | 'warnings'> {
  const overrides = new Map<string, Override>();
  const warnings: Problem[] = [...(config?.warnings ?? [])];
  if (config === undefined) return { overrides, warnings };
  const errors: Problem[] = [];
  const references = indexReferences(documents);
  for (const override of config.overrides) {
    const { rule, level, disabled } = override;
    const found = references.find(rule, config);
    if (isProblem(found)) {
      errors.push(found);
      continue;
    }
    const warn = (message: string) =>
      warnings.push(config.source.problem(rule.at, message, { warning: true }));
    if (overrides.has(found.id))
      errors.push(config.source.problem(rule.at, `a second entry for ${found.name}`));
    if (disabled && level !== undefined)
      warn(`the level of ${quote(rule.text)} does not matter: it is disabled`);
    else if (!disabled && level === found.level && found.extension.levelBy.length === 0)
      warn(`the entry changes nothing: ${quote(rule.text)} is ${level} anyway`);
    overrides.set(found.id, override);
  }
  if (errors.length > 0) throw new UserError(errors);
  return { overrides, warnings };
}

/** Warnings about lists of the configuration that no rule and no filter names. */
export function unusedLists(
  config: SiteConfig | undefined,
  documents: readonly Pick<Rule, 'selections'>[],
): readonly Problem[] {
  if (config === undefined || config.lists.size === 0) return [];
  const used = new Set(
    documents.flatMap(({ selections }) => selections.flatMap(({ body }) => listsIn(body))),
  );
  return [...config.lists].flatMap(([name, { at }]) => {
    if (used.has(name)) return [];
    const hint = didYouMean(name, used) ?? 'a rule names a list so: field|expand: "%name%"';
    return [config.source.problem(at, `no rule uses the list ${quote(name)}`, { warning: true, hint })];
  });
}

function listsIn(body: SelectionBody): readonly string[] {
  if (body.kind !== 'item') return body.parts.flatMap(listsIn);
  return body.modifiers.expand ? body.values.flatMap(({ text }) => placeholdersIn(text)) : [];
}
