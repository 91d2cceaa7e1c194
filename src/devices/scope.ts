/**
 * What kind of address this is, and where it belongs: inside the site, on the internet, on this link only, or of many
 * hosts. Judged by the address alone (RFC 6890 and the IANA special-purpose registries) and the inventory's ranges.
 *
 * - `multicast`: 224.0.0.0/4, ff00::/8. `broadcast`: 255.255.255.255 and the last address of an IPv4 zone.
 * - `link-local`: 169.254.0.0/16, fe80::/10, and the unspecified addresses, which a host has before it has another.
 * - `internal`: the inventory's `internal` ranges, else `DEFAULT_INTERNAL`; loopback always.
 * - `internet`: everything else, the documentation ranges (RFC 5737, RFC 3849) among it.
 */
import type { Inventory, Scope, Zone } from '../model/device.ts';
import { type Cidr, CidrMap, lastAddress, parseCidr } from '../net/cidr.ts';
import { DEVICE_LIMITS } from './limits.ts';

/**
 * Internal without an inventory: private use (RFC 1918), shared address space of carriers, which large sites use as well
 * (RFC 6598), unique local (RFC 4193) and the site-local addresses before them (RFC 3879).
 */
export const DEFAULT_INTERNAL: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fec0::/10',
];

/** Where the addresses of one site belong. Takes canonical text. */
export interface AddressPlan {
  scope(address: string): Scope;
  /** The zone whose longest range holds the address. */
  zone(address: string): Zone | undefined;
  /** Inside the site: in an internal range, or valid on this host or link only. */
  isInternal(address: string): boolean;
}

/** `multicast` or `broadcast` when many hosts answer to the address, judged without an inventory. */
export function groupOf(address: string): 'multicast' | 'broadcast' | undefined {
  if (address === '255.255.255.255') return 'broadcast';
  return /^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/.test(address) ? 'multicast' : undefined;
}

function isLinkLocal(address: string): boolean {
  return /^(?:169\.254\.|fe[89ab][0-9a-f]:)/.test(address) || address === '::' || address.startsWith('0.');
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** The ranges and zones of an inventory, made ready for look-ups. */
export function addressPlan(inventory: Inventory): AddressPlan {
  const internal = new CidrMap<true>();
  for (const range of inventory.internal) internal.add(cidrOf(range), true);
  const zones = new CidrMap<Zone>();
  const broadcasts = new Set<string>();
  for (const zone of inventory.zones) {
    for (const range of zone.cidr) {
      const cidr = cidrOf(range);
      zones.add(cidr, zone);
      // RFC 3021: a /31 has no broadcast address.
      if (cidr.address.kind() === 'ipv4' && cidr.prefix <= 30) broadcasts.add(lastAddress(cidr));
    }
  }
  const inside = new Map<string, boolean>();
  const isInternal = (address: string): boolean => {
    let known = inside.get(address);
    if (known === undefined) {
      known = internal.get(address) === true || isLoopback(address) || isLinkLocal(address);
      if (inside.size >= DEVICE_LIMITS.cachedAddresses) inside.clear();
      inside.set(address, known);
    }
    return known;
  };
  const judge = (address: string): Scope => {
    const group = groupOf(address);
    if (group !== undefined) return group;
    if (broadcasts.has(address)) return 'broadcast';
    if (isLinkLocal(address)) return 'link-local';
    return isInternal(address) ? 'internal' : 'internet';
  };
  const scopes = new Map<string, Scope>();
  return {
    scope(address) {
      let scope = scopes.get(address);
      if (scope === undefined) {
        scope = judge(address);
        if (scopes.size >= DEVICE_LIMITS.cachedAddresses) scopes.clear();
        scopes.set(address, scope);
      }
      return scope;
    },
    zone: address => zones.get(address),
    isInternal,
  };
}

/** Whether an address is inside the site, for `local_orig` and `local_resp`. */
export function internalAddresses(inventory: Inventory): (address: string) => boolean {
  return addressPlan(inventory).isInternal;
}

/** Ranges of an inventory have been checked by its loader; another one is a defect. */
function cidrOf(range: string): Cidr {
  const cidr = parseCidr(range);
  if (cidr === undefined) throw new Error(`not an address range: ${range}`);
  return cidr;
}
