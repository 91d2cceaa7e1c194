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
import type { StreamMemory } from '../model/stream-memory.ts';
import { isBehind } from './behind.ts';
import type { Search, Searched, SideSignatures, SignatureSet } from './compile.ts';
import { isOfPort, SIGNATURE_LIMITS, type Signature } from './signature.ts';

/** What is known of a flow to be looked through. */
export interface ScannedFlow {
  readonly transport: 'tcp' | 'udp';
  readonly respPort: number;
  /** TCP: it was seen from its first byte. */
  readonly fromStart: boolean;
  /** The packet under way. */
  mark(): PacketMark;
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
  readonly #set: SignatureSet;
  readonly #flow: ScannedFlow;
  readonly #memory: StreamMemory;
  readonly #sink: ScanSink;
  /** Matches per signature. */
  readonly #matches = new Map<Signature, number>();
  #sides: [Side | null, Side | null];

  constructor(set: SignatureSet, flow: ScannedFlow, memory: StreamMemory, sink: ScanSink) {
    this.#set = set;
    this.#flow = flow;
    this.#memory = memory;
    this.#sink = sink;
    this.#sides = [this.#side(ORIG, 0), this.#side(RESP, 0)];
  }

  /** Looks at more bytes of a side. Returns whether any more of the flow are wanted. */
  data(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    const side = this.#sides[direction];
    if (side !== null && !side.data(bytes, from, to)) this.#sides[direction] = null;
    return this.wants;
  }

  /** Bytes of a side are missing. */
  gap(direction: Direction, length: number): boolean {
    const side = this.#sides[direction];
    if (side !== null && !side.gap(length)) this.#sides[direction] = null;
    return this.wants;
  }

  /** The flow is over: anchors that still wait are compared with what there is. */
  end(): void {
    for (const side of this.#sides) side?.settle();
    this.#sides = [null, null];
  }

  /** Originator and responder changed places: what one side began with was looked at as if it were the other's. */
  turn(): void {
    const [orig, resp] = this.#sides.map(side => side?.position ?? 0) as [number, number];
    this.end();
    this.#sides = [this.#side(ORIG, resp), this.#side(RESP, orig)];
  }

  get wants(): boolean {
    return this.#sides[ORIG] !== null || this.#sides[RESP] !== null;
  }

  #side(direction: Direction, position: number): Side | null {
    const signatures = this.#set.side(this.#flow.transport, direction);
    const reach = signatures.reach(this.#flow.respPort);
    if (reach <= position) return null;
    return new Side(signatures, reach, position, this.#flow, this.#memory, {
      matched: (signature, offset, mark) => this.#matched({ signature, direction, offset, mark }),
      limited: () => this.#sink.limited(),
      isDone: signature => (this.#matches.get(signature) ?? 0) >= signature.limit,
    });
  }

  #matched(match: SignatureMatch): void {
    const matches = this.#matches.get(match.signature) ?? 0;
    if (matches >= match.signature.limit) return;
    this.#matches.set(match.signature, matches + 1);
    this.#sink.matched(match);
  }
}

interface SideSink {
  matched(signature: Signature, offset: number, mark: PacketMark): void;
  limited(): void;
  /** It matched as often as is reported. */
  isDone(signature: Signature): boolean;
}

/** One side of a flow. */
class Side {
  /** Of the next byte, from the beginning of the stream or datagram. */
  position: number;
  readonly #signatures: SideSignatures;
  readonly #reach: number;
  readonly #flow: ScannedFlow;
  readonly #memory: StreamMemory;
  readonly #sink: SideSink;
  /** Where each automaton stands. */
  readonly #states: number[];
  readonly #waiting: Waiting[] = [];
  #work: number = SIGNATURE_LIMITS.work;
  #datagrams = 0;
  /** What is being looked through, for `word`. */
  #search: Search;
  #bytes: Uint8Array = NOTHING;
  #from = 0;
  #to = 0;

  constructor(
    signatures: SideSignatures,
    reach: number,
    position: number,
    flow: ScannedFlow,
    memory: StreamMemory,
    sink: SideSink,
  ) {
    this.#signatures = signatures;
    this.#reach = reach;
    this.position = position;
    this.#flow = flow;
    this.#memory = memory;
    this.#sink = sink;
    this.#states = signatures.searches.map(() => 0);
    this.#search = signatures.searches[0]!;
  }

  /** Returns whether more are wanted. */
  data(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#flow.transport === 'udp') this.position = 0;
    if (this.#waiting.length > 0) this.#feed(bytes, from, to);
    // Anchors end within the reach; what stands behind them may lie beyond it.
    const end = Math.min(to, from + Math.max(this.#reach - this.position, 0));
    if (end > from) this.#look(bytes, from, end, to);
    this.position += to - from;
    if (this.#flow.transport === 'udp') {
      this.settle();
      return ++this.#datagrams < SIGNATURE_LIMITS.datagrams;
    }
    return this.position < this.#reach || this.#waiting.length > 0;
  }

  gap(length: number): boolean {
    this.settle();
    this.position += length;
    return this.position < this.#reach;
  }

  /** Nothing more comes that belongs to what has begun. */
  settle(): void {
    this.#states.fill(0);
    for (const each of this.#waiting.splice(0)) this.#decide(each);
  }

  #look(bytes: Uint8Array, from: number, end: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    for (const [i, search] of this.#signatures.searches.entries()) {
      this.#search = search;
      this.#states[i] = search.automaton.scan(bytes, from, end, this.#states[i]!, this);
    }
    this.#bytes = NOTHING;
  }

  /** The automaton found an anchor that ends before `end`. */
  word(word: number, end: number): void {
    for (const searched of this.#search.byWord[word]!) this.#found(searched, end);
  }

  #found(searched: Searched, end: number): void {
    const { signature, span, anchor } = searched;
    const { offset, depth, contents } = signature;
    if (!isOfPort(signature, this.#flow.respPort)) return;
    if (searched.needsStart && !this.#flow.fromStart && this.#flow.transport === 'tcp') return;
    const begin = this.position + (end - this.#from) - anchor;
    const { bytes, min, max } = contents[0]!;
    if (begin < offset + min || begin > offset + max || begin + bytes.length > offset + depth) return;
    if (this.#sink.isDone(signature)) return;
    if (span === 0) {
      this.#sink.matched(signature, begin, this.#flow.mark());
      return;
    }
    if (end + span <= this.#to) {
      if (this.#compares(searched, this.#bytes, end, end + span, begin))
        this.#sink.matched(signature, begin, this.#flow.mark());
      return;
    }
    this.#await(searched, begin, end);
  }

  #await(searched: Searched, offset: number, end: number): void {
    const full = this.#waiting.length >= SIGNATURE_LIMITS.waiting;
    if (full || !this.#memory.take(searched.span)) {
      this.#sink.limited();
      return;
    }
    const bytes = new Uint8Array(searched.span);
    bytes.set(this.#bytes.subarray(end, this.#to));
    this.#waiting.push({ searched, offset, mark: this.#flow.mark(), bytes, length: this.#to - end });
  }

  /** More bytes for the anchors that wait, the longest waiting first. */
  #feed(bytes: Uint8Array, from: number, to: number): void {
    for (const each of this.#waiting) {
      const more = Math.min(to - from, each.bytes.length - each.length);
      each.bytes.set(bytes.subarray(from, from + more), each.length);
      each.length += more;
    }
    for (let i = 0; i < this.#waiting.length; ) {
      const each = this.#waiting[i]!;
      if (each.length < each.bytes.length) i++;
      else this.#decide(this.#waiting.splice(i, 1)[0]!);
    }
  }

  #decide({ searched, bytes, length, offset, mark }: Waiting): void {
    this.#memory.give(bytes.length);
    if (this.#sink.isDone(searched.signature)) return;
    if (this.#compares(searched, bytes, 0, length, offset))
      this.#sink.matched(searched.signature, offset, mark);
  }

  #compares(searched: Searched, bytes: Uint8Array, from: number, to: number, begin: number): boolean {
    if (this.#work < searched.cost) {
      this.#sink.limited();
      return false;
    }
    this.#work -= searched.cost;
    const { offset, depth } = searched.signature;
    return isBehind(searched, bytes, from, to, offset + depth - begin - searched.anchor);
  }
}

const NOTHING = new Uint8Array(0);
