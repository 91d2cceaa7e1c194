/**
 * The seam between flows and what listens to them: `flows/` calls, `pipeline/` provides. A listener is told when a
 * flow carries its first payload and may take its in-order bytes; it is told when the flow ends.
 */
import type { Direction } from './protocol.ts';
import type { Moment, RecordOf, StreamSchema } from './schema.ts';
import type { conn } from './streams.ts';

/** When and where a packet was seen. */
export interface PacketMark {
  readonly now: Moment;
  readonly frame: number;
  readonly capture: number;
}

/** One flow, as seen from outside the hot path. Valid until `StreamConsumer.end` returned. */
export interface FlowView {
  readonly transport: 'tcp' | 'udp';
  /** Deterministic flow identifier. */
  readonly uid: string;
  readonly origHost: string;
  readonly origPort: number;
  readonly respHost: string;
  readonly respPort: number;
  /** Time and frame of the packet being processed. */
  readonly now: Moment;
  readonly frame: number;
  /** Index of the capture that packet came from. */
  readonly capture: number;
  /** Shard the flow belongs to, for the order of its records. */
  readonly shard: number;
  /** The flow was seen from its first byte (TCP: with its SYN). */
  readonly fromStart: boolean;
  /** A handshake showed who began it. */
  readonly directionKnown: boolean;
  /**
   * A protocol shows that the side now called `server` is the server. Counts before a decoder was opened, and where no
   * handshake was seen. Returns whether originator and responder changed places: what the flow says of them is then
   * the new order at once, and so are the directions told from now on.
   */
  orient(server: Direction): boolean;
  /** Makes `now`, `frame` and `capture` those of an earlier packet, until they are set again. */
  recall(mark: PacketMark): void;
  /** MAC address of a side's frames as seen at the tap: its own, or that of the last router on its way. */
  macOf(side: Direction): string | undefined;
  /** Names of protocols recognised so far, comma-separated; empty when none was. */
  readonly service: string;
  /** Adds a name to `service` of the flow's `conn` record. */
  addService(name: string): void;
}

/** Takes the bytes of one flow, in order. Returning false ends the interest; `end` is then not called. */
export interface StreamConsumer {
  /** In-order bytes of a TCP direction, or one UDP datagram. The bytes are borrowed. */
  data(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean;
  /** `length` bytes of a TCP direction are not in the capture. */
  gap(direction: Direction, length: number): boolean;
  /** The flow is over. */
  end(): void;
}

export interface FlowListener {
  /** A flow carries its first payload: who takes its bytes? Null when nobody does. */
  start(flow: FlowView): StreamConsumer | null;
  /** Whether another flow announced this one: it begins with its first packet, then. */
  isAnnounced(flow: FlowView): boolean;
  /** A record of the flow layer itself. */
  emit<S extends StreamSchema>(stream: S, record: RecordOf<S>, shard: number): void;
  /** The payload of both sides of a flow without a duration, which its `conn` record leaves out; called when there is some. */
  momentary(record: RecordOf<typeof conn>, payload: number): void;
  /** Whether an address belongs to the site. */
  isInternal(address: string): boolean;
  /** Name of a capture. */
  captureName(index: number): string;
}
