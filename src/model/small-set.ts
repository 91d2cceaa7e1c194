/**
 * A set of texts that mostly holds one or none: a host's addresses, a card's hosts. There are as many of them as there are
 * hosts, and an empty `Set` takes four times the memory of this with one text in it. Texts come back in the order in which
 * they were added.
 */
export class SmallSet implements Iterable<string> {
  #only: string | undefined;
  /** Once there are two. */
  #all: Set<string> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1);
  }

  has(text: string): boolean {
    return this.#all?.has(text) ?? this.#only === text;
  }

  add(text: string): void {
    if (this.#all !== undefined) this.#all.add(text);
    else if (this.#only === undefined) this.#only = text;
    else if (this.#only !== text) this.#all = new Set([this.#only, text]);
  }

  [Symbol.iterator](): Iterator<string> {
    const all = this.#all ?? (this.#only === undefined ? [] : [this.#only]);
    return all[Symbol.iterator]();
  }
}
