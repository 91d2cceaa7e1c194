/**
 * An XML document in a carrier, from its beginning as far as it is wanted: up to a number of bytes, to what its handler
 * calls its end, or to a hole. In UTF-8 or UTF-16; `xml-events.ts` says what is made of it.
 */
import { XmlEvents, type XmlHandler } from '../xml-events.ts';
import type { PayloadReader } from './payload.ts';
import { firstMark, Utf16Input } from './text-start.ts';

/** Takes the events of a document; it may say that it needs no more of them. */
export interface XmlDocument extends XmlHandler {
  readonly done?: boolean;
}

export class XmlInput implements Omit<PayloadReader, 'end'> {
  readonly #document: XmlDocument;
  readonly #onLimit: () => void;
  readonly #events: XmlEvents;
  #utf16: Utf16Input | undefined;
  #begun = false;
  #left: number;

  /**
   * @param limit bytes that are read at the most
   * @param onLimit told when they are used up before the document is done
   */
  constructor(document: XmlDocument, limit: number, onLimit: () => void = () => {}) {
    this.#document = document;
    this.#events = new XmlEvents(document);
    this.#left = limit;
    this.#onLimit = onLimit;
  }

  get wanted(): number {
    return this.#document.done ? 0 : this.#left;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    const end = Math.min(to, from + this.wanted);
    if (end <= from) return;
    this.#left -= end - from;
    if (!this.#begun) {
      this.#begun = true;
      const { wide } = firstMark(bytes.subarray(from, to));
      if (wide !== undefined) this.#utf16 = new Utf16Input(wide);
    }
    const text = this.#utf16?.take(bytes, from, end);
    if (text === undefined) this.#events.feed(bytes, from, end);
    else this.#events.feed(text, 0, text.length);
    if (this.#left === 0 && !this.#document.done) this.#onLimit();
  }

  /** What stands behind a hole could be anything's. */
  miss(): void {
    this.#left = 0;
  }
}
