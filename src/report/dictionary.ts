/**
 * A batch's dictionary as encoded bytes: each distinct text is escaped once, when first written, however many rows
 * show it. Batches cut from one another share their dictionary, so the encoded form is kept with it.
 */
import type { TextBuffer } from './text-buffer.ts';

const encoder = new TextEncoder();

interface Encoded {
  readonly texts: (Uint8Array | undefined)[];
}

/** Writes dictionary texts in the encoding of one format. */
export interface DictionaryWriter {
  /** The writer of one column: appends the text of a code to the buffer. */
  column(dict: readonly string[]): (code: number, out: TextBuffer) => void;
}

/** A writer for the format whose encoder is `encode` (text to text that is safe in that format). */
export function dictionaryWriter(encode: (text: string) => string): DictionaryWriter {
  const known = new WeakMap<readonly string[], Encoded>();
  return {
    column(dict) {
      let encoded = known.get(dict);
      if (!encoded) {
        encoded = { texts: new Array(dict.length) };
        known.set(dict, encoded);
      }
      const { texts } = encoded;
      return (code, out) => {
        let bytes = texts[code];
        if (bytes === undefined) {
          bytes = encoder.encode(encode(dict[code]!));
          texts[code] = bytes;
        }
        out.copy(bytes, 0, bytes.length);
      };
    },
  };
}
