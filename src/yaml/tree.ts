/**
 * YAML text of rules, rule tests and signatures, as a tree whose every node knows where it stands, so that each problem can name
 * file, line and column. YAML 1.2 core schema (yaml.org/spec/1.2.2, chapter 10.3); one file may hold many documents.
 *
 * Hostile text is bounded: bytes (by the caller), lines, tokens, documents, aliases, depth, and nodes after aliases
 * are resolved. Keys must be unique and become Map keys, so `__proto__` is a key like any other; they are compared as
 * written. Tags and directives get no meaning.
 */
import { Composer, type CST, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';
import { ProblemList, quote, type SourceText, sourceText } from './source.ts';

/** Larger rule files are not read. */
export const MAX_FILE_BYTES = 1 << 20;
const MAX_LINES = 50_000;
/** Lexical tokens: a line of a rule has about six. */
const MAX_TOKENS = 400_000;
const MAX_DOCUMENTS = 2_000;
const MAX_ALIASES = 100;
const MAX_DEPTH = 24;
const MAX_NODES = 100_000;

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
  const refuse = ({ at, message }: Excess): ParsedYaml => ({
    source,
    documents: [],
    problems: [source.problem(at, message)],
  });
  if (source.line(text.length) > MAX_LINES) return refuse({ at: 0, message: `more than ${MAX_LINES} lines` });
  const tokens = readTokens(text);
  if ('message' in tokens) return refuse(tokens);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    // The library compares each key with every other; `convert` does it with a Map.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
  });
  const parsed = [...composer.compose(tokens)];
  if (parsed.length > MAX_DOCUMENTS)
    return refuse({ at: 0, message: `more than ${MAX_DOCUMENTS} documents` });

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

/** A limit that a text goes beyond, and where. */
interface Excess {
  readonly at: number;
  readonly message: string;
}

/**
 * The text as nested tokens, before anything is composed of them. The library composes by recursion, and near the end
 * of the stack the engine aborts the process when it meets a regular expression: that cannot be caught, only avoided.
 */
function readTokens(text: string): readonly CST.Token[] | Excess {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexical = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexical > MAX_TOKENS) return { at: 0, message: `more than ${MAX_TOKENS} YAML tokens` };
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  return excessive(tokens) ?? tokens;
}

function excessive(tokens: readonly CST.Token[]): Excess | undefined {
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
