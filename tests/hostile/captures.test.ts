/** Every capture beside the repository, also the broken ones, through the whole first phase: no throw, no hang. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';

const FOLDERS_WITHOUT_CAPTURES = ['oracle'];
const PATIENCE_MS = 5000;

const folders = hasShared()
  ? readdirSync(SHARED, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && !FOLDERS_WITHOUT_CAPTURES.includes(entry.name))
      .map(entry => entry.name)
  : [];

beforeAll(() => vi.stubEnv('MEDTAP_STRICT_DECODERS', '1'));
afterAll(() => vi.unstubAllEnvs());

describe.skipIf(folders.length === 0)(
  `captures of others${folders.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    it.each(folders)('%s', async folder => {
      const names = readdirSync(join(SHARED, folder)).map(name => join(SHARED, folder, name));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const start = performance.now();
        const { captures, coverage, store } = await decodeFiles([name]);
        expect(captures, name).toHaveLength(1);
        expect(coverage.limits, name).toEqual({});
        expect(performance.now() - start, name).toBeLessThan(PATIENCE_MS);
        // What could not be read says why, and everything else was read.
        const [capture] = captures;
        expect(capture?.status === 'ok' || capture?.problem !== null, name).toBe(true);
        store.close();
      }
    });
  },
);
