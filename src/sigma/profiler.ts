/**
 * What each rule costs: time, records and matches. What rules of a stream share (lower-case text, for example) is paid
 * by the first that needs it. One look at the clock before and after each rule and batch; nothing at all without it.
 */
import type { RuleInfo } from '../model/finding.ts';
import type { RuleCost, RuleProfile } from '../model/rule-cost.ts';

interface Entry {
  readonly info: RuleInfo;
  readonly timed: boolean;
  records: number;
  matches: number;
  milliseconds: number;
}

export class RuleProfiler {
  readonly #entries = new Map<string, Entry>();
  #correlations = 0;

  /** A rule takes part, though perhaps no batch holds what it needs. */
  known(rule: RuleInfo): void {
    this.#entry(rule, true);
  }

  /** A rule was asked about a batch. @param since `performance.now()` of before */
  evaluated(rule: RuleInfo, since: number, records: number, matches: number): void {
    const entry = this.#entry(rule, true);
    entry.milliseconds += performance.now() - since;
    entry.records += records;
    entry.matches += matches;
  }

  /** Correlations were given an event, or came to their end. @param since `performance.now()` of before */
  correlated(since: number): void {
    this.#correlations += performance.now() - since;
  }

  /** A record contributes to a correlation. */
  contributed(correlation: RuleInfo): void {
    this.#entry(correlation, false).matches++;
  }

  /** @param correlations rules that each correlation refers to, by id */
  report(
    correlations: readonly {
      readonly info: RuleInfo;
      readonly members: readonly { readonly id: string }[];
    }[],
  ): RuleProfile {
    for (const { info, members } of correlations) {
      const entry = this.#entry(info, false);
      entry.records = members.reduce((sum, { id }) => sum + (this.#entries.get(id)?.matches ?? 0), 0);
    }
    const rules = [...this.#entries.values()].map(
      ({ info, timed, records, matches, milliseconds }): RuleCost => ({
        rule: info.name,
        stream: info.stream,
        records,
        matches,
        milliseconds: timed ? Math.round(milliseconds * 1000) / 1000 : null,
      }),
    );
    rules.sort((a, b) => (b.milliseconds ?? -1) - (a.milliseconds ?? -1) || (a.rule < b.rule ? -1 : 1));
    return { rules, correlations_milliseconds: Math.round(this.#correlations * 1000) / 1000 };
  }

  #entry(info: RuleInfo, timed: boolean): Entry {
    let entry = this.#entries.get(info.id);
    if (entry === undefined) {
      entry = { info, timed, records: 0, matches: 0, milliseconds: 0 };
      this.#entries.set(info.id, entry);
    }
    return entry;
  }
}
