// @ts-check
/**
 * What is measured beside what: two commands of medtap, reading the bytes alone, and programs that do part of the same
 * work. Programs that are not installed are left out of the table and named below it.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './measure.mjs';

/**
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} title as the table shows it
 * @property {string[]} command
 * @property {number[]} accepted exit codes that mean it did its work
 * @property {string[] | undefined} version command that prints it
 */

/**
 * @param {string} root of the repository
 * @param {{capture: string, inventory: string}} corpus
 * @returns {{present: Contestant[], missing: string[]}}
 */
export function contestants(root, { capture, inventory }) {
  const medtap = [process.execPath, join(root, 'bin', 'medtap.js')];
  const counter = fileURLToPath(new URL('count-packets.mjs', import.meta.url));
  /** @type {(Contestant & {needs: string | undefined})[]} */
  const all = [
    {
      id: 'logs',
      title: '`medtap logs --stream conn`',
      command: [...medtap, 'logs', '--stream', 'conn', '--quiet', capture],
      accepted: [0],
      version: undefined,
      needs: undefined,
    },
    {
      id: 'scan',
      title: '`medtap scan --format json --inventory …`',
      command: [...medtap, 'scan', '--format', 'json', '--inventory', inventory, '--quiet', capture],
      accepted: [0, 1],
      version: undefined,
      needs: undefined,
    },
    {
      id: 'cat',
      title: '`cat` (the bytes alone)',
      command: ['cat', capture],
      accepted: [0],
      version: undefined,
      needs: 'cat',
    },
    {
      id: 'tcpdump',
      title: '`tcpdump -r … -w /dev/null`',
      command: ['tcpdump', '-r', capture, '-w', '/dev/null'],
      accepted: [0],
      version: ['tcpdump', '--version'],
      needs: 'tcpdump',
    },
    {
      id: 'ndpiReader',
      title: '`ndpiReader -i …`',
      command: ['ndpiReader', '-i', capture],
      accepted: [0],
      version: ['ndpiReader', '-h'],
      needs: 'ndpiReader',
    },
    {
      id: 'tshark',
      title: '`tshark -q -z conv,tcp`',
      command: ['tshark', '-q', '-z', 'conv,tcp', '-r', capture],
      accepted: [0],
      version: ['tshark', '--version'],
      needs: 'tshark',
    },
    {
      id: 'pcap-parser',
      title: '`pcap-parser` (counts packets)',
      command: [process.execPath, counter, capture],
      accepted: [0],
      version: undefined,
      needs: undefined,
    },
  ];
  const isPresent = (/** @type {{needs: string | undefined}} */ { needs }) =>
    needs === undefined || isInstalled(needs);
  return {
    present: all.filter(isPresent),
    missing: all.filter(contestant => !isPresent(contestant)).map(({ id }) => id),
  };
}

/**
 * `tcpdump 4.99.3`, from whatever the program prints about itself.
 * @param {Contestant} contestant
 * @returns {string | undefined}
 */
export function versionOf({ id, version }) {
  const [program, ...args] = version ?? [];
  if (program === undefined) return undefined;
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const [number] = /\d+\.\d+(\.\d+)*/.exec(`${stdout}${stderr}`) ?? [];
  return number === undefined ? undefined : `${id} ${number}`;
}
