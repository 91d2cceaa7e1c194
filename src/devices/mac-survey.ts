/**
 * Which MAC address is an address's own, and which is only that of a router on the way. First pass over `conn` and
 * `arp`: it collects pairs, and decides when all have been seen. A wrong MAC names a wrong device and a missing one names
 * none, so when in doubt there is none.
 *
 * A pair is *claimed* when ARP says so: sender MAC and sender IP of an announcement sent by that MAC (RFC 826). It is
 * *given* when the inventory lists both for one device. Otherwise it is *carried*: the MAC was the source of the frames
 * that the address sent, which is true of a host and of the last router on its way.
 *
 * A MAC is a router's when one of these holds; then it owns no address that it merely carried:
 * - it carried an internet address: nothing on this link is the internet;
 * - it claimed an IPv4 address and carried others that it did not claim: a host asks by ARP with each of its addresses;
 * - it carried more unclaimed addresses than a host has: `CARRIED_IPV4`, or `CARRIED_BY_DEVICE` for a card that the
 *   inventory lists, `CARRIED_IPV6`;
 * - it carried an address it did not claim from another zone than another of its addresses is in;
 * - it belongs to a device of type `gateway`, or is a virtual router's (RFC 9568 section 7.3, VRRP).
 * A claim holds for a router too (its own interfaces), up to `CLAIMS` addresses; a MAC that claims more answers for
 * others (proxy ARP, RFC 1027). Where ARP names the MAC of an address, others that only carried it are routers elsewhere.
 *
 * Records of tunnelled flows are passed over: their MAC is the tunnel endpoint's. So is a responder that never sent.
 */
import type { Batch } from '../model/batch.ts';
import type { Inventory, InventoryDevice } from '../model/device.ts';
import { SmallSet } from '../model/small-set.ts';
import { codesOf, listOf, numberOf, secondsOf, textOf } from './columns.ts';
import { DEVICE_LIMITS, type LimitCounts } from './limits.ts';
import type { AddressPlan } from './scope.ts';

/** A host has one address; a second one could be its next lease, and as well a second host behind a router. */
export const CARRIED_IPV4 = 1;
/** The inventory says that the card is a device's: the others are its leases. */
export const CARRIED_BY_DEVICE = 3;
/** Hosts with temporary addresses (RFC 8981) collect a new one per day. */
export const CARRIED_IPV6 = 16;
/** Interfaces and secondary addresses that one card plausibly has. */
export const CLAIMS = 8;
/** Addresses remembered of one MAC: beyond any of the bounds. */
const REMEMBERED = CARRIED_BY_DEVICE + CARRIED_IPV6 + CLAIMS + 1;

interface MacFacts {
  readonly carried: SmallSet;
  readonly claimed: SmallSet;
  carriedInternet: boolean;
}

interface AddressFacts {
  readonly carriedBy: SmallSet;
  readonly claimedBy: SmallSet;
  /** VLAN it was first seen on with a MAC address. */
  vlan: number | undefined;
}

/** A pair of address and MAC seen at a time. */
export interface Sighting {
  readonly ip: string;
  readonly mac: string;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Who is who by inventory. */
export class InventoryIndex {
  readonly byIp: ReadonlyMap<string, InventoryDevice>;
  readonly byMac: ReadonlyMap<string, InventoryDevice>;

  constructor(inventory: Inventory) {
    this.byIp = new Map(inventory.devices.flatMap(device => device.ip.map(ip => [ip, device])));
    this.byMac = new Map(inventory.devices.flatMap(device => device.mac.map(mac => [mac, device])));
  }
}

export class MacSurvey {
  readonly #index: InventoryIndex;
  readonly #plan: AddressPlan;
  readonly #limits: LimitCounts;
  readonly #macs = new Map<string, MacFacts>();
  readonly #addresses = new Map<string, AddressFacts>();
  readonly #routers = new Map<string, boolean>();
  #unlisted = 0;

  constructor(index: InventoryIndex, plan: AddressPlan, limits: LimitCounts) {
    this.#index = index;
    this.#plan = plan;
    this.#limits = limits;
  }

  /** Takes in a batch of `conn`. */
  addFlows(batch: Batch): void {
    this.#addSide(batch, 'id.orig_h', 'orig_l2_addr', 'orig_pkts');
    this.#addSide(batch, 'id.resp_h', 'resp_l2_addr', 'resp_pkts');
  }

  /** Takes in a batch of `arp`. */
  addClaims(batch: Batch): void {
    const vlan = numberOf(batch, 'vlan');
    for (const { ip, mac, row } of claims(batch)) {
      const facts = this.#macFacts(mac);
      if (facts !== undefined && facts.claimed.size < REMEMBERED) facts.claimed.add(ip);
      const address = this.#addressFacts(ip);
      if (address === undefined) continue;
      this.#remember(address, address.claimedBy, mac);
      address.vlan ??= vlan(row);
    }
  }

  #addSide(batch: Batch, host: string, mac: string, packets: string): void {
    const addresses = codesOf(batch, host);
    if (addresses === undefined) return;
    const macs = codesOf(batch, mac);
    const sent = numberOf(batch, packets);
    const tunnel = listOf(batch, 'tunnel_parents');
    const vlan = numberOf(batch, 'vlan');
    // Per address the code of the MAC address it was last seen with, plus one.
    const last = new Uint32Array(addresses.dict.length);
    for (let row = 0; row < batch.length; row++) {
      const address = addresses.codes[row]!;
      const code = macs?.codes[row] ?? 0;
      if (address === 0 || last[address] === code + 1 || sent(row) === 0) continue;
      const tunnelled = tunnel(row) !== undefined;
      if (!tunnelled) last[address] = code + 1;
      const macText = tunnelled || code === 0 ? undefined : macs?.dict[code];
      this.#addCarried(addresses.dict[address]!, macText, vlan(row));
    }
  }

  #addCarried(ip: string, mac: string | undefined, vlan: number | undefined): void {
    const known = this.#addresses.get(ip);
    if (known !== undefined && (mac === undefined || known.carriedBy.has(mac))) return;
    if (mac !== undefined) this.#addToMac(mac, ip);
    const address = known ?? this.#addressFacts(ip);
    if (address === undefined || mac === undefined) return;
    this.#remember(address, address.carriedBy, mac);
    address.vlan ??= vlan;
  }

  #addToMac(mac: string, ip: string): void {
    const facts = this.#macFacts(mac);
    if (facts === undefined) return;
    const scope = this.#plan.scope(ip);
    // Unless the inventory says that this card has a public address.
    if (scope === 'internet') facts.carriedInternet ||= !this.#isGiven(mac, ip);
    else if (scope === 'internal' && facts.carried.size < REMEMBERED) facts.carried.add(ip);
  }

  /** Addresses seen to send, in the order they came. */
  addresses(): Iterable<string> {
    return this.#addresses.keys();
  }

  /** VLAN on which an address was seen with a MAC address of its own. */
  vlanOf(ip: string): number | undefined {
    return this.macsOf(ip).length === 0 ? undefined : this.#addresses.get(ip)?.vlan;
  }

  /** MAC addresses that were an address's own at some time. */
  macsOf(ip: string): readonly string[] {
    const facts = this.#addresses.get(ip);
    if (facts === undefined || facts.claimedBy.size + facts.carriedBy.size === 0) return [];
    return [...new Set([...facts.claimedBy, ...facts.carriedBy])].filter(mac => this.owns(mac, ip)).sort();
  }

  /** Whether a MAC address, seen with an address, is that address's own. */
  owns(mac: string, ip: string): boolean {
    if (this.#isGiven(mac, ip)) return true;
    const facts = this.#addresses.get(ip);
    const device = this.#index.byIp.get(ip);
    const macFacts = this.#macs.get(mac);
    if (facts === undefined || macFacts === undefined) return false;
    if (facts.claimedBy.has(mac)) return macFacts.claimed.size <= CLAIMS;
    // Another device's card, or one the inventory does not know the device to have, only carried the frames.
    const stranger = device !== undefined && (device.mac.length > 0 || this.#index.byMac.has(mac));
    const here = this.#plan.scope(ip) !== 'internet';
    return here && facts.claimedBy.size === 0 && !stranger && !this.isRouter(mac);
  }

  #isGiven(mac: string, ip: string): boolean {
    return this.#index.byIp.get(ip)?.mac.includes(mac) === true;
  }

  isRouter(mac: string): boolean {
    let router = this.#routers.get(mac);
    if (router === undefined) {
      router = this.#judge(mac);
      this.#routers.set(mac, router);
    }
    return router;
  }

  #judge(mac: string): boolean {
    const device = this.#index.byMac.get(mac);
    if (device?.type === 'gateway' || /^00:00:5e:00:0[12]:/.test(mac)) return true;
    const facts = this.#macs.get(mac);
    if (facts === undefined) return false;
    if (facts.carriedInternet || facts.carried.size === REMEMBERED) return true;
    const own = new Set([...facts.claimed, ...(device?.ip ?? [])]);
    const carried = [...facts.carried].filter(ip => !own.has(ip));
    const ipv6 = carried.filter(ip => ip.includes(':')).length;
    const allowed = device ? CARRIED_BY_DEVICE : facts.claimed.size > 0 ? 0 : CARRIED_IPV4;
    if (carried.length - ipv6 > allowed || ipv6 > CARRIED_IPV6) return true;
    const placed = [...carried, ...own].filter(ip => this.#plan.scope(ip) === 'internal');
    const zones = new Set(placed.map(ip => this.#plan.zone(ip)));
    return carried.length > 0 && zones.size > 1;
  }

  #macFacts(mac: string): MacFacts | undefined {
    let facts = this.#macs.get(mac);
    if (facts === undefined) {
      if (this.#macs.size >= DEVICE_LIMITS.macs) {
        this.#limits.hit('device_macs');
        return undefined;
      }
      facts = { carried: new SmallSet(), claimed: new SmallSet(), carriedInternet: false };
      this.#macs.set(mac, facts);
    }
    return facts;
  }

  #addressFacts(ip: string): AddressFacts | undefined {
    const known = this.#addresses.get(ip);
    if (known !== undefined) return known;
    const listed = this.#index.byIp.has(ip);
    const scope = this.#plan.scope(ip);
    if (!listed && ((scope !== 'internal' && scope !== 'link-local') || isUnspecified(ip))) return undefined;
    if (!listed && this.#unlisted >= DEVICE_LIMITS.addresses) {
      this.#limits.hit('device_addresses');
      return undefined;
    }
    if (!listed) this.#unlisted++;
    const facts = { carriedBy: new SmallSet(), claimedBy: new SmallSet(), vlan: undefined };
    this.#addresses.set(ip, facts);
    return facts;
  }

  #remember(facts: AddressFacts, macs: SmallSet, mac: string): void {
    if (macs.has(mac)) return;
    if (facts.carriedBy.size + facts.claimedBy.size >= 2 * DEVICE_LIMITS.macsPerAddress) {
      this.#limits.hit('device_mac_changes');
    } else macs.add(mac);
  }
}

/** Before a host has an address it sends from none. */
function isUnspecified(ip: string): boolean {
  return ip === '::' || ip.startsWith('0.');
}

/** Announcements of ARP that a host makes for itself: from the MAC address they name. */
function* claims(batch: Batch): Generator<{ ip: string; mac: string; row: number }> {
  const senderMac = textOf(batch, 'sender_mac');
  const senderIp = textOf(batch, 'sender_ip');
  const source = textOf(batch, 'eth_src');
  for (let row = 0; row < batch.length; row++) {
    const mac = senderMac(row);
    const ip = senderIp(row);
    if (mac === undefined || ip === undefined || isUnspecified(ip)) continue;
    if ((source(row) ?? mac) === mac) yield { ip, mac, row };
  }
}

/** Sightings of `arp`, in time order. */
export function* claimSightings(batches: Iterable<Batch>): Generator<Sighting> {
  for (const batch of batches) {
    const seconds = secondsOf(batch);
    for (const { ip, mac, row } of claims(batch)) yield { ip, mac, time: seconds[row]! };
  }
}

/** Sightings of `conn`, in time order, of the addresses in `wanted`. */
export function* flowSightings(batches: Iterable<Batch>, wanted: ReadonlySet<string>): Generator<Sighting> {
  for (const batch of batches) {
    const seconds = secondsOf(batch);
    const tunnel = listOf(batch, 'tunnel_parents');
    const sides = (['orig', 'resp'] as const).map(side => ({
      ip: textOf(batch, `id.${side}_h`),
      mac: textOf(batch, `${side}_l2_addr`),
      sent: numberOf(batch, `${side}_pkts`),
    }));
    for (let row = 0; row < batch.length; row++) {
      for (const side of sides) {
        const ip = side.ip(row);
        const mac = side.mac(row);
        if (ip === undefined || mac === undefined || !wanted.has(ip)) continue;
        if (side.sent(row) !== 0 && tunnel(row) === undefined) yield { ip, mac, time: seconds[row]! };
      }
    }
  }
}
