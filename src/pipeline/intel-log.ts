/**
 * Indicators over the records of a run, between the two phases: `intel` records for what they name, so that rules match them in
 * the same scan; and for enrichment who says something of the two sides of a record.
 *
 * One record per flow, place and value: a browser asks one host a hundred times. Limit: `LIMITS.intelRepeats` are remembered.
 */
import type { Directory } from '../devices/directory.ts';
import { INTEL_STREAMS, IntelMatcher, type Seen } from '../intel/match.ts';
import type { Entry, IndicatorTable } from '../intel/table.ts';
import type { Batch, Column } from '../model/batch.ts';
import { confidenceLevel, INTEL_TYPES, intel } from '../model/intel.ts';
import type { Moment } from '../model/schema.ts';
import { LIMITS } from './limits.ts';
import type { RecordStore } from './record-store.ts';

/** Adds the `intel` records to a store. */
export function logIntel(store: RecordStore, table: IndicatorTable): void {
  const matcher = new IntelMatcher(table);
  let reported = new Set<string>();
  for (const stream of INTEL_STREAMS) {
    for (const batch of store.read(stream)) {
      for (const seen of matcher.look(batch)) {
        const key = `${batch.value(seen.row, 'uid')} ${seen.where} ${seen.value}`;
        if (reported.has(key)) continue;
        if (reported.size >= LIMITS.intelRepeats) reported = new Set();
        reported.add(key);
        emit(
          store,
          batch,
          seen,
          seen.entries.map(entry => table.entry(entry)),
        );
      }
    }
  }
}

function emit(store: RecordStore, batch: Batch, seen: Seen, entries: readonly Entry[]): void {
  const value = <T>(name: string): T | undefined => batch.value(seen.row, name) as T | undefined;
  const best = entries.reduce((a, b) => ((b.confidence ?? -1) > (a.confidence ?? -1) ? b : a));
  const tags = distinct(entries.flatMap(entry => entry.tags));
  store.append(
    intel,
    {
      ts: value<Moment>('ts'),
      uid: value('uid'),
      'id.orig_h': value('id.orig_h'),
      'id.orig_p': value('id.orig_p'),
      'id.resp_h': value('id.resp_h'),
      'id.resp_p': value('id.resp_p'),
      'seen.indicator': seen.value,
      'seen.indicator_type': seen.type,
      'seen.where': seen.where,
      matched: distinct(entries.map(entry => INTEL_TYPES[entry.kind])),
      sources: distinct(entries.map(entry => entry.source)),
      indicator: entries[0]!.text,
      confidence: best.confidence,
      confidence_level: best.confidence === undefined ? undefined : confidenceLevel(best.confidence),
      description: best.description ?? entries.find(entry => entry.description !== undefined)?.description,
      tags: tags.length === 0 ? undefined : tags,
      frame: value('frame'),
      capture: value('capture'),
    },
    0,
  );
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

/** The directory whose records also say which indicators name their sides: by address, else by name. */
export function withIntel(directory: Directory, table: IndicatorTable): Directory {
  const matcher = new IntelMatcher(table);
  return { ...directory, enrich: batch => enrichBatch(directory.enrich(batch), matcher) };
}

function enrichBatch(batch: Batch, matcher: IntelMatcher): Batch {
  const columns = new Map<string, Column | null>();
  for (const side of ['orig', 'resp']) {
    const named = new Map<number, readonly string[]>();
    note(batch, `id.${side}_h`, text => matcher.ofAddress(text), matcher, named);
    note(batch, `${side}_domain`, text => matcher.ofName(text), matcher, named);
    if (named.size === 0) continue;
    const lists = Array.from({ length: batch.length }, (_, row) => named.get(row) ?? null);
    columns.set(`${side}_intel`, { kind: 'list', lists });
  }
  return columns.size === 0 ? batch : batch.replace(columns);
}

/** Notes, by row, the sources that name a text of a field. */
function note(
  batch: Batch,
  field: string,
  find: (text: string) => readonly number[],
  matcher: IntelMatcher,
  named: Map<number, readonly string[]>,
): void {
  const column = batch.column(field);
  if (column?.kind !== 'dict') return;
  const found = column.dict.map((text, code) => (code === 0 ? [] : find(text)));
  if (found.every(entries => entries.length === 0)) return;
  for (let row = 0; row < batch.length; row++) {
    const entries = matcher.live(found[column.codes[row]!]!, batch.sec(row));
    if (entries.length === 0) continue;
    const sources = entries.map(entry => matcher.table.entry(entry).source);
    named.set(row, distinct([...(named.get(row) ?? []), ...sources]));
  }
}
