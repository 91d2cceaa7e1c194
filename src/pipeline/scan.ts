/**
 * `scan`: both phases, then the rules, then findings. Rules see records with token names but unmasked text; what they
 * matched is masked before it goes into a finding.
 */
import type { Directory } from '../devices/directory.ts';
import { collectFindings } from '../findings/collect.ts';
import type { Device } from '../model/device.ts';
import type { Finding, Match } from '../model/finding.ts';
import type { Health } from '../model/health.ts';
import { type CompiledRule, evaluate } from '../sigma/evaluate.ts';
import type { Decoded } from './decode.ts';
import { FlowFactsIndex } from './flow-facts.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary, withHealth } from './phases.ts';
import { maskDevices, maskHealth, maskText, nameTokens, numberTokens } from './present.ts';

export interface ScanResult extends Analysed {
  readonly health: Health;
  readonly devices: readonly Device[];
  readonly findings: readonly Finding[];
}

/** Decodes, enriches, applies the rules and groups what matched. */
export async function scan(
  options: AnalyseOptions & { readonly rules: readonly CompiledRule[] },
): Promise<ScanResult> {
  const decoded = withHealth(await decodeAll(options, undefined, true));
  const { store, tokens } = decoded;
  try {
    numberTokens(store, tokens);
    const directory = await directoryOf(options.inventory, decoded);
    const facts = new FlowFactsIndex(() => store.read('conn'));
    const collected = collectFindings(match(decoded, directory, options.rules, facts), {
      site: options.inventory.site,
      flowFacts: uid => facts.get(uid),
    });
    return {
      ...summary(decoded, { ...directory.limits(), ...collected.limits }),
      health: maskHealth(decoded.health, tokens),
      devices: maskDevices(directory.devices(), tokens),
      findings: collected.findings,
    };
  } finally {
    store.close();
  }
}

/** Every record that a rule matched, masked. Rules of one stream share its enriched batches. */
function* match(
  { store, tokens }: Decoded,
  directory: Directory,
  rules: readonly CompiledRule[],
  facts: FlowFactsIndex,
): Generator<Match> {
  for (const name of store.names) {
    const applicable = rules.filter(rule => rule.stream === name);
    if (applicable.length === 0) continue;
    for (const batch of store.read(name)) {
      const enriched = directory.enrich(nameTokens(batch, tokens));
      for (const rule of applicable) {
        const rows = evaluate(rule, enriched);
        if (rows.length === 0) continue;
        const shown = maskText(enriched.gather(rows), tokens);
        for (let row = 0; row < shown.length; row++) {
          const record = shown.row(row);
          facts.want(record['uid']);
          yield { rule: rule.info, stream: name, record };
        }
      }
    }
  }
}
