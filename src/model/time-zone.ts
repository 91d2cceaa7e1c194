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

function localSeconds(format: Intl.DateTimeFormat, sec: number): number {
  const fields = new Map(format.formatToParts(sec * 1000).map(part => [part.type, Number(part.value)]));
  const get = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? 0;
  const ms = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
  return ms / 1000;
}
