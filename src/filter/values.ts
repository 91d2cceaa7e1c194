/**
 * Values as people write them in filters: durations (`5m`, `1h30m`), sizes (`10MB`, `64KiB`), points in time. Each
 * reader returns undefined for text that is none.
 */
import type { Moment } from '../model/schema.ts';
import { isRepeated, utcOf, zoneOffset } from '../model/time-zone.ts';

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds: a plain number, or numbers with units from the largest to the smallest. */
export function readDuration(text: string): number | undefined {
  const plain = readNumber(text);
  if (plain !== undefined) return plain;
  let seconds = 0;
  let last = Number.POSITIVE_INFINITY;
  let from = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g)) {
    const unit = DURATION_UNITS[match[2]!];
    if (match.index !== from || unit === undefined || unit >= last) return undefined;
    seconds += Number(match[1]) * unit;
    last = unit;
    from += match[0].length;
  }
  return from > 0 && from === text.length ? seconds : undefined;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** A number, in hexadecimal with 0x, or with a unit of size: `10MB` is ten million. */
export function readCount(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  const parts = /^([+-]?\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  const unit = parts === null ? undefined : SIZE_UNITS[parts[2]!.toLowerCase()];
  return unit === undefined ? undefined : Number(parts![1]) * unit;
}

function readNumber(text: string): number | undefined {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * ISO 8601 or epoch seconds, both with up to nine decimals. Without a zone it is on the clock of `timezone`; a date
 * alone is its midnight. Where that clock shows a time twice, the first; where it skips one, the time after the leap.
 */
export function readMoment(text: string, timezone: string): Moment | undefined {
  const epoch = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (epoch !== null) return { sec: Number(epoch[1]), nsec: nanoseconds(epoch[2]) };
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(part => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const real =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!real) return undefined;
  const local = date.getTime() / 1000;
  const nsec = nanoseconds(parts[7]);
  const zone = parts[8];
  if (zone === undefined) {
    const offsetAt = zoneOffset(timezone) ?? (() => 0);
    // Where the clock skips it: the time after the leap.
    return { sec: utcOf(local, offsetAt) ?? local - offsetAt(local + 86_400), nsec };
  }
  if (/^z$/i.test(zone)) return { sec: local, nsec };
  const digits = zone.replace(/\D/g, '');
  const ahead = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return { sec: zone.startsWith('-') ? local + ahead : local - ahead, nsec };
}

/**
 * Whether a time without a zone is one that the clock of `timezone` skips, or shows twice (`readMoment` takes the time
 * after the leap, or the first); undefined when it is neither.
 */
export function clockChange(text: string, timezone: string): 'skipped' | 'repeated' | undefined {
  const shown = readMoment(text, 'UTC');
  const offsetAt = zoneOffset(timezone);
  // A zone or epoch seconds leave nothing open.
  if (shown === undefined || offsetAt === undefined || ISO.exec(text)?.[8] !== undefined || !ISO.test(text))
    return undefined;
  const moment = utcOf(shown.sec, offsetAt);
  if (moment === undefined) return 'skipped';
  return isRepeated(moment, offsetAt) ? 'repeated' : undefined;
}

function nanoseconds(decimals: string | undefined): number {
  return decimals === undefined ? 0 : Number(decimals.padEnd(9, '0'));
}
