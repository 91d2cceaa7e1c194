/**
 * Why a rule matched, or did not: the shapes that the engine fills and reports show. Values are masked before they get
 * here. The JSON of `rules explain` is made of them; their field names are public contract (`medtap/explanation@1`).
 */
import type { Comparison } from './correlation.ts';
import type { Level } from './finding.ts';
import type { Moment, Value } from './schema.ts';

/** A part of a rule at one record, with the words of its author. */
export type ExplainedPart =
  | {
      readonly kind: 'and' | 'or' | 'not';
      readonly holds: boolean;
      readonly parts: readonly ExplainedPart[];
    }
  | { readonly kind: 'selection'; readonly name: string; readonly holds: boolean }
  | {
      readonly kind: 'test';
      /** As in the rule: `resp_scope: internet`. */
      readonly text: string;
      readonly holds: boolean;
      readonly values: readonly ExplainedValue[];
    };

/** What a record has in a field that a test looks at; null: the field is absent. Long values are cut. */
export interface ExplainedValue {
  readonly field: string;
  readonly value: Value | null;
}

export interface ExplainedSelection {
  readonly name: string;
  /** 1-based line in the rule's file. */
  readonly line: number;
  readonly holds: boolean;
  readonly part: ExplainedPart;
}

/** A filter whose condition holds for a record. */
export interface ExplainedFilter {
  readonly name: string;
  readonly reason: string | null;
  /** Its last day was before the record, which therefore remains. */
  readonly expired: boolean;
}

/** A record, standing for all in which the same tests hold. */
export interface ExplainedRecord {
  readonly time: Moment;
  readonly uid: string | null;
  /** `10.1.1.7:40000 → 10.1.9.9:23`; null for records that belong to no flow. */
  readonly flow: string | null;
  readonly capture: string | null;
  readonly frame: number | null;
  readonly outcome: 'match' | 'suppressed' | 'no_match';
  /** Of a match, after `level-by`. */
  readonly level: Level | null;
  /** How many tests would have to turn out otherwise for the rule to match. */
  readonly missing: number;
  /** Records in which the same tests hold, this one included. */
  readonly alike: number;
  readonly condition: ExplainedPart;
  readonly selections: readonly ExplainedSelection[];
  readonly filters: readonly ExplainedFilter[];
}

/** What a rule made of the records of its stream. */
export interface RuleExplanation {
  readonly kind: 'rule';
  /** Records that were looked at: those of the flow when one was named. */
  readonly records: number;
  readonly matched: number;
  /** Of the matched ones. */
  readonly suppressed: number;
  /** Matches, then misses, the nearest first. */
  readonly shown: readonly ExplainedRecord[];
  /** Kinds of records that are like none of the shown ones. */
  readonly more: number;
}

/** One of the rules of a correlation. */
export interface ExplainedMember {
  readonly rule: string;
  readonly matched: number;
  /** Not seen by the correlation. */
  readonly suppressed: number;
  /** Matches without a field to group by or to look at. */
  readonly without_field: number;
}

/** The window of a group in which a correlation fired first, or came nearest to it. */
export interface ExplainedGroup {
  readonly group: readonly { readonly field: string; readonly value: string }[];
  readonly fired: boolean;
  readonly from: Moment;
  readonly to: Moment;
  /** What the thresholds are compared with: events, distinct values, sum …, rules that occur. */
  readonly measure: number | null;
  readonly thresholds: readonly {
    readonly comparison: Comparison;
    readonly value: number;
    readonly holds: boolean;
  }[];
  /** For temporal types: which rules occur, for `temporal_ordered` as far as the order holds. */
  readonly rules: readonly { readonly rule: string; readonly occurs: boolean }[] | null;
}

/** What a correlation made of the matches of its rules. */
export interface CorrelationExplanation {
  readonly kind: 'correlation';
  readonly type: string;
  /** Seconds. */
  readonly timespan: number;
  readonly group_by: readonly string[];
  readonly members: readonly ExplainedMember[];
  /** Records that contribute. */
  readonly matched: number;
  readonly groups: number;
  /** Groups that fired, then those that came nearest. */
  readonly shown: readonly ExplainedGroup[];
}

export type Explanation = RuleExplanation | CorrelationExplanation;

/** The fewest tests that would have to turn out otherwise for a record to match, as phrases: the test, and what is. */
export function decidingTests(record: Pick<ExplainedRecord, 'condition' | 'selections'>): readonly string[] {
  const parts = new Map(record.selections.map(({ name, part }) => [name, part]));
  return decide(record.condition, true, parts);
}

function decide(
  part: ExplainedPart,
  wanted: boolean,
  selections: ReadonlyMap<string, ExplainedPart>,
): readonly string[] {
  if (part.holds === wanted) return [];
  switch (part.kind) {
    case 'test': {
      const is = part.values.map(
        ({ field, value }) => `${field} is ${value === null ? 'absent' : shownValue(value)}`,
      );
      return [`${wanted ? '' : 'not '}${part.text} (${is.join(', ')})`];
    }
    case 'selection': {
      const inner = selections.get(part.name);
      return inner === undefined ? [part.name] : decide(inner, wanted, selections);
    }
    case 'not':
      return decide(part.parts[0]!, !wanted, selections);
    default: {
      const wrong = part.parts.map(each => decide(each, wanted, selections));
      // All parts must change, or the easiest one.
      if ((part.kind === 'and') === wanted) return wrong.flat();
      return wrong.reduce((least, each) => (each.length < least.length ? each : least));
    }
  }
}

/** A value for people, in one line. The reader makes it safe to print. */
export function shownValue(value: Value): string {
  if (typeof value === 'string') return value === '' ? "''" : value;
  if (Array.isArray(value)) return `[${value.map(each => shownValue(each as Value)).join(', ')}]`;
  if (typeof value !== 'object' || !('sec' in value)) return String(value);
  const { sec, nsec } = value as Moment;
  return `${sec}${nsec === 0 ? '' : `.${String(nsec).padStart(9, '0').replace(/0+$/, '')}`}`;
}
