/** What a slip must not cost: the evidence, or a false "nothing found". */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { memoryIo } from './memory-io.ts';

const WARD = new URL('../../fixtures/ward.pcap', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'medtap-guards-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('an output never overwrites a capture, an input or not', async () => {
  const capture = join(folder, 'ward.pcap');
  const other = join(folder, 'other.pcap');
  const packed = join(folder, 'other.pcap.gz');
  copyFileSync(WARD, capture);
  copyFileSync(WARD, other);
  writeFileSync(packed, gzipSync(readFileSync(WARD)));
  for (const output of [capture, other, packed]) {
    const before = readFileSync(output);
    const io = memoryIo();
    expect(await main(['scan', capture, '-o', output], io)).toBe(EXIT.usage);
    expect(io.err()).toContain('would be overwritten');
    expect(readFileSync(output).equals(before)).toBe(true);
  }
});

test('a rule that is wrong stops the scan', async () => {
  const rules = join(folder, 'rules.yml');
  writeFileSync(rules, 'foo: bar\n');
  const io = memoryIo();
  expect(await main(['scan', WARD, '--rules', rules], io)).toBe(EXIT.usage);
  expect(io.err()).toContain(`${rules}:1:1: the rule has no title`);
  expect(io.out()).toBe('');
});

test('an input that is missing is in the JSON too', async () => {
  const io = memoryIo();
  const missing = join(folder, 'missing.pcap');
  await main(['scan', WARD, missing, '--format', 'json', '--reproducible'], io);
  const { captures } = JSON.parse(io.out());
  expect(captures.map(({ status }: { status: string }) => status).sort()).toEqual(['ok', 'unreadable']);
});
