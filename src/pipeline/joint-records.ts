/**
 * Records that messages of several flows make together (`FlowContext.joint`): a DHCP transaction runs over a broadcast, a
 * unicast and perhaps a relay. A record is begun by the first message under its key, completed in place by each decoder
 * that has something to add, and given out when its conversation is over: silent or old in capture time, full, or at
 * the end of the run.
 *
 * Limit: `LIMITS.jointRecords` at a time; beyond it the oldest is given out early, so that a later message begins a
 * record of its own and nothing is lost.
 */
import type { FlowView } from '../model/flow.ts';
import { secondsBetween } from '../model/moment.ts';
import type { JointKind, JointStream } from '../model/protocol.ts';
import type { Moment, RecordOf } from '../model/schema.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';

interface Entry {
  readonly kind: JointKind;
  readonly record: RecordOf<JointStream>;
  readonly uids: string[];
  readonly shard: number;
  readonly began: Moment;
  last: Moment;
}

export class JointRecords {
  readonly #sink: RecordSink;
  /** In the order in which they began. */
  readonly #open = new Map<string, Entry>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** The record under this key, with the flow among its `uids`. */
  find<S extends JointStream>(flow: FlowView, kind: JointKind<S>, key: string): RecordOf<S> {
    const { now } = flow;
    this.#giveOutFinished(now);
    const name = `${kind.stream.name} ${key}`;
    let entry = this.#open.get(name);
    if (entry !== undefined && isOver(entry, now)) {
      this.#giveOut(name, entry);
      entry = undefined;
    }
    entry ??= this.#begin(flow, kind as unknown as JointKind, name);
    entry.last = now;
    if (!entry.uids.includes(flow.uid)) entry.uids.push(flow.uid);
    return entry.record as RecordOf<S>;
  }

  /** The run is over. */
  finish(): void {
    for (const [name, entry] of this.#open) this.#giveOut(name, entry);
  }

  #begin(flow: FlowView, kind: JointKind, name: string): Entry {
    const oldest = this.#open.entries().next().value;
    if (oldest !== undefined && this.#open.size >= LIMITS.jointRecords) this.#giveOut(...oldest);
    const uids: string[] = [];
    const { now, frame, shard } = flow;
    const capture = this.#sink.captureName(flow.capture);
    const entry = { kind, record: { ts: now, uids, frame, capture }, uids, shard, began: now, last: now };
    this.#open.set(name, entry);
    return entry;
  }

  /** Looks at the oldest only: they are in order, and each becomes too old some time. */
  #giveOutFinished(now: Moment): void {
    for (const [name, entry] of this.#open) {
      if (!isOver(entry, now)) return;
      this.#giveOut(name, entry);
    }
  }

  #giveOut(name: string, entry: Entry): void {
    this.#open.delete(name);
    this.#sink.emit(entry.kind.stream, entry.record, entry.shard);
  }
}

function isOver({ kind, record, uids, began, last }: Entry, now: Moment): boolean {
  // Another capture may lie in the past.
  const age = Math.abs(secondsBetween(began, now));
  const silence = Math.abs(secondsBetween(last, now));
  if (age > kind.longest || (age > kind.shortest && silence > kind.silence)) return true;
  return uids.length >= kind.maxFlows || kind.isFull(record);
}
