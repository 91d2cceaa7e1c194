/**
 * Frames that a tap's queues put out of order by a few places say the same: the same records of protocols, but for
 * times (each record carries those of the packets it came from, and flows may begin with another one).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { FIXTURES } from '../support/paths.ts';
import { captureOf, framesOf, inTime, type TimedFrame } from '../support/rewrite-capture.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

/** A small generator of numbers, the same on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Neighbours less than a millisecond apart change places now and then; the times stay where they are. */
function swapped(frames: readonly TimedFrame[], seed: number): TimedFrame[] {
  const random = numbers(seed);
  const out = [...frames];
  for (let i = 0; i + 1 < out.length; i++) {
    const [a, b] = [out[i]!, out[i + 1]!];
    if (b.nanos - a.nanos > 1_000_000n || random() < 0.7) continue;
    out[i] = { ...b, nanos: a.nanos };
    out[i + 1] = { ...a, nanos: b.nanos };
    i++;
  }
  return out;
}

const isSyn = ({ bytes }: TimedFrame): boolean => bytes[23] === 6 && (bytes[47]! & 0x02) !== 0;

/**
 * One direction comes later, as from a tap whose two ports are queued apart; handshakes are as they were, since without
 * them nobody knows which bytes an acknowledgement is ahead of.
 */
function skewed(frames: readonly TimedFrame[], micros: number, up: boolean): TimedFrame[] {
  const source = (frame: TimedFrame) => Buffer.from(frame.bytes.subarray(26, 30)).readUInt32BE();
  const destination = (frame: TimedFrame) => Buffer.from(frame.bytes.subarray(30, 34)).readUInt32BE();
  return inTime(
    frames.map(frame =>
      frame.bytes.length > 34 && !isSyn(frame) && source(frame) > destination(frame) === up
        ? { ...frame, nanos: frame.nanos + BigInt(micros) * 1000n }
        : frame,
    ),
  );
}

const TIMES = /^(ts|uid|frame|capture|(orig_|resp_)?fuids?|.*(duration|delay|rtt|interval|digest).*|time)$/;

/** Records of protocols without what depends on when a packet was seen, in an order of their own. */
async function records(file: string, leaveOut?: string): Promise<Record<string, string[]>> {
  const decoded = await decodeFiles([file]);
  const streams = decoded.store.names.filter(name => !['conn', 'weird', 'arp'].includes(name));
  return Object.fromEntries(
    streams.map(name => [
      name,
      decoded
        .rows(name)
        .map(row =>
          JSON.stringify(row, (key, value) =>
            TIMES.test(key)
              ? undefined
              : typeof value === 'string'
                ? value.replace(/:[0-9a-f]{32}$/, '')
                : value,
          ),
        )
        .filter(row => leaveOut === undefined || !row.includes(leaveOut))
        .sort(),
    ]),
  );
}

describe.each(['ward.pcap', 'clinic.pcapng'])('%s out of order', name => {
  it.each([
    ...[1, 2, 3, 4].map(
      seed => [`neighbours swapped, ${seed}`, (all: TimedFrame[]) => swapped(all, seed)] as const,
    ),
    ...[20, 200, 900].flatMap(micros =>
      [true, false].map(
        up =>
          [
            `one direction ${micros} µs later, ${up}`,
            (all: TimedFrame[]) => skewed(all, micros, up),
          ] as const,
      ),
    ),
  ])('%s', async (how, disorder) => {
    const { frames, linkType } = await framesOf(join(FIXTURES, name));
    const straight = temp.write(`${name}.pcap`, captureOf(frames, linkType));
    const crooked = temp.write(`${name}-${how}.pcap`, captureOf(disorder(frames), linkType));
    // When the answer to PASV comes later than the first data, nobody knows yet that these are a file.
    const unannounced = how.includes('900 µs') ? '"FTP_DATA"' : undefined;
    expect(await records(crooked, unannounced)).toEqual(await records(straight, unannounced));
  });
});
