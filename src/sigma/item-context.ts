/**
 * What compiling one entry of a selection needs to know, and the vocabulary its parts share: families of field types,
 * finding a field, complaints, placeholders.
 */
import type { Field, FieldType, StreamSchema } from '../model/schema.ts';
import { didYouMean } from '../yaml/reader.ts';
import { quote, type SourceText } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import { expandValue, type Lists } from './expand.ts';
import type { Pattern } from './pattern.ts';
import type { PartOf } from './time-parts.ts';

/** How a rule fails: wrong in itself, or right but about fields and streams that are not here. */
export type Severity = 'error' | 'inapplicable' | 'warning';

/** What an entry is compiled against. */
export interface ItemContext {
  readonly schema: StreamSchema;
  readonly source: SourceText;
  readonly strict: boolean;
  readonly lists: Lists | undefined;
  readonly partOf: PartOf;
  complain(at: number, message: string, hint?: string | undefined, severity?: Severity): void;
}

/** Field types that compare alike. */
export type Family = 'text' | 'number' | 'bool' | 'time' | 'token';

/** Which values a field of this type is compared with. */
export function familyOf(type: FieldType): Family {
  switch (type) {
    case 'addr':
    case 'enum':
    case 'string':
    case 'set[string]':
    case 'vector[string]':
      return 'text';
    case 'token':
    case 'set[token]':
      return 'token';
    case 'bool':
    case 'time':
      return type;
    default:
      return 'number';
  }
}

/** How messages put it: “number holds numbers”. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = {
  text: 'holds text',
  number: 'holds numbers',
  bool: 'is true or false',
  time: 'is a point in time',
  token: 'holds tokens, never the value itself',
};

/** Looks a field up in the stream of the rule; a missing one is a problem. */
export function findField(context: ItemContext, name: string, at: number): Field | undefined {
  const { schema } = context;
  if (Object.hasOwn(schema.fields, name)) return schema.fields[name];
  const hint = didYouMean(name, schema.names);
  const severity = context.strict ? 'error' : 'inapplicable';
  context.complain(at, `the stream ${schema.name} has no field ${quote(name)}`, hint, severity);
  return undefined;
}

/** The value with its placeholders replaced; undefined when that failed. */
export function expanded(value: ScalarNode, context: ItemContext): readonly Pattern[] | undefined {
  const result = expandValue(value.text, context.lists);
  for (const { index, message, hint, warning } of result.problems) {
    context.complain(context.source.within(value, index), message, hint, warning ? 'warning' : 'error');
  }
  return result.problems.some(problem => !problem.warning) ? undefined : result.patterns;
}
