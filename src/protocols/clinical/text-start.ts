/** How documents of text begin: byte order marks, blanks, UTF-16. */

/** Byte order of UTF-16 text. */
type Wide = 'utf-16le' | 'utf-16be';

/** Where the first character stands that is no blank, and that character; `wide` for UTF-16. */
export function firstMark(head: Uint8Array): {
  readonly at: number;
  readonly byte: number | undefined;
  readonly wide: Wide | undefined;
} {
  const wide = wideOf(head);
  let at = wide !== undefined ? 2 : head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while (at < head.length && (head[at]! <= 0x20 || (wide !== undefined && head[at] === 0))) at++;
  return { at, byte: head[at], wide };
}

/** UTF-16 says so by its mark. */
function wideOf(head: Uint8Array): Wide | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

/** UTF-16 in pieces as UTF-8. */
export class Utf16Input {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(order: Wide) {
    this.#decoder = new TextDecoder(order);
  }

  take(bytes: Uint8Array, from: number, to: number): Uint8Array {
    return Buffer.from(this.#decoder.decode(bytes.subarray(from, to), { stream: true }), 'utf8');
  }
}
