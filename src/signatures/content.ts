/**
 * The bytes that an author writes: hexadecimal digits (`ff 53 4d 42`), or text with the escapes `\xHH \n \r \t \0 \\`, of
 * which other characters are UTF-8.
 */
import { complain, type Reader } from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 0x5c };

/** Bytes of hexadecimal digits; undefined, with a problem, when they are none. */
export function readHex(reader: Reader, { text, at }: Located): Uint8Array | undefined {
  const wrong = /[^0-9a-fA-F\s:]/.exec(text);
  const digits = text.replace(/[\s:]+/g, '');
  if (wrong !== null) {
    const place = reader.source.within({ text, at }, wrong.index);
    complain(reader, place, `${quote(wrong[0])} is no hexadecimal digit`, 'write bytes as in ff 53 4d 42');
    return undefined;
  }
  if (digits.length % 2 === 1) {
    complain(reader, at, 'an odd number of hexadecimal digits', 'a byte has two');
    return undefined;
  }
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Bytes of text; undefined, with a problem, when an escape is unknown. */
export function readEscaped(reader: Reader, { text, at }: Located): Uint8Array | undefined {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '\\') {
      const char = String.fromCodePoint(text.codePointAt(i)!);
      bytes.push(...encoder.encode(char));
      i += char.length;
      continue;
    }
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(i, i + 4));
    const simple = ESCAPES[text[i + 1] ?? ''];
    if (hex === null && simple === undefined) {
      const place = reader.source.within({ text, at }, i);
      complain(
        reader,
        place,
        `unknown escape ${quote(text.slice(i, i + 2))}`,
        'known: \\xHH \\n \\r \\t \\0 \\\\',
      );
      return undefined;
    }
    bytes.push(hex === null ? simple! : Number.parseInt(hex[1]!, 16));
    i += hex === null ? 2 : 4;
  }
  return Uint8Array.from(bytes);
}

/** ASCII letters in lower case. */
export function lowerCase(bytes: Uint8Array): Uint8Array {
  return bytes.map(byte => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));
}
