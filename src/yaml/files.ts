/**
 * Files that somebody writes by hand (rules, their tests, signatures), from disk: found at a path, of bounded size,
 * UTF-8. The only file of this folder that touches the file system. Limits: `MAX_FILE_BYTES`, files, depth of folders.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Problem, systemMessage } from '../errors.ts';
import { MAX_FILE_BYTES } from './tree.ts';

/** Message of the problem when a path does not exist. */
export const MISSING = 'no such file or folder';

const MAX_FILES = 50_000;
const MAX_FOLDER_DEPTH = 16;

/** Text of a file, or why it cannot be had. */
export function readTextFile(file: string): string | Problem {
  try {
    const size = statSync(file).size;
    if (size > MAX_FILE_BYTES) return { file, message: `larger than ${MAX_FILE_BYTES} bytes` };
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    return { file, message: error instanceof TypeError ? 'not UTF-8 text' : problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  return code === 'ENOENT' ? MISSING : `cannot be read: ${systemMessage(error)}`;
}

/**
 * Files at a path: itself, or those of a folder whose names are wanted, sorted by name, folders in depth. Hidden entries
 * and symbolic links to folders are passed over. Problems are added to `errors`.
 * @param what the wanted files, for messages
 */
export function filesAt(
  path: string,
  isWanted: (name: string) => boolean,
  what: string,
  errors: Problem[],
): readonly string[] {
  const files: string[] = [];
  const before = errors.length;
  const walk = (folder: string, depth: number): void => {
    if (depth > MAX_FOLDER_DEPTH) {
      errors.push({ file: folder, message: `folders nested more than ${MAX_FOLDER_DEPTH} deep` });
      return;
    }
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(folder, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) walk(inner, depth + 1);
      else if (isWanted(entry.name)) files.push(inner);
    }
  };
  try {
    if (statSync(path).isDirectory()) walk(path, 0);
    else files.push(path);
  } catch (error) {
    errors.push({ file: path, message: problemOf(error) });
  }
  if (files.length === 0 && errors.length === before)
    errors.push({ file: path, message: `holds no ${what}` });
  if (files.length > MAX_FILES) {
    errors.push({ file: path, message: `more than ${MAX_FILES} ${what}` });
    return [];
  }
  return files;
}

/** A file that another one names, relative to the folder of that one. */
export function fileBeside(file: string, name: string): string {
  return resolve(dirname(file), name);
}

/** Whether a path is a regular file. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
