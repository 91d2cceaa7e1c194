/**
 * How far a correlation came: which of its rules matched, and of each group the window in which it fired first or came
 * nearest to firing. Limit: groups that are told apart; of more, those that came less far are not kept.
 */
import type { CorrelationExplanation, ExplainedGroup } from '../model/explanation.ts';
import type { CompiledCorrelation } from './compile-correlation.ts';
import type { CorrelationWatch } from './correlate.ts';
import { type AggregateState, fits, type WindowEvent } from './window-aggregates.ts';

const MAX_GROUPS = 10_000;
const MAX_VALUE_LENGTH = 160;

interface Progress {
  readonly values: readonly string[];
  readonly fired: boolean;
  /** 0: fired; the larger, the farther. */
  readonly gap: number;
  readonly from: WindowEvent;
  readonly to: WindowEvent;
  readonly state: AggregateState;
  readonly seq: number;
}

/** Watches one correlation. */
export class CorrelationExplainer {
  readonly #correlation: CompiledCorrelation;
  /** Names of its rules, in their order. */
  readonly #names: readonly string[];
  readonly #groups = new Map<string, Progress>();
  readonly #matched: number[];
  readonly #suppressed: number[];
  readonly #without: number[];
  #contributed = 0;
  #seq = 0;

  constructor(correlation: CompiledCorrelation, names: readonly string[]) {
    this.#correlation = correlation;
    this.#names = names;
    this.#matched = names.map(() => 0);
    this.#suppressed = names.map(() => 0);
    this.#without = names.map(() => 0);
  }

  /** To be given to the correlator. */
  get watch(): CorrelationWatch {
    return {
      evaluated: (correlation, group, window) => {
        if (correlation.info.id !== this.#correlation.info.id) return;
        const key = JSON.stringify(group);
        const known = this.#groups.get(key);
        if (known?.fired === true) return;
        const state = window.state();
        const gap = window.fired ? 0 : this.#gap(state);
        if (known !== undefined && known.gap <= gap && !window.fired) return;
        if (known === undefined && this.#groups.size >= MAX_GROUPS && !window.fired) return;
        const { fired, from, to } = window;
        const seq = known?.seq ?? this.#seq++;
        this.#groups.set(key, { values: group, fired, gap, from, to, state, seq });
      },
      passedOver: (correlation, member) => {
        if (correlation.info.id === this.#correlation.info.id) this.#without[member]!++;
      },
    };
  }

  /** A match of one of its rules. */
  matched(ruleId: string, suppressed: boolean): void {
    const member = this.#correlation.members.findIndex(({ id }) => id === ruleId);
    if (member < 0) return;
    this.#matched[member]!++;
    if (suppressed) this.#suppressed[member]!++;
  }

  /** A record that contributes. */
  contributed(): void {
    this.#contributed++;
  }

  /** What was found. @param limit groups shown */
  result(limit: number): CorrelationExplanation {
    const { type, timespan, groupBy } = this.#correlation;
    const groups = [...this.#groups.values()].sort((a, b) => a.gap - b.gap || a.seq - b.seq);
    return {
      kind: 'correlation',
      type,
      timespan,
      group_by: groupBy,
      members: this.#names.map((rule, i) => ({
        rule,
        matched: this.#matched[i]!,
        suppressed: this.#suppressed[i]!,
        without_field: this.#without[i]!,
      })),
      matched: this.#contributed,
      groups: groups.length,
      shown: groups.slice(0, limit).map(group => this.#explain(group)),
    };
  }

  /** How far the window is from the condition, as a share of what is wanted. */
  #gap({ measure, occurs }: AggregateState): number {
    const { thresholds } = this.#correlation;
    if (measure !== undefined && thresholds.length > 0) {
      const wrong = thresholds.filter(threshold => !fits(threshold, measure));
      const gaps = wrong.map(({ value }) => Math.abs(value - measure) / Math.max(1, Math.abs(value)));
      // What is equal to a bound that it must be beyond is not there yet.
      return gaps.reduce((sum, gap) => sum + Math.max(gap, 1e-9), 0);
    }
    const present = occurs?.filter(Boolean).length ?? 0;
    return Math.max(1e-9, 1 - present / Math.max(1, occurs?.length ?? 1));
  }

  #explain({ values, fired, from, to, state }: Progress): ExplainedGroup {
    const { groupBy, thresholds } = this.#correlation;
    const { measure, occurs } = state;
    return {
      group: groupBy.map((field, i) => ({ field, value: (values[i] ?? '').slice(0, MAX_VALUE_LENGTH) })),
      fired,
      from: { sec: from.sec, nsec: from.nsec },
      to: { sec: to.sec, nsec: to.nsec },
      measure: measure ?? null,
      thresholds: thresholds.map(({ comparison, value }) => ({
        comparison,
        value,
        holds: measure !== undefined && fits({ comparison, value }, measure),
      })),
      rules: occurs?.map((each, i) => ({ rule: this.#names[i] ?? '', occurs: each })) ?? null,
    };
  }
}
