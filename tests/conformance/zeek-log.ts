/** Logs that Zeek wrote (TSV), and our records in the same words, so that rows can be compared as text. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Moment, Value } from '../../src/model/schema.ts';
import { CidrMap, parseCidr } from '../../src/net/cidr.ts';
import { SHARED } from '../support/paths.ts';

export type TextRow = Readonly<Record<string, string>>;

/** One capture and where Zeek's answers to it are. */
export interface Answered {
  /** Path below `SHARED`. */
  readonly name: string;
  readonly capture: string;
  readonly logs: readonly string[];
  rows(log: string): TextRow[];
}

/** Captures for which Zeek wrote a log of this name, in name order. */
export function answeredBy(log: string): Answered[] {
  const root = join(SHARED, 'oracle', 'zeek');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith(`/${log}`))
    .map(path => path.slice(0, -log.length - 1))
    .filter(name => existsSync(join(SHARED, name)))
    .sort()
    .map(name => ({
      name,
      capture: join(SHARED, name),
      logs: readdirSync(join(root, name)),
      rows: log => readLog(join(root, name, log)),
    }));
}

function readLog(file: string): TextRow[] {
  let fields: string[] = [];
  const rows: TextRow[] = [];
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const cells = line.split('\t');
    if (line.startsWith('#fields')) fields = cells.slice(1);
    else if (line !== '' && !line.startsWith('#')) {
      rows.push(Object.fromEntries(fields.map((field, i) => [field, cells[i] ?? '-'])));
    }
  }
  return rows;
}

const isMoment = (value: Value): value is Moment => typeof value === 'object' && 'sec' in value;

/** Beyond this second a double cannot tell microseconds apart. */
const LAST_EXACT = 2 ** 32;

/** A time as Zeek holds it: seconds in a double, from microseconds. Beyond some centuries it is no longer exact. */
const doubleOf = ({ sec, nsec }: Moment): number => sec + Math.floor(nsec / 1000) / 1e6;

/** A value as Zeek writes it: microseconds, `T` and `F`, `-` for what is absent. */
export function zeekText(value: Value | undefined): string {
  if (value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (isMoment(value)) return doubleOf(value).toFixed(6);
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * A duration as Zeek would give it, which cuts both times to microseconds before it subtracts. Shorter than that is
 * none.
 */
export function zeekDuration(start: Moment, seconds: number): string | undefined {
  const startNanos = BigInt(start.sec) * 1_000_000_000n + BigInt(start.nsec);
  const endNanos = startNanos + BigInt(Math.round(seconds * 1e9));
  const micros = endNanos / 1000n - startNanos / 1000n;
  if (micros <= 0n) return undefined;
  if (start.sec > LAST_EXACT) {
    const end = { sec: Number(endNanos / 1_000_000_000n), nsec: Number(endNanos % 1_000_000_000n) };
    const duration = doubleOf(end) - doubleOf(start);
    return duration > 0 ? duration.toFixed(6) : undefined;
  }
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
}

// The special-purpose registries of IANA as Zeek's Site::private_address_space has them.
const SPECIAL_4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/24', '239.0.0.0/8', '240.0.0.0/4'],
];
const SPECIAL_6 = [
  '::/127',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
];

const local = new CidrMap<true>();
for (const range of [...SPECIAL_4, ...SPECIAL_6]) local.add(parseCidr(range)!, true);

/** Whether Zeek's default configuration takes an address for a local one. */
export function isZeekLocal(address: string): boolean {
  return local.get(address) === true;
}
