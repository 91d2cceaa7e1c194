/**
 * ARP packets → `arp` records. Repeats of the same announcement (operation, MACs, addresses, VLAN) are logged once;
 * a changed pair is a new record.
 *
 * Limit: `LIMITS.arpPairs` distinct announcements are remembered.
 */

import { u16be, u32be } from '../bytes/read.ts';
import { hex } from '../bytes/text.ts';
import type { Packet } from '../model/packet.ts';
import { arp } from '../model/streams.ts';
import { readIpv4, readMac } from '../net/address.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { Repeats } from './repeats.ts';

const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;
const LENGTH = 28;

export class ArpLog {
  readonly #sink: RecordSink;
  readonly #repeats = new Repeats(LIMITS.arpPairs);

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  observe(packet: Packet): void {
    const { bytes } = packet.frame;
    const at = packet.transportAt;
    const key = `${packet.vlan} ${hex(bytes, at + OPERATION, at + LENGTH)}`;
    if (this.#repeats.has(key)) return;
    const operation = u16be(bytes, at + OPERATION);
    const { frame } = packet;
    this.#sink.emit(
      arp,
      {
        ts: { sec: frame.sec, nsec: frame.nsec },
        operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : `${operation}`,
        sender_mac: readMac(bytes, at + SENDER_MAC),
        sender_ip: readIpv4(bytes, at + SENDER_IP),
        target_mac: readMac(bytes, at + TARGET_MAC),
        target_ip: readIpv4(bytes, at + TARGET_IP),
        gratuitous: u32be(bytes, at + SENDER_IP) === u32be(bytes, at + TARGET_IP),
        eth_src: packet.macSrcAt < 0 ? undefined : readMac(bytes, packet.macSrcAt),
        vlan: packet.vlan < 0 ? undefined : packet.vlan,
        frame: frame.number,
        capture: this.#sink.captureName(frame.capture),
      },
      0,
    );
  }
}
