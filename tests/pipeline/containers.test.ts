/** However the same frames are packed, they are the same traffic: only the names of captures differ. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Captured, pcap, pcapngWriter, snoop } from '../support/captures.ts';
import { lz4Frame, tar, zip, zstdStored } from '../support/containers.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { concat } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { readFrames } from '../support/read-frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const WARD = join(FIXTURES, 'ward.pcap');
const ward = new Uint8Array(readFileSync(WARD));
let frames: Captured[] = [];
let expected: unknown[] = [];

/** `conn` records without what names the capture, and what was said of the captures. */
async function conn(inputs: readonly string[]) {
  const { rows, captures, problems, coverage } = await decodeFiles(inputs, { hashed: true });
  const records = rows('conn').map(({ capture: _, frame: __, ...rest }) => rest);
  return { records, captures, problems, coverage };
}

beforeAll(async () => {
  frames = (await readFrames(ward)).frames.map(frame => ({
    bytes: new Uint8Array(Buffer.from(frame.hex, 'hex')),
    sec: frame.sec,
    nsec: frame.nsec,
    original: frame.length,
  }));
  expected = (await conn([WARD])).records;
  expect(expected.length).toBeGreaterThan(30);
});

function pcapng(list: readonly Captured[], interfaceOf: (i: number) => number = () => 0): Uint8Array {
  const w = pcapngWriter();
  const ticks = (frame: Captured) => BigInt(frame.sec ?? 0) * 1_000_000_000n + BigInt(frame.nsec ?? 0);
  return concat(
    w.section(),
    w.interface({ tsresol: 9 }),
    w.interface({ tsresol: 9 }),
    ...list.map((frame, i) =>
      w.enhanced(ticks(frame), frame.bytes, {
        interface: interfaceOf(i),
        ...(frame.original === undefined ? {} : { original: frame.original }),
      }),
    ),
  );
}

const half = (parity: number) => frames.filter((_, i) => i % 2 === parity);
const third = (part: number) =>
  frames.slice(Math.floor((part * frames.length) / 3), Math.floor(((part + 1) * frames.length) / 3));

describe('the same frames give the same flows', () => {
  const single: [string, string[], () => Uint8Array][] = [
    ['pcapng', [], () => pcapng(frames)],
    ['pcapng of two interfaces', [], () => pcapng(frames, i => i % 2)],
    ['big-endian nanoseconds', [], () => pcap(frames, { bigEndian: true, nano: true })],
    ['pcap with longer headers', [], () => pcap(frames, { extra: new Uint8Array(8) })],
    ['snoop', [], () => snoop(frames)],
    ['gzip', ['gzip'], () => gzipSync(ward)],
    [
      'gzip of several members',
      ['gzip'],
      () => concat(gzipSync(ward.subarray(0, 9999)), gzipSync(ward.subarray(9999))),
    ],
    ['zstd', ['zstd'], () => zstdStored(ward)],
    [
      'zstd of several frames',
      ['zstd'],
      () => concat(zstdStored(ward.subarray(0, 77)), zstdStored(ward.subarray(77))),
    ],
    [
      'lz4',
      ['lz4'],
      () =>
        lz4Frame(
          [
            { bytes: ward.subarray(0, 60_000) },
            { bytes: ward.subarray(60_000, 120_000) },
            { bytes: ward.subarray(120_000, 180_000) },
            { bytes: ward.subarray(180_000) },
          ],
          { sizeCode: 7 },
        ),
    ],
    ['gzip in zstd', ['zstd', 'gzip'], () => zstdStored(gzipSync(ward))],
    ['zip', ['zip'], () => zip([{ name: 'a/ward.pcap', bytes: ward }])],
    ['zip of gzip', ['zip', 'gzip'], () => zip([{ name: 'ward.pcap.gz', bytes: gzipSync(ward), method: 0 }])],
    ['tar', ['tar'], () => tar([{ name: 'a/ward.pcap', bytes: ward }])],
    ['tar.gz', ['gzip', 'tar'], () => gzipSync(tar([{ name: 'ward.pcap', bytes: ward }]))],
    [
      'tar.gz of gzip',
      ['gzip', 'tar', 'gzip'],
      () => gzipSync(tar([{ name: 'ward.pcap.gz', bytes: gzipSync(ward) }])),
    ],
  ];
  it.each(single)('as %s', async (name, containers, make) => {
    const bytes = make();
    const file = temp.write(name.replaceAll(' ', '-'), bytes);
    const { records, captures, problems } = await conn([file]);
    expect(problems).toEqual([]);
    expect(records).toEqual(expected);
    expect(captures).toHaveLength(1);
    expect(captures[0]).toMatchObject({ status: 'ok', containers, frames: frames.length });
    // The digest is that of the file, whatever is inside.
    expect(captures[0]?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([
    ['rotated files', () => [0, 1, 2].map(part => pcap(third(part)))],
    ['rotated files, given in the wrong order', () => [2, 0, 1].map(part => pcap(third(part)))],
    ['every other frame in another file', () => [pcap(half(0)), pcapng(half(1))]],
    ['every other frame in another file, one compressed', () => [gzipSync(pcap(half(1))), pcap(half(0))]],
    [
      'an archive of rotated files',
      () => [zip([2, 0, 1].map(part => ({ name: `${part}.pcap`, bytes: pcap(third(part)) })))],
    ],
    [
      'a tar archive of files that overlap',
      () => [tar([0, 1].map(part => ({ name: `${part}.pcap`, bytes: pcap(half(part)) })))],
    ],
    [
      'a compressed tar archive of rotated files',
      () => [gzipSync(tar([0, 1, 2].map(part => ({ name: `${part}.pcap`, bytes: pcap(third(part)) }))))],
    ],
  ])('as %s', async (name, make) => {
    const files = make().map((bytes, i) => temp.write(`${name.replaceAll(/\W/g, '-')}-${i}`, bytes));
    const { records, problems, captures } = await conn(files);
    expect(problems).toEqual([]);
    expect(records).toEqual(expected);
    expect(captures.reduce((sum, { frames }) => sum + frames, 0)).toBe(frames.length);
    const starts = captures.map(({ first }) => (first?.sec ?? 0) + (first?.nsec ?? 0) / 1e9);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it('with neighbours swapped: put right, and counted', async () => {
    // What is more than a second apart is a clock that was set, and not put right.
    const near = (i: number) => seconds(frames[i | 1]) - seconds(frames[i & ~1]) < 1;
    const swapped = frames.map((frame, i) => (near(i) ? frames[i ^ 1]! : frame));
    const out = swapped.filter((frame, i) => i > 0 && earlier(frame, swapped[i - 1]!)).length;
    const { records, captures } = await conn([temp.write('swapped.pcap', pcap(swapped))]);
    expect(records).toEqual(expected);
    expect(out).toBeGreaterThan(100);
    expect(captures[0]?.clock).toMatchObject({ reordered: out, unordered: 0, backward: 0 });
  });
});

function seconds(frame: Captured | undefined): number {
  return frame === undefined ? Number.POSITIVE_INFINITY : frame.sec! + frame.nsec! / 1e9;
}

function earlier(a: Captured, b: Captured): boolean {
  return a.sec! < b.sec! || (a.sec === b.sec && a.nsec! < b.nsec!);
}

describe('what one file holds twice over', () => {
  const later = () => frames.length >> 1;
  /** The later half in front of the earlier one, in a section of its own. */
  const sections = () =>
    concat(
      pcapng(frames.slice(later())),
      pcapng(frames.slice(0, later()), () => 1),
    );
  /** All frames of one parity first, each parity from an interface of its own. */
  const interfaces = () => pcapng([...half(1), ...half(0)], i => (i < half(1).length ? 0 : 1));

  it.each([
    ['sections', sections],
    ['interfaces', interfaces],
    ['compressed sections', () => gzipSync(sections())],
    ['compressed interfaces', () => zstdStored(gzipSync(interfaces()))],
  ])('%s that overlap in time are merged', async (name, bytes) => {
    const file = temp.write(`overlapping-${name}.pcapng`, bytes());
    const { records, captures, problems } = await conn([file]);
    expect(problems).toEqual([]);
    expect(records).toEqual(expected);
    expect(captures).toMatchObject([{ name: file, status: 'ok', frames: frames.length }]);
    expect(captures[0]?.interfaces.reduce((sum, one) => sum + one.frames, 0)).toBe(frames.length);
    expect(captures[0]?.sha256).toBe(createHash('sha256').update(bytes()).digest('hex'));
    expect(captures[0]?.first).toMatchObject({ sec: frames[0]!.sec, nsec: frames[0]!.nsec });
    expect(captures[0]?.last).toMatchObject({ sec: frames.at(-1)!.sec, nsec: frames.at(-1)!.nsec });
  });

  it('are merged where the file is cut, and that it is cut is said once', async () => {
    const cut = interfaces().subarray(0, -5);
    for (const bytes of [cut, gzipSync(cut)]) {
      const { captures, problems, records } = await conn([temp.write('overlapping-cut', bytes)]);
      expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('ends within')]);
      expect(captures).toMatchObject([{ status: 'truncated', frames: frames.length - 1 }]);
      expect(records.length).toBe(expected.length);
    }
  });

  it('in a zip archive are merged, too', async () => {
    const file = temp.write('overlapping.zip', zip([{ name: 'ward.pcapng', bytes: interfaces() }]));
    const { records, problems } = await conn([file]);
    expect(problems).toEqual([]);
    expect(records).toEqual(expected);
  });

  it('are named where the file cannot be read side by side', async () => {
    const archive = gzipSync(tar([{ name: 'ward.pcapng', bytes: sections() }]));
    const file = temp.write('overlapping.tgz', archive);
    const { captures, problems } = await conn([file]);
    expect(captures[0]).toMatchObject({ status: 'unmerged', frames: frames.length });
    expect(problems.map(({ message }) => message)).toEqual([
      `${file}!ward.pcapng: its interfaces or sections overlap in time and are not merged: from frame ${frames.length - later() + 1} on the ` +
        'order of the file is kept; give it as an uncompressed file of its own, or sort it with reordercap',
    ]);
  });

  it('compressions of compressions are a limit', async () => {
    const { coverage, problems } = await conn([
      WARD,
      temp.write('thrice.gz', gzipSync(gzipSync(gzipSync(ward)))),
    ]);
    expect(coverage.limits).toEqual({ compression_depth: 1 });
    expect(problems).toHaveLength(1);
  });
});

describe('compressed by other programs', () => {
  /** A program, its options, and what it says is wrong when the last byte of what it wrote is flipped. */
  const programs: [string, string[], RegExp | undefined][] = [
    ['zstd', ['-qc'], /zstd content checksum/],
    ['zstd', ['-qc', '-19', '--long=27', '--check'], /zstd content checksum/],
    ['zstd', ['-qc', '-1', '--no-check'], undefined],
    ['lz4', ['-qc'], /lz4 content checksum/],
    ['lz4', ['-qc', '-9', '-B4', '-BD', '-BX'], /lz4 content checksum/],
    ['lz4', ['-qc', '-l'], undefined],
    // zlib gives nothing of the last block when the checksum behind it is wrong.
    ['gzip', ['-c'], undefined],
  ];
  for (const [program, args, flipped] of programs) {
    const skip = !installed(program) && process.env['MEDTAP_REQUIRE'] !== '1';
    it.skipIf(skip)(
      `${program} ${args.join(' ')}${skip ? ` (skipped: ${program} missing)` : ''}`,
      async () => {
        const packed = execFileSync(program, [...args, WARD], { maxBuffer: 1 << 28 });
        const { records, problems } = await conn([temp.write(`by-${program}`, packed)]);
        expect(problems).toEqual([]);
        expect(records).toEqual(expected);
        if (flipped === undefined) return;
        packed[packed.length - 1]! ^= 1;
        const damaged = await conn([temp.write(`by-${program}-flipped`, packed)]);
        expect(damaged.problems.map(({ message }) => message)).toEqual([expect.stringMatching(flipped)]);
        expect(damaged.captures).toMatchObject([{ status: 'corrupt', frames: frames.length }]);
        expect(damaged.records).toEqual(expected);
      },
    );
  }

  const skip = !installed('lz4') && process.env['MEDTAP_REQUIRE'] !== '1';
  it.skipIf(skip)(
    `a block with a flipped byte is left out (${skip ? 'skipped: lz4 missing' : 'lz4'})`,
    async () => {
      const packed = execFileSync('lz4', ['-qc', '-B4', '-BX', WARD], { maxBuffer: 1 << 28 });
      // The frame header takes 7 bytes; the size of the first block and its checksum stand around it.
      const second = 7 + 4 + packed.readUInt32LE(7) + 4;
      packed[second + 4 + 100]! ^= 1;
      const { captures, problems } = await conn([temp.write('block-flipped.lz4', packed)]);
      expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/lz4 block checksum/)]);
      expect(captures).toMatchObject([{ status: 'corrupt', bytes: packed.length }]);
      // What the first block holds, which is 64 KiB.
      const whole = frames.findIndex((_, i) => endOf(i) > 65_536);
      expect(captures[0]?.frames).toBe(whole);
    },
  );

  /** Where a frame ends in the file. */
  function endOf(index: number): number {
    return frames.slice(0, index + 1).reduce((end, { bytes }) => end + 16 + bytes.length, 24);
  }
});

function installed(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}
