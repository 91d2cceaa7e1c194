/** Counters by name, as coverage holds them. */

/** Adds to a counter, which begins at 0. */
export function addTo<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Counters in the order of their names, whatever the order in which they were met. */
export function inNameOrder(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
