/**
 * Entries over text: Sigma strings with their encodings and placeholders, and regular expressions. All values of an
 * entry become one test, so that each distinct text is looked at once.
 */
import type { TextTest } from '../model/column-tests.ts';
import { closedValues } from '../model/device.ts';
import { compileRegex } from '../model/regex.ts';
import type { FieldType } from '../model/schema.ts';
import { parseAddress, parseCidr } from '../net/cidr.ts';
import { didYouMean } from '../yaml/reader.ts';
import { quote } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { encode } from './encode.ts';
import { domainEntries, isDomainField, isWholePlaceholder, labelTest } from './expand.ts';
import { expanded, type ItemContext } from './item-context.ts';
import { eitherNeeds, type Needs, nameNeeds, patternNeeds, regexNeeds } from './needs.ts';
import {
  anchored,
  compilePatterns,
  hasWildcards,
  literalText,
  type Pattern,
  parsePattern,
} from './pattern.ts';
import type { Item } from './rule.ts';

/** A test of text, and whether it wants the text folded. */
export interface FoldedTest {
  readonly test: TextTest;
  /** The text must be given in lower case. */
  readonly folded: boolean;
  /** What one of the given fields must hold for it. */
  needs(field: string): Needs;
}

/** Sigma strings and regular expressions; `field` is undefined for keywords, which are searched for. */
export function compileText(
  item: Item,
  values: readonly ScalarNode[],
  field: { readonly name: string; readonly type: FieldType } | undefined,
  context: ItemContext,
): FoldedTest | undefined {
  const { reading, flags, cased, anchor } = item.modifiers;
  if (reading === 're') {
    const tests: TextTest[] = [];
    for (const value of values) {
      const compiled = compileRegex(value.text, flags);
      if (typeof compiled === 'function') tests.push(compiled);
      else context.complain(value.at, compiled.message, compiled.hint);
    }
    if (tests.length < values.length) return undefined;
    return {
      test: tests.length === 1 ? tests[0]! : text => tests.some(test => test(text)),
      folded: false,
      needs: name =>
        regexNeeds(
          name,
          values.map(value => value.text),
          flags,
        ),
    };
  }
  const place = field === undefined ? 'contains' : anchor;
  const patterns: Pattern[] = [];
  const names = new Set<string>();
  let broken = false;
  for (const value of values) {
    const given = variantsOf(item, value, context);
    if (given === undefined) {
      broken = true;
    } else if (field !== undefined && isLabelled(item, value, field.name)) {
      const entries = domainEntries(given);
      for (const name of entries.names) names.add(name);
      patterns.push(...entries.globs);
    } else {
      for (const pattern of given) {
        const checked = place === 'equals' ? checkWhole(item, value, pattern, field, context) : pattern;
        if (checked === undefined) broken = true;
        else patterns.push(anchored(checked, place));
      }
    }
  }
  if (broken) return undefined;
  const plain = compilePatterns(patterns, !cased);
  const plainNeeds = (name: string): Needs => patternNeeds(name, patterns, cased);
  if (names.size === 0) return { test: plain, folded: !cased, needs: plainNeeds };
  const labels = labelTest(names);
  return {
    test: text => labels(text) || plain(text),
    folded: true,
    needs: name => eitherNeeds([nameNeeds(name, names), plainNeeds(name)]),
  };
}

/** Whether a placeholder is compared label by label. */
function isLabelled(item: Item, value: ScalarNode, field: string): boolean {
  const { expand, anchor, cased } = item.modifiers;
  return expand && anchor === 'equals' && !cased && isDomainField(field) && isWholePlaceholder(value.text);
}

function variantsOf(item: Item, value: ScalarNode, context: ItemContext): readonly Pattern[] | undefined {
  if (item.modifiers.expand) return expanded(value, context);
  const pattern = parsePattern(value.text);
  if (item.modifiers.encodings.length === 0) return [pattern];
  const variants = encode(pattern, item.modifiers.encodings);
  if (!('message' in variants)) return variants;
  context.complain(value.at, variants.message, variants.hint);
  return undefined;
}

/** A value that must equal the whole field: addresses become canonical, slips that could never match are caught. */
function checkWhole(
  item: Item,
  value: ScalarNode,
  pattern: Pattern,
  field: { readonly name: string; readonly type: FieldType } | undefined,
  context: ItemContext,
): Pattern | undefined {
  if (field === undefined || hasWildcards(pattern) || item.modifiers.encodings.length > 0) return pattern;
  const text = literalText(pattern);
  if (field.type === 'addr') {
    const address = parseAddress(text);
    if (address !== undefined) return [address];
    if (item.modifiers.expand) return pattern;
    const hint = parseCidr(text) === undefined ? undefined : `write ${field.name}|cidr`;
    context.complain(value.at, `${field.name} holds addresses, never ${quote(text)}`, hint);
    return undefined;
  }
  const known = context.strict ? closedValues(field.name) : undefined;
  if (known === undefined || known.includes(text.toLowerCase())) return pattern;
  const hint = didYouMean(text, known) ?? `one of ${known.join(', ')}`;
  context.complain(value.at, `${field.name} is never ${quote(text)}`, hint);
  return undefined;
}
