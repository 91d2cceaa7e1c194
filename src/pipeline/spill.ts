/**
 * Sorted runs of records on disk. One file of mode 0600 per store, unlinked as soon as it is open, so that nothing
 * stays behind however the process ends. Blocks are written with V8's serialiser and read back one at a time.
 *
 * Records hold text from the wire as it was, since what must be masked in it is only known at the end. So blocks are
 * encrypted (AES-256 in counter mode) under a key that exists in memory alone: the disk never has them in clear.
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Batch, type Column } from '../model/batch.ts';
import type { StreamSchema } from '../model/schema.ts';
import { type Place, placeIn, type Run } from './merge-runs.ts';

interface Block {
  readonly offset: number;
  readonly length: number;
  /** Of its first row. */
  readonly first: Place;
}

interface Stored {
  readonly length: number;
  readonly columns: readonly (Column | null)[];
  readonly order: Float64Array;
}

export class SpillFile {
  #fd: number | undefined;
  readonly #key = randomBytes(32);
  /** A block as it was read last: memory outside of the heap waits long for the collector. */
  #sealed = Buffer.alloc(0);
  #size = 0;

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Writes sorted batches as one run. */
  write(schema: StreamSchema, batches: Iterable<Batch>): Run {
    const blocks: Block[] = [];
    for (const batch of batches) {
      const stored: Stored = { length: batch.length, columns: batch.columns, order: batch.order };
      blocks.push({ ...this.#append(serialize(stored)), first: placeIn(batch, 0) });
    }
    return {
      count: blocks.length,
      first: index => blocks[index]!.first,
      load: index => {
        const stored = this.#read(blocks[index]!);
        return new Batch(schema, stored.length, stored.columns, stored.order);
      },
    };
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    if (this.#fd === undefined) {
      const path = join(
        tmpdir(),
        `medtap-${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`,
      );
      this.#fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    }
    return this.#fd;
  }

  #append(bytes: Buffer): Omit<Block, 'first'> {
    const fd = this.#open();
    const block = { offset: this.#size, length: bytes.length };
    const sealed = this.#crypt(bytes, block.offset);
    for (let written = 0; written < sealed.length; ) {
      written += writeSync(fd, sealed, written, sealed.length - written, this.#size + written);
    }
    this.#size += bytes.length;
    return block;
  }

  #read(block: Block): Stored {
    if (this.#sealed.length < block.length) this.#sealed = Buffer.allocUnsafeSlow(block.length);
    const bytes = this.#sealed.subarray(0, block.length);
    for (let read = 0; read < block.length; ) {
      const count = readSync(this.#open(), bytes, read, block.length - read, block.offset + read);
      if (count === 0) throw new Error('the spill file ended early');
      read += count;
    }
    return deserialize(this.#crypt(bytes, block.offset)) as Stored;
  }

  /** The same both ways. The counter begins with the block's place, which no other block of the file has. */
  #crypt(bytes: Buffer, offset: number): Buffer {
    const counter = Buffer.alloc(16);
    counter.writeBigUInt64BE(BigInt(offset));
    return createCipheriv('aes-256-ctr', this.#key, counter).update(bytes);
  }
}
