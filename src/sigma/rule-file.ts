/**
 * The Sigma documents of one file, from its text. A strict file is all right or an error; of a foreign one, what is
 * right is kept and the rest is *rejected*, rule by rule.
 */
import type { Problem } from '../errors.ts';
import { type Located, ProblemList, type SourceText } from '../yaml/source.ts';
import { type ParsedYaml, parseYaml } from '../yaml/tree.ts';
import type { LeftOut } from './compile.ts';
import { isStrict, readDocument, slug } from './document.ts';
import type { FieldUses, RuleDocument } from './rule.ts';
import { resolveActions } from './rule-actions.ts';

/** A name by which one document means another. */
export interface Reference {
  readonly source: SourceText;
  readonly name: Located;
}

/** What one file holds. In a strict file, problems are errors; in a foreign one, each leaves one rule out. */
export interface RuleFile {
  readonly documents: readonly RuleDocument[];
  /** What could be read of strict rules with errors. */
  readonly broken: readonly FieldUses[];
  /** Names and ids of strict documents with errors. */
  readonly brokenNames: readonly string[];
  /** What those refer to. */
  readonly brokenReferences: readonly Reference[];
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly rejected: readonly LeftOut[];
}

/**
 * Parses the text of a rule file.
 * @param file name for messages
 * @param foreign somebody else's: strict only where it has the `medtap:` key
 */
export function parseRuleFile(file: string, text: string, foreign: boolean): RuleFile {
  const parsed = parseYaml(file, text);
  // In a file that is no YAML, the key at the start of a line is the best sign of whose it is.
  const strict = !foreign || parsed.documents.some(isStrict) || /^medtap[ \t]*:/m.test(text);
  const failed = parsed.problems.filter(problem => problem.severity !== 'warning');
  if (parsed.documents.length === 0 && failed.length === 0) {
    return brokenFile(file, [{ file, message: 'the file holds no rule' }], strict);
  }
  return failed.length > 0 ? brokenFile(file, failed, strict) : readDocuments(parsed, strict);
}

/** A file of which nothing can be used. */
export function brokenFile(file: string, problems: readonly Problem[], strict: boolean): RuleFile {
  const rejected = strict ? [] : [{ file, title: '', id: '', reasons: problems }];
  return {
    documents: [],
    broken: [],
    brokenNames: [],
    brokenReferences: [],
    errors: strict ? problems : [],
    warnings: [],
    rejected,
  };
}

function readDocuments(parsed: ParsedYaml, strict: boolean): RuleFile {
  const { source, problems } = parsed;
  const collection = strict ? undefined : resolveActions(parsed.documents);
  const nodes = collection?.documents ?? parsed.documents;
  const documents: RuleDocument[] = [];
  const rejected: LeftOut[] = [];
  const warnings = [...problems];
  const errors = new ProblemList();
  const broken: FieldUses[] = [];
  const brokenNames: string[] = [];
  const brokenReferences: Reference[] = [];
  for (const { at, message, hint } of collection?.problems ?? [])
    rejected.push({ file: source.file, title: '', id: '', reasons: [source.problem(at, message, { hint })] });
  for (const node of nodes) {
    const reader = { source, problems: new ProblemList() };
    const document = readDocument(reader, node, strict, uses => {
      if (strict) broken.push(uses);
    });
    if (document !== undefined) documents.push(document);
    const failed = reader.problems.list.filter(problem => problem.severity !== 'warning');
    // A warning about a rule that is left out would be noise.
    if (failed.length === 0) warnings.push(...reader.problems.list);
    else if (strict) {
      for (const problem of failed) errors.add(problem);
      brokenNames.push(...namesOf(node));
      brokenReferences.push(...referencesOf(node).map(name => ({ source, name })));
    } else rejected.push({ file: source.file, ...titleAndId(node), reasons: failed });
  }
  return { documents, broken, brokenNames, brokenReferences, errors: errors.list, warnings, rejected };
}

type Document = ParsedYaml['documents'][number];

function textAt(node: Document, key: string): string {
  const value = node.kind === 'map' ? node.entries.get(key)?.value : undefined;
  return value?.kind === 'scalar' ? value.text : '';
}

function titleAndId(node: Document): { title: string; id: string } {
  return { title: textAt(node, 'title'), id: textAt(node, 'id') };
}

/** Names under `rules` of a correlation or filter. */
function referencesOf(node: Document): readonly Located[] {
  if (node.kind !== 'map') return [];
  const body = (node.entries.get('correlation') ?? node.entries.get('filter'))?.value;
  const rules = body?.kind === 'map' ? body.entries.get('rules')?.value : undefined;
  return (rules?.kind === 'list' ? rules.items : [rules]).flatMap(each =>
    each?.kind === 'scalar' && each.value !== null && each.text !== 'any'
      ? [{ text: each.text, at: each.at }]
      : [],
  );
}

/** By what others may refer to it. */
function namesOf(node: Document): readonly string[] {
  return [textAt(node, 'name') || slug(textAt(node, 'title')), textAt(node, 'id').toLowerCase()];
}
