/**
 * HL7 v2 messages inside other protocols: posted over HTTP (`application/hl7-v2`), as files, attached, published. The
 * reader of the stream decoder reads them: one or several messages, in MLLP frames or without, batches. Blank lines in front are passed
 * over.
 */
import type { FlowContext, Verdict } from '../../../model/protocol.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { probeHeader, START_BLOCK } from './header.ts';
import { Hl7Reader } from './reader.ts';
import { hl7Stream } from './schema.ts';

/** Where the first character stands that is no blank; a byte order mark is none. */
function firstCharacter(head: Uint8Array): number {
  let at = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while (at < head.length && (head[at]! <= 0x20 || head[at] === START_BLOCK)) at++;
  return at;
}

class DocumentReader implements PayloadReader {
  readonly #reader: Hl7Reader;
  #begun = false;

  constructor(flow: FlowContext, { side }: Carrier) {
    this.#reader = new Hl7Reader(flow, { direction: side, carried: true });
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
    this.#reader.feed(bytes, at, to);
  }

  miss(): void {
    this.#reader.miss();
  }

  end(complete: boolean): void {
    this.#reader.end(complete);
  }
}

/** HL7 v2 in any carrier. */
export const hl7Payload: Payload = {
  name: 'hl7',
  streams: [hl7Stream],
  probe(head): Verdict {
    return probeHeader(head, firstCharacter(head));
  },
  open: (flow, carrier) => new DocumentReader(flow, carrier),
};
