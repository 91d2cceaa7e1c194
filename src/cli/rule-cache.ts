/**
 * Rule files as they were read the last time, by the hash of their text, so that thousands of them load in the time of reading
 * and binding them: parsing YAML is most of the work otherwise. One file in the user's cache folder, only for packs of at
 * least `MIN_FILES` files; whatever is wrong with it makes it useless and nothing else.
 *
 * It is trusted as much as a rule is: it must belong to the user, be writable by nobody else, and hash to what it says of
 * itself. Only files without problems or warnings are kept. `MEDTAP_CACHE_DIR` names another folder; empty, there is none.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { ParsedRules } from '../sigma/load.ts';
import type { RuleDocument } from '../sigma/rule.ts';
import { makeFoldersSync } from './output-file.ts';
import { packageVersion } from './run-info.ts';

/** Smaller packs load fast enough, and a run that is asked about a few rules should leave no traces. */
export const MIN_FILES = 200;
/** A cache that grew larger than this is none. */
const MAX_BYTES = 256 << 20;
const DIGEST = 32;

/** A document without the text it came from. */
type Bare = Omit<RuleDocument, 'source'>;

/** The cache of a run. */
export class RuleCache implements ParsedRules {
  readonly #file: string | undefined;
  readonly #before: ReadonlyMap<string, readonly Bare[]>;
  readonly #now = new Map<string, readonly Bare[]>();
  #missed = 0;

  /** @param env where `MEDTAP_CACHE_DIR` and `XDG_CACHE_HOME` are looked up */
  constructor(env: Readonly<Record<string, string | undefined>>, files: number) {
    this.#file = files < MIN_FILES ? undefined : cacheFile(env);
    this.#before = this.#file === undefined ? new Map() : (readCache(this.#file) ?? new Map());
  }

  get(text: string, foreign: boolean): readonly Bare[] | undefined {
    if (this.#file === undefined) return undefined;
    const key = keyOf(text, foreign);
    const found = this.#before.get(key);
    if (found === undefined) this.#missed++;
    else this.#now.set(key, found);
    return found;
  }

  put(text: string, foreign: boolean, documents: readonly RuleDocument[]): void {
    if (this.#file === undefined) return;
    this.#now.set(
      keyOf(text, foreign),
      documents.map(({ source: _, ...bare }) => bare),
    );
  }

  /** Writes what this run used, if the cache lacked any of it. Failing to do so harms nobody. */
  save(): void {
    if (this.#file === undefined || this.#missed === 0) return;
    try {
      writeCache(this.#file, this.#now);
    } catch {
      // A full disk, a folder that cannot be written: the next run parses again.
    }
  }
}

function keyOf(text: string, foreign: boolean): string {
  return createHash('sha256')
    .update(foreign ? 'foreign\n' : 'own\n')
    .update(text)
    .digest('base64');
}

function cacheFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = env['MEDTAP_CACHE_DIR'];
  if (given === '') return undefined;
  const folder = given ?? join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'medtap');
  // What is stored is V8's form of objects of this version.
  return join(folder, `rules-${packageVersion()}-${process.versions.v8}.cache`);
}

function readCache(file: string): ReadonlyMap<string, readonly Bare[]> | undefined {
  try {
    const { uid, mode, size } = statSync(file);
    const own = userInfo().uid;
    if ((own >= 0 && uid !== own) || (mode & 0o022) !== 0 || size > MAX_BYTES) return undefined;
    const bytes = readFileSync(file);
    const body = bytes.subarray(DIGEST);
    if (!createHash('sha256').update(body).digest().equals(bytes.subarray(0, DIGEST))) return undefined;
    const stored: unknown = deserialize(body);
    return stored instanceof Map ? (stored as Map<string, readonly Bare[]>) : undefined;
  } catch {
    return undefined;
  }
}

function writeCache(file: string, entries: ReadonlyMap<string, readonly Bare[]>): void {
  const body = serialize(entries);
  makeFoldersSync(join(file, '..'), 0o700);
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.concat([createHash('sha256').update(body).digest(), body]), {
      mode: 0o600,
      flag: 'wx',
    });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
