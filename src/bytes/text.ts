/**
 * Bytes from the wire as text, and text made safe to show. Text from the wire is bytes until here.
 * `latin1` keeps every byte; `utf8` replaces what is not UTF-8 with `\xNN`. Neither strips control characters:
 * that is the writer's work, with the encoder of its format (`visible` for a terminal).
 */
import { isUtf8 } from 'node:buffer';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Native and without a copy; @types/node does not list them, and they take any Uint8Array as `this`. */
const { latin1Slice, hexSlice } = Buffer.prototype as unknown as Readonly<
  Record<'latin1Slice' | 'hexSlice', (this: Uint8Array, from: number, to: number) => string>
>;

/** One character per byte, U+0000 to U+00FF. For protocols whose text is ASCII by definition. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return to > from ? latin1Slice.call(bytes, from, to) : '';
}

/**
 * Where text ends at the latest: at the first NUL, which no text of one byte per character holds; else at the end of the
 * bytes.
 */
export function textEnd(bytes: Uint8Array): number {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes.length : end;
}

/** UTF-8 text; when the bytes are not valid UTF-8, ASCII with every other byte as `\xNN`. */
export function utf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (isAscii(bytes, from, to)) return latin1(bytes, from, to);
  const part = bytes.subarray(from, to);
  // Asked first: an exception takes ten times as long.
  if (isUtf8(part)) return decoder.decode(part);
  let text = '';
  let done = from;
  for (let i = from; i < to; i++) {
    if (bytes[i]! < 0x80) continue;
    text += `${latin1(bytes, done, i)}\\x${HEX[bytes[i]!]}`;
    done = i + 1;
  }
  return text + latin1(bytes, done, to);
}

const wide = new TextDecoder('utf-16le', { ignoreBOM: true });

/** UTF-16 text in little-endian order, as Windows writes it; what is none becomes U+FFFD. */
export function utf16le(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return to > from ? wide.decode(bytes.subarray(from, to)) : '';
}

/** Text in whichever of UTF-8 and Latin-1 it was written: what is no valid UTF-8 is taken as Latin-1. */
export function utf8OrLatin1(bytes: Uint8Array): string {
  return !isAscii(bytes, 0, bytes.length) && isUtf8(bytes) ? decoder.decode(bytes) : latin1(bytes);
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal of a byte range, no separator. */
export function hex(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return to > from ? hexSlice.call(bytes, from, to) : '';
}

// C0, DEL, C1, bidirectional controls, zero-width and other invisible format characters, lone surrogates.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Captured text for a terminal or a log line: every control or invisible character becomes `\u{…}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, character => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
