/**
 * Tables for a terminal of a given width. What does not fit is never hidden silently: a shortened cell ends in `…`,
 * numbers are never shortened, and columns that are left out are named, for the caller to say so.
 *
 * Every cell passes `visible` here. Width is counted in code points; wide characters are not told apart.
 */
import { visible } from '../bytes/text.ts';

/** Blanks between two columns. */
const GAP = 2;

export interface TableColumn {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** Its cells may be shortened to this many characters; without it they never are. */
  readonly shortest?: number;
  /** Left out when there is no room, those of the highest number first and together; without it never. */
  readonly drop?: number;
}

/** Columns that fit, and how wide they are. */
export interface TableLayout {
  /** Titles of the columns left out. */
  readonly dropped: readonly string[];
  /** Titles of the columns that had to be shortened. */
  readonly shortened: readonly string[];
  header(): string;
  row(cells: readonly string[]): string;
}

interface Fitted {
  readonly column: TableColumn;
  readonly index: number;
  readonly natural: number;
  width: number;
}

/** Fits columns into a width, once all rows are known. `rows` is gone through once. */
export function layoutTable(
  columns: readonly TableColumn[],
  rows: Iterable<readonly string[]>,
  width: number,
): TableLayout {
  const widths = columns.map(column => length(column.title));
  for (const row of rows) {
    for (let i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i]!, length(visible(row[i] ?? '')));
  }
  let kept: Fitted[] = columns.map((column, index) => ({
    column,
    index,
    natural: widths[index]!,
    width: widths[index]!,
  }));
  while (excess(kept, width, leastWidth) > 0) {
    const least = Math.max(...kept.map(({ column }) => column.drop ?? 0));
    if (least === 0) break;
    kept = kept.filter(({ column }) => column.drop !== least);
  }
  shrink(kept, width);
  return {
    dropped: columns.filter(column => !kept.some(each => each.column === column)).map(({ title }) => title),
    shortened: kept.filter(each => each.width < each.natural).map(({ column }) => column.title),
    header: () => line(kept, each => each.column.title),
    row: cells => line(kept, each => visible(cells[each.index] ?? '')),
  };
}

function leastWidth({ column, width }: Fitted): number {
  return Math.min(width, column.shortest ?? width);
}

/** Characters beyond the width; `of` says how wide a column is. */
function excess(columns: readonly Fitted[], width: number, of: (column: Fitted) => number): number {
  return columns.reduce((sum, column) => sum + of(column) + GAP, -GAP) - width;
}

/** Takes what is too much from the widest column that can give, one character after another. */
function shrink(columns: readonly Fitted[], width: number): void {
  for (let rest = excess(columns, width, each => each.width); rest > 0; rest--) {
    const widest = columns
      .filter(each => each.width > leastWidth(each))
      .reduce<Fitted | undefined>((most, each) => (each.width > (most?.width ?? 0) ? each : most), undefined);
    if (widest === undefined) return;
    widest.width--;
  }
}

function line(columns: readonly Fitted[], text: (column: Fitted) => string): string {
  return columns
    .map(each => pad(shorten(text(each), each.width), each.width, each.column.right === true))
    .join(' '.repeat(GAP))
    .trimEnd();
}

/** The text in at most `width` characters; what was cut is shown by `…`. */
function shorten(text: string, width: number): string {
  if (length(text) <= width) return text;
  return `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - length(text)));
  return right ? blanks + text : text + blanks;
}

function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
