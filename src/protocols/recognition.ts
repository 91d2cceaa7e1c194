/**
 * Which protocol a flow speaks, by its first bytes. While nobody is certain, the parts that came are kept in order of
 * arrival, to be replayed to the decoder (at most `MAX_OPENING` bytes per direction, `MAX_DATAGRAMS` datagrams). Where no
 * handshake was seen, protocols are also asked as if the responder had begun, and the flow is turned round when one of
 * them knows it that way.
 */
import type { FlowView, PacketMark } from '../model/flow.ts';
import { type Direction, type Opening, ORIG, otherSide, type Protocol } from '../model/protocol.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { type Candidates, candidatesOf } from './candidates.ts';
import { EMPTY } from './pending.ts';

/** First bytes of each direction shown to probes; most want far fewer (`probeBytes`). */
const MAX_OPENING = 20 * 1024;
/** Datagrams after which an unrecognised UDP flow is left alone. */
const MAX_DATAGRAMS = 6;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Bytes of one direction, with the packet they came in. */
export interface Arrived {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly mark: PacketMark;
}

export class Recognition {
  /** The protocol that claims the flow, once one does. */
  claimed: Protocol | undefined;
  /** What the opening of `claimed` says: the protocol may lead on to others. */
  leadsOn = false;
  /** What came before the bytes by which the flow was recognised. */
  arrived: Arrived[] = [];
  /** The sides changed places while the bytes under way were looked at. */
  turned = false;
  readonly #flow: FlowView;
  readonly #all: Candidates;
  readonly #memory: StreamMemory;
  /** Another protocol was spoken on this flow before, and handed it over. */
  readonly #handedOver: boolean;
  /** Whom to ask; undefined until the first bytes are there. */
  #candidates: readonly Protocol[] | undefined;
  #orig = EMPTY;
  #resp = EMPTY;
  /** Bytes held in memory. */
  #held = 0;
  #datagrams = 0;

  constructor(flow: FlowView, protocols: readonly Protocol[], memory: StreamMemory, handedOver: boolean) {
    this.#flow = flow;
    this.#all = candidatesOf(protocols);
    this.#memory = memory;
    this.#handedOver = handedOver;
  }

  /** Looks at bytes of one direction. False when nobody will claim the flow any more; else see `claimed`. */
  take(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    return this.#flow.transport === 'udp'
      ? this.#takeDatagram(direction, bytes, from, to)
      : this.#takeSegment(direction, bytes, from, to);
  }

  /** Gives back what was kept. */
  release(): void {
    this.#memory.give(this.#held);
    this.#held = 0;
    this.arrived = [];
    this.#orig = EMPTY;
    this.#resp = EMPTY;
  }

  #takeSegment(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const before = direction === ORIG ? this.#orig : this.#resp;
    const opening = before.length === 0 ? bytes.subarray(from, to) : join(before, bytes, from, to);
    this.#open(direction, opening);
    this.#probe(direction, opening.length, opening.length >= MAX_OPENING);
    if (this.claimed !== undefined) return true;
    if (!this.#keep(direction, bytes, from, to)) return false;
    if (before.length === 0) this.#open(direction, this.arrived.at(-1)!.bytes);
    return true;
  }

  #takeDatagram(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    this.#open(direction, bytes.subarray(from, to));
    this.#probe(direction, to - from, false);
    this.#orig = EMPTY;
    this.#resp = EMPTY;
    if (this.claimed !== undefined) return true;
    return ++this.#datagrams < MAX_DATAGRAMS && this.#keep(direction, bytes, from, to);
  }

  #open(direction: Direction, opening: Uint8Array): void {
    if (direction === ORIG) this.#orig = opening;
    else this.#resp = opening;
  }

  /** Keeps a part; false when nobody waits for more, or memory is used up. */
  #keep(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#candidates?.length === 0 || !this.#memory.take(to - from)) return false;
    this.#held += to - from;
    this.arrived.push({ direction, bytes: bytes.slice(from, to), mark: markOf(this.#flow) });
    return true;
  }

  /** Asks every candidate; those that decline, or have seen enough, are asked no more. */
  #probe(direction: Direction, seen: number, exhausted: boolean): void {
    const { transport, origPort, respPort } = this.#flow;
    const udp = transport === 'udp';
    const opening: Writable<Opening> = {
      transport,
      orig: this.#orig,
      resp: this.#resp,
      origPort,
      respPort,
      portHint: false,
      // What speaks after a handover is seen from its first byte.
      fromStart: this.#handedOver || this.#flow.fromStart,
      before: udp ? this.#lastArrived(direction) : undefined,
    };
    const asked =
      this.#candidates ??
      (udp
        ? this.#all.ofDatagrams(respPort)
        : this.#all.ofStream(respPort, opening.orig, opening.resp, opening.fromStart));
    const named = this.#all.names(respPort);
    let undecided: Protocol[] | undefined;
    for (const protocol of asked) {
      opening.portHint = named && protocol.ports.includes(respPort);
      const verdict = protocol.probe(opening);
      if (verdict === 'match') return this.#claim(protocol, opening);
      if (verdict !== 'unsure' || exhausted || seen >= protocol.probeBytes) continue;
      undecided ??= [];
      undecided.push(protocol);
    }
    if (!udp && this.#mayTurn()) this.#probeTurned(opening);
    if (this.claimed === undefined) this.#candidates = undecided ?? NOBODY;
  }

  /** The datagram of this direction before the one that is probed. */
  #lastArrived(direction: Direction): Uint8Array | undefined {
    return this.arrived.findLast(part => part.direction === direction)?.bytes;
  }

  /** Nothing says yet who is the client: no handshake was seen, no decoder opened. */
  #mayTurn(): boolean {
    return !this.#handedOver && !this.#flow.directionKnown;
  }

  /** Asks as if the responder had begun the flow: a protocol that knows it that way shows who is the server. */
  #probeTurned(opening: Opening): void {
    const { orig, resp, origPort, respPort } = opening;
    const turned: Writable<Opening> = {
      ...opening,
      orig: resp,
      resp: orig,
      origPort: respPort,
      respPort: origPort,
    };
    const named = this.#all.names(origPort);
    for (const protocol of this.#all.ofStream(origPort, turned.orig, turned.resp, turned.fromStart)) {
      turned.portHint = named && protocol.ports.includes(origPort);
      if (protocol.probe(turned) !== 'match') continue;
      this.#orient(ORIG);
      return this.#claim(protocol, turned);
    }
  }

  /** A side is the server: what was noted of the sides follows when they change places. */
  #orient(server: Direction): void {
    if (!this.#flow.orient(server)) return;
    this.arrived = this.arrived.map(part => ({ ...part, direction: otherSide(part.direction) }));
    this.turned = !this.turned;
  }

  #claim(protocol: Protocol, opening: Opening): void {
    const { leadsOn } = protocol;
    this.claimed = protocol;
    this.leadsOn = typeof leadsOn === 'function' ? leadsOn(opening) : leadsOn === true;
    const server = this.#mayTurn() ? protocol.server?.(opening) : undefined;
    if (server !== undefined) this.#orient(server);
  }
}

const NOBODY: readonly Protocol[] = [];

export function markOf({ now, frame, capture }: FlowView): PacketMark {
  return { now, frame, capture };
}

/** `before` and what follows it, as far as an opening goes. */
function join(before: Uint8Array, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const taken = Math.max(0, Math.min(to - from, MAX_OPENING - before.length));
  const joined = new Uint8Array(before.length + taken);
  joined.set(before);
  joined.set(bytes.subarray(from, from + taken), before.length);
  return joined;
}
