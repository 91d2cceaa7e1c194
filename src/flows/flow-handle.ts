/**
 * One flow as the cold side sees it: addresses and uid as text, made when first asked for. A handle is made for
 * flows that carry payload, and for every flow once when its `conn` record is made.
 */

import type { FlowView, PacketMark } from '../model/flow.ts';
import { type Direction, ORIG } from '../model/protocol.ts';
import type { Moment } from '../model/schema.ts';
import { ipv4Text, ipv6Text, macText } from '../net/address.ts';
import {
  ANNEX,
  ANNEX32,
  END16,
  END32,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW32,
  HIGH_ADDRESS,
  KEY_IPV6,
  KEY_META,
  LOW_ADDRESS,
  LOW_IS_ORIG,
  MAC_HIGH,
  MAC_LOW,
  PORTS,
  WIDE,
  WIDE_WORDS,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { flowUid } from './uid.ts';

const UDP = 17;

/** The packet being processed, shared by all flows of an engine. */
export interface Clock {
  sec: number;
  nsec: number;
  frame: number;
  capture: number;
}

export class FlowHandle implements FlowView {
  /** Originator and responder are to change places when the packet under way is done with. */
  turned = false;
  readonly #table: FlowTable;
  readonly #slot: number;
  readonly #site: number;
  readonly #clock: Clock;
  #uid: string | undefined;
  #lowHost: string | undefined;
  #highHost: string | undefined;

  constructor(table: FlowTable, slot: number, site: number, clock: Clock) {
    this.#table = table;
    this.#slot = slot;
    this.#site = site;
    this.#clock = clock;
  }

  get transport(): 'tcp' | 'udp' {
    return (this.#table.flow32[this.#slot * FLOW32 + KEY_META]! & 0xff) === UDP ? 'udp' : 'tcp';
  }

  get uid(): string {
    this.#uid ??= flowUid(this.#table, this.#slot, this.#site);
    return this.#uid;
  }

  get origHost(): string {
    return this.#lowIsOrig() ? this.#low() : this.#high();
  }

  get respHost(): string {
    return this.#lowIsOrig() ? this.#high() : this.#low();
  }

  get origPort(): number {
    const ports = this.#table.flow32[this.#slot * FLOW32 + PORTS]!;
    return this.#lowIsOrig() ? ports >>> 16 : ports & 0xffff;
  }

  get respPort(): number {
    const ports = this.#table.flow32[this.#slot * FLOW32 + PORTS]!;
    return this.#lowIsOrig() ? ports & 0xffff : ports >>> 16;
  }

  get now(): Moment {
    return { sec: this.#clock.sec, nsec: this.#clock.nsec };
  }

  get frame(): number {
    return this.#clock.frame;
  }

  get capture(): number {
    return this.#clock.capture;
  }

  get shard(): number {
    return this.#table.shard;
  }

  get fromStart(): boolean {
    return (this.#table.flow32[this.#slot * FLOW32 + FLAGS]! & FLAG.partial) === 0;
  }

  get directionKnown(): boolean {
    return (this.#table.flow32[this.#slot * FLOW32 + FLAGS]! & FLAG.bySyn) !== 0;
  }

  orient(server: Direction): boolean {
    // A group is nobody's client.
    if (this.directionKnown || (server === ORIG && isGroup(this.respHost))) return false;
    this.#table.flow32[this.#slot * FLOW32 + FLAGS]! |= FLAG.byProtocol;
    if (server === ORIG) this.turned = !this.turned;
    return server === ORIG;
  }

  recall({ now, frame, capture }: PacketMark): void {
    this.#clock.sec = now.sec;
    this.#clock.nsec = now.nsec;
    this.#clock.frame = frame;
    this.#clock.capture = capture;
  }

  macOf(side: Direction): string | undefined {
    return storedMac(this.#table, this.#slot * 2 + ((side === ORIG) === this.turned ? 1 : 0));
  }

  get service(): string {
    return this.#table.contentOf(this.#slot)!.service;
  }

  addService(name: string): void {
    const content = this.#table.contentOf(this.#slot)!;
    if (content.service === '') content.service = name;
    else if (!content.service.split(',').includes(name)) content.service += `,${name}`;
  }

  #lowIsOrig(): boolean {
    return (this.#table.flow8[this.#slot * FLOW8 + LOW_IS_ORIG] === 1) !== this.turned;
  }

  #low(): string {
    this.#lowHost ??= this.#address(LOW_ADDRESS);
    return this.#lowHost;
  }

  #high(): string {
    this.#highHost ??= this.#address(HIGH_ADDRESS);
    return this.#highHost;
  }

  #address(field: number): string {
    const { flow32, annex32 } = this.#table;
    const at = this.#slot * FLOW32;
    const last = flow32[at + field]!;
    if ((flow32[at + KEY_META]! & KEY_IPV6) === 0) return ipv4Text(last);
    const wide = flow32[at + ANNEX]! * ANNEX32 + WIDE + (field === LOW_ADDRESS ? 0 : WIDE_WORDS / 2);
    return ipv6Text(annex32[wide]!, annex32[wide + 1]!, annex32[wide + 2]!, last);
  }
}

/** MAC address remembered of one end of a flow. */
export function storedMac(table: FlowTable, end: number): string | undefined {
  const high = table.end16[end * END16 + MAC_HIGH]!;
  const low = table.end32[end * END32 + MAC_LOW]!;
  return high === 0 && low === 0 ? undefined : macText(high, low);
}

function isGroup(host: string): boolean {
  return /^(?:22[4-9]|23\d|255)\.|^ff[0-9a-f]{2}:/.test(host);
}
