/**
 * A fixture whose bytes a script of its own computes from the published layouts: its records, what rules find in it, and the
 * laws that hold for each of them: no canary is in any output, and the script gives the same bytes again.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { memoryIo } from '../cli/memory-io.ts';
import { FIXTURES } from '../support/paths.ts';

const CANARIES = readFileSync(join(FIXTURES, 'canaries.txt'), 'utf8').trim().split('\n');

type Row = Readonly<Record<string, unknown>>;

async function run(...args: string[]): Promise<string> {
  const io = memoryIo();
  await main(args, io);
  return io.out() + io.err();
}

/** The fixture `name`.pcap, and the tests of the laws, to be called at the top of a test file. */
export function generatedFixture(name: string) {
  const capture = join(FIXTURES, `${name}.pcap`);
  const inventory = join(FIXTURES, `${name}.inventory.yml`);
  let rows: readonly Row[] = [];

  beforeAll(async () => {
    rows = (await run('logs', capture, '--format', 'json'))
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Row);
  });

  describe(`${name}.pcap`, () => {
    it('shows no canary in any output', async () => {
      const shown = [
        await run('logs', capture, '--format', 'json'),
        await run('logs', capture),
        await run('scan', capture, '--inventory', inventory),
        await run('scan', capture, '--inventory', inventory, '--format', 'json'),
        await run('devices', capture),
      ].join('\n');
      expect(shown.length).toBeGreaterThan(10_000);
      for (const canary of CANARIES) expect(shown).not.toContain(canary);
    });
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  describe.skipIf(!python)(`${name}.py${python ? '' : ' (skipped: python3 missing)'}`, () => {
    const folder = mkdtempSync(join(tmpdir(), `medtap-${name}-`));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('gives the same bytes again', () => {
      const made = spawnSync('python3', [join(FIXTURES, `record/${name}.py`), folder], { encoding: 'utf8' });
      expect(made.stderr).toBe('');
      for (const file of [`${name}.pcap`, `${name}.inventory.yml`, `${name}.scenes.tsv`])
        expect(readFileSync(join(folder, file)).equals(readFileSync(join(FIXTURES, file))), file).toBe(true);
    });
  });

  const of = (stream: string): readonly Row[] => rows.filter(row => row['_path'] === stream);
  return {
    of,
    /** Some fields of all records of a stream. */
    pick: (stream: string, ...names: string[]): unknown[][] =>
      of(stream).map(row => names.map(field => row[field])),
    /** Lines of `device` records: host, attribute, value, whether a gateway speaks for it. */
    told: (): string[] =>
      of('device').map(row => `${row['host']} ${row['attribute']} ${row['value']} ${row['behind']}`),
    /** The level at which each of these rules found something, by name. */
    async levels(rules: ReadonlySet<string>): Promise<Record<string, string>> {
      const args = ['--inventory', inventory, '--format', 'json', '--fail-on', 'none'];
      const { findings } = JSON.parse(await run('scan', capture, ...args)) as {
        findings: { rule: { name: string }; level: string }[];
      };
      const found = findings.map(({ rule, level }) => [rule.name, level] as const);
      return Object.fromEntries(found.filter(([rule]) => rules.has(rule)));
    },
  };
}
