/**
 * The draft of an inventory (`medtap/inventory@1`): what the given inventory says, and after it every host that it does
 * not know, with the evidence as comments. Somebody who knows the ward has to review it.
 *
 * Names and addresses belong to one device in an inventory. Of hosts that share an address (one of them passes the
 * other's traffic on) the first keeps it, and a comment says what was left out.
 *
 * Strings are written as JSON strings, which YAML 1.2 reads as they are; text from the wire can therefore neither end
 * its string nor start another key. It passes `visible` first, because an inventory takes no control characters and a
 * comment must not end early.
 */
import { visible } from '../bytes/text.ts';
import type { Device, Inventory, InventoryDevice } from '../model/device.ts';
import { jsonText } from './json-text.ts';

/** Longest text that an inventory takes. */
const MAX_WORDS = 256;

/** The inventory as YAML. */
export function inventoryYaml(inventory: Inventory, devices: readonly Device[]): string {
  // What stands in place of a missing inventory are defaults; written down, they would no longer follow the program.
  const given = inventory.file !== undefined;
  const taken = new Taken(inventory.devices);
  const found = devices.filter(device => !device.known).flatMap(device => foundDevice(device, taken));
  return [
    '# Written by medtap devices. Review every entry: what was recognised on the network is evidence, not proof.',
    'schema: medtap/inventory@1',
    ...(inventory.site === undefined ? [] : [`site: ${jsonText(inventory.site)}`]),
    `timezone: ${jsonText(inventory.timezone)}`,
    ...(given && inventory.internal.length > 0 ? [`internal: ${list(inventory.internal)}`] : []),
    ...(given && inventory.resolvers.length > 0 ? [`resolvers: ${list(inventory.resolvers)}`] : []),
    ...zones(inventory),
    ...lists(inventory),
    inventory.devices.length + found.length > 0 ? 'devices:' : 'devices: []',
    ...inventory.devices.flatMap(knownDevice),
    ...found,
    '',
  ].join('\n');
}

/** Names and addresses that already belong to a device. */
class Taken {
  readonly #names: Set<string>;
  readonly #addresses: Set<string>;

  constructor(devices: readonly InventoryDevice[]) {
    this.#names = new Set(devices.map(device => device.name));
    this.#addresses = new Set(devices.flatMap(device => [...device.ip, ...device.mac]));
  }

  /** The addresses that were free, and those that were not. */
  claim(addresses: readonly string[]): {
    readonly own: readonly string[];
    readonly shared: readonly string[];
  } {
    const own = addresses.filter(address => !this.#addresses.has(address));
    for (const address of own) this.#addresses.add(address);
    return { own, shared: addresses.filter(address => !own.includes(address)) };
  }

  /** The name, or with a number when it is taken. */
  name(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted.slice(0, MAX_WORDS - 8)} (${i})`;
    this.#names.add(name);
    return name;
  }
}

function list(values: readonly (string | number)[]): string {
  return `[${values.map(value => jsonText(value)).join(', ')}]`;
}

function zones({ zones }: Inventory): readonly string[] {
  if (zones.length === 0) return [];
  return [
    'zones:',
    ...zones.flatMap(zone => [
      `  - name: ${jsonText(zone.name)}`,
      ...(zone.cidr.length > 0 ? [`    cidr: ${list(zone.cidr)}`] : []),
      ...(zone.vlan.length > 0 ? [`    vlan: ${list(zone.vlan)}`] : []),
      ...(zone.medical ? ['    medical: true'] : []),
    ]),
  ];
}

function lists({ lists }: Inventory): readonly string[] {
  if (lists.size === 0) return [];
  return ['lists:', ...[...lists].map(([name, values]) => `  ${jsonText(name)}: ${list(values)}`)];
}

function knownDevice(device: InventoryDevice): readonly string[] {
  return [
    `  - name: ${jsonText(device.name)}`,
    `    type: ${jsonText(device.type)}`,
    ...(device.ip.length > 0 ? [`    ip: ${list(device.ip)}`] : []),
    ...(device.mac.length > 0 ? [`    mac: ${list(device.mac)}`] : []),
    ...(device.criticality === undefined ? [] : [`    criticality: ${device.criticality}`]),
    ...(device.vendor === undefined ? [] : [`    vendor: ${jsonText(device.vendor)}`]),
  ];
}

function foundDevice(device: Device, taken: Taken): readonly string[] {
  const ips = taken.claim(device.ips);
  const macs = taken.claim(device.macs);
  // Without an address of its own an entry could never be recognised.
  if (ips.own.length + macs.own.length === 0) return [];
  const shared = [...ips.shared, ...macs.shared];
  const vendor = words(device.vendor ?? '');
  return [
    ...device.evidence.map(
      ({ attribute, value, source, confidence }) =>
        `  # ${visible(`${attribute} ${value}, from ${source}, confidence ${confidence}`)}`,
    ),
    ...(shared.length > 0
      ? [`  # also seen with the address of another device: ${visible(shared.join(', '))}`]
      : []),
    `  - name: ${jsonText(taken.name(words(device.name) ?? 'unnamed'))}`,
    `    type: ${jsonText(device.type ?? 'unknown')}`,
    ...(ips.own.length > 0 ? [`    ip: ${list(ips.own)}`] : []),
    ...(macs.own.length > 0 ? [`    mac: ${list(macs.own)}`] : []),
    ...(device.criticality === 'none' ? [] : [`    criticality: ${device.criticality}`]),
    ...(vendor === undefined ? [] : [`    vendor: ${jsonText(vendor)}`]),
  ];
}

/** Captured text as an inventory takes it: one line, no control characters, not too long; undefined when blank. */
function words(value: string): string | undefined {
  const shown = visible(value).slice(0, MAX_WORDS).trim();
  return shown === '' ? undefined : shown;
}
