/**
 * What an inventory must hold beyond the form of single values: names, addresses and VLANs that belong to one device or
 * zone only, devices that can be recognised at all, medical zones that are inside the site. Works on the tree, so that
 * these problems are found together with those of form; values that are wrong in form are passed over here.
 */
import { parseMac } from '../net/address.ts';
import { parseAddress, parseCidr } from '../net/cidr.ts';
import { quote } from '../yaml/source.ts';
import { emptyInventory } from './default-inventory.ts';
import { addressPlan, DEFAULT_INTERNAL } from './scope.ts';
import type { Located, ProblemList } from './yaml-tree.ts';

interface Item {
  readonly text: string;
  readonly at: number;
}

/** Adds a problem for every rule that several values break together. */
export function checkInventory(root: Located, problems: ProblemList): void {
  const zones = elements(root, 'zones');
  const devices = elements(root, 'devices');

  const zoneNames = new Owners('zone', problems);
  const ranges = new Owners('range', problems);
  const vlans = new Owners('VLAN', problems);
  for (const zone of zones) {
    const name = nameOf(zone);
    for (const item of texts(zone, 'name')) zoneNames.claim(item.text, item.at, name);
    for (const { text, at } of texts(zone, 'cidr')) {
      const cidr = parseCidr(text);
      if (cidr !== undefined) ranges.claim(cidr.text, at, name);
    }
    for (const { text, at } of texts(zone, 'vlan')) vlans.claim(text, at, name);
    if (zone.children.size > 0 && texts(zone, 'cidr').length + texts(zone, 'vlan').length === 0) {
      problems.add(zone.at, `zone ${quote(name)} has neither cidr nor vlan: nothing can be in it`);
    }
  }
  checkMedicalZones(root, zones, problems);

  const names = new Owners('device', problems);
  const addresses = new Owners('address', problems);
  const macs = new Owners('MAC address', problems);
  for (const device of devices) {
    const name = nameOf(device);
    for (const item of texts(device, 'name')) names.claim(item.text, item.at, name);
    const ips = texts(device, 'ip');
    const cards = texts(device, 'mac');
    for (const { text, at } of ips) addresses.claim(parseAddress(text), at, name);
    for (const { text, at } of cards) macs.claim(parseMac(text), at, name);
    if (device.children.size > 0 && ips.length + cards.length === 0) {
      problems.add(device.at, `device ${quote(name)} has neither ip nor mac: it can never be recognised`);
    }
  }
}

/** A medical zone that counts as internet would make every device in it a suspect. */
function checkMedicalZones(root: Located, zones: readonly Located[], problems: ProblemList): void {
  const given = root.children.get('internal')?.value ?? undefined;
  const internal = (given === undefined ? DEFAULT_INTERNAL : texts(root, 'internal').map(item => item.text))
    .map(range => parseCidr(range)?.text)
    .filter(range => range !== undefined);
  const plan = addressPlan({ ...emptyInventory(), internal });
  for (const zone of zones) {
    if (zone.children.get('medical')?.value !== true) continue;
    for (const { text, at } of texts(zone, 'cidr')) {
      const address = parseCidr(text)?.text.split('/')[0];
      if (address === undefined || plan.isInternal(address)) continue;
      const all = [...internal, text].join(', ');
      problems.add(at, `${text} is a medical zone and not internal`, `list it: internal: [${all}]`);
    }
  }
}

/** Values that only one device or zone may have. */
class Owners {
  readonly #what: string;
  readonly #problems: ProblemList;
  readonly #claimed = new Map<string, { readonly name: string; readonly at: number }>();

  constructor(what: string, problems: ProblemList) {
    this.#what = what;
    this.#problems = problems;
  }

  claim(value: string | undefined, at: number, name: string): void {
    if (value === undefined) return;
    const before = this.#claimed.get(value);
    if (before === undefined) {
      this.#claimed.set(value, { name, at });
      return;
    }
    const line = this.#problems.line(before.at);
    const owner = before.name === value ? 'already given' : `already that of ${quote(before.name)}`;
    this.#problems.add(at, `${this.#what} ${quote(value)} is ${owner}, line ${line}`);
  }
}

/** The maps of a list. */
function elements(root: Located, key: string): readonly Located[] {
  return [...(root.children.get(key)?.children.values() ?? [])];
}

/** Texts and numbers under a key that holds one or a list. */
function texts(node: Located, key: string): readonly Item[] {
  const content = node.children.get(key);
  if (content === undefined) return [];
  const items = Array.isArray(content.value) ? [...content.children.values()] : [content];
  return items
    .filter(({ value }) => typeof value === 'string' || typeof value === 'number')
    .map(({ value, at }) => ({ text: String(value), at }));
}

function nameOf(node: Located): string {
  return texts(node, 'name')[0]?.text ?? 'without a name';
}
