/**
 * `tunnel` records, and which tunnels a flow came through (`tunnel_parents`). The parent of a flow inside a tunnel over
 * UDP is the flow of the packet around; a tunnel that is an IP protocol has no flow, but a uid of its own. As in Zeek
 * the innermost tunnel is the parent, a tunnel is discovered with the first flow inside it, closed with its flow, and
 * expires after a day without packets when it has none.
 *
 * Limit: `MAX_PARENTS` parents per flow.
 */
import type { FlowListener } from '../model/flow.ts';
import type { Packet } from '../model/packet.ts';
import type { Moment } from '../model/schema.ts';
import { tunnel } from '../model/streams.ts';
import { TUNNEL_NAMES, TUNNEL_SERVICES, TUNNEL_WORDS, type TunnelTable } from '../model/tunnels.ts';
import { ipv4Text, ipv6Text } from '../net/address.ts';
import type { FlowHandle } from './flow-handle.ts';
import { CAPTURE, FLAGS, FLOW32, FLOW64, FRAME, LAST_NSEC, LAST_SEC, TUNNEL_SHIFT } from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { TUNNEL_EXPIRY } from './timeouts.ts';
import { tunnelUid } from './uid.ts';

const MAX_PARENTS = 16;

/** A tunnel that is an IP protocol. */
interface Carrier {
  readonly uid: string;
  last: number;
  /** Frame and capture of its last packet. */
  frame: number;
  capture: number;
}

export class TunnelLog {
  readonly #listener: FlowListener;
  readonly #tunnels: TunnelTable;
  readonly #site: number;
  readonly #carriers = new Map<number, Carrier>();
  /** The flow last accounted over UDP, and its frame: what the next packet of that frame may be inside of. */
  #outerTable: FlowTable | undefined;
  #outerSlot = 0;
  #outerFrame = 0;
  #outer: FlowHandle | null = null;

  constructor(listener: FlowListener, tunnels: TunnelTable, site: number) {
    this.#listener = listener;
    this.#tunnels = tunnels;
    this.#site = site;
  }

  /** A packet over UDP was accounted; another may be inside it. */
  around(table: FlowTable, slot: number, packet: Packet): void {
    this.#outerTable = table;
    this.#outerSlot = slot;
    this.#outerFrame = packet.frame.number;
    this.#outer = table.contentOf(slot)!.handle;
  }

  /** A packet that came through a tunnel was accounted to a flow. */
  through(table: FlowTable, slot: number, packet: Packet): void {
    const uid = packet.carrier === 0 ? this.#throughFlow(packet) : this.#throughCarrier(packet);
    if (uid === undefined) return;
    const parents = table.parents.get(slot);
    if (parents === undefined) table.parents.set(slot, [uid]);
    else if (!parents.includes(uid) && parents.length < MAX_PARENTS) parents.push(uid);
  }

  /** A flow ended that may have carried a tunnel. */
  end(table: FlowTable, slot: number, flow: FlowHandle): void {
    const type = table.flow32[slot * FLOW32 + FLAGS]! >>> TUNNEL_SHIFT;
    if (type === 0) return;
    const ts = {
      sec: table.flow64[slot * FLOW64 + LAST_SEC]!,
      nsec: table.flow32[slot * FLOW32 + LAST_NSEC]!,
    };
    const frame = table.flow64[slot * FLOW64 + FRAME]!;
    const capture = table.flow32[slot * FLOW32 + CAPTURE]!;
    this.#emitOfFlow(flow, type, 'Tunnel::CLOSE', ts, frame, capture);
  }

  /** The input is over at this time, in seconds: what expired until then and was not noticed. */
  finish(now: number): void {
    for (const [number, carrier] of this.#carriers)
      if (now - carrier.last >= TUNNEL_EXPIRY) this.#expire(number, carrier);
  }

  #throughFlow(packet: Packet): string | undefined {
    const outer = this.#outer;
    const table = this.#outerTable;
    if (outer === null || table === undefined || this.#outerFrame !== packet.frame.number) return undefined;
    const at = this.#outerSlot * FLOW32 + FLAGS;
    if (table.contentOf(this.#outerSlot)?.handle === outer && table.flow32[at]! >>> TUNNEL_SHIFT === 0) {
      table.flow32[at]! |= packet.tunnelType << TUNNEL_SHIFT;
      outer.addService(TUNNEL_SERVICES[packet.tunnelType]!);
      const { frame } = packet;
      this.#emitOfFlow(
        outer,
        packet.tunnelType,
        'Tunnel::DISCOVER',
        momentOf(packet),
        frame.number,
        frame.capture,
      );
    }
    return outer.uid;
  }

  #throughCarrier(packet: Packet): string {
    const now = packet.frame.sec + packet.frame.nsec / 1e9;
    let carrier = this.#carriers.get(packet.carrier);
    if (carrier !== undefined && now - carrier.last >= TUNNEL_EXPIRY) {
      this.#expire(packet.carrier, carrier);
      carrier = undefined;
    }
    const { sec, nsec, number, capture } = packet.frame;
    if (carrier === undefined) {
      const uid = tunnelUid(this.#tunnels, packet.carrier, sec, nsec, this.#site);
      carrier = { uid, last: now, frame: number, capture };
      this.#carriers.set(packet.carrier, carrier);
      this.#emitOfCarrier(packet.carrier, uid, 'Tunnel::DISCOVER', { sec, nsec }, number, capture);
    }
    carrier.last = now;
    carrier.frame = number;
    carrier.capture = capture;
    return carrier.uid;
  }

  /** A tunnel is over a day after its last packet, whoever notices. */
  #expire(tunnelNumber: number, { uid, last, frame, capture }: Carrier): void {
    const over = last + TUNNEL_EXPIRY;
    const ts = { sec: Math.floor(over), nsec: Math.floor((over % 1) * 1e6) * 1000 };
    this.#emitOfCarrier(tunnelNumber, uid, 'Tunnel::EXPIRE', ts, frame, capture);
  }

  #emitOfFlow(
    flow: FlowHandle,
    type: number,
    action: string,
    ts: Moment,
    frame: number,
    capture: number,
  ): void {
    this.#listener.emit(
      tunnel,
      {
        ts,
        uid: flow.uid,
        'id.orig_h': flow.origHost,
        'id.orig_p': flow.origPort,
        'id.resp_h': flow.respHost,
        'id.resp_p': flow.respPort,
        tunnel_type: TUNNEL_NAMES[type]!,
        action,
        frame,
        capture: this.#listener.captureName(capture),
      },
      flow.shard,
    );
  }

  /** The end points of a tunnel are those of its first packet. */
  #emitOfCarrier(
    carrier: number,
    uid: string,
    action: string,
    ts: Moment,
    frame: number,
    capture: number,
  ): void {
    const low = this.#address(carrier, 2);
    const high = this.#address(carrier, 6);
    const lowFirst = this.#tunnels.lowFirst[carrier] === 1;
    this.#listener.emit(
      tunnel,
      {
        ts,
        uid,
        'id.orig_h': lowFirst ? low : high,
        'id.orig_p': 0,
        'id.resp_h': lowFirst ? high : low,
        'id.resp_p': 0,
        tunnel_type: TUNNEL_NAMES[this.#tunnels.words[carrier * TUNNEL_WORDS]!]!,
        action,
        frame,
        capture: this.#listener.captureName(capture),
      },
      0,
    );
  }

  #address(carrier: number, word: number): string {
    const { words } = this.#tunnels;
    const at = carrier * TUNNEL_WORDS + word;
    return this.#tunnels.ipv6[carrier] === 1
      ? ipv6Text(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
      : ipv4Text(words[at + 3]!);
  }
}

function momentOf({ frame }: Packet): Moment {
  return { sec: frame.sec, nsec: frame.nsec };
}
