/**
 * Builds large texts as UTF-8 bytes: log files of millions of rows are written without a string per cell. Numbers
 * go in as digits straight away; text goes in encoded, see `dictionary.ts`.
 *
 * Holds no limit of its own: callers take the bytes after every batch.
 */

const encoder = new TextEncoder();
const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
/** Below this the digits of a number can be had with exact integer arithmetic. */
const SAFE = 2 ** 53;
/** Powers of ten: raising to a power takes longer than all else that writing a number takes. */
const POWERS = Array.from({ length: 17 }, (_, digits) => 10 ** digits);

/** A growing run of bytes. */
export class TextBuffer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far; valid until the next write. The buffer is empty afterwards. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** One byte: a separator or an ASCII character. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** The bytes of `source` from `from` to `to`. */
  copy(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    const bytes = this.#bytes;
    // A loop beats `set` for the short texts that log cells are.
    if (to - from > 64) {
      bytes.set(source.subarray(from, to), this.#length);
      this.#length += to - from;
      return;
    }
    let at = this.#length;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.#length = at;
  }

  /** Printable ASCII without a backslash; false, and nothing is written, when the text has anything else. */
  plain(text: string): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === BACKSLASH) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  /** Text that its format's encoder has already made safe. */
  text(text: string): void {
    const bytes = encoder.encode(text);
    this.copy(bytes, 0, bytes.length);
  }

  /** A whole number in decimal. */
  integer(value: number): void {
    if (!(Math.abs(value) < SAFE)) {
      this.text(Number.isInteger(value) ? String(BigInt(value)) : String(value));
      return;
    }
    if (value < 0) this.byte(MINUS);
    this.#digits(Math.abs(value), 1);
  }

  /** A number rounded to `places` decimals (at most 9), all of them written unless `trim`. */
  fixed(value: number, places: number, trim: boolean): void {
    const scale = POWERS[places]!;
    const scaled = Math.round(Math.abs(value) * scale);
    if (!(scaled < SAFE)) {
      this.text(value.toFixed(places));
      return;
    }
    if (value < 0 && scaled > 0) this.byte(MINUS);
    const whole = Math.floor(scaled / scale);
    this.#digits(whole, 1);
    this.fraction(scaled - whole * scale, places, trim);
  }

  /** A point and `value` as that many digits; trailing zeros, and the point if nothing is left, go with `trim`. */
  fraction(value: number, places: number, trim: boolean): void {
    if (trim) {
      while (places > 0 && value % 10 === 0) {
        value /= 10;
        places--;
      }
      if (places === 0) return;
    }
    this.byte(POINT);
    this.#digits(value, places);
  }

  /** Digits of a whole number below 2^53, with zeros in front up to `width`. */
  #digits(value: number, width: number): void {
    this.#reserve(17);
    let count = width;
    for (let bound = POWERS[width]!; value >= bound; bound *= 10) count++;
    let at = this.#length + count;
    this.#length = at;
    const bytes = this.#bytes;
    while (value > 0x7fffffff) {
      const rest = Math.floor(value / 10);
      bytes[--at] = ZERO + (value - rest * 10);
      value = rest;
      count--;
    }
    let small = value | 0;
    for (; count > 0; count--) {
      const rest = (small / 10) | 0;
      bytes[--at] = ZERO + (small - rest * 10);
      small = rest;
    }
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
