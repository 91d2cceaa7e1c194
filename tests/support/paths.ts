/** Where tests find what they read. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Captures recorded for this project. */
export const FIXTURES = `${ROOT}fixtures`;
/** Captures of others with independent answers; kept beside the repository, not in it. */
export const SHARED = fileURLToPath(new URL('../../../shared/captures', import.meta.url));

/** Whether `SHARED` is there; with `MEDTAP_REQUIRE=1` its absence is an error. */
export function hasShared(): boolean {
  if (existsSync(SHARED)) return true;
  if (process.env['MEDTAP_REQUIRE'] === '1') throw new Error('../shared is missing');
  return false;
}
