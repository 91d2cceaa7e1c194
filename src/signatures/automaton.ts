/**
 * All words of a set at once, in one pass (Aho and Corasick, 1975): a byte moves the automaton from one state to the next, and a
 * state knows which words end there. The state is one number, so a search goes on in the next segment where it
 * stopped. ASCII letters are alike in both cases: whoever wants one case looks again.
 *
 * In the initial state nothing has begun, and filters are asked instead. One knows, by hash, every group of `#gram` bytes
 * that a word has near its beginning, so that one place in `#step` is enough to look at; where it says yes, others know
 * how words begin. What a packet touches must be small, since everything else that is done to packets has used the cache
 * meanwhile: filters are bits, and of the table hardly more is read than what words have in common with the traffic.
 *
 * Limits: `SIGNATURE_LIMITS.states`; the caller bounds words and their number.
 */
import { SIGNATURE_LIMITS } from './signature.ts';

/** Told of each word that ends: its number, and the index behind its last byte. */
export interface WordSink {
  word(word: number, end: number): void;
}

const MAX_STEP = 4;
/** Bytes of a word's beginning that are looked up at once. */
const HEAD = 4;
/** Takes ASCII letters to one case, and other bytes somewhere: enough for a hash. */
const CASELESS = 0xdf;
const CASELESS_HEAD = 0xdfdfdfdf;

export class Automaton {
  readonly #classes: number;
  readonly #classOf = new Uint8Array(256);
  /** State and class → state. */
  readonly #next: Uint16Array;
  /** By state: the longest suffix that is a word, as a state; 0 for none. */
  readonly #ends: Uint16Array;
  /** By state that is a word: the next shorter suffix that is one. */
  readonly #shorter: Uint16Array;
  readonly #wordOf: Uint16Array;
  /** By state: how many bytes of a word it stands for. */
  readonly #depths: Uint8Array;
  /** Groups of bytes near the beginnings of words. */
  readonly #groups = new Bits();
  /** First `HEAD` bytes of words, as far as they have so many; else all of them do. */
  readonly #heads = new Bits();
  /** First two bytes of words. */
  readonly #pairs = new Bits();
  readonly #gram: number;
  readonly #step: number;
  readonly #hasHeads: boolean;

  /**
   * @param words distinct, none empty, in lower case
   * @throws RangeError when they need too many states
   */
  constructor(words: readonly Uint8Array[]) {
    const states = words.reduce((sum, { length }) => sum + length, 1);
    if (states > SIGNATURE_LIMITS.states) throw new RangeError('too many states');
    this.#classes = this.#classify(words);
    this.#next = new Uint16Array(states * this.#classes);
    this.#ends = new Uint16Array(states);
    this.#shorter = new Uint16Array(states);
    this.#wordOf = new Uint16Array(states);
    this.#depths = new Uint8Array(states);
    this.#link(this.#insert(words));
    const shortest = Math.min(...words.map(({ length }) => length));
    this.#gram = shortest > 3 ? 3 : 2;
    this.#step = Math.min(shortest - this.#gram + 1, MAX_STEP);
    for (const word of words) {
      for (let at = 0; at < this.#step; at++) this.#groups.add(this.#hash(word, at));
      this.#pairs.add(pairOf(word, 0));
      if (shortest >= HEAD) this.#heads.add(headOf(word, 0));
    }
    this.#hasHeads = shortest >= HEAD;
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

  /** How many of the last bytes belong to what has begun. */
  begun(state: number): number {
    return this.#depths[state]!;
  }

  #tell(state: number, end: number, sink: WordSink): void {
    for (let at = this.#ends[state]!; at !== 0; at = this.#shorter[at]!) sink.word(this.#wordOf[at]!, end);
  }

  /** The first place from `from` on at which a word may begin, as far as can be told; `to` when there is none. */
  #skip(bytes: Uint8Array, from: number, to: number): number {
    const { words } = this.#groups;
    const step = this.#step;
    const three = this.#gram === 3;
    const last = to - this.#gram;
    let at = from + step - 1;
    for (; at <= last; at += step) {
      const pair = (bytes[at]! & CASELESS) | ((bytes[at + 1]! & CASELESS) << 8);
      const hash = three ? pair ^ ((bytes[at + 2]! & CASELESS) << 4) : pair;
      if (((words[hash >>> 5]! >>> (hash & 31)) & 1) === 0) continue;
      for (let begin = at - step + 1; begin <= at; begin++)
        if (this.#mayBegin(bytes, begin, to)) return begin;
    }
    for (let begin = at - step + 1; begin < to; begin++) if (this.#mayBegin(bytes, begin, to)) return begin;
    return to;
  }

  #mayBegin(bytes: Uint8Array, at: number, to: number): boolean {
    if (this.#hasHeads && at + HEAD <= to) return this.#heads.has(headOf(bytes, at));
    if (at + 2 <= to) return this.#pairs.has(pairOf(bytes, at));
    return this.#next[this.#classOf[bytes[at]!]!] !== 0;
  }

  #hash(bytes: Uint8Array, at: number): number {
    const pair = pairOf(bytes, at);
    return this.#gram === 3 ? pair ^ ((bytes[at + 2]! & CASELESS) << 4) : pair;
  }

  /** Gives every byte that occurs a class of its own; 0 is for all that do not. Returns how many there are. */
  #classify(words: readonly Uint8Array[]): number {
    const used = new Set(words.flatMap(word => [...word]));
    let classes = 1;
    for (const byte of used) this.#classOf[byte] = classes++;
    for (let byte = 0x41; byte <= 0x5a; byte++) this.#classOf[byte] = this.#classOf[byte | 0x20]!;
    return classes;
  }

  /** The words as a tree in `#next`, states numbered level by level. Returns how many there are. */
  #insert(words: readonly Uint8Array[]): number {
    let states = 1;
    const reached = new Uint16Array(words.length);
    for (let depth = 0, more = true; more; depth++) {
      more = false;
      for (const [number, word] of words.entries()) {
        if (depth >= word.length) continue;
        const at = reached[number]! * this.#classes + this.#classOf[word[depth]!]!;
        if (this.#next[at] === 0) this.#next[at] = states++;
        const state = this.#next[at]!;
        reached[number] = state;
        this.#depths[state] = depth + 1;
        if (depth + 1 < word.length) more = true;
        else {
          this.#ends[state] = state;
          this.#wordOf[state] = number;
        }
      }
    }
    return states;
  }

  /** Turns the tree into the automaton, level by level: where a word breaks off, the longest suffix goes on. */
  #link(states: number): void {
    const classes = this.#classes;
    const suffix = new Uint16Array(states);
    for (let state = 0; state < states; state++) {
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
      }
    }
  }
}

/** A set of numbers of 16 bits. */
class Bits {
  readonly words = new Uint32Array((1 << 16) / 32);

  add(number: number): void {
    this.words[number >>> 5]! |= 1 << (number & 31);
  }

  has(number: number): boolean {
    return ((this.words[number >>> 5]! >>> (number & 31)) & 1) === 1;
  }
}

function pairOf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! & CASELESS) | ((bytes[at + 1]! & CASELESS) << 8);
}

function headOf(bytes: Uint8Array, at: number): number {
  const head = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return Math.imul(head & CASELESS_HEAD, 0x9e3779b1) >>> 16;
}
