/** The rules and signatures that come with the program: where they are, and how they are called. */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In place of a path: the rules that come with the program. */
export const SHIPPED = 'shipped';

/** Where they are. */
export const SHIPPED_FOLDER = fileURLToPath(new URL('../../rules', import.meta.url));

/** A file's name for people: those of the shipped rules begin with `rules/`. */
export function shownFile(file: string): string {
  return file.startsWith(SHIPPED_FOLDER + sep) ? `rules${file.slice(SHIPPED_FOLDER.length)}` : file;
}
