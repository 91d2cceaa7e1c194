/** Arithmetic on points in capture time. */
import type { Moment } from './schema.ts';

/** Negative when `a` is earlier, 0 when they are the same. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.sec - b.sec || a.nsec - b.nsec;
}

/** Seconds from one moment to another, with the nanoseconds as fraction. */
export function secondsBetween(from: Moment, to: Moment): number {
  // One division of whole nanoseconds: a sum of rounded parts would show digits that no clock has.
  return ((to.sec - from.sec) * 1e9 + (to.nsec - from.nsec)) / 1e9;
}
