/**
 * The long way of a TCP segment through the account of its flow: where its side begins, its letters, where both sides
 * stand, their states. The short way of ordinary ones is `tcp-ordinary.ts`; what each step means stands in `tcp-state.ts`.
 * The payload is the engine's affair.
 */
import { ACK, FIN, type Packet, RST, SYN } from '../model/packet.ts';
import {
  ACK_SEQ,
  ACK_WRAPS,
  CLOSED_OF,
  END8,
  END16,
  END32,
  FIN_SEQ,
  FINS,
  FLAG,
  FLAGS,
  FLOW32,
  LAST_SEQ,
  SEQ_WRAPS,
  START_SEQ,
  STATE_OF,
} from './flow-layout.ts';
import { touch } from './flow-row.ts';
import type { FlowTable } from './flow-table.ts';
import {
  CLOSED,
  isBeforeStart,
  noteFlags,
  noteWindow,
  STATE,
  startEndpoint,
  startFromAck,
  updateAck,
  updateLast,
  updateState,
} from './tcp-state.ts';

/** The sequence space a segment takes: payload, SYN and FIN one each; the payload of a RST is not stream. */
function spanOf({ tcpFlags: flags, payloadLength }: Packet): number {
  return (
    ((flags & RST) !== 0 ? 0 : payloadLength) + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)
  );
}

/** Begins the sequence space of a side where it has none yet. Whether the segment lies before it. */
export function beginSegment(table: FlowTable, slot: number, side: number, packet: Packet): boolean {
  const e = slot * 2 + side;
  notePartial(table, slot, side, packet.tcpFlags);
  startEndpoint(table, e, packet.tcpFlags, packet.seq, (packet.seq + spanOf(packet)) >>> 0);
  return isBeforeStart(
    table,
    e,
    packet.seq,
    table.end32[e * END32 + LAST_SEQ]!,
    table.end16[e * END16 + SEQ_WRAPS]!,
  );
}

/** Accounts a segment. Returns what it acknowledges, relative to the start of the other side; 0 is nothing. */
export function accountSegment(
  table: FlowTable,
  slot: number,
  side: number,
  packet: Packet,
  now: number,
): number {
  const flags = packet.tcpFlags;
  const length = packet.payloadLength;
  const span = spanOf(packet);
  const e = slot * 2 + side;
  const rel = (packet.seq - table.end32[e * END32 + START_SEQ]!) >>> 0;
  noteFlags(table, slot, side, flags, rel, length);
  noteWindow(table, slot, side, flags, packet.window);
  if (
    table.end8[slot * 2 * END8 + CLOSED_OF] !== CLOSED.yes ||
    table.end8[(slot * 2 + 1) * END8 + CLOSED_OF] !== CLOSED.yes
  )
    touch(table, slot, packet);
  if ((flags & FIN) !== 0) {
    table.end8[e * END8 + FINS] = 1;
    table.end32[e * END32 + FIN_SEQ] = (rel + span) >>> 0;
  }
  const relAck = (flags & ACK) !== 0 ? acknowledgedBy(table, e ^ 1, packet) : 0;
  updateLast(table, slot, side, (packet.seq + span) >>> 0, flags, length);
  updateState(table, slot, side, flags, length, now);
  table.flow32[slot * FLOW32 + FLAGS]! |= side === 0 ? FLAG.origSeen : FLAG.respSeen;
  return relAck;
}

/** What of an end's stream the segment acknowledges. */
function acknowledgedBy(table: FlowTable, peer: number, packet: Packet): number {
  if (table.end8[peer * END8 + STATE_OF] === STATE.inactive) {
    startFromAck(table, peer, packet.ack);
    return 1;
  }
  const last = table.end32[peer * END32 + ACK_SEQ]!;
  if (isBeforeStart(table, peer, packet.ack, last, table.end16[peer * END16 + ACK_WRAPS]!)) return 0;
  const relAck = (packet.ack - table.end32[peer * END32 + START_SEQ]!) >>> 0;
  if ((packet.tcpFlags & RST) === 0) updateAck(table, peer, packet.ack);
  return relAck;
}

function notePartial(table: FlowTable, slot: number, side: number, flags: number): void {
  const seen = table.flow32[slot * FLOW32 + FLAGS]!;
  if (side === 0) {
    if ((seen & FLAG.origSeen) === 0 && (flags & (SYN | ACK)) !== SYN)
      table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.partial;
    else if ((seen & FLAG.origSeen) === 0) table.flow32[slot * FLOW32 + FLAGS]! &= ~FLAG.partial;
  } else if ((seen & (FLAG.respSeen | FLAG.partial)) === 0 && (flags & SYN) === 0) {
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.partial;
  }
}
