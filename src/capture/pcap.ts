/**
 * Classic pcap (draft-ietf-opsawg-pcap): 24-byte file header, then records of a header and the bytes.
 *
 *      0  magic a1b2c3d4 (microseconds), a1b23c4d (nanoseconds) or a1b2cd34 (modified), either byte order
 *      4  version major, minor        8  reserved      16  snapshot length
 *     20  link type (low 26 bits), whether and how long a frame check sequence is (high bits, not needed here)
 *
 *      0  seconds    4  fraction    8  captured length    12  original length    16  more, in some variants
 *
 * Zeros where a record should begin are passed over and told of as damage, once. A version that is not known is read like
 * the known one, and told of.
 */
import type { Frame } from '../model/frame.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import {
  CAPTURED,
  FILE_HEADER,
  FRACTION,
  isFileHeader,
  ORIGINAL,
  SECONDS,
  variantOf,
  versionProblem,
} from './pcap-variant.ts';
import { isPcapng } from './pcapng.ts';
import {
  type CaptureInterface,
  type Damage,
  END,
  FRAME,
  type FrameReader,
  MAX_RECORD,
  MORE,
  newInterface,
} from './reader.ts';

const LINK_TYPE_BITS = 0x03ff_ffff;
const JOINED = 'another capture begins here; join captures with mergecap -w OUT FILE FILE, not with cat';
const ZEROS = 'zeros instead of frames: this part of the file was never written';

export class PcapReader implements FrameReader {
  readonly format = 'pcap';
  readonly skipped = new Map<string, number>();
  damage: Damage | undefined;
  readonly interfaces: readonly CaptureInterface[];
  readonly #interface: CaptureInterface;
  readonly #buffer: ChunkBuffer;
  readonly #read: (bytes: Uint8Array, at: number) => number;
  readonly #nanosPerUnit: number;
  readonly #linkType: number;
  readonly #header: number;
  readonly #version: string | undefined;
  /** Offset of the first zeros that stand for no record. */
  #zeros: number | undefined;
  #number = 0;
  #needed: number;

  /** The buffer stands at the file header, which is available whole; `HEAD` bytes when the file has them. */
  constructor(buffer: ChunkBuffer) {
    const { bytes, at, end } = buffer;
    const { read, nanosPerUnit, recordHeader } = variantOf(bytes, at, end);
    this.#read = read;
    this.#nanosPerUnit = nanosPerUnit;
    this.#header = recordHeader;
    this.#needed = recordHeader;
    this.#linkType = read(bytes, at + 20) & LINK_TYPE_BITS;
    this.#version = versionProblem(bytes, at);
    this.#interface = newInterface(this.#linkType, read(bytes, at + 16));
    this.interfaces = [this.#interface];
    this.#buffer = buffer;
    buffer.at += FILE_HEADER;
  }

  next(frame: Frame): typeof FRAME | typeof MORE | typeof END {
    const buffer = this.#buffer;
    const header = this.#header;
    if (this.damage !== undefined) return END;
    if (buffer.end - buffer.at < header) {
      if (!buffer.finished) return this.#ask(header);
      return buffer.available === 0 ? this.#end() : this.#stop('truncated', 'ends within a record header');
    }
    const { bytes, at } = buffer;
    const read = this.#read;
    const captured = read(bytes, at + CAPTURED);
    if (captured === 0 && read(bytes, at + ORIGINAL) === 0) {
      if (isFileHeader(bytes, at)) return this.#stop('corrupt', JOINED);
      if (this.#passZeros()) return this.next(frame);
    }
    if (captured > MAX_RECORD) {
      if (isPcapng(bytes, at)) return this.#stop('corrupt', JOINED);
      return this.#stop(
        'corrupt',
        `record claims ${captured} bytes, more than the ${MAX_RECORD} a capture can hold`,
      );
    }
    if (buffer.end - at < header + captured) {
      if (!buffer.finished) return this.#ask(header + captured);
      return this.#stop('truncated', 'ends within the last record');
    }
    const fraction = read(bytes, at + FRACTION) * this.#nanosPerUnit;
    frame.bytes = bytes;
    frame.at = at + header;
    frame.captured = captured;
    frame.length = read(bytes, at + ORIGINAL);
    frame.sec = read(bytes, at + SECONDS);
    frame.nsec = fraction;
    if (fraction >= 1e9) {
      // Some writers put more than a second into the fraction; carry it instead of losing the order.
      frame.sec += Math.floor(fraction / 1e9);
      frame.nsec = fraction % 1e9;
    }
    frame.linkType = this.#linkType;
    frame.source = 0;
    frame.number = ++this.#number;
    this.#interface.frames++;
    buffer.at = at + header + captured;
    return FRAME;
  }

  async fill(): Promise<void> {
    await this.#buffer.fill(this.#needed);
  }

  #ask(needed: number): typeof MORE {
    this.#needed = needed;
    return MORE;
  }

  /** Passes over record headers of nothing but zeros. Whether there was one. */
  #passZeros(): boolean {
    const buffer = this.#buffer;
    const { bytes, end, offset } = buffer;
    const from = buffer.at;
    while (end - buffer.at >= this.#header && isZero(bytes, buffer.at, this.#header))
      buffer.at += this.#header;
    if (buffer.at === from) return false;
    this.#zeros ??= offset;
    return true;
  }

  /** At the end of the file: what was noticed on the way. */
  #end(): typeof END {
    if (this.#zeros !== undefined) return this.#stop('truncated', ZEROS);
    if (this.#version !== undefined) this.damage = { kind: 'corrupt', message: this.#version, offset: 4 };
    return END;
  }

  #stop(kind: Damage['kind'], message: string): typeof END {
    // What is read behind zeros may begin anywhere: they are the cause.
    this.damage =
      this.#zeros === undefined
        ? { kind, message, offset: this.#buffer.offset }
        : { kind, message: ZEROS, offset: this.#zeros };
    return END;
  }
}

function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false;
  return true;
}
