/**
 * `--filter`: a small display-filter expression over the fields of records, the same fields that rules see and
 * docs/reference/streams.md lists. Parsed once, compiled once per stream, evaluated over whole columns.
 *
 * A stream takes part when it has every field that the filter names. When streams were chosen by name, each of them
 * must. Everything wrong with a filter is reported at once, each problem with its place.
 */
import { nearest, type Problem, UserError } from '../errors.ts';
import type { Batch } from '../model/batch.ts';
import type { Test } from '../model/column-tests.ts';
import { ENRICHMENT_FIELDS } from '../model/device.ts';
import type { StreamSchema } from '../model/schema.ts';
import { compileExpression } from './compile.ts';
import { type Expression, type FieldTest, parseFilter } from './parse.ts';
import { FilterError, problemAt, type Word } from './words.ts';

export interface FilterOptions {
  /** Streams that may take part, with the fields that their records will have. */
  readonly schemas: readonly StreamSchema[];
  /** They were chosen by name: one that lacks a field is a mistake. */
  readonly chosen: boolean;
  /** IANA zone of times written without one. */
  readonly timezone: string;
  /** Records will have the fields of enrichment. */
  readonly enriched: boolean;
}

/** A filter ready to be applied. */
export interface RecordFilter {
  /** Names of the streams that take part. */
  readonly streams: readonly string[];
  /** The rows that hold; undefined when none does. The batch must be of a stream that takes part. */
  select(batch: Batch): Batch | undefined;
}

/** Compiles a filter. @throws UserError with every problem */
export function compileFilter(text: string, options: FilterOptions): RecordFilter {
  const expression = parsed(text);
  const all = testsOf(expression);
  const fields = all.map(test => test.field);
  const problems = missingFields(text, fields, options);
  if (problems.length > 0) throw new UserError([...problems, ...badTests(text, all, options)].sort(byPlace));
  const tests = new Map<string, Test>();
  const refused: Problem[] = [];
  for (const schema of options.schemas) {
    if (!fields.every(field => Object.hasOwn(schema.fields, field.text))) continue;
    const result = compileExpression(expression, { expression: text, schema, timezone: options.timezone });
    if ('test' in result) tests.set(schema.name, result.test);
    else refused.push(...result.problems);
  }
  if (refused.length > 0 && (options.chosen || tests.size === 0)) throw new UserError(distinct(refused));
  return {
    streams: [...tests.keys()],
    select(batch) {
      const mask = tests.get(batch.schema.name)!(batch, undefined);
      if (mask === true) return batch;
      if (mask === false) return undefined;
      const rows = new Uint32Array(batch.length);
      let count = 0;
      for (let row = 0; row < batch.length; row++) if (mask[row] === 1) rows[count++] = row;
      return count === 0 ? undefined : batch.gather(rows.slice(0, count));
    },
  };
}

function parsed(text: string): Expression {
  try {
    return parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new UserError([problemAt(text, error.at, error.message, error.hint)]);
  }
}

function testsOf(expression: Expression): readonly FieldTest[] {
  switch (expression.kind) {
    case 'test':
      return [expression];
    case 'not':
      return testsOf(expression.part);
    default:
      return expression.parts.flatMap(testsOf);
  }
}

/** What else is wrong in a filter some of whose fields are not there: each test by itself. */
function badTests(text: string, tests: readonly FieldTest[], options: FilterOptions): Problem[] {
  return tests.flatMap(test => {
    const schema = options.schemas.find(candidate => Object.hasOwn(candidate.fields, test.field.text));
    if (schema === undefined) return [];
    const result = compileExpression(test, { expression: text, schema, timezone: options.timezone });
    return 'problems' in result ? result.problems : [];
  });
}

function byPlace(a: Problem, b: Problem): number {
  return (a.column ?? 0) - (b.column ?? 0);
}

/** Fields that no stream has, or that a chosen one lacks, or that no stream has together. */
function missingFields(text: string, fields: readonly Word[], options: FilterOptions): Problem[] {
  const { schemas } = options;
  const having = (name: string): StreamSchema[] =>
    schemas.filter(schema => Object.hasOwn(schema.fields, name));
  const problems: Problem[] = [];
  for (const { text: name, at } of fields) {
    const lacking = schemas.filter(schema => !Object.hasOwn(schema.fields, name));
    if (lacking.length === schemas.length) {
      const where = schemas.length === 1 ? `the stream ${schemas[0]!.name} has` : 'there is';
      problems.push(problemAt(text, at, `${where} no field ${name}`, unknownHint(name, options)));
    } else if (options.chosen && lacking.length > 0) {
      const names = lacking.map(schema => schema.name).join(', ');
      problems.push(problemAt(text, at, `no field ${name} in ${names}`, 'leave that stream out of --stream'));
    }
  }
  if (problems.length > 0) return problems;
  const together = schemas.some(schema => fields.every(field => Object.hasOwn(schema.fields, field.text)));
  if (together) return [];
  const owners = [...new Map(fields.map(field => [field.text, having(field.text)]))]
    .filter(([, streams]) => streams.length < schemas.length)
    .map(([name, streams]) => `${name} is in ${listed(streams.map(stream => stream.name))}`);
  return [problemAt(text, fields[0]!.at, 'no stream has all of these fields', owners.join('; '))];
}

function listed(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} …` : names.join(', ');
}

function unknownHint(name: string, { schemas, enriched }: FilterOptions): string {
  if (!enriched && name in ENRICHMENT_FIELDS) return 'who each side is: add --enrich';
  const near = nearest(
    name,
    schemas.flatMap(schema => schema.names),
  );
  return near === undefined
    ? 'medtap names its fields in docs/reference/streams.md'
    : `did you mean ${near}?`;
}

/** Streams share fields, so the same problem comes once per stream. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map(problem => [`${problem.column} ${problem.message}`, problem])).values()];
}
