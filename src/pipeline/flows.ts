/**
 * `flows`: the first phase, and its `conn` records, enriched, filtered and masked, as the rows of one view. Rows of
 * single flows are ordered by a record store of their own, which spills; with `top`, only rows that may still be among
 * the first are put into it. So memory does not grow with the number of flows.
 */
import type { RecordFilter } from '../filter/filter.ts';
import type { Batch } from '../model/batch.ts';
import {
  FLOW_VIEWS,
  type FlowSort,
  type FlowTable,
  type FlowTotals,
  type FlowViewName,
  type FlowViewRow,
  flowsView,
} from '../model/flow-view.ts';
import { f, type Moment, type RecordOf, stream } from '../model/schema.ts';
import { FlowGroups } from './flow-groups.ts';
import { type Analysed, type AnalyseOptions, decodeAll, directoryOf, summary } from './phases.ts';
import { maskText, nameTokens, numberTokens } from './present.ts';
import { RecordStore } from './record-store.ts';
import { Top } from './top.ts';

export interface FlowsOptions extends AnalyseOptions {
  readonly view: FlowViewName;
  readonly sort: FlowSort;
  /** Rows to show; undefined shows all. */
  readonly top: number | undefined;
  /** Over `conn`, enriched. */
  readonly filter: RecordFilter | undefined;
}

export interface FlowsResult extends Analysed {
  readonly table: FlowTable;
  /** Flows before the filter. */
  readonly all: number;
  /** Frees the records. */
  close(): void;
}

/** Rows of single flows in the order of a number: stands where a store expects the time. */
const rankedFlows = stream('flows', flowsView.doc, { rank: f.time('Order.'), ...flowsView.fields });

/** Decodes, and makes the rows of a view. */
export async function flows(options: FlowsOptions): Promise<FlowsResult> {
  const decoded = await decodeAll(options, undefined, false);
  const { store, tokens } = decoded;
  numberTokens(store, tokens);
  const directory = await directoryOf(options.inventory, decoded);
  const read = function* (): Generator<Batch> {
    for (const batch of store.read('conn')) {
      const shown = maskText(directory.enrich(nameTokens(batch, tokens)), tokens);
      const selected = options.filter ? options.filter.select(shown) : shown;
      if (selected !== undefined) yield selected;
    }
  };
  const rows = options.view === 'flows' ? flowRows(read, options) : groupRows(read, options);
  const { totals, count } = rows;
  return {
    ...summary(decoded, { ...directory.limits(), ...rows.limits }),
    table: {
      view: options.view,
      schema: FLOW_VIEWS[options.view],
      sort: options.sort,
      totals,
      count,
      shown: Math.min(count, options.top ?? count),
      rows: rows.rows,
    },
    all: store.count('conn'),
    close() {
      store.close();
      rows.close();
    },
  };
}

interface Rows {
  readonly totals: FlowTotals;
  readonly count: number;
  readonly limits: Readonly<Record<string, number>>;
  rows(): Iterable<FlowViewRow>;
  close(): void;
}

type View = Pick<FlowsOptions, 'view' | 'sort' | 'top'>;

function groupRows(read: () => Iterable<Batch>, { view, sort, top }: View): Rows {
  const groups = new FlowGroups(view);
  const totals = new Totals();
  for (const batch of read()) {
    for (let row = 0; row < batch.length; row++) {
      totals.add(batch, row);
      groups.add(batch, row);
    }
  }
  const rows = groups.rows(sort, top ?? groups.count);
  const limits: Record<string, number> = groups.overflow > 0 ? { flow_groups: groups.overflow } : {};
  return { totals, count: groups.count, limits, rows: () => rows, close: () => {} };
}

function flowRows(read: () => Iterable<Batch>, { sort, top }: View): Rows {
  const totals = new Totals();
  const ranked = new RecordStore();
  const inOrder = sort === 'start' || sort === 'flows';
  const best = top === undefined ? undefined : new Top(top);
  for (const batch of read()) {
    for (let row = 0; row < batch.length; row++) {
      totals.add(batch, row);
      if (inOrder) continue;
      const rank = rankOf(batch, row, sort);
      if (best?.offer(rank) === false) continue;
      // Most first: the store reads the smallest first, and equal ones as they came, which is by time.
      const sec = Math.floor(-rank);
      const nsec = Math.round((-rank - sec) * 1e9);
      ranked.append(
        rankedFlows,
        { rank: { sec, nsec }, ...flowRow(batch, row) } as RecordOf<typeof rankedFlows>,
        0,
      );
    }
  }
  const limit = top ?? Number.POSITIVE_INFINITY;
  return {
    totals,
    count: totals.flows,
    limits: {},
    *rows() {
      let left = limit;
      for (const batch of inOrder ? read() : ranked.read('flows')) {
        for (let row = 0; row < batch.length; row++) {
          if (left-- <= 0) return;
          yield inOrder ? flowRow(batch, row) : withoutRank(batch.row(row));
        }
      }
    },
    close: () => ranked.close(),
  };
}

function rankOf(batch: Batch, row: number, sort: FlowSort): number {
  switch (sort) {
    case 'bytes':
      return numberOf(batch, row, 'orig_ip_bytes') + numberOf(batch, row, 'resp_ip_bytes');
    case 'packets':
      return numberOf(batch, row, 'orig_pkts') + numberOf(batch, row, 'resp_pkts');
    case 'missed':
      return numberOf(batch, row, 'missed_bytes');
    default:
      return numberOf(batch, row, 'duration');
  }
}

function flowRow(batch: Batch, row: number): FlowViewRow {
  const result: Record<string, FlowViewRow[string]> = {};
  for (const name of flowsView.names) {
    const value = name === 'bytes' || name === 'packets' ? rankOf(batch, row, name) : batch.value(row, name);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function withoutRank({ rank: _rank, ...row }: FlowViewRow): FlowViewRow {
  return row;
}

function numberOf(batch: Batch, row: number, name: string): number {
  const value = batch.value(row, name);
  return typeof value === 'number' ? value : 0;
}

class Totals implements FlowTotals {
  flows = 0;
  bytes = 0;
  packets = 0;
  missed_bytes = 0;
  first: Moment | null = null;
  last: Moment | null = null;

  /** Adds one record; they come in the order of time. */
  add(batch: Batch, row: number): void {
    this.flows++;
    this.bytes += rankOf(batch, row, 'bytes');
    this.packets += rankOf(batch, row, 'packets');
    this.missed_bytes += numberOf(batch, row, 'missed_bytes');
    const ts = { sec: batch.sec(row), nsec: batch.nsec(row) };
    this.first ??= ts;
    this.last = ts;
  }
}
