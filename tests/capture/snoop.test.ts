import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snoop } from '../support/captures.ts';
import { concat } from '../support/frames.ts';
import { readFrames } from '../support/read-frames.ts';

const FRAMES = [
  { bytes: 'first frame', sec: 911_274_719, nsec: 557_000, original: 60 },
  { bytes: '', sec: 911_274_720, nsec: 0, original: 0 },
  { bytes: new Uint8Array(99).fill(7), sec: 4_294_967_295, nsec: 999_999_000, original: 99, lost: 17 },
];

const expected = FRAMES.map(({ bytes, sec, nsec, original }, i) => ({
  number: i + 1,
  sec,
  nsec,
  length: original,
  linkType: 1,
  hex: Buffer.from(bytes as string).toString('hex'),
}));

describe('snoop', () => {
  it('decodes frames, and what was lost before the last', async () => {
    const { frames, damage, interfaces } = await readFrames(snoop(FRAMES));
    expect(frames).toEqual(expected);
    expect(damage).toBeUndefined();
    expect(interfaces).toMatchObject([{ frames: 3, reported: { dropped: 17 } }]);
  });

  it.each([
    [0, 1],
    [2, 6],
    [8, 10],
    [0x8000_0001, 228],
  ])('data link type %i is LINKTYPE %i', async (type, linkType) => {
    expect((await readFrames(snoop(FRAMES, { linkType: type }))).frames[0]).toMatchObject({ linkType });
  });

  it('same frames however the source splits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async step => {
        expect((await readFrames(snoop(FRAMES), step)).frames).toEqual(expected);
      }),
    );
  });

  it('truncated at every byte: keeps every whole record and says where it ends', async () => {
    const file = snoop(FRAMES);
    const ends = FRAMES.map((_, i) => snoop(FRAMES.slice(0, i + 1)).length);
    for (let length = 16; length < file.length; length++) {
      const { frames, damage } = await readFrames(file.subarray(0, length));
      const whole = ends.filter(end => end <= length).length;
      expect(frames).toEqual(expected.slice(0, whole));
      const start = [16, ...ends][whole]!;
      if (length === start) expect(damage).toBeUndefined();
      else expect(damage).toMatchObject({ kind: 'truncated', offset: start });
    }
  });

  it.each([
    ['captured length', 4, 262_145],
    ['record length below its content', 8, 30],
    ['record length far above its content', 8, 1 << 20],
  ])('stops at an absurd %s', async (_, at, value) => {
    const good = snoop(FRAMES.slice(0, 1));
    const bad = snoop(FRAMES.slice(0, 1)).slice(16);
    new DataView(bad.buffer).setUint32(at, value);
    const { frames, damage } = await readFrames(concat(good, bad));
    expect(frames).toHaveLength(1);
    expect(damage).toMatchObject({ kind: 'corrupt', offset: good.length });
  });
});
