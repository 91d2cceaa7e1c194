/**
 * Classic pcap (draft-ietf-opsawg-pcap): 24-byte file header, then records of a 16-byte header and the bytes.
 *
 *      0  magic a1b2c3d4 (microseconds) or a1b23c4d (nanoseconds), either byte order
 *      4  version major, minor        8  reserved      16  snapshot length   20  link type (low 28 bits)
 *
 *      0  seconds    4  fraction    8  captured length    12  original length
 *
 * Not read: the modified variant with a longer record header (Kuznetsov, magic a1b2cd34); `open` says so.
 */
import { u32be, u32le } from '../bytes/read.ts';
import type { Frame } from '../model/frame.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import { type Damage, END, FRAME, type FrameReader, MAX_RECORD, MORE } from './reader.ts';

export const FILE_HEADER = 24;
const RECORD_HEADER = 16;

const SECONDS = 0;
const FRACTION = 4;
const CAPTURED = 8;
const ORIGINAL = 12;

const MICRO = 0xa1b2c3d4;
const NANO = 0xa1b23c4d;

/** Whether the first four bytes are one of the four magic numbers read here. */
export function isPcap(bytes: Uint8Array, at: number): boolean {
  const big = u32be(bytes, at);
  const little = u32le(bytes, at);
  return big === MICRO || big === NANO || little === MICRO || little === NANO;
}

export class PcapReader implements FrameReader {
  readonly format = 'pcap';
  readonly skipped = new Map<string, number>();
  damage: Damage | undefined;
  readonly linkType: number;
  readonly #buffer: ChunkBuffer;
  readonly #read: (bytes: Uint8Array, at: number) => number;
  readonly #nanosPerUnit: number;
  #number = 0;
  #needed = RECORD_HEADER;

  /** The buffer stands at the file header, which is available whole. */
  constructor(buffer: ChunkBuffer) {
    const { bytes, at } = buffer;
    const big = u32be(bytes, at);
    this.#read = big === MICRO || big === NANO ? u32be : u32le;
    this.#nanosPerUnit = this.#read(bytes, at) === NANO ? 1 : 1000;
    this.linkType = this.#read(bytes, at + 20) & 0x0fffffff;
    this.#buffer = buffer;
    buffer.at += FILE_HEADER;
  }

  next(frame: Frame): typeof FRAME | typeof MORE | typeof END {
    const buffer = this.#buffer;
    if (this.damage !== undefined) return END;
    if (buffer.end - buffer.at < RECORD_HEADER) {
      if (!buffer.finished) return this.#ask(RECORD_HEADER);
      return buffer.available === 0 ? END : this.#stop('truncated', 'ends within a record header');
    }
    const { bytes, at } = buffer;
    const read = this.#read;
    const captured = read(bytes, at + CAPTURED);
    if (captured > MAX_RECORD) {
      return this.#stop(
        'corrupt',
        `record claims ${captured} bytes, more than the ${MAX_RECORD} a capture can hold`,
      );
    }
    if (buffer.end - at < RECORD_HEADER + captured) {
      if (!buffer.finished) return this.#ask(RECORD_HEADER + captured);
      return this.#stop('truncated', 'ends within the last record');
    }
    const fraction = read(bytes, at + FRACTION) * this.#nanosPerUnit;
    frame.bytes = bytes;
    frame.at = at + RECORD_HEADER;
    frame.captured = captured;
    frame.length = read(bytes, at + ORIGINAL);
    frame.sec = read(bytes, at + SECONDS);
    frame.nsec = fraction;
    if (fraction >= 1e9) {
      // Some writers put more than a second into the fraction; carry it instead of losing the order.
      frame.sec += Math.floor(fraction / 1e9);
      frame.nsec = fraction % 1e9;
    }
    frame.linkType = this.linkType;
    frame.number = ++this.#number;
    buffer.at = at + RECORD_HEADER + captured;
    return FRAME;
  }

  async fill(): Promise<void> {
    await this.#buffer.fill(this.#needed);
  }

  #ask(needed: number): typeof MORE {
    this.#needed = needed;
    return MORE;
  }

  #stop(kind: Damage['kind'], message: string): typeof END {
    this.damage = { kind, message, offset: this.#buffer.offset };
    return END;
  }
}
