/**
 * Records as CSV (RFC 4180): a header, CRLF behind every line, quotes where a cell needs them. Written for
 * spreadsheets, so a text that would be taken as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage
 * return) gets an apostrophe in front. Control and invisible characters of captured text are made visible, so a cell
 * never spans lines. Times are ISO 8601 in UTC, intervals seconds, sets and vectors joined by a comma and a blank;
 * absent values are empty.
 */
import { visible } from '../bytes/text.ts';
import type { Moment, StreamSchema, Value } from '../model/schema.ts';
import { isoTime } from './time.ts';

const END = '\r\n';

/** The header line. */
export function csvHeader(schema: StreamSchema): string {
  return schema.names.join(',') + END;
}

/** One record. */
export function csvRow(schema: StreamSchema, record: Readonly<Record<string, Value>>): string {
  return schema.names.map(name => csvCell(record[name])).join(',') + END;
}

/** One cell; numbers and truth values are never formulas. */
export function csvCell(value: Value | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return csvText(value);
  if (Array.isArray(value)) return csvText(value.map(String).join(', '));
  return 'sec' in value ? isoTime(value as Moment) : '';
}

function csvText(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  const shown = visible(guarded);
  return /[",']|^\s|\s$/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
