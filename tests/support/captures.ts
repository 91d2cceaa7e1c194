/**
 * Capture files for tests, as bytes: classic pcap in its variants, snoop, and pcapng block by block. Lengths and times can
 * be set wrong on purpose.
 */
import { type Bytes, concat, toBytes } from './frames.ts';

/** One frame to write. */
export interface Captured {
  readonly bytes: Bytes;
  readonly sec?: number;
  readonly nsec?: number;
  /** Length on the wire; default: as captured. */
  readonly original?: number;
}

export interface PcapOptions {
  readonly bigEndian?: boolean;
  /** Nanosecond variant. */
  readonly nano?: boolean;
  readonly linkType?: number;
  readonly snapLength?: number;
  /** Bytes behind the ordinary record header; four or more make it an unusual variant. */
  readonly extra?: Bytes;
  /** The magic of Kuznetsov's patches. */
  readonly modified?: boolean;
}

export const LINK = {
  ethernet: 1,
  raw: 101,
  sll: 113,
  null: 0,
  loop: 108,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const;

type Words = (value: number) => number[];

function word16(bigEndian: boolean): Words {
  return value => (bigEndian ? [value >>> 8, value & 255] : [value & 255, value >>> 8]);
}

function word32(bigEndian: boolean): Words {
  return value => {
    const bytes = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
    return bigEndian ? bytes.reverse() : bytes;
  };
}

/** A whole classic pcap. */
export function pcap(frames: readonly Captured[], options: PcapOptions = {}): Uint8Array {
  const u16 = word16(options.bigEndian ?? false);
  const u32 = word32(options.bigEndian ?? false);
  const magic = options.modified ? 0xa1b2cd34 : options.nano ? 0xa1b23c4d : 0xa1b2c3d4;
  return concat(
    u32(magic),
    u16(2),
    u16(4),
    u32(0),
    u32(0),
    u32(options.snapLength ?? 262_144),
    u32(options.linkType ?? LINK.ethernet),
    ...frames.map(frame => pcapRecord(frame, options)),
  );
}

/** One record of a classic pcap, header included. */
export function pcapRecord(frame: Captured, options: PcapOptions = {}): Uint8Array {
  const u32 = word32(options.bigEndian ?? false);
  const body = toBytes(frame.bytes);
  const nsec = frame.nsec ?? 0;
  return concat(
    u32(frame.sec ?? 0),
    u32(options.nano ? nsec : Math.floor(nsec / 1000)),
    u32(body.length),
    u32(frame.original ?? body.length),
    options.extra ?? '',
    body,
  );
}

/** A whole snoop capture. */
export function snoop(
  frames: readonly (Captured & { readonly lost?: number })[],
  options: { readonly version?: number; readonly linkType?: number } = {},
): Uint8Array {
  const u32 = word32(true);
  const records = frames.map(frame => {
    const body = toBytes(frame.bytes);
    const content = padded(body);
    const nsec = frame.nsec ?? 0;
    return concat(
      u32(frame.original ?? body.length),
      u32(body.length),
      u32(24 + content.length),
      u32(frame.lost ?? 0),
      u32(frame.sec ?? 0),
      u32(Math.floor(nsec / 1000)),
      content,
    );
  });
  return concat('snoop\0\0\0', u32(options.version ?? 2), u32(options.linkType ?? 4), ...records);
}

export interface InterfaceOptions {
  readonly linkType?: number;
  readonly snapLength?: number;
  /** The raw byte: an exponent of ten, or of two with the top bit set. */
  readonly tsresol?: number;
  /** Seconds added to every time of the interface. */
  readonly tsoffset?: bigint;
  readonly name?: string;
  readonly description?: string;
  /** More options: code and value. */
  readonly more?: readonly (readonly [number, Bytes])[];
}

/** Counts of an Interface Statistics block. */
export interface StatisticsOptions {
  readonly received?: bigint;
  readonly dropped?: bigint;
  readonly accepted?: bigint;
  readonly osDropped?: bigint;
}

/** Writes pcapng blocks in one byte order. */
export interface PcapngWriter {
  section(): Uint8Array;
  block(type: number, body: Bytes): Uint8Array;
  interface(options?: InterfaceOptions): Uint8Array;
  /** Enhanced Packet; `ticks` is in the units of the interface. */
  enhanced(
    ticks: bigint,
    bytes: Bytes,
    options?: { interface?: number; original?: number; dropCount?: bigint },
  ): Uint8Array;
  statistics(interfaceId: number, counts: StatisticsOptions): Uint8Array;
  simple(bytes: Bytes, original?: number): Uint8Array;
  /** The obsolete Packet block. */
  packet(ticks: bigint, bytes: Bytes, interfaceId?: number): Uint8Array;
}

export function pcapngWriter(bigEndian = false): PcapngWriter {
  const u16 = word16(bigEndian);
  const u32 = word32(bigEndian);
  const block = (type: number, body: Bytes): Uint8Array => {
    const content = padded(body);
    const length = u32(content.length + 12);
    return concat(u32(type), length, content, length);
  };
  const option = (code: number, value: Bytes): Uint8Array =>
    concat(u16(code), u16(toBytes(value).length), padded(value));
  const u64 = (value: bigint): number[] => {
    const high = u32(Number(BigInt.asUintN(32, value >> 32n)));
    const low = u32(Number(BigInt.asUintN(32, value)));
    return bigEndian ? [...high, ...low] : [...low, ...high];
  };
  const time = (ticks: bigint): number[] => [
    ...u32(Number(BigInt.asUintN(32, ticks >> 32n))),
    ...u32(Number(BigInt.asUintN(32, ticks))),
  ];
  return {
    block,
    section: () =>
      block(0x0a0d0d0a, concat(u32(0x1a2b3c4d), u16(1), u16(0), [255, 255, 255, 255, 255, 255, 255, 255])),
    interface(options = {}) {
      const options_: Uint8Array[] = [];
      if (options.tsresol !== undefined) options_.push(option(9, [options.tsresol]));
      if (options.tsoffset !== undefined) options_.push(option(14, u64(options.tsoffset)));
      if (options.name !== undefined) options_.push(option(2, options.name));
      if (options.description !== undefined) options_.push(option(3, options.description));
      for (const [code, value] of options.more ?? []) options_.push(option(code, value));
      if (options_.length > 0) options_.push(option(0, []));
      const head = concat(u16(options.linkType ?? LINK.ethernet), u16(0), u32(options.snapLength ?? 0));
      return block(1, concat(head, ...options_));
    },
    enhanced(ticks, bytes, options = {}) {
      const body = toBytes(bytes);
      const lengths = [...u32(body.length), ...u32(options.original ?? body.length)];
      const drops =
        options.dropCount === undefined ? '' : concat(option(4, u64(options.dropCount)), option(0, []));
      return block(6, concat(u32(options.interface ?? 0), time(ticks), lengths, padded(body), drops));
    },
    statistics(interfaceId, counts) {
      const options_ = [counts.received, counts.dropped, counts.accepted, counts.osDropped].map((count, i) =>
        count === undefined ? new Uint8Array(0) : option(4 + i, u64(count)),
      );
      return block(5, concat(u32(interfaceId), time(0n), ...options_, option(0, [])));
    },
    simple: (bytes, original) => block(3, concat(u32(original ?? toBytes(bytes).length), padded(bytes))),
    packet(ticks, bytes, interfaceId = 0) {
      const body = toBytes(bytes);
      const head = [...u16(interfaceId), ...u16(0), ...time(ticks), ...u32(body.length), ...u32(body.length)];
      return block(2, concat(head, padded(body)));
    },
  };
}

function padded(bytes: Bytes): Uint8Array {
  const content = toBytes(bytes);
  return concat(content, new Uint8Array((4 - (content.length % 4)) % 4));
}
