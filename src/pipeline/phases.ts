/**
 * What `scan`, `logs` and `devices` share: the first phase with the options of a run, who is who, and what a run says
 * about itself. Detection begins only when decoding has seen everything, so that a device recognised late is already
 * itself in its earlier records.
 */
import { listInputs } from '../capture/inputs.ts';
import type { Directory } from '../devices/directory.ts';
import { internalAddresses } from '../devices/scope.ts';
import type { InputError } from '../errors.ts';
import type { IndicatorTable } from '../intel/table.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { Inventory } from '../model/device.ts';
import type { Health } from '../model/health.ts';
import type { Moment } from '../model/schema.ts';
import type { SignatureSet } from '../signatures/compile.ts';
import type { ClockOffsets } from './clock-offsets.ts';
import { type Decoded, decode } from './decode.ts';
import { assessHealth, logHealth, savedHealth } from './health.ts';
import { maskCaptures, maskProblems, nameTokens } from './present.ts';
import { decodeSaved, savedInputs } from './saved-logs.ts';
import { serverHosts } from './server-hosts.ts';

export { emptyInventory } from '../devices/default-inventory.ts';
export { clockChange, readMoment } from '../filter/values.ts';

export interface AnalyseOptions {
  /** Files, directories, or `-` for standard input. */
  readonly inputs: readonly string[];
  readonly inventory: Inventory;
  /** Show values instead of tokens, and mask nothing. */
  readonly reveal: boolean;
  /** The site's key: tokens are the same in every run that has it. */
  readonly tokenKey?: Uint8Array | undefined;
  /** Seconds that a copy of a frame may come behind it; 0 keeps copies. */
  readonly dedupWindow: number;
  /** Discard packets whose checksum is wrong. */
  readonly strictChecksums?: boolean | undefined;
  /** Seconds to add to the times of an input, by its name. */
  readonly clockOffsets?: ClockOffsets | undefined;
  /** Frames before this moment, and from this moment on, are counted and nothing more. */
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
  /** How many times as large as its compressed form an input may be. */
  readonly maxRatio?: number | undefined;
  /** What is looked for in payload. */
  readonly signatures?: SignatureSet | undefined;
  /** What is looked for in records. */
  readonly intel?: IndicatorTable | undefined;
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What every run says about itself. */
export interface Analysed {
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  /** Inputs that could not be read, or not to their end. */
  readonly problems: readonly InputError[];
  readonly interrupted: boolean;
  /** Text that the user gave, such as names of files, with identifiers masked as in the records. */
  readonly mask: (text: string) => string;
}

/**
 * Decodes all inputs, or reads them when they are saved logs.
 * @param streams names to keep; undefined keeps all
 * @param compareClocks say how far the clocks of several captures are apart
 */
export async function decodeAll(
  options: AnalyseOptions,
  streams: ReadonlySet<string> | undefined,
  hashed: boolean,
  compareClocks = false,
): Promise<Decoded> {
  const all = {
    inputs: options.inputs,
    streams,
    hashed,
    compareClocks,
    reveal: options.reveal,
    tokenKey: options.tokenKey,
    dedupWindow: options.dedupWindow,
    strictChecksums: options.strictChecksums,
    signatures: options.signatures,
    clockOffsets: options.clockOffsets,
    since: options.since,
    until: options.until,
    maxRatio: options.maxRatio,
    site: options.inventory.site ?? '',
    isInternal: internalAddresses(options.inventory),
    servers: serverHosts(options.inventory),
    onProgress: options.onProgress,
    signal: options.signal,
  };
  const logs = await savedInputs(options.inputs, holdsCaptures);
  const decoded = await (logs === undefined ? decode(all) : decodeSaved(logs, all));
  return options.intel === undefined ? decoded : withIndicators(decoded, options.intel);
}

async function withIndicators(decoded: Decoded, table: IndicatorTable): Promise<Decoded> {
  const { logIntel } = await import('./intel-log.ts');
  logIntel(decoded.store, table);
  return { ...decoded, coverage: { ...decoded.coverage, records: recordCounts(decoded) } };
}

/** Records by stream. */
function recordCounts({ store }: Decoded): Readonly<Record<string, number>> {
  return Object.fromEntries(store.names.map(name => [name, store.count(name)]));
}

async function holdsCaptures(names: readonly string[]): Promise<boolean> {
  return names.length > 0 && (await listInputs(names)).inputs.length > 0;
}

/** The run with a verdict on what it shows, and its `capture_health` records in the store. Needs `conn` to be kept. */
export function withHealth(decoded: Decoded): Decoded & { readonly health: Health } {
  const { store, captures, coverage } = decoded;
  if (coverage.saved_records > 0) return { ...decoded, health: savedHealth(decoded) };
  const health = assessHealth(decoded);
  logHealth(store, captures, health);
  return { ...decoded, coverage: { ...coverage, records: recordCounts(decoded) }, health };
}

/** Who is on the network, from the inventory and all records. */
export async function directoryOf(
  inventory: Inventory,
  { store, tokens }: Decoded,
  intel?: IndicatorTable,
): Promise<Directory> {
  const { buildDirectory } = await import('../devices/directory.ts');
  const directory = buildDirectory(inventory, function* (name) {
    for (const batch of store.read(name)) yield nameTokens(batch, tokens);
  });
  return intel === undefined ? directory : (await import('./intel-log.ts')).withIntel(directory, intel);
}

/** What a run says about itself, with the limits that later stages hit. */
export function summary(decoded: Decoded, limits: Readonly<Record<string, number>>): Analysed {
  const { captures, coverage, problems, interrupted } = decoded;
  return {
    captures: maskCaptures(captures, decoded.tokens),
    coverage: { ...coverage, limits: { ...coverage.limits, ...limits } },
    problems: maskProblems(problems, decoded.tokens),
    interrupted,
    mask: text => decoded.tokens.mask(text),
  };
}
