/**
 * Mappings of somebody else's log sources and field names to our streams, as data: `rules/pipelines/*.pipeline.yml`.
 * Names that the stream has itself are never mapped. A mapping may name several fields, any of which may match, and may
 * be right for some modifiers only; where it is not right the rule does not apply, rather than match by accident.
 */
import { UserError } from '../errors.ts';
import type { StreamSchema } from '../model/schema.ts';
import {
  asMap,
  checkKeys,
  complain,
  type Reader,
  readMap,
  readText,
  readTexts,
  required,
} from '../yaml/reader.ts';
import { type Located, ProblemList, quote } from '../yaml/source.ts';
import { type MapNode, parseYaml, type YamlNode } from '../yaml/tree.ts';
import type { ItemContext } from './item-context.ts';
import type { Item, Rule, SelectionBody } from './rule.ts';

/** What a name in a rule stands for. */
interface Mapped {
  readonly fields: readonly string[];
  /** Modifiers of which one must be there; undefined: all will do. */
  readonly modifiers: readonly string[] | undefined;
}

/** All mappings of some files. */
export interface FieldMapping {
  /** Stream by generic category. */
  readonly categories: ReadonlyMap<string, string>;
  /** By stream, or `any`; then by name in rules. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, Mapped>>;
}

/** Without any mapping. */
export const NO_MAPPING: FieldMapping = { categories: new Map(), fields: new Map() };

/**
 * Reads mapping files, given as name and text.
 * @throws UserError with every problem, streams and fields that do not exist included
 */
export function readFieldMapping(
  files: readonly { readonly file: string; readonly text: string }[],
  schemas: ReadonlyMap<string, StreamSchema>,
): FieldMapping {
  const categories = new Map<string, string>();
  const fields = new Map<string, Map<string, Mapped>>();
  const problems = files.flatMap(({ file, text }) => {
    const parsed = parseYaml(file, text);
    const reader: Reader = { source: parsed.source, problems: new ProblemList() };
    for (const node of parsed.documents) {
      const map = asMap(reader, node, 'a mapping');
      if (map === undefined) continue;
      checkKeys(reader, map, ['logsources', 'fields'], 'the mapping');
      readCategories(reader, map, schemas, categories);
      readStreams(reader, map, schemas, fields);
    }
    return [...parsed.problems, ...reader.problems.list];
  });
  if (problems.length > 0) throw new UserError(problems);
  return { categories, fields };
}

function readCategories(
  reader: Reader,
  map: MapNode,
  schemas: ReadonlyMap<string, StreamSchema>,
  categories: Map<string, string>,
): void {
  const list = map.entries.get('logsources')?.value;
  if (list !== undefined && list.kind !== 'list') complain(reader, list.at, 'logsources must be a list');
  for (const item of list?.kind === 'list' ? list.items : []) {
    const entry = asMap(reader, item, 'a log source');
    if (entry === undefined) continue;
    checkKeys(reader, entry, ['category', 'stream'], 'the log source');
    const category =
      required(reader, entry, 'category', 'the log source') && readText(reader, entry, 'category');
    const stream = required(reader, entry, 'stream', 'the log source') && readText(reader, entry, 'stream');
    if (stream !== undefined && !schemas.has(stream.text))
      complain(reader, stream.at, `no stream named ${quote(stream.text)}`);
    if (category !== undefined && stream !== undefined) categories.set(category.text, stream.text);
  }
}

function readStreams(
  reader: Reader,
  map: MapNode,
  schemas: ReadonlyMap<string, StreamSchema>,
  fields: Map<string, Map<string, Mapped>>,
): void {
  for (const { key, keyAt, value } of readMap(reader, map, 'fields')?.entries.values() ?? []) {
    const schema = schemas.get(key);
    if (schema === undefined && key !== 'any') complain(reader, keyAt, `no stream named ${quote(key)}`);
    const names = asMap(reader, value, 'the fields of a stream');
    const known = fields.get(key) ?? new Map<string, Mapped>();
    fields.set(key, known);
    for (const entry of names?.entries.values() ?? []) {
      const mapped = readMapped(reader, entry.value, { text: entry.key, at: entry.keyAt }, names!);
      const missing = mapped?.fields.find(field =>
        schema === undefined
          ? ![...schemas.values()].some(each => Object.hasOwn(each.fields, field))
          : !Object.hasOwn(schema.fields, field),
      );
      if (missing !== undefined) complain(reader, entry.value.at, `${key} has no field ${quote(missing)}`);
      if (known.has(entry.key)) complain(reader, entry.keyAt, `${quote(entry.key)} is mapped twice`);
      if (mapped !== undefined) known.set(entry.key, mapped);
    }
  }
}

function readMapped(reader: Reader, node: YamlNode, name: Located, names: MapNode): Mapped | undefined {
  if (node.kind !== 'map')
    return { fields: readTexts(reader, names, name.text).map(field => field.text), modifiers: undefined };
  checkKeys(reader, node, ['field', 'modifiers'], `the mapping of ${quote(name.text)}`);
  const fields = readTexts(reader, node, 'field').map(field => field.text);
  const modifiers = readTexts(reader, node, 'modifiers').map(modifier => modifier.text);
  return { fields, modifiers: modifiers.length > 0 ? modifiers : undefined };
}

/** The stream that a log source means; undefined when it names neither a service nor a mapped category. */
export function streamName(
  { logsource }: Pick<Rule, 'logsource'>,
  mapping: FieldMapping,
): string | undefined {
  const { service, category } = logsource;
  return service?.text ?? (category === undefined ? undefined : mapping.categories.get(category.text));
}

/** What a name stands for in a stream; undefined when the stream has it, or nothing maps it. */
function mappedName(mapping: FieldMapping, schema: StreamSchema, name: string): Mapped | undefined {
  if (Object.hasOwn(schema.fields, name)) return undefined;
  const own = mapping.fields.get(schema.name)?.get(name);
  if (own !== undefined) return own;
  const common = mapping.fields.get('any')?.get(name);
  return common?.fields.every(field => Object.hasOwn(schema.fields, field)) === true ? common : undefined;
}

/** The one field that a name stands for in a stream: the name itself when it is not mapped, or to several. */
export function mappedField(mapping: FieldMapping, schema: StreamSchema, name: string): string {
  const mapped = mappedName(mapping, schema, name);
  return mapped?.fields.length === 1 && mapped.modifiers === undefined ? mapped.fields[0]! : name;
}

/** A selection with the stream's own names. Where a mapping is not right, complains that the rule does not apply. */
export function mapSelection(
  body: SelectionBody,
  mapping: FieldMapping,
  context: Pick<ItemContext, 'schema' | 'complain'>,
): SelectionBody {
  if (body.kind !== 'item')
    return { kind: body.kind, parts: body.parts.map(part => mapSelection(part, mapping, context)) };
  const item = mapReferences(body, mapping, context.schema);
  const { field, modifiers } = item;
  const mapped = field && mappedName(mapping, context.schema, field.text);
  if (field === undefined || mapped === undefined) return item;
  if (mapped.modifiers !== undefined && !modifiers.names.some(name => mapped.modifiers!.includes(name))) {
    const message = `${field.text} can only be compared with ${mapped.modifiers.join(' or ')} here`;
    context.complain(field.at, message, `it is part of ${mapped.fields.join(', ')}`, 'inapplicable');
    return item;
  }
  const under = (name: string, values: Item['values']): Item => ({
    ...item,
    field: { ...field, text: name },
    values,
  });
  if (mapped.fields.length === 1) return under(mapped.fields[0]!, item.values);
  // What must not be there must be in none of the fields.
  const negative =
    modifiers.neq || item.values.some(value => value.value === null || isFalse(item, value.text));
  const inFields = (values: Item['values']): SelectionBody => ({
    kind: negative ? 'all' : 'any',
    parts: mapped.fields.map(name => under(name, values)),
  });
  // With `all`, each value may be in another of the fields.
  return modifiers.all && !modifiers.neq
    ? { kind: 'all', parts: item.values.map(value => inFields([value])) }
    : inFields(item.values);
}

function isFalse({ modifiers }: Item, text: string): boolean {
  return modifiers.reading === 'exists' && text.toLowerCase() === 'false';
}

/** The values of `fieldref` are names as well. */
function mapReferences(item: Item, mapping: FieldMapping, schema: StreamSchema): Item {
  if (item.modifiers.reading !== 'fieldref') return item;
  return {
    ...item,
    values: item.values.map(value => ({ ...value, text: mappedField(mapping, schema, value.text) })),
  };
}
