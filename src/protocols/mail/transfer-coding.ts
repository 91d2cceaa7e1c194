/**
 * Content-Transfer-Encoding of mail (RFC 2045 section 6) undone in a stream that arrives in pieces: base64 and
 * quoted-printable; everything else is content as it is.
 */
import { latin1 } from '../../bytes/text.ts';

/** Takes content whose coding is undone. */
type ContentTaker = (bytes: Uint8Array, from: number, to: number) => void;

/** One body's coding. */
export interface TransferDecoder {
  feed(bytes: Uint8Array, from: number, to: number): void;
  end(): void;
}

export function transferDecoder(encoding: string, take: ContentTaker): TransferDecoder {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return new Carrying(take, decodeBase64);
    case 'quoted-printable':
      return new Carrying(take, decodeQuotedPrintable);
    default:
      return { feed: take, end: () => undefined };
  }
}

/** What could be decoded of a text, and the characters at its end that need more behind them. */
interface Decoded {
  readonly bytes: Uint8Array;
  readonly rest: string;
}

/** Keeps the few characters between two pieces that belong together. */
class Carrying implements TransferDecoder {
  readonly #take: ContentTaker;
  readonly #decode: (text: string, last: boolean) => Decoded;
  #rest = '';

  constructor(take: ContentTaker, decode: (text: string, last: boolean) => Decoded) {
    this.#take = take;
    this.#decode = decode;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    this.#give(latin1(bytes, from, to), false);
  }

  end(): void {
    this.#give('', true);
  }

  #give(text: string, last: boolean): void {
    const { bytes, rest } = this.#decode(this.#rest + text, last);
    this.#rest = rest;
    if (bytes.length > 0) this.#take(bytes, 0, bytes.length);
  }
}

function decodeBase64(text: string, last: boolean): Decoded {
  const digits = text.replace(/[^A-Za-z0-9+/]/g, '');
  const whole = last ? digits.length : digits.length - (digits.length % 4);
  return { bytes: Buffer.from(digits.slice(0, whole), 'base64'), rest: digits.slice(whole) };
}

/** RFC 2045 section 6.7: `=` and two digits, or at the end of a line, which then goes on. */
function decodeQuotedPrintable(text: string, last: boolean): Decoded {
  const open = last ? -1 : text.slice(-2).search(/=[0-9A-Fa-f\r]?$/);
  const whole = open < 0 ? text.length : text.length - Math.min(text.length, 2) + open;
  const decoded = text
    .slice(0, whole)
    .replace(/=(?:\r?\n|([0-9A-Fa-f]{2}))/g, (_, digits: string | undefined) =>
      digits === undefined ? '' : String.fromCharCode(Number.parseInt(digits, 16)),
    );
  return { bytes: Buffer.from(decoded, 'latin1'), rest: text.slice(whole) };
}
