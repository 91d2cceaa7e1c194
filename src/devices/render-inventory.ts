/**
 * Devices as the text of an inventory to review: valid as it stands (`inventory.ts` reads it back), with the evidence
 * for each device as comments. What is not known is left to the reviewer: `type: unknown`, and a comment that says what
 * it might be.
 *
 * An address or MAC address that several devices had goes to one of them, since an inventory gives each away once;
 * a device that is left with neither becomes a comment.
 */
import { visible } from '../bytes/text.ts';
import type { Device, Evidence, Inventory, Zone } from '../model/device.ts';
import { INVENTORY_SCHEMA } from './inventory-schema.ts';
import { DEFAULT_INTERNAL } from './scope.ts';
import { DEVICE_TYPES } from './types.ts';

/** Longest piece of evidence shown. */
const MAX_EVIDENCE = 120;

/**
 * Text of an inventory.
 * @param devices as `Directory.devices` lists them, values from the wire already masked
 * @param base keeps its site, time zone, ranges, resolvers, zones and lists
 */
export function renderInventory(devices: readonly Device[], base?: Inventory): string {
  const lines = [
    '# Written from captures. Review names, types and criticality before use: what the wire says is evidence, not proof.',
    `schema: ${INVENTORY_SCHEMA}`,
    ...(base === undefined ? [] : siteLines(base)),
  ];
  const macs = owners(devices, device => device.macs);
  const ips = addressOwners(devices, macs);
  const names = new Set<string>();
  const body = devices.flatMap(device =>
    deviceLines(
      device,
      uniqueName(device.name, names),
      device.ips.filter(ip => ips.get(ip) === device),
      device.macs.filter(mac => macs.get(mac) === device),
    ),
  );
  const devicesKey = body.some(line => line.startsWith('  - ')) ? 'devices:' : 'devices: []';
  return `${[...lines, devicesKey, ...body].join('\n')}\n`;
}

function siteLines(base: Inventory): string[] {
  const listed = Array.from(base.lists, ([name, values]) => `  ${scalar(name)}: ${list(values)}`);
  return [
    ...(base.site === undefined ? [] : [`site: ${scalar(base.site)}`]),
    ...(base.timezone === 'UTC' ? [] : [`timezone: ${scalar(base.timezone)}`]),
    ...(base.internal === DEFAULT_INTERNAL ? [] : [`internal: ${list(base.internal)}`]),
    ...(base.resolvers.length === 0 ? [] : [`resolvers: ${list(base.resolvers)}`]),
    ...(base.zones.length === 0 ? [] : ['zones:', ...base.zones.map(zoneLine)]),
    ...(listed.length === 0 ? [] : ['lists:', ...listed]),
  ];
}

function zoneLine(zone: Zone): string {
  const parts = [`name: ${scalar(zone.name)}`];
  if (zone.cidr.length > 0) parts.push(`cidr: ${list(zone.cidr)}`);
  if (zone.vlan.length > 0) parts.push(`vlan: [${zone.vlan.join(', ')}]`);
  if (zone.medical) parts.push('medical: true');
  return `  - {${parts.join(', ')}}`;
}

/** An unknown host is called by its address, which may be what the inventory calls another. */
function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name} (${i})`;
  taken.add(unique);
  return unique;
}

function deviceLines(
  device: Device,
  name: string,
  ips: readonly string[],
  macs: readonly string[],
): string[] {
  const comments = device.evidence.map(comment);
  if (ips.length + macs.length === 0) {
    return [
      `  # ${visible(device.name)}: its addresses are those of other devices, or it has none`,
      ...comments,
    ];
  }
  const type = device.type ?? 'unknown';
  const lines = [...comments, `  - name: ${scalar(name)}`, `    type: ${scalar(type)}${hint(device)}`];
  if (ips.length > 0) lines.push(`    ip: ${list(ips)}`);
  if (macs.length > 0) lines.push(`    mac: ${list(macs)}`);
  if (device.criticality !== DEVICE_TYPES.get(type)?.criticality) {
    lines.push(`    criticality: ${device.criticality}`);
  }
  if (device.vendor !== undefined) lines.push(`    vendor: ${scalar(device.vendor)}`);
  return lines;
}

function comment({ attribute, value, source, confidence }: Evidence): string {
  const text = value.length > MAX_EVIDENCE ? `${value.slice(0, MAX_EVIDENCE)}…` : value;
  return `  # ${attribute} ${visible(text)} (${visible(source)}, confidence ${confidence})`;
}

/** What a device might be whose type is not known. */
function hint(device: Device): string {
  if (device.type !== undefined || device.hints.length === 0) return '';
  return `  # perhaps ${device.hints.map(({ type }) => type).join(' or ')}`;
}

/** The first device that has each value. */
function owners(
  devices: readonly Device[],
  values: (device: Device) => readonly string[],
): Map<string, Device> {
  const result = new Map<string, Device>();
  for (const device of devices)
    for (const value of values(device)) if (!result.has(value)) result.set(value, device);
  return result;
}

/** Addresses go to those first that nothing else identifies; one that changed hands says nothing of the others. */
function addressOwners(devices: readonly Device[], macs: ReadonlyMap<string, Device>): Map<string, Device> {
  const holders = new Map<string, Device[]>();
  for (const device of devices) {
    for (const ip of device.ips) {
      const those = holders.get(ip);
      if (those === undefined) holders.set(ip, [device]);
      else those.push(device);
    }
  }
  const result = new Map<string, Device>();
  for (const [ip, candidates] of holders) {
    const needy = candidates.find(device => !device.macs.some(mac => macs.get(mac) === device));
    const owner = candidates.length === 1 ? candidates[0] : needy;
    if (owner !== undefined) result.set(ip, owner);
  }
  return result;
}

/** A YAML double-quoted scalar (JSON text is one, YAML 1.2 section 1.3), or plain where that cannot be misread. */
function scalar(text: string): string {
  if (/^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(text)) return text;
  return /^[A-Za-z][A-Za-z0-9 _./-]*$/.test(text) && !/ $|^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function list(values: readonly string[]): string {
  return `[${values.map(scalar).join(', ')}]`;
}
