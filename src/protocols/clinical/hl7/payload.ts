/**
 * HL7 v2 messages inside other protocols: posted over HTTP (`application/hl7-v2`), as files, attached, published. The
 * stream decoder reads them: one or several messages, in MLLP frames or without, batches. Blank lines in front are passed
 * over.
 */
import type { FlowContext, Verdict } from '../../../model/protocol.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { hl7 } from './decoder.ts';
import { probeHeader, START_BLOCK } from './header.ts';
import { hl7Stream } from './schema.ts';

/** Bytes the decoder may leave until more comes. */
const MAX_LEFT = 64;

/** Where the first character stands that is no blank; a byte order mark is none. */
function firstCharacter(head: Uint8Array): number {
  let at = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while (at < head.length && (head[at]! <= 0x20 || head[at] === START_BLOCK)) at++;
  return at;
}

class Hl7Reader implements PayloadReader {
  readonly #state: unknown;
  readonly #side: Carrier['side'];
  #left = new Uint8Array(0);
  #begun = false;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#state = hl7.open(flow);
    this.#side = carrier.side;
  }

  get wanted(): number {
    return Number.POSITIVE_INFINITY;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (!this.#begun) {
      this.#begun = true;
      at += firstCharacter(bytes.subarray(from, to));
      if (at > from && bytes[at - 1] === START_BLOCK) at--;
    }
    if (this.#left.length > 0) {
      const joined = new Uint8Array(this.#left.length + to - at);
      joined.set(this.#left);
      joined.set(bytes.subarray(at, to), this.#left.length);
      this.#take(joined, 0, joined.length);
    } else this.#take(bytes, at, to);
  }

  miss(length: number): void {
    this.#left = new Uint8Array(0);
    hl7.gap?.(this.#state, this.#side, length);
  }

  end(): void {
    hl7.close?.(this.#state);
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    const taken = hl7.feed(this.#state, this.#side, bytes, from, to);
    this.#left = bytes.slice(Math.max(from + taken, to - MAX_LEFT), to);
  }
}

/** HL7 v2 in any carrier. */
export const hl7Payload: Payload = {
  name: 'hl7',
  streams: [hl7Stream],
  probe(head): Verdict {
    return probeHeader(head, firstCharacter(head));
  },
  open: (flow, carrier) => new Hl7Reader(flow, carrier),
};
