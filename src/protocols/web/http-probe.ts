/**
 * Whether the first bytes of a flow are HTTP/1.x: a request line of the originator, or a status line of the responder. The
 * preface of HTTP/2, which looks like a request, is not.
 */
import { indexOf, startsWith } from '../../bytes/read.ts';
import { type Direction, type Opening, ORIG, RESP, type Verdict } from '../../model/protocol.ts';
import { KNOWN_METHODS, readRequestLine, textOf } from './http-head.ts';

/** Bytes of one direction after which HTTP is recognised or is not there. */
export const PROBE_BYTES = 1024;
/** Blanks before a request line, and CONNECT: a probe allows four. */
const MAX_BLANKS = 64;

/** Asks both directions. */
export function probeHttp(opening: Opening): Verdict {
  const request = probeSide(opening.orig, ORIG);
  const response = probeSide(opening.resp, RESP);
  if (request === 'match') return 'match';
  // Picked up in the middle, the originator may be in a body while the responder begins an answer.
  if (response === 'match') return request === 'no' && opening.fromStart ? 'no' : 'match';
  return request === 'no' || response === 'no' ? 'no' : 'unsure';
}

/**
 * Whether the first request asks for what leads on to another protocol: a tunnel, or an upgrade. One that comes later in
 * a connection is seen only when HTTP is decoded.
 */
export function asksForMore({ orig }: Opening): boolean {
  const { length } = orig;
  if (/^\s*CONNECT /i.test(textOf(orig, 0, Math.min(length, MAX_BLANKS)))) return true;
  for (let at = indexOf(orig, 0x0a, 0, length); at >= 0; at = indexOf(orig, 0x0a, at + 1, length)) {
    const small = at + 1 < length ? orig[at + 1]! | 0x20 : 0;
    if (small === 0x75 && /^upgrade *:/i.test(textOf(orig, at + 1, length))) return true;
  }
  return false;
}

function probeSide(bytes: Uint8Array, direction: Direction): Verdict {
  let from = 0;
  // RFC 9112 section 2.2: empty lines before a request line are ignored.
  while (from < 4 && (bytes[from] === 0x0d || bytes[from] === 0x0a)) from++;
  if (from === bytes.length) return 'unsure';
  if (direction === RESP) return probeStatus(textOf(bytes, from, Math.min(bytes.length, from + 12)));
  if (startsWith(bytes, from, bytes.length, 'PRI * HTTP/2.0')) return 'no';
  const lineFeed = bytes.indexOf(0x0a, from);
  if (lineFeed >= 0) return readRequestLine(bytes, from, lineEnd(bytes, lineFeed), false) ? 'match' : 'no';
  const text = textOf(bytes, from, Math.min(bytes.length, from + 64));
  if (!/^[A-Za-z!#$%&'*+.^_`|~0-9-]{1,32}(?:$| +(?:$|[!-~]))/.test(text)) return 'no';
  // A target longer than what probes are shown, behind a method that everybody knows.
  const method = text.slice(0, text.indexOf(' '));
  return bytes.length >= PROBE_BYTES / 2 && KNOWN_METHODS.has(method) ? 'match' : 'unsure';
}

function probeStatus(text: string): Verdict {
  const shape = 'HTTP/1.0 000';
  for (let i = 0; i < text.length; i++) {
    const want = shape[i]!;
    const is = text[i]!;
    if (want === '0' ? is < '0' || is > '9' : is.toUpperCase() !== want) return 'no';
  }
  return text.length === shape.length ? 'match' : 'unsure';
}

function lineEnd(bytes: Uint8Array, lineFeed: number): number {
  return bytes[lineFeed - 1] === 0x0d ? lineFeed - 1 : lineFeed;
}
