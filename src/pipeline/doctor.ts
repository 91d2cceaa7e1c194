/** `doctor`: the first phase with flows alone, and a verdict on how much of the network the captures show. */
import type { Health } from '../model/health.ts';
import { type Analysed, type AnalyseOptions, decodeAll, summary, withHealth } from './phases.ts';
import { maskHealth, numberTokens } from './present.ts';

export interface DoctorResult extends Analysed {
  readonly health: Health;
}

/** Decodes flows and judges what they and the captures say about the tap. */
export async function doctor(options: AnalyseOptions): Promise<DoctorResult> {
  const decoded = await decodeAll(options, undefined, true, true);
  try {
    const { health, ...seen } = withHealth(decoded);
    numberTokens(seen.store, seen.tokens);
    return { ...summary(seen, {}), health: maskHealth(health, seen.tokens) };
  } finally {
    decoded.store.close();
  }
}
