/**
 * Lines of text protocols in a stream that arrives in pieces. A line ends with a line feed; one carriage return
 * before it belongs to the end. The bytes of an unfinished line stay with the stream layer and come again; the
 * reader remembers how far it has looked, so that a line in one-byte segments is not searched again and again.
 *
 * A line longer than the limit is given out cut (`cut`), and the rest of it is thrown away up to its line feed.
 */
import { indexOf } from '../bytes/read.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Reading state of one direction, and the last line read. */
export interface LineReader {
  /** Longest line given out, in bytes. */
  readonly limit: number;
  /** The last call found a line: `[from, to)` of the bytes it was given, without its end. */
  found: boolean;
  from: number;
  to: number;
  /** That line was longer than the limit; this is its beginning. */
  cut: boolean;
  /** Bytes of the unfinished line that are known to hold no line feed. */
  seen: number;
  /** The rest of a cut line is being thrown away. */
  discarding: boolean;
}

export function lineReader(limit: number): LineReader {
  return { limit, found: false, from: 0, to: 0, cut: false, seen: 0, discarding: false };
}

/**
 * Reads the line that begins at `at`; the result is where the next one begins. When `found` is false afterwards,
 * there is no whole line before `end`: the bytes up to the result are consumed, the others must come again.
 */
export function readLine(reader: LineReader, bytes: Uint8Array, at: number, end: number): number {
  reader.found = false;
  let start = at;
  if (reader.discarding) {
    const rest = indexOf(bytes, LF, start, end);
    if (rest < 0) return end;
    reader.discarding = false;
    start = rest + 1;
  }
  const lineFeed = indexOf(bytes, LF, start + reader.seen, Math.min(end, start + reader.limit + 2));
  if (lineFeed < 0) {
    if (end - start <= reader.limit + 1) {
      reader.seen = end - start;
      return start;
    }
    return give(reader, start, start + reader.limit, true, start + reader.limit);
  }
  const content = lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
  if (content - start > reader.limit) return give(reader, start, start + reader.limit, true, lineFeed);
  return give(reader, start, content, false, lineFeed + 1);
}

/** Forgets the line under way: bytes are missing. */
export function resetLine(reader: LineReader): void {
  reader.seen = 0;
  reader.discarding = false;
}

function give(reader: LineReader, from: number, to: number, cut: boolean, next: number): number {
  reader.found = true;
  reader.from = from;
  reader.to = to;
  reader.cut = cut;
  reader.discarding = cut;
  reader.seen = 0;
  return next;
}
