import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINK, pcapngWriter } from '../support/captures.ts';
import { be32, concat } from '../support/frames.ts';
import { readFrames } from '../support/read-frames.ts';

const le = pcapngWriter(false);
const be = pcapngWriter(true);

const TIME = 1_700_000_000_123_456n;

describe('pcapng', () => {
  it.each([
    ['little-endian', le],
    ['big-endian', be],
  ])('decodes enhanced, simple and obsolete packets, %s', async (_, w) => {
    const file = concat(
      w.section(),
      w.interface(),
      w.enhanced(TIME, 'one', { original: 60 }),
      w.simple('three'),
      w.packet(TIME + 1n, 'sevenes'),
    );
    const { frames, damage, skipped } = await readFrames(file);
    const hex = (text: string) => Buffer.from(text).toString('hex');
    expect(frames).toEqual([
      { number: 1, sec: 1_700_000_000, nsec: 123_456_000, length: 60, linkType: 1, hex: hex('one') },
      // A Simple Packet has no time of its own.
      { number: 2, sec: 1_700_000_000, nsec: 123_456_000, length: 5, linkType: 1, hex: hex('three') },
      { number: 3, sec: 1_700_000_000, nsec: 123_457_000, length: 7, linkType: 1, hex: hex('sevenes') },
    ]);
    expect([damage, skipped]).toEqual([undefined, {}]);
  });

  it('keeps link types and clocks of several interfaces apart', async () => {
    const file = concat(
      le.section(),
      le.interface({ linkType: LINK.ethernet }),
      le.interface({ linkType: LINK.raw, tsresol: 9 }),
      le.interface({ linkType: LINK.sll, tsresol: 0 }),
      le.enhanced(42n, 'c', { interface: 2 }),
      le.enhanced(1_000_000_007n, 'b', { interface: 1 }),
      le.enhanced(1_000_007n, 'a', { interface: 0 }),
    );
    const { frames } = await readFrames(file);
    expect(frames.map(f => [f.linkType, f.sec, f.nsec])).toEqual([
      [LINK.sll, 42, 0],
      [LINK.raw, 1, 7],
      [LINK.ethernet, 1, 7000],
    ]);
  });

  it('each section has its own byte order and its own interfaces', async () => {
    const file = concat(
      le.section(),
      le.interface({ linkType: LINK.raw }),
      le.enhanced(1n, 'first'),
      be.section(),
      be.enhanced(2n, 'its interface is not described'),
      be.interface({ linkType: LINK.ethernet }),
      be.enhanced(3n, 'third'),
    );
    const { frames, skipped, damage } = await readFrames(file);
    expect(frames.map(f => [f.number, f.linkType, f.nsec])).toEqual([
      [1, LINK.raw, 1000],
      [3, LINK.ethernet, 3000],
    ]);
    expect(skipped).toEqual({ missing_interface: 1 });
    expect(damage).toBeUndefined();
  });

  it('counts packets of a missing interface, of every kind', async () => {
    const file = concat(
      le.section(),
      le.simple('a'),
      le.packet(1n, 'b', 3),
      le.enhanced(1n, 'c', { interface: 9 }),
    );
    expect(await readFrames(file)).toMatchObject({ frames: [], skipped: { missing_interface: 3 } });
  });

  it.each([
    ['decimal 0', 0, 7n, [7, 0]],
    ['decimal 6', 6, 1_234_567n, [1, 234_567_000]],
    ['decimal 7', 7, 12_345_678n, [1, 234_567_800]],
    ['decimal 9', 9, 1_700_000_000_987_654_321n, [1_700_000_000, 987_654_321]],
    ['decimal 12', 12, 1_700_000_000_987_654_321n, [1_700_000, 987_654]],
    ['binary 0', 0x80, 7n, [7, 0]],
    ['binary 10', 0x8a, 1536n, [1, 500_000_000]],
    ['binary 21', 0x95, 1_078_272n, [0, 514_160_156]],
    ['binary 32', 0xa0, (1_700_000_000n << 32n) | 0x4000_0000n, [1_700_000_000, 250_000_000]],
  ])('if_tsresol %s', async (_, tsresol, ticks, moment) => {
    const { frames } = await readFrames(
      concat(le.section(), le.interface({ tsresol }), le.enhanced(ticks, 'x')),
    );
    expect([frames[0]?.sec, frames[0]?.nsec]).toEqual(moment);
  });

  it('no digit of a time is lost, at any resolution', async () => {
    const resolution = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0x80, max: 0x80 + 32 }));
    await fc.assert(
      fc.asyncProperty(resolution, fc.bigInt({ min: 0n, max: 2n ** 62n }), async (tsresol, ticks) => {
        const exponent = BigInt(tsresol & 0x7f);
        const units = tsresol & 0x80 ? 2n ** exponent : 10n ** exponent;
        fc.pre(ticks / units < 2n ** 53n);
        const { frames } = await readFrames(
          concat(be.section(), be.interface({ tsresol }), be.enhanced(ticks, 'x')),
        );
        expect(frames[0]).toMatchObject({
          sec: Number(ticks / units),
          nsec: Number(((ticks % units) * 1_000_000_000n) / units),
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each([1n, 3600n, -3600n, 1_700_000_000n])('if_tsoffset %i', async tsoffset => {
    for (const w of [le, be]) {
      const file = concat(w.section(), w.interface({ tsoffset }), w.enhanced(5_000_000n, 'x'));
      expect((await readFrames(file)).frames[0]?.sec).toBe(5 + Number(tsoffset));
    }
  });

  it('a Simple Packet is cut at the snapshot length of the first interface', async () => {
    // The block is padded to four bytes: only the snapshot length tells that the fourth is none.
    const packets = concat(le.simple('abc', 1500), le.simple('ab'));
    const { frames } = await readFrames(concat(le.section(), le.interface({ snapLength: 3 }), packets));
    expect(frames.map(f => [Buffer.from(f.hex, 'hex').toString(), f.length])).toEqual([
      ['abc', 1500],
      ['ab', 2],
    ]);
  });

  it('passes over blocks it does not know', async () => {
    const unknown = [4, 5, 10, 0x0bad, 0x4000_0bad].map(type => le.block(type, new Uint8Array(100).fill(6)));
    const file = concat(
      le.section(),
      ...unknown,
      le.interface(),
      ...unknown,
      le.enhanced(1n, 'x'),
      ...unknown,
    );
    expect(await readFrames(file)).toMatchObject({ frames: [{ number: 1 }], damage: undefined });
  });

  it.each([1, 3, 7, 12, 28, 100])('same frames when %i bytes come at a time', async step => {
    const file = concat(
      be.section(),
      be.interface(),
      be.enhanced(1n, 'abc'),
      be.block(5, 'statistics!!'),
      be.simple(''),
      be.packet(2n, new Uint8Array(200)),
    );
    const whole = await readFrames(file);
    expect(whole.frames).toHaveLength(3);
    expect((await readFrames(file, step)).frames).toEqual(whole.frames);
  });

  it('truncated at every byte: keeps every whole block and says where it ends', async () => {
    const blocks = [
      le.section(),
      le.interface(),
      le.enhanced(1n, 'abc'),
      le.simple('defgh'),
      le.packet(9n, 'i'),
    ];
    const file = concat(...blocks);
    const ends = blocks.map((_, i) => concat(...blocks.slice(0, i + 1)).length);
    for (let length = 12; length < file.length; length++) {
      const { frames, damage } = await readFrames(file.subarray(0, length));
      const whole = ends.filter(end => end <= length).length;
      expect(frames).toHaveLength(Math.max(0, whole - 2));
      const start = [0, ...ends][whole]!;
      if (length === start) expect(damage).toBeUndefined();
      else expect(damage).toMatchObject({ kind: 'truncated', offset: start });
    }
  });

  const head = concat(le.section(), le.interface(), le.enhanced(1n, 'kept'));
  const patched = (block: Uint8Array, at: number, value: readonly number[]): Uint8Array => {
    const copy = block.slice();
    copy.set(value, at);
    return copy;
  };
  it.each([
    ['a block shorter than its own header', patched(le.block(5, ''), 4, [8, 0, 0, 0])],
    ['a length that is no multiple of four', patched(le.block(5, 'abcd'), 4, [17, 0, 0, 0])],
    ['a block larger than any', patched(le.block(5, ''), 4, [0, 0, 0, 0x7f])],
    ['two lengths that differ', patched(le.block(5, 'abcd'), 12, [12, 0, 0, 0])],
    ['a section without byte-order magic', patched(le.section(), 8, be32(0x01020304))],
    ['an interface block that is too short', le.block(1, 'abcd')],
    ['an enhanced packet that is too short', le.block(6, new Uint8Array(16))],
    ['an obsolete packet that is too short', le.block(2, new Uint8Array(16))],
    ['a simple packet that is too short', le.block(3, '')],
    ['a packet longer than its block', patched(le.enhanced(1n, 'abcd'), 20, [0, 1, 0, 0])],
  ])('stops at %s', async (_, bad) => {
    const { frames, damage } = await readFrames(concat(head, bad, le.enhanced(2n, 'lost')));
    expect(frames).toHaveLength(1);
    expect(damage).toMatchObject({ kind: 'corrupt', offset: head.length });
  });

  it('never throws and ends, whatever the bytes behind the section header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async junk => {
        const { frames } = await readFrames(concat(head, junk));
        expect(frames.length).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what the capturing program reported, by interface and over sections', async () => {
    for (const w of [le, be]) {
      const file = concat(
        w.section(),
        w.interface({ name: 'eth0', description: 'ward 3\u0007', snapLength: 128 }),
        w.interface({
          linkType: LINK.raw,
          more: [
            [1, 'a comment'],
            [11, 'host 10.0.0.1'],
          ],
        }),
        w.enhanced(1n, 'abc', { dropCount: 2n }),
        w.enhanced(2n, 'abcd', { dropCount: 3n }),
        w.statistics(0, { received: 10n, dropped: 1n }),
        w.statistics(0, { received: 12n, dropped: 4n, accepted: 12n, osDropped: 0x1_0000_0001n }),
        w.statistics(1, { received: 0xffff_ffff_ffff_ffffn }),
        w.statistics(7, { received: 1n }),
        w.section(),
        w.interface({ name: 'eth1' }),
        w.simple('timeless'),
      );
      const { interfaces, damage } = await readFrames(file);
      expect(damage).toBeUndefined();
      expect(interfaces).toEqual([
        {
          name: 'eth0',
          description: 'ward 3\\u{7}',
          linkType: LINK.ethernet,
          snapLength: 128,
          frames: 2,
          untimed: 0,
          reported: { received: 12, dropped: 4, accepted: 12, osDropped: 0x1_0000_0001, droppedBetween: 5 },
        },
        expect.objectContaining({
          linkType: LINK.raw,
          frames: 0,
          reported: expect.objectContaining({ received: undefined }),
        }),
        expect.objectContaining({ name: 'eth1', frames: 1, untimed: 1 }),
      ]);
    }
  });

  it.each([
    ['name resolution', 4],
    ['interface statistics of nobody', 5],
    ['a systemd journal entry', 9],
    ['decryption secrets', 10],
    ['a custom block', 0xbad],
    ['a custom block not to be copied', 0x4000_0bad],
    ['a block nobody knows', 0x7777],
  ])('passes over %s', async (_, type) => {
    const block = le.block(type, new Uint8Array(64).fill(0xff));
    const { frames, damage } = await readFrames(
      concat(le.section(), block, le.interface(), block, le.enhanced(1n, 'x'), block),
    );
    expect(frames).toHaveLength(1);
    expect(damage).toBeUndefined();
  });

  it('options that claim more than their block end with it', async () => {
    const bad = le.interface({ name: 'eth0', more: [[3, 'description']] });
    new DataView(bad.buffer).setUint16(bad.length - 4 - 4 - 12 - 2, 0xffff, true);
    const { frames, interfaces, damage } = await readFrames(concat(le.section(), bad, le.enhanced(1n, 'x')));
    expect(frames).toHaveLength(1);
    expect(interfaces).toMatchObject([{ name: 'eth0', description: undefined }]);
    expect(damage).toBeUndefined();
  });
});
