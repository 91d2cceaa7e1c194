import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkBuffer } from '../../src/capture/chunk-buffer.ts';
import { type ClockOffset, FrameWindow, HOLD } from '../../src/capture/frame-window.ts';
import { HEAD } from '../../src/capture/reader.ts';
import { readerOf } from '../../src/capture/sniff.ts';
import { Frame } from '../../src/model/frame.ts';
import { type Captured, pcap, pcapngWriter } from '../support/captures.ts';
import { concat } from '../support/frames.ts';
import { slowSource } from '../support/read-frames.ts';

/** Times of frames as handed over, their numbers, and whether each still has its own bytes. */
async function read(file: Uint8Array, step = Number.POSITIVE_INFINITY, offset?: ClockOffset, chunk?: number) {
  const buffer = new ChunkBuffer(slowSource(file, step), chunk);
  await buffer.fill(Math.min(HEAD, chunk ?? HEAD));
  const window = new FrameWindow(readerOf(buffer), buffer, offset);
  const frame = new Frame();
  const numbers: number[] = [];
  const times: number[] = [];
  const texts: string[] = [];
  while (await window.more()) {
    while (window.ready) {
      const next = [window.sec, window.nsec];
      window.take(frame);
      expect([frame.sec, frame.nsec]).toEqual(next);
      numbers.push(frame.number);
      times.push(frame.sec * 1000 + frame.nsec / 1e6);
      texts.push(Buffer.from(frame.bytes.subarray(frame.at, frame.at + frame.captured)).toString('latin1'));
    }
  }
  return { numbers, times, texts, window };
}

/** Frames at these milliseconds, each with its number as content. */
const at = (millis: readonly number[], padding = 0): Captured[] =>
  millis.map((ms, i) => ({
    bytes: `#${i + 1}`.padEnd(padding),
    sec: 1_700_000_000 + Math.floor(ms / 1000),
    nsec: (ms % 1000) * 1_000_000,
  }));

describe('FrameWindow', () => {
  it('hands an ordinary capture over as it is', async () => {
    const millis = Array.from({ length: 5000 }, (_, i) => i * 3);
    const { numbers, texts, window } = await read(pcap(at(millis)), 1000, undefined, 4096);
    expect(numbers).toEqual(millis.map((_, i) => i + 1));
    expect(texts).toEqual(numbers.map(number => `#${number}`));
    expect([window.reordered, window.unordered, window.clock.backward]).toEqual([0, 0, 0]);
  });

  it('equals a stable sort as long as no frame is out of place by more than it holds', async () => {
    const displaced = fc.array(fc.tuple(fc.nat(3), fc.nat(900)), { minLength: 1, maxLength: HOLD });
    await fc.assert(
      fc.asyncProperty(displaced, fc.integer({ min: 1, max: 700 }), async (steps, step) => {
        // Within a capture of at most HOLD frames anything less than a second apart may be put in any order.
        const millis = steps.map(([, offset]) => offset);
        const file = pcap(at(millis));
        const sorted = millis.map((ms, i) => [ms, i + 1] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const { numbers, texts, window } = await read(file, step, undefined, 2048);
        expect(numbers).toEqual(sorted.map(([, number]) => number));
        expect(texts).toEqual(numbers.map(number => `#${number}`));
        expect(window.unordered).toBe(0);
        expect(window.reordered).toBe(millis.filter((ms, i) => ms < Math.max(...millis.slice(0, i))).length);
      }),
      { numRuns: 100 },
    );
  });

  it('the result depends on the frames alone, not on how they arrive', async () => {
    const jitter = fc.array(fc.nat(990), { minLength: 300, maxLength: 700 });
    await fc.assert(
      fc.asyncProperty(jitter, fc.integer({ min: 30, max: 4000 }), async (offsets, step) => {
        const file = pcap(
          at(
            offsets.map((offset, i) => i * 2 + offset),
            60,
          ),
        );
        const whole = await read(file);
        const parts = await read(file, step, undefined, 1024);
        expect(parts.numbers).toEqual(whole.numbers);
        expect(parts.texts).toEqual(whole.texts);
        expect(parts.window.unordered).toBe(whole.window.unordered);
        expect(whole.numbers.toSorted((a, b) => a - b)).toEqual(offsets.map((_, i) => i + 1));
      }),
      { numRuns: 30 },
    );
  });

  it('counts what comes too late, and hands it over at once', async () => {
    const millis = [...Array.from({ length: HOLD + 50 }, (_, i) => 100 + i), 50, 500];
    const { numbers, window } = await read(pcap(at(millis)));
    expect(window).toMatchObject({ unordered: 1, reordered: 0 });
    expect(numbers.indexOf(HOLD + 51)).toBe(50);
  });

  it('a clock that is set back leaves frames where they are', async () => {
    const { numbers, window } = await read(pcap(at([10_000, 10_010, 3000, 3010, 3005, 20_000, 420_000])));
    expect(numbers).toEqual([1, 2, 3, 5, 4, 6, 7]);
    expect(window).toMatchObject({ reordered: 1, unordered: 1 });
    expect(window.clock).toMatchObject({
      backward: 1,
      forward: 1,
      crossed: 0,
      largestBackward: { seconds: expect.closeTo(7.01, 6), number: 3 },
      largestForward: { seconds: 400, number: 7 },
    });
  });

  it('a step between two interfaces is no step of a clock', async () => {
    const w = pcapngWriter();
    const packet = (ms: bigint, id: number) => w.enhanced(ms * 1000n, 'x', { interface: id });
    const { window } = await read(
      concat(
        w.section(),
        w.interface(),
        w.interface(),
        packet(50_000n, 0),
        packet(10_000n, 1),
        packet(10_001n, 1),
      ),
    );
    expect(window.clock).toMatchObject({ backward: 0, crossed: 1 });
    expect(window.unordered).toBe(1);
  });

  it.each([
    [{ sec: 0, nsec: 600_000_000 }, [600, 1600, 2100]],
    [{ sec: -2, nsec: 250_000_000 }, [-1750, -750, -250]],
    [{ sec: 3600, nsec: 0 }, [3_600_000, 3_601_000, 3_601_500]],
  ])('adds the offset of its clock: %j', async (offset, expected) => {
    const { times } = await read(pcap(at([0, 1000, 1500])), undefined, offset);
    expect(times.map(ms => ms - 1_700_000_000_000)).toEqual(expected);
  });

  it('keeps frames of the greatest size that it holds back', async () => {
    const big = new Uint8Array(262_144).fill(7);
    const frames = [5, 3, 9, 8, 12].map(ms => ({ bytes: big, sec: 0, nsec: ms * 1e6 }));
    const { numbers } = await read(pcap(frames), 100_000);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });
});
