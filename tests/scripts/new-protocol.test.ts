/** The template of `npm run new:protocol` must be a protocol that works, passes its own tests and finds its place. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const copy = tempFolder().path;

function make(...args: string[]) {
  return spawnSync(process.execPath, [join(ROOT, 'scripts/new-protocol.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, MEDTAP_ROOT: copy },
  });
}

describe('npm run new:protocol', () => {
  mkdirSync(join(copy, 'tests/protocols'), { recursive: true });
  for (const path of ['src', 'tests/support', 'tsconfig.json', 'package.json']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

  it('makes a room that compiles and passes its tests', () => {
    const made = make('industrial/made_up', '4711');
    expect(made.stderr).toBe('');
    expect(made.status).toBe(0);
    expect(readFileSync(join(copy, 'src/protocols/registry.ts'), 'utf8')).toContain(
      "export { made_up } from './industrial/made-up.ts';",
    );
    const typed = spawnSync('npx', ['tsc', '-p', 'tsconfig.json', '--noEmit'], {
      cwd: copy,
      encoding: 'utf8',
    });
    expect(typed.stdout).toBe('');
    const tested = spawnSync('npx', ['vitest', 'run', '--root', copy, 'tests/protocols/industrial'], {
      cwd: copy,
      encoding: 'utf8',
    });
    expect(tested.status, tested.stdout + tested.stderr).toBe(0);
  }, 120_000);

  it.each([
    [[], 'usage:'],
    [['industrial/Bad-Name'], 'usage:'],
    [['nowhere/x'], 'no family nowhere'],
    [['web/http'], 'exists already'],
    [['web/x', '70000'], '70000 is no port'],
  ])('%j is refused', (args, message) => {
    const made = make(...args);
    expect([made.status, made.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
