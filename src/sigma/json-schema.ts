/**
 * A JSON Schema (2020-12) of rule documents for editors: completion, and errors of form while typing. It is made of the
 * same lists of keys and words that the reader has, and of the fields of the streams: which ones a selection may name
 * depends on the log source of the rule. Values and references are left to `rules check`.
 */
import { ENRICHMENT_FIELDS } from '../model/device.ts';
import { LEVELS } from '../model/finding.ts';
import { type Fields, FLOW_FIELDS, type StreamSchema } from '../model/schema.ts';
import { BODY_KEYS, CONDITION_KEYS } from './correlation-document.ts';
import { CORRELATION_KEYS, EXTENSION_KEYS, FILTER_KEYS, LOGSOURCE_KEYS, RULE_KEYS } from './document.ts';
import { type FieldMapping, NO_MAPPING } from './field-mapping.ts';
import { EXCEPTION_KEYS } from './filter-document.ts';
import { MODIFIER_NAMES } from './modifiers.ts';
import { CORRELATION_TYPES, STATUSES } from './rule.ts';

type Schema = Readonly<Record<string, unknown>>;

const TEXT = { type: ['string', 'number', 'boolean'] };
const TEXTS = { anyOf: [{ type: 'array', items: TEXT }, TEXT] };
const DAY = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' };

/** What is known of a key beside its name; every other key takes anything. */
const COMMON: Readonly<Record<string, Schema>> = {
  title: { type: 'string', maxLength: 256 },
  id: { type: 'string', format: 'uuid' },
  name: { type: 'string', pattern: '^[a-z0-9]+(?:[-_][a-z0-9]+)*$' },
  status: { enum: STATUSES },
  level: { enum: LEVELS },
  date: DAY,
  modified: DAY,
  tags: TEXTS,
  references: TEXTS,
  falsepositives: TEXTS,
  fields: TEXTS,
};

/**
 * The schema; the kind of document is told by its key `correlation` or `filter`.
 * @param schemas enriched streams
 */
export function rulesJsonSchema(
  schemas: ReadonlyMap<string, StreamSchema>,
  mapping: FieldMapping = NO_MAPPING,
): Schema {
  const has = (key: string): Schema => ({ required: [key] });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sigma documents of medtap',
    type: 'object',
    if: has('correlation'),
    ...branches(correlationSchema(), {
      if: has('filter'),
      ...branches(filterSchema(), ruleSchema(schemas, mapping)),
    }),
    $defs: fieldDefinitions(schemas, mapping),
  };
}

function branches(yes: Schema, no: Schema): Schema {
  return Object.fromEntries([
    ['then', yes],
    ['else', no],
  ]);
}

function object(
  keys: readonly string[],
  known: Readonly<Record<string, Schema>>,
  required: readonly string[],
): Schema {
  const properties = Object.fromEntries(keys.map(key => [key, known[key] ?? COMMON[key] ?? {}]));
  return { type: 'object', properties, required, additionalProperties: false };
}

function ruleSchema(schemas: ReadonlyMap<string, StreamSchema>, mapping: FieldMapping): Schema {
  const detection = {
    type: 'object',
    properties: { condition: TEXTS },
    required: ['condition'],
    additionalProperties: { type: ['object', 'array', 'string', 'number', 'boolean'] },
  };
  const logsource = logsourceSchema([...schemas.keys()], [...mapping.categories.keys()]);
  const known = { logsource, detection, medtap: extensionSchema() };
  const rule = object(RULE_KEYS, known, ['title', 'id', 'status', 'level', 'logsource', 'detection']);
  const categories = [...mapping.categories].map(([category, stream]) => ({
    ...whenLogsource('category', category),
    ...branches(detectionOf(stream), {}),
  }));
  const services = [...schemas.keys()].map(stream => ({
    ...whenLogsource('service', stream),
    ...branches(detectionOf(stream), {}),
  }));
  return { ...rule, allOf: [...services, ...categories] };
}

function whenLogsource(key: string, value: string): Schema {
  const logsource = { type: 'object', properties: { [key]: { const: value } }, required: [key] };
  return { if: { type: 'object', properties: { logsource }, required: ['logsource'] } };
}

/** Selections over the fields of a stream. */
function detectionOf(stream: string): Schema {
  const fields = { $ref: `#/$defs/${stream}` };
  const part = { anyOf: [fields, TEXT] };
  const selection = { anyOf: [fields, { type: 'array', items: part }, TEXT] };
  const detection = { type: 'object', properties: { condition: TEXTS }, additionalProperties: selection };
  return { properties: { detection } };
}

/** By stream: the fields with what they hold, and which keys a selection may have. */
function fieldDefinitions(schemas: ReadonlyMap<string, StreamSchema>, mapping: FieldMapping): Schema {
  const common = { ...FLOW_FIELDS, ...ENRICHMENT_FIELDS };
  const described = (fields: Fields): Schema =>
    Object.fromEntries(Object.entries(fields).map(([name, { doc }]) => [name, { description: doc }]));
  const streams = [...schemas.values()].map(({ name, fields, names }) => {
    const shared = names.some(each => Object.hasOwn(ENRICHMENT_FIELDS, each));
    const own = Object.fromEntries(
      Object.entries(fields).filter(([field]) => !shared || !Object.hasOwn(common, field)),
    );
    const mapped = [name, 'any'].flatMap(each => [...(mapping.fields.get(each)?.keys() ?? [])]);
    const keys = [...new Set([...names, ...mapped])].map(each => each.replace(/[.|*+?^$()[\]{}\\]/g, '\\$&'));
    const modifiers = MODIFIER_NAMES.join('|');
    const definition = {
      type: 'object',
      ...(shared ? { allOf: [{ $ref: '#/$defs/both sides' }] } : {}),
      properties: described(own),
      propertyNames: { pattern: `^(?:${keys.join('|')}|)(?:\\|(?:${modifiers}))*$` },
    };
    return [name, definition] as const;
  });
  return Object.fromEntries([['both sides', { properties: described(common) }], ...streams]);
}

function logsourceSchema(services: readonly string[] = [], categories: readonly string[] = []): Schema {
  const known = {
    ...Object.fromEntries(LOGSOURCE_KEYS.map(key => [key, TEXT])),
    ...(services.length > 0 ? { service: { enum: services } } : {}),
    ...(categories.length > 0 ? { category: { enum: categories } } : {}),
    product: { enum: ['zeek', 'medtap'] },
  };
  return object(LOGSOURCE_KEYS, known, []);
}

function extensionSchema(): Schema {
  const levels = { type: 'object', additionalProperties: { enum: LEVELS } };
  const known = { message: TEXT, 'group-by': TEXTS, controls: TEXTS, why: TEXT, remedy: TEXT };
  return object(
    EXTENSION_KEYS,
    { ...known, 'level-by': { type: 'object', additionalProperties: levels } },
    [],
  );
}

function correlationSchema(): Schema {
  const number = { type: 'number' };
  const numbers = Object.fromEntries(CONDITION_KEYS.map(key => [key, number]));
  const comparisons = object(CONDITION_KEYS, { ...numbers, field: TEXTS }, []);
  const body = object(
    BODY_KEYS,
    {
      type: { enum: CORRELATION_TYPES },
      rules: TEXTS,
      'group-by': TEXTS,
      timespan: { type: 'string', pattern: '^\\d+[smhdwMy]$' },
      generate: { type: 'boolean' },
      condition: { anyOf: [comparisons, { type: 'string' }] },
      aliases: { type: 'object', additionalProperties: { type: 'object', additionalProperties: TEXT } },
    },
    ['type', 'rules', 'timespan'],
  );
  const known = { correlation: body, medtap: extensionSchema() };
  return object(CORRELATION_KEYS, known, ['title', 'id', 'status', 'level', 'correlation']);
}

function filterSchema(): Schema {
  const filter = {
    type: 'object',
    properties: { rules: TEXTS, condition: TEXTS },
    required: ['rules', 'condition'],
  };
  const medtap = object(EXCEPTION_KEYS, { reason: TEXT, expires: DAY, owner: TEXT }, ['reason']);
  return object(FILTER_KEYS, { logsource: logsourceSchema(), filter, medtap }, ['title', 'filter']);
}
