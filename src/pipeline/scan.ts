/**
 * `scan`: both phases, then rules and correlations, then findings. Rules see records with token names but unmasked text; what they
 * matched is masked before it goes into a finding.
 */
import { collectFindings } from '../findings/collect.ts';
import type { Device } from '../model/device.ts';
import type { FilterUse, Finding } from '../model/finding.ts';
import type { Health } from '../model/health.ts';
import type { RuleProfile } from '../model/rule-cost.ts';
import { conn } from '../model/streams.ts';
import { Correlator } from '../sigma/correlate.ts';
import { FilterLedger } from '../sigma/filter-ledger.ts';
import { RuleProfiler } from '../sigma/profiler.ts';
import { FlowFactsIndex } from './flow-facts.ts';
import { type Detections, matchRules } from './match-rules.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary, withHealth } from './phases.ts';
import { maskDevices, maskHealth, numberTokens } from './present.ts';

export interface ScanResult extends Analysed {
  readonly health: Health;
  readonly devices: readonly Device[];
  readonly findings: readonly Finding[];
  /** What the filters of the site did. */
  readonly filters: readonly FilterUse[];
  /** With `profile`: what each rule cost. */
  readonly profile: RuleProfile | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/** Decodes, enriches, applies the rules and groups what matched. `profile` takes the time of every rule. */
export async function scan(
  options: AnalyseOptions & Detections & { readonly profile?: boolean },
): Promise<ScanResult> {
  const decoded = withHealth(await decodeAll(options, undefined, true));
  const { store, tokens } = decoded;
  try {
    numberTokens(store, tokens);
    const directory = await directoryOf(options.inventory, decoded, options.intel);
    const facts = new FlowFactsIndex(() => store.read('conn'));
    const correlator = new Correlator(options.correlations ?? [], { silent: options.silent ?? NONE });
    const ledger = new FilterLedger(options.filters ?? []);
    const profiler = options.profile === true ? new RuleProfiler() : undefined;
    // What flows are is looked up when the findings are known.
    const onRead = (stream: string): void => {
      if (stream !== conn.name) store.drop(stream);
    };
    const collected = collectFindings(
      matchRules(decoded, directory, options, { correlator, ledger, profiler, onRead }),
      {
        site: options.inventory.site,
        wantFlow: uid => facts.want(uid),
        flowFacts: uid => facts.get(uid),
      },
    );
    return {
      ...summary(decoded, { ...directory.limits(), ...correlator.limits(), ...collected.limits }),
      health: maskHealth(decoded.health, tokens),
      devices: maskDevices(directory.devices(), tokens),
      findings: collected.findings,
      filters: ledger.report(),
      profile: profiler?.report(options.correlations ?? []),
    };
  } finally {
    store.close();
  }
}
