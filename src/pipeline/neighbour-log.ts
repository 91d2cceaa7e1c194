/**
 * Announcements of LLDP and CDP → `neighbour` records. The same from the same sender is logged once; one that says anything
 * else is a new record. What is malformed is a `weird` beside the record of what could be read.
 *
 * Limit: `LIMITS.neighbours` distinct announcements are remembered.
 */
import { hex } from '../bytes/text.ts';
import { KIND, type Packet } from '../model/packet.ts';
import { neighbour, weird } from '../model/streams.ts';
import { readMac } from '../net/address.ts';
import { decodeCdp } from '../protocols/naming/cdp.ts';
import { decodeLldp } from '../protocols/naming/lldp.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

export class NeighbourLog {
  readonly #sink: RecordSink;
  readonly #repeats = new Repeats(LIMITS.neighbours);

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  observe(packet: Packet): void {
    const { frame, macSrcAt, transportAt, vlan } = packet;
    const { bytes } = frame;
    const end = transportAt + packet.transportLength;
    const source = macSrcAt < 0 ? undefined : readMac(bytes, macSrcAt);
    if (this.#repeats.has(`${source} ${vlan} ${hex(bytes, transportAt, end)}`)) return;
    const decode = packet.kind === KIND.lldp ? decodeLldp : decodeCdp;
    const { said, malformed } = decode(bytes, transportAt, end);
    const seen = {
      ts: { sec: frame.sec, nsec: frame.nsec },
      frame: frame.number,
      capture: this.#sink.captureName(frame.capture),
    };
    this.#sink.emit(neighbour, { ...seen, ...said, eth_src: source, vlan: vlan < 0 ? undefined : vlan }, 0);
    if (malformed)
      this.#sink.emit(weird, { ...seen, name: `${said.protocol}_malformed`, source: said.protocol }, 0);
  }
}
