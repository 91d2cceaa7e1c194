/**
 * Rules bound to the streams of this program. Every field a rule names is looked up in the enriched schema of its
 * stream, and every value is checked against the field's type, before the first record is read.
 *
 * All problems of all strict rules are thrown at once. A foreign rule is kept out on its own: *inapplicable* when it
 * is about a product, stream or field that is not here, *rejected* when it is wrong in itself.
 */

import { type Problem, UserError } from '../errors.ts';
import { closedValues } from '../model/device.ts';
import type { Level, RuleInfo } from '../model/finding.ts';
import type { Field, StreamSchema } from '../model/schema.ts';
import { didYouMean } from '../yaml/reader.ts';
import { quote, type SourceText } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { compileItem } from './compile-item.ts';
import { TAXONOMIES } from './document.ts';
import type { CompiledRule, Node } from './evaluate.ts';
import type { Lists } from './expand.ts';
import { type FieldMapping, mappedField, mapSelection, NO_MAPPING, streamName } from './field-mapping.ts';
import { findField, type ItemContext, type Severity } from './item-context.ts';
import type { Condition, Described, DocumentBase, FieldUses, LevelBy, Rule, SelectionBody } from './rule.ts';
import { type PartOf, partsInZone } from './time-parts.ts';

const PRODUCTS = ['zeek', 'medtap'];

/** What the site adds to the rules. */
export interface CompileOptions {
  /** Lists for `expand`; undefined when there is no inventory. */
  readonly lists: Lists | undefined;
  /** IANA name of the site's time zone; UTC when not given. */
  readonly timezone?: string;
  /** Other people's log sources and field names. */
  readonly mapping?: FieldMapping;
}

/** A rule that was left out, and why. */
export interface LeftOut {
  readonly file: string;
  readonly title: string;
  readonly id: string;
  readonly reasons: readonly Problem[];
}

/** The rules that apply here, and what became of the others. */
export interface CompiledRules {
  /** In the order given. */
  readonly rules: readonly CompiledRule[];
  readonly inapplicable: readonly LeftOut[];
  readonly rejected: readonly LeftOut[];
  readonly warnings: readonly Problem[];
}

/**
 * Compiles rules against the enriched schemas, by stream name.
 * @throws UserError with every problem of the strict rules, or when the time zone is unknown
 */
export function compileRules(
  rules: readonly Rule[],
  schemas: ReadonlyMap<string, StreamSchema>,
  options: CompileOptions,
): CompiledRules {
  const timezone = options.timezone ?? 'UTC';
  const partOf = partsInZone(timezone);
  if (partOf === undefined) throw new UserError(`unknown time zone ${quote(timezone)}`);
  const compiled: CompiledRule[] = [];
  const inapplicable: LeftOut[] = [];
  const rejected: LeftOut[] = [];
  const warnings: Problem[] = [];
  const errors: Problem[] = [];
  for (const rule of rules) {
    const result = compileRule(rule, schemas, {
      lists: options.lists,
      partOf,
      mapping: options.mapping ?? NO_MAPPING,
    });
    warnings.push(...result.warnings);
    if (result.rule !== undefined) compiled.push(result.rule);
    else if (rule.strict) errors.push(...result.errors, ...result.inapplicable);
    else if (result.errors.length > 0) rejected.push(leftOut(rule, result.errors));
    else inapplicable.push(leftOut(rule, result.inapplicable));
  }
  if (errors.length > 0) throw new UserError(errors);
  return { rules: compiled, inapplicable, rejected, warnings };
}

/**
 * The errors in the fields that strict rules name, whether or not the rules are right otherwise: so that all errors of a
 * file are found at once.
 */
export function fieldErrors(
  uses: readonly FieldUses[],
  schemas: ReadonlyMap<string, StreamSchema>,
  { lists, timezone, mapping = NO_MAPPING }: CompileOptions,
): readonly Problem[] {
  const partOf = partsInZone(timezone ?? 'UTC') ?? (() => Number.NaN);
  return uses.flatMap(use => {
    const errors: Problem[] = [];
    const complain: ItemContext['complain'] = (at, message, hint, severity = 'error') => {
      if (severity !== 'warning') errors.push(use.source.problem(at, message, { hint }));
    };
    const schema = findStream(use, schemas, mapping, complain);
    if (schema === undefined) return errors;
    const context: ItemContext = { schema, source: use.source, strict: use.strict, complain, lists, partOf };
    for (const { body } of use.selections) compileBody(mapSelection(body, mapping, context), context);
    checkExtension(use, context);
    return errors;
  });
}

/** A document as one that was left out. */
export function leftOut(rule: DocumentBase, reasons: readonly Problem[]): LeftOut {
  return { file: rule.source.file, title: rule.title, id: rule.id, reasons };
}

interface RuleResult {
  readonly rule: CompiledRule | undefined;
  readonly errors: readonly Problem[];
  readonly inapplicable: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function compileRule(
  rule: Rule,
  schemas: ReadonlyMap<string, StreamSchema>,
  options: { readonly lists: Lists | undefined; readonly partOf: PartOf; readonly mapping: FieldMapping },
): RuleResult {
  const problems: Record<Severity, Problem[]> = { error: [], inapplicable: [], warning: [] };
  const complain = (at: number, message: string, hint?: string, severity: Severity = 'error') => {
    problems[severity].push(rule.source.problem(at, message, { hint, warning: severity === 'warning' }));
  };
  const result = (compiled: CompiledRule | undefined): RuleResult => ({
    rule: problems.error.length + problems.inapplicable.length > 0 ? undefined : compiled,
    errors: problems.error,
    inapplicable: problems.inapplicable,
    warnings: problems.warning,
  });

  checkUsable(rule, complain);
  const schema = findStream(rule, schemas, options.mapping, complain);
  if (schema === undefined) return result(undefined);
  const context: ItemContext = { schema, source: rule.source, strict: rule.strict, complain, ...options };
  const selections = rule.selections.map(({ name, at, body }) => ({
    name,
    line: rule.source.line(at),
    part: compileBody(mapSelection(body, options.mapping, context), context),
  }));
  checkExtension(rule, context);
  const complete = selections.flatMap(({ name, line, part }) =>
    part === undefined ? [] : [{ name, line, part }],
  );
  if (complete.length < selections.length) return result(undefined);
  const parts = new Map(complete.map(selection => [selection.name, selection.part]));
  const condition = bind(rule.condition, parts);
  return result({
    info: describe(rule, schema.name),
    stream: schema.name,
    schema,
    selections: complete,
    condition,
    fieldName: name => mappedField(options.mapping, schema, name),
  });
}

/** What a foreign rule says of itself. */
function checkUsable({ status, taxonomy, at }: Rule, complain: ItemContext['complain']): void {
  if (status === 'unsupported')
    complain(
      at,
      'its author says that it cannot be used as it is (status: unsupported)',
      undefined,
      'inapplicable',
    );
  if (taxonomy !== undefined && !TAXONOMIES.includes(taxonomy.text.toLowerCase())) {
    const message = `names of the taxonomy ${quote(taxonomy.text)} are not known here`;
    complain(taxonomy.at, message, `known: ${TAXONOMIES.join(', ')}`, 'inapplicable');
  }
}

/** Selections and a condition over them, bound to a stream. */
export interface BoundSelections {
  /** Undefined when there are problems. */
  readonly condition: Node | undefined;
  readonly errors: readonly Problem[];
  readonly inapplicable: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Binds what is not a whole rule, a filter, to the fields of a stream. */
export function compileSelections(
  detection: Pick<Rule, 'source' | 'strict' | 'selections' | 'condition'>,
  schema: StreamSchema,
  options: CompileOptions,
): BoundSelections {
  const { source, strict } = detection;
  const problems: Record<Severity, Problem[]> = { error: [], inapplicable: [], warning: [] };
  const context: ItemContext = {
    schema,
    source,
    strict,
    lists: options.lists,
    partOf: partsInZone(options.timezone ?? 'UTC') ?? (() => Number.NaN),
    complain: (at, message, hint, severity = 'error') =>
      problems[severity].push(source.problem(at, message, { hint, warning: severity === 'warning' })),
  };
  const parts = new Map<string, Node>();
  for (const { name, body } of detection.selections) {
    const part = compileBody(mapSelection(body, options.mapping ?? NO_MAPPING, context), context);
    if (part !== undefined) parts.set(name, part);
  }
  const failed = problems.error.length + problems.inapplicable.length > 0;
  return {
    condition: failed ? undefined : bind(detection.condition, parts),
    errors: problems.error,
    inapplicable: problems.inapplicable,
    warnings: problems.warning,
  };
}

function findStream(
  rule: FieldUses,
  schemas: ReadonlyMap<string, StreamSchema>,
  mapping: FieldMapping,
  complain: ItemContext['complain'],
): StreamSchema | undefined {
  const { product, service, category, at } = rule.logsource;
  if (product !== undefined && !PRODUCTS.includes(product.text.toLowerCase())) {
    const message = `${quote(product.text)} logs are not read here`;
    complain(product.at, message, 'the product is zeek, medtap, or left out', 'inapplicable');
    return undefined;
  }
  const mapped = service === undefined ? streamName(rule, mapping) : undefined;
  if (mapped !== undefined) return schemas.get(mapped);
  if (service === undefined && category === undefined && product !== undefined && !rule.strict) {
    const only = streamsWith(rule, schemas);
    if (only.length === 1) return only[0];
  }
  if (service === undefined) {
    const message =
      category === undefined
        ? 'logsource names no service'
        : `no stream here is what the category ${quote(category.text)} is about`;
    complain(
      category?.at ?? at,
      message,
      'service is the name of a stream: conn, dns, http …',
      'inapplicable',
    );
    return undefined;
  }
  const schema = schemas.get(service.text);
  if (schema !== undefined) return schema;
  const hint = didYouMean(service.text, schemas.keys()) ?? `streams: ${[...schemas.keys()].join(', ')}`;
  complain(service.at, `no stream named ${quote(service.text)}`, hint, 'inapplicable');
  return undefined;
}

/**
 * Streams that have every field of a rule. Some rules of others name their product only; where one stream alone has
 * their fields, it is the one they are about.
 */
function streamsWith(
  { selections }: FieldUses,
  schemas: ReadonlyMap<string, StreamSchema>,
): readonly StreamSchema[] {
  const names = selections.flatMap(({ body }) => fieldNames(body));
  if (names.length === 0) return [];
  return [...schemas.values()].filter(({ fields }) => names.every(name => Object.hasOwn(fields, name)));
}

function fieldNames(body: SelectionBody): readonly string[] {
  if (body.kind !== 'item') return body.parts.flatMap(fieldNames);
  return body.field === undefined ? [] : [body.field.text];
}

/** All parts are compiled even when one fails, so that every problem is found. */
function compileBody(body: SelectionBody, context: ItemContext): Node | undefined {
  if (body.kind === 'item') return compileItem(body, context);
  const parts = body.parts.map(part => compileBody(part, context));
  const complete = parts.filter(part => part !== undefined);
  if (complete.length < parts.length) return undefined;
  return { kind: body.kind === 'all' ? 'and' : 'or', parts: complete };
}

function bind(condition: Condition, selections: ReadonlyMap<string, Node>): Node {
  switch (condition.kind) {
    case 'selection':
      return { kind: 'selection', name: condition.name, part: selections.get(condition.name)! };
    case 'not':
      return { kind: 'not', part: bind(condition.part, selections) };
    default:
      return { kind: condition.kind, parts: condition.parts.map(part => bind(part, selections)) };
  }
}

/** The fields that `medtap:` and `fields` name. */
function checkExtension(rule: FieldUses, context: ItemContext): void {
  const { message, groupBy, levelBy } = rule.extension;
  if (message !== undefined) {
    checkBraces(message, context.source, {
      field: (name, at) => findField(context, name, at),
      wrong: (at, text, hint) => context.complain(at, text, hint),
    });
  }
  for (const { text, at } of groupBy) findField(context, text, at);
  for (const each of levelBy) checkLevelBy(each, findField(context, each.field.text, each.field.at), context);
  // In a foreign pack `fields` is advice to the reader of another product.
  if (rule.strict) for (const { text, at } of rule.fields) findField(context, text, at);
}

function checkLevelBy({ field, values }: LevelBy, found: Field | undefined, context: ItemContext): void {
  const known = found?.type === 'bool' ? ['true', 'false'] : closedValues(field.text);
  if (found === undefined || known === undefined) return;
  for (const { value } of values) {
    if (known.includes(value.text)) continue;
    const hint = didYouMean(value.text, known) ?? `one of ${known.join(', ')}`;
    context.complain(value.at, `${field.text} is never ${quote(value.text)}`, hint);
  }
}

/** What `checkBraces` found. */
interface BraceFindings {
  /** A field is named. */
  field(name: string, at: number): void;
  /** Something is wrong. */
  wrong(at: number, message: string, hint: string): void;
}

/** `{field}` in the message; a brace that is not part of such a pair is a slip. */
export function checkBraces(message: ScalarNode, source: SourceText, found: BraceFindings): void {
  for (const match of message.text.matchAll(/\{([^{}]*)\}|[{}]/g)) {
    const at = (index: number): number => source.within(message, match.index + index);
    if (match[1] === undefined)
      found.wrong(at(0), 'a brace without its pair', 'a field is written {id.orig_h}');
    else found.field(match[1], at(1));
  }
}

/** The attributes of a rule that do not decide whether it matches. */
export function describe(rule: Described, stream: string): RuleInfo {
  const { message, groupBy, levelBy, controls, why, remedy } = rule.extension;
  const levels = (each: LevelBy): ReadonlyMap<string, Level> =>
    new Map(each.values.map(({ value, level }) => [value.text, level]));
  return {
    id: rule.id,
    name: rule.name,
    title: rule.title,
    description: rule.description,
    status: rule.status,
    level: rule.level,
    tags: rule.tags,
    falsepositives: rule.falsepositives,
    references: rule.references,
    stream,
    file: rule.source.file,
    message: message?.text,
    groupBy: groupBy.map(field => field.text),
    levelBy: new Map(levelBy.map(each => [each.field.text, levels(each)])),
    controls,
    why,
    remedy,
  };
}
