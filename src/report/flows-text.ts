/**
 * The views of `medtap flows` for a person: one table, fitted to the terminal, and below it what it does not show:
 * rows beyond `--top`, columns there was no room for, totals, and the clock of its times.
 */
import type { FlowTable, FlowTotals, FlowViewName, FlowViewRow } from '../model/flow-view.ts';
import type { Moment } from '../model/schema.ts';
import { countText, sizeText } from './numbers.ts';
import { Page } from './paragraph.ts';
import { ipProtocolName, ipProtocolText } from './protocol-names.ts';
import { layoutTable, type TableColumn } from './table.ts';
import { type SiteClock, shortDuration, siteClock } from './time.ts';

export interface FlowsTextOptions {
  /** Columns of the terminal; undefined: as wide as the table is. */
  readonly width: number | undefined;
  readonly timezone: string;
  /** Flows before the filter. */
  readonly all: number;
  readonly filtered: boolean;
  /** Rows to show of those that the table has. */
  readonly rows: number;
}

interface Cell extends TableColumn {
  readonly text: (row: FlowViewRow) => string;
  /** Says less, and nothing else, where the whole does not fit. */
  readonly brief?: (row: FlowViewRow) => string;
}

/** `proto` of what is neither TCP, UDP nor ICMP: it has no ports. */
const UNKNOWN = 'unknown_transport';
/** Columns of services shown in one cell. */
const SHOWN_SERVICES = 3;

/** The table and its foot, in pieces. */
export function* flowsText(whole: FlowTable, options: FlowsTextOptions): Generator<string> {
  const table = firstRows(whole, options.rows);
  const { totals } = table;
  const width = options.width ?? Number.POSITIVE_INFINITY;
  const foot = new Page(options.width ?? 80);
  if (totals.flows === 0) {
    foot.text(0, emptyText(options));
    yield foot.toString();
    return;
  }
  const clock = siteClock(options.timezone);
  let dropped: readonly string[] = [];
  let shortened: readonly string[] = [];
  const matrix = table.view === 'zones' ? zoneMatrix(table, width) : undefined;
  if (matrix !== undefined) {
    yield matrix;
  } else {
    const fitted = fitColumns(table, columnsOf(table, clock), width);
    ({ dropped, shortened } = fitted.layout);
    if (fitted.brief) dropped = [...dropped, 'ports of originators', 'addresses of hosts that have a name'];
    yield `${fitted.layout.header()}\n`;
    for (const row of table.rows()) yield `${fitted.layout.row(fitted.texts(row))}\n`;
  }
  foot.text(0, totalText(table, clock));
  if (untimed(totals))
    foot.text(0, 'No times in the capture: when flows began and how long they took is not known.');
  const rest = table.count - table.shown;
  if (rest > 0) foot.text(0, `${countText(rest, 'more row')} not shown (--top 0 shows all).`);
  if (options.filtered) {
    foot.text(
      0,
      `--filter left out ${countText(options.all - totals.flows)} of ${countText(options.all, 'flow')}.`,
    );
  }
  if (dropped.length > 0)
    foot.text(0, `No room for: ${dropped.join(', ')} (a wider terminal or --format csv has them).`);
  if (shortened.length > 0) foot.text(0, `… marks what was cut to fit (--format csv has it whole).`);
  yield `\n${foot.toString()}`;
}

/** The columns laid out: whole where there is room, else in their brief form. */
function fitColumns(table: FlowTable, cells: readonly Cell[], width: number) {
  const whole = (row: FlowViewRow) => cells.map(cell => cell.text(row));
  const brief = (row: FlowViewRow) => cells.map(cell => (cell.brief ?? cell.text)(row));
  const layout = layoutTable(cells, mapped(table.rows(), whole), width);
  const fits = layout.dropped.length + layout.shortened.length === 0;
  if (fits || !cells.some(cell => cell.brief)) return { layout, texts: whole, brief: false };
  return { layout: layoutTable(cells, mapped(table.rows(), brief), width), texts: brief, brief: true };
}

function emptyText({ all, filtered }: FlowsTextOptions): string {
  return filtered && all > 0 ? `None of ${countText(all, 'flow')} is left by --filter.` : 'No flows.';
}

function totalText({ totals, view, count }: FlowTable, clock: SiteClock): string {
  const rows = view === 'flows' ? '' : ` in ${countText(count, ROW_WORDS[view])}`;
  const missed = totals.missed_bytes > 0 ? `, ${sizeText(totals.missed_bytes)} missing from the capture` : '';
  const size = `${sizeText(totals.bytes)} in ${countText(totals.packets, 'packet')}${missed}`;
  const span =
    totals.first && totals.last && !untimed(totals)
      ? `; begun ${clock.span(totals.first, totals.last)} (${clock.zone})`
      : '';
  return `Total: ${countText(totals.flows, 'flow')}${rows}, ${size}${span}.`;
}

/** No flow has a time: what stands for one is the beginning of 1970. */
function untimed({ last }: FlowTotals): boolean {
  return last?.sec === 0 && last.nsec === 0;
}

const ROW_WORDS: Readonly<Record<FlowViewName, string>> = {
  flows: 'flow',
  device: 'host',
  pair: 'pair',
  service: 'service',
  zones: 'zone pair',
};

function columnsOf(table: FlowTable, clock: SiteClock): readonly Cell[] {
  const missed: Cell[] =
    table.totals.missed_bytes > 0 || table.sort === 'missed'
      ? [{ title: 'Missing', right: true, drop: 2, text: size('missed_bytes') }]
      : [];
  const columns = [...COLUMNS[table.view](table, clock), ...missed];
  // What the rows are ordered by stays.
  const title = SORT_TITLES[table.sort];
  return columns.map(column => (column.title === title ? withoutDrop(column) : column));
}

const SORT_TITLES: Readonly<Record<FlowTable['sort'], string>> = {
  bytes: 'Bytes',
  packets: 'Packets',
  flows: 'Flows',
  duration: 'Duration',
  missed: 'Missing',
  start: 'Start',
};

function withoutDrop({ drop: _drop, ...column }: Cell): Cell {
  return column;
}

const COLUMNS: Readonly<Record<FlowViewName, (table: FlowTable, clock: SiteClock) => readonly Cell[]>> = {
  flows: (table, clock) => [
    startColumn(table, clock),
    { title: 'From', shortest: 14, text: row => endpoint(row, 'orig'), brief: row => hostOf(row, 'orig') },
    { title: 'To', shortest: 14, text: row => endpoint(row, 'resp'), brief: row => briefEndpoint(row) },
    { title: 'Service', drop: 1, shortest: 8, text: service },
    { title: 'State', drop: 5, text: state },
    { title: 'Duration', right: true, drop: 4, text: duration },
    { title: 'Sent', right: true, drop: 2, text: size('orig_ip_bytes') },
    { title: 'Received', right: true, drop: 2, text: size('resp_ip_bytes') },
    { title: 'Bytes', right: true, text: size('bytes') },
    { title: 'Packets', right: true, drop: 6, text: count('packets') },
  ],
  device: (table, clock) => [
    { title: 'Host', shortest: 16, text: text('host') },
    { title: 'Type', drop: 3, shortest: 8, text: text('type') },
    { title: 'Zone', drop: 4, shortest: 8, text: text('zone') },
    { title: 'Flows', right: true, text: count('flows') },
    { title: 'Peers', right: true, drop: 2, text: count('peers') },
    { title: 'Sent', right: true, drop: 1, text: size('sent_bytes') },
    { title: 'Received', right: true, drop: 1, text: size('received_bytes') },
    { title: 'Bytes', right: true, text: size('bytes') },
    { title: 'Packets', right: true, drop: 6, text: count('packets') },
    ...durationAndStart(table, clock),
    { title: 'Services', drop: 5, shortest: 8, text: services },
  ],
  pair: (table, clock) => [
    { title: 'From', shortest: 16, text: text('orig') },
    { title: 'To', shortest: 16, text: text('resp') },
    { title: 'Flows', right: true, text: count('flows') },
    { title: 'Sent', right: true, drop: 1, text: size('orig_ip_bytes') },
    { title: 'Received', right: true, drop: 1, text: size('resp_ip_bytes') },
    { title: 'Bytes', right: true, text: size('bytes') },
    { title: 'Packets', right: true, drop: 6, text: count('packets') },
    ...durationAndStart(table, clock),
    { title: 'Services', drop: 5, shortest: 8, text: services },
  ],
  service: (table, clock) => [
    { title: 'Service', shortest: 16, text: serviceName },
    { title: 'Flows', right: true, text: count('flows') },
    { title: 'From', right: true, drop: 3, text: hosts('originators') },
    { title: 'To', right: true, drop: 3, text: hosts('responders') },
    { title: 'Bytes', right: true, text: size('bytes') },
    { title: 'Packets', right: true, drop: 4, text: count('packets') },
    ...durationAndStart(table, clock),
  ],
  zones: (table, clock) => [
    { title: 'From zone', shortest: 12, text: text('orig_zone') },
    { title: 'To zone', shortest: 12, text: text('resp_zone') },
    { title: 'Flows', right: true, text: count('flows') },
    { title: 'Bytes', right: true, text: size('bytes') },
    { title: 'Packets', right: true, drop: 1, text: count('packets') },
    ...durationAndStart(table, clock),
  ],
};

/** In grouped views only when rows are ordered by them. */
function durationAndStart(table: FlowTable, clock: SiteClock): readonly Cell[] {
  if (table.sort === 'duration') return [{ title: 'Duration', right: true, text: duration }];
  return table.sort === 'start' ? [startColumn(table, clock)] : [];
}

/** The time alone when all flows began on one day: the foot names the day. */
function startColumn({ totals }: FlowTable, clock: SiteClock): Cell {
  const day = (moment: Moment | null) => (moment === null ? '' : (clock.show(moment).split(' ')[0] ?? ''));
  const today = day(totals.first);
  const sameDay = /^\d/.test(today) && today === day(totals.last);
  return {
    title: 'Start',
    drop: 3,
    text: row => {
      const start = clock.show(row['ts'] as Moment);
      return sameDay && start.startsWith(today) ? start.slice(today.length + 1) : start;
    },
  };
}

function text(name: string): (row: FlowViewRow) => string {
  return row => (typeof row[name] === 'string' ? row[name] : '-');
}

function count(name: string): (row: FlowViewRow) => string {
  return row => (typeof row[name] === 'number' ? countText(row[name]) : '?');
}

function size(name: string): (row: FlowViewRow) => string {
  return row => (typeof row[name] === 'number' ? sizeText(row[name]) : '-');
}

function hosts(name: string): (row: FlowViewRow) => string {
  return row => (typeof row[name] === 'number' ? countText(row[name], 'host') : '?');
}

function duration(row: FlowViewRow): string {
  const seconds = row['duration'];
  return typeof seconds === 'number' ? shortDuration(seconds) : '-';
}

function services(row: FlowViewRow): string {
  const names = row['services'] as readonly string[];
  if (names.length === 0) return '-';
  const more = names.length > SHOWN_SERVICES ? ` +${names.length - SHOWN_SERVICES}` : '';
  return names.slice(0, SHOWN_SERVICES).join(' ') + more;
}

function service(row: FlowViewRow): string {
  const known = row['service'];
  if (typeof known === 'string') return known;
  const number = row['ip_proto'];
  return row['proto'] === UNKNOWN && typeof number === 'number'
    ? `(${ipProtocolName(number)})`
    : `(${row['proto'] ?? '?'})`;
}

function serviceName(row: FlowViewRow): string {
  const name = `${row['service']}`;
  const [, number] = /^ip\/(\d+)$/.exec(name) ?? [];
  if (number !== undefined) return ipProtocolText(number);
  return row['recognised'] === true || name === 'icmp' ? name : `${name} (not recognised)`;
}

/** `pump-07 10.20.30.17:49152`: who it is as far as known, and always the address and port. */
function endpoint(row: FlowViewRow, side: 'orig' | 'resp'): string {
  const place = withPort(addressOf(row, side), row, side);
  const name = nameOf(row, side);
  return name === undefined ? place : `${name} ${place}`;
}

function briefEndpoint(row: FlowViewRow): string {
  return withPort(hostOf(row, 'resp'), row, 'resp');
}

/** The name, else the address. */
function hostOf(row: FlowViewRow, side: 'orig' | 'resp'): string {
  return nameOf(row, side) ?? addressOf(row, side);
}

function addressOf(row: FlowViewRow, side: 'orig' | 'resp'): string {
  return `${row[`id.${side}_h`] ?? '?'}`;
}

function withPort(host: string, row: FlowViewRow, side: 'orig' | 'resp'): string {
  if (row['proto'] === 'icmp' || row['proto'] === UNKNOWN) return host;
  return `${host.includes(':') ? `[${host}]` : host}:${row[`id.${side}_p`] ?? '?'}`;
}

/** The device of the inventory, else what DNS called it. */
function nameOf(row: FlowViewRow, side: 'orig' | 'resp'): string | undefined {
  const name = row[`${side}_device`] ?? (side === 'resp' ? row['resp_domain'] : undefined);
  return typeof name === 'string' && name !== addressOf(row, side) ? name : undefined;
}

/** `conn_state` in a word; the letters are Zeek's own shorthand. */
const STATES: Readonly<Record<string, string>> = {
  S0: 'no answer',
  S1: 'open',
  SF: 'finished',
  REJ: 'refused',
  S2: 'half closed',
  S3: 'half closed',
  RSTO: 'reset',
  RSTR: 'reset',
  RSTOS0: 'reset',
  RSTRH: 'reset',
  SH: 'one side only',
  SHR: 'one side only',
  OTH: 'seen in part',
};

function state(row: FlowViewRow): string {
  const letters = row['conn_state'];
  if (typeof letters !== 'string') return '-';
  if (row['proto'] === 'udp' && letters === 'SF') return 'answered';
  if (row['proto'] === 'icmp') return '-';
  return STATES[letters] ?? letters;
}

/** Zones by zones with flows and bytes, when that fits; undefined when it does not, or when rows are left out. */
function zoneMatrix(table: FlowTable, width: number): string | undefined {
  if (table.shown < table.count) return undefined;
  const cells = new Map<string, string>();
  const from = new Set<string>();
  const to = new Set<string>();
  for (const row of table.rows()) {
    from.add(`${row['orig_zone']}`);
    to.add(`${row['resp_zone']}`);
    const flows = countText(row['flows'] as number, 'flow');
    cells.set(`${row['orig_zone']}\n${row['resp_zone']}`, `${flows} ${sizeText(row['bytes'] as number)}`);
  }
  const columns = [...to].sort();
  const rows = [...from]
    .sort()
    .map(zone => [zone, ...columns.map(other => cells.get(`${zone}\n${other}`) ?? '·')]);
  const titles = columns.map(title => ({ title: `→ ${title}`, right: true }));
  const layout = layoutTable([{ title: 'From \\ to' }, ...titles], rows, Number.POSITIVE_INFINITY);
  const lines = [layout.header(), ...rows.map(row => layout.row(row))];
  return lines.some(line => [...line].length > width) ? undefined : `${lines.join('\n')}\n`;
}

function firstRows(table: FlowTable, rows: number): FlowTable {
  if (rows >= table.shown) return table;
  return { ...table, shown: rows, rows: () => first(table.rows(), rows) };
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

function* mapped<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item);
}
