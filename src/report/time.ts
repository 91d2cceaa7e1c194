/**
 * Capture time as text: ISO 8601 in UTC for machines, the site's clock for people, Zeek's header form for logs.
 * A capture may claim any time: years beyond 9999 are in the expanded form of ISO 8601 (`+584554-…`), also where no Date
 * holds them.
 */
import type { CaptureInfo } from '../model/analysis.ts';
import { secondsBetween } from '../model/moment.ts';
import type { Moment } from '../model/schema.ts';
import { isRepeated, zoneOffset } from '../model/time-zone.ts';

// Last second a Date can hold (ECMA-262 section 21.4.1.1).
const MAX_DATE_SEC = 8.64e12;
/** Seconds in 400 years of the Gregorian calendar. */
const CALENDAR_CYCLE = 146_097 * 86_400;

/** `2026-11-23T09:30:00.000000Z`: six decimals, nine when the time is not whole microseconds. */
export function isoTime(moment: Moment): string {
  const decimals = fraction(moment);
  if (representable(moment))
    return `${new Date(moment.sec * 1000).toISOString().replace(/\.000Z$/, '')}.${decimals}Z`;
  const { year, rest } = farDate(moment.sec);
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}-${rest}.${decimals}Z`;
}

/** Shown instead of the very beginning of 1970, which is what a frame without a time has. */
const NO_TIME = 'no time';

/** Year, and `07-21T23:34:33`, of a time in UTC however far away: the calendar repeats every 400 years. */
function farDate(sec: number): { year: number; rest: string } {
  const cycle = Math.floor(sec / CALENDAR_CYCLE);
  const date = new Date((sec - cycle * CALENDAR_CYCLE) * 1000);
  return { year: date.getUTCFullYear() + 400 * cycle, rest: date.toISOString().slice(5, 19) };
}

/** Zeek's `#open` and `#close`: `2026-11-23-09-30-00`, in UTC. Zeros when there is no time. */
export function zeekHeaderTime(moment: Moment | null): string {
  if (!moment) return '0000-00-00-00-00-00';
  const { year, rest } = farDate(moment.sec);
  return `${String(year).padStart(4, '0')}-${rest.replace(/[T:]/g, '-')}`;
}

/** `1 h 5 min (2026-11-23 10:30:00 to 11:35:00)` of a capture that has frames. */
export function captureSpan(
  { first, last, frames, untimed }: Pick<CaptureInfo, 'first' | 'last' | 'frames' | 'untimed'>,
  clock: SiteClock,
): string | undefined {
  if (first === null || last === null) return undefined;
  if (frames > 0 && untimed === frames) return 'no times in the capture';
  return `${durationText(secondsBetween(first, last))} (${clock.span(first, last)})`;
}

/** Shows times on the clock of a time zone: `2026-11-23 10:30:00`; with the offset in an hour that the clock shows twice. */
export interface SiteClock {
  /** IANA name as given, `UTC` when it is unknown here. */
  readonly zone: string;
  show(moment: Moment): string;
  /** `from` to `to`, the day written once when it is the same. */
  span(from: Moment, to: Moment): string;
}

/** The clock of an IANA time zone. */
export function siteClock(timezone: string): SiteClock {
  const wanted = formatFor(timezone);
  const format = wanted ?? formatFor('UTC')!;
  const zone = wanted === undefined ? 'UTC' : timezone;
  const offsetAt = zoneOffset(zone);
  const offset = (sec: number): string =>
    offsetAt !== undefined && isRepeated(sec, offsetAt) ? ` ${offsetText(offsetAt(sec))}` : '';
  const show = (moment: Moment): string => {
    if (moment.sec === 0 && moment.nsec === 0) return NO_TIME;
    if (!representable(moment)) return isoTime(moment);
    const parts = new Map(
      format.formatToParts(new Date(moment.sec * 1000)).map(part => [part.type, part.value]),
    );
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? '';
    return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}${offset(moment.sec)}`;
  };
  return {
    zone,
    show,
    span(from, to) {
      const first = show(from);
      const last = show(to);
      if (first === last) return first;
      const [day = '', ...time] = last.split(' ');
      return `${first} to ${first.startsWith(`${day} `) ? time.join(' ') : last}`;
    },
  };
}

/** `+02:00` */
function offsetText(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const size = Math.abs(seconds);
  return `${seconds < 0 ? '-' : '+'}${two(size / 3600)}:${two((size % 3600) / 60)}`;
}

function formatFor(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return undefined;
  }
}

/** `4 s`, `12 min 30 s`, `3 h 5 min`, `2 d 4 h`: two units at most. */
export function durationText(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  if (parts.length > 0) return parts.join(' ');
  return seconds > 0 ? 'less than 1 s' : '0 s';
}

/** The same for a column of a table: `0.4 ms`, `340 ms`, `3.2 s`, `12m 30s`, `3h 05m`, `2d 04h`. */
export function shortDuration(seconds: number): string {
  if (seconds < 0.001) return seconds === 0 ? '0 s' : `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`;
}

function representable(moment: Moment): boolean {
  return Math.abs(moment.sec) <= MAX_DATE_SEC;
}

function fraction(moment: Moment): string {
  const digits = String(moment.nsec).padStart(9, '0');
  return digits.endsWith('000') ? digits.slice(0, 6) : digits;
}
