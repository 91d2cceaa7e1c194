/**
 * Bytes from the wire as text, and text made safe to show. Text from the wire is bytes until here.
 * `latin1` keeps every byte; `utf8` replaces what is not UTF-8 with `\xNN`. Neither strips control characters:
 * that is the writer's work, with the encoder of its format (`visible` for a terminal).
 */

const decoder = new TextDecoder('utf-8', { fatal: true });

/** One character per byte, U+0000 to U+00FF. For protocols whose text is ASCII by definition. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = '';
  for (let i = from; i < to; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, Math.min(i + 4096, to)));
  }
  return text;
}

/** UTF-8 text; when the bytes are not valid UTF-8, ASCII with every other byte as `\xNN`. */
export function utf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  const part = bytes.subarray(from, to);
  try {
    return decoder.decode(part);
  } catch {
    let text = '';
    for (const byte of part) text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${hexByte(byte)}`;
    return text;
  }
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Lower-case hexadecimal of a byte range, no separator. */
export function hex(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = '';
  for (let i = from; i < to; i++) text += hexByte(bytes[i]!);
  return text;
}

// C0, DEL, C1, bidirectional controls, zero-width and other invisible format characters, lone surrogates.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Captured text for a terminal or a log line: every control or invisible character becomes `\u{…}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, character => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
