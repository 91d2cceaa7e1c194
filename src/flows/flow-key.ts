/**
 * Where a packet belongs: its shard, and the part of a flow's key that is neither address nor port. Sixty-four shards are
 * enough for any number of workers, and fixed, so that results do not depend on it.
 */
import type { Packet } from '../model/packet.ts';
import { KEY_IPV6, KEY_TUNNEL_SHIFT } from './flow-layout.ts';

export const SHARDS = 64;

/** Shard of an unordered address pair; independent of ports, so that the flows of two hosts stay together. */
export function shardOf(packet: Packet): number {
  const mixed =
    (packet.src0 ^ packet.dst0) +
    (packet.src1 ^ packet.dst1) +
    (packet.src2 ^ packet.dst2) +
    (packet.src3 ^ packet.dst3);
  const h = Math.imul(mixed, 0x9e3779b1);
  return h >>> 26;
}

/** IP protocol, version and innermost tunnel. */
export function keyMeta(packet: Packet): number {
  return packet.ipProtocol | (packet.ipVersion === 6 ? KEY_IPV6 : 0) | (packet.tunnel << KEY_TUNNEL_SHIFT);
}

/** Sent to a group, by its address or that of its frame (which is all that shows a broadcast to a subnet). */
export function isToGroup(packet: Packet): boolean {
  const ip = packet.ipVersion === 6 ? packet.dst0 >>> 24 === 0xff : packet.dst3 >>> 28 === 0xe;
  return (
    ip || isBroadcast(packet) || (packet.macDstAt >= 0 && (packet.frame.bytes[packet.macDstAt]! & 1) === 1)
  );
}

/** Sent to all hosts: whoever answers is no responder of it. */
export function isBroadcast(packet: Packet): boolean {
  return packet.ipVersion === 4 && packet.dst3 === 0xffffffff;
}
