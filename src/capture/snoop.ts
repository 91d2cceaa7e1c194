/**
 * Snoop (RFC 1761), the capture format of Solaris and of some appliances. Big-endian throughout.
 *
 *      0  "snoop\0\0\0"    8  version (2)    12  data link type
 *
 *      0  original length    4  captured length    8  record length, padding included
 *     12  frames lost since the first record       16  seconds    20  microseconds    24  bytes
 *
 * Data link types are numbers of its own; those without a LINKTYPE_ counterpart are named by an error.
 */
import { u32be } from '../bytes/read.ts';
import type { Frame } from '../model/frame.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
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

export const SNOOP_HEADER = 16;
const RECORD_HEADER = 24;
/** Padding of a record is a few bytes; more than this is damage. */
const MAX_PADDING = 4096;

/** LINKTYPE_ numbers by data link type: RFC 1761, and what Solaris added for interfaces without a link layer. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1], // IEEE 802.3
  [2, 6], // IEEE 802.5
  [4, 1], // Ethernet
  [8, 10], // FDDI
  [18, 123], // Sun ATM
  [0x8000_0001, 228], // IPv4
  [0x8000_0002, 229], // IPv6
]);

/** Whether the bytes begin with the magic of a snoop file. */
export function isSnoop(bytes: Uint8Array, at: number): boolean {
  return u32be(bytes, at) === 0x736e_6f6f;
}

/** Why a file with this header cannot be read, or undefined when it can. */
export function snoopProblem(bytes: Uint8Array, at: number): string | undefined {
  if (u32be(bytes, at + 4) !== 0x7000_0000) return 'not a snoop capture, though it begins like one';
  const version = u32be(bytes, at + 8);
  if (version !== 2) return `snoop version ${version} cannot be read, only 2`;
  const type = u32be(bytes, at + 12);
  return LINK_TYPES.has(type) ? undefined : `snoop data link type ${type} cannot be decoded`;
}

export class SnoopReader implements FrameReader {
  readonly format = 'snoop';
  readonly skipped = new Map<string, number>();
  damage: Damage | undefined;
  readonly interfaces: readonly CaptureInterface[];
  readonly #interface: CaptureInterface;
  readonly #buffer: ChunkBuffer;
  readonly #linkType: number;
  #number = 0;
  #needed = RECORD_HEADER;

  /** The buffer stands at the file header, in which `snoopProblem` found none. */
  constructor(buffer: ChunkBuffer) {
    this.#linkType = LINK_TYPES.get(u32be(buffer.bytes, buffer.at + 12)) ?? -1;
    this.#interface = newInterface(this.#linkType, 0);
    this.interfaces = [this.#interface];
    this.#buffer = buffer;
    buffer.at += SNOOP_HEADER;
  }

  next(frame: Frame): typeof FRAME | typeof MORE | typeof END {
    const buffer = this.#buffer;
    if (this.damage !== undefined) return END;
    if (buffer.end - buffer.at < RECORD_HEADER) {
      if (!buffer.finished) return this.#ask(RECORD_HEADER);
      return buffer.available === 0 ? END : this.#stop('truncated', 'ends within a record header');
    }
    const { bytes, at } = buffer;
    const captured = u32be(bytes, at + 4);
    const length = u32be(bytes, at + 8);
    if (
      captured > MAX_RECORD ||
      length < RECORD_HEADER + captured ||
      length - captured > RECORD_HEADER + MAX_PADDING
    ) {
      return this.#stop('corrupt', `record claims ${captured} bytes of ${length}`);
    }
    if (buffer.end - at < length) {
      if (!buffer.finished) return this.#ask(length);
      return this.#stop('truncated', 'ends within the last record');
    }
    const micros = u32be(bytes, at + 20);
    frame.bytes = bytes;
    frame.at = at + RECORD_HEADER;
    frame.captured = captured;
    frame.length = u32be(bytes, at);
    frame.sec = u32be(bytes, at + 16) + Math.floor(micros / 1e6);
    frame.nsec = (micros % 1e6) * 1000;
    frame.linkType = this.#linkType;
    frame.source = 0;
    frame.number = ++this.#number;
    this.#interface.frames++;
    this.#interface.reported.dropped = u32be(bytes, at + 12);
    buffer.at = at + length;
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
