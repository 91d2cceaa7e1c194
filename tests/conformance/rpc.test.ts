/**
 * ONC RPC against tshark, as Zeek logs none of it: calls with program, version, caller and user, and names of files.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';

const tshark = spawnSync('tshark', ['--version']).status === 0;
const runs = hasShared() && (tshark || process.env['MEDTAP_REQUIRE'] === '1');
const missing = hasShared() ? 'tshark' : '../shared';

/** Values of fields of all calls, several in one packet one after the other. */
function calls(capture: string, ...fields: string[]): string[][] {
  const args = ['-r', join(SHARED, capture), '-Y', 'rpc.msgtyp == 0', '-T', 'fields'];
  const named = ['rpc.msgtyp', ...fields].flatMap(name => ['-e', name]);
  const { stdout } = spawnSync('tshark', [...args, ...named], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .flatMap(line => {
      const cells = line.split('\t').map(cell => cell.split(','));
      return cells[0]!.map((_, i) => cells.slice(1).map(cell => cell[i] ?? ''));
    });
}

const NUMBERS: Readonly<Record<string, string>> = {
  100000: 'portmap',
  100003: 'nfs',
  100005: 'mount',
  100227: 'nfs_acl',
  100232: 'sadmind',
};

const CAPTURES = [
  'zeek/mount-mount-unmount-bad-status.pcap',
  'zeek/mount-mount-unmount.pcap',
  'zeek/nfs-nfs_write.pcap',
  'zeek/nfs-nfs_write_bad_stable_how.pcap',
  'zeek/rpc-portmap-sadmind.pcap',
];

/** How often each text comes. */
function counted(texts: readonly string[], times: readonly number[] = []): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [i, text] of texts.entries()) counts[text] = (counts[text] ?? 0) + (times[i] ?? 1);
  return counts;
}

describe.skipIf(!runs)(`rpc against tshark${runs ? '' : ` (skipped: ${missing} missing)`}`, () => {
  it.each(CAPTURES)('calls of %s', async capture => {
    const theirs = calls(capture, 'rpc.program', 'rpc.programversion', 'rpc.auth.machinename').map(
      ([program, version, machine]) => `${NUMBERS[program!] ?? program} ${version} ${machine}`,
    );
    const rows = (await decodeFiles([join(SHARED, capture)])).rows('rpc');
    const ours = rows.map(row => `${row['program']} ${row['version']} ${row['machine'] ?? ''}`);
    expect(theirs.length).toBeGreaterThan(0);
    expect(
      counted(
        ours,
        rows.map(row => Number(row['calls'])),
      ),
    ).toEqual(counted(theirs));
  });

  it('names, bytes and results of a file that is made and written', async () => {
    const rows = (await decodeFiles([join(SHARED, 'zeek/nfs-nfs_write.pcap')])).rows('rpc');
    const args = ['-r', join(SHARED, 'zeek/nfs-nfs_write.pcap'), '-Y', 'nfs.name && rpc.msgtyp == 0'];
    const { stdout } = spawnSync('tshark', [...args, '-T', 'fields', '-e', 'nfs.name'], { encoding: 'utf8' });
    const names = stdout.split('\n').filter(line => line !== '');
    const ours = rows
      .filter(row => ['lookup', 'create', 'remove'].includes(String(row['procedure'])))
      .map(row => String(row['path']));
    expect(names.length).toBeGreaterThan(5);
    expect(ours).toEqual(names);
  });
});
