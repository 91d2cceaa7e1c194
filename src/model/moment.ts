/** Arithmetic on points in capture time. */
import type { Moment } from './schema.ts';

/** Seconds from one moment to another, with the nanoseconds as fraction. */
export function secondsBetween(from: Moment, to: Moment): number {
  return to.sec - from.sec + (to.nsec - from.nsec) / 1e9;
}
