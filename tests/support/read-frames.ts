/** Reads every frame of a capture through the real readers, copied out so that tests can compare them. */
import type { ByteSource } from '../../src/capture/byte-source.ts';
import { ChunkBuffer } from '../../src/capture/chunk-buffer.ts';
import { type CaptureInterface, type Damage, END, FRAME, HEAD } from '../../src/capture/reader.ts';
import { readerOf } from '../../src/capture/sniff.ts';
import { Frame } from '../../src/model/frame.ts';

export interface FrameCopy {
  readonly number: number;
  readonly sec: number;
  readonly nsec: number;
  readonly length: number;
  readonly linkType: number;
  /** Hexadecimal of the captured bytes. */
  readonly hex: string;
}

export interface FramesRead {
  readonly frames: FrameCopy[];
  readonly damage: Damage | undefined;
  readonly skipped: Record<string, number>;
  readonly interfaces: readonly CaptureInterface[];
  readonly buffer: ChunkBuffer;
}

/** A source that never gives more than `step` bytes at once. */
export function slowSource(bytes: Uint8Array, step: number): ByteSource {
  let at = 0;
  return {
    async read(target, offset, length) {
      const count = Math.min(step, length, bytes.length - at);
      target.set(bytes.subarray(at, at + count), offset);
      at += count;
      return count;
    },
    close: async () => {},
  };
}

/** Reads a capture that begins with a whole file header. */
export async function readFrames(bytes: Uint8Array, step = Number.POSITIVE_INFINITY): Promise<FramesRead> {
  return readSource(slowSource(bytes, step));
}

export async function readSource(source: ByteSource): Promise<FramesRead> {
  const buffer = new ChunkBuffer(source);
  await buffer.fill(HEAD);
  const reader = readerOf(buffer);
  const frame = new Frame();
  const frames: FrameCopy[] = [];
  for (;;) {
    const result = reader.next(frame);
    if (result === END) break;
    if (result === FRAME) frames.push(copy(frame));
    else await reader.fill();
  }
  const { damage, interfaces } = reader;
  return { frames, damage, interfaces, skipped: Object.fromEntries(reader.skipped), buffer };
}

function copy(frame: Frame): FrameCopy {
  const { number, sec, nsec, length, linkType, bytes, at, captured } = frame;
  const hex = Buffer.from(bytes.subarray(at, at + captured)).toString('hex');
  return { number, sec, nsec, length, linkType, hex };
}
