/** Which frames are handed over, in which order, and with which times: against a plain sort. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packet } from '../../src/model/packet.ts';
import { CaptureReading, type ReadingOptions } from '../../src/pipeline/read-captures.ts';
import { pcap } from '../support/captures.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const BASE = 1_700_000_000;

/** Content and time (milliseconds from `BASE`) of every frame handed over, and the reading itself. */
async function read(inputs: readonly string[], options: Partial<ReadingOptions> = {}) {
  const frames: string[] = [];
  const times: number[] = [];
  const reading = new CaptureReading(
    { hashed: false, ...options },
    {
      take({ frame }: Packet) {
        frames.push(Buffer.from(frame.bytes.subarray(frame.at, frame.at + frame.captured)).toString());
        times.push((frame.sec - BASE) * 1000 + frame.nsec / 1e6);
      },
      duplicatesOf: () => 0,
      hasDecoded: () => true,
    },
  );
  await reading.readAll(inputs);
  return { frames, times, reading };
}

const file = (name: string, millis: readonly number[]): string =>
  temp.write(
    name,
    pcap(
      millis.map((ms, i) => ({
        bytes: `${name}#${i + 1}`,
        sec: BASE + Math.floor(ms / 1000),
        nsec: (ms % 1000) * 1e6,
      })),
    ),
  );

describe('merging', () => {
  it('equals a stable sort by time and input', async () => {
    const capture = fc.array(fc.nat(100_000), { maxLength: 40 }).map(list => list.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(fc.array(capture, { minLength: 1, maxLength: 6 }), async captures => {
        const inputs = captures.map((millis, i) => file(`m${i}`, millis));
        const all = captures.flatMap((millis, i) =>
          millis.map((ms, k) => ({ ms, i, name: `m${i}#${k + 1}` })),
        );
        all.sort((a, b) => a.ms - b.ms || a.i - b.i);
        const { frames } = await read(inputs);
        expect(frames).toEqual(all.map(({ name }) => name));
      }),
      { numRuns: 40 },
    );
  });

  it('more captures at once than may be open: says so, and loses no frame', async () => {
    const inputs = Array.from({ length: 40 }, (_, i) => file(`o${i}`, [i, 90_000]));
    const { frames, reading } = await read(inputs);
    expect(frames).toHaveLength(80);
    expect(reading.limits.get('open_captures')).toBeGreaterThan(0);
    const rotated = await read(
      Array.from({ length: 40 }, (_, i) => file(`r${i}`, [i * 1000, i * 1000 + 999])),
    );
    expect(rotated.times).toEqual(rotated.times.toSorted((a, b) => a - b));
    expect(rotated.reading.limits.size).toBe(0);
  });
});

describe('clock offsets', () => {
  it('belong to a file or all below a directory, the longest name first', async () => {
    mkdirSync(join(temp.path, 'taps'));
    const a = file('taps/a', [1000]);
    const b = file('taps/b', [1000]);
    const clockOffsets = new Map([
      [join(temp.path, 'taps'), { sec: 5, nsec: 0 }],
      [b, { sec: -1, nsec: 500_000_000 }],
    ]);
    const { frames, times, reading } = await read([join(temp.path, 'taps')], { clockOffsets });
    expect(frames).toEqual(['taps/b#1', 'taps/a#1']);
    expect(times).toEqual([500, 6000]);
    expect(reading.captures.map(({ name, clock }) => [name, clock.offset])).toEqual([
      [b, -0.5],
      [a, 5],
    ]);
  });

  it('of an input that is not there is wrong use, with a hint', async () => {
    const name = file('tap.pcap', [1]);
    const clockOffsets = new Map([[name.replace('tap', 'tpa'), { sec: 1, nsec: 0 }]]);
    await expect(read([name], { clockOffsets })).rejects.toThrow(/no input is called .*\n.*did you mean/);
  });
});

describe('--since and --until', () => {
  it('hand over what lies from the one to before the other, and count the rest', async () => {
    const name = file('span', [0, 999, 1000, 1001, 1999, 2000, 3000]);
    const { times, reading } = await read([name], {
      since: { sec: BASE + 1, nsec: 0 },
      until: { sec: BASE + 2, nsec: 0 },
    });
    expect(times).toEqual([1000, 1001, 1999]);
    expect(reading.captures[0]).toMatchObject({ frames: 7, outside: 4, status: 'ok' });
  });
});
