/**
 * A record of a rule test as a record of its stream: every field must be in the enriched schema, every value of the
 * field's type. Times are ISO 8601 text (UTC unless it names an offset) or epoch seconds, tokens `kind:anything`.
 */
import type { Field, Moment, StreamSchema, Token, Value } from '../model/schema.ts';
import { parseAddress } from '../net/cidr.ts';
import { complain, didYouMean, type Reader } from '../yaml/reader.ts';
import { quote } from '../yaml/source.ts';
import type { MapNode, ScalarNode, YamlNode } from '../yaml/tree.ts';

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/;

/** Reads a record; fields with problems, which are in `reader` then, are left out. */
export function readRecord(reader: Reader, map: MapNode, schema: StreamSchema): Record<string, Value> {
  const record: [string, Value][] = [];
  for (const { key, keyAt, value } of map.entries.values()) {
    if (!Object.hasOwn(schema.fields, key)) {
      const hint = didYouMean(key, schema.names);
      complain(reader, keyAt, `the stream ${schema.name} has no field ${quote(key)}`, hint);
      continue;
    }
    const read = readValue(reader, key, schema.fields[key]!, value);
    if (read !== undefined) record.push([key, read]);
  }
  return Object.fromEntries(record);
}

function readValue(reader: Reader, name: string, field: Field, node: YamlNode): Value | undefined {
  const isList = field.type.startsWith('set[') || field.type.startsWith('vector[');
  if (!isList || node.kind === 'map') {
    if (node.kind === 'scalar') return readScalar(reader, name, field.type, node);
    complain(reader, node.at, `${name} takes ${isList ? 'a list' : 'one value'}`);
    return undefined;
  }
  const element = field.type.slice(field.type.indexOf('[') + 1, -1);
  const items = node.kind === 'list' ? node.items : [node];
  const values: Value[] = [];
  for (const item of items) {
    if (item.kind !== 'scalar') complain(reader, item.at, `an element of ${name} is one value`);
    const value = item.kind === 'scalar' ? readScalar(reader, name, element, item) : undefined;
    if (value !== undefined) values.push(value);
  }
  // The elements are all of the type the schema names, which the compiler cannot see.
  return values as Value & readonly unknown[];
}

/** One value of a type; undefined for null and, with a problem, for a value of another type. */
function readScalar(reader: Reader, name: string, type: string, node: ScalarNode): Value | undefined {
  const { value, text, at } = node;
  if (value === null) return undefined;
  const wrong = (what: string): undefined => {
    complain(reader, at, `${name} is ${what}, not ${quote(text)}`);
    return undefined;
  };
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'time':
      return readMoment(value) ?? wrong('a time (ISO 8601 or epoch seconds)');
    case 'addr':
      return parseAddress(text) ?? wrong('an address');
    case 'token':
      return readToken(text);
    case 'count':
    case 'port':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0
        ? value
        : wrong('a whole number');
    case 'interval':
    case 'int':
    case 'double':
      return typeof value === 'number' ? value : wrong('a number');
    default:
      return text;
  }
}

function readMoment(value: string | number | boolean): Moment | undefined {
  if (typeof value === 'number') return moment(value * 1000);
  const zone = typeof value === 'string' ? ISO.exec(value) : null;
  if (typeof value !== 'string' || zone === null) return undefined;
  return moment(Date.parse(zone[1] === undefined ? `${value.replace(' ', 'T')}Z` : value.replace(' ', 'T')));
}

function moment(ms: number): Moment | undefined {
  if (!Number.isFinite(ms)) return undefined;
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.round((ms - sec * 1000) * 1e6) };
}

function readToken(text: string): Token {
  const colon = text.indexOf(':');
  return colon < 0
    ? { kind: 'value', digest: text }
    : { kind: text.slice(0, colon), digest: text.slice(colon + 1) };
}
