/** The source files of the program: their imports as the parser sees them, and their text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { ROOT } from '../support/paths.ts';

const SRC = join(ROOT, 'src');

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path below `src` when it is a file of ours, else undefined. */
  readonly file: string | undefined;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Path below `src`, with forward slashes. */
  readonly path: string;
  /** First folder below `src`, or the file itself where it stands in none. */
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly hasDefaultExport: boolean;
}

export function readSources(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .sort()
    .map(readSource);
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8');
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: Omit<Import, 'file'>[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every(entry => entry.isType);
    found.push({ specifier: moduleRequest.value, typeOnly });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) found.push({ specifier: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    // Quotes included; anything that is no plain string is refused by the test as an unknown package.
    found.push({ specifier: text.slice(moduleRequest.start + 1, moduleRequest.end - 1), typeOnly: false });
  }
  return {
    path,
    folder: path.split('/')[0]!,
    text,
    imports: found.map(item => ({ ...item, file: ownFile(path, item.specifier) })),
    hasDefaultExport: module.staticExports.some(({ entries }) =>
      entries.some(entry => entry.exportName.kind === 'Default'),
    ),
  };
}

function ownFile(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative(SRC, join(SRC, dirname(from), specifier)) : undefined;
}
