/**
 * The hosts of a run as devices, for reports: medical ones first, the most critical of these first, then by name.
 * A host is listed when it sent something; internet hosts are not, unless the inventory lists them.
 */
import {
  CRITICALITIES,
  type Device,
  type Evidence,
  type Inventory,
  type InventoryDevice,
} from '../model/device.ts';
import { deviceIdentity, type Host, type Identity } from './hosts.ts';
import type { Profiles } from './profiles.ts';
import type { Recognition } from './recognise.ts';

export interface ListOptions {
  /** Also devices of the inventory that sent nothing. */
  readonly unseen?: boolean;
}

/** Everyone who was seen. */
export function listDevices(
  inventory: Inventory,
  recognition: Recognition,
  profiles: Profiles,
  options: ListOptions = {},
): Device[] {
  const seen = seenDevices(recognition, profiles);
  const list = seen.map(({ device }) => device);
  if (options.unseen === true) {
    const present = new Set(seen.map(({ host }) => host.device));
    for (const device of inventory.devices) {
      if (!present.has(device)) list.push(unseenDevice(device, profiles));
    }
  }
  return list
    .map(device => ({ device, key: sortKey(device) }))
    .sort(byKey)
    .map(({ device }) => device);
}

/** Hosts that were seen, in the order they came, as devices. */
export function seenDevices(
  { hosts }: Recognition,
  profiles: Profiles,
): { readonly host: Host; readonly device: Device }[] {
  const seen = [...hosts.seen()];
  const shared = sharedAddresses(seen);
  return seen.map(host => ({ host, device: deviceOf(host, hosts.identity(host), shared, profiles) }));
}

function deviceOf(host: Host, identity: Identity, shared: ReadonlySet<string>, profiles: Profiles): Device {
  const ips = sorted([...(host.device?.ip ?? []), ...host.ips]);
  const macs = sorted([...(host.device?.mac ?? []), ...host.macs]);
  return {
    name: host.device?.name ?? nameOf(ips, macs, shared),
    known: host.device !== undefined,
    type: identity.type,
    medical: identity.medical ?? false,
    criticality: identity.criticality ?? 'none',
    ...judged(identity),
    zone: zoneOf(ips, profiles),
    ips,
    macs,
    evidence: identity.evidence,
  };
}

function judged({
  vendor,
  model,
  confidence,
  hints,
}: Identity): Pick<Device, 'vendor' | 'model' | 'confidence' | 'hints'> {
  return { vendor, model, confidence, hints };
}

function unseenDevice(device: InventoryDevice, profiles: Profiles): Device {
  const identity = deviceIdentity(device);
  const note: Evidence = { attribute: 'seen', value: 'no', source: 'conn', confidence: 1 };
  return {
    name: device.name,
    known: true,
    type: identity.type,
    medical: identity.medical ?? false,
    criticality: identity.criticality ?? 'none',
    ...judged(identity),
    zone: zoneOf(device.ip, profiles),
    ips: sorted(device.ip),
    macs: sorted(device.mac),
    evidence: [...identity.evidence, note],
  };
}

/** An unknown host is called by its address; with its MAC address where several hosts had that address. */
function nameOf(ips: readonly string[], macs: readonly string[], shared: ReadonlySet<string>): string {
  const ip = ips.find(address => !/^(?:169\.254\.|fe80:)/.test(address)) ?? ips[0] ?? '';
  return shared.has(ip) && macs[0] !== undefined ? `${ip} (${macs[0]})` : ip;
}

function sharedAddresses(hosts: readonly Host[]): ReadonlySet<string> {
  const once = new Set<string>();
  const shared = new Set<string>();
  for (const host of hosts) {
    for (const ip of host.ips) {
      if (once.has(ip)) shared.add(ip);
      once.add(ip);
    }
  }
  return shared;
}

function zoneOf(ips: readonly string[], profiles: Profiles): string | undefined {
  for (const ip of ips) {
    const zone = profiles.zoneOf(ip);
    if (zone !== undefined) return zone.name;
  }
  return undefined;
}

/** Numbers in names and addresses count as numbers: `pump-9` before `pump-10`. */
function natural(text: string): string {
  return text.replace(/\d+/g, digits => digits.padStart(10, '0'));
}

/** Distinct texts in natural order, IPv4 before IPv6. */
function sorted(texts: readonly string[]): string[] {
  const keys = new Map(texts.map(text => [text, `${text.includes(':') ? 1 : 0}${natural(text)}`]));
  return [...keys].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([text]) => text);
}

function sortKey(device: Device): string {
  const rank = device.medical ? CRITICALITIES.indexOf(device.criticality) : CRITICALITIES.length;
  return `${rank}${natural(device.name)}\u0000${device.macs[0] ?? ''}`;
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
