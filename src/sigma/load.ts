/**
 * Rule files and folders: which files are rules, and what each holds.
 *
 * Files end in `.yml` or `.yaml`; `<name>.test.yml` are tests (`rule-test.ts`), `<name>.pipeline.yml` field mappings,
 * `<name>.signatures.yml` payload signatures; hidden entries and symbolic links to
 * folders are passed over. A pack is *foreign* when it comes from somebody else: a file of it that has the `medtap:`
 * key is held to the letter nevertheless, all others are read rule by rule.
 */
import { type Problem, UserError } from '../errors.ts';
import { filesAt, isFile, readTextFile } from '../yaml/files.ts';
import { sourceText } from '../yaml/source.ts';
import type { LeftOut } from './compile.ts';
import type { Correlation, FieldUses, Filter, Rule, RuleDocument } from './rule.ts';
import { brokenFile, parseRuleFile, type Reference, type RuleFile } from './rule-file.ts';

/** Where rules come from. */
export interface RulePath {
  /** A file or a folder. */
  readonly path: string;
  readonly foreign: boolean;
}

/** The documents of all files. Foreign ones that were wrong are in `rejected`. */
export interface LoadedRules {
  /** In order of file, then of document. */
  readonly rules: readonly Rule[];
  readonly correlations: readonly Correlation[];
  readonly filters: readonly Filter[];
  readonly rejected: readonly LeftOut[];
  readonly warnings: readonly Problem[];
}

/** What was read before something was found to be wrong. */
export interface Readable {
  readonly documents: readonly RuleDocument[];
  /** Names and ids of documents that are wrong in form: they exist, though nothing can be said of them. */
  readonly broken: ReadonlySet<string>;
  /** What those refer to. */
  readonly references: readonly Reference[];
}

/** Documents of files that were read before. They are given without the text they came from. */
export interface ParsedRules {
  get(text: string, foreign: boolean): readonly Omit<RuleDocument, 'source'>[] | undefined;
  put(text: string, foreign: boolean, documents: readonly RuleDocument[]): void;
}

/**
 * Loads rules. Identifiers must be unique over all paths.
 * @param furtherErrors finds what else is wrong with fields of strict rules and with documents that could be read; asked
 *   when there are errors, so that all of them are reported at once
 * @param parsedBefore given the number of files, what is known of them
 * @throws UserError with every problem of all strict files, and of paths that cannot be read
 */
export function loadRules(
  paths: readonly RulePath[],
  furtherErrors?: (uses: readonly FieldUses[], readable: Readable) => readonly Problem[],
  parsedBefore?: (files: number) => ParsedRules,
): LoadedRules {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const rejected: LeftOut[] = [];
  const documents: RuleDocument[] = [];
  const broken: FieldUses[] = [];
  const brokenNames = new Set<string>();
  const brokenReferences: Reference[] = [];
  const found = paths.map(({ path, foreign }) => ({ files: ruleFiles(path, errors), foreign }));
  const known = parsedBefore?.(found.reduce((sum, { files }) => sum + files.length, 0));
  for (const { files, foreign } of found) {
    for (const file of files) {
      const read = readRuleFile(file, foreign, known);
      errors.push(...read.errors);
      warnings.push(...read.warnings);
      rejected.push(...read.rejected);
      documents.push(...read.documents);
      broken.push(...read.broken);
      brokenReferences.push(...read.brokenReferences);
      for (const name of read.brokenNames) brokenNames.add(name);
    }
  }
  const unique = withoutDuplicates(documents, errors, rejected);
  const rules = unique.filter(document => document.kind === 'rule');
  if (errors.length > 0) {
    const uses = [...broken, ...rules.filter(rule => rule.strict)];
    const further =
      furtherErrors?.(uses, { documents: unique, broken: brokenNames, references: brokenReferences }) ?? [];
    throw new UserError(inPlace(distinct([...errors, ...further])));
  }
  const correlations = unique.filter(document => document.kind === 'correlation');
  const filters = unique.filter(document => document.kind === 'filter');
  return { rules, correlations, filters, rejected, warnings };
}

/** Each problem once: stages repeat one another. */
export function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ file, line, column, message }) => {
    const key = JSON.stringify([file, line, column, message]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Problems in the order of file and place. */
export function inPlace(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(problem => problem.file))];
  const place = ({ file, line = 0, column = 0 }: Problem) => [files.indexOf(file), line, column] as const;
  return [...problems].sort((a, b) => {
    const [one, other] = [place(a), place(b)];
    return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
  });
}

/** A second document with the id of an earlier one is an error, or, in a foreign pack, left out. */
function withoutDuplicates(
  documents: readonly RuleDocument[],
  errors: Problem[],
  rejected: LeftOut[],
): RuleDocument[] {
  const seen = new Map<string, RuleDocument>();
  return documents.filter(document => {
    const { source, at, id, title } = document;
    const keys = document.strict ? [`id ${id}`, `name ${document.name}`] : [`id ${id}`];
    const taken = keys.find(key => seen.has(key));
    if (taken === undefined) {
      for (const key of keys) seen.set(key, document);
      return true;
    }
    const first = seen.get(taken)!;
    const message = `the ${taken} is taken by ${first.source.file}:${first.source.line(first.at)}`;
    const problem = source.problem(at, message);
    if (document.strict) errors.push(problem);
    else rejected.push({ file: source.file, title, id, reasons: [problem] });
    return false;
  });
}

function readRuleFile(file: string, foreign: boolean, known: ParsedRules | undefined): RuleFile {
  const text = readTextFile(file);
  if (typeof text !== 'string') return brokenFile(file, [text], !foreign);
  const before = known?.get(text, foreign);
  if (before !== undefined) {
    const source = sourceText(file, text);
    const documents = before.map(document => ({ ...document, source }) as RuleDocument);
    return {
      documents,
      errors: [],
      warnings: [],
      rejected: [],
      broken: [],
      brokenNames: [],
      brokenReferences: [],
    };
  }
  const read = parseRuleFile(file, text, foreign);
  if (read.errors.length + read.warnings.length + read.rejected.length === 0)
    known?.put(text, foreign, read.documents);
  return read;
}

/** Rule files at a path, sorted by name, folders in depth. Problems are added to `errors`. */
export function ruleFiles(path: string, errors: Problem[]): readonly string[] {
  return filesAt(path, isRuleFile, 'rule files', errors);
}

const TEST_FILE = /\.test\.(ya?ml)$/;

function isRuleFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.(?:test|pipeline|signatures)\.ya?ml$/.test(name);
}

/** Warnings about test files with no rule file beside them: they would never run. */
export function orphanTests(path: string): readonly Problem[] {
  const tests = filesAt(path, name => TEST_FILE.test(name), 'test files', []).filter(file =>
    TEST_FILE.test(file),
  );
  return tests.flatMap(file => {
    const rules = file.replace(TEST_FILE, '.$1');
    if (isFile(rules)) return [];
    const message = `tests of no rule: there is no ${rules}`;
    return [{ file, message, severity: 'warning' as const }];
  });
}

/** The test file beside a rule file: `<name>.test.yml`. */
export function testFileOf(ruleFile: string): string {
  return ruleFile.replace(/(\.ya?ml)$/, '.test$1');
}
