/** A folder for one test file, removed when its tests are done. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Call at the top of a test file. */
export function tempFolder(): {
  readonly path: string;
  write(name: string, bytes: Uint8Array | string): string;
} {
  const path = mkdtempSync(join(tmpdir(), 'medtap-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, bytes) {
      const file = join(path, name);
      writeFileSync(file, bytes);
      return file;
    },
  };
}
