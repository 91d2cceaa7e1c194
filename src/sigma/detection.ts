/**
 * The `detection` of a rule: named selections and the condition over them (Sigma Rules Specification 2.1,
 * "Detection"). A map is AND, a list is OR, a list of plain values are keywords; a value list of one field is OR, with
 * `all` AND.
 *
 * Nothing here knows the fields of a stream; that is `compile.ts`. Limits: selections, values per rule.
 */

import { complain, type Reader } from '../yaml/reader.ts';
import { quote } from '../yaml/source.ts';
import type { MapEntry, MapNode, ScalarNode, YamlNode } from '../yaml/tree.ts';
import { isReservedName, parseCondition } from './condition.ts';
import { NO_MODIFIERS, parseModifiers } from './modifiers.ts';
import type { Condition, Item, Selection, SelectionBody } from './rule.ts';

const MAX_SELECTIONS = 200;
const MAX_VALUES = 20_000;
const MAX_VALUE_LENGTH = 4096;

/** Selections and the condition over them. */
export interface Detection {
  readonly selections: readonly Selection[];
  readonly condition: Condition;
}

/** Reads the map under `detection`; undefined when it has problems. `strict` turns doubtful habits into errors. */
export function readDetection(reader: Reader, map: MapNode, strict: boolean): Detection | undefined {
  const { selections, condition } = readParts(reader, map, strict);
  return condition === undefined ? undefined : { selections, condition };
}

/** The same, with the selections that are right although something else is wrong; then without the condition. */
export function readParts(
  reader: Reader,
  map: MapNode,
  strict: boolean,
): Pick<Detection, 'selections'> & { readonly condition: Condition | undefined } {
  const before = reader.problems.list.length;
  const selections: Selection[] = [];
  let values = 0;
  for (const entry of map.entries.values()) {
    if (entry.key === 'condition') continue;
    if (entry.key === 'timeframe') {
      complain(
        reader,
        entry.keyAt,
        'timeframe is no longer part of a rule',
        'write a correlation with timespan',
      );
      continue;
    }
    if (isReservedName(entry.key)) {
      complain(
        reader,
        entry.keyAt,
        `a selection cannot be named ${quote(entry.key)}, a word of the condition`,
      );
      continue;
    }
    const body = readBody(reader, entry, strict);
    if (body === undefined) continue;
    values += countValues(body);
    selections.push({ name: entry.key, at: entry.keyAt, body });
  }
  if (selections.length > MAX_SELECTIONS) complain(reader, map.at, `more than ${MAX_SELECTIONS} selections`);
  if (values > MAX_VALUES) complain(reader, map.at, `more than ${MAX_VALUES} values`);
  const condition = readCondition(reader, map, selections);
  const broken = reader.problems.list.slice(before).some(problem => problem.severity !== 'warning');
  return { selections, condition: broken ? undefined : condition };
}

function readCondition(
  reader: Reader,
  map: MapNode,
  selections: readonly Selection[],
): Condition | undefined {
  const node = map.entries.get('condition')?.value;
  if (node === undefined) {
    complain(reader, map.at, 'detection has no condition');
    return undefined;
  }
  const lines = node.kind === 'list' ? node.items : [node];
  if (lines.length === 0) complain(reader, node.at, 'condition is empty');
  const names = [...map.entries.keys()].filter(name => name !== 'condition' && name !== 'timeframe');
  const used = new Set<string>();
  const parts: Condition[] = [];
  for (const line of lines) {
    if (line.kind !== 'scalar') {
      complain(reader, line.at, 'a condition must be text');
      continue;
    }
    const parsed = parseCondition(line, names, reader.source);
    for (const problem of parsed.problems) reader.problems.add(problem);
    for (const name of parsed.used) used.add(name);
    if (parsed.condition !== undefined) parts.push(parsed.condition);
  }
  if (parts.length < lines.length || parts.length === 0) return undefined;
  for (const { name, at } of selections) {
    if (used.has(name)) continue;
    const message = `the selection ${quote(name)} is not used in the condition`;
    reader.problems.add(reader.source.problem(at, message, { warning: true }));
  }
  return parts.length === 1 ? parts[0] : { kind: 'or', parts };
}

function countValues(body: SelectionBody): number {
  return body.kind === 'item'
    ? body.values.length
    : body.parts.reduce((sum, part) => sum + countValues(part), 0);
}

function readBody(reader: Reader, entry: MapEntry, strict: boolean): SelectionBody | undefined {
  const node = entry.value;
  if (node.kind === 'map') return readFields(reader, node, strict);
  if (node.kind === 'scalar') return keywords(reader, [node], node.at);
  if (node.items.length === 0) {
    complain(reader, node.at, `the selection ${quote(entry.key)} is empty`);
    return undefined;
  }
  // Plain values of one list are one keyword search; each map is an alternative beside it.
  const plain = node.items.filter(item => item.kind === 'scalar');
  const parts: SelectionBody[] = [];
  const search = plain.length > 0 ? keywords(reader, plain, plain[0]!.at) : undefined;
  if (search !== undefined) parts.push(search);
  for (const item of node.items) {
    if (item.kind === 'list') complain(reader, item.at, 'a list cannot stand in the list of a selection');
    const part = item.kind === 'map' ? readFields(reader, item, strict) : undefined;
    if (part !== undefined) parts.push(part);
  }
  return parts.length === 1 ? parts[0] : { kind: 'any', parts };
}

function keywords(reader: Reader, nodes: readonly ScalarNode[], at: number): Item | undefined {
  const values = nodes.filter(node => checkValue(reader, node));
  for (const node of values) if (node.value === null) complain(reader, node.at, 'a keyword cannot be null');
  return { kind: 'item', field: undefined, modifiers: NO_MODIFIERS, values, at };
}

function readFields(reader: Reader, map: MapNode, strict: boolean): SelectionBody | undefined {
  if (map.entries.size === 0) {
    complain(reader, map.at, 'an empty map matches nothing');
    return undefined;
  }
  const parts: SelectionBody[] = [];
  for (const entry of map.entries.values()) {
    const item = readItem(reader, entry, strict);
    if (item !== undefined) parts.push(item);
  }
  return parts.length === 1 ? parts[0] : { kind: 'all', parts };
}

function readItem(reader: Reader, entry: MapEntry, strict: boolean): Item | undefined {
  const key = { text: entry.key, at: entry.keyAt };
  const [field = '', ...names] = entry.key.split('|');
  const at = reader.source.within(key, 0);
  const modifiers = parseModifiers(names);
  if (!('reading' in modifiers)) {
    for (const { index, message, hint } of modifiers) {
      const offset = [field, ...names.slice(0, index)].join('|').length + 1;
      complain(reader, reader.source.within(key, offset), message, hint);
    }
    return undefined;
  }
  if (field === '' && names.length === 0) {
    complain(reader, entry.keyAt, 'a field has no name');
    return undefined;
  }
  const values = readValues(reader, entry.value);
  if (values === undefined) return undefined;
  if (field === '' && values.some(node => node.value === null)) {
    complain(reader, entry.value.at, 'a keyword cannot be null');
    return undefined;
  }
  if (values.length > 1 && values.some(node => node.value === null)) {
    complain(
      reader,
      entry.value.at,
      'null cannot be in a list of values',
      'give it its own selection and join them with or',
    );
    return undefined;
  }
  if (modifiers.all && values.length < 2) {
    const message = 'all needs at least two values';
    reader.problems.add(reader.source.problem(at, message, { warning: !strict, hint: 'leave all out' }));
  }
  if (modifiers.encodings.includes('base64offset') && modifiers.anchor !== 'contains') {
    const hint = 'write base64offset|contains';
    reader.problems.add(
      reader.source.problem(at, 'base64offset without contains compares the whole value', {
        warning: true,
        hint,
      }),
    );
  }
  return { kind: 'item', field: field === '' ? undefined : { text: field, at }, modifiers, values, at };
}

function readValues(reader: Reader, node: YamlNode): readonly ScalarNode[] | undefined {
  const nodes = node.kind === 'list' ? node.items : [node];
  if (nodes.length === 0) complain(reader, node.at, 'an empty list of values matches nothing');
  const values: ScalarNode[] = [];
  for (const item of nodes) {
    if (item.kind !== 'scalar') complain(reader, item.at, 'a field takes a value or a list of values');
    else if (checkValue(reader, item)) values.push(item);
  }
  return values.length === 0 || values.length < nodes.length ? undefined : values;
}

function checkValue(reader: Reader, node: ScalarNode): boolean {
  if (node.text.length <= MAX_VALUE_LENGTH) return true;
  complain(reader, node.at, `a value is at most ${MAX_VALUE_LENGTH} characters long`);
  return false;
}
