/**
 * The short way for the segment that almost every segment is: both sides established, no flag but ACK, its kind already
 * in the history, next in its stream, acknowledging nothing unseen. It changes nothing but where the two sides stand.
 * Everything else takes the long way (`tcp-state.ts`), which gives the same answer for these segments.
 */
import { ACK, FIN, type Packet, RST, SYN } from '../model/packet.ts';
import {
  ACK_SEQ,
  ACK_WRAPS,
  CUT,
  END8,
  END16,
  END32,
  FLOW16,
  HISTORY_SEEN,
  LAST_SEQ,
  NEXT,
  SEQ_WRAPS,
  START_SEQ,
  STATE_OF,
  WAITING,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { SEEN } from './history.ts';
import { STATE } from './tcp-state.ts';

/** Takes an ordinary segment of a side, all but its payload; false when it is not ordinary, and nothing was changed. */
export function takeOrdinary(table: FlowTable, slot: number, side: number, packet: Packet): boolean {
  if ((packet.tcpFlags & (SYN | FIN | RST | ACK)) !== ACK || packet.window === 0) return false;
  const { end8, end32 } = table;
  const e = slot * 2 + side;
  const peer = e ^ 1;
  if (end8[e * END8 + STATE_OF] !== STATE.established) return false;
  if (end8[peer * END8 + STATE_OF] !== STATE.established) return false;
  const length = packet.payloadLength;
  const kind = length > 0 ? SEEN.data : SEEN.ack;
  if ((table.flow16[slot * FLOW16 + HISTORY_SEEN]! & (side === 0 ? kind : kind << 8)) === 0) return false;
  if (end8[e * END8 + WAITING] !== 0) return false;

  const row = e * END32;
  const { seq, ack } = packet;
  const last = end32[row + LAST_SEQ]!;
  // Nothing sent before, nothing skipped.
  if (seq !== last) return false;
  if (length > 0 && (seq - end32[row + START_SEQ]!) >>> 0 !== end32[row + NEXT]) return false;
  const peerRow = peer * END32;
  const acked = end32[peerRow + ACK_SEQ]!;
  const newlyAcked = (ack - acked) | 0;
  if (newlyAcked < 0 || (newlyAcked > 0 && end8[peer * END8 + CUT] !== 0)) return false;
  if (((ack - end32[peerRow + START_SEQ]! - end32[peerRow + NEXT]!) | 0) > 0) return false;

  if (newlyAcked > 0) {
    if (ack < acked) table.end16[peer * END16 + ACK_WRAPS]!++;
    end32[peerRow + ACK_SEQ] = ack;
  }
  if (length > 0) {
    const after = (seq + length) >>> 0;
    if (after < last) table.end16[e * END16 + SEQ_WRAPS]!++;
    end32[row + LAST_SEQ] = after;
  }
  return true;
}
