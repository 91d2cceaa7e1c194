/**
 * A JSON Schema (2020-12) of rule documents for editors: completion, and errors of form while typing. It is made of the
 * same lists of keys and words that the reader has. What needs the streams (fields, values, references) is left to
 * `rules check`.
 */
import { LEVELS } from '../model/finding.ts';
import { BODY_KEYS, CONDITION_KEYS } from './correlation-document.ts';
import { CORRELATION_KEYS, EXTENSION_KEYS, FILTER_KEYS, LOGSOURCE_KEYS, RULE_KEYS } from './document.ts';
import { EXCEPTION_KEYS } from './filter-document.ts';
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

/** The schema; the kind of document is told by its key `correlation` or `filter`. */
export function rulesJsonSchema(): Schema {
  const has = (key: string): Schema => ({ required: [key] });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sigma documents of medtap',
    type: 'object',
    if: has('correlation'),
    ...branches(correlationSchema(), { if: has('filter'), ...branches(filterSchema(), ruleSchema()) }),
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

function ruleSchema(): Schema {
  const detection = {
    type: 'object',
    properties: { condition: TEXTS },
    required: ['condition'],
    additionalProperties: { type: ['object', 'array', 'string', 'number', 'boolean'] },
  };
  const known = { logsource: logsourceSchema(), detection, medtap: extensionSchema() };
  return object(RULE_KEYS, known, ['title', 'id', 'status', 'level', 'logsource', 'detection']);
}

function logsourceSchema(): Schema {
  return object(LOGSOURCE_KEYS, Object.fromEntries(LOGSOURCE_KEYS.map(key => [key, TEXT])), []);
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
