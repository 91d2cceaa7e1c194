/**
 * Which exit code a run ends with, and why. Several may hold; the order of precedence is 70, 130, 2, 3, 1, 4
 * (README, "Exit codes"). 70 and 2 leave a command as exceptions and are decided in `failure.ts`.
 */
import { EXIT } from '../errors.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import { compareLevels, type Finding, type Level } from '../model/finding.ts';
import { countText } from '../report/numbers.ts';

export interface RunFacts {
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  /** Inputs that could not be read, or not to their end. */
  readonly problems: number;
  readonly interrupted: boolean;
  /** `--allow-partial`. */
  readonly allowPartial: boolean;
  /** All findings, shown or not. */
  readonly findings: readonly Finding[];
  /** `--fail-on`. */
  readonly failOn: Level | 'none';
}

export interface Exit {
  readonly code: number;
  /** One clause, no full stop. */
  readonly reason: string;
}

/** The exit code of a run that came to its end, or was interrupted. */
export function decideExit(facts: RunFacts): Exit {
  if (facts.interrupted) {
    return { code: EXIT.interrupted, reason: 'interrupted; the result covers what was read until then' };
  }
  if (facts.coverage.frames === 0 && facts.coverage.saved_records === 0) {
    const outside = facts.captures.some(capture => capture.outside > 0);
    const what = facts.captures.some(({ records }) => records !== null) ? 'record' : 'packet';
    const reason = outside
      ? `no ${what} lies between --since and --until`
      : `no ${what} could be read from any input`;
    return { code: EXIT.unreadable, reason };
  }
  if (facts.coverage.frames > 0 && facts.coverage.decoded === 0) {
    return { code: EXIT.unreadable, reason: 'no packet of any input could be decoded' };
  }
  const failing = failingCount(facts);
  if (failing > 0) {
    return {
      code: EXIT.findings,
      reason: `${countText(failing, 'finding')} at or above ${facts.failOn} (--fail-on)`,
    };
  }
  const losses = lossReasons(facts);
  if (losses.length > 0 && !facts.allowPartial) {
    return { code: EXIT.incomplete, reason: `coverage is incomplete: ${losses.join(', ')}` };
  }
  const partial =
    losses.length > 0 ? `; incomplete coverage accepted (--allow-partial): ${losses.join(', ')}` : '';
  const nothing =
    facts.failOn === 'none'
      ? 'findings do not decide (--fail-on none)'
      : `nothing at or above ${facts.failOn}`;
  return { code: EXIT.ok, reason: `${nothing}${partial}` };
}

/** The exit code of a run that looks for nothing: only what could not be read decides. */
export function exitOfReading(
  result: Pick<RunFacts, 'captures' | 'coverage' | 'interrupted'> & { readonly problems: readonly unknown[] },
  { allowPartial }: Pick<RunFacts, 'allowPartial'>,
): Exit {
  const { captures, coverage, interrupted, problems } = result;
  return decideExit({
    captures,
    coverage,
    interrupted,
    problems: problems.length,
    allowPartial,
    findings: [],
    failOn: 'none',
  });
}

function failingCount({ findings, failOn }: RunFacts): number {
  if (failOn === 'none') return 0;
  return findings.filter(({ level, status }) => status !== 'suppressed' && compareLevels(level, failOn) <= 0)
    .length;
}

/** What was lost, for exit code 4. Loss at the tap is not among it: no run could do better. */
function lossReasons({ captures, coverage, problems }: RunFacts): readonly string[] {
  const reasons: string[] = [];
  const broken = captures.filter(capture => capture.status !== 'ok').length;
  const unread = Math.max(problems, broken);
  if (unread > 0) reasons.push(`${countText(unread, 'input')} not read to the end or not decoded`);
  for (const name of Object.keys(coverage.limits)) reasons.push(`limit ${name} hit`);
  for (const name of Object.keys(coverage.decoder_failures)) reasons.push(`${name} decoder failed`);
  return reasons;
}
