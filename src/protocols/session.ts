/**
 * One flow's way through the protocols: recognised by its first bytes, then fed to the decoder of the protocol that claimed
 * it. Once claimed, bytes go straight from the frame to the decoder; only what it leaves unconsumed is copied. A decoder
 * that hands over is closed, and what follows is recognised anew (at most `MAX_HANDOVERS` times). A decoder that throws is
 * cut off from its flow and reported; the flow itself goes on.
 */
import type { FlowView, StreamConsumer } from '../model/flow.ts';
import { type Direction, type FlowContext, otherSide, type Protocol } from '../model/protocol.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { Decoding } from './decoding.ts';
import { type Arrived, markOf, Recognition } from './recognition.ts';

/** Protocols one after the other on one flow: a proxy, STARTTLS inside it, and what a server may still invent. */
const MAX_HANDOVERS = 4;

export interface SessionOptions {
  readonly protocols: readonly Protocol[];
  /** Only name the service; decode nothing but what may lead to further services. */
  readonly recogniseOnly: boolean;
  /** Another flow announced that this one speaks this protocol. */
  readonly expected?: Protocol | undefined;
  /** Budget for bytes that wait. */
  readonly memory: StreamMemory;
  /** A decoder threw: a defect of ours, isolated to this flow. */
  readonly onFailure: (protocol: string, error: unknown) => void;
}

export class Session implements StreamConsumer {
  readonly #flow: FlowView;
  readonly #context: FlowContext;
  readonly #options: SessionOptions;
  /** While nobody claimed the flow. */
  #recognition: Recognition | undefined;
  /** Once somebody did, where more than the name is wanted. */
  #decoding: Decoding | undefined;
  #handovers = 0;

  constructor(flow: FlowView, context: FlowContext, options: SessionOptions) {
    this.#flow = flow;
    this.#context = context;
    this.#options = options;
    const { expected } = options;
    if (expected === undefined) this.#recognise();
    else this.#claim(expected, expected.leadsOn !== undefined);
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    let more = false;
    try {
      more = this.#take(direction, bytes, from, to);
    } catch (error) {
      this.#failed(error);
    }
    if (!more) this.#release();
    return more;
  }

  gap(direction: Direction, length: number): boolean {
    let more = false;
    try {
      // Without its first bytes a flow cannot be recognised by content.
      more = this.#decoding?.gap(direction, length) ?? false;
    } catch (error) {
      this.#failed(error);
    }
    if (!more) this.#release();
    return more;
  }

  end(): void {
    try {
      this.#decoding?.close();
    } catch (error) {
      this.#failed(error);
    }
    this.#release();
  }

  #take(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const decoding = this.#decoding;
    if (decoding !== undefined) return this.#feed(decoding, direction, bytes, from, to);
    const recognition = this.#recognition;
    if (recognition === undefined || !recognition.take(direction, bytes, from, to)) return false;
    const { claimed, arrived, leadsOn, turned } = recognition;
    if (claimed === undefined) return true;
    recognition.release();
    this.#claim(claimed, leadsOn);
    if (this.#decoding === undefined) return false;
    return this.#replay(arrived) && this.#take(turned ? otherSide(direction) : direction, bytes, from, to);
  }

  #recognise(): void {
    const { protocols, memory } = this.#options;
    this.#recognition = new Recognition(this.#flow, protocols, memory, this.#handovers > 0);
  }

  /** A protocol claims the flow. */
  #claim(protocol: Protocol, leadsOn: boolean): void {
    this.#flow.addService(protocol.name);
    this.#context.protocol = protocol.name;
    this.#recognition = undefined;
    if (!this.#options.recogniseOnly || leadsOn)
      this.#decoding = new Decoding(protocol, this.#context, this.#options.memory);
  }

  /** Takes parts that arrived earlier, each as of its own packet. */
  #replay(parts: readonly Arrived[]): boolean {
    if (parts.length === 0) return true;
    const current = markOf(this.#flow);
    try {
      for (const { direction, bytes, mark } of parts) {
        this.#flow.recall(mark);
        if (!this.#take(direction, bytes, 0, bytes.length)) return false;
      }
      return true;
    } finally {
      this.#flow.recall(current);
    }
  }

  /** Gives bytes to the decoder; false ends the interest. */
  #feed(decoding: Decoding, direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const taken = decoding.feed(direction, bytes, from, to);
    if (taken === 'handed over') return this.#handOver(decoding, direction);
    return taken === 'more' && !(this.#options.recogniseOnly && decoding.settled);
  }

  /**
   * What comes now is another protocol's. Bytes that either direction left are the first of it: those of the other
   * direction waited longer.
   */
  #handOver(decoding: Decoding, direction: Direction): boolean {
    const peer = otherSide(direction);
    const mark = markOf(this.#flow);
    const parts: Arrived[] = [];
    const waiting = decoding.left(peer);
    if (waiting !== undefined) parts.push({ direction: peer, bytes: waiting, mark });
    parts.push({ direction, bytes: decoding.declined, mark });
    decoding.close();
    decoding.release();
    this.#decoding = undefined;
    if (++this.#handovers > MAX_HANDOVERS) return false;
    this.#recognise();
    return this.#replay(parts);
  }

  /** Gives back everything that waited. */
  #release(): void {
    this.#recognition?.release();
    this.#decoding?.release();
  }

  #failed(error: unknown): void {
    this.#options.onFailure(this.#recognition === undefined ? this.#context.protocol : 'probe', error);
  }
}
