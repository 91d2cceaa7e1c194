/**
 * Rules and records for tests of the Sigma engine: a small stream with one field of every type, rules written as their
 * detection only, and what of a list of records they match.
 */
import { formatProblem, type Problem, UserError } from '../../src/errors.ts';
import type { Batch } from '../../src/model/batch.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { f, type StreamSchema, stream, type Value } from '../../src/model/schema.ts';
import { type CompiledRules, type CompileOptions, compileRules } from '../../src/sigma/compile.ts';
import { type CompiledRule, evaluate } from '../../src/sigma/evaluate.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';

/** One field of every type. */
export const SAMPLE = stream('sample', 'Every type of field.', {
  ts: f.time('Time.'),
  'id.orig_h': f.addr('Address.'),
  text: f.string('Text.'),
  other: f.string('More text.'),
  kind: f.enum('Enumeration.'),
  number: f.count('Count.'),
  double: f.double('Fraction.'),
  flag: f.bool('Bool.'),
  set: f.stringSet('Set of texts.'),
  list: f.strings('List of texts.'),
  gaps: f.intervals('List of numbers.'),
  user: f.token('Token.', 'secret'),
  users: f.tokens('Tokens.', 'phi'),
  orig_scope: f.enum('Closed set of values.'),
  resp_domain: f.string('Domain name.'),
});

export const SCHEMAS: ReadonlyMap<string, StreamSchema> = new Map([[SAMPLE.name, SAMPLE]]);

export type SampleRecord = Readonly<Record<string, Value>>;

/** A whole rule document around a detection given as YAML lines. */
export function ruleText(detection: string, extra = ''): string {
  const indented = detection.trim().replace(/^/gm, '  ');
  return [
    'title: Sample',
    'id: 6f1d6a5e-4c5b-4c56-9d3f-0c5f8f0e6a11',
    'name: sample',
    'status: stable',
    'level: high',
    'logsource: {product: zeek, service: sample}',
    'detection:',
    indented,
    extra.trim() === '' ? 'medtap: {}' : extra.trim(),
    '',
  ].join('\n');
}

/** The rules of a text, which must have no errors. */
export function parseRules(text: string, foreign = false): readonly Rule[] {
  const file = parseRuleFile('rule.yml', text, foreign);
  if (file.errors.length > 0) throw new UserError(file.errors);
  return file.documents.filter(document => document.kind === 'rule');
}

export function compileText(
  text: string,
  options: CompileOptions = { lists: undefined },
  foreign = false,
): CompiledRules {
  return compileRules(parseRules(text, foreign), SCHEMAS, options);
}

export function compileDetection(detection: string, options?: CompileOptions): CompiledRule {
  return compileText(ruleText(detection), options).rules[0]!;
}

export function batchOf(records: readonly SampleRecord[], schema: StreamSchema = SAMPLE): Batch {
  const builder = new BatchBuilder(schema);
  for (const [order, record] of records.entries()) builder.append(record, order);
  return builder.build();
}

/** Indexes of the records that a detection matches. */
export function matches(
  detection: string,
  records: readonly SampleRecord[],
  options?: CompileOptions,
): readonly number[] {
  return [...evaluate(compileDetection(detection, options), batchOf(records))];
}

/** Whether a one-line selection such as `text|contains: abc` matches a record. */
export function holds(selection: string, record: SampleRecord, options?: CompileOptions): boolean {
  return matches(`sel:\n  ${selection}\ncondition: sel`, [record], options).length === 1;
}

/** The problems that parsing and compiling a text gives, errors and warnings, as shown to the user. */
export function problemsOf(text: string, options?: CompileOptions): readonly string[] {
  const file = parseRuleFile('rule.yml', text, false);
  const shown = (problems: readonly Problem[]) => problems.map(formatProblem);
  if (file.errors.length > 0) return shown(file.errors);
  try {
    const rules = file.documents.filter(document => document.kind === 'rule');
    return shown([
      ...file.warnings,
      ...compileRules(rules, SCHEMAS, options ?? { lists: undefined }).warnings,
    ]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return shown(error.problems);
  }
}

/** The problems of a rule that is nothing but a detection. */
export function detectionProblems(detection: string, options?: CompileOptions): readonly string[] {
  return problemsOf(ruleText(detection), options);
}
