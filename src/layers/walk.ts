/**
 * How one layer hands over to the next when it cannot call it: the walk down the layers is a loop (`link.ts`), not a
 * recursion, so that headers inside headers cost no stack and are counted; and how a layer says that it cannot go on.
 */
import { KIND, type Packet } from '../model/packet.ts';

/** What follows, in `packet.next`. */
export const NEXT = {
  nothing: 0,
  ethernet: 1,
  /** Named by an ether type, in `packet.nextType`. */
  ethertype: 2,
  llc: 3,
  mpls: 4,
  pppoe: 5,
  ppp: 6,
  /** IP of the version that its first nibble says. */
  ip: 7,
  ieee80211: 8,
} as const;

/** The walk goes on with another layer at `at`. */
export function follow(packet: Packet, next: number, at: number, type = 0): void {
  packet.next = next;
  packet.nextAt = at;
  packet.nextType = type;
}

/** Ends the walk: the packet is not decoded, and why. */
export function fail(packet: Packet, problem: number, number = 0): void {
  packet.kind = KIND.none;
  packet.problem = problem;
  packet.problemNumber = number;
}

/** Ends the walk at a packet of layer 2 that reaches to the end of its frame. */
export function foundAtLayer2(packet: Packet, kind: number, at: number): void {
  packet.kind = kind;
  packet.transportAt = at;
  packet.transportLength = packet.end - at;
}

/** Whether a tunnel could be opened, and what of it is part of the key of its flows. */
export const OPEN = {
  /** Not a tunnel after all. */
  no: 0,
  /** Nothing: it carries a mirror, or one address space whatever way it takes. */
  shared: 1,
  /** Its network identifier (`packet.tunnelNetwork`), whoever carries it. */
  byNetwork: 2,
  /** Its end points, and the identifier if it has one. */
  byEnds: 3,
} as const;
