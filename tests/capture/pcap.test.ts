import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD } from '../../src/capture/reader.ts';
import {
  type Captured,
  LINK,
  type PcapOptions,
  pcap,
  pcapngWriter,
  pcapRecord,
} from '../support/captures.ts';
import { concat } from '../support/frames.ts';
import { readFrames } from '../support/read-frames.ts';

const FRAMES: Captured[] = [
  { bytes: 'first frame', sec: 1_700_000_000, nsec: 123_456_000 },
  { bytes: '', sec: 1_700_000_000, nsec: 999_999_000 },
  { bytes: 'cut', sec: 4_294_967_295, nsec: 0, original: 1514 },
  { bytes: new Uint8Array(300).fill(7), sec: 0, nsec: 1000 },
];

const VARIANTS: [string, PcapOptions][] = [
  ['little-endian microseconds', {}],
  ['big-endian microseconds', { bigEndian: true }],
  ['little-endian nanoseconds', { nano: true }],
  ['big-endian nanoseconds', { nano: true, bigEndian: true }],
];

function expected(frames: readonly Captured[]) {
  return frames.map((frame, i) => ({
    number: i + 1,
    sec: frame.sec,
    nsec: frame.nsec,
    length: frame.original ?? frame.bytes.length,
    linkType: LINK.ethernet,
    hex: Buffer.from(frame.bytes as string).toString('hex'),
  }));
}

describe('pcap', () => {
  it.each(VARIANTS)('decodes %s', async (_, options) => {
    const { frames, damage } = await readFrames(pcap(FRAMES, options));
    expect(frames).toEqual(expected(FRAMES));
    expect(damage).toBeUndefined();
  });

  it('decodes the nanoseconds of the nanosecond variant', async () => {
    const { frames } = await readFrames(pcap([{ bytes: 'x', sec: 5, nsec: 123_456_789 }], { nano: true }));
    expect(frames[0]).toMatchObject({ sec: 5, nsec: 123_456_789 });
  });

  it('carries a fraction of more than a second', async () => {
    const micro = await readFrames(pcap([{ bytes: 'x', sec: 5, nsec: 2_500_000_000 }]));
    expect(micro.frames[0]).toMatchObject({ sec: 7, nsec: 500_000_000 });
    const nano = await readFrames(pcap([{ bytes: 'x', sec: 5, nsec: 1_000_000_001 }], { nano: true }));
    expect(nano.frames[0]).toMatchObject({ sec: 6, nsec: 1 });
  });

  it('reads the link type without the bits that are no part of it', async () => {
    const { frames } = await readFrames(pcap([{ bytes: 'x' }], { linkType: 0x4000_0000 + LINK.raw }));
    expect(frames[0]?.linkType).toBe(LINK.raw);
  });

  it.each(VARIANTS)('another capture behind the last frame is named as such, in %s', async (_, options) => {
    const whole = pcap(FRAMES, options);
    for (const other of [pcap(FRAMES), pcap(FRAMES, { bigEndian: true }), pcapngWriter().section()]) {
      const { frames, damage } = await readFrames(concat(whole, other));
      expect(frames).toEqual(expected(FRAMES));
      expect(damage).toMatchObject({ kind: 'corrupt', offset: whole.length });
      expect(damage?.message).toContain('another capture begins here');
    }
  });

  it('zeros instead of records are damage and no frames; what is behind them is read when it makes sense', async () => {
    const whole = pcap(FRAMES);
    for (const zeros of [16, 17, 4096]) {
      const { frames, damage } = await readFrames(concat(whole, new Uint8Array(zeros)), 100);
      expect(frames).toEqual(expected(FRAMES));
      expect(damage).toMatchObject({ kind: 'truncated', offset: whole.length });
      expect(damage?.message).toContain('zeros instead of frames');
    }
    const hole = concat(whole, new Uint8Array(4096), pcap([FRAMES[0]!]).subarray(24));
    expect(await readFrames(hole)).toMatchObject({
      frames: { length: FRAMES.length + 1 },
      damage: { offset: whole.length },
    });
  });

  it('reads a version that is not known like the known one, and says so', async () => {
    const bytes = pcap(FRAMES);
    bytes[4] = 99;
    const { frames, damage } = await readFrames(bytes);
    expect(frames).toEqual(expected(FRAMES));
    expect(damage).toMatchObject({ kind: 'corrupt', offset: 4 });
    expect(damage?.message).toContain('pcap version 99.4 is not known');
  });

  it('reads a capture without frames', async () => {
    expect(await readFrames(pcap([]))).toMatchObject({ frames: [], damage: undefined });
  });

  it.each([1, 2, 7, 15, 16, 17, 24, 64, 1000])('same frames when %i bytes come at a time', async step => {
    const { frames, damage } = await readFrames(pcap(FRAMES), step);
    expect(frames).toEqual(expected(FRAMES));
    expect(damage).toBeUndefined();
  });

  it('same frames however the source splits, in every variant', async () => {
    const frame = fc.record({
      bytes: fc.uint8Array({ maxLength: 90 }),
      // A record of zeros only is none.
      sec: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      nsec: fc.nat(999_999).map(micros => micros * 1000),
      original: fc.nat(70_000),
    });
    const variant = fc.constantFrom(...VARIANTS.map(([, options]) => options));
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame),
        fc.integer({ min: 1, max: 40 }),
        variant,
        async (frames, step, options) => {
          const read = await readFrames(pcap(frames, options), step);
          expect(read.frames).toEqual(
            frames.map((f, i) => ({
              number: i + 1,
              sec: f.sec,
              nsec: f.nsec,
              length: f.original,
              linkType: 1,
              hex: Buffer.from(f.bytes).toString('hex'),
            })),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('truncated at every byte: keeps every whole record and says where it ends', async () => {
    const header = pcap([]).length;
    const file = pcap(FRAMES);
    const ends = FRAMES.map((_, i) => pcap(FRAMES.slice(0, i + 1)).length);
    for (let length = header; length < file.length; length++) {
      const { frames, damage } = await readFrames(file.subarray(0, length));
      const whole = ends.filter(end => end <= length).length;
      expect(frames).toEqual(expected(FRAMES).slice(0, whole));
      const start = [header, ...ends][whole]!;
      if (length === start) expect(damage).toBeUndefined();
      else expect(damage).toMatchObject({ kind: 'truncated', offset: start });
    }
  });

  it.each([MAX_RECORD + 1, 0x7f000000, 0xffffffff])(
    'stops at a record of %i bytes and keeps what came before',
    async claimed => {
      const good = pcapRecord({ bytes: 'good' });
      const absurd = pcapRecord({ bytes: 'the rest' });
      new DataView(absurd.buffer).setUint32(8, claimed, true);
      const { frames, damage } = await readFrames(concat(pcap([]), good, absurd, good));
      expect(frames).toHaveLength(1);
      expect(damage).toEqual({
        kind: 'corrupt',
        message: `record claims ${claimed} bytes, more than the ${MAX_RECORD} a capture can hold`,
        offset: 24 + good.length,
      });
    },
  );

  it('reads a record of the greatest length', async () => {
    const bytes = new Uint8Array(MAX_RECORD).fill(1);
    const { frames, damage } = await readFrames(pcap([{ bytes }, { bytes: 'after' }]), 100_000);
    expect(frames.map(frame => frame.hex.length / 2)).toEqual([MAX_RECORD, 5]);
    expect(damage).toBeUndefined();
  });

  it('reads on where its window ends: a capture larger than the window', async () => {
    const count = 60;
    const big = Array.from({ length: count }, (_, i) => ({ bytes: new Uint8Array(100_000 + i).fill(i) }));
    const { frames, buffer } = await readFrames(pcap(big), 65_536);
    expect(frames.map(frame => [frame.hex.length / 2, frame.hex.slice(-2)])).toEqual(
      big.map((_, i) => [100_000 + i, i.toString(16).padStart(2, '0')]),
    );
    expect(buffer.bytes.length).toBeLessThan(4 << 20);
  });

  const LATER = FRAMES.map((frame, i) => ({ ...frame, bytes: frame.bytes || 'x', sec: 1_700_000_000 + i }));
  const UNUSUAL: [string, PcapOptions][] = [
    ['24-byte headers under the magic of the patches', { modified: true, extra: [0, 0, 0, 2, 8, 0, 0, 0] }],
    ['28-byte headers under the magic of the patches', { modified: true, extra: new Uint8Array(12).fill(3) }],
    ['24-byte headers under the ordinary magic', { extra: new Uint8Array(8) }],
    ['20-byte headers under the ordinary magic', { extra: [9, 9, 9, 9] }],
  ];
  it.each(UNUSUAL)('decodes %s, in both byte orders', async (_, options) => {
    for (const bigEndian of [false, true]) {
      const { frames, damage } = await readFrames(pcap(LATER, { ...options, bigEndian }));
      expect(frames).toEqual(expected(LATER));
      expect(damage).toBeUndefined();
    }
  });

  it('a single record of the patched variant is read with its own header', async () => {
    const one = LATER.slice(0, 1);
    expect((await readFrames(pcap(one, { modified: true, extra: new Uint8Array(8) }))).frames).toEqual(
      expected(one),
    );
  });

  it('takes no ordinary capture for an unusual one, whatever its frames hold', async () => {
    // Not at second 0: a record of nothing but zeros is a hole in the file, which has its own tests.
    const sec = fc.integer({ min: 1, max: 0x7fff_ffff });
    const frame = fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), sec, nsec: fc.constant(0) });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1 }), async frames => {
        expect((await readFrames(pcap(frames))).frames).toEqual(expected(frames));
      }),
    );
  });

  it('a damaged second record of an ordinary capture stays damage', async () => {
    const absurd = pcapRecord({ bytes: 'the rest', sec: 1_700_000_000 });
    new DataView(absurd.buffer).setUint32(8, 0xffffffff, true);
    const { frames, damage } = await readFrames(concat(pcap(LATER.slice(0, 1)), absurd));
    expect(frames).toHaveLength(1);
    expect(damage?.kind).toBe('corrupt');
  });

  it('names its interface: link type without the bits of the frame check sequence, and snapshot length', async () => {
    const { interfaces, frames } = await readFrames(
      pcap(FRAMES, { linkType: 0x2400_0000 + LINK.sll, snapLength: 96 }),
    );
    expect(frames[0]?.linkType).toBe(LINK.sll);
    expect(interfaces).toMatchObject([
      { linkType: LINK.sll, snapLength: 96, frames: FRAMES.length, name: undefined },
    ]);
  });
});
