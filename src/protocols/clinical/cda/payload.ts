/**
 * HL7 CDA documents in any carrier, recognised by their root element. Only the header is read (`document.ts`); what follows
 * is passed over. Limit: `MAX_HEADER` bytes of header.
 */
import { type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { probeRoot } from '../text-start.ts';
import { XmlInput } from '../xml-input.ts';
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
  readonly #xml: XmlInput;
  readonly #ts: FlowContext['now'];
  readonly #frame: number;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#ts = flow.now;
    this.#frame = flow.frame;
    this.#xml = new XmlInput(this.#document, MAX_HEADER, () => flow.weird('cda_header_limit'));
  }

  get wanted(): number {
    return this.#xml.wanted;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    this.#xml.feed(bytes, from, to);
  }

  miss(): void {
    this.#xml.miss();
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
