/**
 * YAML text that people write (rules, their tests, signatures, inventories), as a tree whose every node knows where it stands,
 * so that each problem can name file, line and column. YAML 1.2 core schema (yaml.org/spec/1.2.2, chapter 10.3); one file may hold many documents.
 *
 * Hostile text is bounded: bytes (by the caller), lines, tokens, documents, aliases, depth, and nodes after aliases
 * are resolved (`YamlLimits`). Keys must be unique and become Map keys, so `__proto__` is a key like any other; they are compared as
 * written. Tags and directives get no meaning.
 */
import { Composer, type CST, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';
import { ProblemList, quote, type SourceText, sourceText } from './source.ts';

/** Larger rule files are not read. */
export const MAX_FILE_BYTES = 1 << 20;

/** How much one text may hold. */
export interface YamlLimits {
  readonly lines: number;
  /** Lexical tokens. */
  readonly tokens: number;
  readonly documents: number;
  readonly aliases: number;
  /** Lists and maps inside of one another. */
  readonly depth: number;
  /** Values after aliases are resolved. */
  readonly nodes: number;
}

/** Of a rule file, a line of which has about six tokens. */
const RULE_LIMITS: YamlLimits = {
  lines: 50_000,
  tokens: 400_000,
  documents: 2_000,
  aliases: 100,
  depth: 24,
  nodes: 100_000,
};

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
export function parseYaml(file: string, text: string, limits = RULE_LIMITS): ParsedYaml {
  const source = sourceText(file, text);
  const refuse = ({ at, message }: Excess): ParsedYaml => ({
    source,
    documents: [],
    problems: [source.problem(at, message)],
  });
  if (source.line(text.length) > limits.lines)
    return refuse({ at: 0, message: `more than ${limits.lines} lines` });
  const tokens = readTokens(text, limits);
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
  if (parsed.length > limits.documents)
    return refuse({ at: 0, message: `more than ${limits.documents} documents` });

  const problems = new ProblemList();
  const documents: YamlNode[] = [];
  for (const document of parsed) {
    for (const error of [...document.errors, ...document.warnings]) {
      problems.add(source.problem(Math.min(error.pos[0], text.length), yamlMessage(error.message)));
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const node = convert(document.contents, source, limits, problems);
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
function readTokens(text: string, limits: YamlLimits): readonly CST.Token[] | Excess {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexical = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexical > limits.tokens) return { at: 0, message: `more than ${limits.tokens} YAML tokens` };
    tokens.push(...parser.next(lexeme));
    // The stack holds a list or map and, below it, the value being read.
    if (parser.stack.length > 2 * limits.depth + 2)
      return { at: Math.min(parser.offset, text.length), message: tooDeep(limits) };
  }
  tokens.push(...parser.end());
  return excessive(tokens, limits) ?? tokens;
}

function tooDeep({ depth }: YamlLimits): string {
  return `nested more than ${depth} deep`;
}

function excessive(tokens: readonly CST.Token[], limits: YamlLimits): Excess | undefined {
  const waiting = tokens.map(token => ({ token, depth: 0 }));
  let nodes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > limits.depth) return { at: token.offset, message: tooDeep(limits) };
    if (++nodes > 2 * limits.nodes) return { at: token.offset, message: `more than ${limits.nodes} values` };
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
function convert(
  root: Node,
  source: SourceText,
  limits: YamlLimits,
  problems: ProblemList,
): YamlNode | undefined {
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
    if (depth > limits.depth) return stop(at, tooDeep(limits));
    if (++nodes > limits.nodes) return stop(at, `more than ${limits.nodes} values`);
    if (node === null || node === undefined) return { kind: 'scalar', value: null, text: '', at };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (++aliases > limits.aliases) return stop(at, `more than ${limits.aliases} aliases`);
      if (target === undefined) return stop(at, `no anchor named ${quote(node.source)} before this alias`);
      return walk(target, depth + 1, at);
    }
    const content = contentOf(node, depth, at);
    // Only now: a value that holds an alias of itself has no end.
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    return content;
  };

  const contentOf = (node: Node, depth: number, at: number): YamlNode | undefined => {
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

  return walk(root, 0, 0);
}
