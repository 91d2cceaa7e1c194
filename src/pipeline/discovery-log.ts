/**
 * Messages of IPv6 neighbour discovery → `icmp6_nd` records; they are flows as well. The same message between the same
 * addresses is logged once, one that says anything else is a new record.
 *
 * Limit: `LIMITS.neighbourDiscovery` distinct messages are remembered.
 */
import { hex } from '../bytes/text.ts';
import type { Packet } from '../model/packet.ts';
import { icmp6Nd } from '../model/streams.ts';
import { ipv6Text, readMac } from '../net/address.ts';
import { decodeDiscovery } from '../protocols/naming/icmp6-nd.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

/** Bytes of a message that tell it from another, and its checksum, which does not. */
const COMPARED = 256;
const CHECKSUM_AT = 2;

export class DiscoveryLog {
  readonly #sink: RecordSink;
  readonly #repeats = new Repeats(LIMITS.neighbourDiscovery);

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** The packet's ICMPv6 type is one of neighbour discovery. */
  observe(packet: Packet): void {
    const { frame, macSrcAt, transportAt, vlan, payloadEnd } = packet;
    const { bytes } = frame;
    const message =
      hex(bytes, transportAt, transportAt + CHECKSUM_AT) +
      hex(bytes, transportAt + CHECKSUM_AT + 2, Math.min(payloadEnd, transportAt + COMPARED));
    const src = ipv6Text(packet.src0, packet.src1, packet.src2, packet.src3);
    const dst = ipv6Text(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    const source = macSrcAt < 0 ? undefined : readMac(bytes, macSrcAt);
    if (this.#repeats.has(`${source} ${vlan} ${src} ${dst} ${message}`)) return;
    const found = decodeDiscovery(bytes, transportAt, payloadEnd);
    if (found === undefined) return;
    this.#sink.emit(
      icmp6Nd,
      {
        ts: { sec: frame.sec, nsec: frame.nsec },
        ...found,
        src,
        dst,
        eth_src: source,
        vlan: vlan < 0 ? undefined : vlan,
        frame: frame.number,
        capture: this.#sink.captureName(frame.capture),
      },
      0,
    );
  }
}
