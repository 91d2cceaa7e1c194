// @ts-check
/**
 * `npm run new:protocol -- FAMILY/NAME [PORT]`: makes the room of a protocol, its test and its line in the registry, from a
 * template that works as it is. FAMILY is a folder of `src/protocols/`, new or not; NAME is the protocol's name as in `service`
 * (lower case, digits and `_`); its files get `-` for `_`. Nothing that exists is overwritten.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const templates = fileURLToPath(new URL('new-protocol/', import.meta.url));
const root = process.env['MEDTAP_ROOT'] ?? fileURLToPath(new URL('..', import.meta.url));

const [where = '', port = '9'] = process.argv.slice(2);
const [family = '', name = ''] = where.split('/');
const families = 'clinical database industrial mail management naming remote web windows'.split(' ');

if (!/^[a-z][a-z0-9_]*$/.test(name))
  stop('usage: npm run new:protocol -- FAMILY/NAME [PORT], e.g. industrial/melsec 5007');
if (!families.includes(family)) stop(`no family ${family}; there are ${families.join(', ')}`);
if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) stop(`${port} is no port`);

const file = name.replaceAll('_', '-');
const room = `src/protocols/${family}/${file}.ts`;
const test = `tests/protocols/${family}/${file}.test.ts`;
for (const path of [room, test]) if (existsSync(join(root, path))) stop(`${path} exists already`);

make(room, 'template.ts.txt');
make(test, 'template.test.ts.txt');
const registry = join(root, 'src/protocols/registry.ts');
const lines = readFileSync(registry, 'utf8').trimEnd().split('\n');
const head = lines.filter(line => !line.startsWith('export'));
const entries = lines.filter(line => line.startsWith('export'));
entries.push(`export { ${name} } from './${family}/${file}.ts';`);
entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
writeFileSync(registry, `${[...head, ...entries].join('\n')}\n`);

console.log(`made ${room}
made ${test}
registered ${name} in src/protocols/registry.ts

next: add an opening to tests/protocols/openings/${family}.ts, then
      npx vitest run ${test} tests/protocols/registry.test.ts
      npm run build && npm run docs`);

/** @param {string} path @param {string} template */
function make(path, template) {
  const text = readFileSync(join(templates, template), 'utf8')
    .replaceAll('__NAME__', name)
    .replaceAll('__FAMILY__', family)
    .replaceAll('__FILE__', file)
    .replaceAll('__PORT__', port);
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** @param {string} line */
function sortKey(line) {
  return line.slice(line.indexOf("'"));
}

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(2);
}
