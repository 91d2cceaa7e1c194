/**
 * The views of `medtap flows` as `medtap/flows@1` (docs/output.md), in pieces: a capture may hold more flows than fit
 * into one string. One row per line, every field of the view in each, absent values null.
 */
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { FlowTable } from '../model/flow-view.ts';
import type { Moment, Value } from '../model/schema.ts';
import { captureJson, coverageJson, runJson, volatileJson } from './json.ts';
import { jsonText } from './json-text.ts';
import type { RunInfo } from './scan-report.ts';
import { isoTime } from './time.ts';

/** What `flows` reports. */
export interface FlowsReport {
  readonly run: Omit<RunInfo, 'rules'>;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  readonly table: FlowTable;
}

/** The result of `flows`. */
export function* flowsJson({ run, captures, coverage, table }: FlowsReport): Generator<string> {
  const { totals } = table;
  const head = {
    schema: 'medtap/flows@1',
    run: { ...runJson(run), ...volatileJson(run) },
    captures: captures.map(captureJson),
    coverage: coverageJson(coverage),
    view: table.view,
    sort: table.sort,
    totals: {
      ...totals,
      first: totals.first && isoTime(totals.first),
      last: totals.last && isoTime(totals.last),
    },
    count: table.count,
  };
  yield `${jsonText(head, 2).slice(0, -2)},\n  "rows": [`;
  let separator = '\n    ';
  for (const row of table.rows()) {
    const full = Object.fromEntries(table.schema.names.map(name => [name, plain(row[name])]));
    yield separator + jsonText(full);
    separator = ',\n    ';
  }
  yield separator === '\n    ' ? ']\n}\n' : '\n  ]\n}\n';
}

function plain(value: Value | undefined): unknown {
  if (value === undefined) return null;
  return typeof value === 'object' && 'sec' in value ? isoTime(value as Moment) : value;
}
