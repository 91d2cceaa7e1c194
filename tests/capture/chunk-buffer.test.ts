import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileSource, MeteredSource, streamSource } from '../../src/capture/byte-source.ts';
import { ChunkBuffer } from '../../src/capture/chunk-buffer.ts';
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
          const buffer = new ChunkBuffer(slowSource(bytes, step));
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
    const buffer = new ChunkBuffer(slowSource(bytes, 1 << 20));
    expect(await buffer.fill(3 << 20)).toBe(true);
    expect(buffer.available).toBe(3 << 20);
    expect(await buffer.fill(65 << 20)).toBe(false);
  });

  it('says when the source ended', async () => {
    const buffer = new ChunkBuffer(slowSource(counting(10), 4));
    expect(await buffer.fill(10)).toBe(true);
    expect(buffer.finished).toBe(false);
    expect(await buffer.fill(11)).toBe(false);
    expect([buffer.finished, buffer.read, buffer.available]).toEqual([true, 10, 10]);
  });

  it('keeps what was parsed and is still needed', async () => {
    const bytes = counting(4 << 20);
    const buffer = new ChunkBuffer(slowSource(bytes, 100_000));
    await buffer.fill(1000);
    buffer.at = 900;
    buffer.kept = 700;
    await buffer.fill(1 << 20);
    expect([buffer.base, buffer.at, buffer.kept, buffer.offset]).toEqual([700, 200, 0, 900]);
    expect(Buffer.compare(buffer.bytes.subarray(0, 1 << 20), bytes.subarray(700, 700 + (1 << 20)))).toBe(0);
  });
});

describe('sources', () => {
  const frames = Array.from({ length: 50 }, (_, i) => ({ bytes: counting(i * 7), sec: i + 1 }));
  const file = pcap(frames);

  it('reads a file', async () => {
    const name = temp.write('x.pcap', file);
    const source = new MeteredSource(fileSource(await open(name, 'r')), true);
    expect((await readSource(source)).frames).toEqual((await readFrames(file)).frames);
    await source.drain();
    expect([source.count, source.digest()]).toEqual([file.length, sha256(file)]);
    await source.close();
  });

  it('reads a part of a file, also beside another reader of it', async () => {
    const name = temp.write('parts', counting(1000));
    const handle = await open(name, 'r');
    const parts = [fileSource(handle, 100, 300), fileSource(handle, 250), fileSource(handle, 990, 5000)];
    const target = new Uint8Array(1000);
    expect(await parts[0]!.read(target, 0, 150)).toBe(150);
    expect(await parts[1]!.read(target, 500, 10)).toBe(10);
    expect(await parts[0]!.read(target, 150, 500)).toBe(50);
    expect(await parts[0]!.read(target, 0, 500)).toBe(0);
    expect(await parts[2]!.read(target, 600, 400)).toBe(10);
    expect(Buffer.compare(target.subarray(0, 200), counting(1000).subarray(100, 300))).toBe(0);
    expect(Buffer.compare(target.subarray(500, 510), counting(1000).subarray(250, 260))).toBe(0);
    await handle.close();
  });

  it('counts and hashes what is read, also what is only drained, and no digest before the end', async () => {
    const bytes = counting(5 << 20);
    const source = new MeteredSource(slowSource(bytes, 100_000), true);
    await source.read(new Uint8Array(24), 0, 24);
    expect([source.count, source.digest()]).toEqual([24, null]);
    await source.drain();
    expect([source.count, source.digest()]).toEqual([bytes.length, sha256(bytes)]);
    const unhashed = new MeteredSource(slowSource(bytes, 100_000), false);
    await unhashed.drain();
    expect(unhashed.digest()).toBeNull();
  });

  it.each([1, 5, 1000, 1 << 20])('reads a stream in chunks of %i bytes', async size => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < file.length; at += size) chunks.push(file.subarray(at, at + size));
    expect((await readSource(streamSource(Readable.from(chunks)))).frames).toHaveLength(50);
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
    const source = streamSource(pipe);
    const buffer = new ChunkBuffer(source);
    pipe.write(Buffer.from(file.subarray(0, 40)));
    expect(await buffer.fill(40)).toBe(true);
    await source.close();
    expect(pipe.destroyed).toBe(true);
  });

  it('ends a read that waits when the run is interrupted, and says that it did', async () => {
    const pipe = new PassThrough();
    const interruption = new AbortController();
    const source = new MeteredSource(streamSource(pipe, interruption.signal), true);
    pipe.write(Buffer.from(file.subarray(0, 40)));
    const target = new Uint8Array(40);
    expect(await source.read(target, 0, 40)).toBe(40);
    const waiting = source.read(target, 0, 40);
    setImmediate(() => interruption.abort());
    expect(await waiting).toBe(0);
    expect(await source.read(target, 0, 40)).toBe(0);
    expect([source.cut, source.digest(), pipe.destroyed]).toEqual([true, null, true]);
    await source.close();
  });

  it('gives what a stream gave before the interruption, and nothing of one that comes later', async () => {
    const interruption = new AbortController();
    const target = new Uint8Array(40);
    const source = streamSource(Readable.from([file.subarray(0, 40)]), interruption.signal);
    expect(await source.read(target, 0, 10)).toBe(10);
    interruption.abort();
    expect(await source.read(target, 0, 40)).toBe(30);
    expect(await source.read(target, 0, 40)).toBe(0);
    const late = streamSource(Readable.from([file]), interruption.signal);
    expect(await late.read(target, 0, 40)).toBe(0);
    expect([source.cut, late.cut]).toEqual([true, true]);
  });

  it('is not cut by an interruption after its end', async () => {
    const interruption = new AbortController();
    const source = new MeteredSource(streamSource(Readable.from([file]), interruption.signal), true);
    await source.drain();
    interruption.abort();
    expect([source.cut, source.digest()]).toEqual([false, sha256(file)]);
    await source.close();
  });
});
