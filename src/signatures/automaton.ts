/**
 * All words of a set at once, in one pass (Aho and Corasick, 1975): a byte moves the automaton from one state to the next, and a
 * state knows which words end there. The state is one number, so a search goes on in the next segment where it
 * stopped. Tables are dense over classes of bytes, since most bytes occur in no word.
 *
 * In the initial state nothing has begun, and a filter is asked instead: it knows, by hash, every group of `#gram` bytes
 * that a word has near its beginning, and so looks at one place in `#step` only.
 *
 * Limits: `SIGNATURE_LIMITS.states`; the caller bounds words and their number.
 */
import { SIGNATURE_LIMITS } from './signature.ts';

/** Told of each word that ends: its number, and the index behind its last byte. */
export interface WordSink {
  word(word: number, end: number): void;
}

const FILTER_SIZE = 1 << 16;
const MAX_STEP = 4;

export class Automaton {
  /** Length of each word. */
  readonly lengths: Uint8Array;
  readonly #classes: number;
  readonly #classOf = new Uint8Array(256);
  /** State and class → state. */
  readonly #next: Uint16Array;
  /** By state: the longest suffix that is a word, as a state; 0 for none. */
  readonly #ends: Uint16Array;
  /** By state that is a word: the next shorter suffix that is one. */
  readonly #shorter: Uint16Array;
  readonly #wordOf: Uint16Array;
  readonly #filter = new Uint8Array(FILTER_SIZE);
  readonly #gram: number;
  readonly #step: number;
  /** Bits of a byte that the filter looks at. */
  readonly #bits: number;

  /**
   * @param words distinct, none empty; with `nocase` in lower case
   * @throws RangeError when they need too many states
   */
  constructor(words: readonly Uint8Array[], nocase: boolean) {
    const states = words.reduce((sum, { length }) => sum + length, 1);
    if (states > SIGNATURE_LIMITS.states) throw new RangeError('too many states');
    this.#bits = nocase ? 0xdf : 0xff;
    this.#classes = this.#classify(words, nocase);
    this.#next = new Uint16Array(states * this.#classes);
    this.#ends = new Uint16Array(states);
    this.#shorter = new Uint16Array(states);
    this.#wordOf = new Uint16Array(states);
    this.lengths = Uint8Array.from(words, ({ length }) => length);
    this.#link(this.#insert(words));
    const shortest = Math.min(...words.map(({ length }) => length));
    this.#gram = shortest > 3 ? 3 : Math.min(shortest, 2);
    this.#step = Math.min(shortest - this.#gram + 1, MAX_STEP);
    for (const word of words) for (let at = 0; at < this.#step; at++) this.#filter[this.#hash(word, at)] = 1;
  }

  /** Looks through `bytes[from, to)` from a state on; returns the state behind. 0 is the initial one. */
  scan(bytes: Uint8Array, from: number, to: number, state: number, sink: WordSink): number {
    const next = this.#next;
    const ends = this.#ends;
    const classOf = this.#classOf;
    const classes = this.#classes;
    let now = state;
    for (let at = from; at < to; ) {
      if (now === 0) at = this.#skip(bytes, at, to);
      while (at < to) {
        now = next[now * classes + classOf[bytes[at]!]!]!;
        at++;
        if (ends[now] !== 0) this.#tell(now, at, sink);
        if (now === 0) break;
      }
    }
    return now;
  }

  #tell(state: number, end: number, sink: WordSink): void {
    for (let at = this.#ends[state]!; at !== 0; at = this.#shorter[at]!) sink.word(this.#wordOf[at]!, end);
  }

  /** The first place from `from` on at which a word may begin, as far as can be told. */
  #skip(bytes: Uint8Array, from: number, to: number): number {
    const filter = this.#filter;
    const step = this.#step;
    const bits = this.#bits;
    const last = to - this.#gram;
    let at = from + step - 1;
    if (this.#gram === 3) {
      for (; at <= last; at += step) {
        const hash = (bytes[at]! & bits) | ((bytes[at + 1]! & bits) << 8);
        if (filter[(hash ^ ((bytes[at + 2]! & bits) << 4)) & 0xffff] === 1) break;
      }
    } else {
      for (; at <= last; at += step) if (filter[this.#hash(bytes, at)] === 1) break;
    }
    return at - step + 1;
  }

  #hash(bytes: Uint8Array, at: number): number {
    const bits = this.#bits;
    const pair = (bytes[at]! & bits) | (this.#gram > 1 ? (bytes[at + 1]! & bits) << 8 : 0);
    return (this.#gram > 2 ? pair ^ ((bytes[at + 2]! & bits) << 4) : pair) & 0xffff;
  }

  /** Gives every byte that occurs a class of its own; 0 is for all that do not. Returns how many there are. */
  #classify(words: readonly Uint8Array[], nocase: boolean): number {
    const used = new Set(words.flatMap(word => [...word]));
    // With all bytes in use no class is left for the others, of which there are none.
    let classes = used.size === 256 ? 0 : 1;
    for (const byte of used) this.#classOf[byte] = classes++;
    if (nocase) for (let byte = 0x41; byte <= 0x5a; byte++) this.#classOf[byte] = this.#classOf[byte | 0x20]!;
    return classes;
  }

  /** The words as a tree in `#next`. Returns the number of states. */
  #insert(words: readonly Uint8Array[]): number {
    let states = 1;
    for (const [number, word] of words.entries()) {
      let state = 0;
      for (const byte of word) {
        const at = state * this.#classes + this.#classOf[byte]!;
        if (this.#next[at] === 0) this.#next[at] = states++;
        state = this.#next[at]!;
      }
      this.#ends[state] = state;
      this.#wordOf[state] = number;
    }
    return states;
  }

  /** Turns the tree into the automaton, level by level: where a word breaks off, the longest suffix goes on. */
  #link(states: number): void {
    const classes = this.#classes;
    const suffix = new Uint16Array(states);
    const queue = new Uint16Array(states);
    let end = 1;
    for (let begin = 0; begin < end; begin++) {
      const state = queue[begin]!;
      for (let cls = 0; cls < classes; cls++) {
        const at = state * classes + cls;
        const child = this.#next[at]!;
        const beside = state === 0 ? 0 : this.#next[suffix[state]! * classes + cls]!;
        if (child === 0) {
          this.#next[at] = beside;
          continue;
        }
        suffix[child] = beside;
        this.#shorter[child] = this.#ends[beside]!;
        if (this.#ends[child] === 0) this.#ends[child] = this.#ends[beside]!;
        queue[end++] = child;
      }
    }
  }
}
