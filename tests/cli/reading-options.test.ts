import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { inputsOf, type ReadingChoices, readingOf, takesCaptures } from '../../src/cli/reading-options.ts';
import { UserError } from '../../src/errors.ts';
import { MAX_RATIO } from '../../src/model/reading-defaults.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const temp = tempFolder();

const choices = (chosen: Partial<ReadingChoices>): ReadingChoices => ({
  dedup: true,
  dedupWindow: 0.05,
  strictChecksums: false,
  maxRatio: 200,
  ...chosen,
});

describe('--files-from', () => {
  const WARD = readFileSync(new URL('../../fixtures/ward.pcap', import.meta.url));
  const read = (inputs: readonly string[], ...filesFrom: readonly string[]) =>
    inputsOf(memoryIo(), inputs, { filesFrom });
  const listed = (name: string): string => temp.write(name, '');

  it.each([
    ['lines', (names: readonly string[]) => names.join('\r\n\n')],
    ['NUL-separated names', (names: readonly string[]) => names.join('\0')],
    ['a byte order mark', (names: readonly string[]) => `\ufeff${names.join('\n')}`],
  ])('reads %s, behind the inputs that are named', async (_, text) => {
    const names = [listed('a.pcap'), listed('b c.pcap')];
    expect(await read(['first.pcap'], temp.write('list', text(names)))).toEqual(['first.pcap', ...names]);
  });

  it('every list of several is read', async () => {
    const [a, b] = [listed('a'), listed('b')];
    expect(await read([], temp.write('l1', a), temp.write('l2', b))).toEqual([a, b]);
  });

  it.each([
    ['a capture', WARD, 'it is a capture'],
    ['a compressed capture', gzipSync(WARD), 'compressed'],
    ['a capture whose beginning is lost', WARD.subarray(1), 'no list of inputs'],
    ['text that is no list', 'MSH|^~\\&|LAB\nPID|1||MRN-CANARY^^^WARD\n', 'none of its 2 lines'],
    ['such text with a line that is one', 'MSH|^~\\&|LAB\nPID|1||MRN-CANARY\n/\n', 'only 1 of its 3 lines'],
    ['a name with control characters', 'ward.pcap\nPID|1||MRN-CANARY\rPV1|\n', 'control characters'],
    ['a name that is too long', 'MRN-CANARY'.repeat(500), 'more than 4096 bytes'],
    ['too many names', 'MRN-CANARY\n'.repeat(100_001), 'more than 100000 names'],
  ])('refuses %s without showing it', async (_, content, reason) => {
    const list = temp.write('list', content);
    const error = await read([], list).catch(refused => refused);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^--files-from: [^\n]+$/);
    expect(error.message).toContain(reason);
    expect(error.message).not.toMatch(/CANARY|PID/);
  });

  it('no input at all is wrong use', async () => {
    await expect(read([])).rejects.toThrow('give at least one INPUT');
    await expect(read([], temp.write('empty', '\n'))).rejects.toThrow('names no input');
    await expect(read([], `${temp.path}/gone`)).rejects.toThrow('no such file or directory');
    await expect(read([], temp.path)).rejects.toThrow('is a directory');
  });

  it.each([
    [['-', '-'], []],
    [['-', 'a.pcap', '-'], []],
    [['-'], ['-']],
    [[], ['-', '-']],
  ])('standard input can be read only once: %j with lists %j', (inputs, lists) =>
    expect(read(inputs, ...lists)).rejects.toThrow('named more than once'),
  );
});

describe('--clock-offset', () => {
  const option = takesCaptures(new Command()).options.find(({ long }) => long === '--clock-offset')!;

  it.each([
    ['tap.pcap=1.5', 'tap.pcap', { sec: 1, nsec: 500_000_000 }],
    ['a=b.pcap=-1.25', 'a=b.pcap', { sec: -2, nsec: 750_000_000 }],
    ['x=+0.000000001', 'x', { sec: 0, nsec: 1 }],
    ['x=-3600', 'x', { sec: -3600, nsec: 0 }],
    ['x=-0.1', 'x', { sec: -1, nsec: 900_000_000 }],
  ])('%s', async (text, name, offset) => {
    const clockOffset = option.parseArg!(text, []) as unknown as string[];
    const { clockOffsets } = await readingOf(memoryIo(), choices({ clockOffset }), 'UTC');
    expect([...clockOffsets!]).toEqual([[name, offset]]);
  });

  it('a file has one', () =>
    expect(
      readingOf(memoryIo(), choices({ clockOffset: ['a.pcap=1', './a.pcap=2'] }), 'UTC'),
    ).rejects.toThrow('--clock-offset: ./a.pcap has more than one'));

  it.each(['tap.pcap', 'tap.pcap=', '=5', 'tap.pcap=soon', 'tap.pcap=1e3', 'tap.pcap=99999999999'])(
    'refuses %s',
    text => expect(() => option.parseArg!(text, [])).toThrow('Give FILE=SECONDS'),
  );
});

describe('--since and --until', () => {
  it('that the clock skips are refused, and of those it shows twice the first is taken, and said so', async () => {
    const at = (since: string, io = memoryIo()) => readingOf(io, choices({ since }), 'Europe/Berlin');
    await expect(at('2026-03-29T02:30:00')).rejects.toThrow('there is no 2026-03-29T02:30:00 on the clock');
    const io = memoryIo();
    expect((await at('2026-10-25T02:30:00', io)).since).toEqual({
      sec: Date.UTC(2026, 9, 25, 0, 30) / 1000,
      nsec: 0,
    });
    expect(io.err()).toMatch(/shows 2026-10-25T02:30:00 twice; the first is meant/);
    const quiet = memoryIo();
    await at('2026-10-25T02:30:00+01:00', quiet);
    await at('2026-10-25T01:30:00', quiet);
    expect(quiet.err()).toBe('');
  });

  it('are on the clock of the site unless they name a zone', async () => {
    const summer = await readingOf(
      memoryIo(),
      choices({ since: '2026-07-01T12:00:00', until: '2026-07-01T12:00:00.25Z' }),
      'Europe/Berlin',
    );
    expect(summer.since).toEqual({ sec: Date.UTC(2026, 6, 1, 10) / 1000, nsec: 0 });
    expect(summer.until).toEqual({ sec: Date.UTC(2026, 6, 1, 12) / 1000, nsec: 250_000_000 });
    expect((await readingOf(memoryIo(), choices({ since: '1795426200.5' }), 'UTC')).since).toEqual({
      sec: 1_795_426_200,
      nsec: 5e8,
    });
  });

  it('what is no time, or no span, is wrong use', async () => {
    await expect(readingOf(memoryIo(), choices({ since: 'yesterday' }), 'UTC')).rejects.toThrow(
      '--since: yesterday is no time',
    );
    await expect(readingOf(memoryIo(), choices({ since: '2026-02-30' }), 'UTC')).rejects.toThrow(UserError);
    await expect(readingOf(memoryIo(), choices({ since: '20', until: '20' }), 'UTC')).rejects.toThrow(
      'no frame could be within',
    );
  });
});

describe('--max-ratio', () => {
  const option = takesCaptures(new Command()).options.find(({ long }) => long === '--max-ratio')!;

  it('is what reading does without it', () => expect(option.defaultValue).toBe(MAX_RATIO));

  it.each(['0', '0.5', '-3', 'many', '1e3', ''])('refuses %j', text =>
    expect(() => option.parseArg!(text, undefined)).toThrow('Give a number of times'),
  );
});

describe('copies and checksums', () => {
  it('a window of zero keeps copies', async () => {
    expect(await readingOf(memoryIo(), choices({}), 'UTC')).toMatchObject({
      dedupWindow: 0.05,
      strictChecksums: false,
    });
    const kept = await readingOf(memoryIo(), choices({ dedup: false, strictChecksums: true }), 'UTC');
    expect(kept).toMatchObject({ dedupWindow: 0, strictChecksums: true });
  });
});
