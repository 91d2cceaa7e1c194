/**
 * Data sets as JSON (PS3.18 annex F), one or an array of them, as DICOMweb answers searches and gives metadata: kinds of
 * identifiers and how many data sets there are. Recognised by an object whose first member is named by a tag and is an object.
 *
 * Limits: `MAX_DOCUMENT` bytes are read, of a string `MAX_VALUE`; those of `facts.ts` and `json-events.ts`. XML
 * (`application/dicom+xml`) is not read.
 */
import { latin1 } from '../../../bytes/text.ts';
import type { FlowContext, Verdict } from '../../../model/protocol.ts';
import { JsonEvents } from '../../json-events.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { firstMark } from '../text-start.ts';
import { type DicomJsonFacts, dicomwebStream, reportDicomwebExchange } from './dicomweb.ts';
import { DatasetCollector } from './facts.ts';

/** Bytes read of one document; the rest is passed over. */
const MAX_DOCUMENT = 8 * 1024 * 1024;
const MAX_VALUE = 256;

/** `[{"00080005":{` */
const BEGINNING = /^(?:\[\s*)?\{\s*"[0-9A-Fa-f]{8}"\s*:\s*\{/;
/** The same with its end missing. */
const CUT = /^(?:\[\s*)?(?:\{\s*(?:"(?:[0-9A-Fa-f]{0,8}|[0-9A-Fa-f]{8}"\s*:?\s*))?)?$/;
const CHARACTER_SET = '00080005';
const TAG = /^[0-9A-Fa-f]{8}$/;

class JsonReader implements PayloadReader {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  readonly #collector = new DatasetCollector('other');
  readonly #events: JsonEvents;
  /** Names of the objects that are open. */
  readonly #open: string[] = [];
  #datasets = 0;
  #seen = 0;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#events = new JsonEvents(
      {
        enter: name => {
          if (this.#open.length === 0) this.#datasets++;
          this.#open.push(name);
        },
        leave: () => this.#open.pop(),
        // Ideographic and phonetic groups name the same person.
        wants: name => name === 'Value' || name === 'Alphabetic',
        value: (name, text) => this.#value(name, text),
      },
      MAX_VALUE,
    );
  }

  get wanted(): number {
    return MAX_DOCUMENT - this.#seen;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    const end = Math.min(to, from + MAX_DOCUMENT - this.#seen);
    this.#seen += end - from;
    if (end < to) this.#flow.weird('dicom_json_limit');
    this.#events.feed(bytes, from, end);
  }

  miss(): void {
    // Behind a hole names may be taken for values: nothing is read any more.
    this.#seen = MAX_DOCUMENT;
  }

  end(): void {
    this.#events.end();
    const { items, privateElements } = this.#collector.facts();
    if (items.length > 0) this.#flow.phi({ protocol: 'dicom', carrier: 'DICOM JSON', items });
    const kinds = [...items.map(item => item.kind), ...(privateElements > 0 ? ['private'] : [])];
    const facts: DicomJsonFacts = { kind: 'dicom-json', datasets: this.#datasets, phiKinds: kinds };
    this.#carrier.collect?.(facts);
  }

  #value(name: string, text: string): void {
    // A name of a person stands one object deeper.
    const tag = this.#open.at(name === 'Alphabetic' ? -2 : -1);
    if (tag === undefined || !TAG.test(tag)) return;
    const group = Number.parseInt(tag.slice(0, 4), 16);
    const element = Number.parseInt(tag.slice(4), 16);
    // Whatever character set it names, JSON is UTF-8.
    if (tag === CHARACTER_SET) return;
    const bytes = Buffer.from(text, 'utf8');
    this.#collector.visit(group, element, 0, bytes, 0, bytes.length);
  }
}

/** DICOM data sets as JSON in any carrier, and the exchanges of DICOMweb. */
export const dicomJsonPayload: Payload = {
  name: 'dicom',
  streams: [dicomwebStream],
  probe(head, _carrier, whole): Verdict {
    const { at } = firstMark(head);
    const text = latin1(head, at, Math.min(head.length, at + 256));
    if (BEGINNING.test(text)) return 'match';
    return !whole && CUT.test(text) ? 'unsure' : 'no';
  },
  open: (flow, carrier) => new JsonReader(flow, carrier),
  exchange: reportDicomwebExchange,
};
