/**
 * Shape of `inventory.yml` (schema `medtap/inventory@1`): keys, types and formats of single values, as a zod schema from
 * which JSON Schema can be made. What concerns several values (duplicates, zones outside the site) is
 * `inventory-checks.ts`.
 */
import { z } from 'zod';
import { nearest } from '../errors.ts';
import { CRITICALITIES } from '../model/device.ts';
import { parseMac } from '../net/address.ts';
import { firstAddress, parseAddress, parseCidr } from '../net/cidr.ts';
import { quote } from '../yaml/source.ts';
import { groupOf } from './scope.ts';
import { DEVICE_TYPES } from './types.ts';

/** The schema this build reads. */
export const INVENTORY_SCHEMA = 'medtap/inventory@1';

const MAX_TEXT = 256;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;

/** A text whose content `check` may refuse: it returns what is wrong and, if it can tell, what to do. */
function text(check: (value: string) => { message: string; hint?: string | undefined } | undefined) {
  return z.string().superRefine((value, context) => {
    const problem = check(value);
    if (problem === undefined) return;
    context.addIssue({ code: 'custom', message: problem.message, params: { hint: problem.hint } });
  });
}

/** One value or a list of them. */
function oneOrMore<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item)]);
}

const words = text(value => {
  if (value.trim() === '') return { message: 'must not be empty' };
  if (value.length > MAX_TEXT) return { message: `must be at most ${MAX_TEXT} characters long` };
  return CONTROLS.test(value) ? { message: 'must not hold control characters' } : undefined;
});

const range = text(value => {
  const cidr = parseCidr(value);
  if (cidr === undefined || value.includes('%')) {
    return {
      message: `${quote(value)} is not an address range`,
      hint: 'write it as 10.20.30.0/24 or fd00:20::/64',
    };
  }
  const first = firstAddress(cidr);
  if (cidr.text === `${first}/${cidr.prefix}`) return undefined;
  return {
    message: `${quote(value)} is an address within a range, not a range`,
    hint: `did you mean ${first}/${cidr.prefix}, or the single address ${cidr.text.split('/')[0]}?`,
  };
});

const hostAddress = text(value => {
  const address = value.includes('%') ? undefined : parseAddress(value);
  if (address === undefined) {
    return {
      message: `${quote(value)} is not an IP address`,
      hint: value.includes('/') ? 'a single address is wanted here; ranges belong into zones' : undefined,
    };
  }
  const group = groupOf(address);
  if (group !== undefined) return { message: `${address} is a ${group} address, not that of one host` };
  return address === '0.0.0.0' || address === '::'
    ? { message: `${address} is no host's address` }
    : undefined;
});

const hostMac = text(value => {
  const mac = parseMac(value);
  if (mac === undefined) {
    return { message: `${quote(value)} is not a MAC address`, hint: 'write it as "00:03:b1:00:00:07"' };
  }
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) !== 0) {
    return { message: `${mac} is a group address, not that of one network card` };
  }
  return mac === '00:00:00:00:00:00' ? { message: `${mac} is no network card's address` } : undefined;
});

const deviceType = text(value => {
  if (DEVICE_TYPES.has(value)) return undefined;
  const near = nearest(value, DEVICE_TYPES.keys());
  return {
    message: `unknown device type ${quote(value)}`,
    hint:
      near === undefined ? `known types: ${[...DEVICE_TYPES.keys()].join(', ')}` : `did you mean ${near}?`,
  };
});

const timeZone = text(value => {
  if (isTimeZone(value)) return undefined;
  const near = nearest(value, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  return {
    message: `unknown time zone ${quote(value)}`,
    hint:
      near === undefined ? 'use a name of the IANA database, e.g. Europe/Berlin' : `did you mean ${near}?`,
  };
});

/** Names only: an offset such as +01:00, which newer engines take, knows no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const listName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, {
  error: 'a list is named with letters, digits, _, - and . so that rules can write %name%',
});

const vlan = z.number().superRefine((value, context) => {
  if (Number.isInteger(value) && value >= 1 && value <= 4094) return;
  context.addIssue({
    code: 'custom',
    message: `${value} is not a VLAN identifier`,
    params: { hint: '1 to 4094' },
  });
});

const zone = z.strictObject({
  name: words.describe('Name of the zone, as in records and reports.'),
  cidr: oneOrMore(range).optional().describe('Address ranges of the zone; the longest that fits wins.'),
  vlan: oneOrMore(vlan).optional().describe('VLANs of the zone, for hosts that no range holds.'),
  medical: z.boolean().optional().describe('Medical devices live here: unknown hosts in it are reported.'),
});

const device = z.strictObject({
  name: words.describe('Name of the device, unique.'),
  type: deviceType.describe('Device type, e.g. infusion-pump.'),
  ip: oneOrMore(hostAddress).optional().describe('Its IP addresses.'),
  mac: oneOrMore(hostMac).optional().describe('Its MAC addresses.'),
  criticality: z.enum(CRITICALITIES).optional().describe('When other than usual for the type.'),
  vendor: words.optional().describe('Manufacturer.'),
});

/** An inventory as written. */
export const inventorySchema = z.strictObject({
  schema: z.string().describe(`${INVENTORY_SCHEMA}.`),
  site: words.optional().describe('Name of the site, shown in reports; tells equal private addresses apart.'),
  timezone: timeZone
    .optional()
    .describe('IANA time zone of times shown and of hours in rules; UTC without it.'),
  internal: oneOrMore(range).optional().describe('Ranges of the site, instead of the private ranges.'),
  resolvers: oneOrMore(hostAddress).optional().describe('DNS resolvers whose answers are trusted.'),
  zones: z.array(zone).optional().describe('Parts of the network.'),
  lists: z.record(listName, oneOrMore(words)).optional().describe('Lists for %placeholders% of rules.'),
  devices: z.array(device).optional().describe('Who is who.'),
});

export type InventoryFile = z.infer<typeof inventorySchema>;

/** Keys that the map at a path may have; undefined where any are. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] | undefined {
  if (path.length === 0) return Object.keys(inventorySchema.shape);
  if (path.length === 2 && path[0] === 'zones') return Object.keys(zone.shape);
  if (path.length === 2 && path[0] === 'devices') return Object.keys(device.shape);
  return undefined;
}
