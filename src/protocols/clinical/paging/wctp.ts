/**
 * WCTP (Wireless Communications Transfer Protocol 1.3, a DTD of the paging industry): XML documents that nurse calls and
 * alarm servers post to a pager gateway. One `paging` record per document. The text is never shown; a code of the sender is
 * a login in clear. Limit: `MAX_READ` bytes of a document; of a text what `XmlEvents` keeps.
 */
import { type Direction, type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import type { XmlHandler } from '../../xml-events.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { probeRoot } from '../text-start.ts';
import { XmlInput } from '../xml-input.ts';
import { pagingStream } from './schema.ts';

const MAX_READ = 256 * 1024;
const MAX_NAME = 64;
const PREFIX = /^wctp-/;

class WctpReader implements PayloadReader, XmlHandler {
  readonly #flow: FlowContext;
  readonly #side: Direction;
  readonly #xml: XmlInput;
  #depth = 0;
  #operation: string | undefined;
  #sender: string | undefined;
  #secret: string | undefined;
  #recipient: string | undefined;
  #text: string | undefined;
  #accepted: boolean | undefined;
  #code: number | undefined;

  constructor(flow: FlowContext, { side }: Carrier) {
    this.#flow = flow;
    this.#side = side;
    this.#xml = new XmlInput(this, MAX_READ, () => flow.weird('wctp_document_limit'));
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

  enter(tag: string, attribute: (name: string) => string | undefined): void {
    const name = tag.replace(PREFIX, '');
    // The root is `Operation`; its child says which.
    if (++this.#depth === 2) this.#operation ??= name.slice(0, MAX_NAME);
    switch (name) {
      case 'Originator':
      case 'ClientOriginator':
        this.#sender ??= attribute('senderID');
        this.#secret ??= attribute('securityCode');
        return;
      case 'Recipient':
        this.#recipient ??= attribute('recipientID');
        this.#secret ??= attribute('authorizationCode');
        return;
      case 'Success':
      case 'ClientSuccess':
        this.#accepted = true;
        this.#code = codeOf(attribute('successCode'));
        return;
      case 'Failure':
        this.#accepted = false;
        this.#code = codeOf(attribute('errorCode'));
    }
  }

  leave(tag: string, text: string): void {
    this.#depth--;
    const name = tag.replace(PREFIX, '');
    if ((name === 'Alphanumeric' || name === 'TransparentData') && text.trim() !== '')
      this.#text ??= text.trim();
  }

  end(): void {
    const flow = this.#flow;
    const sender = present(this.#sender);
    const recipient = present(this.#recipient);
    if (present(this.#secret) !== undefined)
      flow.credentials({ protocol: 'wctp', user: sender, secret: this.#secret, secretKind: 'password' });
    flow.emit(pagingStream, {
      is_orig: this.#side === ORIG,
      protocol: 'wctp',
      operation: this.#operation,
      sender: sender === undefined ? undefined : flow.token('user', sender),
      recipient: recipient === undefined ? undefined : flow.token('user', recipient),
      text: this.#text === undefined ? undefined : flow.token('subject', this.#text),
      text_length: this.#text?.length,
      accepted: this.#accepted,
      code: this.#code,
    });
  }
}

const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function codeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** WCTP in any carrier, by its root element. */
export const wctpPayload: Payload = {
  name: 'wctp',
  streams: [pagingStream],
  probe(head, _carrier, whole): Verdict {
    return probeRoot(head, whole, ({ name }) => name === 'wctp-Operation');
  },
  open: (flow, carrier) => new WctpReader(flow, carrier),
};
