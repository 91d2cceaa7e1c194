/**
 * What a packet leaves in the row of its flow whatever its protocol: the time, the payload, the MAC addresses; and which
 * side sent it.
 */
import { u16be, u32be } from '../bytes/read.ts';
import type { Packet } from '../model/packet.ts';
import type { Direction } from '../model/protocol.ts';
import {
  END16,
  END32,
  END64,
  FLOW8,
  FLOW32,
  FLOW64,
  LAST_NSEC,
  LAST_SEC,
  LOW_IS_ORIG,
  MAC_HIGH,
  MAC_LOW,
  PACKETS,
  PAYLOAD,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';

/** Which side sent the packet last looked up: 0 the originator, 1 the responder. */
export function sideOf(table: FlowTable, slot: number): Direction {
  return (table.flow8[slot * FLOW8 + LOW_IS_ORIG] === 1) === table.senderIsLow ? 0 : 1;
}

/** The flow was active at the time of the packet. */
export function touch(table: FlowTable, slot: number, packet: Packet): void {
  const { frame } = packet;
  if (frame.sec < table.flow64[slot * FLOW64 + LAST_SEC]!) table.wake[slot] = 0;
  table.flow64[slot * FLOW64 + LAST_SEC] = frame.sec;
  table.flow32[slot * FLOW32 + LAST_NSEC] = frame.nsec;
}

/** Adds payload of an endpoint that keeps a plain sum. */
export function addPayload(table: FlowTable, e: number, length: number): void {
  const sum = table.end64[e * END64 + PAYLOAD]!;
  table.end64[e * END64 + PAYLOAD] = sum < 0 ? length : sum + length;
}

/** Notes the MAC addresses of the first packet of a side. */
export function noteMacs(table: FlowTable, slot: number, side: number, packet: Packet): void {
  if (packet.macSrcAt >= 0) setMac(table, slot * 2 + side, packet.frame.bytes, packet.macSrcAt);
  const peer = slot * 2 + (side ^ 1);
  // Until the other side speaks, its MAC is where frames to it are sent; group addresses are nobody's.
  if (
    packet.macDstAt >= 0 &&
    table.end32[peer * END32 + PACKETS] === 0 &&
    (packet.frame.bytes[packet.macDstAt]! & 1) === 0
  ) {
    setMac(table, peer, packet.frame.bytes, packet.macDstAt);
  }
}

function setMac(table: FlowTable, e: number, bytes: Uint8Array, at: number): void {
  table.end16[e * END16 + MAC_HIGH] = u16be(bytes, at);
  table.end32[e * END32 + MAC_LOW] = u32be(bytes, at + 2);
}
