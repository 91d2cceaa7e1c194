/**
 * `rules explain`: both phases, then one rule over the records of its stream, or one correlation over what its rules
 * match. Truth comes from the records that rules see, values from the masked ones.
 */
import type { Batch } from '../model/batch.ts';
import type { Explanation } from '../model/explanation.ts';
import { Correlator } from '../sigma/correlate.ts';
import type { CompiledRule } from '../sigma/evaluate.ts';
import { type ExplainOptions, RuleExplainer } from '../sigma/explain.ts';
import { CorrelationExplainer } from '../sigma/explain-correlation.ts';
import { FilterLedger } from '../sigma/filter-ledger.ts';
import { type Detections, matchRules } from './match-rules.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary, withHealth } from './phases.ts';
import { maskText, nameTokens, numberTokens } from './present.ts';

export interface ExplainRequest extends AnalyseOptions, Detections {
  /** Id of the rule or correlation. */
  readonly ruleId: string;
  /** Only the records of this flow. */
  readonly flow: string | undefined;
  readonly limit: number;
  readonly misses: boolean;
}

export interface ExplainResult extends Analysed {
  readonly explanation: Explanation;
  /** Number of records by stream: of all, or of the flow. */
  readonly streams: ReadonlyMap<string, number>;
}

/** Decodes, enriches, and explains. The rule or correlation must be among those given. */
export async function explain(request: ExplainRequest): Promise<ExplainResult> {
  const decoded = withHealth(await decodeAll(request, undefined, false));
  const { store, tokens } = decoded;
  try {
    numberTokens(store, tokens);
    const directory = await directoryOf(request.inventory, decoded, request.intel);
    const read = function* (stream: string): Generator<Batch> {
      for (const batch of store.read(stream)) {
        const own = request.flow === undefined ? batch : ofFlow(batch, request.flow);
        if (own.length > 0) yield directory.enrich(nameTokens(own, tokens));
      }
    };
    const rule = request.rules.find(each => each.info.id === request.ruleId);
    const explanation =
      rule === undefined
        ? explainCorrelation(request, correlator => matches(request, correlator))
        : explainRule(rule, request, read(rule.stream), batch => maskText(batch, tokens));
    const streams = new Map(
      store.names.map(name => [
        name,
        request.flow === undefined ? store.count(name) : countRows(store.read(name), request.flow),
      ]),
    );
    return { ...summary(decoded, directory.limits()), explanation, streams };

    function matches({ rules, filters }: Detections, correlator: Correlator) {
      const ledger = new FilterLedger(filters ?? []);
      return matchRules(decoded, directory, { rules }, { correlator, ledger });
    }
  } finally {
    store.close();
  }
}

function explainRule(
  rule: CompiledRule,
  { filters, limit, misses, flow }: ExplainRequest,
  batches: Iterable<Batch>,
  mask: (batch: Batch) => Batch,
): Explanation {
  const options: ExplainOptions = { filters: filters ?? [], limit, misses, each: flow !== undefined };
  const explainer = new RuleExplainer(rule, options);
  for (const batch of batches) explainer.add(batch, mask);
  return explainer.result();
}

function explainCorrelation(
  { correlations = [], rules, ruleId, limit }: ExplainRequest,
  matches: (correlator: Correlator) => ReturnType<typeof matchRules>,
): Explanation {
  const correlation = correlations.find(each => each.info.id === ruleId);
  if (correlation === undefined) throw new Error(`no rule ${ruleId} was given`);
  const names = new Map([...rules, ...correlations].map(({ info }) => [info.id, info.name]));
  const explainer = new CorrelationExplainer(
    correlation,
    correlation.members.map(({ id }) => names.get(id) ?? id),
  );
  for (const { rule, suppressed } of matches(new Correlator(correlations, { watch: explainer.watch }))) {
    if (rule.id === ruleId) explainer.contributed();
    else explainer.matched(rule.id, suppressed === true);
  }
  return explainer.result(limit);
}

/** The rows of a flow; none where records belong to no flow. */
function ofFlow(batch: Batch, uid: string): Batch {
  return batch.gather(Uint32Array.from(rowsOf(batch, uid)));
}

function* rowsOf(batch: Batch, uid: string): Generator<number> {
  if (!batch.column('uid')) return;
  for (let row = 0; row < batch.length; row++) if (batch.value(row, 'uid') === uid) yield row;
}

function countRows(batches: Iterable<Batch>, uid: string): number {
  let count = 0;
  for (const batch of batches) for (const _ of rowsOf(batch, uid)) count++;
  return count;
}
