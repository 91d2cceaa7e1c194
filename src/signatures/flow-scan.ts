/**
 * Looks for signatures in one flow. TCP: in the in-order bytes of each side, whatever their segments; a gap ends
 * everything that has begun, and places go on counting behind it. UDP: in each datagram by itself, the first
 * `SIGNATURE_LIMITS.datagrams` of each side. A side is done with when no signature reaches further.
 *
 * An anchor that was found waits, with its packet, for the bytes that decide. Limits: `SIGNATURE_LIMITS.waiting`,
 * `SIGNATURE_LIMITS.work`, and the budget of waiting bytes; what goes beyond is not compared, and `limited` says so.
 */
import type { PacketMark } from '../model/flow.ts';
import { type Direction, ORIG, RESP } from '../model/protocol.ts';
import type { Moment } from '../model/schema.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { isBehind } from './behind.ts';
import type { Searched, SideSignatures, SignatureSet } from './compile.ts';
import { isOfPort, SIGNATURE_LIMITS, type Signature } from './signature.ts';

/** What is known of a flow to be looked through. */
export interface ScannedFlow {
  readonly transport: 'tcp' | 'udp';
  readonly respPort: number;
  /** TCP: it was seen from its first byte. */
  readonly fromStart: boolean;
  /** The packet under way. */
  readonly now: Moment;
  readonly frame: number;
  readonly capture: number;
}

/** A signature that matched. */
export interface SignatureMatch {
  readonly signature: Signature;
  readonly direction: Direction;
  /** Of its first byte, from the beginning of the stream or datagram. */
  readonly offset: number;
  /** The packet in which its anchor ended. */
  readonly mark: PacketMark;
}

export interface ScanSink {
  matched(match: SignatureMatch): void;
  /** A limit kept an anchor from being compared. */
  limited(): void;
}

/** An anchor whose deciding bytes have not all come. */
interface Waiting {
  readonly searched: Searched;
  readonly offset: number;
  readonly mark: PacketMark;
  readonly bytes: Uint8Array;
  length: number;
}

export class FlowScan {
  readonly flow: ScannedFlow;
  readonly memory: StreamMemory;
  readonly #set: SignatureSet;
  readonly #sink: ScanSink;
  /** Matches per signature. */
  #matches: Map<Signature, number> | undefined;
  /** Null when it is done with, undefined when it has not begun. */
  #orig: Side | null | undefined;
  #resp: Side | null | undefined;

  constructor(set: SignatureSet, flow: ScannedFlow, memory: StreamMemory, sink: ScanSink) {
    this.#set = set;
    this.flow = flow;
    this.memory = memory;
    this.#sink = sink;
    this.#orig = this.#reach(ORIG) > 0 ? undefined : null;
    this.#resp = this.#reach(RESP) > 0 ? undefined : null;
  }

  /** Looks at more bytes of a side. Returns whether any more of the flow are wanted. */
  data(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const side = this.#side(direction);
    if (side !== null && !side.data(bytes, from, to)) this.#put(direction, null);
    return this.wants;
  }

  /** Bytes of a side are missing. */
  gap(direction: Direction, length: number): boolean {
    const side = this.#side(direction);
    if (side !== null && !side.gap(length)) this.#put(direction, null);
    return this.wants;
  }

  /** The flow is over: anchors that still wait are compared with what there is. */
  end(): void {
    this.#orig?.settle();
    this.#resp?.settle();
    this.#orig = null;
    this.#resp = null;
  }

  /** Originator and responder changed places: what one side began with was looked at as if it were the other's. */
  turn(): void {
    const orig = this.#orig?.position ?? 0;
    const resp = this.#resp?.position ?? 0;
    this.end();
    this.#orig = this.#begin(ORIG, resp);
    this.#resp = this.#begin(RESP, orig);
  }

  get wants(): boolean {
    return this.#orig !== null || this.#resp !== null;
  }

  /** A side found a signature. */
  matched(match: SignatureMatch): void {
    this.#matches ??= new Map();
    this.#matches.set(match.signature, (this.#matches.get(match.signature) ?? 0) + 1);
    this.#sink.matched(match);
  }

  /** A side left an anchor uncompared. */
  limited(): void {
    this.#sink.limited();
  }

  /** It matched as often as is reported. */
  isDone(signature: Signature): boolean {
    return (this.#matches?.get(signature) ?? 0) >= signature.limit;
  }

  #side(direction: Direction): Side | null {
    const side = direction === ORIG ? this.#orig : this.#resp;
    if (side !== undefined) return side;
    const begun = this.#begin(direction, 0);
    this.#put(direction, begun);
    return begun;
  }

  #put(direction: Direction, side: Side | null): void {
    if (direction === ORIG) this.#orig = side;
    else this.#resp = side;
  }

  #reach(direction: Direction): number {
    return this.#set.side(this.flow.transport, direction).reach(this.flow.respPort);
  }

  #begin(direction: Direction, position: number): Side | null {
    const reach = this.#reach(direction);
    const signatures = this.#set.side(this.flow.transport, direction);
    return reach <= position ? null : new Side(this, signatures, direction, reach, position);
  }
}

/** One side of a flow. */
class Side {
  /** Of the next byte, from the beginning of the stream or datagram. */
  position: number;
  readonly #scan: FlowScan;
  readonly #signatures: SideSignatures;
  readonly #direction: Direction;
  readonly #reach: number;
  /** Of the automaton. */
  #state = 0;
  /** What has begun of an anchor, in front of the bytes that come next. */
  #tail: Uint8Array = NOTHING;
  #begun = 0;
  #waiting: Waiting[] | null = null;
  #work: number = SIGNATURE_LIMITS.work;
  #datagrams = 0;
  /** What is being looked through, for `word`. */
  #bytes: Uint8Array = NOTHING;
  #from = 0;
  #to = 0;

  constructor(
    scan: FlowScan,
    signatures: SideSignatures,
    direction: Direction,
    reach: number,
    position: number,
  ) {
    this.#scan = scan;
    this.#signatures = signatures;
    this.#direction = direction;
    this.#reach = reach;
    this.position = position;
  }

  /** Returns whether more are wanted. */
  data(bytes: Uint8Array, from: number, to: number): boolean {
    const udp = this.#scan.flow.transport === 'udp';
    if (udp) this.position = 0;
    if (this.#waiting !== null) this.#feed(this.#waiting, bytes, from, to);
    // Anchors end within the reach; what stands behind them may lie beyond it.
    const end = Math.min(to, from + Math.max(this.#reach - this.position, 0));
    if (end > from) this.#look(bytes, from, end, to);
    this.position += to - from;
    if (udp) {
      this.settle();
      return ++this.#datagrams < SIGNATURE_LIMITS.datagrams;
    }
    return this.position < this.#reach || this.#waiting !== null;
  }

  gap(length: number): boolean {
    this.settle();
    this.position += length;
    return this.position < this.#reach;
  }

  /** Nothing more comes that belongs to what has begun. */
  settle(): void {
    this.#state = 0;
    this.#begun = 0;
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const each of waiting ?? []) this.#decide(each);
  }

  #look(bytes: Uint8Array, from: number, end: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#state = this.#signatures.automaton.scan(bytes, from, end, this.#state, this);
    this.#bytes = NOTHING;
    this.#keep(this.#signatures.automaton.begun(this.#state), bytes, from, end);
  }

  /** Keeps the last `begun` bytes. */
  #keep(begun: number, bytes: Uint8Array, from: number, end: number): void {
    const before = begun - (end - from);
    if (begun > 0 && this.#tail.length === 0) this.#tail = new Uint8Array(SIGNATURE_LIMITS.anchor);
    if (before > 0) this.#tail.copyWithin(0, this.#begun - before, this.#begun);
    for (let i = Math.max(before, 0); i < begun; i++) this.#tail[i] = bytes[end - begun + i]!;
    this.#begun = begun;
  }

  /** The automaton found an anchor that ends before `end`. */
  word(word: number, end: number): void {
    for (const searched of this.#signatures.byWord[word]!) this.#found(searched, end);
  }

  #found(searched: Searched, end: number): void {
    const { signature, span, anchor } = searched;
    const { offset, depth, contents } = signature;
    const { flow } = this.#scan;
    const begin = this.position + (end - this.#from) - anchor;
    const { bytes, min, max } = contents[0]!;
    if (begin < offset + min || begin > offset + max || begin + bytes.length > offset + depth) return;
    if (!isOfPort(signature, flow.respPort)) return;
    if (searched.needsStart && !flow.fromStart && flow.transport === 'tcp') return;
    if (searched.exact !== undefined && !this.#isExact(searched.exact, end)) return;
    if (this.#scan.isDone(signature)) return;
    if (span === 0) this.#matched(signature, begin, markOf(flow));
    else if (end + span > this.#to) this.#await(searched, begin, end);
    else if (this.#compares(searched, this.#bytes, end, end + span, begin))
      this.#matched(signature, begin, markOf(flow));
  }

  /** Whether the letters before `end` have the case that is wanted. */
  #isExact(anchor: Uint8Array, end: number): boolean {
    for (let i = 0; i < anchor.length; i++) {
      const at = end - anchor.length + i;
      const before = this.#begun + at - this.#from;
      if ((at >= this.#from ? this.#bytes[at] : this.#tail[before]) !== anchor[i]) return false;
    }
    return true;
  }

  #await(searched: Searched, offset: number, end: number): void {
    const waiting = this.#waiting ?? [];
    if (waiting.length >= SIGNATURE_LIMITS.waiting || !this.#scan.memory.take(searched.span)) {
      this.#scan.limited();
      return;
    }
    this.#waiting = waiting;
    const bytes = new Uint8Array(searched.span);
    bytes.set(this.#bytes.subarray(end, this.#to));
    waiting.push({ searched, offset, mark: markOf(this.#scan.flow), bytes, length: this.#to - end });
  }

  /** More bytes for the anchors that wait, the longest waiting first. */
  #feed(waiting: readonly Waiting[], bytes: Uint8Array, from: number, to: number): void {
    const still: Waiting[] = [];
    for (const each of waiting) {
      const more = Math.min(to - from, each.bytes.length - each.length);
      each.bytes.set(bytes.subarray(from, from + more), each.length);
      each.length += more;
      if (each.length < each.bytes.length) still.push(each);
      else this.#decide(each);
    }
    this.#waiting = still.length === 0 ? null : still;
  }

  #decide({ searched, bytes, length, offset, mark }: Waiting): void {
    this.#scan.memory.give(bytes.length);
    if (this.#scan.isDone(searched.signature)) return;
    if (this.#compares(searched, bytes, 0, length, offset)) this.#matched(searched.signature, offset, mark);
  }

  #compares(searched: Searched, bytes: Uint8Array, from: number, to: number, begin: number): boolean {
    if (this.#work < searched.cost) {
      this.#scan.limited();
      return false;
    }
    this.#work -= searched.cost;
    const { offset, depth } = searched.signature;
    return isBehind(searched, bytes, from, to, offset + depth - begin - searched.anchor);
  }

  #matched(signature: Signature, offset: number, mark: PacketMark): void {
    this.#scan.matched({ signature, direction: this.#direction, offset, mark });
  }
}

const NOTHING = new Uint8Array(0);

function markOf({ now, frame, capture }: ScannedFlow): PacketMark {
  return { now, frame, capture };
}
