/**
 * YAML text of an inventory as a tree whose every value knows where it stands, so that each problem can name file, line
 * and column. YAML 1.2 core schema (yaml.org/spec/1.2.2, chapter 10.3), one document. Tags get no meaning, keys are
 * text and unique, an alias is the value it stands for.
 *
 * Hostile text is bounded before it is composed: the library recurses per level of nesting and dies with the process
 * on deep ones. `MAX_TOKENS`, `MAX_DEPTH`, `MAX_ALIASES`, `MAX_VALUES`; the caller bounds the bytes.
 */
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';

/** Lexical tokens: about 40 per device of four lines. */
export const MAX_TOKENS = 2_500_000;
/** Levels of lists and maps; an inventory has four. */
export const MAX_DEPTH = 16;
export const MAX_ALIASES = 1000;
/** Values after aliases are resolved. */
export const MAX_VALUES = 1_000_000;
/** Problems listed per file. */
const MAX_PROBLEMS = 100;
/** Longer source lines are not shown. */
const MAX_SHOWN_LINE = 240;

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
  readonly #file: string;
  readonly #text: string;
  readonly #starts: number[] = [0];
  readonly #found: { readonly at: number; readonly message: string; readonly hint: string | undefined }[] =
    [];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  add(at: number, message: string, hint?: string): void {
    if (this.#found.length <= MAX_PROBLEMS) this.#found.push({ at, message, hint });
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** 1-based line of an offset. */
  line(at: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** In order of place. */
  list(): Problem[] {
    const shown = this.#found.slice(0, MAX_PROBLEMS).sort((a, b) => a.at - b.at);
    const problems = shown.map(({ at, message, hint }) => this.#problem(at, message, hint));
    if (this.#found.length > MAX_PROBLEMS) {
      problems.push({
        file: this.#file,
        message: `more than ${MAX_PROBLEMS} problems; the rest is not shown`,
      });
    }
    return problems;
  }

  #problem(at: number, message: string, hint: string | undefined): Problem {
    const line = this.line(at);
    const start = this.#starts[line - 1]!;
    const end = this.#starts[line] === undefined ? this.#text.length : this.#starts[line]! - 1;
    const source = this.#text.slice(start, Math.min(end, start + MAX_SHOWN_LINE + 1)).replace(/\r$/, '');
    return {
      message,
      file: this.#file,
      line,
      column: at - start + 1,
      ...(source.length > MAX_SHOWN_LINE ? {} : { source: source.replace(/[^\P{C}\t]/gu, '·') }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}

/** Text from the file for a message: quoted, short, without control characters. */
export function quote(text: string): string {
  return `"${visible(text.length > 80 ? `${text.slice(0, 80)}…` : text)}"`;
}

/** The value of a text; undefined when there were problems, which are in `problems` then. */
export function readTree(text: string, problems: ProblemList): Located | undefined {
  const document = compose(text, problems);
  if (document === undefined) return undefined;
  for (const error of [...document.errors, ...document.warnings]) {
    problems.add(Math.min(error.pos[0], text.length), yamlMessage(error.message));
  }
  if (!problems.isEmpty) return undefined;
  const tree = new TreeReader(problems).read(document.contents as Node | null);
  return problems.isEmpty ? tree : undefined;
}

function compose(text: string, problems: ProblemList): Document | undefined {
  const parser = new Parser();
  const parsed = [];
  let tokens = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    parsed.push(...parser.next(lexeme));
    offset = Math.min(parser.offset, text.length);
    // The stack holds a list or map and, below it, the value being read.
    if (parser.stack.length > 2 * MAX_DEPTH) {
      problems.add(offset, `nested more than ${MAX_DEPTH} deep`);
      return undefined;
    }
    if (++tokens > MAX_TOKENS) {
      problems.add(offset, `more than ${MAX_TOKENS} words and signs`);
      return undefined;
    }
  }
  parsed.push(...parser.end());
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    // The library compares each key with every other; the tree reader does it with a Map.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
  });
  let first: Document | undefined;
  for (const document of composer.compose(parsed)) {
    if (first !== undefined) {
      problems.add(document.range[0], 'a second document begins here; an inventory is one');
      return undefined;
    }
    first = document;
  }
  if (first === undefined) problems.add(0, 'the file is empty');
  return first;
}

/** First line of the library's message, in our form. */
function yamlMessage(message: string): string {
  const first = visible((message.split('\n')[0] ?? '').slice(0, 200));
  return `not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/\.$/, '');
}

const NO_CHILDREN: ReadonlyMap<string | number, Located> = new Map();

/** The library's tree as ours. Stops at the first limit. */
class TreeReader {
  readonly #problems: ProblemList;
  readonly #anchors = new Map<string, Node>();
  #values = 0;
  #aliases = 0;
  #stopped = false;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  read(root: Node | null): Located | undefined {
    return this.#read(root, 0, 0, undefined);
  }

  #stop(at: number, message: string): undefined {
    if (!this.#stopped) this.#problems.add(at, message);
    this.#stopped = true;
    return undefined;
  }

  /** @param fallback offset for a value that is not written at all */
  #read(node: Node | null, depth: number, fallback: number, keyAt: number | undefined): Located | undefined {
    const at = node?.range?.[0] ?? fallback;
    if (this.#stopped) return undefined;
    if (depth > MAX_DEPTH) return this.#stop(at, `nested more than ${MAX_DEPTH} deep`);
    if (++this.#values > MAX_VALUES) return this.#stop(at, `more than ${MAX_VALUES} values`);
    const place = { at, keyAt: keyAt ?? at };
    if (node === null) return { ...place, value: null, children: NO_CHILDREN };
    if (isAlias(node)) {
      if (++this.#aliases > MAX_ALIASES) return this.#stop(at, `more than ${MAX_ALIASES} aliases`);
      const target = this.#anchors.get(node.source);
      if (target === undefined)
        return this.#stop(at, `no anchor named ${quote(node.source)} before this alias`);
      return this.#read(target, depth + 1, at, keyAt);
    }
    const result = this.#readContent(node, depth, place);
    // Only now: a value that holds an alias of itself has no end.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return result;
  }

  #readContent(node: Node, depth: number, place: { at: number; keyAt: number }): Located | undefined {
    if (isScalar(node)) return { ...place, value: node.value, children: NO_CHILDREN };
    const children = new Map<string | number, Located>();
    if (isSeq<Node | null>(node)) {
      for (const item of node.items) {
        const child = this.#read(item, depth + 1, place.at, undefined);
        if (child === undefined) return undefined;
        children.set(children.size, child);
      }
      return { ...place, value: Array.from(children.values(), child => child.value), children };
    }
    if (!isMap<Node | null, Node | null>(node)) return this.#stop(place.at, 'a value was expected');
    const value: Record<string, unknown> = Object.create(null);
    for (const { key, value: content } of node.items) {
      const keyAt = key?.range?.[0] ?? place.at;
      if (!isScalar(key)) return this.#stop(keyAt, 'a key must be plain text');
      const name = key.source ?? String(key.value);
      if (children.has(name)) this.#problems.add(keyAt, `the key ${quote(name)} is given twice`);
      if (name === '__proto__') this.#problems.add(keyAt, 'the key "__proto__" cannot be used');
      const child = this.#read(content, depth + 1, keyAt, keyAt);
      if (child === undefined) return undefined;
      children.set(name, child);
      if (child.value !== null) value[name] = child.value;
    }
    return { ...place, value, children };
  }
}
