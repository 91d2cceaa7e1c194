import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { listInputs } from '../../src/capture/inputs.ts';
import { openCapture } from '../../src/capture/open.ts';
import { InputError } from '../../src/errors.ts';
import { pcap, pcapngWriter, snoop } from '../support/captures.ts';
import { concat } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const PCAP = pcap([{ bytes: 'frame' }]);
const w = pcapngWriter();
const PCAPNG = concat(w.section(), w.interface(), w.enhanced(1n, 'frame'));

const messages = (problems: readonly InputError[]): string[] => problems.map(problem => problem.message);

describe('listInputs', () => {
  it('keeps the order of the names and gives sizes', async () => {
    const b = temp.write('b.pcap', PCAP);
    const a = temp.write('a.txt', 'no capture, but named');
    const { inputs, problems } = await listInputs([b, '-', a]);
    expect(inputs).toEqual([
      { name: b, size: PCAP.length, found: false },
      { name: '-', size: undefined, found: false },
      { name: a, size: 21, found: false },
    ]);
    expect(problems).toEqual([]);
  });

  it('names what does not exist and returns the rest', async () => {
    const good = temp.write('good.pcap', PCAP);
    const missing = join(temp.path, 'missing.pcap');
    const { inputs, problems } = await listInputs([missing, good]);
    expect(inputs.map(input => input.name)).toEqual([good]);
    expect(messages(problems)).toEqual([`${missing}: no such file or directory`]);
  });

  it('lists a directory by name and depth, naming what is packed in a way that is not read', async () => {
    const root = join(temp.path, 'tree');
    mkdirSync(join(root, 'b', 'deep'), { recursive: true });
    mkdirSync(join(root, 'empty'));
    for (const name of ['z.pcap', 'a.pcap', 'b/m.pcapng', 'b/deep/n.anything']) {
      writeFileSync(join(root, name), name.includes('m') ? PCAPNG : PCAP);
    }
    writeFileSync(join(root, 'README'), 'text');
    writeFileSync(join(root, 'any'), 'BZh91AY&SY');
    writeFileSync(join(root, 'any.7z'), new Uint8Array([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]));
    writeFileSync(join(root, 'c.pcap1.xz.gz'), gzipSync(new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])));
    writeFileSync(join(root, 'text.gz'), gzipSync('no capture'));
    writeFileSync(join(root, 'tiny'), 'ab');
    const { inputs, problems } = await listInputs([root]);
    expect(inputs.map(input => input.name)).toEqual(
      ['a.pcap', 'b/deep/n.anything', 'b/m.pcapng', 'z.pcap'].map(name => join(root, name)),
    );
    expect(inputs.every(input => input.found)).toBe(true);
    expect(messages(problems)).toEqual([
      `${join(root, 'any')}: bzip2-compressed; decompress it first, e.g. bzip2 -dc FILE | medtap scan - (byte 0)`,
      expect.stringContaining('any.7z: a 7-Zip archive cannot be read; unpack it first'),
      expect.stringContaining(
        'c.pcap1.xz.gz: xz-compressed; decompress it first, e.g. gzip -dc FILE | xz -dc',
      ),
    ]);
  });

  it('follows links in a directory to files, each of which is read once', async () => {
    const root = join(temp.path, 'linked');
    const outside = join(temp.path, 'outside');
    mkdirSync(join(root, 'sub'), { recursive: true });
    mkdirSync(outside);
    const links: [string, string][] = [
      ['0-again.pcap', join(root, 'a.pcap')],
      ['1-far', join(outside, 'far.pcap')],
      ['2-far-again', join(outside, 'far.pcap')],
      ['3-gone.pcap', join(outside, 'gone.pcap')],
      ['4-notes', join(outside, 'gone.txt')],
      ['sub/loop', root],
      ['sub/outside', outside],
    ];
    for (const [name, target] of links) symlinkSync(target, join(root, name));
    writeFileSync(join(outside, 'far.pcap'), PCAP);
    writeFileSync(join(root, 'a.pcap'), PCAP);
    const { inputs, problems } = await listInputs([root]);
    expect(inputs.map(input => input.name)).toEqual([join(root, 'a.pcap'), join(root, '1-far')]);
    expect(messages(problems)).toEqual([
      `${join(root, '3-gone.pcap')}: a link to a file that does not exist`,
      expect.stringContaining('sub/outside: a link to a directory is not followed; give it as an INPUT'),
    ]);

    const alone = join(temp.path, 'links');
    mkdirSync(alone);
    symlinkSync(join(root, 'a.pcap'), join(alone, 'only.pcap'));
    expect((await listInputs([alone])).inputs).toHaveLength(1);
    expect(await listInputs([alone, root])).toMatchObject({ inputs: { length: 2 }, problems: { length: 2 } });
  });

  it('a directory without captures is a problem', async () => {
    const root = join(temp.path, 'nothing');
    mkdirSync(root);
    writeFileSync(join(root, 'notes.txt'), 'nothing here');
    const { inputs, problems } = await listInputs([root]);
    expect(inputs).toEqual([]);
    expect(messages(problems)).toEqual([`${root}: the directory holds no capture`]);
  });

  it('says so when folders are nested too deep', async () => {
    const root = join(temp.path, 'deep');
    const deepest = join(root, ...Array.from({ length: 18 }, () => 'd'));
    mkdirSync(deepest, { recursive: true });
    writeFileSync(join(deepest, 'lost.pcap'), PCAP);
    const { inputs, problems } = await listInputs([root]);
    expect(inputs).toEqual([]);
    expect(messages(problems)).toEqual([expect.stringContaining('deeper than 16 folders')]);
  });

  it.skipIf(process.getuid?.() === 0)('an unreadable folder does not hide its neighbours', async () => {
    const root = join(temp.path, 'locked');
    mkdirSync(join(root, 'a'), { recursive: true });
    writeFileSync(join(root, 'b.pcap'), PCAP);
    chmodSync(join(root, 'a'), 0);
    const { inputs, problems } = await listInputs([root]);
    chmodSync(join(root, 'a'), 0o700);
    expect(inputs.map(input => input.name)).toEqual([join(root, 'b.pcap')]);
    expect(messages(problems)).toEqual([`${join(root, 'a')}: permission denied`]);
  });
});

describe('openCapture', () => {
  const open = (name: string) => openCapture({ name, size: undefined, found: false }, true);

  it.each([
    ['pcap', PCAP],
    ['pcapng', PCAPNG],
    ['snoop', snoop([{ bytes: 'frame' }])],
  ])('opens %s by content, whatever its name', async (format, bytes) => {
    const capture = await open(temp.write('capture.dat', bytes));
    expect(capture.reader.format).toBe(format);
    await capture.close();
  });

  it.each([
    ['empty', '', 'the file is empty'],
    ['short', 'ab', 'not a capture: only 2 bytes'],
    ['a cut pcap header', PCAP.subarray(0, 23), 'truncated pcap file header'],
    ['a cut pcapng header', PCAPNG.subarray(0, 11), 'truncated pcapng section header'],
    ['text', '<html>', 'not a pcap, pcapng or snoop capture (it begins with 3c68746d)'],
    ['bzip2', 'BZh91AY&SY', 'bzip2-compressed; decompress it first, e.g. bzip2 -dc FILE | medtap scan -'],
    ['xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'xz-compressed; decompress it first'],
    ['compress', new Uint8Array([0x1f, 0x9d, 0x90, 1, 2, 3]), 'packed by compress (.Z); decompress it first'],
    ['gzip of text', gzipSync('<html>'), 'not a pcap, pcapng or snoop capture (it begins with 3c68746d)'],
    ['gzip in gzip in gzip', gzipSync(gzipSync(gzipSync(PCAP))), 'compressed more than 2 times over'],
    [
      'and how to read it',
      gzipSync(gzipSync(gzipSync(PCAP))),
      'first, e.g. gzip -dc FILE | gzip -dc | gzip -dc | medtap',
    ],
    ['bzip2 in gzip', gzipSync('BZh91AY&SY'), 'e.g. gzip -dc FILE | bzip2 -dc | medtap scan -'],
    ['7-Zip', new Uint8Array([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), 'unpack it first, e.g. 7z x FILE'],
    ['RAR', 'Rar!\x1a\x07\x01\0', 'unpack it first, e.g. unrar x FILE'],
    ['a cut snoop header', 'snoop\0\0\0', 'truncated snoop file header'],
    ['what begins like snoop', 'snooping around here', 'not a snoop capture, though it begins like one'],
    ['an older snoop', snoop([], { version: 1 }), 'snoop version 1 cannot be read, only 2'],
    ['snoop of a token bus', snoop([], { linkType: 1 }), 'snoop data link type 1 cannot be decoded'],
  ])('refuses %s and says why', async (_, bytes, message) => {
    const name = temp.write('refused', bytes);
    const error = await open(name).catch(error => error);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ file: name, offset: 0 });
    expect(error.message).toContain(message);
  });

  it('names a file that does not exist, and a directory', async () => {
    await expect(open(join(temp.path, 'gone'))).rejects.toThrow('gone: no such file or directory');
    await expect(open(temp.path)).rejects.toThrow('is a directory');
  });

  it.skipIf(process.getuid?.() === 0)('names a file that may not be read', async () => {
    const name = temp.write('secret.pcap', PCAP);
    chmodSync(name, 0);
    await expect(open(name)).rejects.toThrow('secret.pcap: permission denied');
  });
});
