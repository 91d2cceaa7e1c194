/**
 * pcapng (draft-ietf-opsawg-pcapng): a sequence of blocks, each `type, length, body, length`.
 *
 * Read: Section Header (any number; each sets the byte order anew and forgets the interfaces), Interface
 * Description (link type, snapshot length, name, if_tsresol, if_tsoffset), Enhanced Packet, Simple Packet, the
 * obsolete Packet block, and the counts of Interface Statistics. Every other block (name resolution, decryption
 * secrets, journals, custom ones) is skipped by its length: names may identify people and are not shown.
 *
 * A packet of an interface that was never described is counted as skipped. Simple Packets carry no time: they get
 * that of the packet before them in the file (1970 when there is none), so that they keep their place.
 */
import { u16be, u16le, u32be, u32le } from '../bytes/read.ts';
import type { Frame } from '../model/frame.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import {
  type ByteOrder,
  describeInterface,
  type PcapngInterface,
  readDropCount,
  readStatistics,
} from './pcapng-interface.ts';
import {
  type CaptureInterface,
  type Damage,
  END,
  FRAME,
  type FrameReader,
  MAX_RECORD,
  MORE,
} from './reader.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const LITTLE_ENDIAN: ByteOrder = { u16: u16le, u32: u32le, bigEndian: false };
const BIG_ENDIAN: ByteOrder = { u16: u16be, u32: u32be, bigEndian: true };

/** Blocks that are not packets are rarely larger than a few kilobytes; embedded keys and statistics may be. */
const MAX_BLOCK = 16 << 20;
/** Over all sections. */
const MAX_INTERFACES = 65_536;

/** Whether the bytes begin with a Section Header block. */
export function isPcapng(bytes: Uint8Array, at: number): boolean {
  return u32be(bytes, at) === SECTION_HEADER;
}

export class PcapngReader implements FrameReader {
  readonly format = 'pcapng';
  readonly skipped = new Map<string, number>();
  readonly interfaces: CaptureInterface[] = [];
  damage: Damage | undefined;
  readonly #buffer: ChunkBuffer;
  #order = LITTLE_ENDIAN;
  #u16 = u16le;
  #u32 = u32le;
  /** Those of the section. */
  #interfaces: PcapngInterface[] = [];
  #number = 0;
  #needed = 12;
  #lastSec = 0;
  #lastNsec = 0;

  readonly #only: number;

  /** @param only reads the packets of one interface, by its index in the file; default all */
  constructor(buffer: ChunkBuffer, only = -1) {
    this.#buffer = buffer;
    this.#only = only;
  }

  next(frame: Frame): typeof FRAME | typeof MORE | typeof END {
    const buffer = this.#buffer;
    while (this.damage === undefined) {
      const available = buffer.end - buffer.at;
      if (available < 12) {
        if (!buffer.finished) return this.#ask(12);
        return available === 0 ? END : this.#stop('truncated', 'ends within a block header');
      }
      const { bytes, at } = buffer;
      const isSection = u32be(bytes, at) === SECTION_HEADER;
      if (isSection && !this.#startSection(bytes, at)) return END;
      const type = this.#u32(bytes, at);
      const length = this.#u32(bytes, at + 4);
      if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK) {
        return this.#stop('corrupt', `block of type ${type} claims ${length} bytes`);
      }
      if (available < length) {
        if (!buffer.finished) return this.#ask(length);
        return this.#stop('truncated', 'ends within the last block');
      }
      if (this.#u32(bytes, at + length - 4) !== length) {
        return this.#stop('corrupt', `the two lengths of a block of type ${type} differ`);
      }
      const found = this.#block(frame, type, at, length);
      if (this.damage !== undefined) return END;
      buffer.at = at + length;
      if (found) return FRAME;
    }
    return END;
  }

  async fill(): Promise<void> {
    await this.#buffer.fill(this.#needed);
  }

  #startSection(bytes: Uint8Array, at: number): boolean {
    if (u32be(bytes, at + 8) === BYTE_ORDER_MAGIC) this.#order = BIG_ENDIAN;
    else if (u32le(bytes, at + 8) === BYTE_ORDER_MAGIC) this.#order = LITTLE_ENDIAN;
    else {
      this.#stop('corrupt', 'section header without a byte-order magic');
      return false;
    }
    this.#u16 = this.#order.u16;
    this.#u32 = this.#order.u32;
    this.#interfaces = [];
    return true;
  }

  /** Handles one whole block; true when it filled the frame. */
  #block(frame: Frame, type: number, at: number, length: number): boolean {
    const bytes = this.#buffer.bytes;
    switch (type) {
      case INTERFACE:
        this.#addInterface(bytes, at, length);
        return false;
      case STATISTICS:
        if (length < 24) this.#stop('corrupt', 'interface statistics are too short');
        else {
          const source = this.#interfaces[this.#u32(bytes, at + 8)];
          if (source !== undefined) readStatistics(bytes, at, length, this.#order, source.facts);
        }
        return false;
      case ENHANCED_PACKET:
        if (length < 32) return this.#short(type);
        return this.#packet(frame, at, length, this.#u32(bytes, at + 8), this.#u32(bytes, at + 20), 28);
      case PACKET:
        if (length < 32) return this.#short(type);
        return this.#packet(frame, at, length, this.#u16(bytes, at + 8), this.#u32(bytes, at + 20), 28);
      case SIMPLE_PACKET:
        if (length < 16) return this.#short(type);
        return this.#simple(frame, at, length);
      default:
        return false;
    }
  }

  #short(type: number): false {
    this.#stop('corrupt', `packet block of type ${type} is too short`);
    return false;
  }

  #addInterface(bytes: Uint8Array, at: number, length: number): void {
    const index = this.interfaces.length;
    if (length < 20) this.#stop('corrupt', 'interface block is too short');
    else if (index >= MAX_INTERFACES) this.#stop('corrupt', `more than ${MAX_INTERFACES} interfaces`);
    else {
      const described = describeInterface(bytes, at, length, this.#order, index);
      this.#interfaces.push(described);
      this.interfaces.push(described.facts);
    }
  }

  #packet(frame: Frame, at: number, length: number, id: number, captured: number, header: number): boolean {
    const bytes = this.#buffer.bytes;
    if (captured > MAX_RECORD || header + captured + 4 > length) {
      this.#stop('corrupt', `packet claims ${captured} bytes in a block of ${length}`);
      return false;
    }
    frame.number = ++this.#number;
    const source = this.#interfaces[id];
    if (source === undefined) return this.#skip('missing_interface');
    if (this.#passesOver(source)) return false;
    this.#setTime(this.#u32(bytes, at + 12), this.#u32(bytes, at + 16), source);
    this.#fill(frame, at + header, captured, this.#u32(bytes, at + 24), source);
    const options = at + header + ((captured + 3) & ~3);
    const end = at + length - 4;
    if (options < end) readDropCount(bytes, options, end, this.#order, source.facts);
    return true;
  }

  #simple(frame: Frame, at: number, length: number): boolean {
    frame.number = ++this.#number;
    const source = this.#interfaces[0];
    if (source === undefined) return this.#skip('missing_interface');
    if (this.#passesOver(source)) return false;
    const original = this.#u32(this.#buffer.bytes, at + 8);
    let captured = Math.min(original, length - 16);
    const { facts } = source;
    if (facts.snapLength > 0) captured = Math.min(captured, facts.snapLength);
    if (captured > MAX_RECORD) {
      this.#stop('corrupt', `simple packet claims ${captured} bytes`);
      return false;
    }
    facts.untimed++;
    this.#fill(frame, at + 12, captured, original, source);
    return true;
  }

  #fill(frame: Frame, at: number, captured: number, original: number, source: PcapngInterface): void {
    frame.bytes = this.#buffer.bytes;
    frame.at = at;
    frame.captured = captured;
    frame.length = original;
    frame.sec = this.#lastSec;
    frame.nsec = this.#lastNsec;
    frame.linkType = source.facts.linkType;
    frame.source = source.index;
    source.facts.frames++;
  }

  /** Splits a 64-bit count of time units into seconds and nanoseconds without losing a digit. */
  #setTime(high: number, low: number, source: PcapngInterface): void {
    const { units } = source;
    let quotient = 0;
    let rest = 0;
    if (high < 0x20_0000) {
      const ticks = high * 0x1_0000_0000 + low; // below 2^53: exact
      quotient = Math.floor(ticks / units);
      rest = ticks - quotient * units;
    } else if (units < 2 ** 37) {
      // Long division in base 65536: every intermediate value stays below 2^53.
      for (let limb = 3; limb >= 0; limb--) {
        const word = limb > 1 ? high : low;
        const current = rest * 65536 + (limb & 1 ? word >>> 16 : word & 0xffff);
        const digit = Math.floor(current / units);
        quotient = quotient * 65536 + digit;
        rest = current - digit * units;
      }
    } else {
      const ticks = (BigInt(high) << 32n) | BigInt(low);
      quotient = Number(ticks / BigInt(units));
      rest = Number(ticks % BigInt(units));
    }
    this.#lastSec = quotient + source.offsetSec;
    this.#lastNsec = Math.floor(nanoseconds(rest, units));
  }

  #passesOver({ index }: PcapngInterface): boolean {
    return this.#only >= 0 && index !== this.#only;
  }

  #skip(reason: string): false {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
    return false;
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

/** `rest` of `units` per second as nanoseconds. Exact for powers of ten, and for powers of two up to 2^32. */
function nanoseconds(rest: number, units: number): number {
  if (1e9 % units === 0) return rest * (1e9 / units);
  return units % 1e9 === 0 ? rest / (units / 1e9) : (rest / units) * 1e9;
}
