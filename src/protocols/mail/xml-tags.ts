/**
 * Tags of an XML stream that arrives in pieces (XML 1.0, as far as RFC 6120 section 11 allows it: no comments, no
 * declarations of types). Every byte is looked at once and taken, so that nothing waits for the rest of a tag. Not an
 * XML parser: nothing is checked for being well formed.
 *
 * Limits: a tag is kept up to `limit` bytes, text up to `limit` bytes; what is beyond is passed over (`cut`).
 */
import { utf8 } from '../../bytes/text.ts';

const LESS = 0x3c;
const GREATER = 0x3e;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;

/** Reading state of one direction, and the last tag read. */
export class XmlTags {
  readonly #limit: number;
  #kept: Uint8Array;
  #length = 0;
  #inTag = false;
  /** The quotation mark that ends the value under way, or 0. */
  #quote = 0;
  /** The last call found the end of a tag. */
  found = false;
  /** That tag without its angle brackets, e.g. `auth mechanism="PLAIN"`, `/auth`, `proceed/`. */
  tag = '';
  /** Text between the tag before and this one. */
  text = '';
  /** Something of the tag or its text was beyond the limit. */
  cut = false;

  constructor(limit: number) {
    this.#limit = limit;
    this.#kept = new Uint8Array(256);
  }

  /** Takes bytes up to the end of the next tag; the result is where it stopped. */
  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.found) {
      this.found = false;
      this.cut = false;
      this.text = '';
    }
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (!this.#inTag) {
        if (byte !== LESS) this.#keep(byte);
        else {
          this.text = this.#take();
          this.#inTag = true;
        }
      } else if (this.#quote !== 0) {
        if (byte === this.#quote) this.#quote = 0;
        this.#keep(byte);
      } else if (byte === GREATER) {
        this.tag = this.#take();
        this.#inTag = false;
        this.found = true;
        return at + 1;
      } else {
        if (byte === QUOTE || byte === APOSTROPHE) this.#quote = byte;
        this.#keep(byte);
      }
    }
    return to;
  }

  /** Bytes are missing: what is under way is forgotten, the next angle bracket begins a tag. */
  reset(): void {
    this.#length = 0;
    this.#inTag = false;
    this.#quote = 0;
  }

  #keep(byte: number): void {
    if (this.#length === this.#limit) {
      this.cut = true;
      return;
    }
    if (this.#length === this.#kept.length) {
      const grown = new Uint8Array(Math.min(this.#limit, this.#kept.length * 2));
      grown.set(this.#kept);
      this.#kept = grown;
    }
    this.#kept[this.#length++] = byte;
  }

  #take(): string {
    const taken = utf8(this.#kept, 0, this.#length);
    this.#length = 0;
    return taken;
  }
}

/** Name of a tag without its prefix; `/auth` for one that ends an element. */
export function tagName(tag: string): string {
  const [, slash = '', name = ''] = /^(\/?)(?:[^\s:/=]{1,64}:)?([^\s:/=]{1,64})/.exec(tag) ?? [];
  return slash + name;
}

/** Value of an attribute as it stands, without resolving entities. */
export function attributeOf(tag: string, name: string): string | undefined {
  for (const [, key, quoted, other] of tag.matchAll(/\s([^\s=]{1,64})\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    if (key === name) return quoted ?? other;
  return undefined;
}
