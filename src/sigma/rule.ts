/**
 * A Sigma document as parsed, before it is bound to the fields of a stream (Sigma Rules Specification 2.1). Every part
 * that a later check can complain about keeps its offset in the file.
 *
 * Three kinds of documents exist; only detection rules are read so far. Correlations and filters are recognised, so
 * that a pack that holds them loads and says what was left out.
 */
import type { Level } from '../model/finding.ts';
import type { Modifiers } from './modifiers.ts';
import type { SourceText } from './source.ts';
import type { ScalarNode } from './yaml-tree.ts';

/** The maturities of the specification. */
export const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** A text and where it stands. */
export interface Located {
  readonly text: string;
  readonly at: number;
}

/** Which records a rule is about; `service` names the stream. */
export interface LogSource {
  readonly product: Located | undefined;
  readonly service: Located | undefined;
  readonly category: Located | undefined;
  readonly at: number;
}

/** One `field|modifiers: values` entry. `field` is undefined for keywords, which look into every text field. */
export interface Item {
  readonly kind: 'item';
  readonly field: Located | undefined;
  readonly modifiers: Modifiers;
  readonly values: readonly ScalarNode[];
  readonly at: number;
}

/** `all` is a map (AND), `any` a list (OR). */
export type SelectionBody = Item | { readonly kind: 'all' | 'any'; readonly parts: readonly SelectionBody[] };

/** A named part of a detection. */
export interface Selection {
  readonly name: string;
  readonly at: number;
  readonly body: SelectionBody;
}

/** A condition; quantifiers (`1 of sel*`) are resolved to the selections they stand for. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'selection'; readonly name: string };

/** The `medtap:` key: what Sigma has no word for. */
export interface Extension {
  readonly message: ScalarNode | undefined;
  readonly groupBy: readonly Located[];
  readonly levelBy: readonly LevelBy[];
  readonly controls: readonly string[];
  readonly why: string | undefined;
  readonly remedy: string | undefined;
}

/** Levels by the value of one field. */
export interface LevelBy {
  readonly field: Located;
  readonly values: readonly { readonly value: Located; readonly level: Level }[];
}

interface DocumentBase {
  readonly source: SourceText;
  readonly at: number;
  /** Unknown keys and fields are errors, not reasons to leave the rule out. */
  readonly strict: boolean;
  readonly title: string;
  /** The name where there is no id. */
  readonly id: string;
}

/** A detection rule. */
export interface Rule extends DocumentBase {
  readonly kind: 'rule';
  readonly name: string;
  readonly status: string;
  readonly level: Level;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly references: readonly string[];
  readonly fields: readonly Located[];
  readonly logsource: LogSource;
  readonly selections: readonly Selection[];
  readonly condition: Condition;
  readonly extension: Extension;
}

/** A document of a kind that is recognised and left out. */
export interface UnreadDocument extends DocumentBase {
  readonly kind: 'correlation' | 'filter';
}

/** Any Sigma document. */
export type RuleDocument = Rule | UnreadDocument;
