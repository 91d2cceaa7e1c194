/**
 * The YAML of an inventory as plain values that a schema can judge, each with its place in the file. One document; keys are
 * text and unique, an alias is the value it stands for. Limits: `INVENTORY_LIMITS`; the caller bounds the bytes.
 */
import { type Problem, UserError } from '../errors.ts';
import { quote, type SourceText, ProblemList as YamlProblems } from '../yaml/source.ts';
import { parseYaml, type YamlLimits, type YamlNode } from '../yaml/tree.ts';

/** More problems of one text are not kept. */
const MAX_KEPT = 1000;

export const INVENTORY_LIMITS: YamlLimits = {
  lines: Number.POSITIVE_INFINITY,
  /** About 40 per device of four lines. */
  tokens: 2_500_000,
  documents: 2,
  aliases: 1000,
  /** An inventory has four levels. */
  depth: 16,
  nodes: 1_000_000,
};

/** A value with its place. Offsets are characters from the beginning of the text. */
export interface Located {
  /** A scalar, an array, or an object without prototype; null entries of maps are left out. */
  readonly value: unknown;
  readonly at: number;
  /** Where its key stands; for elements of lists where the element does. */
  readonly keyAt: number;
  /** Elements and entries, null ones included. */
  readonly children: ReadonlyMap<string | number, Located>;
}

/** Problems of one text, by offset. */
export class ProblemList {
  readonly #source: SourceText;
  readonly #found: { readonly at: number; readonly message: string; readonly hint: string | undefined }[] =
    [];

  constructor(source: SourceText) {
    this.#source = source;
  }

  add(at: number, message: string, hint?: string): void {
    if (this.#found.length < MAX_KEPT) this.#found.push({ at, message, hint });
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** 1-based line of an offset. */
  line(at: number): number {
    return this.#source.line(at);
  }

  /** In order of place. */
  list(): readonly Problem[] {
    const problems = new YamlProblems();
    for (const { at, message, hint } of this.#found.sort((a, b) => a.at - b.at))
      problems.add(this.#source.problem(at, message, { hint }));
    return problems.list;
  }
}

/**
 * The value of a text, and where problems of it are collected; `file` names it in messages.
 * @throws UserError when it is no YAML, or not one document
 */
export function readTree(file: string, text: string): { root: Located; problems: ProblemList } {
  const { source, documents, problems: wrong } = parseYaml(file, text, INVENTORY_LIMITS);
  if (wrong.length > 0) throw new UserError(wrong);
  const [root, second] = documents;
  const problems = new ProblemList(source);
  if (root === undefined) problems.add(0, 'the file is empty');
  else if (second !== undefined)
    problems.add(second.at, 'a second document begins here; an inventory is one');
  const tree = root && located(root, root.at, problems);
  if (tree === undefined || !problems.isEmpty) throw new UserError(problems.list());
  return { root: tree, problems };
}

const NO_CHILDREN: Located['children'] = new Map();

function located(node: YamlNode, keyAt: number, problems: ProblemList): Located {
  const { at } = node;
  if (node.kind === 'scalar') return { value: node.value, at, keyAt, children: NO_CHILDREN };
  const children = new Map<string | number, Located>();
  if (node.kind === 'list') {
    for (const item of node.items) children.set(children.size, located(item, item.at, problems));
    return { value: Array.from(children.values(), child => child.value), at, keyAt, children };
  }
  const value: Record<string, unknown> = Object.create(null);
  for (const entry of node.entries.values()) {
    if (entry.key === '__proto__') problems.add(entry.keyAt, `the key ${quote(entry.key)} cannot be used`);
    const child = located(entry.value, entry.keyAt, problems);
    children.set(entry.key, child);
    if (child.value !== null) value[entry.key] = child.value;
  }
  return { value, at, keyAt, children };
}
