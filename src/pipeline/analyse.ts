/**
 * The three things a user can ask for: `scan` (both phases and findings), `logs` (records) and `devices`. Each decodes
 * its inputs once; detection begins only when decoding has seen everything, so that a device recognised late is
 * already itself in its earlier records.
 */

import { buildDirectory, type Directory, internalAddresses } from '../devices/directory.ts';
import type { InputError } from '../errors.ts';
import { collectFindings } from '../findings/collect.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { Batch } from '../model/batch.ts';
import { type Device, enrichedSchema, type Inventory } from '../model/device.ts';
import type { Finding, Match } from '../model/finding.ts';
import type { StreamSchema } from '../model/schema.ts';
import { type CompiledRule, evaluate } from '../sigma/evaluate.ts';
import { type Decoded, decode } from './decode.ts';
import { FlowFactsIndex } from './flow-facts.ts';
import { maskDevices, maskText, nameTokens, numberTokens } from './present.ts';

export interface AnalyseOptions {
  /** Files, directories, or `-` for standard input. */
  readonly inputs: readonly string[];
  readonly inventory: Inventory;
  /** Show values instead of tokens, and mask nothing. */
  readonly reveal: boolean;
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Analysed {
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  /** Inputs that could not be read, or not to their end. */
  readonly problems: readonly InputError[];
  readonly interrupted: boolean;
}

export interface ScanResult extends Analysed {
  readonly devices: readonly Device[];
  readonly findings: readonly Finding[];
}

export interface DevicesResult extends Analysed {
  readonly devices: readonly Device[];
}

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

/** Decodes, enriches, applies the rules and groups what matched. */
export async function scan(
  options: AnalyseOptions & { readonly rules: readonly CompiledRule[] },
): Promise<ScanResult> {
  const decoded = await decodeAll(options, undefined, true);
  const { store, tokens } = decoded;
  try {
    numberTokens(store, tokens);
    const directory = directoryOf(options.inventory, decoded);
    const facts = new FlowFactsIndex(() => store.read('conn'));
    const collected = collectFindings(match(decoded, directory, options.rules, facts), {
      site: options.inventory.site,
      flowFacts: uid => facts.get(uid),
    });
    return {
      ...summary(decoded, { ...directory.limits(), ...collected.limits }),
      devices: maskDevices(directory.devices(), tokens),
      findings: collected.findings,
    };
  } finally {
    store.close();
  }
}

/**
 * Decodes to records.
 * @param streams names to keep; undefined keeps all
 * @param enrich add who each side is; needs the whole first phase
 */
export async function logs(
  options: AnalyseOptions & { readonly streams: readonly string[] | undefined; readonly enrich: boolean },
): Promise<LogsResult> {
  const kept = options.enrich || options.streams === undefined ? undefined : new Set(options.streams);
  const decoded = await decodeAll(options, kept, false);
  const { store, tokens } = decoded;
  numberTokens(store, tokens);
  const directory = options.enrich ? directoryOf(options.inventory, decoded) : undefined;
  const names = store.names.filter(name => options.streams?.includes(name) ?? true);
  const streams = names.map(name => {
    const schema = store.schema(name)!;
    return {
      schema: directory ? enrichedSchema(schema) : schema,
      *batches() {
        for (const batch of store.read(name)) {
          const named = nameTokens(batch, tokens);
          yield maskText(directory ? directory.enrich(named) : named, tokens);
        }
      },
    };
  });
  return { ...summary(decoded, directory?.limits() ?? {}), streams, close: () => store.close() };
}

/** Decodes and says who is on the network. */
export async function devices(options: AnalyseOptions): Promise<DevicesResult> {
  const decoded = await decodeAll(options, undefined, true);
  try {
    numberTokens(decoded.store, decoded.tokens);
    const directory = directoryOf(options.inventory, decoded);
    return {
      ...summary(decoded, directory.limits()),
      devices: maskDevices(directory.devices(), decoded.tokens),
    };
  } finally {
    decoded.store.close();
  }
}

function decodeAll(
  options: AnalyseOptions,
  streams: ReadonlySet<string> | undefined,
  hashed: boolean,
): Promise<Decoded> {
  return decode({
    inputs: options.inputs,
    streams,
    hashed,
    reveal: options.reveal,
    site: options.inventory.site ?? '',
    isInternal: internalAddresses(options.inventory),
    onProgress: options.onProgress,
    signal: options.signal,
  });
}

function directoryOf(inventory: Inventory, { store, tokens }: Decoded): Directory {
  return buildDirectory(inventory, function* (name) {
    for (const batch of store.read(name)) yield nameTokens(batch, tokens);
  });
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

function summary(decoded: Decoded, limits: Readonly<Record<string, number>>): Analysed {
  const { captures, coverage, problems, interrupted } = decoded;
  return {
    captures,
    coverage: { ...coverage, limits: { ...coverage.limits, ...limits } },
    problems,
    interrupted,
  };
}
