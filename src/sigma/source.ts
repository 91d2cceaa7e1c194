/**
 * YAML text of rules and rule tests, as a tree whose every node knows where it stands, so that each problem can name
 * file, line and column. YAML 1.2 core schema (yaml.org/spec/1.2.2, chapter 10.3); one file may hold many documents.
 *
 * Hostile text is bounded: bytes (by the caller), lines, tokens, documents, aliases, depth, nodes after aliases are
 * resolved, and problems per file. Keys must be unique and become Map keys, so `__proto__` is a key like any other.
 * Keys are compared as written; tags and directives get no meaning.
 */
import { Composer, type CST, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';

/** Larger rule files are not read. */
export const MAX_FILE_BYTES = 1 << 20;
const MAX_LINES = 50_000;
/** Lexical tokens: a line of a rule has about six. */
const MAX_TOKENS = 400_000;
const MAX_DOCUMENTS = 2_000;
const MAX_ALIASES = 100;
const MAX_DEPTH = 24;
const MAX_NODES = 100_000;
const MAX_PROBLEMS = 100;
/** Longer source lines are left out of messages. */
const MAX_SHOWN_LINE = 240;

/** Values of the YAML core schema. */
export type ScalarValue = string | number | boolean | null;

/** A YAML scalar. `at` is, as in all nodes, the offset in the file. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** As written, without quotes: `1.0` stays `1.0` although its value is 1. */
  readonly text: string;
  readonly at: number;
}

/** A YAML sequence. */
export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly at: number;
}

/** A key and its value. */
export interface MapEntry {
  readonly key: string;
  readonly keyAt: number;
  readonly value: YamlNode;
}

/** A YAML mapping; keys as written, in order. */
export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly at: number;
}

/** Any YAML value with its place. */
export type YamlNode = ScalarNode | ListNode | MapNode;

/** A text with positions. */
export interface SourceText {
  readonly file: string;
  /** 1-based line of an offset. */
  line(at: number): number;
  /** A problem at an offset, with its line shown. */
  problem(
    at: number,
    message: string,
    more?: { readonly hint?: string | undefined; readonly warning?: boolean },
  ): Problem;
  /** Offset of character `index` of a scalar's value, or of the scalar when its text was folded or escaped. */
  within(scalar: ScalarNode, index: number): number;
  /** Offset of character `index` of a key. */
  withinKey(entry: MapEntry, index: number): number;
}

/** Collects the problems of one file, up to a limit, so that a hostile file cannot flood the terminal. */
export class ProblemList {
  readonly list: Problem[] = [];

  add(problem: Problem): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push(problem);
    else if (this.list.length === MAX_PROBLEMS) {
      const place = problem.file === undefined ? {} : { file: problem.file };
      this.list.push({ ...place, message: `more than ${MAX_PROBLEMS} problems; the rest is not shown` });
    }
  }

  get hasErrors(): boolean {
    return this.list.some(problem => problem.severity !== 'warning');
  }
}

/** A name from a file for a message: quoted, short, without control characters. */
export function quote(name: string): string {
  return `"${visible(name.length > 80 ? `${name.slice(0, 80)}…` : name)}"`;
}

/** A source line with every control and invisible character as one dot, so that the caret stays where it belongs. */
function shownLine(line: string): string {
  return line.replace(/\r$/, '').replace(/[\s\S]/gu, char => (visible(char) === char ? char : '·'));
}

/** Positions for a text. */
export function sourceText(file: string, text: string): SourceText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);

  const line = (at: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };

  const inside = (at: number, shown: string, index: number): number => {
    const quoted = text[at] === '"' || text[at] === "'" ? 1 : 0;
    return text.startsWith(shown, at + quoted) ? at + quoted + index : at;
  };

  return {
    file,
    line,
    problem(at, message, more = {}) {
      const number = line(at);
      const start = starts[number - 1]!;
      const end = starts[number] === undefined ? text.length : starts[number]! - 1;
      const source = text.slice(start, Math.min(end, start + MAX_SHOWN_LINE + 1));
      return {
        message,
        file,
        line: number,
        column: at - start + 1,
        ...(source.length > MAX_SHOWN_LINE ? {} : { source: shownLine(source) }),
        ...(more.hint === undefined ? {} : { hint: more.hint }),
        ...(more.warning === true ? { severity: 'warning' as const } : {}),
      };
    },
    within: (scalar, index) => inside(scalar.at, scalar.text, index),
    withinKey: (entry, index) => inside(entry.keyAt, entry.key, index),
  };
}

/** The documents of a file, or its problems. */
export interface ParsedYaml {
  readonly source: SourceText;
  /** Documents that are not empty. */
  readonly documents: readonly YamlNode[];
  readonly problems: readonly Problem[];
}

/** Parses all documents of a file. A file with any problem yields no documents. */
export function parseYaml(file: string, text: string): ParsedYaml {
  const source = sourceText(file, text);
  const refuse = (at: number, message: string): ParsedYaml => ({
    source,
    documents: [],
    problems: [source.problem(at, message)],
  });
  if (source.line(text.length) > MAX_LINES) return refuse(0, `more than ${MAX_LINES} lines`);
  let lexical = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++lexical > MAX_TOKENS) return refuse(0, `more than ${MAX_TOKENS} YAML tokens`);
  }
  const tokens = [...new Parser().parse(text)];
  const excess = excessive(tokens);
  if (excess !== undefined) return refuse(excess.at, excess.message);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    // The library compares each key with every other; `convert` does it with a Map.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
  });
  const parsed = [...composer.compose(tokens)];
  if (parsed.length > MAX_DOCUMENTS) return refuse(0, `more than ${MAX_DOCUMENTS} documents`);

  const problems = new ProblemList();
  const documents: YamlNode[] = [];
  for (const document of parsed) {
    for (const error of [...document.errors, ...document.warnings]) {
      problems.add(source.problem(Math.min(error.pos[0], text.length), yamlMessage(error.message)));
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const node = convert(document.contents, source, text, problems);
    if (node !== undefined && !(node.kind === 'scalar' && node.value === null)) documents.push(node);
  }
  return { source, documents: problems.hasErrors ? [] : documents, problems: problems.list };
}

/**
 * What of the parsed tokens is too much to compose. The library composes by recursion, and near the end of the stack
 * the engine aborts the process when it meets a regular expression: that cannot be caught, only avoided.
 */
function excessive(
  tokens: readonly CST.Token[],
): { readonly at: number; readonly message: string } | undefined {
  const waiting = tokens.map(token => ({ token, depth: 0 }));
  let nodes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return { at: token.offset, message: `nested more than ${MAX_DEPTH} deep` };
    if (++nodes > 2 * MAX_NODES) return { at: token.offset, message: `more than ${MAX_NODES} values` };
    for (const child of innerTokens(token)) waiting.push({ token: child, depth: depth + 1 });
  }
  return undefined;
}

function innerTokens(token: CST.Token): readonly CST.Token[] {
  const inner = token.type === 'document' ? [token.value] : [];
  if ('items' in token) for (const item of token.items) inner.push(item.key ?? undefined, item.value);
  return inner.filter(child => child !== undefined);
}

/** First line of the library's message, in our form: lower-case, no full stop. */
function yamlMessage(message: string): string {
  const first = visible((message.split('\n')[0] ?? '').slice(0, 200));
  return `not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/\.$/, '');
}

/** The library's tree as ours, aliases resolved within limits; undefined when a limit was hit. */
function convert(root: Node, source: SourceText, text: string, problems: ProblemList): YamlNode | undefined {
  const anchors = new Map<string, Node>();
  let nodes = 0;
  let aliases = 0;
  let stopped = false;

  const stop = (at: number, message: string): undefined => {
    if (!stopped) problems.add(source.problem(at, message));
    stopped = true;
    return undefined;
  };

  const walk = (node: Node | null | undefined, depth: number, fallback: number): YamlNode | undefined => {
    const at = node?.range?.[0] ?? fallback;
    if (stopped) return undefined;
    if (depth > MAX_DEPTH) return stop(at, `nested more than ${MAX_DEPTH} deep`);
    if (++nodes > MAX_NODES) return stop(at, `more than ${MAX_NODES} values`);
    if (node === null || node === undefined) return { kind: 'scalar', value: null, text: '', at };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (++aliases > MAX_ALIASES) return stop(at, `more than ${MAX_ALIASES} aliases`);
      if (target === undefined) return stop(at, `no anchor named ${quote(node.source)} before this alias`);
      return walk(target, depth + 1, at);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return scalar(node.value, node.source, at);
    if (isSeq<Node>(node)) {
      const items: YamlNode[] = [];
      for (const item of node.items) {
        const value = walk(item, depth + 1, at);
        if (value === undefined) return undefined;
        items.push(value);
      }
      return { kind: 'list', items, at };
    }
    if (!isMap<Node, Node | null>(node)) return stop(at, 'a value was expected');
    const entries = new Map<string, MapEntry>();
    for (const pair of node.items) {
      const keyNode = walk(pair.key, depth + 1, at);
      if (keyNode === undefined) return undefined;
      if (keyNode.kind !== 'scalar') return stop(keyNode.at, 'a key must be plain text');
      const value = walk(pair.value, depth + 1, keyNode.at);
      if (value === undefined) return undefined;
      if (entries.has(keyNode.text)) {
        problems.add(source.problem(keyNode.at, `the key ${quote(keyNode.text)} is given twice`));
      }
      entries.set(keyNode.text, { key: keyNode.text, keyAt: keyNode.at, value });
    }
    return { kind: 'map', entries, at };
  };

  const scalar = (value: unknown, written: string | undefined, at: number): ScalarNode => {
    if (value === null || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', value, text: written ?? String(value ?? ''), at };
    }
    return { kind: 'scalar', value: String(value), text: String(value), at };
  };

  return walk(root, 0, Math.min(text.length, 0));
}
