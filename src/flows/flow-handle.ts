/**
 * One flow as the cold side sees it: addresses and uid as text, made when first asked for. A handle is made for
 * flows that carry payload, and for every flow once when its `conn` record is made.
 */

import type { FlowView } from '../model/flow.ts';
import type { Moment } from '../model/schema.ts';
import { ipv4Text, ipv6Text } from '../net/address.ts';
import { FLAG, type FlowTable, KEY_IPV6, KEY_WORDS } from './flow-table.ts';
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
  readonly #table: FlowTable;
  readonly #slot: number;
  readonly #site: number;
  readonly #clock: Clock;
  #uid: string | undefined;
  #origHost: string | undefined;
  #respHost: string | undefined;

  constructor(table: FlowTable, slot: number, site: number, clock: Clock) {
    this.#table = table;
    this.#slot = slot;
    this.#site = site;
    this.#clock = clock;
  }

  get transport(): 'tcp' | 'udp' {
    return (this.#table.key[this.#slot * KEY_WORDS + 9]! & 0xff) === UDP ? 'udp' : 'tcp';
  }

  get uid(): string {
    this.#uid ??= flowUid(this.#table, this.#slot, this.#site);
    return this.#uid;
  }

  get origHost(): string {
    this.#origHost ??= this.#address(this.#table.lowIsOrig[this.#slot] === 1 ? 0 : 4);
    return this.#origHost;
  }

  get respHost(): string {
    this.#respHost ??= this.#address(this.#table.lowIsOrig[this.#slot] === 1 ? 4 : 0);
    return this.#respHost;
  }

  get origPort(): number {
    const ports = this.#table.key[this.#slot * KEY_WORDS + 8]!;
    return this.#table.lowIsOrig[this.#slot] === 1 ? ports >>> 16 : ports & 0xffff;
  }

  get respPort(): number {
    const ports = this.#table.key[this.#slot * KEY_WORDS + 8]!;
    return this.#table.lowIsOrig[this.#slot] === 1 ? ports & 0xffff : ports >>> 16;
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
    return (this.#table.flags[this.#slot]! & FLAG.partial) === 0;
  }

  addService(name: string): void {
    const services = this.#table.service;
    const known = services[this.#slot]!;
    if (known === '') services[this.#slot] = name;
    else if (!known.split(',').includes(name)) services[this.#slot] = `${known},${name}`;
  }

  #address(word: number): string {
    const { key } = this.#table;
    const at = this.#slot * KEY_WORDS + word;
    if ((key[this.#slot * KEY_WORDS + 9]! & KEY_IPV6) === 0) return ipv4Text(key[at + 3]!);
    return ipv6Text(key[at]!, key[at + 1]!, key[at + 2]!, key[at + 3]!);
  }
}
