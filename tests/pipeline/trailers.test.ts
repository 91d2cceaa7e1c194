import { describe, expect, it } from 'vitest';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { concat, ethernet, ipv4, udp } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

/** Frames with `payload` bytes of UDP content, each with its own `behind`. */
async function trailers(payload: number, behind: (i: number) => readonly number[], count = 60) {
  const frames = Array.from({ length: count }, (_, i) => ({
    sec: 1_700_000_000 + i,
    bytes: concat(ethernet({}, ipv4({}, udp({}, new Uint8Array(payload)))), behind(i)),
  }));
  return (await decodeFiles([temp.write('trailers.pcap', pcap(frames))])).coverage.trailers;
}

const stamp = (i: number) => [0, 0, 0, 0, 0, 0, i, 1, 2, 3, 4, 5];

describe('trailers of taps', () => {
  it('are counted by their length', async () => {
    expect(await trailers(100, stamp)).toEqual({ '12': 60 });
  });

  it('are those of most frames', async () => {
    expect(await trailers(100, i => (i < 50 ? [] : stamp(i)))).toEqual({});
    expect(await trailers(100, i => (i < 20 ? [] : stamp(i)), 100)).toEqual({ '12': 80 });
  });

  it.each<[string, number, (i: number) => readonly number[], number]>([
    ['zeros', 100, () => new Array<number>(12).fill(0), 60],
    ['padding of short frames', 2, stamp, 60],
    ['few frames', 100, stamp, 49],
    ['lengths that change', 100, i => new Array<number>(1 + (i % 20)).fill(7), 60],
    ['more than a trailer', 100, () => new Array<number>(65).fill(7), 60],
  ])('are not %s', async (_, payload, behind, count) => {
    expect(await trailers(payload, behind, count)).toEqual({});
  });
});
