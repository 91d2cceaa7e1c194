import { randomBytes } from 'node:crypto';
import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, PeekSource } from '../../../src/capture/byte-source.ts';
import type { DecompressedSource } from '../../../src/capture/compression/decompressor.ts';
import { peel } from '../../../src/capture/compression/layers.ts';
import { lz4Frame, zstdRepeated, zstdStored } from '../../support/containers.ts';
import { concat } from '../../support/frames.ts';
import { slowSource } from '../../support/read-frames.ts';

/** All that a source gives, but not more than `limit` bytes of it kept. */
async function readAll(source: ByteSource, limit = 1 << 22) {
  const chunk = new Uint8Array(50_000);
  const kept: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const count = await source.read(chunk, 0, chunk.length);
    if (count === 0) return { bytes: concat(...kept), length };
    if (length < limit) kept.push(chunk.slice(0, count));
    length += count;
  }
}

async function unpack(bytes: Uint8Array, step = Number.POSITIVE_INFINITY, maxRatio?: number) {
  const { source, layers, problem } = await peel(slowSource(bytes, step), { maxRatio });
  const read = await readAll(source);
  const stopped = layers.find((layer: DecompressedSource) => layer.stopped)?.stopped;
  return {
    ...read,
    stopped,
    problem,
    formats: layers.map(layer => layer.format),
    consumed: layers[0]?.consumed,
  };
}

const TEXT = concat(
  ...Array.from({ length: 400 }, (_, i) => `frame ${i % 17} of the ward ${i}\n`),
  new Uint8Array(randomBytes(3000)),
);

const PACKED: [string, Uint8Array][] = [
  ['gzip', new Uint8Array(gzipSync(TEXT))],
  ['zstd', zstdStored(TEXT)],
  ['lz4', lz4Frame([{ bytes: TEXT.subarray(0, 5000) }, { bytes: TEXT.subarray(5000) }])],
];

describe.each(PACKED)('%s', (format, packed) => {
  it('gives the same bytes however they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), async step => {
        const { bytes, formats, stopped } = await unpack(packed, step);
        expect([formats, stopped]).toEqual([[format], undefined]);
        expect(Buffer.compare(bytes, TEXT)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('cut at every hundredth byte: gives a beginning, and says that it ends early', async () => {
    for (let length = 20; length < packed.length; length += 100) {
      const { bytes, stopped, consumed } = await unpack(packed.subarray(0, length));
      expect(stopped?.kind).toBe('truncated');
      expect(Buffer.compare(bytes, TEXT.subarray(0, bytes.length))).toBe(0);
      expect(consumed).toBe(length);
    }
  });

  it('never throws and ends, whatever is wrong with its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(packed.length - 5), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async changes => {
          const bad = packed.slice();
          for (const [at, value] of changes) bad[at + 4] = value;
          expect((await unpack(bad)).length).toBeLessThan(1 << 24);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('gzip', () => {
  it('reads members one after the other, with zeros behind the last', async () => {
    const packed = concat(gzipSync(TEXT.subarray(0, 100)), gzipSync(TEXT.subarray(100)), new Uint8Array(512));
    expect(Buffer.compare((await unpack(packed)).bytes, TEXT)).toBe(0);
  });

  it('keeps what came before damage, also in a small file', async () => {
    const packed = new Uint8Array(gzipSync(TEXT));
    packed.fill(0xff, packed.length - 40, packed.length - 30);
    const { bytes, stopped } = await unpack(packed);
    expect(stopped).toBeDefined();
    expect(bytes.length).toBeGreaterThan(TEXT.length - 3000);
    expect(
      Buffer.compare(
        bytes.subarray(0, TEXT.length - 200),
        TEXT.subarray(0, bytes.length).subarray(0, TEXT.length - 200),
      ),
    ).toBe(0);
  });

  it.each([
    ['rubbish behind it', (packed: Uint8Array) => concat(packed, 'rubbish\n'), 'no gzip member'],
    ['zeros and rubbish', (packed: Uint8Array) => concat(packed, [0, 0, 0], 'rubbish\n'), 'no gzip member'],
    [
      'a wrong checksum',
      (packed: Uint8Array) => packed.with(-8, packed.at(-8)! ^ 1),
      'checksum does not match',
    ],
    ['a wrong length', (packed: Uint8Array) => packed.with(-1, 1), 'not as long as it says'],
    ['a cut trailer', (packed: Uint8Array) => packed.subarray(0, -3), 'ends early'],
  ])('keeps all that was decompressed before %s', async (_, change, said) => {
    // More than is remembered, and what does not compress.
    const content = new Uint8Array(randomBytes(200_000));
    const { bytes, stopped } = await unpack(change(new Uint8Array(gzipSync(content))));
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(stopped?.message).toContain(said);
  });

  it('passes over all that a header may have, and verifies its checksum', async () => {
    const plain = new Uint8Array(gzipSync(TEXT));
    const head = concat([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3], [3, 0], 'abc', 'ward.pcap\0', 'comment\0');
    const sum = crc32(head) & 0xffff;
    const packed = concat(head, [sum & 255, sum >>> 8], plain.subarray(10));
    const { bytes, stopped } = await unpack(packed);
    expect([Buffer.compare(bytes, TEXT), stopped]).toEqual([0, undefined]);
    packed[20]! ^= 1;
    expect((await unpack(packed)).stopped?.message).toContain('header checksum');
  });

  it('a bomb stops at the ratio', async () => {
    const packed = new Uint8Array(gzipSync(new Uint8Array(300 << 20), { level: 9 }));
    const { stopped, length } = await unpack(packed);
    expect(stopped).toMatchObject({ kind: 'limit', limit: 'decompression_ratio' });
    expect(length).toBeLessThan(100 << 20);
  }, 30_000);
});

describe('zstd', () => {
  it('passes over skippable frames', async () => {
    const skippable = concat([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0], 'notes');
    const packed = concat(skippable, zstdStored('one'), skippable, zstdStored(' two'));
    expect(Buffer.from((await unpack(packed)).bytes).toString()).toBe('one two');
  });

  it('a window of more than 128 MiB is a limit, and nothing is given memory for it', async () => {
    const { stopped, length } = await unpack(zstdStored('x', 0xa0));
    expect(stopped).toMatchObject({ kind: 'limit', limit: 'zstd_window' });
    expect(length).toBe(0);
  });

  it('a bomb of repeated bytes stops at the ratio', async () => {
    const { stopped, length } = await unpack(zstdRepeated(3000, 131_072));
    expect(stopped).toMatchObject({ kind: 'limit', limit: 'decompression_ratio' });
    expect(stopped?.message).toContain('more than 200 times as large as its compressed form; --max-ratio');
    expect(length).toBeLessThan(70 << 20);
    const allowed = await unpack(zstdRepeated(600, 131_072), undefined, 40_000);
    expect([allowed.stopped, allowed.length]).toEqual([undefined, 600 * 131_072]);
  });

  it('tiny blocks in a large window stop before they take hours', async () => {
    const { stopped } = await unpack(zstdRepeated(100_000, 1, 0x88));
    expect(stopped).toMatchObject({ kind: 'limit', limit: 'zstd_work' });
  }, 60_000);

  it('names a dictionary', async () => {
    const { stopped } = await unpack(concat([0x28, 0xb5, 0x2f, 0xfd, 1, 0x48, 7], new Uint8Array(20)));
    expect(stopped?.message).toContain('dictionary');
  });
});

describe('lz4', () => {
  // "abcabcabcabc" + literals: 3 literals, a match of 9 at distance 3, then 5 literals.
  const BLOCK = [0x35, 0x61, 0x62, 0x63, 3, 0, 0x50, 0x76, 0x77, 0x78, 0x79, 0x7a];

  it('decodes literals and overlapping matches', async () => {
    const { bytes } = await unpack(lz4Frame([{ bytes: BLOCK, stored: false }]));
    expect(Buffer.from(bytes).toString()).toBe('abcabcabcabcvwxyz');
  });

  it('matches reach into the block before', async () => {
    const linked = [0x01, 3, 0, 0x10, 0x21];
    const { bytes } = await unpack(lz4Frame([{ bytes: 'xyz' }, { bytes: linked, stored: false }]));
    expect(Buffer.from(bytes).toString()).toBe('xyzxyzxy!');
  });

  it.each([
    ['a match before the beginning', [0x15, 0x61, 9, 0, 0x10, 0x62]],
    ['a match of no distance', [0x15, 0x61, 0, 0, 0x10, 0x62]],
    ['more literals than there are', [0xf0, 0xff, 0xff, 1, 0x61]],
    ['more output than a block may have', [0x1f, 0x61, 1, 0, ...Array(300).fill(255), 0, 0x10, 0x62]],
  ])('stops at %s', async (_, block) => {
    const { stopped } = await unpack(lz4Frame([{ bytes: 'before' }, { bytes: block, stored: false }]));
    expect(stopped).toMatchObject({ kind: 'corrupt', message: 'an lz4 block is damaged' });
  });

  it.each([
    ['an older version', { flags: 0x00 }],
    ['a block size that is not defined', { sizeCode: 2 }],
    ['a dictionary', { flags: 0x41 }],
  ])('refuses %s', async (_, options) => {
    expect((await unpack(lz4Frame([], options))).stopped?.kind).toBe('corrupt');
  });
});

describe('PeekSource', () => {
  it('shows bytes before they are read, as often as wanted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40)), fc.integer({ min: 1, max: 9 }), async (sizes, step) => {
        const bytes = TEXT.subarray(0, 200);
        const source = new PeekSource(slowSource(bytes, step));
        const target = new Uint8Array(300);
        let at = 0;
        for (const size of sizes) {
          expect(Buffer.compare(await source.peek(size), bytes.subarray(at, at + size))).toBe(0);
          at += await source.read(target, at, size);
        }
        expect(Buffer.compare(target.subarray(0, at), bytes.subarray(0, at))).toBe(0);
      }),
    );
  });
});
