/**
 * One `field|modifiers: values` entry bound to a stream: the test that its field type, modifiers and values ask for, or
 * the problems that speak against it. How values compare with each type of field:
 *
 * | field              | values                                                                              |
 * | ------------------ | ----------------------------------------------------------------------------------- |
 * | text, enum         | Sigma strings, case-insensitive                                                     |
 * | addr               | the same, addresses in canonical form; ranges need `cidr`                           |
 * | numbers            | numbers, also written as text; wildcards and contains … on the decimal text         |
 * | bool               | true and false                                                                      |
 * | time               | seconds since 1970; minute … year in the site's time zone                           |
 * | set, vector        | as their elements; any element will do                                              |
 * | token              | only null, exists and fieldref: the value itself is not there to be compared        |
 *
 * An absent field matches `null`, `exists: false` and whatever `neq` negates, and nothing else.
 */
import {
  absentTest,
  anyOf,
  anyTextTest,
  boolTest,
  complement,
  pairTest,
  type Test,
  textTest,
} from '../model/column-tests.ts';
import type { Field } from '../model/schema.ts';
import { addressTest } from '../net/address-test.ts';
import { type Cidr, parseCidr } from '../net/cidr.ts';
import { quote } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { compileNumber, compileOrder } from './compile-number.ts';
import { compileText } from './compile-text.ts';
import type { Node, TestNode } from './evaluate.ts';
import {
  expanded,
  FAMILY_NAMES,
  type Family,
  familyOf,
  findField,
  type ItemContext,
} from './item-context.ts';
import { eitherNeeds, type KnownTest } from './needs.ts';
import { literalText } from './pattern.ts';
import type { Item } from './rule.ts';

/** Compiles an entry; undefined when it has problems, which were complained about. */
export function compileItem(item: Item, context: ItemContext): Node | undefined {
  const parts: TestNode[] = [];
  if (item.field === undefined) {
    if (!checkKeywordModifiers(item, context)) return undefined;
    const fields = context.schema.names.filter(
      name => familyOf(context.schema.fields[name]!.type) === 'text',
    );
    for (const values of groups(item)) {
      const test = compileText(item, values, undefined, context);
      if (test === undefined) return undefined;
      const needs = eitherNeeds(fields.map(test.needs));
      parts.push(
        testNode(item, values, fields, { test: anyTextTest(fields, test.test, test.folded), needs }),
      );
    }
  } else {
    const field = findField(context, item.field.text, item.field.at);
    if (field === undefined) return undefined;
    for (const values of groups(item)) {
      const test = compileValues(item, values, field, context);
      if (test === undefined) return undefined;
      const others = item.modifiers.reading === 'fieldref' ? values.map(value => value.text) : [];
      parts.push(testNode(item, values, [item.field.text, ...others], test));
    }
  }
  const node: Node = parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  return item.modifiers.neq ? { kind: 'not', part: node } : node;
}

/** With `all` each value is a test of its own, else all values are one. */
function groups(item: Item): readonly (readonly ScalarNode[])[] {
  return item.modifiers.all ? item.values.map(value => [value]) : [item.values];
}

function testNode(
  item: Item,
  values: readonly ScalarNode[],
  fields: readonly string[],
  { test, needs }: KnownTest,
): TestNode {
  const shown = values.slice(0, 5).map(value => value.text || (value.value === null ? 'null' : "''"));
  const more = values.length > 5 ? `, … (${values.length})` : '';
  const name = [item.field?.text ?? 'keywords', ...item.modifiers.names].join('|');
  return { kind: 'test', text: `${name}: ${shown.join(', ')}${more}`, fields, test, needs };
}

function checkKeywordModifiers(item: Item, context: ItemContext): boolean {
  const { reading, timePart, comparison } = item.modifiers;
  const misplaced = reading === 'value' || reading === 're' ? (timePart ?? comparison) : reading;
  if (misplaced !== undefined) context.complain(item.at, `${misplaced} needs a field in front of it`);
  return misplaced === undefined;
}

function compileValues(
  item: Item,
  values: readonly ScalarNode[],
  field: Field,
  context: ItemContext,
): KnownTest | undefined {
  const name = item.field!.text;
  const { reading, timePart, comparison } = item.modifiers;
  if (reading === 'exists') return unknown(compileExists(values, name, context));
  if (reading === 'fieldref') return unknown(compileFieldRef(item, values, name, context));
  if (values.length === 1 && values[0]!.value === null) return unknown(compileNull(item, name, context));
  const family = familyOf(field.type);
  if (timePart !== undefined || comparison !== undefined)
    return unknown(compileOrder(item, values, name, family, context));
  if (reading === 'cidr') return unknown(compileCidr(item, values, name, family, context));
  if (family === 'bool') return unknown(compileBool(item, values, name, context));
  if (family === 'token' || (family === 'time' && reading === 're')) {
    const hint = family === 'time' ? 'use minute … year, or lt … gte' : 'use null, exists or fieldref';
    context.complain(item.at, `${name} ${FAMILY_NAMES[family]}`, hint);
    return undefined;
  }
  if (family !== 'text' && reading === 'value') return compileNumber(item, values, name, family, context);
  const text = compileText(item, values, { name, type: field.type }, context);
  if (text === undefined) return undefined;
  // The decimal text of numbers is not indexed.
  return {
    test: textTest(name, text.test, text.folded),
    needs: family === 'text' ? text.needs(name) : undefined,
  };
}

/** Nothing is known of what a record must have. */
function unknown(test: Test | undefined): KnownTest | undefined {
  return test && { test, needs: undefined };
}

function compileExists(values: readonly ScalarNode[], name: string, context: ItemContext): Test | undefined {
  const value = values.length === 1 ? asBool(values[0]!) : undefined;
  if (value === undefined) {
    context.complain(values[0]!.at, 'exists takes true or false');
    return undefined;
  }
  const absent = absentTest(name);
  return value ? (batch, within) => complement(absent(batch, within)) : absent;
}

function compileNull(item: Item, name: string, context: ItemContext): Test | undefined {
  const other = item.modifiers.names.find(modifier => modifier !== 'neq');
  if (other !== undefined) {
    context.complain(item.at, `null cannot be combined with ${other}`);
    return undefined;
  }
  return absentTest(name);
}

function compileFieldRef(
  item: Item,
  values: readonly ScalarNode[],
  name: string,
  context: ItemContext,
): Test | undefined {
  const { anchor, cased } = item.modifiers;
  const compare = (a: string, b: string): boolean => {
    if (anchor === 'contains') return a.includes(b);
    if (anchor === 'startswith') return a.startsWith(b);
    return anchor === 'endswith' ? a.endsWith(b) : a === b;
  };
  const fields = values
    .filter(value => findField(context, value.text, value.at) !== undefined)
    .map(value => value.text);
  if (fields.length < values.length) return undefined;
  const tests = fields.map(other => pairTest(name, other, compare, !cased));
  return anyOf(tests);
}

function compileCidr(
  item: Item,
  values: readonly ScalarNode[],
  name: string,
  family: Family,
  context: ItemContext,
): Test | undefined {
  if (family !== 'text') {
    context.complain(item.at, `cidr needs addresses, and ${name} ${FAMILY_NAMES[family]}`);
    return undefined;
  }
  const ranges: Cidr[] = [];
  let broken = false;
  for (const value of values) {
    const texts = item.modifiers.expand ? expanded(value, context)?.map(literalText) : [value.text];
    if (texts === undefined) broken = true;
    for (const text of texts ?? []) {
      const range = parseCidr(text);
      if (range !== undefined) ranges.push(range);
      else {
        broken = true;
        context.complain(
          value.at,
          `${quote(text)} is not an address range`,
          'write 10.1.0.0/16 or 2001:db8::/32',
        );
      }
    }
  }
  return broken ? undefined : textTest(name, addressTest(ranges), false);
}

function compileBool(
  item: Item,
  values: readonly ScalarNode[],
  name: string,
  context: ItemContext,
): Test | undefined {
  const modifier = item.modifiers.names.find(other => other !== 'neq');
  if (modifier !== undefined) {
    context.complain(item.at, `${modifier} needs text, and ${name} ${FAMILY_NAMES.bool}`);
    return undefined;
  }
  const wanted = values.map(asBool);
  for (const [i, value] of values.entries()) {
    if (wanted[i] === undefined)
      context.complain(value.at, `${name} ${FAMILY_NAMES.bool}, never ${quote(value.text)}`);
  }
  if (wanted.includes(undefined)) return undefined;
  return anyOf(wanted.map(value => boolTest(name, value === true)));
}

function asBool(value: ScalarNode): boolean | undefined {
  if (typeof value.value === 'boolean') return value.value;
  const text = value.text.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
