/**
 * The head of a mail message (RFC 5322 section 2.2): header fields with their folded lines, up to the empty line. Given
 * line by line; what follows the head is not looked at here.
 *
 * Limits: `MAX_FIELD` characters of one field, `MAX_FIELDS` fields.
 */
import { utf8 } from '../../bytes/text.ts';

const MAX_FIELD = 65_536;
const MAX_FIELDS = 1000;

/** Takes one field: its name in capitals and its unfolded value. */
type FieldTaker = (name: string, value: string) => void;

export class MessageHead {
  /** The head has ended. */
  done = false;
  /** A field or their number went beyond the limit. */
  cut = false;
  readonly #take: FieldTaker;
  #parts: string[] = [];
  #length = 0;
  #fields = 0;

  constructor(take: FieldTaker) {
    this.#take = take;
  }

  /** One line without its end. */
  line(bytes: Uint8Array, from: number, to: number): void {
    if (this.done) return;
    if (from === to) return this.end();
    const folded = bytes[from] === 0x20 || bytes[from] === 0x09;
    if (!folded) this.#finish();
    if (this.#length + to - from > MAX_FIELD) {
      this.cut = true;
      return;
    }
    this.#parts.push(utf8(bytes, from, to));
    this.#length += to - from;
  }

  /** No line follows. */
  end(): void {
    this.#finish();
    this.done = true;
  }

  #finish(): void {
    const field = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    const match = /^([!-9;-~]{1,128})[ \t]*:[ \t]*/.exec(field);
    if (match === null) return;
    if (++this.#fields > MAX_FIELDS) this.cut = true;
    else this.#take(match[1]!.toUpperCase(), field.slice(match[0].length));
  }
}
