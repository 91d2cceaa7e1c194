/**
 * Typed access to the keys of a YAML map, with a problem for each that is missing, unknown or of the wrong kind.
 * Used for rules, rule tests and signatures alike.
 */
import { nearest } from '../errors.ts';
import { type Located, type ProblemList, quote, type SourceText } from './source.ts';
import type { MapEntry, MapNode, YamlNode } from './tree.ts';

/** Where problems go, and the text they are shown in. */
export interface Reader {
  readonly source: SourceText;
  readonly problems: ProblemList;
}

/** Adds an error at an offset. */
export function complain(reader: Reader, at: number, message: string, hint?: string): void {
  reader.problems.add(reader.source.problem(at, message, { hint }));
}

/** "did you mean …?" when one of the names is close, else nothing. */
export function didYouMean(word: string, names: Iterable<string>): string | undefined {
  const near = nearest(word, names);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** Complains about keys that are not in `known`. */
export function checkKeys(reader: Reader, map: MapNode, known: readonly string[], what: string): void {
  for (const entry of map.entries.values()) {
    if (known.includes(entry.key)) continue;
    const hint = didYouMean(entry.key, known) ?? `known keys: ${known.join(', ')}`;
    complain(reader, entry.keyAt, `unknown key ${quote(entry.key)} in ${what}`, hint);
  }
}

/** The entry of a key; a missing or empty one is a problem. */
export function required(reader: Reader, map: MapNode, key: string, what: string): MapEntry | undefined {
  const entry = map.entries.get(key);
  if (entry !== undefined && !(entry.value.kind === 'scalar' && entry.value.value === null)) return entry;
  complain(reader, map.at, `${what} has no ${key}`);
  return undefined;
}

/** A text value; undefined when the key is missing, has no value, or, with a problem, is not one. */
export function readText(reader: Reader, map: MapNode, key: string): Located | undefined {
  const node = map.entries.get(key)?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined;
  if (node.kind === 'scalar') return { text: node.text, at: node.at };
  complain(reader, node.at, `${key} must be text`);
  return undefined;
}

/** A text that must be one of a few; `what` names it in messages. */
export function readChoice<T extends string>(
  reader: Reader,
  map: MapNode,
  key: string,
  choices: readonly T[],
  what = key,
): T | undefined {
  const found = readText(reader, map, key);
  if (found === undefined) return undefined;
  const choice = choices.find(each => each === found.text);
  if (choice === undefined) {
    const hint = didYouMean(found.text, choices) ?? `one of ${choices.join(', ')}`;
    complain(reader, found.at, `${quote(found.text)} is not a ${what}`, hint);
  }
  return choice;
}

/** A list of texts; a single text counts as a list of one. */
export function readTexts(reader: Reader, map: MapNode, key: string): readonly Located[] {
  const node = map.entries.get(key)?.value;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind === 'scalar') return [{ text: node.text, at: node.at }];
  if (node.kind === 'map') {
    complain(reader, node.at, `${key} must be a list of texts`);
    return [];
  }
  const texts: Located[] = [];
  for (const item of node.items) {
    if (item.kind === 'scalar' && item.value !== null) texts.push({ text: item.text, at: item.at });
    else complain(reader, item.at, `an element of ${key} must be text`);
  }
  return texts;
}

/** A map; undefined when the key is missing or, with a problem, is not one. */
export function readMap(reader: Reader, map: MapNode, key: string): MapNode | undefined {
  const node = map.entries.get(key)?.value;
  if (node === undefined) return undefined;
  if (node.kind === 'map') return node;
  complain(reader, node.at, `${key} must be a map`);
  return undefined;
}

/** The node as a map, with a problem when it is none. */
export function asMap(reader: Reader, node: YamlNode, what: string): MapNode | undefined {
  if (node.kind === 'map') return node;
  complain(reader, node.at, `${what} must be a map`);
  return undefined;
}
