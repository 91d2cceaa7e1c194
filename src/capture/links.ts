/**
 * Symbolic links met in directories. They are followed to files when everything else was listed: a file that is reached
 * by its own name, too, or by several links, is read once. Links to directories are not followed, since they may lead
 * round in circles: one that leads out of what is searched anyway is named, as is a link of a capture's name that leads
 * nowhere.
 */
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';

const NOWHERE = 'a link to a file that does not exist';
const NOT_FOLLOWED = 'a link to a directory is not followed; give it as an INPUT of its own';

/** Where a link leads: to a file that was not listed, to one that was, or to what is not followed. */
export type Target =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'listed' }
  | { readonly kind: 'nowhere' | 'elsewhere'; readonly problem: string }
  | { readonly kind: 'none' };

/** The links of a run, and what they may lead to. */
export class Links {
  readonly #files = new Set<string>();
  readonly #roots: string[] = [];
  readonly #met: { readonly path: string; readonly root: string }[] = [];

  /** Remembers a file that was listed by a name of its own. */
  noteFile(status: Stats): void {
    this.#files.add(identity(status));
  }

  /** Remembers a directory that is searched with all in it. */
  async noteRoot(path: string): Promise<void> {
    this.#roots.push(await realpath(path));
  }

  /** Remembers a link that was met in the search of `root`. */
  add(path: string, root: string): void {
    this.#met.push({ path, root });
  }

  /** The links that were met, and where they lead. */
  async *followed(): AsyncGenerator<{
    readonly path: string;
    readonly root: string;
    readonly target: Target;
  }> {
    for (const { path, root } of this.#met) yield { path, root, target: await this.#target(path) };
  }

  async #target(path: string): Promise<Target> {
    let status: Stats;
    try {
      status = await stat(path);
    } catch {
      return { kind: 'nowhere', problem: NOWHERE };
    }
    if (status.isDirectory()) {
      return (await this.#isSearched(path)) ? { kind: 'none' } : { kind: 'elsewhere', problem: NOT_FOLLOWED };
    }
    if (!status.isFile()) return { kind: 'none' };
    if (this.#files.has(identity(status))) return { kind: 'listed' };
    this.noteFile(status);
    return { kind: 'file', size: status.size };
  }

  async #isSearched(directory: string): Promise<boolean> {
    const real = await realpath(directory).catch(() => directory);
    return this.#roots.some(root => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep));
  }
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
