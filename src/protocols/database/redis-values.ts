/**
 * Values of Redis' protocol (RESP 2 and 3) in a stream that arrives in pieces: arrays within arrays are followed by
 * counting, strings longer than wanted are skipped unseen.
 *
 * Strings that may be medical documents are shown as bytes, whole and once.
 *
 * Limits: `MAX_LINE`, `MAX_DOCUMENT`, `MAX_NESTING`, `MAX_ELEMENTS`, `MAX_KEPT` strings of one value, each of at most `MAX_STRING` bytes.
 */
import { indexOf } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';

const MAX_LINE = 1024;
const MAX_NESTING = 16;
const MAX_ELEMENTS = 1 << 24;
const MAX_KEPT = 8;
const MAX_STRING = 1024;
/** Longest string that is shown as bytes. */
export const MAX_DOCUMENT = 65_536;
const MAX_BULK = 512 * 1024 * 1024;

const MIN_DOCUMENT = 16;
/** First bytes of documents: HL7 (M, F, B, start block), JSON and markup. */
const BEGINNINGS = [0x4d, 0x46, 0x42, 0x0b, 0x7b, 0x5b, 0x3c, 0xef];

const AGGREGATES = '*~>%|';
const STRINGS = '$!=';
const LINES = '+-:_#,(';

/** A whole value. */
export interface RedisValue {
  /** First byte of it: `*`, `+`, `-` … */
  readonly type: string;
  /** The line of a simple value. */
  readonly line: string;
  /** First strings in an aggregate; empty ones for those that were too long. */
  readonly strings: readonly string[];
}

export class RedisReader {
  readonly #onValue: (value: RedisValue) => void;
  readonly #inline: boolean;
  readonly #onString: (bytes: Uint8Array, from: number, to: number) => void;
  /** Elements that are still to come, by depth. */
  #open: number[] = [];
  #type = '';
  #strings: string[] = [];

  /**
   * @param inline lines without a type are commands (a person with telnet)
   * @param onString shown strings that begin as HL7, JSON or markup does
   */
  constructor(
    inline: boolean,
    onValue: (value: RedisValue) => void,
    onString: (bytes: Uint8Array, from: number, to: number) => void,
  ) {
    this.#inline = inline;
    this.#onString = onString;
    this.#onValue = onValue;
  }

  /** Forgets the value under way. */
  reset(): void {
    this.#open = [];
    this.#strings = [];
  }

  /** Result as of `Protocol.feed`; negative when what stands there is no value. */
  feed(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const lineFeed = indexOf(bytes, 0x0a, at, Math.min(to, at + MAX_LINE));
      if (lineFeed < 0) return to - at >= MAX_LINE ? -1 : at - from;
      const end = lineFeed > at && bytes[lineFeed - 1] === 0x0d ? lineFeed - 1 : lineFeed;
      const next = this.#line(bytes, at, end, lineFeed + 1, to);
      if (next === WAIT) return at - from;
      if (next === WRONG) return -1;
      at = next;
    }
    return at - from;
  }

  #line(bytes: Uint8Array, at: number, end: number, next: number, to: number): number {
    const type = String.fromCharCode(bytes[at]!);
    const top = this.#open.length === 0;
    if (AGGREGATES.includes(type)) return this.#aggregate(type, latin1(bytes, at + 1, end)) ? next : WRONG;
    if (STRINGS.includes(type)) return this.#string(type, bytes, at, end, next, to);
    if (LINES.includes(type)) {
      this.#scalar(type, utf8(bytes, at + 1, end));
      return next;
    }
    if (!this.#inline || !top || end === at) return this.#inline && end === at ? next : WRONG;
    const strings = utf8(bytes, at, end).split(/\s+/).slice(0, MAX_KEPT);
    this.#onValue({ type: '*', line: '', strings });
    return next;
  }

  #aggregate(type: string, digits: string): boolean {
    if (!/^-?\d{1,9}$/.test(digits)) return false;
    const count = Number(digits) * (type === '%' || type === '|' ? 2 : 1);
    if (count > MAX_ELEMENTS) return false;
    if (this.#open.length === 0) {
      this.#type = type;
      this.#strings = [];
    }
    if (count <= 0) {
      this.#complete(type, '');
      return true;
    }
    if (this.#open.length >= MAX_NESTING) return false;
    this.#open.push(count);
    return true;
  }

  #string(type: string, bytes: Uint8Array, at: number, end: number, next: number, to: number): number {
    const digits = latin1(bytes, at + 1, end);
    if (!/^-?\d{1,9}$/.test(digits)) return WRONG;
    const length = Number(digits);
    if (length > MAX_BULK) return WRONG;
    if (length < 0) {
      this.#scalar(type, '');
      return next;
    }
    const kept = length <= MAX_STRING && (this.#open.length === 0 || this.#strings.length < MAX_KEPT);
    if (length >= MIN_DOCUMENT && length <= MAX_DOCUMENT) {
      if (next >= to) return WAIT;
      if (BEGINNINGS.includes(bytes[next]!)) {
        if (next + length + 2 > to) return WAIT;
        this.#onString(bytes, next, next + length);
      }
    }
    if (kept && next + length + 2 > to) return WAIT;
    this.#scalar(type, kept ? utf8(bytes, next, next + length) : '');
    return next + length + 2;
  }

  /** A value without parts. */
  #scalar(type: string, text: string): void {
    if (this.#open.length > 0 && this.#strings.length < MAX_KEPT) this.#strings.push(text);
    this.#complete(type, text);
  }

  /** One element is whole; and with it perhaps what is around it. */
  #complete(type: string, line: string): void {
    if (this.#open.length === 0) {
      this.#onValue({ type, line, strings: [] });
      return;
    }
    while (this.#open.length > 0) {
      const left = this.#open.pop()! - 1;
      if (left > 0) {
        this.#open.push(left);
        return;
      }
    }
    this.#onValue({ type: this.#type, line: '', strings: this.#strings });
  }
}

const WAIT = -1;
const WRONG = -2;
