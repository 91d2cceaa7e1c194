/**
 * Collections of rules in one file (Sigma 1, "Rule Collections", which other engines still read): a document with
 * `action: global` is part of each that follows, until `action: reset`; one with `action: repeat` is the document before
 * it, changed. Maps are joined key by key; of anything else the later one counts.
 *
 * Rules that have their id from such a document would all have the same: those after the first get `-2`, `-3` ….
 * Only in foreign files; Sigma 2 has no such thing. Limit: nodes, since each document carries all of the global one.
 */
import type { MapEntry, MapNode, ScalarNode, YamlNode } from '../yaml/tree.ts';

const ACTION = 'action';
const ACTIONS = ['global', 'reset', 'repeat'];
const MAX_ENTRIES = 50_000;

/** The documents that a file stands for. */
export interface Collection {
  readonly documents: readonly YamlNode[];
  readonly problems: readonly { readonly at: number; readonly message: string; readonly hint?: string }[];
}

/** Whether a document is part of a collection. */
export function isAction(node: YamlNode): boolean {
  return node.kind === 'map' && node.entries.has(ACTION);
}

/** Resolves the actions of a file. */
export function resolveActions(nodes: readonly YamlNode[]): Collection {
  const documents: YamlNode[] = [];
  const problems: { at: number; message: string; hint?: string }[] = [];
  const ids = new Map<string, number>();
  let shared: MapNode | undefined;
  let last: MapNode | undefined;
  let entries = 0;
  for (const node of nodes) {
    if (node.kind !== 'map') {
      documents.push(node);
      continue;
    }
    const entry = node.entries.get(ACTION);
    const action = entry?.value.kind === 'scalar' ? entry.value.text : undefined;
    const own = without(node, ACTION);
    if (entry !== undefined && !ACTIONS.includes(action ?? '')) {
      problems.push({ at: entry.value.at, message: 'action is global, reset or repeat' });
      continue;
    }
    if (action === 'repeat' && last === undefined) {
      problems.push({ at: node.at, message: 'there is no rule before this one to repeat' });
      continue;
    }
    if (action === 'reset') {
      shared = undefined;
      continue;
    }
    if (action === 'global') {
      shared = shared === undefined ? own : join(shared, own);
      continue;
    }
    const base = action === 'repeat' ? last : shared;
    entries += base === undefined ? 0 : countEntries(base);
    if (entries > MAX_ENTRIES) {
      problems.push({
        at: node.at,
        message: `global and repeated documents make more than ${MAX_ENTRIES} entries`,
      });
      break;
    }
    last = base === undefined ? own : join(base, own);
    documents.push(own.entries.has('id') ? last : withOwnId(last, ids));
  }
  return { documents, problems };
}

/** With an id that no document of the file has got from the same place. */
function withOwnId(node: MapNode, ids: Map<string, number>): MapNode {
  const id = node.entries.get('id');
  if (id?.value.kind !== 'scalar') return node;
  const before = ids.get(id.value.text) ?? 0;
  ids.set(id.value.text, before + 1);
  if (before === 0) return node;
  const value: ScalarNode = { ...id.value, text: `${id.value.text}-${before + 1}` };
  return { ...node, entries: new Map([...node.entries, ['id', { ...id, value }]]) };
}

function without(node: MapNode, key: string): MapNode {
  if (!node.entries.has(key)) return node;
  return { ...node, entries: new Map([...node.entries].filter(([name]) => name !== key)) };
}

/** Two maps as one. Positions are those of the later one where it says something. */
function join(base: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(base.entries);
  for (const [key, entry] of over.entries) {
    const known = entries.get(key);
    const both = known?.value.kind === 'map' && entry.value.kind === 'map';
    entries.set(key, both ? { ...entry, value: join(known.value, entry.value) } : entry);
  }
  return { kind: 'map', entries, at: over.at };
}

function countEntries(node: YamlNode): number {
  if (node.kind === 'scalar') return 1;
  const inner = node.kind === 'list' ? node.items : [...node.entries.values()].map(entry => entry.value);
  return inner.reduce((sum, each) => sum + countEntries(each), 1);
}
