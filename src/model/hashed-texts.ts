/**
 * Numbers by text, for very many texts of which nothing is wanted back: 12 bytes each where a `Map` takes a hundred. A text
 * is told by 63 bits of a hash behind a key of the run, so that nobody can make texts fall on one place; of half a million
 * texts two are taken for one in one run of a hundred million.
 */
const FIRST_CAPACITY = 1024;
/** Of the places, when there are more the table grows. */
const LOAD = 0.7;

const KEY = (Math.random() * 2 ** 32) >>> 0;

export class HashedTexts {
  size = 0;
  /** Two words of hash and the number; no hash is 0. */
  #rows = new Uint32Array(3 * FIRST_CAPACITY);
  #capacity = FIRST_CAPACITY;

  /**
   * The number of a text; 0 when it has none.
   * @param of what the text belongs to: texts of different things are different
   */
  get(text: string, of = 0): number {
    hash(text, of);
    return this.#rows[this.#find(high, low) + 2]!;
  }

  /** Gives a text a number, which is not 0. */
  set(text: string, number: number, of = 0): void {
    if (this.size >= this.#capacity * LOAD) this.#grow();
    hash(text, of);
    const at = this.#find(high, low);
    if (this.#rows[at + 1] === 0) this.size++;
    this.#rows[at] = high;
    this.#rows[at + 1] = low;
    this.#rows[at + 2] = number;
  }

  /** Where a hash is, or has its place. */
  #find(first: number, second: number): number {
    const rows = this.#rows;
    let place = first & (this.#capacity - 1);
    for (;;) {
      const at = 3 * place;
      if (rows[at + 1] === 0 || (rows[at] === first && rows[at + 1] === second)) return at;
      place = (place + 1) & (this.#capacity - 1);
    }
  }

  #grow(): void {
    const before = this.#rows;
    this.#capacity *= 2;
    this.#rows = new Uint32Array(3 * this.#capacity);
    for (let at = 0; at < before.length; at += 3) {
      if (before[at + 1] === 0) continue;
      this.#rows.set(before.subarray(at, at + 3), this.#find(before[at]!, before[at + 1]!));
    }
  }
}

/** The hash made last, both words unsigned; the low one is odd. */
let high = 0;
let low = 1;

function hash(text: string, of: number): void {
  let a = KEY ^ of;
  let b = Math.imul(KEY, 0x9e3779b1) ^ Math.imul(of, 0x85ebca6b) ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ code, 0x5f356495);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16) ^ b, 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 15) ^ a, 0xc2b2ae35);
  high = (a ^ (b >>> 13)) >>> 0;
  low = ((b ^ (a >>> 16)) | 1) >>> 0;
}
