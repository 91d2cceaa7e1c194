import { expect, test } from 'vitest';
import { progressLine, progressText } from '../../src/cli/progress.ts';
import { memoryIo } from './memory-io.ts';

test('by bytes, with share and rate', () => {
  expect(progressText(12e6, 80e6, 40e6)).toBe('reading 12.0 MB of 80.0 MB (15 %), 40.0 MB/s');
  expect(progressText(12e6, undefined, 40e6)).toBe('reading 12.0 MB, 40.0 MB/s');
  expect(progressText(90, 80, 1)).toBe('reading 90 bytes of 80 bytes (100 %), 1 byte/s');
});

test('only on a terminal, and wiped at the end', () => {
  const terminal = memoryIo({ stderr: true });
  const progress = progressLine(terminal, false);
  progress.update(10, 20);
  progress.finish();
  expect(terminal.err()).toMatch(/^\r\u001b\[Kreading 10 bytes of 20 bytes \(50 %\).*\r\u001b\[K$/);
  for (const [io, quiet] of [
    [memoryIo(), false],
    [memoryIo({ stderr: true }), true],
    [memoryIo({ stderr: true, env: { TERM: 'dumb' } }), false],
  ] as const) {
    const silent = progressLine(io, quiet);
    silent.update(10, 20);
    silent.finish();
    expect(io.err()).toBe('');
  }
});
