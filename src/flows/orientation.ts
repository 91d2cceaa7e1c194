/**
 * Who began a flow, by its first packet: a SYN, else a known port. What protocols show later is `FlowHandle.orient`, what
 * the inventory says of the hosts stands in the engine.
 */
import { ACK, type Packet, SYN } from '../model/packet.ts';
import { LIKELY_TCP_SERVER, LIKELY_UDP_SERVER } from '../net/ports.ts';
import { isBroadcast } from './flow-key.ts';
import { FLAG, FLAGS, FLOW32 } from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { flipRoles } from './tcp-state.ts';

/** Orients a TCP flow by its first segment, whose sender is the originator so far. False when it does not show. */
export function orientTcp(table: FlowTable, slot: number, packet: Packet): boolean {
  const flags = packet.tcpFlags;
  if ((flags & SYN) !== 0) {
    // A SYN comes from the originator, a SYN-ACK from the responder.
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.bySyn;
    if ((flags & ACK) !== 0) flipRoles(table, slot);
    return true;
  }
  const fromServer = LIKELY_TCP_SERVER[packet.srcPort] === 1;
  const toServer = LIKELY_TCP_SERVER[packet.dstPort] === 1;
  if (!fromServer && !toServer) return false;
  table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.byPort;
  // Both ports may be a server's: then the lower one is.
  const flip = fromServer && (!toServer || packet.srcPort < packet.dstPort);
  if (flip && !isBroadcast(packet)) flipRoles(table, slot);
  return true;
}

/** Orients a UDP flow by its first datagram, likewise. False when neither port is known. */
export function orientUdp(table: FlowTable, slot: number, packet: Packet): boolean {
  const fromServer = LIKELY_UDP_SERVER[packet.srcPort] === 1;
  const toServer = LIKELY_UDP_SERVER[packet.dstPort] === 1;
  if (fromServer !== toServer) table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.byPort;
  if (fromServer && !toServer && !isBroadcast(packet)) flipRoles(table, slot);
  return fromServer || toServer;
}
