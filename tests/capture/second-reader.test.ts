/** `pcap-parser` (classic pcap, microseconds) is the independent second reader: both must deliver equal records. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pcap } from '../support/captures.ts';
import { FIXTURES } from '../support/paths.ts';
import { type FrameCopy, readFrames } from '../support/read-frames.ts';

interface OtherPacket {
  readonly header: Record<
    'timestampSeconds' | 'timestampMicroseconds' | 'capturedLength' | 'originalLength',
    number
  >;
  readonly data: Buffer;
}

interface OtherParser {
  on(event: 'globalHeader', listener: (header: { linkLayerType: number }) => void): void;
  on(event: 'packet', listener: (packet: OtherPacket) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

const other = createRequire(import.meta.url)('pcap-parser') as { parse(input: Readable): OtherParser };

/** What the second reader says. It copies all it has for every chunk, so it gets the file in one. */
function readOther(bytes: Uint8Array): Promise<FrameCopy[]> {
  return new Promise((resolve, reject) => {
    const frames: FrameCopy[] = [];
    let linkType = -1;
    const parser = other.parse(Readable.from([Buffer.from(bytes)]));
    parser.on('globalHeader', header => {
      linkType = header.linkLayerType;
    });
    parser.on('packet', ({ header, data }) => {
      expect(data.length).toBe(header.capturedLength);
      frames.push({
        number: frames.length + 1,
        sec: header.timestampSeconds,
        nsec: header.timestampMicroseconds * 1000,
        length: header.originalLength,
        linkType,
        hex: data.toString('hex'),
      });
    });
    parser.on('error', reject);
    parser.on('end', () => resolve(frames));
  });
}

const classic = readdirSync(FIXTURES).filter(name => name.endsWith('.pcap'));

describe('second reader', () => {
  it('there are classic fixtures', () => expect(classic).not.toEqual([]));

  it.each(classic)('equal records for %s', async name => {
    const bytes = readFileSync(join(FIXTURES, name));
    const ours = await readFrames(bytes);
    expect(ours.damage).toBeUndefined();
    expect(ours.frames.length).toBeGreaterThan(100);
    expect(ours.frames).toEqual(await readOther(bytes));
  });

  it.each([true, false])('equal records for a made capture, big-endian %s', async bigEndian => {
    const frames = Array.from({ length: 40 }, (_, i) => ({
      bytes: new Uint8Array(i * 3).fill(i),
      sec: 1_700_000_000 + i,
      nsec: i * 25_000_000,
      original: i * 5,
    }));
    const bytes = pcap(frames, { bigEndian, linkType: 101 });
    expect((await readFrames(bytes)).frames).toEqual(await readOther(bytes));
  });
});
