/**
 * Requests that wait for their answers, by what both carry. Who asks again under the same key, and the oldest when there
 * are too many, is given up: its answer was not seen.
 */

export class Waiting<K, T> {
  readonly #entries = new Map<K, T>();
  readonly #limit: number;
  readonly #giveUp: (entry: T, key: K) => void;
  readonly #onLimit: () => void;

  /**
   * @param limit how many may wait
   * @param giveUp told of what waits no more without an answer
   * @param onLimit told when that is because too many wait, before `giveUp`
   */
  constructor(limit: number, giveUp: (entry: T, key: K) => void, onLimit: () => void) {
    this.#limit = limit;
    this.#giveUp = giveUp;
    this.#onLimit = onLimit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): T | undefined {
    return this.#entries.get(key);
  }

  add(key: K, entry: T): void {
    this.#drop(key);
    if (this.#entries.size >= this.#limit) {
      this.#onLimit();
      // A Map keeps insertion order: the first key is the oldest.
      this.#drop(this.#entries.keys().next().value!);
    }
    this.#entries.set(key, entry);
  }

  /** What waits under this key, and waits no more. */
  take(key: K): T | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry;
  }

  /** No answer will come any more: the flow is over. */
  giveUpAll(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #drop(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#giveUp(entry, key);
  }
}
