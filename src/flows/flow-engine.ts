/**
 * Packets in, flows out. A packet belongs to one of 64 fixed shards by its unordered address pair; each shard has its
 * own table and limits, so results do not depend on who works on which shard.
 *
 * Flows end by capture time only: when the next packet of their five-tuple comes too late, when a sweep passes by
 * (two slots per packet), or at the end of the input. What a `conn` record says does not depend on which of these
 * noticed it. Time that runs backwards never ends a flow.
 *
 * Limit: `maxFlows` over all shards; beyond it the longest silent of eight candidates is ended early, and counted.
 */
import { u16be, u32be } from '../bytes/read.ts';
import type { FlowListener } from '../model/flow.ts';
import { ACK, FIN, KIND, type Packet, RST, SYN } from '../model/packet.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import { conn } from '../model/streams.ts';
import { LIKELY_TCP_SERVER, LIKELY_UDP_SERVER } from '../net/ports.ts';
import { connRecord } from './conn-record.ts';
import { type Clock, FlowHandle } from './flow-handle.ts';
import { FLAG, FlowTable, KEY_IPV6, KEY_ONE_WAY } from './flow-table.ts';
import { addOnce, LETTER, SEEN } from './history.ts';
import { ICMP_COUNTERPART, ICMP6_COUNTERPART } from './icmp-pairs.ts';
import { seqDelta } from './sequence.ts';
import {
  CLOSED,
  flipRoles,
  isBeforeStart,
  isReuse,
  noteFlags,
  noteWindow,
  STATE,
  settleClose,
  startEndpoint,
  startFromAck,
  updateAck,
  updateLast,
  updateState,
} from './tcp-state.ts';
import { acknowledge, deliverSegment, finishStreams, stopConsumer } from './tcp-stream.ts';
import { DNS_LIFETIME, DNS_SILENCE, IDLE_DATAGRAM } from './timeouts.ts';
import { siteSeed } from './uid.ts';

export const SHARDS = 64;
const EVICTION_CANDIDATES = 8;
const SWEEP_STEPS = 2;

export interface FlowOptions {
  /** Live flows over all shards. */
  readonly maxFlows: number;
  /** Name of the site, part of every uid. */
  readonly site: string;
  /** Budget for segments that wait behind holes. */
  readonly memory: StreamMemory;
}

export class FlowEngine {
  /** Flows ended early because a shard was full. */
  evicted = 0;
  /** Flows begun. */
  flows = 0;
  /** Content bytes acknowledged but not captured, of flows that ended. */
  missedBytes = 0;
  readonly #tables: FlowTable[];
  readonly #sweep = new Uint32Array(SHARDS);
  readonly #listener: FlowListener;
  readonly #site: number;
  readonly #clock: Clock = { sec: 0, nsec: 0, frame: 0, capture: 0 };

  constructor(listener: FlowListener, options: FlowOptions) {
    const perShard = Math.max(16, Math.floor(options.maxFlows / SHARDS));
    this.#tables = Array.from(
      { length: SHARDS },
      (_, shard) => new FlowTable(shard, perShard, options.memory),
    );
    this.#listener = listener;
    this.#site = siteSeed(options.site);
  }

  /** Accounts one decoded packet whose kind is tcp, udp, icmp, icmp6 or ip. */
  process(packet: Packet): void {
    const { frame } = packet;
    const clock = this.#clock;
    clock.sec = frame.sec;
    clock.nsec = frame.nsec;
    clock.frame = frame.number;
    clock.capture = frame.capture;
    const now = frame.sec + frame.nsec / 1e9;
    const shard = shardOf(packet);
    const table = this.#tables[shard]!;
    this.#sweepSome(table, shard, now);
    switch (packet.kind) {
      case KIND.tcp:
        return this.#tcp(table, packet, now);
      case KIND.udp:
        return this.#udp(table, packet, now);
      case KIND.icmp:
        return this.#icmp(table, packet, ICMP_COUNTERPART, now);
      case KIND.icmp6:
        return this.#icmp(table, packet, ICMP6_COUNTERPART, now);
      default: {
        const slot = this.#findOrBegin(table, packet, 0, 0, 0, now);
        const side = sideOf(table, slot);
        this.#count(table, slot, side, packet);
      }
    }
  }

  /** The input is over: ends every flow. */
  finish(): void {
    for (const table of this.#tables) {
      for (let slot = 0; slot < table.used; slot++) if (table.live[slot] === 1) this.#end(table, slot);
    }
  }

  #tcp(table: FlowTable, packet: Packet, now: number): void {
    const flags = packet.tcpFlags;
    let slot = table.find(packet, packet.srcPort, packet.dstPort, keyMeta(packet));
    if (slot >= 0 && (isOver(table, slot, now) || isReuse(table, slot, flags, packet.seq))) {
      this.#end(table, slot);
      slot = -1;
    }
    if (slot < 0) slot = this.#beginTcp(table, packet);
    let side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    const length = packet.payloadLength;
    const e = slot * 2 + side;
    // The sequence space a segment takes: payload, SYN and FIN one each; the payload of a RST is not stream.
    const span =
      ((flags & RST) !== 0 ? 0 : length) + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    const after = (packet.seq + span) >>> 0;
    this.#notePartial(table, slot, side, flags);
    startEndpoint(table, e, flags, packet.seq, after);
    const early = isBeforeStart(table, e, packet.seq, table.lastSeq[e]!, table.seqWraps[e]!);
    const rel = (packet.seq - table.startSeq[e]!) >>> 0;
    noteFlags(table, slot, side, flags, rel, length);
    noteWindow(table, slot, side, flags, packet.window);
    if (table.closed[slot * 2] !== CLOSED.yes || table.closed[slot * 2 + 1] !== CLOSED.yes)
      touch(table, slot, packet);
    if ((flags & FIN) !== 0) {
      table.fins[e] = 1;
      table.finSeq[e] = (rel + span) >>> 0;
    }
    const peer = e ^ 1;
    let relAck = 0;
    if ((flags & ACK) !== 0) {
      if (table.state[peer] === STATE.inactive) {
        relAck = 1;
        startFromAck(table, peer, packet.ack);
      } else if (!isBeforeStart(table, peer, packet.ack, table.ackSeq[peer]!, table.ackWraps[peer]!)) {
        relAck = (packet.ack - table.startSeq[peer]!) >>> 0;
        if ((flags & RST) === 0) updateAck(table, peer, packet.ack);
      }
    }
    updateLast(table, slot, side, after, flags, length);
    const lowWasOrig = table.lowIsOrig[slot];
    updateState(table, slot, side, flags, packet.seq, length, now);
    if (table.lowIsOrig[slot] !== lowWasOrig) side ^= 1;
    table.flags[slot]! |= side === 0 ? FLAG.origSeen : FLAG.respSeen;
    if (relAck > 0) this.#acknowledged(table, slot, side ^ 1, relAck);
    if (length > 0 && (flags & RST) === 0 && !early) {
      if ((table.flags[slot]! & FLAG.asked) === 0) this.#ask(table, slot);
      const first = (flags & SYN) !== 0 ? (rel + 1) >>> 0 : rel;
      const to = Math.min(packet.payloadEnd, packet.payloadAt + length);
      deliverSegment(table, slot, side, first, length, packet.frame.bytes, packet.payloadAt, to);
    }
    if (table.closed[slot * 2] === CLOSED.waiting || table.closed[slot * 2 + 1] === CLOSED.waiting) {
      settleClose(table, slot);
    }
  }

  /** The bytes of `side` before `relAck` were received by its peer. */
  #acknowledged(table: FlowTable, slot: number, side: number, relAck: number): void {
    const e = slot * 2 + side;
    let seq = relAck;
    if (table.fins[e] === 1 && seqDelta(seq, table.finSeq[e]!) >= 0) seq = (table.finSeq[e]! - 1) >>> 0;
    if (seqDelta(seq, table.next[e]!) <= 0) return;
    // A flow picked up in its middle begins at its first acknowledged byte, not with a hole.
    if (seq <= 2 && (table.flags[slot]! & FLAG.partial) !== 0) return;
    acknowledge(table, slot, side, seq);
  }

  #beginTcp(table: FlowTable, packet: Packet): number {
    const slot = this.#begin(table, packet);
    const flags = packet.tcpFlags;
    if ((flags & SYN) !== 0) {
      // A SYN comes from the originator, a SYN-ACK from the responder.
      table.flags[slot]! |= FLAG.bySyn;
      if ((flags & ACK) !== 0) flipRoles(table, slot);
    } else if (LIKELY_TCP_SERVER[packet.srcPort] === 1) {
      // Both ports may be a server's: then the lower one is.
      const flip = LIKELY_TCP_SERVER[packet.dstPort] !== 1 || packet.srcPort < packet.dstPort;
      table.flags[slot]! |= FLAG.byPort;
      if (flip && !isBroadcast(packet)) flipRoles(table, slot);
    } else if (LIKELY_TCP_SERVER[packet.dstPort] === 1) {
      table.flags[slot]! |= FLAG.byPort;
    }
    return slot;
  }

  #notePartial(table: FlowTable, slot: number, side: number, flags: number): void {
    const seen = table.flags[slot]!;
    if (side === 0) {
      if ((seen & FLAG.origSeen) === 0 && (flags & (SYN | ACK)) !== SYN) table.flags[slot]! |= FLAG.partial;
      else if ((seen & FLAG.origSeen) === 0) table.flags[slot]! &= ~FLAG.partial;
    } else if ((seen & (FLAG.respSeen | FLAG.partial)) === 0 && (flags & SYN) === 0) {
      table.flags[slot]! |= FLAG.partial;
    }
  }

  #udp(table: FlowTable, packet: Packet, now: number): void {
    const slot = this.#findOrBegin(table, packet, packet.srcPort, packet.dstPort, 0, now);
    const side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    addOnce(table, slot, side, SEEN.data, LETTER.D);
    addPayload(table, slot * 2 + side, packet.payloadLength);
    if (packet.payloadLength === 0) return;
    if ((table.flags[slot]! & FLAG.asked) === 0) this.#ask(table, slot);
    const consumer = table.consumer[slot]!;
    if (consumer === null) return;
    const to = Math.min(packet.payloadEnd, packet.payloadAt + packet.payloadLength);
    if (
      to > packet.payloadAt &&
      !consumer.data(side === 0 ? 0 : 1, packet.frame.bytes, packet.payloadAt, to)
    ) {
      stopConsumer(table, slot);
    }
  }

  #icmp(table: FlowTable, packet: Packet, counterparts: Int16Array, now: number): void {
    const counterpart = counterparts[packet.srcPort]!;
    const slot =
      counterpart < 0
        ? this.#findOrBegin(table, packet, packet.srcPort, packet.dstPort, KEY_ONE_WAY, now)
        : this.#findOrBegin(table, packet, packet.srcPort, counterpart, 0, now);
    const side = sideOf(table, slot);
    this.#count(table, slot, side, packet);
    addPayload(table, slot * 2 + side, packet.payloadLength);
  }

  #ask(table: FlowTable, slot: number): void {
    table.flags[slot]! |= FLAG.asked;
    table.consumer[slot] = this.#listener.start(new FlowHandle(table, slot, this.#site, this.#clock));
    if (table.consumer[slot] === null) table.flags[slot]! |= FLAG.finished;
  }

  #findOrBegin(table: FlowTable, packet: Packet, a: number, b: number, bits: number, now: number): number {
    const meta = keyMeta(packet) | bits;
    const slot = table.find(packet, a, b, meta);
    if (slot >= 0 && !isOver(table, slot, now)) return slot;
    if (slot >= 0) this.#end(table, slot);
    const begun = this.#begin(table, packet);
    if (packet.kind === KIND.udp) {
      const fromServer = LIKELY_UDP_SERVER[a] === 1;
      const toServer = LIKELY_UDP_SERVER[b] === 1;
      if (fromServer !== toServer) table.flags[begun]! |= FLAG.byPort;
      if (fromServer && !toServer && !isBroadcast(packet)) flipRoles(table, begun);
      if (isDns(a) || isDns(b)) table.flags[begun]! |= FLAG.dns;
    }
    return begun;
  }

  /** Inserts a flow for the key last looked up, its sender the originator. */
  #begin(table: FlowTable, packet: Packet): number {
    if (table.count >= table.maxFlows) this.#evict(table);
    const { frame } = packet;
    const slot = table.insert();
    this.flows++;
    table.lowIsOrig[slot] = table.senderIsLow ? 1 : 0;
    table.startSec[slot] = frame.sec;
    table.startNsec[slot] = frame.nsec;
    table.lastSec[slot] = frame.sec;
    table.lastNsec[slot] = frame.nsec;
    table.idle[slot] = IDLE_DATAGRAM;
    table.frame[slot] = frame.number;
    table.capture[slot] = frame.capture;
    table.vlan[slot] = packet.vlan;
    table.innerVlan[slot] = packet.innerVlan;
    return slot;
  }

  #count(table: FlowTable, slot: number, side: number, packet: Packet): void {
    const e = slot * 2 + side;
    table.packets[e]! += 1;
    table.ipBytes[e]! += packet.ipLength;
    if (table.packets[e] === 1) noteMacs(table, slot, side, packet);
    if (packet.kind !== KIND.tcp) touch(table, slot, packet);
  }

  #sweepSome(table: FlowTable, shard: number, now: number): void {
    if (table.used === 0) return;
    let slot = this.#sweep[shard]!;
    for (let i = 0; i < SWEEP_STEPS; i++) {
      slot = slot + 1 < table.used ? slot + 1 : 0;
      if (table.live[slot] === 1 && isOver(table, slot, now)) this.#end(table, slot);
    }
    this.#sweep[shard] = slot;
  }

  #evict(table: FlowTable): void {
    let slot = this.#sweep[table.shard]!;
    let oldest = -1;
    for (let seen = 0; seen < EVICTION_CANDIDATES; ) {
      slot = slot + 1 < table.used ? slot + 1 : 0;
      if (table.live[slot] !== 1) continue;
      seen++;
      if (oldest < 0 || table.lastSec[slot]! < table.lastSec[oldest]!) oldest = slot;
    }
    this.#sweep[table.shard] = slot;
    this.evicted++;
    // The key last looked up must survive the end of another flow: `end` does not probe.
    this.#end(table, oldest);
  }

  #end(table: FlowTable, slot: number): void {
    finishStreams(table, slot);
    table.consumer[slot]?.end();
    const handle = new FlowHandle(table, slot, this.#site, this.#clock);
    this.missedBytes += table.missed[slot]!;
    this.#listener.emit(conn, connRecord(table, slot, handle, this.#listener), table.shard);
    table.remove(slot);
  }
}

/** Shard of an unordered address pair; independent of ports, so that the flows of two hosts stay together. */
function shardOf(packet: Packet): number {
  const mixed =
    (packet.src0 ^ packet.dst0) +
    (packet.src1 ^ packet.dst1) +
    (packet.src2 ^ packet.dst2) +
    (packet.src3 ^ packet.dst3);
  const h = Math.imul(mixed, 0x9e3779b1);
  return h >>> 26;
}

function keyMeta(packet: Packet): number {
  return packet.ipProtocol | (packet.ipVersion === 6 ? KEY_IPV6 : 0);
}

/** Which side sent the packet last looked up: 0 the originator, 1 the responder. */
function sideOf(table: FlowTable, slot: number): number {
  return (table.lowIsOrig[slot] === 1) === table.senderIsLow ? 0 : 1;
}

function isOver(table: FlowTable, slot: number, now: number): boolean {
  if (now >= table.deadline[slot]!) return true;
  if (now >= table.attempt[slot]! && table.state[slot * 2 + 1] === STATE.inactive) {
    const state = table.state[slot * 2];
    if (state === STATE.synSent || state === STATE.synAckSent) return true;
  }
  const last = table.lastSec[slot]! + table.lastNsec[slot]! / 1e9;
  if ((table.flags[slot]! & FLAG.dns) !== 0) {
    const start = table.startSec[slot]! + table.startNsec[slot]! / 1e9;
    return now >= Math.max(start + DNS_LIFETIME, last + DNS_SILENCE);
  }
  return now >= last + table.idle[slot]!;
}

/** DNS and its relatives, whose lookups are flows of their own. */
function isDns(port: number): boolean {
  return port === 53 || port === 137 || port === 5353 || port === 5355;
}

function touch(table: FlowTable, slot: number, packet: Packet): void {
  const { frame } = packet;
  table.lastSec[slot] = frame.sec;
  table.lastNsec[slot] = frame.nsec;
}

function addPayload(table: FlowTable, e: number, length: number): void {
  const sum = table.payload[e]!;
  table.payload[e] = sum < 0 ? length : sum + length;
}

function isBroadcast(packet: Packet): boolean {
  return packet.ipVersion === 4 && packet.dst3 === 0xffffffff;
}

function noteMacs(table: FlowTable, slot: number, side: number, packet: Packet): void {
  if (packet.macSrcAt >= 0) setMac(table, slot * 2 + side, packet.frame.bytes, packet.macSrcAt);
  const peer = slot * 2 + (side ^ 1);
  // Until the other side speaks, its MAC is where frames to it are sent; group addresses are nobody's.
  if (packet.macDstAt >= 0 && table.packets[peer] === 0 && (packet.frame.bytes[packet.macDstAt]! & 1) === 0) {
    setMac(table, peer, packet.frame.bytes, packet.macDstAt);
  }
}

function setMac(table: FlowTable, e: number, bytes: Uint8Array, at: number): void {
  table.macHigh[e] = u16be(bytes, at);
  table.macLow[e] = u32be(bytes, at + 2);
}
