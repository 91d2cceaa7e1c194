import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { tokenKeyOf } from '../../src/cli/token-key.ts';
import { UserError } from '../../src/errors.ts';
import { FIXTURES } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const temp = tempFolder();
const WARD = join(FIXTURES, 'ward.pcap');
const GOOD = '9f1c0a7be45d2386f1c0a7be45d23869f1c0a7be45d2386f1c0a7be45d23869f';

function keyFile(name: string, content: string, mode = 0o600): string {
  const path = temp.write(name, content);
  chmodSync(path, mode);
  return path;
}

/** Runs a command; the result of `logs` as text. */
async function run(...argv: string[]) {
  const io = memoryIo();
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe('the key of a site', () => {
  it('is read from a file, without the line break behind it', () => {
    const path = keyFile('good.key', `${GOOD}\r\n`);
    expect(Buffer.from(tokenKeyOf(memoryIo(), { tokenKey: path })!).toString()).toBe(GOOD);
    const fromEnvironment = memoryIo({ env: { MEDTAP_TOKEN_KEY: path } });
    expect(tokenKeyOf(fromEnvironment, {})).toHaveLength(64);
    expect(tokenKeyOf(memoryIo(), {})).toBeUndefined();
  });

  it.each([
    ['others may read it', GOOD, 0o604, 'others than its owner'],
    ['a group may write it', GOOD, 0o620, 'others than its owner'],
    ['it is short', GOOD.slice(0, 31), 0o600, 'too short'],
    ['it is empty', '', 0o600, 'too short'],
    ['it is long', GOOD.repeat(70), 0o600, 'more than 4096'],
    ['it is no chance', 'abc'.repeat(20), 0o600, 'same few bytes'],
  ])('is refused when %s', (_, content, mode, message) => {
    const path = keyFile('bad.key', content, mode);
    expect(() => tokenKeyOf(memoryIo(), { tokenKey: path })).toThrow(UserError);
    expect(() => tokenKeyOf(memoryIo(), { tokenKey: path })).toThrow(message);
  });

  it('is refused when there is none, with what to do', async () => {
    const { code, err } = await run('logs', '--token-key', join(temp.path, 'none'), WARD);
    expect(code).toBe(2);
    expect(err).toContain('cannot be read: no such file or directory');
    expect(err).toContain('medtap keygen');
    expect((await run('logs', '--token-key', temp.path, WARD)).code).toBe(2);
  });

  it('and --reveal exclude each other, but for the environment', async () => {
    const path = keyFile('good.key', GOOD);
    const { code, err } = await run('logs', '--reveal', '--token-key', path, WARD);
    expect([code, err]).toEqual([2, expect.stringContaining('exclude each other')]);
    for (const command of ['logs', 'scan', 'flows'])
      expect((await run(command, '--reveal', '--token-key', path, WARD)).err).not.toContain('shown in clear');
    expect(tokenKeyOf(memoryIo({ env: { MEDTAP_TOKEN_KEY: path } }), { reveal: true })).toBeUndefined();
  });

  it('is made by keygen, once', async () => {
    const path = join(temp.path, 'made.key');
    expect((await run('keygen', path)).code).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(tokenKeyOf(memoryIo(), { tokenKey: path })).toHaveLength(64);
    const again = await run('keygen', path);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('is there already')]);
    expect((await run('keygen', join(temp.path, 'no', 'where'))).code).toBe(2);
  });
});

describe('tokens under a key', () => {
  const phi = async (...more: string[]) =>
    (await run('logs', '--format', 'json', '--stream', 'phi', ...more, WARD)).out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { values: string[]; patient: string });
  let first: Awaited<ReturnType<typeof phi>>;
  let key: string;
  beforeAll(async () => {
    key = keyFile('site.key', GOOD);
    first = await phi('--token-key', key);
  });

  it('show kind and digest, the same in every run', async () => {
    expect(first.length).toBeGreaterThan(3);
    for (const { values } of first)
      for (const token of values) expect(token).toMatch(/^[a-z_]+:[0-9a-f]{16}$/);
    expect(await phi('--token-key', key)).toEqual(first);
  });

  it('do not depend on what else was read', async () => {
    const last = first.at(-1)!;
    const io = memoryIo();
    await main(
      [
        'logs',
        '--format',
        'json',
        '--stream',
        'phi',
        '--token-key',
        key,
        '--filter',
        `patient == "${last.patient}"`,
        WARD,
      ],
      io,
    );
    expect(io.out()).toContain(last.patient);
  });

  it('are others under another key, and ordinals without one', async () => {
    const other = await phi('--token-key', keyFile('other.key', [...GOOD].reverse().join('')));
    expect(other).toHaveLength(first.length);
    const tokens = new Set(first.flatMap(row => row.values));
    for (const { values } of other) for (const token of values) expect(tokens.has(token)).toBe(false);
    for (const { values } of await phi()) for (const token of values) expect(token).toMatch(/^[a-z_]+#\d+$/);
  });

  it('make one and the same finding where rules group by them', async () => {
    const rule = temp.write(
      'by-patient.yml',
      [
        'title: One finding per patient',
        'id: 7c9f0b8e-2d1a-4f7e-9b60-3e1d5a8c4f21',
        'name: by-patient',
        'status: stable',
        'description: Patient data in clear, one finding per patient.',
        'author: medtap',
        'date: 2026-11-27',
        'tags: [attack.collection, medtap.cleartext-phi]',
        'logsource: {product: medtap, service: phi}',
        'detection: {any: {protocol|exists: true}, condition: any}',
        'falsepositives: [none known]',
        'level: high',
        'medtap:',
        '  message: "{patient}"',
        '  group-by: [patient]',
        '  controls: [nist-800-53r5:SC-8]',
        '  why: It can be read.',
        '  remedy: Encrypt it.',
      ].join('\n'),
    );
    const prints = async (...inputs: string[]) => {
      const { out, err } = await run(
        'scan',
        '--rules',
        rule,
        '--format',
        'json',
        '--reproducible',
        '--token-key',
        key,
        ...inputs,
      );
      expect(out, err).not.toBe('');
      return (JSON.parse(out) as { findings: { fingerprint: string }[] }).findings.map(
        each => each.fingerprint,
      );
    };
    const alone = await prints(WARD);
    expect(alone.length).toBeGreaterThan(1);
    // Others before them would change ordinals.
    const both = await prints(join(FIXTURES, 'clinic.pcapng'), WARD);
    for (const print of alone) expect(both).toContain(print);
  });
});
