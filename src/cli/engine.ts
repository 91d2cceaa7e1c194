/**
 * The one place where the command line meets the stages: inventory, captures and what is looked for in them; `rule-engine.ts`
 * is the same for rules. Commands call these names and nothing of the stages themselves. Each part is loaded when it is
 * first needed: `logs` without an inventory starts in half the time that way.
 */
import { join } from 'node:path';
import type { Device, Inventory } from '../model/device.ts';
import type { Moment } from '../model/schema.ts';
import type { DevicesResult } from '../pipeline/devices.ts';
import type { DoctorResult } from '../pipeline/doctor.ts';
import type { ExplainRequest, ExplainResult } from '../pipeline/explain.ts';
import type { FlowsOptions, FlowsResult } from '../pipeline/flows.ts';
import type { LogsResult } from '../pipeline/logs.ts';
import type { Detections } from '../pipeline/match-rules.ts';
import type { RecordFilter } from '../pipeline/options.ts';
import type { AnalyseOptions } from '../pipeline/phases.ts';
import type { ScanResult } from '../pipeline/scan.ts';
import type { LoadedIntel, LoadedSignatures } from '../pipeline/search-files.ts';
import { ENRICHED_STREAMS, STREAMS } from '../pipeline/streams.ts';
import type { Io } from './io.ts';
import { isPipe, readWhole } from './patient-read.ts';
import { SHIPPED, SHIPPED_FOLDER } from './shipped.ts';

export type { FlowsResult, LogsResult, ScanResult };

/** Names of all streams, sorted. */
export const STREAM_NAMES: readonly string[] = [...STREAMS.keys()];

/** Findings in captures. */
export async function scan(
  options: AnalyseOptions & Detections & { readonly profile?: boolean },
): Promise<ScanResult> {
  const pipeline = await import('../pipeline/scan.ts');
  return pipeline.scan(options);
}

/** Records of captures. */
export async function logs(
  options: AnalyseOptions & {
    readonly streams: readonly string[] | undefined;
    readonly enrich: boolean;
    readonly filter: RecordFilter | undefined;
  },
): Promise<LogsResult> {
  const pipeline = await import('../pipeline/logs.ts');
  return pipeline.logs(options);
}

/** Why a rule matched, or did not. */
export async function explain(request: ExplainRequest): Promise<ExplainResult> {
  const pipeline = await import('../pipeline/explain.ts');
  return pipeline.explain(request);
}

/** How much of the network captures show. */
export async function doctor(options: AnalyseOptions): Promise<DoctorResult> {
  const pipeline = await import('../pipeline/doctor.ts');
  return pipeline.doctor(options);
}

/** Who talked to whom. */
export async function flows(options: FlowsOptions): Promise<FlowsResult> {
  const pipeline = await import('../pipeline/flows.ts');
  return pipeline.flows(options);
}

/** Who is on the network. */
export async function devices(
  options: AnalyseOptions & { readonly unseen: boolean; readonly explain?: string | undefined },
): Promise<DevicesResult> {
  const pipeline = await import('../pipeline/devices.ts');
  return pipeline.devices(options);
}

/**
 * The inventory of a site, or the one that knows nobody.
 * @param io where an interruption is said while a pipe is waited for; without it that blocks
 * @throws UserError with every problem of the file
 */
export async function readInventory(path: string | undefined, io?: Io): Promise<Inventory> {
  if (path === undefined) return (await import('../pipeline/phases.ts')).emptyInventory();
  const { loadInventory, MAX_INVENTORY_BYTES } = await import('../pipeline/options.ts');
  if (io === undefined || !isPipe(path)) return loadInventory(path);
  return loadInventory(path, await readWhole(io, path, MAX_INVENTORY_BYTES));
}

/** A time as text, without a zone on the clock of `timezone`; undefined when it is none. */
export async function readMoment(text: string, timezone: string): Promise<Moment | undefined> {
  return (await import('../pipeline/phases.ts')).readMoment(text, timezone);
}

/** Whether the clock of `timezone` skips a time without a zone, or shows it twice. */
export async function clockChange(
  text: string,
  timezone: string,
): Promise<'skipped' | 'repeated' | undefined> {
  return (await import('../pipeline/phases.ts')).clockChange(text, timezone);
}

/** Devices as the draft of an inventory. */
export async function renderInventory(list: readonly Device[], base: Inventory): Promise<string> {
  return (await import('../pipeline/options.ts')).renderInventory(list, base);
}

/** What `--filter` is compiled against. */
export interface FilterScope {
  /** Names of the streams; undefined: all, of which those take part that have the fields. */
  readonly streams: readonly string[] | undefined;
  /** Records have the fields of enrichment. */
  readonly enrich: boolean;
  readonly inventory: Inventory;
}

/** A filter over records; undefined when none is wanted. @throws UserError with every problem */
export async function readFilter(
  expression: string | undefined,
  { streams, enrich, inventory }: FilterScope,
): Promise<RecordFilter | undefined> {
  if (expression === undefined) return undefined;
  const { compileFilter } = await import('../pipeline/options.ts');
  const known = enrich ? ENRICHED_STREAMS : STREAMS;
  return compileFilter(expression, {
    schemas: (streams ?? STREAM_NAMES).map(name => known.get(name)!),
    chosen: streams !== undefined,
    timezone: inventory.timezone,
    enriched: enrich,
  });
}

/** Indicators of files. @throws UserError with every file that cannot be used */
export async function readIntel(paths: readonly string[]): Promise<LoadedIntel> {
  return (await import('../pipeline/search-files.ts')).loadIntel(paths);
}

/** Payload signatures of files and folders. @throws UserError with every problem */
export async function readSignatures(paths: readonly string[]): Promise<LoadedSignatures> {
  const files = await import('../pipeline/search-files.ts');
  return files.readSignatures(
    [...new Set(paths)].map(path => (path === SHIPPED ? join(SHIPPED_FOLDER, 'signatures') : path)),
  );
}
