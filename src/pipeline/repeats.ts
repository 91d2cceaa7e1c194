/**
 * Remembers announcements, so that one that is made again and again is logged once. When as many as the limit are
 * remembered the memory starts anew: repeats may be logged again then, but nothing is lost.
 */
export class Repeats {
  readonly #limit: number;
  readonly #seen = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether this was seen before; it is remembered. */
  has(announcement: string): boolean {
    if (this.#seen.has(announcement)) return true;
    if (this.#seen.size >= this.#limit) this.#seen.clear();
    this.#seen.add(announcement);
    return false;
  }
}
