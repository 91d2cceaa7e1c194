/** Maps whose keys the wire chooses: they forget the oldest entry rather than grow without end. */

/** Adds an entry; true when the oldest one had to be forgotten for it. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): boolean {
  const full = map.size >= limit && !map.has(key);
  if (full) map.delete(map.keys().next().value!);
  map.set(key, value);
  return full;
}
