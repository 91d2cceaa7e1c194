/**
 * How far the clocks of a time zone are ahead of UTC, at any time: for hours in rules and times in filters. Zones come
 * from the IANA data of the runtime.
 */

/** Zones change their offset only at multiples of this many seconds (IANA data since 1972). */
const OFFSET_STEP = 900;
const CACHE_LIMIT = 50_000;

/** Seconds that local time is ahead of UTC, as a function of time; undefined when there is no such zone. */
export function zoneOffset(timezone: string): ((sec: number) => number) | undefined {
  if (timezone === 'UTC') return () => 0;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  const cache = new Map<number, number>();
  return sec => {
    const step = Math.floor(sec / OFFSET_STEP);
    let offset = cache.get(step);
    if (offset === undefined) {
      offset = localSeconds(format, step * OFFSET_STEP) - step * OFFSET_STEP;
      if (cache.size >= CACHE_LIMIT) cache.clear();
      cache.set(step, offset);
    }
    return offset;
  };
}

const DAY = 86_400;

/** Whether the clock shows the time of day that it shows at `sec` twice: it is set back around it. */
export function isRepeated(sec: number, offsetAt: (sec: number) => number): boolean {
  const offset = offsetAt(sec);
  return [sec - DAY, sec + DAY].map(offsetAt).some(other => {
    return other !== offset && offsetAt(sec + offset - other) === other;
  });
}

/** The time at which a clock shows `local` (seconds as if it were UTC); the first of two, undefined when it skips it. */
export function utcOf(local: number, offsetAt: (sec: number) => number): number | undefined {
  const before = local - offsetAt(local - DAY);
  if (before + offsetAt(before) === local) return before;
  const after = local - offsetAt(local + DAY);
  return after + offsetAt(after) === local ? after : undefined;
}

function localSeconds(format: Intl.DateTimeFormat, sec: number): number {
  const fields = new Map(format.formatToParts(sec * 1000).map(part => [part.type, Number(part.value)]));
  const get = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? 0;
  const ms = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
  return ms / 1000;
}
