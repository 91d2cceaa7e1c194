/**
 * Between the record store and everything that shows records: tokens get their names, and identifiers decoded in
 * this run are masked where they turn up in text fields, as is what a name in the text announces and literals of SQL. Rules see records with names but unmasked; writers, reports
 * and findings see them masked.
 */

import { InputError } from '../errors.ts';
import type { CaptureInfo } from '../model/analysis.ts';
import type { Batch, Column } from '../model/batch.ts';
import { type Device, ENRICHMENT_FIELDS, type Evidence, type Explanation } from '../model/device.ts';
import type { Health } from '../model/health.ts';
import type { Field, Fields, StreamSchema } from '../model/schema.ts';
import { hideLiterals } from '../protocols/secret-text.ts';
import type { RecordStore } from './record-store.ts';
import type { TokenTable } from './tokens.ts';

function fieldsOf(schema: StreamSchema, test: (field: Field) => boolean): string[] {
  return schema.names.filter(name => test((schema.fields as Fields)[name]!));
}

const isToken = (field: Field): boolean => field.type === 'token' || field.type === 'set[token]';

/** Fields that hold SQL, whose literals are not shown. */
const QUERIES: Readonly<Record<string, { field: string; dialect: 'mysql' | 'postgresql' }>> = {
  mysql: { field: 'arg', dialect: 'mysql' },
  postgresql: { field: 'frontend_arg', dialect: 'postgresql' },
};

/** Text made by medtap itself, or by the user. */
const OWN_STREAMS = new Set(['conn', 'arp', 'weird', 'credentials', 'signature', 'capture_health']);

/**
 * Fields whose text came from the wire. A decoder may take any bytes for a message type or a method, so it is not only
 * the fields of class `text`.
 */
function wireFields(schema: StreamSchema): string[] {
  return schema.names.filter(name => {
    const field = (schema.fields as Fields)[name]!;
    if (field.class === 'text') return true;
    if (OWN_STREAMS.has(schema.name) || name === 'uid' || name in ENRICHMENT_FIELDS) return false;
    return field.type === 'string' || field.type === 'vector[string]';
  });
}

/** Numbers every token in the order of records: stream by stream in name order, each by time. */
export function numberTokens(store: RecordStore, tokens: TokenTable): void {
  for (const name of store.names) {
    const fields = fieldsOf(store.schema(name)!, isToken);
    if (fields.length === 0) continue;
    for (const batch of store.read(name)) {
      for (let row = 0; row < batch.length; row++) {
        for (const field of fields) {
          const value = batch.value(row, field);
          if (typeof value === 'string') tokens.number(value);
          else if (Array.isArray(value)) for (const item of value) tokens.number(String(item));
        }
      }
    }
  }
}

/** The batch with token names instead of stored digests. */
export function nameTokens(batch: Batch, tokens: TokenTable): Batch {
  return rewrite(batch, fieldsOf(batch.schema, isToken), text => tokens.show(text));
}

/**
 * The batch with identifiers masked in its text. When there were more identifiers than could be remembered, all text
 * but the names of captures is withheld.
 */
export function maskText(batch: Batch, tokens: TokenTable): Batch {
  if (!tokens.masks) return batch;
  const fields = wireFields(batch.schema);
  if (tokens.overflow === 0) {
    const query = QUERIES[batch.schema.name];
    const digested =
      query === undefined ? batch : rewrite(batch, [query.field], text => hideLiterals(text, query.dialect));
    return rewrite(digested, fields, text => tokens.mask(text));
  }
  const withheld = rewrite(
    batch,
    fields.filter(name => name !== 'capture'),
    () => '<withheld>',
  );
  return rewrite(withheld, ['capture'], text => tokens.mask(text));
}

/** Captures with identifiers masked in their names, interfaces and problems, as in the records that name them. */
export function maskCaptures(captures: readonly CaptureInfo[], tokens: TokenTable): readonly CaptureInfo[] {
  if (!tokens.masks) return captures;
  return captures.map(capture => ({
    ...capture,
    name: tokens.mask(capture.name),
    same_as: capture.same_as === null ? null : tokens.mask(capture.same_as),
    interfaces: capture.interfaces.map(item => ({
      ...item,
      name: item.name === null ? null : tokens.mask(item.name),
      description: item.description === null ? null : tokens.mask(item.description),
    })),
    problem: capture.problem === null ? null : tokens.mask(capture.problem),
  }));
}

/** A verdict with identifiers masked in the names of captures. */
export function maskHealth(health: Health, tokens: TokenTable): Health {
  if (!tokens.masks) return health;
  return {
    ...health,
    captures: health.captures.map(each => ({ ...each, capture: tokens.mask(each.capture) })),
    clocks:
      health.clocks?.map(each => ({
        ...each,
        capture: tokens.mask(each.capture),
        reference: tokens.mask(each.reference),
      })) ?? null,
  };
}

/** Evidence that does not come from the wire. */
const TRUSTED_SOURCES = new Set(['inventory', 'oui']);

/**
 * Devices with identifiers masked: names in evidence are mostly text from the wire. When there were more identifiers than
 * could be remembered, that text is withheld.
 */
export function maskDevices(devices: readonly Device[], tokens: TokenTable): readonly Device[] {
  if (!tokens.masks) return devices;
  return devices.map(device => maskDevice(device, tokens));
}

/** Text of the wire in a device; the names of captures keep their shape when all text is withheld. */
const shown = (text: string, tokens: TokenTable): string =>
  tokens.overflow === 0 ? tokens.mask(text) : '<withheld>';

function maskDevice(device: Device, tokens: TokenTable): Device {
  return {
    ...device,
    vendor: device.vendor === undefined ? undefined : tokens.mask(device.vendor),
    model: device.model === undefined ? undefined : shown(device.model, tokens),
    evidence: device.evidence.map(item => maskEvidence(item, tokens)),
  };
}

function maskEvidence(item: Evidence, tokens: TokenTable): Evidence {
  if (TRUSTED_SOURCES.has(item.source)) return item;
  const { value, capture } = item;
  return {
    ...item,
    value: shown(value, tokens),
    ...(capture === undefined ? {} : { capture: tokens.mask(capture) }),
  };
}

/** The same for explanations. */
export function maskExplanations(all: readonly Explanation[], tokens: TokenTable): readonly Explanation[] {
  if (!tokens.masks) return all;
  const masked = <T extends { readonly evidence: Evidence; readonly why: string }>(item: T): T => ({
    ...item,
    evidence: maskEvidence(item.evidence, tokens),
    why: TRUSTED_SOURCES.has(item.evidence.source) ? item.why : shown(item.why, tokens),
  });
  return all.map(explanation => ({
    ...explanation,
    device: maskDevice(explanation.device, tokens),
    evidence: explanation.evidence.map(masked),
    candidates: explanation.candidates.map(candidate => ({
      ...candidate,
      counted: candidate.counted.map(masked),
      weaker: candidate.weaker.map(masked),
    })),
  }));
}

/** What could not be read, with identifiers masked in the names of files. */
export function maskProblems(problems: readonly InputError[], tokens: TokenTable): readonly InputError[] {
  if (!tokens.masks) return problems;
  return problems.map(problem => {
    const message = tokens.mask(problem.message);
    if (message === problem.message) return problem;
    const masked = new InputError(tokens.mask(problem.file), '', problem.offset, problem.limit);
    masked.message = message;
    return masked;
  });
}

function rewrite(batch: Batch, fields: readonly string[], change: (text: string) => string): Batch {
  const replacements = new Map<string, Column | null>();
  for (const name of fields) {
    const column = batch.column(name);
    if (column) replacements.set(name, rewriteColumn(column, change));
  }
  return replacements.size === 0 ? batch : batch.replace(replacements);
}

function rewriteColumn(column: Column, change: (text: string) => string): Column {
  if (column.kind === 'dict') {
    // Only what the rows use: a few rows may share the dictionary of a whole batch.
    const { codes } = column;
    const dict = column.dict.slice();
    const done = new Uint8Array(dict.length);
    done[0] = 1;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      if (done[code] === 1) continue;
      done[code] = 1;
      dict[code] = change(dict[code]!);
    }
    return { kind: 'dict', codes, dict };
  }
  if (column.kind !== 'list') return column;
  const lists = column.lists.map(
    list => list?.map(item => (typeof item === 'string' ? change(item) : item)) ?? null,
  );
  return { kind: 'list', lists };
}
