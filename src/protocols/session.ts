/**
 * One flow's way through the protocols: recognise by the first bytes, then feed the decoder that claimed it.
 *
 * While nobody is certain, the bytes that came are kept in order of arrival (at most `MAX_OPENING` per direction).
 * Once claimed, bytes go straight from the frame to the decoder; only what it leaves unconsumed is copied. A decoder
 * that hands over is closed, and what follows is recognised anew (at most `MAX_HANDOVERS` times). A decoder that throws is
 * cut off from its flow and reported; the flow itself goes on.
 */
import type { FlowView, PacketMark, StreamConsumer } from '../model/flow.ts';
import {
  type Direction,
  DONE,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  type Protocol,
  RESP,
} from '../model/protocol.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { type Candidates, candidatesOf } from './candidates.ts';

/** First bytes of each direction shown to probes; most want far fewer (`probeBytes`). */
const MAX_OPENING = 20 * 1024;
/** Datagrams after which an unrecognised UDP flow is left alone. */
const MAX_DATAGRAMS = 6;

/** Protocols one after the other on one flow: a proxy, STARTTLS inside it, and what a server may still invent. */
const MAX_HANDOVERS = 4;

/** A larger buffer is given back when it runs empty. */
const KEPT_PENDING = 65_536;

const EMPTY = new Uint8Array(0);

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

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Arrived {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly mark: PacketMark;
}

export class Session implements StreamConsumer {
  readonly #flow: FlowView;
  readonly #context: FlowContext;
  readonly #options: SessionOptions;
  /** Whom to ask; undefined until the first bytes are there. */
  #candidates: readonly Protocol[] | undefined;
  #arrived: Arrived[] = [];
  #opening: [Uint8Array, Uint8Array] = [EMPTY, EMPTY];
  /** Bytes of the opening held in memory. */
  #held = 0;
  #datagrams = 0;
  #handovers = 0;
  /** The sides changed places while the bytes under way were looked at. */
  #turned = false;
  /** The protocol may lead on to others: it is decoded in any case. */
  #leadsOn = false;
  #protocol: Protocol | undefined;
  #state: unknown;
  readonly #skip: [number, number] = [0, 0];
  /** Bytes of the skips under way that are not in the capture. */
  readonly #missed: [number, number] = [0, 0];
  readonly #pending: [Pending | undefined, Pending | undefined] = [undefined, undefined];

  constructor(flow: FlowView, context: FlowContext, options: SessionOptions) {
    this.#flow = flow;
    this.#context = context;
    this.#options = options;
    if (options.expected !== undefined) {
      this.#leadsOn = options.expected.leadsOn !== undefined;
      this.#claim(options.expected);
    }
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

  #take(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const protocol = this.#protocol;
    if (protocol !== undefined) return this.#decodes() && this.#feed(protocol, direction, bytes, from, to);
    if (this.#flow.transport === 'udp') return this.#recogniseDatagram(direction, bytes, from, to);
    return this.#recogniseStream(direction, bytes, from, to);
  }

  gap(direction: Direction, length: number): boolean {
    const protocol = this.#protocol;
    // Without its first bytes a flow cannot be recognised by content.
    if (protocol === undefined) {
      this.#release();
      return false;
    }
    const skipped = Math.min(this.#skip[direction], length);
    this.#skip[direction] -= skipped;
    this.#missed[direction] += skipped;
    this.#pending[direction]?.clear();
    try {
      if (skipped > 0 && this.#skip[direction] === 0) this.#passed(protocol, direction);
      if (skipped === length) return true;
      if (protocol.gap !== undefined) {
        protocol.gap(this.#state, direction, length - skipped);
        return true;
      }
      protocol.close?.(this.#state, this.#skip, this.#missed);
    } catch (error) {
      this.#failed(error);
    }
    this.#release();
    return false;
  }

  end(): void {
    try {
      this.#protocol?.close?.(this.#state, this.#skip, this.#missed);
    } catch (error) {
      this.#failed(error);
    }
    this.#release();
  }

  #recogniseStream(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const before = this.#opening[direction];
    const view = before.length === 0 ? bytes.subarray(from, to) : join(before, bytes, from, to);
    this.#opening[direction] = view;
    const claimed = this.#probe(direction, view.length >= MAX_OPENING);
    if (claimed !== undefined) {
      return this.#open(claimed, direction, bytes, from, to);
    }
    if (this.#candidates?.length === 0 || !this.#options.memory.take(to - from)) return false;
    this.#held += to - from;
    const copy = bytes.slice(from, to);
    this.#arrived.push({ direction, bytes: copy, mark: markOf(this.#flow) });
    if (before.length === 0) this.#opening[direction] = copy;
    return true;
  }

  /** Opens the decoder and feeds it what came before the flow was recognised, each part as of its own packet. */
  #open(claimed: Protocol, direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const arrived = this.#arrived;
    this.#claim(claimed);
    const side = this.#turned ? other(direction) : direction;
    this.#turned = false;
    if (!this.#decodes()) return false;
    this.#forgetOpening();
    return this.#replay(arrived) && this.#take(side, bytes, from, to);
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

  #recogniseDatagram(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    this.#opening = [EMPTY, EMPTY];
    this.#opening[direction] = bytes.subarray(from, to);
    const claimed = this.#probe(direction, false);
    this.#opening = [EMPTY, EMPTY];
    if (claimed !== undefined) return this.#open(claimed, direction, bytes, from, to);
    if (this.#candidates?.length === 0 || ++this.#datagrams >= MAX_DATAGRAMS) return false;
    if (!this.#options.memory.take(to - from)) return false;
    this.#held += to - from;
    this.#arrived.push({ direction, bytes: bytes.slice(from, to), mark: markOf(this.#flow) });
    return true;
  }

  /** Asks every candidate; those that decline, or have seen enough, are asked no more. */
  #probe(direction: Direction, exhausted: boolean): Protocol | undefined {
    const { transport, origPort, respPort } = this.#flow;
    const [orig, resp] = this.#opening;
    const seen = this.#opening[direction].length;
    const all = this.#all;
    const undecided: Protocol[] = [];
    const opening: Writable<Opening> = {
      transport,
      orig,
      resp,
      origPort,
      respPort,
      portHint: false,
      // What speaks after a handover is seen from its first byte.
      fromStart: this.#handovers > 0 || this.#flow.fromStart,
      before: transport === 'udp' ? this.#lastArrived(direction) : undefined,
    };
    const asked =
      this.#candidates ??
      (transport === 'udp'
        ? all.ofDatagrams(respPort)
        : all.ofStream(respPort, orig, resp, opening.fromStart));
    const named = all.names(respPort);
    for (const protocol of asked) {
      opening.portHint = named && protocol.ports.includes(respPort);
      const verdict = protocol.probe(opening);
      if (verdict === 'match') return this.#note(protocol, opening);
      if (verdict === 'unsure' && !exhausted && seen < protocol.probeBytes) undecided.push(protocol);
    }
    const turned = transport === 'tcp' && this.#mayTurn() ? this.#probeTurned(opening) : undefined;
    if (turned !== undefined) return turned;
    this.#candidates = undecided;
    return undefined;
  }

  get #all(): Candidates {
    return candidatesOf(this.#options.protocols);
  }

  /** The datagram of this direction before the one that is probed. */
  #lastArrived(direction: Direction): Uint8Array | undefined {
    return this.#arrived.findLast(part => part.direction === direction)?.bytes;
  }

  /** Nothing says yet who is the client: no handshake was seen, no decoder opened. */
  #mayTurn(): boolean {
    return this.#handovers === 0 && !this.#flow.directionKnown;
  }

  /** Asks as if the responder had begun the flow: a protocol that knows it that way shows who is the server. */
  #probeTurned(opening: Opening): Protocol | undefined {
    const { orig, resp, origPort, respPort } = opening;
    const turned: Writable<Opening> = {
      ...opening,
      orig: resp,
      resp: orig,
      origPort: respPort,
      respPort: origPort,
    };
    for (const protocol of this.#all.ofStream(origPort, turned.orig, turned.resp, turned.fromStart)) {
      turned.portHint = protocol.ports.includes(origPort);
      if (protocol.probe(turned) !== 'match') continue;
      this.#orient(ORIG);
      return this.#note(protocol, turned);
    }
    return undefined;
  }

  /** A side is the server: what was noted of the sides follows when they change places. */
  #orient(server: Direction): void {
    if (!this.#flow.orient(server)) return;
    this.#opening.reverse();
    this.#arrived = this.#arrived.map(part => ({ ...part, direction: other(part.direction) }));
    this.#turned = !this.#turned;
  }

  /** What the opening of the protocol that claims it says besides. */
  #note(protocol: Protocol, opening: Opening): Protocol {
    const { leadsOn } = protocol;
    this.#leadsOn = typeof leadsOn === 'function' ? leadsOn(opening) : leadsOn === true;
    const server = this.#mayTurn() ? protocol.server?.(opening) : undefined;
    if (server !== undefined) this.#orient(server);
    return protocol;
  }

  #claim(protocol: Protocol): void {
    this.#flow.addService(protocol.name);
    this.#protocol = protocol;
    this.#context.protocol = protocol.name;
    if (this.#decodes()) this.#state = protocol.open(this.#context);
  }

  #decodes(): boolean {
    return !this.#options.recogniseOnly || this.#leadsOn;
  }

  /**
   * What comes now is another protocol's. Bytes that either direction left are the first of it: those of the other
   * direction waited longer.
   */
  #handOver(protocol: Protocol, direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const peer = other(direction);
    const mark = markOf(this.#flow);
    const parts: Arrived[] = [];
    const waiting = this.#pending[peer];
    if (waiting !== undefined && waiting.length > 0)
      parts.push({ direction: peer, bytes: waiting.bytes.slice(waiting.at, waiting.end), mark });
    parts.push({ direction, bytes: bytes.slice(from, to), mark });
    protocol.close?.(this.#state, this.#skip, this.#missed);
    for (const pending of this.#pending) pending?.release();
    this.#skip[ORIG] = 0;
    this.#skip[RESP] = 0;
    this.#missed.fill(0);
    this.#protocol = undefined;
    this.#state = undefined;
    this.#candidates = undefined;
    this.#datagrams = 0;
    return ++this.#handovers <= MAX_HANDOVERS && this.#replay(parts);
  }

  /** Takes bytes for a decoder; false ends the interest. */
  #feed(protocol: Protocol, direction: Direction, bytes: Uint8Array, start: number, to: number): boolean {
    if (!this.#decode(protocol, direction, bytes, start, to)) return false;
    if (!this.#options.recogniseOnly || protocol !== this.#protocol) return true;
    return protocol.settled === undefined || !protocol.settled(this.#state);
  }

  #decode(protocol: Protocol, direction: Direction, bytes: Uint8Array, start: number, to: number): boolean {
    if (this.#flow.transport === 'udp') {
      const answer = protocol.feed(this.#state, direction, bytes, start, to);
      return answer === HANDOVER ? this.#handOver(protocol, direction, bytes, start, to) : answer !== DONE;
    }
    const skipped = Math.min(this.#skip[direction], to - start);
    this.#skip[direction] -= skipped;
    if (skipped > 0 && this.#skip[direction] === 0) this.#passed(protocol, direction);
    const from = start + skipped;
    if (from === to) return true;
    const pending = this.#pendingOf(direction);
    if (pending.length === 0) {
      const consumed = protocol.feed(this.#state, direction, bytes, from, to);
      if (consumed === DONE) return false;
      if (consumed === HANDOVER) return this.#handOver(protocol, direction, bytes, from, to);
      if (consumed >= to - from) this.#skip[direction] = consumed - (to - from);
      else if (!pending.append(bytes, from + Math.max(consumed, 0), to))
        return this.#giveUp(protocol, 'stream_memory_limit');
    } else {
      if (!pending.append(bytes, from, to)) return this.#giveUp(protocol, 'stream_memory_limit');
      const available = pending.length;
      const consumed = protocol.feed(this.#state, direction, pending.bytes, pending.at, pending.end);
      if (consumed === DONE) return false;
      if (consumed === HANDOVER)
        return this.#handOver(protocol, direction, pending.bytes, pending.at, pending.end);
      if (consumed >= available) {
        this.#skip[direction] = consumed - available;
        pending.clear();
      } else {
        pending.at += Math.max(consumed, 0);
      }
    }
    return pending.length < protocol.maxPending || this.#giveUp(protocol, `${protocol.name}_pending_limit`);
  }

  /** A skip is over. */
  #passed(protocol: Protocol, direction: Direction): void {
    const missing = this.#missed[direction];
    this.#missed[direction] = 0;
    protocol.passed?.(this.#state, direction, missing);
  }

  #pendingOf(direction: Direction): Pending {
    const pending = this.#pending[direction] ?? new Pending(this.#options.memory);
    this.#pending[direction] = pending;
    return pending;
  }

  #giveUp(protocol: Protocol, weird: string): false {
    this.#context.weird(weird);
    protocol.close?.(this.#state, this.#skip, this.#missed);
    return false;
  }

  #forgetOpening(): void {
    this.#arrived = [];
    this.#opening = [EMPTY, EMPTY];
    this.#options.memory.give(this.#held);
    this.#held = 0;
  }

  /** Gives back everything that waited. */
  #release(): void {
    this.#forgetOpening();
    for (const pending of this.#pending) pending?.release();
  }

  #failed(error: unknown): void {
    this.#options.onFailure(this.#protocol?.name ?? 'probe', error);
  }
}

/** Bytes a decoder left for later; grows by doubling, so that appending stays linear. */
class Pending {
  bytes = EMPTY;
  at = 0;
  end = 0;
  readonly #memory: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#memory = memory;
  }

  get length(): number {
    return this.end - this.at;
  }

  clear(): void {
    this.at = 0;
    this.end = 0;
    if (this.bytes.length > KEPT_PENDING) this.release();
  }

  release(): void {
    this.#memory.give(this.bytes.length);
    this.bytes = EMPTY;
    this.at = 0;
    this.end = 0;
  }

  /** False when the common memory is used up; nothing was appended then. */
  append(bytes: Uint8Array, from: number, to: number): boolean {
    const added = to - from;
    if (this.end + added > this.bytes.length) {
      const needed = this.length + added;
      let target = this.bytes;
      if (needed > target.length / 2) {
        target = new Uint8Array(Math.max(256, needed * 2));
        if (!this.#memory.take(target.length)) return false;
        this.#memory.give(this.bytes.length);
      }
      target.set(this.bytes.subarray(this.at, this.end));
      this.bytes = target;
      this.end -= this.at;
      this.at = 0;
    }
    this.bytes.set(bytes.subarray(from, to), this.end);
    this.end += added;
    return true;
  }
}

function other(direction: Direction): Direction {
  return direction === ORIG ? RESP : ORIG;
}

function markOf({ now, frame, capture }: FlowView): PacketMark {
  return { now, frame, capture };
}

function join(before: Uint8Array, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const taken = Math.min(to - from, MAX_OPENING - before.length);
  const joined = new Uint8Array(before.length + Math.max(taken, 0));
  joined.set(before);
  joined.set(bytes.subarray(from, from + Math.max(taken, 0)), before.length);
  return joined;
}
