/** What a rule cost in a run. */
export interface RuleCost {
  /** Name of the rule or correlation. */
  readonly rule: string;
  /** Streams it reads. */
  readonly stream: string;
  /** Records it was asked about; of a correlation, matches of its rules. */
  readonly records: number;
  /** Records that matched, suppressed ones included; of a correlation, those that contribute. */
  readonly matches: number;
  /** Wall clock; null for a correlation, since all of them are evaluated together. */
  readonly milliseconds: number | null;
}

/** What all rules of a run cost, the dearest first. */
export interface RuleProfile {
  readonly rules: readonly RuleCost[];
  /** Of all correlations together. */
  readonly correlations_milliseconds: number;
}
