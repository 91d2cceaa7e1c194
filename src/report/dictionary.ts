/**
 * A batch's dictionary as encoded bytes: each distinct text is escaped once, when first written, however many rows
 * show it. Batches cut from one another share their dictionary, so the encoded form is kept with it.
 */
import type { TextBuffer } from './text-buffer.ts';

const encoder = new TextEncoder();

/** The texts of one column, ready to be written. */
export class EncodedTexts {
  readonly #dict: readonly string[];
  readonly #encode: (text: string) => string;
  readonly #texts: (Uint8Array | undefined)[];

  constructor(dict: readonly string[], encode: (text: string) => string) {
    this.#dict = dict;
    this.#encode = encode;
    this.#texts = new Array(dict.length);
  }

  /** Appends the text of a code to the buffer. */
  write(code: number, out: TextBuffer): void {
    const known = this.#texts[code];
    const bytes = known ?? encoder.encode(this.#encode(this.#dict[code]!));
    if (known === undefined) this.#texts[code] = bytes;
    out.copy(bytes, 0, bytes.length);
  }
}

/** Writes dictionary texts in the encoding of one format. */
export interface DictionaryWriter {
  column(dict: readonly string[]): EncodedTexts;
}

/** A writer for the format whose encoder is `encode` (text to text that is safe in that format). */
export function dictionaryWriter(encode: (text: string) => string): DictionaryWriter {
  const known = new WeakMap<readonly string[], EncodedTexts>();
  return {
    column(dict) {
      const encoded = known.get(dict) ?? new EncodedTexts(dict, encode);
      known.set(dict, encoded);
      return encoded;
    },
  };
}
