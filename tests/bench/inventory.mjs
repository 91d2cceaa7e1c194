// @ts-check
/**
 * An inventory for the benchmark corpus: the devices of the fixtures' inventories, once for each of the first rounds,
 * at the addresses they have there. Devices are matched by address only, since MAC addresses do not move.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { shiftAddress, shiftNumber } from './shift.mjs';

/** More rounds than this have hosts without a name: an inventory stays one a person could have written. */
const ROUNDS = 40;

/**
 * @param {string} root of the repository
 * @param {string[]} sources names of the captures, in the order of the corpus
 * @param {number} rounds
 * @param {string} path of the inventory to write
 */
export function writeInventory(root, sources, rounds, path) {
  const devices = [];
  const resolvers = [];
  const medical = [];
  for (const [index, name] of sources.entries()) {
    const place = basename(name).replace(/\.pcap(ng)?$/, '');
    const file = join(root, 'fixtures', `${place}.inventory.yml`);
    if (!existsSync(file)) continue;
    const site = parse(readFileSync(file, 'utf8'));
    for (let round = 0; round < Math.min(rounds, ROUNDS); round++) {
      const number = shiftNumber(round, index, sources.length);
      const move = (/** @type {string} */ text) => shiftText(text, number);
      resolvers.push(...site.resolvers.map(move));
      for (const zone of site.zones) if (zone.medical) medical.push(...zone.cidr.map(move));
      for (const { mac: _, ip, ...device } of site.devices) {
        devices.push({ ...device, name: `${place}-${round}-${device.name}`, ip: [ip].flat().map(move) });
      }
    }
  }
  const inventory = {
    schema: 'medtap/inventory@1',
    site: 'Benchmark corpus',
    internal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
    resolvers,
    zones: [{ name: 'medical', cidr: medical, medical: true }],
    lists: { approved_cloud: ['updates.vendor.example'] },
    devices,
  };
  writeFileSync(path, stringify(inventory));
}

/**
 * @param {string} text an IPv4 address or CIDR
 * @param {number} number
 */
function shiftText(text, number) {
  const [address = '', prefix] = text.split('/');
  const bytes = Uint8Array.from(address.split('.'), Number);
  shiftAddress(bytes, 0, number);
  return prefix === undefined ? bytes.join('.') : `${bytes.join('.')}/${prefix}`;
}
