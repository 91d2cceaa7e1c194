import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkBuffer, fileSource, streamSource } from '../../src/capture/chunk-buffer.ts';
import { pcap } from '../support/captures.ts';
import { readFrames, readSource, slowSource } from '../support/read-frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) >>> 3);

describe('ChunkBuffer', () => {
  it('hands out every byte once, in order, at its offset', async () => {
    const bytes = counting(5000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 })),
        fc.integer({ min: 1, max: 999 }),
        async (sizes, step) => {
          const buffer = new ChunkBuffer(slowSource(bytes, step), false);
          let offset = 0;
          for (const size of sizes) {
            const enough = await buffer.fill(size);
            expect(enough).toBe(offset + size <= bytes.length);
            if (!enough) break;
            expect(buffer.offset).toBe(offset);
            expect(
              Buffer.compare(
                buffer.bytes.subarray(buffer.at, buffer.at + size),
                bytes.subarray(offset, offset + size),
              ),
            ).toBe(0);
            buffer.at += size;
            offset += size;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('grows for a record larger than its window, and refuses one larger than any', async () => {
    const bytes = counting(3 << 20);
    const buffer = new ChunkBuffer(slowSource(bytes, 1 << 20), false);
    expect(await buffer.fill(3 << 20)).toBe(true);
    expect(buffer.available).toBe(3 << 20);
    expect(await buffer.fill(65 << 20)).toBe(false);
  });

  it('says when the source ended', async () => {
    const buffer = new ChunkBuffer(slowSource(counting(10), 4), false);
    expect(await buffer.fill(10)).toBe(true);
    expect(buffer.finished).toBe(false);
    expect(await buffer.fill(11)).toBe(false);
    expect([buffer.finished, buffer.read, buffer.available]).toEqual([true, 10, 10]);
  });

  it('hashes the whole file, also what a reader left unread', async () => {
    const bytes = counting(5 << 20);
    const buffer = new ChunkBuffer(slowSource(bytes, 100_000), true);
    await buffer.fill(24);
    buffer.at = 24;
    await buffer.drain();
    expect(buffer.digest()).toBe(sha256(bytes));
    expect(buffer.read).toBe(bytes.length);
    const unhashed = new ChunkBuffer(slowSource(bytes, 100_000), false);
    await unhashed.drain();
    expect(unhashed.digest()).toBeNull();
  });
});

describe('sources', () => {
  const frames = Array.from({ length: 50 }, (_, i) => ({ bytes: counting(i * 7), sec: i }));
  const file = pcap(frames);

  it('reads a file', async () => {
    const name = temp.write('x.pcap', file);
    const read = await readSource(fileSource(await open(name, 'r')), true);
    expect(read.frames).toEqual((await readFrames(file)).frames);
    expect(read.buffer.digest()).toBe(sha256(file));
    await read.buffer.close();
  });

  it.each([1, 5, 1000, 1 << 20])('reads a stream in chunks of %i bytes', async size => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < file.length; at += size) chunks.push(file.subarray(at, at + size));
    const read = await readSource(streamSource(Readable.from(chunks)), true);
    expect(read.frames).toHaveLength(50);
    expect(read.buffer.digest()).toBe(sha256(file));
  });

  it('passes over empty chunks of a stream', async () => {
    const empty = new Uint8Array(0);
    const read = await readSource(
      streamSource(Readable.from([empty, file.subarray(0, 99), empty, empty, file.subarray(99)])),
    );
    expect(read.frames).toHaveLength(50);
  });

  it('gives a frame as soon as its bytes have come, without waiting for more', async () => {
    const pipe = new PassThrough();
    const buffer = new ChunkBuffer(streamSource(pipe), false);
    pipe.write(Buffer.from(file.subarray(0, 40)));
    expect(await buffer.fill(40)).toBe(true);
    await buffer.close();
    expect(pipe.destroyed).toBe(true);
  });
});
