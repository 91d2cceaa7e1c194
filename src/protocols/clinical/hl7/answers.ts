/**
 * Which message an acknowledgement is about, and how long it took. Messages of one flow are remembered by their control
 * identifier until as many others came. Limit: `MAX_AWAITING` messages of each direction.
 */
import { latin1 } from '../../../bytes/text.ts';
import { secondsBetween } from '../../../model/moment.ts';
import { type Direction, otherSide } from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { type Acknowledged, type Message, typeOf } from './message.ts';

const MAX_AWAITING = 256;

interface Sent {
  readonly at: Moment;
  readonly type: string;
}

export class Answers {
  readonly #sent: readonly [Map<string, Sent>, Map<string, Sent>] = [new Map(), new Map()];

  /** Notes that a message was sent; an acknowledgement is not acknowledged itself. */
  note(direction: Direction, message: Message, at: Moment): void {
    if (message.controlId === undefined || message.acknowledges !== undefined) return;
    const own = this.#sent[direction];
    const key = latin1(message.controlId);
    own.delete(key);
    own.set(key, { at, type: typeOf(message.record) });
    // A Map keeps insertion order: the first key is the oldest.
    const oldest = own.keys().next().value;
    if (own.size > MAX_AWAITING && oldest !== undefined) own.delete(oldest);
  }

  /** What this message acknowledges, when that was sent by the other side of the flow. */
  find(direction: Direction, message: Message): Acknowledged | undefined {
    const { acknowledges, record } = message;
    if (acknowledges === undefined || record.ts === undefined) return undefined;
    const sent = this.#sent[otherSide(direction)].get(latin1(acknowledges));
    return sent && { delay: secondsBetween(sent.at, record.ts), type: sent.type };
  }
}
