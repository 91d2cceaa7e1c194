/**
 * Packets in, flows out. A packet belongs to one of 64 fixed shards by its unordered address pair; each shard has its
 * own table and limits, so results do not depend on who works on which shard.
 *
 * Flows end by capture time only: when the next packet of their five-tuple comes too late, when a sweep passes by
 * (one slot per packet), or at the end of the input. What a `conn` record says does not depend on which of these
 * noticed it. Time that runs backwards never ends a flow.
 *
 * Limit: `maxFlows` over all shards, looked at every `EPOCH` packets: as long as it is not reached every shard may grow,
 * so that one host's scan of all ports of another fits; then none may, and for a new flow the longest silent of eight
 * candidates of its shard is ended early, and counted. So there are never more than `EPOCH` flows beyond the limit (and
 * `FEWEST` per shard), and which are ended depends on the packets alone.
 */
import type { FlowListener } from '../model/flow.ts';
import { FIN, KIND, type Packet, RST, SYN } from '../model/packet.ts';
import type { Direction } from '../model/protocol.ts';
import type { RecordOf } from '../model/schema.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { conn, weird } from '../model/streams.ts';
import type { TunnelTable } from '../model/tunnels.ts';
import { connRecord, flowPayload } from './conn-record.ts';
import { earliestEnd, isDns, isOver } from './expiry.ts';
import { FlowContent } from './flow-content.ts';
import { type Clock, FlowHandle } from './flow-handle.ts';
import { isToGroup, keyMeta, SHARDS, shardOf } from './flow-key.ts';
import {
  CAPTURE,
  CLOSED_OF,
  CUT,
  END8,
  END32,
  END64,
  FIN_SEQ,
  FINS,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW16,
  FLOW32,
  FLOW64,
  FRAME,
  INNER_VLAN,
  IP_BYTES,
  KEY_ONE_WAY,
  LAST_NSEC,
  LAST_SEC,
  LOW_IS_ORIG,
  NEXT,
  PACKETS,
  START_NSEC,
  START_SEC,
  START_SEQ,
  VLAN,
} from './flow-layout.ts';
import { addPayload, noteMacs, sideOf, touch } from './flow-row.ts';
import { FlowTable } from './flow-table.ts';
import { addOnce, LETTER, SEEN } from './history.ts';
import { ICMP_COUNTERPART, ICMP6_COUNTERPART } from './icmp-pairs.ts';
import { orientTcp, orientUdp } from './orientation.ts';
import { seqDelta } from './sequence.ts';
import { takeOrdinary } from './tcp-ordinary.ts';
import { accountSegment, beginSegment } from './tcp-segment.ts';
import { CLOSED, flipRoles, isReuse, settleClose } from './tcp-state.ts';
import {
  acknowledge,
  deliverSegment,
  endStream,
  finishStreams,
  missedBytes,
  stopConsumer,
} from './tcp-stream.ts';
import { IDLE_DATAGRAM } from './timeouts.ts';
import { TunnelLog } from './tunnel-log.ts';
import { siteSeed } from './uid.ts';

/** Packets between two looks at the budget of flows. */
const EPOCH = 16_384;
/** Flows that every shard may have, however many there are. */
const FEWEST = 16;
const EVICTION_CANDIDATES = 8;
const SWEEP_STEPS = 1;

export interface FlowOptions {
  /** Live flows over all shards. */
  readonly maxFlows: number;
  /** Name of the site, part of every uid. */
  readonly site: string;
  /** Budget for segments that wait behind holes. */
  readonly memory: StreamMemory;
  /** Where the tunnels of packets are numbered. */
  readonly tunnels: TunnelTable;
  /** Addresses of hosts that are called rather than call, as far as that is known. */
  readonly servers?: ReadonlySet<string> | undefined;
}

export class FlowEngine {
  /** Flows ended early because there were too many. */
  evicted = 0;
  /** Flows begun. */
  flows = 0;
  /** Content bytes acknowledged but not captured, of flows that ended. */
  missedBytes = 0;
  readonly #tables: FlowTable[];
  readonly #sweep = new Uint32Array(SHARDS);
  readonly #maxFlows: number;
  readonly #epoch: number;
  /** Packets until the budget is looked at again. */
  #rest: number;
  readonly #listener: FlowListener;
  readonly #site: number;
  readonly #servers: ReadonlySet<string> | undefined;
  readonly #tunnelLog: TunnelLog;
  readonly #clock: Clock = { sec: 0, nsec: 0, frame: 0, capture: 0 };
  /** Capture time of the packet being processed, in seconds. */
  #now = Number.NEGATIVE_INFINITY;
  /** When packets began, at first or after a silence that ends every datagram flow. */
  #begun = Number.NEGATIVE_INFINITY;

  constructor(listener: FlowListener, options: FlowOptions) {
    this.#maxFlows = options.maxFlows;
    this.#epoch = Math.min(EPOCH, options.maxFlows);
    this.#rest = this.#epoch;
    this.#tables = Array.from(
      { length: SHARDS },
      (_, shard) => new FlowTable(shard, options.memory, options.tunnels),
    );
    this.#listener = listener;
    this.#site = siteSeed(options.site);
    this.#servers = options.servers;
    this.#tunnelLog = new TunnelLog(listener, options.tunnels, this.#site);
  }

  /** Those of the missed bytes that the snapshot length cut off. */
  get cutBytes(): number {
    return this.#tables.reduce((sum, { cutBytes }) => sum + cutBytes, 0);
  }

  /** Accounts one decoded packet whose kind is tcp, udp, icmp, icmp6 or ip. */
  process(packet: Packet): void {
    const { frame } = packet;
    const clock = this.#clock;
    clock.sec = frame.sec;
    clock.nsec = frame.nsec;
    clock.frame = frame.number;
    clock.capture = frame.capture;
    const before = this.#now;
    this.#now = frame.sec + frame.nsec / 1e9;
    if (this.#now - before > IDLE_DATAGRAM) this.#begun = this.#now;
    if (--this.#rest === 0) this.#setLimits();
    const shard = shardOf(packet);
    const table = this.#tables[shard]!;
    this.#sweepSome(table, shard);
    switch (packet.kind) {
      case KIND.tcp:
        return this.#tcp(table, packet);
      case KIND.udp:
        return this.#udp(table, packet);
      case KIND.icmp:
        return this.#icmp(table, packet, ICMP_COUNTERPART);
      case KIND.icmp6:
        return this.#icmp(table, packet, ICMP6_COUNTERPART);
      default: {
        const slot = this.#findOrBegin(table, packet, 0, 0, 0);
        const side = sideOf(table, slot);
        this.#count(table, slot, side, packet);
      }
    }
  }

  /** The input is over: ends every flow. */
  finish(): void {
    for (const table of this.#tables) {
      for (let slot = 0; slot < table.used; slot++) if (table.isLive(slot)) this.#end(table, slot);
      table.release();
    }
    this.#tunnelLog.finish(this.#now);
  }

  #tcp(table: FlowTable, packet: Packet): void {
    const flags = packet.tcpFlags;
    let slot = table.find(packet, packet.srcPort, packet.dstPort, keyMeta(packet));
    if (slot >= 0 && (isOver(table, slot, this.#now) || isReuse(table, slot, flags, packet.seq))) {
      this.#end(table, slot);
      slot = -1;
    }
    if (slot < 0) slot = this.#beginTcp(table, packet);
    const side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    const length = packet.payloadLength;
    if (takeOrdinary(table, slot, side, packet)) {
      touch(table, slot, packet);
      if (length > 0) this.#payload(table, slot, side, packet);
      return;
    }
    const early = beginSegment(table, slot, side, packet);
    const relAck = accountSegment(table, slot, side, packet, this.#now);
    if (relAck > 0) this.#acknowledged(table, slot, side === 0 ? 1 : 0, relAck);
    if (length > 0 && (flags & RST) === 0 && !early) this.#payload(table, slot, side, packet);
    const content = (flags & FIN) === 0 ? null : table.contentOf(slot)!;
    if (content !== null && content.held !== null)
      endStream(table, slot, content, side, (table.end32[(slot * 2 + side) * END32 + FIN_SEQ]! - 1) >>> 0);
    if (
      table.end8[slot * 2 * END8 + CLOSED_OF] === CLOSED.waiting ||
      table.end8[(slot * 2 + 1) * END8 + CLOSED_OF] === CLOSED.waiting
    ) {
      settleClose(table, slot);
    }
  }

  /** Hands on the payload of a segment, in the sequence space its side has now. */
  #payload(table: FlowTable, slot: number, side: Direction, packet: Packet): void {
    if ((table.flow32[slot * FLOW32 + FLAGS]! & FLAG.asked) === 0) this.#ask(table, slot);
    const start = table.end32[(slot * 2 + side) * END32 + START_SEQ]!;
    const first = (packet.seq - start + ((packet.tcpFlags & SYN) !== 0 ? 1 : 0)) >>> 0;
    const length = packet.payloadLength;
    const to = Math.min(packet.payloadEnd, packet.payloadAt + length);
    deliverSegment(table, slot, side, first, length, packet.frame.bytes, packet.payloadAt, to);
    if (table.contentOf(slot)!.handle.turned) this.#turn(table, slot);
  }

  /** The bytes of `side` before `relAck` were received by its peer. */
  #acknowledged(table: FlowTable, slot: number, side: Direction, relAck: number): void {
    const e = slot * 2 + side;
    let seq = relAck;
    if (table.end8[e * END8 + FINS] === 1 && seqDelta(seq, table.end32[e * END32 + FIN_SEQ]!) >= 0)
      seq = (table.end32[e * END32 + FIN_SEQ]! - 1) >>> 0;
    if (table.end8[e * END8 + CUT] === 0 && seqDelta(seq, table.end32[e * END32 + NEXT]!) <= 0) return;
    // A flow picked up in its middle begins at its first acknowledged byte, not with a hole.
    if (seq <= 2 && (table.flow32[slot * FLOW32 + FLAGS]! & FLAG.partial) !== 0) return;
    // Its bytes may have been overtaken: whoever takes them must be there when they come.
    if ((table.flow32[slot * FLOW32 + FLAGS]! & FLAG.asked) === 0) this.#ask(table, slot);
    acknowledge(table, slot, table.contentOf(slot)!, side, seq);
  }

  #beginTcp(table: FlowTable, packet: Packet): number {
    const slot = this.#begin(table, packet);
    if (!orientTcp(table, slot, packet)) this.#askInventory(table, slot);
    return slot;
  }

  /** A flow that nothing else orients: the side that the inventory has as a server was called. */
  #askInventory(table: FlowTable, slot: number): void {
    if (this.#servers === undefined || this.#servers.size === 0) return;
    const flow = new FlowHandle(table, slot, this.#site, this.#clock);
    const fromServer = this.#servers.has(flow.origHost);
    if (fromServer === this.#servers.has(flow.respHost)) return;
    if (flow.transport === 'udp' && this.#listener.isAnnounced(flow)) return;
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.byInventory;
    if (fromServer) flipRoles(table, slot);
  }

  #udp(table: FlowTable, packet: Packet): void {
    const slot = this.#findOrBegin(table, packet, packet.srcPort, packet.dstPort, 0);
    const side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    addOnce(table, slot, side, SEEN.data, LETTER.D);
    addPayload(table, slot * 2 + side, packet.payloadLength);
    if (packet.payloadLength === 0) return;
    if ((table.flow32[slot * FLOW32 + FLAGS]! & FLAG.asked) === 0) this.#ask(table, slot);
    this.#tunnelLog.around(table, slot, packet);
    const content = table.contentOf(slot)!;
    if (content.consumer === null) return;
    const to = Math.min(packet.payloadEnd, packet.payloadAt + packet.payloadLength);
    if (to > packet.payloadAt && !content.consumer.data(side, packet.frame.bytes, packet.payloadAt, to)) {
      stopConsumer(content);
    }
    if (content.handle.turned) this.#turn(table, slot);
  }

  /** A protocol showed who is the server: the sides change places, now that the packet is done with. */
  #turn(table: FlowTable, slot: number): void {
    table.contentOf(slot)!.handle.turned = false;
    flipRoles(table, slot);
  }

  #icmp(table: FlowTable, packet: Packet, counterparts: Int16Array): void {
    const counterpart = counterparts[packet.srcPort]!;
    const slot =
      counterpart < 0
        ? this.#findOrBegin(table, packet, packet.srcPort, packet.dstPort, KEY_ONE_WAY)
        : this.#findOrBegin(table, packet, packet.srcPort, counterpart, 0);
    const side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    addPayload(table, slot * 2 + side, packet.payloadLength);
  }

  #ask(table: FlowTable, slot: number): void {
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.asked;
    const content = new FlowContent(new FlowHandle(table, slot, this.#site, this.#clock));
    table.setContent(slot, content);
    content.consumer = this.#listener.start(content.handle);
  }

  #findOrBegin(table: FlowTable, packet: Packet, a: number, b: number, bits: number): number {
    const meta = keyMeta(packet) | bits;
    const slot = table.find(packet, a, b, meta);
    if (slot >= 0 && !isOver(table, slot, this.#now)) return slot;
    if (slot >= 0) this.#end(table, slot);
    const begun = this.#begin(table, packet);
    if (packet.kind === KIND.udp) {
      // Whoever speaks first calls, unless the flow may be older than what is seen.
      const pickedUp = this.#now - this.#begun <= IDLE_DATAGRAM;
      if (!orientUdp(table, begun, packet) && pickedUp && !isToGroup(packet))
        this.#askInventory(table, begun);
      if (isDns(a) || isDns(b)) table.flow32[begun * FLOW32 + FLAGS]! |= FLAG.dns;
    }
    return begun;
  }

  /** Inserts a flow for the key last looked up, its sender the originator. */
  #begin(table: FlowTable, packet: Packet): number {
    if (table.count >= table.limit) this.#evict(table);
    const { frame } = packet;
    const slot = table.insert();
    this.flows++;
    table.flow8[slot * FLOW8 + LOW_IS_ORIG] = table.senderIsLow ? 1 : 0;
    table.flow64[slot * FLOW64 + START_SEC] = frame.sec;
    table.flow32[slot * FLOW32 + START_NSEC] = frame.nsec;
    table.flow64[slot * FLOW64 + LAST_SEC] = frame.sec;
    table.flow32[slot * FLOW32 + LAST_NSEC] = frame.nsec;
    table.flow64[slot * FLOW64 + FRAME] = frame.number;
    table.flow32[slot * FLOW32 + CAPTURE] = frame.capture;
    table.flow16[slot * FLOW16 + VLAN] = packet.vlan + 1;
    table.flow16[slot * FLOW16 + INNER_VLAN] = packet.innerVlan + 1;
    return slot;
  }

  #count(table: FlowTable, slot: number, side: number, packet: Packet): void {
    const e = slot * 2 + side;
    table.end32[e * END32 + PACKETS]! += 1;
    table.end64[e * END64 + IP_BYTES]! += packet.ipLength;
    if (table.end32[e * END32 + PACKETS] === 1) noteMacs(table, slot, side, packet);
    if (packet.kind !== KIND.tcp) touch(table, slot, packet);
    if (packet.tunnelType !== 0) this.#tunnelLog.through(table, slot, packet);
  }

  #sweepSome(table: FlowTable, shard: number): void {
    if (table.used === 0) return;
    let slot = this.#sweep[shard]!;
    for (let i = 0; i < SWEEP_STEPS; i++) {
      slot = slot + 1 < table.used ? slot + 1 : 0;
      if (this.#now < table.wake[slot]! || !table.isLive(slot)) continue;
      if (isOver(table, slot, this.#now)) this.#end(table, slot);
      else table.wake[slot] = earliestEnd(table, slot);
    }
    this.#sweep[shard] = slot;
  }

  /** A new epoch: with the budget used up no shard may grow. */
  #setLimits(): void {
    this.#rest = this.#epoch;
    let live = 0;
    for (const table of this.#tables) live += table.count;
    for (const table of this.#tables)
      table.limit = live < this.#maxFlows ? Number.POSITIVE_INFINITY : Math.max(table.count, FEWEST);
  }

  #evict(table: FlowTable): void {
    let slot = this.#sweep[table.shard]!;
    let oldest = -1;
    for (let seen = 0; seen < EVICTION_CANDIDATES; ) {
      slot = slot + 1 < table.used ? slot + 1 : 0;
      if (!table.isLive(slot)) continue;
      seen++;
      if (oldest < 0 || table.flow64[slot * FLOW64 + LAST_SEC]! < table.flow64[oldest * FLOW64 + LAST_SEC]!)
        oldest = slot;
    }
    this.#sweep[table.shard] = slot;
    this.evicted++;
    // The key last looked up must survive the end of another flow: `end` does not probe.
    this.#end(table, oldest);
  }

  #end(table: FlowTable, slot: number): void {
    const content = table.contentOf(slot)!;
    if (content !== null) this.#endContent(table, slot, content);
    const handle = content?.handle ?? new FlowHandle(table, slot, this.#site, this.#clock);
    this.missedBytes += missedBytes(table, slot);
    const record = connRecord(table, slot, handle, this.#listener);
    this.#listener.emit(conn, record, table.shard);
    if (record.duration === undefined) {
      const payload = flowPayload(table, slot);
      if (payload > 0) this.#listener.momentary(record, payload);
    }
    this.#tunnelLog.end(table, slot, handle);
    if ((table.flow32[slot * FLOW32 + FLAGS]! & FLAG.historyFull) !== 0)
      this.#noteFullHistory(record, table.shard);
    table.remove(slot);
  }

  #noteFullHistory(record: RecordOf<typeof conn>, shard: number): void {
    const { ts, uid, frame, capture } = record;
    const ends = {
      'id.orig_h': record['id.orig_h'],
      'id.orig_p': record['id.orig_p'],
      'id.resp_h': record['id.resp_h'],
      'id.resp_p': record['id.resp_p'],
    };
    this.#listener.emit(
      weird,
      { ts, uid, ...ends, name: 'history_limit', source: 'conn', frame, capture },
      shard,
    );
  }

  /**
   * Hands out what still waits. What a decoder emits now is of the flow's own last moment and first frame, not of
   * the packet that happened to end it.
   */
  #endContent(table: FlowTable, slot: number, content: FlowContent): void {
    const clock = this.#clock;
    const { sec, nsec, frame, capture } = clock;
    clock.sec = table.flow64[slot * FLOW64 + LAST_SEC]!;
    clock.nsec = table.flow32[slot * FLOW32 + LAST_NSEC]!;
    clock.frame = table.flow64[slot * FLOW64 + FRAME]!;
    clock.capture = table.flow32[slot * FLOW32 + CAPTURE]!;
    finishStreams(table, slot, content);
    content.consumer?.end();
    if (content.handle.turned) this.#turn(table, slot);
    clock.sec = sec;
    clock.nsec = nsec;
    clock.frame = frame;
    clock.capture = capture;
  }
}
