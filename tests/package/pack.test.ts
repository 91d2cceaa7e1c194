/**
 * The package as somebody gets it: what the tarball holds, and that the program works when installed from it into an
 * empty folder, away from this repository.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES, ROOT } from '../support/paths.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What npm says when it has no way to the registry. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;
const INSTALL_MILLISECONDS = 240_000;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string): Ran {
  return spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
}

let folder = '';
let tarball = '';
let files: readonly string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-pack-'));
  // Scripts would build again, under the feet of tests that run beside this one.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { status, stdout, stderr } = run('npm', args, ROOT);
  expect(status, stderr).toBe(0);
  const [packed] = JSON.parse(stdout);
  tarball = join(folder, packed.filename);
  files = packed.files.map((file: { readonly path: string }) => file.path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  test('holds the program, its rules and its papers, and nothing else', () => {
    const tops = new Set(files.map(path => path.split('/')[0]));
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json', 'rules'];
    expect([...tops].sort()).toEqual(expected);
    expect(files).toContain('bin/medtap.js');
    expect(files).toContain('dist/cli/main.js');
  });

  test('holds no capture, no source, and of tests only those that stand beside rules', () => {
    const unwanted = files.filter(
      path =>
        /\.(pcap|pcapng|ts|mjs|tsbuildinfo|map)$/.test(path) ||
        /(^|\/)(tests?|fixtures|bench|docs|scripts)\//.test(path) ||
        (/\.test\./.test(path) && !/^rules\/.*\.test\.yml$/.test(path)),
    );
    expect(unwanted).toEqual([]);
  });
});

describe('installed in an empty folder', () => {
  test('scans a capture, prints findings and ends with 1', { timeout: INSTALL_MILLISECONDS }, context => {
    const place = join(folder, 'empty');
    mkdirSync(place);
    const args = ['install', '--prefix', place, '--prefer-offline', '--no-audit', '--no-fund', tarball];
    const installed = run('npm', args, place);
    if (installed.status !== 0 && OFFLINE.test(installed.stderr) && process.env.MEDTAP_REQUIRE !== '1') {
      context.skip('npm registry missing');
    }
    expect(installed.status, installed.stderr).toBe(0);

    expect(run('npx', ['--no-install', 'medtap', '--version'], place).stdout.trim()).toBe(version);

    const inventory = join(FIXTURES, 'ward.inventory.yml');
    const scanned = ['medtap', 'scan', '--inventory', inventory, join(FIXTURES, 'ward.pcap')];
    const scan = run('npx', ['--no-install', ...scanned], place);
    expect(scan.status, scan.stderr).toBe(1);
    expect(scan.stdout).toMatch(/pump-07/);
  });
});
