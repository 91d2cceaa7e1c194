import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOutputs, colourFor, writeOutputs } from '../../src/cli/outputs.ts';
import { memoryIo } from './memory-io.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-outputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Format = 'text' | 'json';
const render = (format: Format, toStdout: boolean) => `${format} ${toStdout ? 'stdout' : 'file'}\n`;

test('stdout unless a file takes its place', async () => {
  const plain = memoryIo();
  await writeOutputs<Format>(plain, [], 'text', render);
  expect(plain.out()).toBe('text stdout\n');

  const replaced = memoryIo();
  await writeOutputs<Format>(replaced, [{ format: undefined, path: join(folder, 'a') }], 'json', render);
  expect(replaced.out()).toBe('');
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('json file\n');
});

test('a copy in another format leaves stdout as it was', async () => {
  const io = memoryIo();
  await writeOutputs<Format>(io, [{ format: 'json', path: join(folder, 'a') }], 'text', render);
  expect(io.out()).toBe('text stdout\n');
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('json file\n');
});

test('a hyphen is stdout', async () => {
  const io = memoryIo();
  await writeOutputs<Format>(io, [{ format: undefined, path: '-' }], 'json', render);
  expect(io.out()).toBe('json stdout\n');

  const other = memoryIo();
  await writeOutputs<Format>(other, [{ format: 'json', path: '-' }], 'text', render);
  expect(other.out()).toBe('json stdout\n');
});

test('what is wrong with outputs is found before the work', async () => {
  const path = join(folder, 'a');
  const outputs = [
    { format: 'json', path },
    { format: 'text', path },
  ] as const;
  await expect(checkOutputs<Format>(outputs)).rejects.toThrow(`two outputs go to ${path}`);
  await expect(checkOutputs([{ format: undefined, path: folder }])).rejects.toThrow('is a directory');
  const nowhere = join(folder, 'none', 'a');
  await expect(checkOutputs([{ format: undefined, path: nowhere }])).rejects.toThrow('does not exist');
  const stdout = { format: 'json', path: '-' } as const;
  await expect(checkOutputs<Format>([stdout, { ...stdout, format: 'text' }])).rejects.toThrow('to stdout');
  await checkOutputs([
    { format: undefined, path: '-' },
    { format: undefined, path },
  ]);
  await checkOutputs([{ format: undefined, path: '/dev/null' }]);
  expect(readdirSync(folder)).toEqual([]);
});

test('files are coloured only when that is asked for', () => {
  const terminal = memoryIo({ stdout: true });
  expect(colourFor('auto', terminal, true)).toBe(true);
  expect(colourFor('auto', terminal, false)).toBe(false);
  expect(colourFor('always', terminal, false)).toBe(true);
  expect(colourFor('never', terminal, true)).toBe(false);
});
