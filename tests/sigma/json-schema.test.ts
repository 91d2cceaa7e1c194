/** The schema against a validator of the keywords it uses, on the shipped rules and on broken ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ENRICHED_STREAMS } from '../../src/pipeline/streams.ts';
import { readFieldMapping } from '../../src/sigma/field-mapping.ts';
import { rulesJsonSchema } from '../../src/sigma/json-schema.ts';
import { correlationText } from './correlation-support.ts';
import { ruleText, SCHEMAS } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../rules/medical', import.meta.url));
const PIPELINES = fileURLToPath(new URL('../../rules/pipelines', import.meta.url));
const MAPPING = readFieldMapping(
  readdirSync(PIPELINES).map(file => ({ file, text: readFileSync(join(PIPELINES, file), 'utf8') })),
  ENRICHED_STREAMS,
);
const SCHEMA = JSON.parse(
  JSON.stringify(rulesJsonSchema(new Map([...ENRICHED_STREAMS, ...SCHEMAS]), MAPPING)),
);

interface Schema {
  readonly [key: string]: unknown;
}

/** Paths at which a value does not fit. */
function misfits(value: unknown, given: Schema, path = ''): readonly string[] {
  const ref = given['$ref'];
  const schema: Schema = typeof ref === 'string' ? SCHEMA.$defs[ref.slice('#/$defs/'.length)] : given;
  const map =
    value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Schema) : undefined;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const found: string[] = [];
  if (schema['type'] !== undefined && ![schema['type']].flat().includes(type)) return [path];
  if ('const' in schema && schema['const'] !== value) found.push(path);
  for (const each of (schema['allOf'] as readonly Schema[] | undefined) ?? [])
    found.push(...misfits(value, each, path));
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
  const names = schema['propertyNames'] as Schema | undefined;
  for (const key of Object.keys(map))
    if (names !== undefined) found.push(...misfits(key, names, `${path}/${key}`));
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

  it('knows the fields of the stream that the log source names', () => {
    const rule = (logsource: string, selection: string): string =>
      ruleText(`sel: ${selection}\ncondition: sel`).replace('{product: zeek, service: sample}', logsource);
    const dns = '{product: zeek, service: dns}';
    expect(check(rule(dns, '{query|endswith: x, id.orig_h|cidr: 10.0.0.0/8, resp_medical: true}'))).toEqual(
      [],
    );
    expect(check(rule(dns, '[{QueryName: x}, word, {"|contains": y}]'))).toEqual([]);
    expect(check(rule('{category: dns}', '{query: x, src_ip: y}'))).toEqual([]);
    for (const wrong of ['{qury: x}', '{query|contians: x}', '{uri: x}', '[{qury: x}]'])
      expect([wrong, check(rule(dns, wrong))]).toEqual([wrong, ['/detection/sel']]);
    expect(check(rule('{category: dns}', '{uri: x}'))).toEqual(['/detection/sel']);
    expect(check(rule('{product: zeek, service: dsn}', '{query: x}'))).toEqual(['/logsource/service']);
    const { properties } = SCHEMA.$defs.dns;
    expect(properties.query).toEqual({ description: ENRICHED_STREAMS.get('dns')!.fields['query']!.doc });
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
