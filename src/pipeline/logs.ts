/** `logs`: the first phase, and its records for whoever writes them; with enrichment also who each side is. */
import type { RecordFilter } from '../filter/filter.ts';
import { INTEL_STREAMS } from '../intel/match.ts';
import type { Batch } from '../model/batch.ts';
import { enrichedSchema } from '../model/device.ts';
import { captureHealth } from '../model/health.ts';
import { intel } from '../model/intel.ts';
import type { StreamSchema } from '../model/schema.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary, withHealth } from './phases.ts';
import { maskText, nameTokens, numberTokens } from './present.ts';

/** One stream of records, masked, in time order. */
export interface StreamLog {
  readonly schema: StreamSchema;
  batches(): Iterable<Batch>;
}

export interface LogsResult extends Analysed {
  readonly streams: readonly StreamLog[];
  /** Frees the records. */
  close(): void;
}

/**
 * Decodes to records.
 * @param streams names to keep; undefined keeps all
 * @param enrich add who each side is; needs the whole first phase
 * @param filter which records of which streams; it sees them as they are shown
 */
export async function logs(
  options: AnalyseOptions & {
    readonly streams: readonly string[] | undefined;
    readonly enrich: boolean;
    readonly filter?: RecordFilter | undefined;
  },
): Promise<LogsResult> {
  const { filter } = options;
  const wanted = filter?.streams ?? options.streams;
  const healthy = wanted === undefined || wanted.includes(captureHealth.name);
  const kept = options.enrich || wanted === undefined ? undefined : new Set(wanted);
  // How much a capture shows is read off its flows.
  if (healthy) kept?.add('conn');
  // Indicators are looked for in the records of other streams.
  if (kept?.has(intel.name) && options.intel !== undefined) for (const name of INTEL_STREAMS) kept.add(name);
  const read = await decodeAll(options, kept, false);
  const decoded = healthy ? withHealth(read) : read;
  const { store, tokens } = decoded;
  numberTokens(store, tokens);
  const directory = options.enrich ? await directoryOf(options.inventory, decoded, options.intel) : undefined;
  const names = store.names.filter(name => wanted?.includes(name) ?? true);
  const streams = names.map(name => {
    const schema = store.schema(name)!;
    return {
      schema: directory ? enrichedSchema(schema) : schema,
      *batches() {
        for (const batch of store.read(name)) {
          const named = nameTokens(batch, tokens);
          const shown = maskText(directory ? directory.enrich(named) : named, tokens);
          const selected = filter ? filter.select(shown) : shown;
          if (selected !== undefined) yield selected;
        }
      },
    };
  });
  return { ...summary(decoded, directory?.limits() ?? {}), streams, close: () => store.close() };
}
