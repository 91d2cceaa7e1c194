/**
 * One decoder at work on one flow: gives it bytes as they come, keeps what it leaves, passes over what it asks to skip,
 * and tells it of holes and of the end. What the answers of `feed` mean is in `model/protocol.ts`.
 */
import {
  type Direction,
  DONE,
  type FlowContext,
  HANDOVER,
  ORIG,
  type Protocol,
  RESP,
} from '../model/protocol.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { EMPTY, Pending } from './pending.ts';

/** What became of bytes: taken, with more wanted or not, or declined as another protocol's. */
export type Taken = 'more' | 'enough' | 'handed over';

export class Decoding {
  readonly protocol: Protocol;
  /** The bytes that were handed over: a copy. */
  declined = EMPTY;
  readonly #context: FlowContext;
  readonly #memory: StreamMemory;
  readonly #datagrams: boolean;
  readonly #state: unknown;
  readonly #skip: [number, number] = [0, 0];
  /** Bytes of the skips under way that are not in the capture. */
  readonly #missed: [number, number] = [0, 0];
  readonly #pending: [Pending | undefined, Pending | undefined] = [undefined, undefined];

  constructor(protocol: Protocol, context: FlowContext, memory: StreamMemory) {
    this.protocol = protocol;
    this.#context = context;
    this.#memory = memory;
    this.#datagrams = context.transport === 'udp';
    this.#state = protocol.open(context);
  }

  /** The decoder can say no more of what leads on: see `Protocol.settled`. */
  get settled(): boolean {
    return this.protocol.settled?.(this.#state) ?? false;
  }

  feed(direction: Direction, bytes: Uint8Array, start: number, to: number): Taken {
    const { protocol } = this;
    if (this.#datagrams) {
      const answer = protocol.feed(this.#state, direction, bytes, start, to);
      return answer === HANDOVER ? this.#decline(bytes, start, to) : answer === DONE ? 'enough' : 'more';
    }
    const skipped = Math.min(this.#skip[direction], to - start);
    this.#skip[direction] -= skipped;
    if (skipped > 0 && this.#skip[direction] === 0) this.#passed(direction);
    const from = start + skipped;
    if (from === to) return 'more';
    const pending = this.#pendingOf(direction);
    const waited = pending.length > 0;
    if (waited && !pending.append(bytes, from, to)) return this.#giveUp('stream_memory_limit');
    const given = waited ? pending.length : to - from;
    const consumed = waited
      ? protocol.feed(this.#state, direction, pending.bytes, pending.at, pending.end)
      : protocol.feed(this.#state, direction, bytes, from, to);
    if (consumed === DONE) return 'enough';
    if (consumed === HANDOVER) {
      return waited ? this.#decline(pending.bytes, pending.at, pending.end) : this.#decline(bytes, from, to);
    }
    if (consumed >= given) {
      this.#skip[direction] = consumed - given;
      pending.clear();
    } else if (waited) pending.at += Math.max(consumed, 0);
    else if (!pending.append(bytes, from + Math.max(consumed, 0), to))
      return this.#giveUp('stream_memory_limit');
    return pending.length < protocol.maxPending ? 'more' : this.#giveUp(`${protocol.name}_pending_limit`);
  }

  /** `length` bytes are not in the capture. False when the decoder can do nothing with what follows; it is closed then. */
  gap(direction: Direction, length: number): boolean {
    const { protocol } = this;
    const skipped = Math.min(this.#skip[direction], length);
    this.#skip[direction] -= skipped;
    this.#missed[direction] += skipped;
    this.#pending[direction]?.clear();
    if (skipped > 0 && this.#skip[direction] === 0) this.#passed(direction);
    if (skipped === length) return true;
    if (protocol.gap === undefined) {
      this.close();
      return false;
    }
    protocol.gap(this.#state, direction, length - skipped);
    return true;
  }

  /** What one direction left: a copy, since the buffer is used again. Undefined when nothing waits. */
  left(direction: Direction): Uint8Array | undefined {
    const pending = this.#pending[direction];
    return pending === undefined || pending.length === 0
      ? undefined
      : pending.bytes.slice(pending.at, pending.end);
  }

  /** Tells the decoder that its flow, or its part of it, is over. */
  close(): void {
    this.protocol.close?.(this.#state, this.#skip, this.#missed);
  }

  /** Gives back everything that waited. */
  release(): void {
    this.#pending[ORIG]?.release();
    this.#pending[RESP]?.release();
  }

  /** A skip is over. */
  #passed(direction: Direction): void {
    const missing = this.#missed[direction];
    this.#missed[direction] = 0;
    this.protocol.passed?.(this.#state, direction, missing);
  }

  #pendingOf(direction: Direction): Pending {
    const pending = this.#pending[direction] ?? new Pending(this.#memory);
    this.#pending[direction] = pending;
    return pending;
  }

  #decline(bytes: Uint8Array, from: number, to: number): Taken {
    this.declined = bytes.slice(from, to);
    return 'handed over';
  }

  #giveUp(weird: string): Taken {
    this.#context.weird(weird);
    this.close();
    return 'enough';
  }
}
