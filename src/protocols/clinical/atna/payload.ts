/**
 * Audit messages of healthcare systems in any carrier: in syslog as IHE ATNA sends them (ITI-20, RFC 5424 over UDP or TCP),
 * posted over HTTP, in files. Recognised by their root element. That they can be read at all is a finding of its own: the
 * profile wants TLS. Limit: `MAX_READ` bytes of a message.
 */
import { type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import { XmlEvents } from '../../xml-events.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { probeRoot } from '../text-start.ts';
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
  readonly #xml = new XmlEvents(this.#document);
  readonly #ts: FlowContext['now'];
  readonly #frame: number;
  #left = MAX_READ;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#ts = flow.now;
    this.#frame = flow.frame;
  }

  get wanted(): number {
    return this.#document.done ? 0 : this.#left;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    const end = Math.min(to, from + this.wanted);
    this.#left -= end - from;
    this.#xml.feed(bytes, from, end);
    if (this.#left === 0 && !this.#document.done) this.#flow.weird('atna_message_limit');
  }

  miss(): void {
    this.#left = 0;
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
