/**
 * Between the record store and everything that shows records: tokens get their names, and identifiers decoded in
 * this run are masked where they turn up in text fields. Rules see records with names but unmasked; writers, reports
 * and findings see them masked.
 */
import type { Batch, Column } from '../model/batch.ts';
import type { Device } from '../model/device.ts';
import type { Field, Fields, StreamSchema } from '../model/schema.ts';
import type { RecordStore } from './record-store.ts';
import type { TokenTable } from './tokens.ts';

function fieldsOf(schema: StreamSchema, test: (field: Field) => boolean): string[] {
  return schema.names.filter(name => test((schema.fields as Fields)[name]!));
}

const isToken = (field: Field): boolean => field.type === 'token' || field.type === 'set[token]';
const isText = (field: Field): boolean => field.class === 'text';

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

/** The batch with identifiers masked in its text fields. */
export function maskText(batch: Batch, tokens: TokenTable): Batch {
  return tokens.masks ? rewrite(batch, fieldsOf(batch.schema, isText), text => tokens.mask(text)) : batch;
}

/** Evidence that does not come from the wire. */
const TRUSTED_SOURCES = new Set(['inventory', 'oui']);

/** Devices with identifiers masked: names in evidence are mostly text from the wire. */
export function maskDevices(devices: readonly Device[], tokens: TokenTable): readonly Device[] {
  if (!tokens.masks) return devices;
  return devices.map(device => ({
    ...device,
    evidence: device.evidence.map(item =>
      TRUSTED_SOURCES.has(item.source) ? item : { ...item, value: tokens.mask(item.value) },
    ),
  }));
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
    const dict = column.dict.slice();
    for (const code of new Set(column.codes)) if (code !== 0) dict[code] = change(column.dict[code]!);
    return { kind: 'dict', codes: column.codes, dict };
  }
  if (column.kind !== 'list') return column;
  const lists = column.lists.map(
    list => list?.map(item => (typeof item === 'string' ? change(item) : item)) ?? null,
  );
  return { kind: 'list', lists };
}
