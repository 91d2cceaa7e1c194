/** The schema against a validator of the keywords it uses, on the shipped rules and on broken ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { rulesJsonSchema } from '../../src/sigma/json-schema.ts';
import { correlationText } from './correlation-support.ts';
import { ruleText } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../rules/medical', import.meta.url));
const SCHEMA = JSON.parse(JSON.stringify(rulesJsonSchema()));

interface Schema {
  readonly [key: string]: unknown;
}

/** Paths at which a value does not fit. */
function misfits(value: unknown, schema: Schema, path = ''): readonly string[] {
  const map =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Schema) : undefined;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const found: string[] = [];
  if (schema['type'] !== undefined && ![schema['type']].flat().includes(type)) return [path];
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) found.push(path);
  if (
    typeof schema['pattern'] === 'string' &&
    type === 'string' &&
    !new RegExp(schema['pattern']).test(String(value))
  )
    found.push(path);
  const any = schema['anyOf'] as readonly Schema[] | undefined;
  if (any !== undefined && !any.some(each => misfits(value, each, path).length === 0)) found.push(path);
  if (schema['if'] !== undefined) {
    const branch = misfits(value, schema['if'] as Schema).length === 0 ? 'then' : 'else';
    found.push(...misfits(value, schema[branch] as Schema, path));
  }
  if (Array.isArray(value) && schema['items'] !== undefined)
    found.push(...value.flatMap((each, i) => misfits(each, schema['items'] as Schema, `${path}/${i}`)));
  if (map === undefined) return found;
  for (const key of (schema['required'] as readonly string[] | undefined) ?? [])
    if (!(key in map)) found.push(`${path}/${key}?`);
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  for (const [key, each] of Object.entries(map)) {
    const more = schema['additionalProperties'];
    if (Object.hasOwn(properties, key)) found.push(...misfits(each, properties[key]!, `${path}/${key}`));
    else if (more === false) found.push(`${path}/${key}`);
    else if (typeof more === 'object') found.push(...misfits(each, more as Schema, `${path}/${key}`));
  }
  return found;
}

const check = (text: string): readonly string[] =>
  parseAllDocuments(text).flatMap(document => misfits(document.toJS(), SCHEMA));

describe('the JSON Schema of rules', () => {
  const files = readdirSync(FOLDER).filter(name => name.endsWith('.yml') && !name.endsWith('.test.yml'));
  it.each(files)('accepts %s', file => {
    expect(check(readFileSync(join(FOLDER, file), 'utf8'))).toEqual([]);
  });

  const count = '{type: event_count, rules: [a], timespan: 5m, condition: {gte: 5}}';
  const filter =
    'title: F\nfilter: {rules: any, sel: {text: a}, condition: sel}\nmedtap: {reason: r, expires: 2026-01-01}';

  it('accepts correlations and filters', () => {
    expect(check([correlationText('c', count), filter].join('\n---\n'))).toEqual([]);
  });

  it.each([
    [ruleText('sel: {text: a}\ncondition: sel').replace('level: high', 'levl: high'), ['/level?', '/levl']],
    [ruleText('sel: {text: a}\ncondition: sel').replace('high', 'hihg'), ['/level']],
    [ruleText('sel: {text: a}'), ['/detection/condition?']],
    [correlationText('c', count.replace('event_count', 'events')), ['/correlation/type']],
    [correlationText('c', count.replace('5m', '5')), ['/correlation/timespan']],
    [correlationText('c', count.replace('gte', 'get')), ['/correlation/condition']],
    [filter.replace('reason: r, ', ''), ['/medtap/reason?']],
    [filter.replace('2026-01-01', 'soon'), ['/medtap/expires']],
  ])('refuses what is wrong: case %#', (text, expected) => {
    expect([...check(text)].sort()).toEqual([...expected].sort());
  });
});
