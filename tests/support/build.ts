/**
 * Vitest's global set-up: builds `dist/` from `src/` once per run when a source is newer, for the tests that start
 * the built program. Up to date, it costs one walk over both folders.
 *
 * Several runs in one checkout take turns (a lock folder, given up after `LOCK_PATIENCE`). A source that does not
 * compile does not stop the tests that need no build; with `MEDTAP_REQUIRE=1`, as in CI, it does.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOCK = join(ROOT, 'node_modules', '.medtap-build-lock');
const LOCK_PATIENCE = 60_000;

/** Called by vitest before the first test file. */
export async function setup(): Promise<void> {
  if (isCurrent()) return;
  await lock();
  try {
    if (!isCurrent()) build();
  } finally {
    rmdirSync(LOCK);
  }
}

/** Whether everything in `dist/` is at least as new as everything it is made from. */
function isCurrent(): boolean {
  const built = times(join(ROOT, 'dist'));
  if (built.length === 0) return false;
  const configs = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/bundle.mjs'].map(
    name => statSync(join(ROOT, name)).mtimeMs,
  );
  return Math.min(...built) >= Math.max(...configs, ...times(join(ROOT, 'src')));
}

function times(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => statSync(join(entry.parentPath, entry.name)).mtimeMs);
}

function build(): void {
  const result = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (result.status === 0) return;
  const problem = `the build failed:\n${result.stdout}${result.stderr}`;
  if (process.env['MEDTAP_REQUIRE'] === '1') throw new Error(problem);
  process.stderr.write(`${problem}\n`);
}

async function lock(): Promise<void> {
  const end = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      mkdirSync(LOCK);
      return;
    } catch {
      // Left over by a run that was killed: take it.
      if (Date.now() > end) return;
      await sleep(100);
    }
  }
}
