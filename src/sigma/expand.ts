/**
 * Placeholders of the `expand` modifier (Sigma Rules Specification 2.1, "Placeholders"): `%name%` stands for the
 * values of a list of the inventory or configuration; `\%` is a plain percent sign. List values are Sigma strings.
 *
 * Domain fields compare a value that is one placeholder by labels: `vendor.example` stands for itself and every name
 * below it, never for `notvendor.example`. An entry with a wildcard is taken as written.
 *
 * A name no list has is an error when there is an inventory, and an empty list with a warning when there is none. The
 * lists that the shipped packs use are optional: without one, nothing is on it.
 */
import { nearest } from '../errors.ts';
import type { TextTest } from '../model/column-tests.ts';
import { quote } from '../yaml/source.ts';
import { hasWildcards, literalText, type Pattern, parsePattern } from './pattern.ts';

/** Lists that the shipped packs use; an inventory need not have them. */
export const STANDARD_LISTS: readonly string[] = [
  'approved_cloud',
  'building_management',
  'dicom_destinations',
  'information_centres',
];

const MAX_EXPANDED = 100_000;
const PLACEHOLDER = /(?<!\\)%([A-Za-z0-9_.-]+)(?<!\\)%/g;

/** Lists of the inventory or configuration by name. */
export type Lists = ReadonlyMap<string, readonly string[]>;

/** A value with its placeholders replaced. */
export interface Expanded {
  readonly patterns: readonly Pattern[];
  readonly problems: readonly ExpandProblem[];
}

/** A placeholder that could not be replaced, or only by nothing. */
export interface ExpandProblem {
  /** Where in the value the placeholder stands. */
  readonly index: number;
  readonly message: string;
  readonly hint: string | undefined;
  readonly warning: boolean;
}

/** Replaces every placeholder of a value. `lists` is undefined when no inventory was given. */
export function expandValue(value: string, lists: Lists | undefined): Expanded {
  const problems: ExpandProblem[] = [];
  let texts = [''];
  let from = 0;
  for (const match of value.matchAll(PLACEHOLDER)) {
    const between = plain(value.slice(from, match.index));
    const found = listValues(match[1]!, match.index, lists, problems);
    from = match.index + match[0].length;
    if (texts.length * found.length > MAX_EXPANDED) {
      const message = `the placeholders make more than ${MAX_EXPANDED} values`;
      return { patterns: [], problems: [{ index: match.index, message, hint: undefined, warning: false }] };
    }
    texts = texts.flatMap(text => found.map(entry => text + between + entry));
  }
  if (from === 0) {
    const hint = 'a placeholder is written %name%';
    problems.push({ index: 0, message: 'expand without a placeholder', hint, warning: false });
  }
  const rest = plain(value.slice(from));
  return { patterns: texts.map(text => parsePattern(text + rest)), problems };
}

function plain(text: string): string {
  return text.replace(/\\%/g, '%');
}

function listValues(
  name: string,
  index: number,
  lists: Lists | undefined,
  problems: ExpandProblem[],
): readonly string[] {
  const found = lists?.get(name);
  if (found !== undefined) return found;
  const message = `no list named ${quote(name)}`;
  if (STANDARD_LISTS.includes(name)) return [];
  if (lists === undefined) {
    problems.push({ index, message, hint: 'without an inventory it is empty', warning: true });
  } else {
    const near = nearest(name, lists.keys());
    const known = [...lists.keys()].slice(0, 20).join(', ');
    const all = known === '' ? 'the inventory has no lists' : `known lists: ${known}`;
    problems.push({
      index,
      message,
      hint: near === undefined ? all : `did you mean ${near}? ${all}`,
      warning: false,
    });
  }
  return [];
}

/** Names of the lists that a value stands for. */
export function placeholdersIn(value: string): readonly string[] {
  return Array.from(value.matchAll(PLACEHOLDER), match => match[1]!);
}

/** Whether a value is one placeholder and nothing else. */
export function isWholePlaceholder(value: string): boolean {
  return /^%[A-Za-z0-9_.-]+%$/.test(value);
}

/** Fields that hold names of the domain name system. */
export function isDomainField(field: string): boolean {
  return field.endsWith('domain') || field === 'query' || field === 'host' || field === 'server_name';
}

/** Splits list entries into names, compared by labels, and patterns with wildcards. */
export function domainEntries(patterns: readonly Pattern[]): {
  names: ReadonlySet<string>;
  globs: readonly Pattern[];
} {
  const names = new Set<string>();
  for (const pattern of patterns) {
    const name = literalText(pattern)
      .toLowerCase()
      .replace(/^\.+|\.+$/g, '');
    if (!hasWildcards(pattern) && name !== '') names.add(name);
  }
  return { names, globs: patterns.filter(hasWildcards) };
}

/** Whether the text, or a name above it, is one of the names. The text is folded. */
export function labelTest(names: ReadonlySet<string>): TextTest {
  const longest = Math.max(0, ...[...names].map(name => name.length));
  return text => {
    if (names.has(text)) return true;
    // Suffixes longer than every name need no look: a text of dots from the wire stays cheap.
    const from = Math.max(0, text.length - longest - 1);
    for (let dot = text.indexOf('.', from); dot >= 0; dot = text.indexOf('.', dot + 1)) {
      if (names.has(text.slice(dot + 1))) return true;
    }
    return false;
  };
}
