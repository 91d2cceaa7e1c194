/**
 * A Sigma document as parsed, before it is bound to the fields of a stream (Sigma Rules Specification 2.1). Every part
 * that a later check can complain about keeps its offset in the file.
 *
 * Three kinds of documents exist: detection rules, correlations of them, and filters, which suppress matches.
 */
import type { Comparison } from '../model/correlation.ts';
import type { Level } from '../model/finding.ts';
import type { Located, SourceText } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';
import type { Modifiers } from './modifiers.ts';

/** The maturities of the specification. */
export const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

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

/** What every document has. */
export interface DocumentBase {
  readonly source: SourceText;
  readonly at: number;
  /** Unknown keys and fields are errors, not reasons to leave the rule out. */
  readonly strict: boolean;
  readonly title: string;
  /** The name where there is no id. */
  readonly id: string;
}

/** What rules and correlations have in common: everything except how they match. */
export interface Described extends DocumentBase {
  readonly name: string;
  readonly status: string;
  /** Whose names of log sources and fields it uses. */
  readonly taxonomy: Located | undefined;
  readonly level: Level;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly references: readonly string[];
  readonly extension: Extension;
}

/** A detection rule. */
export interface Rule extends Described {
  readonly kind: 'rule';
  readonly fields: readonly Located[];
  readonly logsource: LogSource;
  readonly selections: readonly Selection[];
  readonly condition: Condition;
}

/** What names fields in a rule. Of one that is wrong elsewhere, what could be read. */
export type FieldUses = Pick<Rule, 'source' | 'strict' | 'logsource' | 'selections' | 'extension' | 'fields'>;

/** The types of correlation of the specification; `value_median` is an addition that other engines share. */
export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

/** A number that the window is compared with. */
export interface Threshold {
  readonly comparison: Comparison;
  readonly value: number;
}

/** A name for fields that are called differently in the rules of a correlation. */
export interface Alias {
  readonly name: Located;
  /** By rule, as written; the field that the alias stands for there. */
  readonly fields: readonly { readonly rule: Located; readonly field: Located }[];
}

/** A correlation: what must come together within a timespan. */
export interface Correlation extends Described {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** Names or ids of rules and correlations. */
  readonly rules: readonly Located[];
  readonly groupBy: readonly Located[];
  readonly aliases: readonly Alias[];
  /** Whole seconds. */
  readonly timespan: number;
  /** All must hold; empty where the type needs none. */
  readonly thresholds: readonly Threshold[];
  /** Over `rules` as written; of `temporal` only. */
  readonly condition: Condition | undefined;
  /** What value types look at; several only for `value_count`. */
  readonly fields: readonly Located[];
  readonly percentile: number;
  /** The rules it refers to report findings of their own as well. */
  readonly generate: boolean;
}

/** A filter: matches of rules that a site does not want to see. */
export interface Filter extends DocumentBase {
  readonly kind: 'filter';
  readonly name: string;
  /** Narrows `any` to rules of one stream; with named rules, theirs. */
  readonly logsource: LogSource | undefined;
  /** Names or ids; `any`: every rule. */
  readonly rules: readonly Located[] | 'any';
  readonly selections: readonly Selection[];
  readonly condition: Condition;
  /** The condition says what remains, not what is suppressed. */
  readonly remaining: boolean;
  readonly reason: string | undefined;
  /** The last day on which it holds: YYYY-MM-DD. */
  readonly expires: string | undefined;
  readonly owner: string | undefined;
}

/** Any Sigma document. */
export type RuleDocument = Rule | Correlation | Filter;
