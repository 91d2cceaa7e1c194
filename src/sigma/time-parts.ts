/**
 * Minute, hour, day, week, month and year of a point in time, in a time zone (Sigma Modifiers Appendix 2.1, "Time
 * Modifiers", which leaves the zone to the tool). The week is that of ISO 8601, 1 to 53.
 */
import { zoneOffset } from '../model/time-zone.ts';
import type { TimePart } from './modifiers.ts';

const DAY = 86_400;

/** Smallest and largest value of each part. */
export const TIME_PART_RANGE: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [1970, 9999],
};

/** Extracts a part from seconds since 1970 UTC. */
export type PartOf = (sec: number, part: TimePart) => number;

/** The extraction for an IANA time zone; undefined when there is no such zone. */
export function partsInZone(timezone: string): PartOf | undefined {
  const offsetAt = zoneOffset(timezone);
  return offsetAt === undefined ? undefined : (sec, part) => partOf(sec + offsetAt(sec), part);
}

function partOf(local: number, part: TimePart): number {
  const date = new Date(local * 1000);
  switch (part) {
    case 'minute':
      return date.getUTCMinutes();
    case 'hour':
      return date.getUTCHours();
    case 'day':
      return date.getUTCDate();
    case 'week':
      return isoWeek(date);
    case 'month':
      return date.getUTCMonth() + 1;
    case 'year':
      return date.getUTCFullYear();
  }
}

/** The week that holds the Thursday of the date's week decides year and number. */
function isoWeek(date: Date): number {
  const day = Math.floor(date.getTime() / 1000 / DAY);
  const thursday = day - ((date.getUTCDay() + 6) % 7) + 3;
  const year = new Date(thursday * DAY * 1000).getUTCFullYear();
  const firstOfYear = Date.UTC(year, 0, 1) / 1000 / DAY;
  return Math.floor((thursday - firstOfYear) / 7) + 1;
}
