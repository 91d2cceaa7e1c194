/**
 * What a report is made of. The command line fills it in from the pipeline's result; reports only render it.
 */
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { Device } from '../model/device.ts';
import type { FilterUse, Finding } from '../model/finding.ts';
import type { Health } from '../model/health.ts';
import type { RuleProfile } from '../model/rule-cost.ts';

/** How a run came about. Everything but `volatile` is the same for the same input, rules and options. */
export interface RunInfo {
  readonly version: string;
  readonly rules: {
    /** Applied. */
    readonly count: number;
    /** Left out: about a product, stream or field that is not here. */
    readonly inapplicable: number;
    /** Left out: wrong in themselves. */
    readonly rejected: number;
    readonly sha256: string;
  };
  /** Options that change the result, by their long name without dashes. */
  readonly options: Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
  readonly site: string | null;
  /** IANA zone of the clock that times are shown on to people. */
  readonly timezone: string;
  /** Wall clock, machine and memory; null with `--reproducible`. */
  readonly volatile: Volatile | null;
}

export interface Volatile {
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Seconds. */
  readonly duration: number;
  readonly host: string;
  /** Peak resident memory in bytes. */
  readonly memory: number;
  /** With `--profile`: what each rule cost. */
  readonly profile?: RuleProfile;
}

/** What `scan` reports. */
export interface ScanReport {
  readonly run: RunInfo;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  readonly health: Health;
  readonly devices: readonly Device[];
  /** Those at or above `--min-level`, in order of report. */
  readonly findings: readonly Finding[];
  /** What the filters of the site did. */
  readonly filters: readonly FilterUse[];
  /** How many were below `--min-level`. */
  readonly hidden: number;
  /** The exit code and why, one clause without full stop. */
  readonly exit: { readonly code: number; readonly reason: string };
}

/** What `devices` reports. */
export interface DevicesReport {
  readonly run: Omit<RunInfo, 'rules'>;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  readonly devices: readonly Device[];
}
