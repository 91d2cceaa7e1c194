/**
 * Point-of-care devices and their manager: POCT1-A (CLSI POCT01), XML messages that follow one another on a TCP stream, in
 * both directions, each acknowledged: hello, status, results, operator and patient lists, directives. The standard names no
 * port. What a message says is in `message.ts`.
 *
 * Recognised by the root element: three letters, a dot, and `R` with two digits. After missing bytes, and behind a message
 * that does not end, a direction starts again at the next root. Limits: `MAX_ELEMENTS` of a message, `MAX_AWAITING`
 * messages whose acknowledgement is waited for.
 */
import { latin1, textEnd } from '../../../bytes/text.ts';
import { secondsBetween } from '../../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  otherSide,
  RESP,
  type Verdict,
} from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { XmlEvents } from '../../xml-events.ts';
import { Poct1aMessage } from './message.ts';
import { poct1aStream } from './schema.ts';

const PROBE_BYTES = 1024;
const MAX_ELEMENTS = 100_000;
const MAX_AWAITING = 64;
/** Messages begun inside of others, after which the reader of XML is begun anew: its elements never end. */
const MAX_NESTED = 16;
const MAX_CONTROL_ID = 64;

/** Vendors add messages of their own: `DTV.ALERE.LQCSET`. Names of fields go on in small letters. */
const ROOT = /^[A-Z]{3}\.[A-Z][A-Z0-9.]{1,40}$/;
const OPENING =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*>\s*)?(?:<!DOCTYPE[^<>]*>\s*)?(?:<!--[^>]*-->\s*)?<[A-Z]{3}\.R\d\d[\s/>]/;
/** What may become that. */
const BEGINNING =
  /^(?:\xef\xbb\xbf|\xef\xbb?)?\s*(?:<(?:[?!][^>]*)?$|<[?!][^<>]*>|<[A-Z]{0,3}(?:\.(?:R\d{0,2})?)?$|$)/;
const ANYWHERE = /<[A-Z]{3}\.R\d\d>\s*<HDR>/;

function probe({ orig, resp, fromStart }: Opening): Verdict {
  const verdicts = [probeSide(orig, fromStart), probeSide(resp, fromStart)];
  if (verdicts.includes('match')) return 'match';
  return verdicts.includes('no') ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array, fromStart: boolean): Verdict {
  const end = fromStart ? bytes.length : textEnd(bytes);
  const text = latin1(bytes, 0, end);
  if (OPENING.test(text)) return 'match';
  if (!fromStart) return ANYWHERE.test(text) ? 'match' : end < bytes.length ? 'no' : 'unsure';
  if (!BEGINNING.test(text)) return 'no';
  // Behind a declaration the root has begun and is another's.
  const root = /^[^<]*(?:<[?!][^>]*>\s*)*(<[^?!][^>]*)?/.exec(text)?.[1];
  return root === undefined || BEGINNING.test(root) ? 'unsure' : 'no';
}

/** What one direction sends. */
class Side {
  readonly #state: State;
  readonly #direction: Direction;
  #xml: XmlEvents;
  #message: Poct1aMessage | undefined;
  #depth = 0;
  #elements = 0;
  #nested = 0;

  constructor(state: State, direction: Direction) {
    this.#state = state;
    this.#direction = direction;
    this.#xml = this.#newReader();
  }

  #newReader(): XmlEvents {
    this.#nested = 0;
    return new XmlEvents({
      enter: (name, attribute) => this.#enter(name, attribute),
      leave: (name, text) => this.#leave(name, text),
    });
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.#nested > MAX_NESTED) this.#xml = this.#newReader();
    this.#xml.feed(bytes, from, to);
  }

  miss(): void {
    this.finish();
    this.#xml = this.#newReader();
  }

  finish(): void {
    const message = this.#message;
    this.#message = undefined;
    if (message !== undefined) this.#state.emit(this.#direction, message);
  }

  #enter(name: string, attribute: (name: string) => string | undefined): void {
    const { flow } = this.#state;
    if (ROOT.test(name)) {
      if (this.#message !== undefined) {
        this.#nested++;
        flow.weird('poct1a_unfinished_message');
        this.finish();
      }
      this.#message = new Poct1aMessage(name, {
        ts: flow.now,
        frame: flow.frame,
        isOrig: this.#direction === ORIG,
      });
      this.#depth = 0;
      this.#elements = 0;
    }
    if (this.#message === undefined) return;
    this.#depth++;
    if (++this.#elements > MAX_ELEMENTS) {
      flow.weird('poct1a_message_limit');
      this.finish();
    } else this.#message.enter(name, attribute('V'));
  }

  #leave(name: string, text: string): void {
    const message = this.#message;
    if (message === undefined) return;
    message.leave(name, text);
    if (--this.#depth > 0) return;
    message.record.complete = true;
    this.finish();
  }
}

/** One conversation. */
class State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
  readonly #sent: readonly [Map<string, [Moment, string]>, Map<string, [Moment, string]>] = [
    new Map(),
    new Map(),
  ];

  constructor(flow: FlowContext) {
    this.flow = flow;
    this.sides = [new Side(this, ORIG), new Side(this, RESP)];
  }

  emit(direction: Direction, message: Poct1aMessage): void {
    const { record, controlId, acknowledges, type } = message;
    if (acknowledges !== undefined) {
      const asked = this.#sent[otherSide(direction)].get(acknowledges);
      record.acked_type = asked?.[1];
      record.ack_delay = asked && record.ts && secondsBetween(asked[0], record.ts);
    } else if (controlId !== undefined && controlId.length <= MAX_CONTROL_ID) {
      const own = this.#sent[direction];
      own.delete(controlId);
      own.set(controlId, [this.flow.now, type]);
      if (own.size > MAX_AWAITING) own.delete(own.keys().next().value!);
    }
    message.emit(this.flow);
  }
}

/** POCT1-A. */
export const poct1a = defineProtocol<State>({
  name: 'poct1a',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [poct1aStream],
  probe,
  open: flow => new State(flow),
  feed(state, direction, bytes, from, to) {
    state.sides[direction].feed(bytes, from, to);
    return to - from;
  },
  gap: (state, direction) => state.sides[direction].miss(),
  close(state) {
    for (const side of state.sides) side.finish();
  },
});
