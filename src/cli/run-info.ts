/** What a report says of the run itself: version, options, and what `--reproducible` leaves out. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Volatile } from '../report/scan-report.ts';

/** The version in the package's own `package.json`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Takes the time from now on. The function returned gives wall clock, machine and memory so far. */
export function stopwatch(): () => Volatile {
  const started = new Date();
  const from = process.hrtime.bigint();
  return () => ({
    started: started.toISOString(),
    duration: Number(process.hrtime.bigint() - from) / 1e9,
    host: hostname(),
    memory: process.resourceUsage().maxRSS * 1024,
  });
}
