/** Captures as lists of frames that a test changes and writes again, as classic pcap with nanoseconds. */
import { readFileSync } from 'node:fs';
import { type Captured, pcap } from './captures.ts';
import { fromHex } from './frames.ts';
import { readFrames } from './read-frames.ts';

/** A frame with its time in nanoseconds since 1970. */
export interface TimedFrame {
  readonly nanos: bigint;
  readonly bytes: Uint8Array;
  readonly original: number;
}

/** All frames of a capture with one link type. */
export async function framesOf(file: string): Promise<{ frames: TimedFrame[]; linkType: number }> {
  const { frames } = await readFrames(new Uint8Array(readFileSync(file)));
  const linkType = frames[0]?.linkType ?? 1;
  return {
    linkType,
    frames: frames
      .filter(frame => frame.linkType === linkType)
      .map(({ sec, nsec, hex, length }) => ({
        nanos: BigInt(sec) * 1_000_000_000n + BigInt(nsec),
        bytes: fromHex(hex),
        original: length,
      })),
  };
}

/** Frames in the order given, as a capture. */
export function captureOf(frames: readonly TimedFrame[], linkType: number): Uint8Array {
  const captured: Captured[] = frames.map(({ nanos, bytes, original }) => ({
    bytes,
    sec: Number(nanos / 1_000_000_000n),
    nsec: Number(nanos % 1_000_000_000n),
    original,
  }));
  return pcap(captured, { nano: true, linkType });
}

/** Frames in order of time; equal times stay as they are. */
export function inTime(frames: readonly TimedFrame[]): TimedFrame[] {
  return [...frames].sort((a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0));
}
