/**
 * The description of a UPnP device (UPnP Device Architecture 1.1, section 2.3), an XML document that the device serves over
 * HTTP: what it is called, who made it, which model it is. It makes no record of its own; what it says becomes `device`
 * records of the host that serves it. Embedded devices are passed over: they are parts. It is no clinical document; it
 * stands here because documents are looked for in any carrier here.
 *
 * Recognised by its root element and namespace. Limit: `MAX_READ` bytes.
 */
import { latin1 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import { type Direction, type FlowContext, RESP, type Verdict } from '../../model/protocol.ts';
import type { XmlHandler } from '../xml-events.ts';
import type { Carrier, Payload, PayloadReader } from './payload.ts';
import { firstMark } from './text-start.ts';
import { XmlInput } from './xml-input.ts';

const MAX_READ = 64 * 1024;
const LESS = 0x3c;
const ROOT = /<root[^<>]{0,500}urn:schemas-upnp-org:device-1-0/;
/** `root`, `device`, and its properties. */
const PROPERTY_DEPTH = 3;

const PROPERTIES: Readonly<Record<string, IdentityAttribute>> = {
  deviceType: 'service',
  friendlyName: 'name',
  manufacturer: 'vendor',
  modelName: 'model',
  modelNumber: 'hardware',
  serialNumber: 'serial',
  UDN: 'system_id',
};

class DescriptionReader implements PayloadReader, XmlHandler {
  readonly #flow: FlowContext;
  readonly #side: Direction;
  readonly #xml = new XmlInput(this, MAX_READ);
  #path: string[] = [];

  constructor(flow: FlowContext, { side }: Carrier) {
    this.#flow = flow;
    this.#side = side;
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

  enter(name: string): void {
    this.#path.push(name);
  }

  leave(name: string, text: string): void {
    const attribute = PROPERTIES[name];
    if (attribute !== undefined && this.#path.length === PROPERTY_DEPTH && this.#path[1] === 'device')
      this.#flow.identity({ side: this.#side, attribute, value: text });
    this.#path.pop();
  }

  end(): void {}
}

/** Descriptions in bodies of HTTP responses. */
export const upnpDescription: Payload = {
  name: 'upnp',
  streams: [],
  probe(head, { side }, whole): Verdict {
    if (side !== RESP) return 'no';
    const { at, byte } = firstMark(head);
    if (byte === undefined) return whole ? 'no' : 'unsure';
    if (byte !== LESS) return 'no';
    if (ROOT.test(latin1(head, at))) return 'match';
    return whole ? 'no' : 'unsure';
  },
  open: (flow, carrier) => new DescriptionReader(flow, carrier),
};
