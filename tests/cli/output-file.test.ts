import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders, makeOutputDirectory, openOutput, writeOutput } from '../../src/cli/output-file.ts';
import { UserError } from '../../src/errors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('writes a file that only its owner may read', async () => {
  const path = join(folder, 'report.json');
  await writeOutput(path, 'text');
  expect(readFileSync(path, 'utf8')).toBe('text');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('the file is not there before it is whole, and nothing else is left', async () => {
  const path = join(folder, 'conn.log');
  writeFileSync(path, 'old');
  const file = await openOutput(path);
  await file.write('one ');
  await file.write(new TextEncoder().encode('two'));
  expect(readFileSync(path, 'utf8')).toBe('old');
  await file.commit();
  expect(readFileSync(path, 'utf8')).toBe('one two');
  expect(readdirSync(folder)).toEqual(['conn.log']);
});

test('given up, it leaves everything as it was', async () => {
  const path = join(folder, 'conn.log');
  writeFileSync(path, 'old');
  const file = await openOutput(path);
  await file.write('half');
  await file.discard();
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['conn.log']);
});

test('follows a link', async () => {
  writeFileSync(join(folder, 'real.json'), 'old');
  symlinkSync('real.json', join(folder, 'link.json'));
  await writeOutput(join(folder, 'link.json'), 'new');
  expect(readFileSync(join(folder, 'real.json'), 'utf8')).toBe('new');
  expect(readdirSync(folder).sort()).toEqual(['link.json', 'real.json']);
});

test('a device is written to, not replaced', async () => {
  await writeOutput('/dev/null', 'text');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('what cannot be written is the user’s to mend', async () => {
  await expect(writeOutput(join(folder, 'none', 'a.json'), 'x')).rejects.toThrow(
    'the directory does not exist',
  );
  await expect(writeOutput(folder, 'x')).rejects.toThrow('is a directory');
  writeFileSync(join(folder, 'file'), '');
  await expect(makeOutputDirectory(join(folder, 'file', 'sub'))).rejects.toBeInstanceOf(UserError);
});

test('makes directories that only their owner may enter', async () => {
  const path = join(folder, 'a', 'b');
  await makeOutputDirectory(path);
  await makeOutputDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  mkdirSync(join(path, 'c'));
});

test.skipIf(!existsSync('/proc/self'))('a folder that cannot be made is an error, at once', async () => {
  await expect(makeOutputDirectory('/proc/medtap/logs')).rejects.toThrow(UserError);
  await expect(makeFolders('/proc/medtap')).rejects.toThrow();
});

test('missing folders are made one by one, and what is there is left alone', async () => {
  await makeOutputDirectory(join(folder, 'a', 'b', 'c'));
  await makeOutputDirectory(join(folder, 'a', 'b', 'c'));
  expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, 'file'), '');
  await expect(makeOutputDirectory(join(folder, 'file', 'x'))).rejects.toThrow('not a directory');
  await expect(makeOutputDirectory(join(folder, 'file'))).rejects.toThrow(UserError);
});
