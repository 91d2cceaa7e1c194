/**
 * ARP packets → `arp` records. Repeats of the same announcement (operation, MACs, addresses, VLAN) are logged once;
 * a changed pair is a new record.
 *
 * Limit: `LIMITS.arpPairs` distinct announcements are remembered; when full the memory starts anew, so that repeats
 * may be logged again but nothing is lost.
 */

import { u16be, u32be } from '../bytes/read.ts';
import { hex } from '../bytes/text.ts';
import type { Packet } from '../model/packet.ts';
import { arp } from '../model/streams.ts';
import { ipv4Text, macText } from '../net/address.ts';
import type { RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';

const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;
const LENGTH = 28;

export class ArpLog {
  readonly #sink: RecordSink;
  readonly #seen = new Set<string>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  observe(packet: Packet): void {
    const { bytes } = packet.frame;
    const at = packet.transportAt;
    const key = `${packet.vlan} ${hex(bytes, at + OPERATION, at + LENGTH)}`;
    if (this.#seen.has(key)) return;
    if (this.#seen.size >= LIMITS.arpPairs) this.#seen.clear();
    this.#seen.add(key);
    const operation = u16be(bytes, at + OPERATION);
    const { frame } = packet;
    this.#sink.emit(
      arp,
      {
        ts: { sec: frame.sec, nsec: frame.nsec },
        operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : `${operation}`,
        sender_mac: mac(bytes, at + SENDER_MAC),
        sender_ip: ipv4Text(u32be(bytes, at + SENDER_IP)),
        target_mac: mac(bytes, at + TARGET_MAC),
        target_ip: ipv4Text(u32be(bytes, at + TARGET_IP)),
        eth_src: packet.macSrcAt < 0 ? undefined : mac(bytes, packet.macSrcAt),
        vlan: packet.vlan < 0 ? undefined : packet.vlan,
        frame: frame.number,
        capture: this.#sink.captureName(frame.capture),
      },
      0,
    );
  }
}

function mac(bytes: Uint8Array, at: number): string {
  return macText(u16be(bytes, at), u32be(bytes, at + 2));
}
