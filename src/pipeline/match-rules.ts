/**
 * Rules and correlations over the records of a run: every match that findings are made of, masked. Rules of one stream
 * share its enriched batches. Streams that feed correlations are read together in the order of time, each a batch at a
 * time; the others one after the other.
 */
import type { Directory } from '../devices/directory.ts';
import { namesHost } from '../findings/fingerprint.ts';
import type { Batch } from '../model/batch.ts';
import type { GroupPart, Match } from '../model/finding.ts';
import type { Value } from '../model/schema.ts';
import type { CompiledCorrelation } from '../sigma/compile-correlation.ts';
import type { CompiledFilter } from '../sigma/compile-filter.ts';
import type { Contribution, Correlator } from '../sigma/correlate.ts';
import { type CompiledRule, evaluate } from '../sigma/evaluate.ts';
import type { FilterLedger } from '../sigma/filter-ledger.ts';
import type { RuleProfiler } from '../sigma/profiler.ts';
import { RuleIndex } from '../sigma/rule-index.ts';
import type { Decoded } from './decode.ts';
import { maskText, nameTokens } from './present.ts';

/** What is looked for. */
export interface Detections {
  readonly rules: readonly CompiledRule[];
  /** Each after those it refers to. */
  readonly correlations?: readonly CompiledCorrelation[];
  /** Ids of rules and correlations that only serve correlations. */
  readonly silent?: ReadonlySet<string>;
  readonly filters?: readonly CompiledFilter[];
}

/** What rules are applied with. */
export interface Appliances {
  readonly correlator: Correlator;
  readonly ledger: FilterLedger;
  /** Takes the time of every rule. */
  readonly profiler?: RuleProfiler | undefined;
  /** Told of each stream that will not be read again. */
  readonly onRead?: (stream: string) => void;
}

/** A record that a rule matched, in a batch of such records. */
interface Hit {
  readonly rule: CompiledRule;
  readonly batch: Batch;
  readonly row: number;
  readonly suppressed: boolean;
}

/** Every match of rules and correlations. */
export function* matchRules(
  decoded: Decoded,
  directory: Directory,
  { rules, silent }: Detections,
  { correlator, ledger, profiler, onRead }: Appliances,
): Generator<Match> {
  const hitsOf = (stream: string): Generator<Hit> =>
    hits(
      decoded,
      directory,
      stream,
      rules.filter(rule => rule.stream === stream),
      ledger,
      profiler,
    );
  const feeding = new Set(rules.filter(rule => correlator.listensTo(rule.info.id)).map(rule => rule.stream));
  const { names } = decoded.store;
  for (const stream of names) {
    if (feeding.has(stream)) continue;
    for (const hit of hitsOf(stream)) if (!silent?.has(hit.rule.info.id)) yield plainMatch(hit);
    onRead?.(stream);
  }
  for (const hit of inOrder(names.filter(name => feeding.has(name)).map(hitsOf))) {
    if (!silent?.has(hit.rule.info.id)) yield plainMatch(hit);
    if (hit.suppressed) continue;
    const since = profiler === undefined ? 0 : performance.now();
    correlator.add(hit.rule.info.id, hit.batch, hit.row);
    profiler?.correlated(since);
    yield* contributions();
  }
  const since = profiler === undefined ? 0 : performance.now();
  correlator.finish();
  profiler?.correlated(since);
  yield* contributions();

  function* contributions(): Generator<Match> {
    for (const contribution of correlator.take()) {
      profiler?.contributed(contribution.correlation.info);
      yield correlationMatch(contribution);
    }
  }
}

/** What the rules of a stream match, in the order of its records. */
function* hits(
  { store, tokens }: Decoded,
  directory: Directory,
  stream: string,
  rules: readonly CompiledRule[],
  ledger: FilterLedger,
  profiler: RuleProfiler | undefined,
): Generator<Hit> {
  if (rules.length === 0) return;
  const index = new RuleIndex(rules);
  if (profiler !== undefined) for (const rule of rules) profiler.known(rule.info);
  for (const records of store.read(stream)) {
    const enriched = directory.enrich(nameTokens(records, tokens));
    const found: { readonly row: number; readonly rule: CompiledRule; readonly suppressed: boolean }[] = [];
    for (const rule of index.candidates(enriched)) {
      const since = profiler === undefined ? 0 : performance.now();
      const rows = evaluate(rule, enriched);
      profiler?.evaluated(rule.info, since, enriched.length, rows.length);
      const suppressed = ledger.suppressed(rule.info.id, enriched, rows);
      for (const row of rows) found.push({ row, rule, suppressed: suppressed?.[row] === 1 });
    }
    if (found.length === 0) continue;
    found.sort((a, b) => a.row - b.row);
    const batch = maskText(enriched.gather(Uint32Array.from(found, each => each.row)), tokens);
    for (const [row, { rule, suppressed }] of found.entries()) yield { rule, batch, row, suppressed };
  }
}

/** Several sequences in the order of time as one; of equal times the earlier sequence comes first. */
function* inOrder(sequences: readonly Generator<Hit>[]): Generator<Hit> {
  const heads = sequences.map(sequence => sequence.next());
  for (;;) {
    let first = -1;
    for (let i = 0; i < heads.length; i++) {
      if (heads[i]!.done !== true && (first < 0 || isEarlier(heads[i]!.value, heads[first]!.value)))
        first = i;
    }
    if (first < 0) return;
    yield heads[first]!.value;
    heads[first] = sequences[first]!.next();
  }
}

function isEarlier(a: Hit, b: Hit): boolean {
  const seconds = a.batch.sec(a.row) - b.batch.sec(b.row);
  return seconds < 0 || (seconds === 0 && a.batch.nsec(a.row) < b.batch.nsec(b.row));
}

function plainMatch({ rule, batch, row, suppressed }: Hit): Match {
  return { rule: rule.info, stream: rule.stream, record: batch.row(row), suppressed };
}

/**
 * A field to group by that names a host in the records of every rule counts as that host, as in plain rules. Where it
 * is such a field in some of them only, the value counts: records must not part what the correlation put together.
 */
function correlationMatch({ correlation, group, fields, batch, row }: Contribution): Match {
  const { groupBy, groupFields, info } = correlation;
  const record: Record<string, Value> = batch.row(row);
  const parts = groupBy.map((name, i): GroupPart => {
    if (!Object.hasOwn(record, name)) record[name] = group[i]!;
    return [...groupFields[i]!].every(namesHost) ? { field: fields[i]! } : { text: group[i]! };
  });
  return { rule: info, stream: batch.schema.name, record, group: parts };
}
