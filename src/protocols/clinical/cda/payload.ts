/**
 * HL7 CDA documents in any carrier, recognised by their root element. Only the header is read (`document.ts`); what follows
 * is passed over. Limit: `MAX_HEADER` bytes of header.
 */
import { type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import { XmlEvents } from '../../xml-events.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { firstMark, probeRoot, Utf16Input } from '../text-start.ts';
import { CdaDocument } from './document.ts';
import { cdaStream } from './schema.ts';

const MAX_HEADER = 1024 * 1024;

function probe(head: Uint8Array, _carrier: Carrier, whole: boolean): Verdict {
  return probeRoot(head, whole, ({ name }) => name === 'ClinicalDocument');
}

class CdaReader implements PayloadReader {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  readonly #document = new CdaDocument();
  readonly #scanner = new XmlEvents(this.#document);
  readonly #ts: FlowContext['now'];
  readonly #frame: number;
  #input: Utf16Input | undefined;
  #seen = 0;
  #lost = false;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#ts = flow.now;
    this.#frame = flow.frame;
  }

  get wanted(): number {
    return this.#lost || this.#document.done ? 0 : MAX_HEADER - this.#seen;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.wanted === 0) return;
    if (this.#seen === 0) {
      const { wide } = firstMark(bytes.subarray(from, to));
      if (wide !== undefined) this.#input = new Utf16Input(wide);
    }
    const end = Math.min(to, from + MAX_HEADER - this.#seen);
    this.#seen += end - from;
    const text = this.#input?.take(bytes, from, end);
    if (text === undefined) this.#scanner.feed(bytes, from, end);
    else this.#scanner.feed(text, 0, text.length);
    if (this.#seen === MAX_HEADER && !this.#document.done) this.#flow.weird('cda_header_limit');
  }

  miss(): void {
    this.#lost = true;
  }

  end(): void {
    const {
      documentType,
      codeSystem,
      templates,
      created,
      confidentiality,
      language,
      custodian,
      custodianId,
    } = this.#document;
    const { items, kinds } = this.#document;
    this.#flow.emit(cdaStream, {
      ts: this.#ts,
      frame: this.#frame,
      is_orig: this.#carrier.side === ORIG,
      document_type: documentType,
      code_system: codeSystem,
      templates: templates.size === 0 ? undefined : [...templates].sort(),
      created,
      confidentiality,
      language,
      custodian,
      custodian_id: custodianId,
      pid_kinds: kinds.length === 0 ? undefined : kinds,
    });
    if (items.length > 0)
      this.#flow.phi({ protocol: 'cda', carrier: `ClinicalDocument ${documentType ?? ''}`.trim(), items });
  }
}

/** HL7 CDA in any carrier. */
export const cdaPayload: Payload = {
  name: 'cda',
  streams: [cdaStream],
  probe,
  open: (flow, carrier) => new CdaReader(flow, carrier),
};
