/**
 * Audit messages of healthcare systems in any carrier: in syslog as IHE ATNA sends them (ITI-20, RFC 5424 over UDP or TCP),
 * posted over HTTP, in files. Recognised by their root element. That they can be read at all is a finding of its own: the
 * profile wants TLS. Limit: `MAX_READ` bytes of a message.
 */
import { type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { probeRoot } from '../text-start.ts';
import { XmlInput } from '../xml-input.ts';
import { AuditDocument } from './document.ts';
import { atnaStream } from './schema.ts';

const MAX_READ = 1 << 20;

function probe(head: Uint8Array, _carrier: Carrier, whole: boolean): Verdict {
  return probeRoot(head, whole, ({ name }) => name === 'AuditMessage');
}

class AuditReader implements PayloadReader {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  readonly #document = new AuditDocument();
  readonly #xml: XmlInput;
  readonly #ts: FlowContext['now'];
  readonly #frame: number;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#ts = flow.now;
    this.#frame = flow.frame;
    this.#xml = new XmlInput(this.#document, MAX_READ, () => flow.weird('atna_message_limit'));
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
    const { eventId, event, eventTypes, action, outcome, time, auditSource, site, participants } =
      this.#document;
    const { requestor, accessPoints, objects, roles, queries, fields, items, done } = this.#document;
    this.#flow.emit(atnaStream, {
      ts: this.#ts,
      frame: this.#frame,
      is_orig: this.#carrier.side === ORIG,
      event_id: eventId,
      event,
      event_types: listOf(eventTypes),
      action,
      outcome,
      event_time: time,
      audit_source: auditSource,
      site,
      participants,
      requestor: requestor === undefined ? undefined : this.#flow.token('user', requestor),
      access_points: listOf(accessPoints),
      objects,
      object_roles: listOf(roles),
      queries,
      phi_fields: listOf(fields),
      kinds: items.length === 0 ? undefined : items.map(item => item.kind).sort(),
      complete: done,
    });
    if (items.length > 0) this.#flow.phi({ protocol: 'atna', carrier: event ?? 'AuditMessage', items });
  }
}

function listOf(values: ReadonlySet<string>): string[] | undefined {
  return values.size === 0 ? undefined : [...values].sort();
}

/** Audit messages in any carrier. */
export const atnaPayload: Payload = {
  name: 'atna',
  streams: [atnaStream],
  probe,
  open: (flow, carrier) => new AuditReader(flow, carrier),
};
