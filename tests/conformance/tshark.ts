/** Fields that tshark shows of a capture, for protocols of which Zeek says nothing or little. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasShared, SHARED } from '../support/paths.ts';

const present = spawnSync('tshark', ['--version']).status === 0 || process.env['MEDTAP_REQUIRE'] === '1';

/** What keeps comparisons with tshark from being made. */
export const TSHARK_MISSING = !hasShared() ? '../shared' : present ? undefined : 'tshark';

/** Cells of the packets that a display filter finds; several values of a field stand with commas. */
export function tsharkFields(capture: string, filter: string, ...fields: string[]): string[][] {
  const { stdout } = spawnSync(
    'tshark',
    ['-r', join(SHARED, capture), '-Y', filter, '-T', 'fields', ...fields.flatMap(name => ['-e', name])],
    { encoding: 'utf8' },
  );
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split('\t'));
}
