/**
 * What a rule is to the rest of the program, what it matched, and what is reported. The JSON of `scan` is made of
 * these shapes; their field names are public contract (`medtap/scan@1`).
 */
import type { Moment, Value } from './schema.ts';

/** Most severe first. */
export const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'] as const;
export type Level = (typeof LEVELS)[number];

/** Negative when `a` is more severe than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** Everything about a rule except how it matches. */
export interface RuleInfo {
  readonly id: string;
  /** Stable slug (`medtap` name, else from the title). */
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly status: string;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly references: readonly string[];
  /** Stream it reads; of a correlation, those of its rules. */
  readonly stream: string;
  /** File it came from. */
  readonly file: string;
  /** Template of the message: `{field}` is replaced by the value. */
  readonly message: string | undefined;
  readonly groupBy: readonly string[];
  /** `field → value → level`: raises or lowers the level of a match. */
  readonly levelBy: ReadonlyMap<string, ReadonlyMap<string, Level>>;
  readonly controls: readonly string[];
  readonly why: string | undefined;
  readonly remedy: string | undefined;
}

/**
 * The level of a match: the most severe that the rule's `level-by` gives for the values of the record, else the
 * rule's own. A list field counts with each of its elements.
 */
export function levelOf(rule: RuleInfo, record: Readonly<Record<string, Value>>): Level {
  const found = new Set<Level>();
  for (const [field, levels] of rule.levelBy) {
    const value = record[field];
    for (const each of Array.isArray(value) ? value : [value]) {
      const level = levels.get(String(each));
      if (level !== undefined) found.add(level);
    }
  }
  return LEVELS.find(level => found.has(level)) ?? rule.level;
}

/** One record that a rule matched. */
export interface Match {
  readonly rule: RuleInfo;
  readonly stream: string;
  /** The record, enriched; absent fields left out. Tokens as shown text. */
  readonly record: Readonly<Record<string, Value>>;
  /** Of a correlation: what the finding is grouped by. Absent: the rule's `groupBy` says it. */
  readonly group?: readonly GroupPart[];
  /** A filter of the site suppresses it. */
  readonly suppressed?: boolean;
}

/** What a filter of the site did in a run. */
export interface FilterUse {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly reason: string | null;
  readonly owner: string | null;
  /** The last day on which it holds. */
  readonly expires: string | null;
  /** Rules it applies to. */
  readonly rules: number;
  /** Matches it suppressed. */
  readonly matches: number;
  /** Matches after its last day, which it did not suppress any more. */
  readonly expired_matches: number;
  /** Another filter that suppressed everything this one did. */
  readonly shadowed_by: string | null;
  /** `expired`: it would have suppressed something after its last day; `unused`: nothing at all. */
  readonly status: 'active' | 'expired' | 'unused' | 'shadowed';
}

/** What one part of a group is: the value of a field of the record, or, when records of several kinds differ, a text. */
export type GroupPart = { readonly field: string } | { readonly text: string };

export interface FindingFlow {
  readonly uid: string;
  readonly 'id.orig_h': string;
  readonly 'id.orig_p': number;
  readonly 'id.resp_h': string;
  readonly 'id.resp_p': number;
  readonly proto: string;
  readonly service: string | null;
  readonly capture: string;
  readonly frames: readonly number[];
}

/** One side of a finding. */
export interface FindingHost {
  readonly name: string;
  readonly type: string | null;
  readonly ips: readonly string[];
  readonly macs: readonly string[];
}

export interface FindingPeer extends FindingHost {
  readonly port: number | null;
  readonly scope: string | null;
  readonly domain: string | null;
}

export interface Finding {
  /** Hash of rule id and normalised group values, without time: the same finding tomorrow has the same one. */
  readonly fingerprint: string;
  readonly rule: {
    readonly id: string;
    readonly name: string;
    readonly title: string;
    readonly tags: readonly string[];
  };
  readonly level: Level;
  readonly message: string;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly device: FindingHost;
  readonly peer: FindingPeer;
  /** Matching records. */
  readonly count: number;
  readonly first_seen: Moment;
  readonly last_seen: Moment;
  readonly flows_total: number;
  /** The first 20 by time. */
  readonly flows: readonly FindingFlow[];
  /** Wireshark display filter that shows the evidence. */
  readonly display_filter: string;
  readonly controls: readonly string[];
  readonly why: string | null;
  readonly remedy: string | null;
  readonly status: 'new' | 'known' | 'suppressed';
}
