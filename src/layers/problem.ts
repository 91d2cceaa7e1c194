/** How a layer says that it cannot go on. */
import { KIND, type Packet } from '../model/packet.ts';

/** Ends the walk: the packet is not decoded, and why. */
export function fail(packet: Packet, problem: number, number = 0): void {
  packet.kind = KIND.none;
  packet.problem = problem;
  packet.problemNumber = number;
}
