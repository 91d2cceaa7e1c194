/** Counts and sizes as people read them: `1,234 frames`, `1 frame`, `12.3 MB`. Independent of the machine's locale. */

/** `1,234`, or with a noun `1,234 frames`. */
export function countText(count: number, noun?: string): string {
  const digits = String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
  if (noun === undefined) return digits;
  return `${digits} ${noun}${count === 1 ? '' : 's'}`;
}

/** The form of a verb or pronoun that goes with a count: `is` or `are`. */
export function agree(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** Bytes in decimal units: `512 bytes`, `12.3 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return countText(bytes, 'byte');
  let value = bytes;
  let unit = '';
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    if (value < 999.95) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** The same for a column of a table: `512 B`, `12.3 MB`. */
export function sizeText(bytes: number): string {
  return bytes < 1000 ? `${countText(bytes)} B` : bytesText(bytes);
}
