/**
 * Bodies of several parts (RFC 2046 section 5.1, RFC 7578): where the parts begin and end, and the header of each, in a
 * stream that arrives in pieces. Every piece is taken; only what could be the beginning of a delimiter is held back.
 *
 * Limits: `MAX_PARTS` parts are told apart, `MAX_HEADER` bytes of the header of each are read.
 */
import { indexOf } from '../bytes/read.ts';
import { latin1 } from '../bytes/text.ts';

const MAX_PARTS = 64;
const MAX_HEADER = 4096;
const LF = 0x0a;
const EMPTY = new Uint8Array(0);

/** Takes what a body of several parts consists of. */
export interface PartTaker {
  /** A part begins; its header fields as lines, folded lines joined. */
  begin(header: readonly string[]): void;
  content(bytes: Uint8Array, from: number, to: number): void;
  end(): void;
}

/** The boundary parameter of a Content-Type, when it is one of several parts. */
export function readBoundary(contentType: string): string | undefined {
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const match = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

export class MultipartReader {
  readonly #delimiter: Uint8Array;
  readonly #taker: PartTaker;
  /** Bytes that may begin a delimiter or are an unfinished header. */
  #held: Uint8Array = EMPTY;
  #phase: 'preamble' | 'afterDelimiter' | 'header' | 'content' | 'done' = 'preamble';
  #parts = 0;

  constructor(boundary: string, taker: PartTaker) {
    this.#delimiter = new Uint8Array(Buffer.from(`\n--${boundary}`, 'latin1'));
    this.#taker = taker;
    // The first delimiter may stand at the very beginning.
    this.#held = Uint8Array.of(LF);
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.#phase === 'done' || to <= from) return;
    let data = bytes;
    let at = from;
    let end = to;
    if (this.#held.length > 0) {
      data = new Uint8Array(this.#held.length + to - from);
      data.set(this.#held);
      data.set(bytes.subarray(from, to), this.#held.length);
      at = 0;
      end = data.length;
      this.#held = EMPTY;
    }
    while (at < end) {
      const next = this.#step(data, at, end);
      if (next < 0) {
        this.#held = data.slice(at, end);
        return;
      }
      at = next;
    }
  }

  /** Bytes are missing: the part under way ends here, and the next delimiter is looked for. */
  miss(): void {
    this.end();
    if (this.#phase !== 'done') this.#phase = 'preamble';
  }

  /** The body is over. */
  end(): void {
    if (this.#phase === 'content') {
      this.#taker.content(this.#held, 0, this.#held.length);
      this.#taker.end();
    }
    this.#held = EMPTY;
  }

  /** Takes something from `at` on; returns where it ended, or -1 when more bytes are needed. */
  #step(data: Uint8Array, at: number, end: number): number {
    if (this.#phase === 'done') return end;
    if (this.#phase === 'afterDelimiter') return this.#afterDelimiter(data, at, end);
    if (this.#phase === 'header') return this.#header(data, at, end);
    return this.#untilDelimiter(data, at, end);
  }

  #untilDelimiter(data: Uint8Array, start: number, end: number): number {
    const delimiter = this.#delimiter;
    for (let at = start; ; at++) {
      at = indexOf(data, LF, at, end);
      if (at < 0) {
        // A carriage return at the end may belong to a delimiter.
        const until = data[end - 1] === 0x0d ? end - 1 : end;
        if (until > start) this.#content(data, start, until);
        return until > start ? until : until < end ? -1 : end;
      }
      const known = Math.min(delimiter.length, end - at);
      let same = 0;
      while (same < known && data[at + same] === delimiter[same]) same++;
      if (same < known) continue;
      const content = at > start && data[at - 1] === 0x0d ? at - 1 : at;
      if (content > start) this.#content(data, start, content);
      if (same < delimiter.length) return content > start ? content : -1;
      if (this.#phase === 'content') this.#taker.end();
      this.#phase = 'afterDelimiter';
      return at + same;
    }
  }

  #content(data: Uint8Array, from: number, to: number): void {
    if (this.#phase === 'content') this.#taker.content(data, from, to);
  }

  #afterDelimiter(data: Uint8Array, at: number, end: number): number {
    if (end - at < 2) return -1;
    if (data[at] === 0x2d && data[at + 1] === 0x2d) {
      this.#phase = 'done';
      return end;
    }
    const lineFeed = indexOf(data, LF, at, Math.min(end, at + MAX_HEADER));
    if (lineFeed < 0) return end - at >= MAX_HEADER ? this.#giveUp(end) : -1;
    this.#phase = 'header';
    return lineFeed + 1;
  }

  #header(data: Uint8Array, at: number, end: number): number {
    for (let from = at; ; ) {
      const lineFeed = indexOf(data, LF, from, Math.min(end, at + MAX_HEADER));
      if (lineFeed < 0) return end - at >= MAX_HEADER ? this.#giveUp(end) : -1;
      if (lineFeed - from <= 1 && (lineFeed === from || data[from] === 0x0d)) {
        if (++this.#parts > MAX_PARTS) return this.#giveUp(end);
        const text = latin1(data, at, from).replace(/\r?\n[ \t]+/g, ' ');
        this.#phase = 'content';
        this.#taker.begin(text.split(/\r?\n/));
        return lineFeed + 1;
      }
      from = lineFeed + 1;
    }
  }

  #giveUp(end: number): number {
    this.#phase = 'done';
    return end;
  }
}
