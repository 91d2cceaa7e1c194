/** A directory of logs is read as one: it holds one run, whole, and nobody else's logs are lost to it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STREAM_NAMES } from '../../src/cli/engine.ts';
import { type Log, writeLogs } from '../../src/cli/log-set.ts';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const WARD = new URL('../../fixtures/ward.pcap', import.meta.url).pathname;
const temp = tempFolder();
let made = 0;

function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = join(temp.path, `set-${made++}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

async function logs(...argv: readonly string[]) {
  const io = memoryIo();
  const code = await main(['logs', ...argv], io);
  return { code, out: io.out(), err: io.err() };
}

test.each(['zeek', 'json'])('a run replaces the set of the one before: %s', async format => {
  const path = folder({ 'build.log': 'not ours, and no log of a network\n' });
  await logs('--format', format, '-o', path, WARD);
  expect(readdirSync(path)).toContain('dicom.log');
  const { code, err } = await logs('--format', format, '--stream', 'dns', '-o', path, WARD);
  expect(code).toBe(EXIT.ok);
  expect(err).toMatch(/^warning: .*removed logs of an earlier run: .*dicom\.log/);
  expect(readdirSync(path)).toEqual(['build.log', 'dns.log']);
});

test.each([
  ['conn.log', '#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\n'],
  ['dns.log', '{"ts":1,"uid":"C1","query":"a.example"}\n'],
  ['conn.2026-11-23.log.gz', 'whatever'],
])('another program’s %s is neither mixed with ours nor overwritten', async (name, text) => {
  const path = folder({ [name]: text });
  const { code, err } = await logs('-o', path, WARD);
  expect(code).toBe(EXIT.usage);
  expect(err).toContain(`holds logs that medtap did not write (${name})`);
  expect(readdirSync(path)).toEqual([name]);
  expect(readFileSync(join(path, name), 'utf8')).toBe(text);
});

test('logs that are read are not replaced by what came of them', async () => {
  const path = folder();
  await logs('-o', path, WARD);
  const before = readFileSync(join(path, 'conn.log'));
  const { code, err } = await logs('-o', path, path);
  expect(code).toBe(EXIT.usage);
  expect(err).toContain('was read by this run');
  expect(readFileSync(join(path, 'conn.log'))).toEqual(before);
});

test('where nothing can be read, the earlier set stays', async () => {
  const path = folder();
  await logs('--stream', 'dns', '-o', path, WARD);
  expect((await logs('-o', path, join(path, 'gone.pcap'))).code).toBe(EXIT.unreadable);
  expect(readdirSync(path)).toEqual(['dns.log']);
});

describe('when the disk is full', () => {
  test('no log of the run is there, those before are, and it is said', async () => {
    const path = folder({ 'dns.log': '' });
    const log = (name: string, chunks: () => Iterable<string>): Log => ({ name, chunks });
    const full = function* () {
      yield 'half';
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    const set = [log('conn', () => ['whole']), log('dicom', full)];
    await expect(writeLogs(path, set, STREAM_NAMES)).rejects.toThrow(
      `cannot write ${join(path, 'dicom.log')}: no space left on the device: the disk is full\n    no log was written`,
    );
    expect(readdirSync(path)).toEqual(['dns.log']);
  });
});

test('a hyphen is stdout, and a format is no part of the name', async () => {
  const { out } = await logs('--stream', 'dns', '-o', '-', WARD);
  expect(out).toMatch(/^#separator/);
  expect(existsSync('-')).toBe(false);
  expect((await logs('-o', 'json=x', WARD)).err).toContain('--format json --output x');
});
