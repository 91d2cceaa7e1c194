/**
 * From the packet of a frame to the packets inside it: tunnels are opened one by one. A tunnel that is an IP protocol
 * is passed through, since the packet around it is no flow; of a tunnel over UDP both the packet around and the one
 * inside are accounted. What does not decode inside leaves the packet around it as it was. `ip-tunnels.ts` and
 * `udp-tunnels.ts` know the headers; 802.11 frames that hold several packets are taken apart here, too.
 *
 * Limits: `MAX_TUNNEL_DEPTH` tunnels around a packet (what is deeper is counted), `MAX_SUBFRAMES` packets in one 802.11
 * frame.
 */
import { KIND, Packet, PROBLEM } from '../model/packet.ts';
import type { TunnelTable } from '../model/tunnels.ts';
import type { Reassembly } from './fragments.ts';
import { decodeSubframe } from './ieee80211.ts';
import { ipTunnelType, openIpTunnel } from './ip-tunnels.ts';
import { decodeNext } from './link.ts';
import { openUdpTunnel, udpTunnelType } from './udp-tunnels.ts';
import { NEXT, OPEN } from './walk.ts';

export const MAX_TUNNEL_DEPTH = 4;
const MAX_SUBFRAMES = 64;

export class Decapsulation {
  /** Packets in more than `MAX_TUNNEL_DEPTH` tunnels, which were left as they are. */
  tooDeep = 0;
  readonly #tunnels: TunnelTable;
  /** One view per depth, since the packet around is still looked at while the one inside is decoded. */
  readonly #inner = Array.from({ length: MAX_TUNNEL_DEPTH }, () => new Packet());
  readonly #whole = Array.from({ length: MAX_TUNNEL_DEPTH + 1 }, () => new Packet());
  readonly #reassembly: Reassembly;
  #subframes = 0;

  constructor(tunnels: TunnelTable, reassembly: Reassembly) {
    this.#tunnels = tunnels;
    this.#reassembly = reassembly;
  }

  /**
   * The packet to account first: `packet` itself, the datagram that it completes, or what it carries when it is a tunnel
   * over IP. Null when other fragments are awaited.
   */
  first(packet: Packet): Packet | null {
    return packet.kind === KIND.ip || packet.problem === PROBLEM.fragment
      ? this.#settle(packet, true)
      : packet;
  }

  /** The packet inside one that was accounted, or null. */
  inside(packet: Packet): Packet | null {
    if (packet.kind !== KIND.udp) return null;
    const type = udpTunnelType(packet);
    if (type === 0) return null;
    const inner = this.#enter(packet, packet.payloadEnd, type);
    if (inner === null) return null;
    const open = openUdpTunnel(inner, packet);
    if (!this.#decode(inner, packet, open)) return null;
    return inner.kind === KIND.ip || inner.problem === PROBLEM.fragment ? this.#settle(inner, false) : inner;
  }

  /** Decodes the next packet of an 802.11 frame in place of the last; whether there was one. */
  rest(packet: Packet): boolean {
    const at = packet.rest;
    if (at < 0 || this.#subframes === MAX_SUBFRAMES) {
      this.#subframes = 0;
      return false;
    }
    this.#subframes++;
    packet.reset();
    decodeSubframe(packet, at);
    if (packet.next !== NEXT.nothing) decodeNext(packet);
    return true;
  }

  #settle(packet: Packet, alone: boolean): Packet | null {
    let outer = packet;
    for (;;) {
      if (outer.problem === PROBLEM.fragment) {
        const whole = this.#whole[outer.tunnelDepth]!;
        // Fragments of fragments are not put together.
        if (outer.ipVersion === 0 || outer.reassembled) return outer;
        if (!this.#reassembly.take(outer, whole, alone)) return null;
        outer = whole;
      }
      const type = outer.kind === KIND.ip ? ipTunnelType(outer.ipProtocol) : 0;
      if (type === 0) return outer;
      const inner = this.#enter(outer, outer.end, type);
      if (inner === null) return outer;
      const open = openIpTunnel(inner, outer);
      if (!this.#decode(inner, outer, open)) return outer;
      inner.carrier = this.#tunnels.intern(type, 0, outer);
      outer = inner;
    }
  }

  #enter(outer: Packet, end: number, type: number): Packet | null {
    const inner = this.#inner[outer.tunnelDepth];
    if (inner === undefined) {
      this.tooDeep++;
      return null;
    }
    inner.enter(outer, end, type);
    return inner;
  }

  /** Whether the tunnel could be opened and what is in it decodes. */
  #decode(inner: Packet, outer: Packet, open: number): boolean {
    if (open === OPEN.no) return false;
    decodeNext(inner);
    const known =
      inner.kind !== KIND.none ||
      inner.problem === PROBLEM.ethertype ||
      inner.problem === PROBLEM.llc ||
      inner.problem === PROBLEM.snap ||
      inner.problem === PROBLEM.noNextHeader ||
      (inner.problem === PROBLEM.fragment && inner.ipVersion !== 0);
    if (known && open !== OPEN.shared) {
      const ends = open === OPEN.byEnds ? outer : null;
      inner.tunnel = this.#tunnels.intern(inner.tunnelType, inner.tunnelNetwork, ends);
    }
    return known;
  }
}
