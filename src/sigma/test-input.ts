/**
 * What a rule test gives to its rule: records of one stream, of a correlation those of several, or captures. Limits:
 * `MAX_RECORDS`, `MAX_CAPTURES`.
 */
import type { StreamSchema, Value } from '../model/schema.ts';
import { fileBeside } from '../yaml/files.ts';
import {
  asMap,
  complain,
  didYouMean,
  type Reader,
  readMap,
  readText,
  readTexts,
  required,
} from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import type { MapNode, YamlNode } from '../yaml/tree.ts';
import { type FieldMapping, streamName } from './field-mapping.ts';
import type { Target } from './references.ts';
import { readRecord } from './test-record.ts';

/** All records of a test and stream fit into one batch. */
const MAX_RECORDS = 1000;
const MAX_CAPTURES = 16;

export type TestRecord = Readonly<Record<string, Value>>;

/** What a test gives to its rule. */
export type TestInput =
  | { readonly kind: 'records'; readonly streams: ReadonlyMap<string, readonly TestRecord[]> }
  | {
      readonly kind: 'captures';
      readonly captures: readonly string[];
      readonly inventory: string | undefined;
    };

/** What records are read by. */
export interface InputContext {
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
}

/** Records of all streams. */
export function countRecords({ streams }: Extract<TestInput, { kind: 'records' }>): number {
  return [...streams.values()].reduce((sum, records) => sum + records.length, 0);
}

/** `captures`; or `stream` and `records`, or for a correlation also `streams`. */
export function readInput(
  reader: Reader,
  map: MapNode,
  rule: Target,
  context: InputContext,
): TestInput | undefined {
  const captures = map.entries.get('captures');
  if (captures === undefined) {
    const inventory = map.entries.get('inventory');
    if (inventory !== undefined) complain(reader, inventory.keyAt, 'inventory is for captures');
    const streams = readStreams(reader, map, rule, context);
    return streams && { kind: 'records', streams };
  }
  for (const key of ['stream', 'records', 'streams'])
    if (map.entries.has(key))
      complain(reader, map.entries.get(key)!.keyAt, `${key} cannot stand beside captures`);
  const names = readTexts(reader, map, 'captures');
  if (names.length === 0) complain(reader, captures.value.at, 'captures names no file');
  if (names.length > MAX_CAPTURES)
    complain(reader, names[MAX_CAPTURES]!.at, `more than ${MAX_CAPTURES} captures`);
  const inventory = readText(reader, map, 'inventory')?.text;
  return {
    kind: 'captures',
    captures: names.map(({ text }) => fileBeside(reader.source.file, text)),
    inventory: inventory === undefined ? undefined : fileBeside(reader.source.file, inventory),
  };
}

function readStreams(
  reader: Reader,
  map: MapNode,
  rule: Target,
  { schemas, mapping }: InputContext,
): ReadonlyMap<string, readonly TestRecord[]> | undefined {
  const several = map.entries.get('streams');
  if (several !== undefined) {
    if (rule.kind === 'rule') {
      complain(reader, several.keyAt, 'streams is for correlations', 'a rule has stream and records');
      return undefined;
    }
    const streams = readMap(reader, map, 'streams');
    if (streams === undefined) return undefined;
    return new Map(
      [...streams.entries.values()].flatMap(({ key, keyAt, value }) => {
        const schema = findSchema(reader, { text: key, at: keyAt }, schemas);
        const records = schema && readRecords(reader, value, schema);
        return records === undefined ? [] : [[key, records] as const];
      }),
    );
  }
  const stream = required(reader, map, 'stream', 'the test') && readText(reader, map, 'stream');
  const own = rule.kind === 'rule' ? streamName(rule, mapping) : stream?.text;
  if (stream !== undefined && stream.text !== own) {
    complain(reader, stream.at, `the rule reads ${own ?? 'no stream'}, not ${quote(stream.text)}`);
    return undefined;
  }
  const node = required(reader, map, 'records', 'the test')?.value;
  const schema = stream && findSchema(reader, stream, schemas);
  const records = schema && node && readRecords(reader, node, schema);
  return records && new Map([[schema.name, records]]);
}

function findSchema(
  reader: Reader,
  { text, at }: Located,
  schemas: ReadonlyMap<string, StreamSchema>,
): StreamSchema | undefined {
  const schema = schemas.get(text);
  if (schema === undefined)
    complain(reader, at, `no stream named ${quote(text)}`, didYouMean(text, schemas.keys()));
  return schema;
}

function readRecords(
  reader: Reader,
  node: YamlNode,
  schema: StreamSchema,
): readonly TestRecord[] | undefined {
  if (node.kind !== 'list' || node.items.length > MAX_RECORDS) {
    complain(reader, node.at, `records must be a list of at most ${MAX_RECORDS}`);
    return undefined;
  }
  const maps = node.items.map(item => asMap(reader, item, 'a record')).filter(item => item !== undefined);
  return maps.map(record => readRecord(reader, record, schema));
}
