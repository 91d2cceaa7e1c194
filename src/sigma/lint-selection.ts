/**
 * What cannot be meant inside one selection: numbers that no port has, bounds that leave nothing between them, a
 * field that must be absent and have a value, values that are given twice or are part of another.
 */
import type { Problem } from '../errors.ts';
import type { Field, StreamSchema } from '../model/schema.ts';
import { quote } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { hasWildcards, parsePattern } from './pattern.ts';
import type { Item, Selection, SelectionBody } from './rule.ts';

const MAX_PORT = 65_535;

type Warn = (at: number, message: string, hint?: string) => Problem;

/** Warnings about one selection. */
export function lintSelection(
  { body }: Selection,
  schema: StreamSchema | undefined,
  warn: Warn,
): readonly Problem[] {
  return [...lintBody(body, schema, warn)];
}

function* lintBody(body: SelectionBody, schema: StreamSchema | undefined, warn: Warn): Generator<Problem> {
  if (body.kind === 'item') {
    yield* lintItem(body, fieldOf(body, schema), warn);
    return;
  }
  for (const part of body.parts) yield* lintBody(part, schema, warn);
  if (body.kind === 'all')
    yield* lintTogether(
      body.parts.filter(part => part.kind === 'item'),
      warn,
    );
}

function fieldOf({ field }: Item, schema: StreamSchema | undefined): Field | undefined {
  if (field === undefined || schema === undefined || !Object.hasOwn(schema.fields, field.text))
    return undefined;
  return schema.fields[field.text];
}

function* lintItem(item: Item, field: Field | undefined, warn: Warn): Generator<Problem> {
  const { modifiers, values } = item;
  const plain = modifiers.names.every(name => name === 'neq' || name === 'cased' || name === 'all');
  if (plain && item.field !== undefined) yield* neverPorts(field, values, warn);
  if (modifiers.all && modifiers.reading === 'value' && modifiers.anchor === 'equals' && values.length > 1) {
    const single = field?.type === 'string' || field?.type === 'enum' || field?.type === 'addr';
    const exact = values.filter(value => !hasWildcards(parsePattern(value.text)));
    if (single && exact.length > 1)
      yield warn(item.at, `${item.field!.text} has one value, and cannot be equal to several at once`);
  }
  yield* repeatedValues(item, warn);
}

/** Numbers that no port has. */
function* neverPorts(
  field: Field | undefined,
  values: readonly ScalarNode[],
  warn: Warn,
): Generator<Problem> {
  if (field?.type !== 'port') return;
  for (const { value, at } of values) {
    if (typeof value === 'number' && (value < 0 || value > MAX_PORT))
      yield warn(at, `a port is from 0 to ${MAX_PORT}`);
  }
}

function* repeatedValues({ modifiers, values }: Item, warn: Warn): Generator<Problem> {
  if (values.length < 2 || modifiers.encodings.length > 0) return;
  const fold = modifiers.cased || modifiers.reading !== 'value';
  const seen = new Set<string>();
  for (const { text, at } of values) {
    const key = fold ? text : text.toLowerCase();
    if (seen.has(key)) yield warn(at, `${quote(text)} is given twice`);
    seen.add(key);
  }
  const every =
    modifiers.reading === 'value' && !modifiers.all ? values.find(({ text }) => text === '*') : undefined;
  if (every !== undefined)
    yield warn(every.at, '"*" matches every value: the others make no difference', 'or exists: true');
}

/** Entries of one map, all of which must hold. */
function* lintTogether(items: readonly Item[], warn: Warn): Generator<Problem> {
  const byField = new Map<string, Item[]>();
  for (const item of items) {
    if (item.field === undefined) continue;
    const same = byField.get(item.field.text);
    if (same === undefined) byField.set(item.field.text, [item]);
    else same.push(item);
  }
  for (const [name, same] of byField) {
    if (same.length < 2) continue;
    const absent = same.find(isAbsence);
    const present = same.find(item => !isAbsence(item) && !item.modifiers.neq);
    if (absent !== undefined && present !== undefined)
      yield warn(absent.at, `${name} must be absent and have a value at once`);
    const { low, high, at } = boundsOf(same);
    if (low > high) yield warn(at, `no number fits: ${name} must be from ${low} and up to ${high}`);
  }
}

function isAbsence({ modifiers, values }: Item): boolean {
  if (values.length !== 1 || modifiers.neq) return false;
  if (modifiers.reading === 'exists') return values[0]!.text.toLowerCase() === 'false';
  return values[0]!.value === null;
}

/** The range that comparisons of one field leave; strict and other bounds alike. */
function boundsOf(items: readonly Item[]): {
  readonly low: number;
  readonly high: number;
  readonly at: number;
} {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  const parts = new Set(items.map(({ modifiers }) => modifiers.timePart));
  if (parts.size > 1) return { low, high, at: 0 };
  for (const { modifiers, values } of items) {
    const [first] = values;
    if (values.length !== 1 || typeof first?.value !== 'number') continue;
    const { comparison } = modifiers;
    if (comparison === 'gt' || comparison === 'gte') low = Math.max(low, first.value);
    else if (comparison === 'lt' || comparison === 'lte') high = Math.min(high, first.value);
    else if (modifiers.names.length === 0) {
      low = Math.max(low, first.value);
      high = Math.min(high, first.value);
    }
  }
  return { low, high, at: items[0]!.at };
}
