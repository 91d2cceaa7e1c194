/**
 * Which saved logs the names of a command line mean: files as they are, directories searched for files that begin like a log.
 * Other files in directories are passed over: a folder of logs also holds reports and states.
 *
 * Limits: directories are searched `MAX_DEPTH` deep and not followed into links.
 */
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type SavedKind, sniffSaved } from './sniff.ts';

const MAX_DEPTH = 16;

/** One file to read. */
export interface SavedInput extends SavedKind {
  readonly file: string;
  /** Bytes on disk. */
  readonly size: number;
}

/** What was found under the names given. */
export interface SavedInputs {
  /** In the order of the names, within directories by name. */
  readonly logs: readonly SavedInput[];
  /** Files among the names that are saved logs. */
  readonly named: readonly string[];
  /** Names that stand for no saved log: captures, or what cannot be read. */
  readonly others: readonly string[];
}

/** Looks for saved logs. Never rejects: what cannot be read is among the others. */
export async function findSaved(names: readonly string[]): Promise<SavedInputs> {
  const logs: SavedInput[] = [];
  const named: string[] = [];
  const others: string[] = [];
  for (const name of names) {
    const before = logs.length;
    const status = name === '-' ? undefined : await stat(name).catch(() => undefined);
    if (status?.isDirectory()) await search(name, logs, 0);
    else if (status?.isFile()) {
      await add(name, status.size, logs);
      if (logs.length > before) named.push(name);
    }
    if (logs.length === before) others.push(name);
  }
  return { logs, named, others };
}

async function search(directory: string, logs: SavedInput[], depth: number): Promise<void> {
  if (depth > MAX_DEPTH) return;
  const names = await readdir(directory).catch(() => []);
  for (const entry of names.sort((a, b) => (a < b ? -1 : 1))) {
    const path = join(directory, entry);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory()) await search(path, logs, depth + 1);
    else if (status?.isFile()) await add(path, status.size, logs);
  }
}

async function add(file: string, size: number, logs: SavedInput[]): Promise<void> {
  const kind = await sniffSaved(file);
  if (kind !== undefined) logs.push({ file, size, ...kind });
}
