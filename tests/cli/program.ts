/** Runs the built program as a child process, as a user would. */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../bin/medtap.js', import.meta.url));
export const WARD = fileURLToPath(new URL('../../fixtures/ward.pcap', import.meta.url));
export const WARD_INVENTORY = fileURLToPath(new URL('../../fixtures/ward.inventory.yml', import.meta.url));
export const CLINIC = fileURLToPath(new URL('../../fixtures/clinic.pcapng', import.meta.url));
export const CANARIES = fileURLToPath(new URL('../../fixtures/canaries.txt', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** An environment in which nothing asks for colour. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env;
  return { ...env, ...more };
}

export function medtap(args: readonly string[], options: SpawnSyncOptions = {}): Outcome {
  const run = spawnSync(process.execPath, [PROGRAM, ...args], {
    env: cleanEnv(),
    maxBuffer: 256 << 20,
    ...options,
  });
  return { code: run.status, out: String(run.stdout), err: String(run.stderr) };
}
