/**
 * The one law: stages do not import one another. They share types through `model/` and primitives through `bytes/` and
 * `net/`; only `pipeline/` knows them all. And which folder may touch the system or a package (ARCHITECTURE).
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/paths.ts';
import { readSources, type SourceFile } from './source-files.ts';

const SHARED = ['bytes', 'errors.ts', 'model', 'net'];
/** Stages whose input somebody writes in YAML. */
const OF_YAML = [...SHARED, 'yaml'];
const STAGES = [
  'capture',
  'saved',
  'layers',
  'flows',
  'protocols',
  'devices',
  'sigma',
  'signatures',
  'intel',
  'filter',
  'findings',
  'report',
];

/** Folders of `src` a folder may import from, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  bytes: [],
  net: ['bytes'],
  model: ['bytes', 'net'],
  yaml: ['bytes', 'errors.ts'],
  ...Object.fromEntries(STAGES.map(stage => [stage, SHARED])),
  devices: OF_YAML,
  sigma: OF_YAML,
  signatures: OF_YAML,
  pipeline: [...SHARED, ...STAGES],
  cli: [...SHARED, 'pipeline', 'report', 'sigma'],
};

/** Modules of Node and packages a folder may use; everything else none. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  bytes: ['node:buffer'],
  net: ['ipaddr.js'],
  capture: [
    'fzstd',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:path',
    'node:timers/promises',
    'node:zlib',
    'yauzl',
  ],
  saved: ['node:fs', 'node:fs/promises', 'node:net', 'node:path', 'node:zlib'],
  devices: ['node:fs', 'zod'],
  intel: ['node:fs', 'node:path', 'node:url'],
  yaml: ['node:fs', 'node:path', 'yaml'],
  findings: ['node:crypto'],
  protocols: ['node:crypto', 'node:zlib'],
  pipeline: ['node:crypto', 'node:fs', 'node:os', 'node:path', 'node:v8'],
  cli: [
    'commander',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:os',
    'node:path',
    'node:timers/promises',
    'node:url',
    'node:v8',
  ],
};

/** Packages only some files of a folder may use. */
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  chalk: /^report\/.*text[^/]*\.ts$/,
  re2js: /^model\/regex\.ts$/,
};

/** Files whose work is to know rooms. */
const LISTS = ['protocols/registry.ts', 'protocols/clinical/payloads.ts'];

const MAX_LINES = 500;

const sources = readSources();
const byPath = new Map(sources.map(source => [source.path, source]));

/** Every import that a test refuses, as one line each. */
function refused(
  test: (source: SourceFile, specifier: string, file: string | undefined) => boolean,
): string[] {
  return sources.flatMap(source =>
    source.imports
      .filter(({ specifier, file }) => test(source, specifier, file))
      .map(({ specifier }) => `${source.path} imports ${specifier}`),
  );
}

describe('imports', () => {
  it('there are sources, and every folder has its row in the table', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(
      [...new Set(sources.map(source => source.folder))].filter(folder => !(folder in MAY_IMPORT)),
    ).toEqual([]);
  });

  it('name files that exist, with their extension', () => {
    expect(refused((_, __, file) => file !== undefined && !byPath.has(file))).toEqual([]);
  });

  it('stay within what the table allows: no stage imports another', () => {
    const outside = refused(({ folder }, _, file) => {
      const target = file?.split('/')[0];
      return target !== undefined && target !== folder && !MAY_IMPORT[folder]?.includes(target);
    });
    expect(outside).toEqual([]);
  });

  it('use only the packages and modules of Node that the folder may touch', () => {
    const foreign = refused(({ folder, path }, specifier, file) => {
      if (file !== undefined) return false;
      return !(ONLY_IN[specifier]?.test(path) ?? MAY_USE[folder]?.includes(specifier) ?? false);
    });
    expect(foreign).toEqual([]);
  });

  it('a protocol knows no other protocol’s room', () => {
    // Shared are the files directly in `protocols/`, in `protocols/files/` and in `protocols/gssapi/`, and directly in the protocol's family folder;
    // so is `clinical/payloads.ts`, which lists the rooms of medical formats as the registry lists protocols.
    const trespass = refused(({ path, folder }, _, file) => {
      if (folder !== 'protocols' || LISTS.includes(path) || !file?.startsWith('protocols/')) return false;
      if (/^protocols\/clinical\/payloads?\.ts$/.test(file)) return false;
      const room = dirname(path);
      const target = dirname(file);
      const shared = /^protocols(?:\/(?:files|gssapi))?$/.test(target) || `${room}/`.startsWith(`${target}/`);
      return !shared || file === 'protocols/registry.ts';
    });
    expect(trespass).toEqual([]);
  });

  it('have no cycle', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const { file, typeOnly } of byPath.get(path)?.imports ?? []) {
        if (file !== undefined && !typeOnly) visit(file, [...trail, path]);
      }
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('source files', () => {
  it('open with a doc comment', () => {
    expect(sources.filter(({ text }) => !text.startsWith('/**')).map(({ path }) => path)).toEqual([]);
  });

  it(`have at most ${MAX_LINES} lines, generated tables aside`, () => {
    const long = sources.filter(({ text }) => {
      const comment = text.slice(0, text.indexOf('*/'));
      return text.split('\n').length - 1 > MAX_LINES && !/\bGenerated by\b/i.test(comment);
    });
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('have no default export', () => {
    expect(sources.filter(source => source.hasDefaultExport).map(({ path }) => path)).toEqual([]);
  });

  it('of every registered protocol and every layer have a test beside them', () => {
    const registered = byPath.get('protocols/registry.ts')?.imports.map(({ file }) => file!) ?? [];
    expect(registered.length).toBeGreaterThan(0);
    const layers = sources.filter(({ folder }) => folder === 'layers').map(({ path }) => path);
    const untested = [...registered, ...layers].filter(
      path => !existsSync(join(ROOT, 'tests', path.replace(/\.ts$/, '.test.ts'))),
    );
    expect(untested).toEqual([]);
  });
});
