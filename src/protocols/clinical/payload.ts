/**
 * Medical documents inside other protocols: HL7 posted over HTTP, FHIR published over MQTT, a clinical document attached to
 * a mail. Here is what a format must offer to be recognised in any carrier (`Payload`, one line each in `payloads.ts`), and
 * the two ways in which carriers ask for it: `PayloadSearch` for content that arrives in pieces (`files/transfer.ts` does
 * that for every file), `readPayload` for a message at hand.
 *
 * Records that a reader emits belong to the flow of the carrier; `source` and `fuid` of their streams are filled in, and
 * `phi` records name the carrier's protocol and the format. Recognition is by content alone, within `MAX_HEAD` bytes; what
 * a format reads of a long document is its own limit.
 */
import type { Direction, FlowContext, Verdict } from '../../model/protocol.ts';
import type { Moment, StreamSchema } from '../../model/schema.ts';
import { carriedFlow } from './carried-flow.ts';

/** First bytes by which a format must be recognised. */
export const MAX_HEAD = 4096;
/** Bytes after which formats are asked first; then at every doubling. */
const FIRST_LOOK = 32;

/** What carries a document. */
export interface Carrier {
  /** As in `files.source`: HTTP, FTP_DATA, SMTP, SMB, TFTP, MQTT, SYSLOG … */
  readonly source: string;
  /** Who sends it. */
  readonly side: Direction;
  /** The file in `files`, when it is one. */
  readonly fuid?: string | undefined;
  /** Media type that the carrier declares, in lower case and without parameters. */
  readonly contentType?: string | undefined;
  /**
   * Takes what a reader found in a document whose record the carrier makes itself (`fhir` for HTTP, together with request
   * and status). Without it the reader emits the record.
   */
  readonly collect?: ((found: unknown) => void) | undefined;
}

/** Reads one document. It never throws on input, and keeps no more than its own limits say. */
export interface PayloadReader {
  /** Bytes from here on that must be fed; at 0 the rest may be passed over. */
  readonly wanted: number;
  /** Content in order, from the very beginning on. The bytes are borrowed. */
  feed(bytes: Uint8Array, from: number, to: number): void;
  /** Content that came by unseen or is not in the capture. */
  miss(length: number): void;
  /** Nothing follows; `complete` when all of it was there. Emits what is still held. */
  end(complete: boolean): void;
}

/** A medical format. */
export interface Payload {
  /** As in `phi.payload`: hl7, fhir, cda, dicom. */
  readonly name: string;
  /** Streams its reader emits besides `weird` and `phi`. */
  readonly streams: readonly StreamSchema[];
  /**
   * Whether content that begins with these bytes is of this format; `unsure` asks again with more. `whole`: nothing
   * follows that will be shown.
   */
  probe(head: Uint8Array, carrier: Carrier, whole: boolean): Verdict;
  open(flow: FlowContext, carrier: Carrier): PayloadReader;
  /** Told every HTTP exchange when it is over, whatever it carried: it makes its record when the exchange is its own. */
  readonly exchange?: (flow: FlowContext, exchange: HttpExchange) => void;
}

/** The body of one side of an HTTP exchange. */
export interface HttpContent {
  /** Content-Type as sent; empty without. */
  readonly contentType: string;
  /** What readers gave to `collect`. */
  readonly found: readonly unknown[];
}

/** A request and its response; either may be missing. */
export interface HttpExchange {
  readonly ts: Moment | undefined;
  readonly frame: number | undefined;
  /** Number of the request within its flow, as `trans_depth` in `http`. */
  readonly depth: number | undefined;
  /** Empty without a request. */
  readonly method: string;
  /** Request target as sent, one character per byte: it may hold identifiers. */
  readonly target: string;
  /** Parameters that came as a form in the body. */
  readonly form: string;
  /** Accept and Prefer of the request; empty without. */
  readonly accept: string;
  readonly prefer: string;
  /** Scheme of credentials that could be read. */
  readonly authorization: 'basic' | 'bearer' | undefined;
  readonly status: number | undefined;
  readonly request: HttpContent;
  readonly response: HttpContent;
}

/** Looks for a format at the beginning of a content that arrives in pieces, and has it read. */
export class PayloadSearch {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  #candidates: readonly Payload[];
  #next = FIRST_LOOK;
  #reader: PayloadReader | undefined;

  constructor(flow: FlowContext, carrier: Carrier, payloads: readonly Payload[]) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#candidates = payloads;
  }

  /** More of the beginning could still show a format. */
  get searching(): boolean {
    return this.#candidates.length > 0;
  }

  /** Bytes from here on that the format found must be fed. */
  get wanted(): number {
    return this.#reader?.wanted ?? 0;
  }

  /** Whether a format was found. */
  get found(): boolean {
    return this.#reader !== undefined;
  }

  /**
   * Shows everything there is so far while `searching`; `whole` when no more will be shown. A format found has been fed
   * all of it.
   */
  look(head: Uint8Array, whole: boolean): void {
    if (!this.searching || (head.length < this.#next && !whole)) return;
    while (this.#next <= head.length) this.#next *= 2;
    const unsure: Payload[] = [];
    for (const payload of this.#candidates) {
      const verdict = payload.probe(head, this.#carrier, whole);
      if (verdict === 'match') {
        this.#candidates = [];
        this.#reader = openPayload(payload, this.#flow, this.#carrier);
        this.#reader.feed(head, 0, head.length);
        return;
      }
      if (verdict === 'unsure') unsure.push(payload);
    }
    this.#candidates = whole || head.length >= MAX_HEAD ? [] : unsure;
  }

  /** Content behind what was shown. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    if (to > from) this.#reader?.feed(bytes, from, to);
  }

  miss(length: number): void {
    this.#reader?.miss(length);
  }

  end(complete: boolean): void {
    this.#reader?.end(complete);
    this.#reader = undefined;
    this.#candidates = [];
  }
}

/**
 * Reads a message that is at hand, `bytes[from, to)`; `complete` when that is all of it. Answers the name of the format
 * found.
 */
export function findPayload(
  payloads: readonly Payload[],
  flow: FlowContext,
  carrier: Carrier,
  bytes: Uint8Array,
  from: number,
  to: number,
  complete: boolean,
): string | undefined {
  const head = bytes.subarray(from, Math.min(to, from + MAX_HEAD));
  const payload = payloads.find(candidate => candidate.probe(head, carrier, true) === 'match');
  if (payload === undefined) return undefined;
  const reader = openPayload(payload, flow, carrier);
  reader.feed(bytes, from, to);
  reader.end(complete);
  return payload.name;
}

function openPayload(payload: Payload, flow: FlowContext, carrier: Carrier): PayloadReader {
  return payload.open(carriedFlow(flow, carrier, payload.name), carrier);
}
