// @ts-check
/**
 * `npm run docs`: writes the reference pages below `docs/reference/` from the built program, so that they cannot say
 * anything else than it does. With `--check` nothing is written; stale pages are named and the exit code is 1.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliPage } from './docs/cli.mjs';
import { identifiersPage } from './docs/identifiers.mjs';
import { identityPage } from './docs/identity.mjs';
import { rulesPage } from './docs/rules.mjs';
import { streamsPage } from './docs/streams.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs', 'reference');

/** @type {ReadonlyMap<string, string>} */
const pages = new Map([
  ['cli.md', cliPage(root)],
  ['identity.md', identityPage()],
  ['identifiers.md', identifiersPage()],
  ['rules.md', rulesPage(root)],
  ['streams.md', streamsPage()],
]);

if (process.argv.includes('--check')) {
  const stale = [...pages]
    .filter(([name, text]) => readPage(name) !== text)
    .map(([name]) => `${name} is stale`);
  const unknown = existsSync(folder) ? readdirSync(folder).filter(name => !pages.has(name)) : [];
  const problems = [...stale, ...unknown.map(name => `${name} is not a generated page`)];
  for (const problem of problems) console.error(`docs/reference: ${problem}`);
  if (problems.length > 0) {
    console.error('run: npm run build && npm run docs');
    process.exitCode = 1;
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}

/** @param {string} name */
function readPage(name) {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
