/**
 * JSON in a stream that arrives in pieces (RFC 8259), also several texts behind one another (NDJSON), as events: objects
 * begin and end, members have values. Arrays are seen through: each of their elements is a value of the member that holds
 * the array. Every byte is looked at once; nothing is checked for being well formed, so that text cut anywhere gives what
 * came of it.
 *
 * Limits: `MAX_DEPTH` containers inside of another, below which nothing is reported; `MAX_KEY` bytes of a name; values are
 * kept up to `maxValue` bytes, and only where the handler wants them.
 */
import { latin1, utf8OrLatin1 } from '../bytes/text.ts';

const MAX_DEPTH = 64;
const MAX_KEY = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const END_BRACKET = 0x5d;
const BRACE = 0x7b;
const END_BRACE = 0x7d;
const SPACE = 0x20;

/** Takes the events of a text. Names are those of members, `''` for the outermost value. */
export interface JsonHandler {
  /** An object begins. */
  enter(name: string): void;
  /** The object that began last and has not ended ends. */
  leave(): void;
  /** Whether a string or number of this name is to be reported. */
  wants(name: string): boolean;
  /** A string, number, `true`, `false` or `null`; `cut` when it was longer than is kept. */
  value(name: string, text: string, cut: boolean): void;
}

const OBJECT = 1;
const ARRAY = 2;

export class JsonEvents {
  readonly #handler: JsonHandler;
  readonly #kept: Uint8Array;
  #length = 0;
  #state: 'between' | 'string' | 'escape' | 'word' = 'between';
  /** The string under way is a name. */
  #isName = false;
  #keeps = false;
  #cut = false;
  #escaped = false;
  #depth = 0;
  /** Containers too deep to be followed. */
  #below = 0;
  readonly #kinds = new Uint8Array(MAX_DEPTH);
  readonly #names: string[] = [''];
  /** A value is expected, not a name. */
  #afterColon = true;

  constructor(handler: JsonHandler, maxValue: number) {
    this.#handler = handler;
    this.#kept = new Uint8Array(Math.max(maxValue, MAX_KEY));
  }

  /** Containers that are open. */
  get depth(): number {
    return this.#depth + this.#below;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (this.#state === 'string') at = this.#string(bytes, at, to);
      else if (this.#state === 'escape') {
        this.#keep(bytes, at, at + 1);
        this.#state = 'string';
        at++;
      } else if (this.#state === 'word') at = this.#word(bytes, at, to);
      else at = this.#between(bytes, at, to);
    }
  }

  /** The text is over: a number at its end has no other end. */
  end(): void {
    if (this.#state === 'word') this.#endValue();
    this.#state = 'between';
  }

  #between(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && bytes[at]! <= SPACE) at++;
    if (at === to) return at;
    const byte = bytes[at]!;
    switch (byte) {
      case QUOTE:
        this.#isName = !this.#afterColon && this.#below === 0 && this.#kinds[this.#depth - 1] === OBJECT;
        this.#begin('string');
        return at + 1;
      case BRACE:
      case BRACKET:
        this.#open(byte === BRACE ? OBJECT : ARRAY);
        return at + 1;
      case END_BRACE:
      case END_BRACKET:
        this.#close();
        return at + 1;
      case COLON:
        this.#afterColon = true;
        return at + 1;
      case COMMA:
        this.#afterColon = this.#depth === 0 || this.#kinds[this.#depth - 1] === ARRAY;
        return at + 1;
      default:
        this.#isName = false;
        this.#begin('word');
        return at;
    }
  }

  #begin(state: 'string' | 'word'): void {
    this.#state = state;
    this.#length = 0;
    this.#cut = false;
    this.#escaped = false;
    this.#keeps = this.#isName || (this.#below === 0 && this.#handler.wants(this.#names[this.#depth]!));
  }

  #string(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
    this.#keep(bytes, from, at);
    if (at === to) return at;
    if (bytes[at] === BACKSLASH) {
      this.#escaped = true;
      this.#keep(bytes, at, at + 1);
      this.#state = 'escape';
    } else if (this.#isName) {
      this.#names[this.#depth] = this.#text();
      this.#state = 'between';
    } else this.#endValue();
    return at + 1;
  }

  /** A number or literal goes on to the next structural character or space. */
  #word(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && !endsWord(bytes[at]!)) at++;
    this.#keep(bytes, from, at);
    if (at < to) this.#endValue();
    return at;
  }

  #endValue(): void {
    this.#state = 'between';
    if (this.#keeps) this.#handler.value(this.#names[this.#depth]!, this.#text(), this.#cut);
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#keeps || from === to) return;
    const room = (this.#isName ? MAX_KEY : this.#kept.length) - this.#length;
    const taken = Math.min(to - from, room);
    if (taken < to - from) this.#cut = true;
    // Most pieces are short: a loop is faster than a view.
    for (let i = 0; i < taken; i++) this.#kept[this.#length++] = bytes[from + i]!;
  }

  #text(): string {
    const kept = this.#kept.subarray(0, this.#length);
    if (!this.#escaped) return utf8OrLatin1(kept);
    return latin1(kept).replace(
      /\\(?:u([0-9a-fA-F]{4})|(.))|[\x80-\xff]+/gs,
      (whole, unit?: string, short?: string) => {
        if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16));
        if (short !== undefined) return SHORT[short] ?? short;
        return utf8OrLatin1(Buffer.from(whole, 'latin1'));
      },
    );
  }

  #open(kind: number): void {
    if (this.#below > 0 || this.#depth === MAX_DEPTH) {
      this.#below++;
      return;
    }
    const name = this.#names[this.#depth]!;
    this.#kinds[this.#depth++] = kind;
    // Elements of an array go by its name.
    this.#names[this.#depth] = kind === ARRAY ? name : '';
    this.#afterColon = kind === ARRAY;
    if (kind === OBJECT) this.#handler.enter(name);
  }

  #close(): void {
    if (this.#below > 0) {
      this.#below--;
      return;
    }
    if (this.#depth === 0) return;
    const kind = this.#kinds[--this.#depth];
    this.#afterColon = this.#depth === 0;
    if (kind === OBJECT) this.#handler.leave();
  }
}

/** Escapes of one character (section 7). */
const SHORT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function endsWord(byte: number): boolean {
  return (
    byte <= SPACE ||
    byte === COMMA ||
    byte === COLON ||
    byte === QUOTE ||
    byte === BRACKET ||
    byte === END_BRACKET ||
    byte === BRACE ||
    byte === END_BRACE
  );
}
